"""Every setting of the product, read once from the environment and checked at start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

HERE = Path(__file__).resolve().parent


class BadSetting(ValueError):
    """A setting has a value the product cannot run with; the message names it and the mend."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The product's settings.

    home: folder for everything written at run time (embedded database, attachments, secret key).
    database_url: SQLAlchemy URL, or None for the embedded PostgreSQL in ``home``.
    redis_url: Redis for RQ, or None to run jobs in the local worker straight from the outbox.
    city_dir, policy_dir: where the city's own data and policies are read from when loaded.
    public_url: the address people outside reach the product at; links in messages begin with it.
    smtp_url, mail_from: the mail server (smtp:// with STARTTLS where it is offered, smtps://) and the sender.
    sms_url, sms_key: the gateway of text messages and the key it knows us by.
    lost_after: seconds after which a delivery handed to Redis and not done is handed out again.
    """

    home: Path
    database_url: str | None = None
    redis_url: str | None = None
    secret_key: str = ""
    city_dir: Path = HERE / "city"
    policy_dir: Path = HERE / "policies"
    host: str = "127.0.0.1"
    port: int = 8345
    web_processes: int = 2
    web_threads: int = 4
    max_upload_mb: int = 10
    secure_cookies: bool = False
    trusted_proxies: int = 0
    rate_limits: bool = True
    public_url: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    sms_url: str = ""
    sms_key: str = ""
    lost_after: int = 120

    @property
    def attachments_dir(self) -> Path:
        """Folder of uploaded files, outside everything the web server serves."""
        return self.home / "attachments"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; raise BadSetting where one cannot be used."""
        home = Path(environ.get("HOTLINE_HOME") or ".hotline/data").resolve()
        database_url = environ.get("DATABASE_URL")
        return cls(
            home=home,
            database_url=psycopg_url(database_url) if database_url else None,
            redis_url=_redis_url(environ.get("REDIS_URL")),
            secret_key=environ.get("HOTLINE_SECRET_KEY") or _kept_secret(home),
            city_dir=_folder(environ, "HOTLINE_CITY_DIR", HERE / "city"),
            policy_dir=_folder(environ, "HOTLINE_POLICY_DIR", HERE / "policies"),
            host=environ.get("HOTLINE_HOST", "127.0.0.1"),
            port=_number(environ, "HOTLINE_PORT", 8345, 1, 65535),
            web_processes=_number(environ, "HOTLINE_WEB_PROCESSES", 2, 1, 256),
            web_threads=_number(environ, "HOTLINE_WEB_THREADS", 4, 1, 256),
            max_upload_mb=_number(environ, "HOTLINE_MAX_UPLOAD_MB", 10, 1, 1024),
            secure_cookies=_switch(environ, "HOTLINE_SECURE_COOKIES", default=False),
            trusted_proxies=_number(environ, "HOTLINE_TRUSTED_PROXIES", 0, 0, 10),
            rate_limits=_switch(environ, "HOTLINE_RATE_LIMITS", default=True),
            public_url=_address(environ, "HOTLINE_PUBLIC_URL", "http", "https").rstrip("/"),
            smtp_url=_address(environ, "HOTLINE_SMTP_URL", "smtp", "smtps"),
            mail_from=environ.get("HOTLINE_MAIL_FROM", ""),
            sms_url=_address(environ, "HOTLINE_SMS_URL", "http", "https"),
            sms_key=environ.get("HOTLINE_SMS_KEY", ""),
            lost_after=_number(environ, "HOTLINE_LOST_AFTER", 120, 1, 3600),
        )

    def at(self, database_url: str) -> Settings:
        """The same settings on a named database."""
        return replace(self, database_url=psycopg_url(database_url))


def psycopg_url(url: str) -> str:
    """A PostgreSQL URL that SQLAlchemy opens with psycopg 3; raise BadSetting for another database."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise BadSetting(
            f"DATABASE_URL: {parts.scheme or 'no scheme'!r} is not PostgreSQL; "
            "give postgresql://user:password@host/database"
        )
    return urlunsplit(parts._replace(scheme="postgresql+psycopg"))


def _redis_url(url: str | None) -> str | None:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise BadSetting("REDIS_URL: give redis://host:port/db, rediss:// or unix://")
    return url or None


def _address(environ: Mapping[str, str], name: str, *schemes: str) -> str:
    """An address of one of some schemes, or nothing."""
    text = environ.get(name, "")
    try:
        parts = urlsplit(text)
        usable = not text or (parts.scheme in schemes and parts.hostname and parts.port != 0)
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise BadSetting(f"{name}: give {' or '.join(f'{scheme}://host:port' for scheme in schemes)}")
    return text


def _kept_secret(home: Path) -> str:
    """The session key of this installation, made at the first start and kept readable by its owner only."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "secret_key"
    if not path.exists():
        draft = home / f"secret_key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(draft, path)  # whole or not at all, and only the first one
        draft.unlink()
    key = path.read_text(encoding="ascii").strip()
    if not key:
        raise BadSetting(f"{path} is empty; delete it, and a new key is made (everybody signs in again)")
    return key


def _folder(environ: Mapping[str, str], name: str, default: Path) -> Path:
    path = Path(environ.get(name) or default).resolve()
    if not path.is_dir():
        raise BadSetting(f"{name}: {path} is not a folder")
    return path


def _number(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdigit() or not low <= int(text) <= high:
        raise BadSetting(f"{name}: {text!r} is not a whole number from {low} to {high}")
    return int(text)


def _switch(environ: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environ.get(name, "1" if default else "0").lower()
    if text not in {"0", "1", "true", "false", "yes", "no"}:
        raise BadSetting(f"{name}: {text!r} is neither 1 nor 0")
    return text in {"1", "true", "yes"}
