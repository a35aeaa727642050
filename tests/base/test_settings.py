"""Settings are checked at start, and say what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import BadSetting, Settings, psycopg_url


def test_defaults(tmp_path: Path) -> None:
    settings = Settings.from_env({"HOTLINE_HOME": str(tmp_path)})
    assert settings.database_url is None
    assert settings.redis_url is None
    assert settings.port == 8345


def test_the_secret_key_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    first = Settings.from_env({"HOTLINE_HOME": str(tmp_path)})
    second = Settings.from_env({"HOTLINE_HOME": str(tmp_path)})
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("url", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_postgresql_urls_open_with_psycopg(url: str) -> None:
    assert psycopg_url(url) == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://h/d"),
        ("DATABASE_URL", "hotline"),
        ("REDIS_URL", "localhost:6379"),
        ("HOTLINE_PORT", "high"),
        ("HOTLINE_PORT", "0"),
        ("HOTLINE_WEB_PROCESSES", "-1"),
        ("HOTLINE_SECURE_COOKIES", "perhaps"),
        ("HOTLINE_CITY_DIR", "/nowhere/at/all"),
        ("HOTLINE_PUBLIC_URL", "12345.example.cn"),
        ("HOTLINE_SMTP_URL", "http://mail.example.cn"),
        ("HOTLINE_SMTP_URL", "smtp://mail.example.cn:post"),
        ("HOTLINE_SMS_URL", "smtp://mail.example.cn"),
        ("HOTLINE_SMS_URL", "https://"),
        ("HOTLINE_LOST_AFTER", "0"),
    ],
)
def test_a_bad_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting, match=name):
        Settings.from_env({"HOTLINE_HOME": str(tmp_path), name: value})


def test_the_data_lies_where_the_first_start_puts_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.from_env({"HOTLINE_SECRET_KEY": "x"}).home == tmp_path / ".hotline" / "data"
