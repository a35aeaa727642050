"""Every page that somebody comes to by links, in a city with some weeks behind it: accessible, whole, and of this host alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Error, Page
from werkzeug.exceptions import HTTPException

from config.settings import Settings
from hotline.base.time import utc_now
from hotline.people.roles import Role
from hotline.sample import fill
from tests.browser.conftest import city, database_beside, served, sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser

ORDERS = 120
OFFICE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}
WIDER_THAN_ITS_WINDOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
# As written, made whole: a link in a drawing has no plain address.
LINKS = "links => links.map(link => new URL(link.getAttribute('href'), document.baseURI).href)"
STAFF = [role for role in Role if role not in {Role.CITIZEN, Role.SYSTEM}]


# What nobody comes to by a link, and why.
NOT_BY_A_LINK: dict[str, str] = {}


@dataclass
class Walk:
    """What was seen on the way through all pages."""

    faults: list[str] = field(default_factory=list)
    endpoints: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def lived_in(settings: Settings, database_url: str) -> Iterator[tuple[Flask, str]]:
    """A city where orders are in every state, and its address."""
    with database_beside(database_url, "lived_in") as url, city(settings, url) as app:
        with app.app_context():
            fill(utc_now(), weeks=3, orders=ORDERS, progress=lambda _: None)
        with served(app) as address:
            yield app, address


@pytest.fixture(scope="module")
def walk(lived_in: tuple[Flask, str], chromium: Browser) -> Walk:
    """Walk through the pages of each role, each page once."""
    app, address = lived_in
    seen = Walk()
    for role in (None, *STAFF):
        context = chromium.new_context(base_url=address, viewport=OFFICE, locale="zh-CN")  # type: ignore[arg-type]  # a size
        try:
            visit_all(app, context, role, seen)
        finally:
            context.close()
    return seen


def visit_all(app: Flask, context: BrowserContext, role: Role | None, seen: Walk) -> None:
    """Visit what a role comes to by links and nobody did before; each kind of page once."""
    page = context.new_page()
    page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda said: said.type == "error" and seen.faults.append(f"{page.url}: {said.text}"))
    page.on("pageerror", lambda error: seen.faults.append(f"{page.url}: {error}"))
    if role is None:
        page.goto("/citizen")
    else:
        sign_in(page, role.value, PASSWORD)
    routes = app.url_map.bind("")
    waiting, known = [page.url], {"static"}
    while waiting:
        path = urlsplit(waiting.pop(0))
        try:
            endpoint = routes.match(path.path, "GET")[0]
        except HTTPException:
            continue
        if endpoint in known or path.path.startswith("/api/"):
            continue
        known.add(endpoint)
        if not opened(page, path._replace(scheme="", netloc="").geturl()):
            continue
        waiting += page.eval_on_selector_all("a[href^='/'], a[href^='?']", LINKS)
        if endpoint not in seen.endpoints:
            seen.endpoints.add(endpoint)
            look(page, f"{role} {path.path}", seen)


def opened(page: Page, address: str) -> bool:
    """Open an address; whether it is a page, not a file to keep."""
    with suppress(Error):  # a download is no page
        answer = page.goto(address)
        return answer is not None and answer.headers.get("content-type", "").startswith("text/html")
    return False


def look(page: Page, where: str, seen: Walk) -> None:
    """What is wrong with the page that is open."""
    for broken in Axe().run(page).response["violations"]:
        if broken["impact"] in GRAVE:
            nodes = "; ".join(node["html"][:120] for node in broken["nodes"][:3])
            seen.faults.append(f"{where}: {broken['id']} ({broken['impact']}): {nodes}")
    for size in (PHONE, OFFICE):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict is what it takes
        if page.evaluate(WIDER_THAN_ITS_WINDOW):
            seen.faults.append(f"{where}: wider than {size['width']} px")


def test_no_page_has_a_serious_fault(walk: Walk) -> None:
    assert not walk.faults, "\n".join(walk.faults)


def test_nothing_is_asked_of_another_host(walk: Walk, lived_in: tuple[Flask, str]) -> None:
    assert walk.hosts == {urlsplit(lived_in[1]).netloc}


def test_the_walk_came_everywhere(walk: Walk, lived_in: tuple[Flask, str]) -> None:
    missed = pages_of(lived_in[0]) - walk.endpoints - set(NOT_BY_A_LINK)
    assert not missed, sorted(missed)


def pages_of(app: Flask) -> set[str]:
    """The endpoints that answer with a page: no interface for programs and no file."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith(("/api/", "/static/")) and "." not in rule.rule
    }
