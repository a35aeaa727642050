"""A real Chromium against a live server, which has a database of its own: what these tests save is there to stay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy import create_engine, make_url, text
from werkzeug.serving import make_server

from config.settings import Settings
from hotline import create_app
from hotline.base import migrate
from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.city import load_city
from hotline.people.operations import create_user
from hotline.people.roles import UNIT_ROLES, Role
from tests.conftest import PASSWORD

# The one without windows draws the same pages, in two thirds of the processor's time.
CHROMIUMS = ("chromium-headless-shell", "chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=30_000)  # what a page comes to show is told by the page, not by the machine's speed
OFFICE_SCREEN = {"width": 1366, "height": 768}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium; skip where there is none, but not in continuous integration."""
    path = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None and not os.environ.get("CI"):
        pytest.skip(f"there is no Chromium; apt-get install {CHROMIUMS[0]}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def database_beside(database_url: str, name: str) -> Iterator[str]:
    """An empty database beside the one of the other tests."""
    url = make_url(database_url)
    name = f"{url.database}_{name}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    yield url.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
    admin.dispose()


@contextmanager
def city(settings: Settings, url: str) -> Iterator[Flask]:
    """The app as it runs for people, form tokens and all, with the sample city and a user of every role."""
    own = replace(settings.at(url), web_threads=12)
    migrate.upgrade(url)
    app = create_app(own)
    with app.app_context():
        with unit_of_work():
            load_city(own.city_dir, own.policy_dir / "default.toml", utc_now())
            for role in Role:
                if role not in {Role.CITIZEN, Role.SYSTEM}:
                    unit = "housing" if role in UNIT_ROLES else None
                    create_user(role.value, f"测试{role.value}", role, PASSWORD, utc_now(), unit_code=unit)
        db.session.remove()
    yield app
    with app.app_context():
        db.engine.dispose()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the running app."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def live_app(settings: Settings, database_url: str) -> Iterator[Flask]:
    """A city without orders, in a database of its own."""
    with database_beside(database_url, "browser") as url, city(settings, url) as app:
        yield app


@pytest.fixture(scope="session")
def live_server(live_app: Flask) -> Iterator[str]:
    """The address of the running app."""
    with served(live_app) as address:
        yield address


@pytest.fixture
def context(chromium: Browser, live_server: str) -> Iterator[BrowserContext]:
    """A browser window of an office screen that nobody has signed in with."""
    made = chromium.new_context(base_url=live_server, viewport=OFFICE_SCREEN, locale="zh-CN")  # type: ignore[arg-type]  # a size
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of that window."""
    return context.new_page()


def sign_in(page: Page, login: str, password: str, address: str = "/") -> None:
    """Sign in and open an address, by keyboard."""
    page.goto(f"/sign-in?next={address}")
    expect(page.locator("#login")).to_be_focused()
    page.keyboard.type(login)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture
def sign_in_as(page: Page) -> Callable[[str, str], Page]:
    """Sign in as a login and open an address."""

    def as_login(login: str, address: str = "/") -> Page:
        sign_in(page, login, PASSWORD, address)
        return page

    return as_login
