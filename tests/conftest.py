"""A real PostgreSQL with the sample city loaded once; each test works in a transaction that is rolled back."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from werkzeug.test import TestResponse

from config.settings import Settings, psycopg_url
from hotline import create_app
from hotline.base import embedded, migrate, work
from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.web import limiter
from hotline.base.work import unit_of_work
from hotline.city import load_city
from hotline.people import operations as people
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.operations import create_user, give_api_key
from hotline.people.queries import actor_for
from hotline.people.roles import UNIT_ROLES, Role

# A Tuesday, 10:00 in the city: working time.
NOW = datetime(2026, 11, 17, 2, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
# Slow on purpose for people; for the tests, that is most of the time of each that signs in.
people.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# Thousands of tests in one process make a million objects that stay; to look them all through again and again for
# garbage took up to a tenth of the time.
gc.set_threshold(50_000, 20, 50)
# What takes longest starts first, so that no worker is left alone with it at the end.
LONGEST = (
    *("tests/test_start.py", "tests/test_sample.py", "tests/workers/", "tests/browser/"),
    *("tests/orders/test_machine.py", "tests/orders/test_verify.py", "tests/report/"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest first."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


class Browser(FlaskClient):
    """A client whose requests share the test's database session, but nothing of one another's ``g``."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        if has_app_context():
            for name in list(g):
                g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="hotline-test-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def database_url(home: Path) -> Iterator[str]:
    """An empty database: on the server DATABASE_URL names (dropped at the end), else on an embedded one."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        yield psycopg_url(embedded.start(home / "postgres", "hotline_test"))
        return
    name = f"hotline_test_{os.getpid()}"
    admin = create_engine(psycopg_url(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield admin.url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(scope="session")
def settings(home: Path, database_url: str) -> Settings:
    return Settings(home=home, secret_key="test", rate_limits=False).at(database_url)


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The app on a migrated database with the sample city and a user of every role."""
    migrate.upgrade(str(settings.database_url))
    app = create_app(settings)
    app.config["TESTING"] = True
    app.test_client_class = Browser
    with app.app_context():
        with unit_of_work():
            # In force for tests that freeze time, and for those that go by the clock of a machine behind it.
            load_city(settings.city_dir, settings.policy_dir / "default.toml", min(NOW, utc_now()))
            for role in Role:
                if role not in {Role.CITIZEN, Role.SYSTEM}:
                    unit = "housing" if role in UNIT_ROLES else None
                    create_user(role.value, f"测试{role.value}", role, PASSWORD, NOW, unit_code=unit)
            create_user("handler-d01", "望江经办", Role.HANDLER, PASSWORD, NOW, unit_code="d01")
        db.session.remove()
    gc.freeze()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def session(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An app context whose every commit is undone at the end."""
    monkeypatch.setattr(work, "ONE_PICTURE", {})  # the outer transaction has begun, as it is
    with app.app_context():
        engine = db.engine
        connection = engine.connect()
        outer = connection.begin()
        engines = db.engines
        engines[None] = connection  # type: ignore[assignment]  # every session now works inside the outer transaction
        try:
            db.session.configure(join_transaction_mode="create_savepoint")
            yield
        finally:
            db.session.remove()
            engines[None] = engine
            outer.rollback()
            connection.close()


@pytest.fixture
def committed(app: Flask) -> Iterator[None]:
    """For tests that commit orders: they are gone afterwards."""
    yield
    with app.app_context(), unit_of_work():
        # Lets the log be deleted from; only a superuser may say so.
        db.session.execute(text("SET LOCAL session_replication_role = replica"))
        orders = ("deadline", "order_unit", "attachment", "order_event", "work_order")
        for table in (
            *("daily_figure", "rolled_day", "rolled_measure", "rollup_touch"),
            *("topic_ledger", "topic_key", "topic_order", "topic"),
            *("ledger_sheet", "ledger_event", "ledger_item", "ledger"),
            "outbox",
            "alarm",
            "appeal",
            "call_claim",
            "evaluation_audit",
            "evaluation",
            "knowledge_use",
            "notice",
            "subscription",
            "deadline_warning",
            "deadline_move",
            "order_place",
            "order_link",
            *orders,
        ):
            db.session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - the names stand here
    with app.app_context():
        db.session.remove()


@pytest.fixture
def now() -> Iterator[datetime]:
    """A frozen instant in working time."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def client(app: Flask, session: None, now: datetime) -> FlaskClient:
    """A browser that reads English and has not signed in; form tokens are off (they have a test of their own)."""
    app.config["WTF_CSRF_ENABLED"] = False
    browser = app.test_client()
    with browser.session_transaction() as kept:
        kept["lang"] = "en"
    return browser


@pytest.fixture
def sign_in(client: FlaskClient) -> Callable[[str], FlaskClient]:
    """Sign the browser in as a login (each role's name is one)."""

    def as_login(login: str) -> FlaskClient:
        client.post("/sign-in", data={"login": login, "password": PASSWORD})
        return client

    return as_login


@pytest.fixture
def actor(session: None) -> Callable[[str], Actor]:
    """The actor behind a login."""

    def of(login: str) -> Actor:
        return actor_for(db.session.query(User).filter_by(login=login).one())

    return of


@pytest.fixture
def key_of(client: FlaskClient) -> Callable[[str], dict[str, str]]:
    """The Authorization header of a login."""

    def header(login: str) -> dict[str, str]:
        user = db.session.query(User).filter_by(login=login).one()
        key = give_api_key(user, "test", NOW)
        db.session.commit()
        return {"Authorization": f"Bearer {key}"}

    return header


@pytest.fixture
def api_key(key_of: Callable[[str], dict[str, str]]) -> dict[str, str]:
    """An agent's Authorization header."""
    return key_of("agent")


@pytest.fixture
def limited(settings: Settings, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FlaskClient]:
    """A browser whose requests are counted, on an app of its own; what it saves is not rolled back, so it saves nothing."""
    monkeypatch.setattr(limiter, "enabled", True)
    counted = create_app(replace(settings, rate_limits=True))
    counted.config["WTF_CSRF_ENABLED"] = False
    yield counted.test_client()
    with counted.app_context():
        db.engine.dispose()
