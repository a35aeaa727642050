"""``hotline start``: the whole product as processes, on servers and embedded, where a second start keeps the data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import pytest

from hotline.base import embedded
from tests.servers import REDIS, free_port, redis_server


@contextmanager
def started(environment: dict[str, str], log: Path) -> Iterator[str]:
    """The product running; its address."""
    address = f"http://127.0.0.1:{environment['HOTLINE_PORT']}"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "hotline", "start"], env=environment, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        while not _answers(address):
            assert not _ends(process), log.read_text()
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=90)


def _ends(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process ends within the next moment; looking again at once would take the time it needs to start."""
    try:
        process.wait(timeout=0.2)
    except subprocess.TimeoutExpired:
        return False
    return True


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/sign-in", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def use(environment: dict[str, str], log: Path) -> str:
    """Start, make a user and place an order; the user's key."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hotline", *arguments], env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    with started(environment, log) as address:
        run("user", "add", "first", "--name", "First", "--role", "agent")
        key = run("user", "key", "first", "--name", "test").splitlines()[-1]
        assert _api(address, key, "POST", b'{"text": "a first complaint", "phone": "19900000001"}') == 201
        assert _api(address, key, "GET") == 200
    return key


def _api(address: str, key: str, method: str, body: bytes | None = None) -> int:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/api/v1/orders", body, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return int(answer.status)


def environment_in(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return {**kept, "HOTLINE_HOME": str(home), "HOTLINE_PORT": str(free_port()), "HOTLINE_WEB_PROCESSES": "1"}


def test_embedded_and_again(home: Path) -> None:
    folder = home / "embedded"
    folder.mkdir()
    environment = environment_in(folder)
    key = use(environment, folder / "log")
    with started(environment, folder / "second-log") as address:
        assert _api(address, key, "GET") == 200


@pytest.mark.skipif(REDIS is None and not os.environ.get("CI"), reason="redis-server is not installed")
def test_on_servers(home: Path) -> None:
    folder = home / "servers"
    folder.mkdir()
    url = os.environ.get("DATABASE_URL") or embedded.start(home / "postgres", "hotline_start")
    if os.environ.get("DATABASE_URL"):
        url = _own_database(url)
    with redis_server(folder) as redis_url:
        use({**environment_in(folder), "DATABASE_URL": url, "REDIS_URL": redis_url}, folder / "log")


def _own_database(server: str) -> str:
    from sqlalchemy import create_engine, text

    from config.settings import psycopg_url

    name = f"hotline_start_{os.getpid()}"
    admin = create_engine(psycopg_url(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = admin.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    admin.dispose()
    return url
