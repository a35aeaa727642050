"""Servers that tests start for themselves."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError as RedisAway

REDIS = shutil.which("redis-server")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def redis_server(folder: Path, port: int = 0) -> Iterator[str]:
    """A Redis server of the test's own that answers; its URL. port: where it listens, any one by default."""
    assert REDIS, "redis-server is not installed"
    port = port or free_port()
    command = [REDIS, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    with Redis.from_url(url) as client:
        while not _answers(client):
            assert server.poll() is None, "redis-server ended"
    yield url
    server.terminate()
    server.wait(timeout=10)


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisAway:
        return False
