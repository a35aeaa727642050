"""The schema: up from empty, down again, and the same as the models say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from config.settings import Settings
from hotline.base import migrate
from hotline.tables import metadata


@pytest.fixture
def empty_url(settings: Settings) -> Iterator[str]:
    """A database of its own beside the test database."""
    url = str(settings.database_url)
    name = "hotline_schema_test"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield str(admin.url.set(database=name).render_as_string(hide_password=False))
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def test_up_and_down(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = create_engine(empty_url)
    assert "work_order" in inspect(engine).get_table_names()
    migrate.downgrade(empty_url, "base")
    inspector = inspect(engine)
    assert inspector.get_table_names() == ["alembic_version"]
    assert inspector.get_sequence_names() == []
    migrate.upgrade(empty_url)
    engine.dispose()


def test_the_migrations_make_what_the_models_say(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []
