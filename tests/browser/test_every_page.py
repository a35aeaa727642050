"""Every page that somebody comes to by links, in a city with some weeks behind it: accessible, whole, and of this host alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from config.settings import Settings
from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.people.roles import Role
from hotline.sample import fill
from tests.browser.conftest import city, database_beside, served, sign_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser

ORDERS = 120
OFFICE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
GRAVE = {"serious", "critical"}
WIDER_THAN_ITS_WINDOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
LINK = re.compile(r'<a\b[^>]*\bhref="([/?][^"]*)"')
STAFF = [role for role in Role if role not in {Role.CITIZEN, Role.SYSTEM}]


# What nobody comes to by a link, and why.
NOT_BY_A_LINK = {
    "home": "leads on to the desk of the role",
    "receive.calls": "a piece of the desk, asked for by its script",
    "citizen.done": "after a complaint is placed; the citizen's own tests look at it",
    "citizen.file": "a file",
    "orders.attachment": "a file",
    "papers.progress": "asked by the script of a report that is being made",
    "catalogue.one": "leads on to the row's own page",
}


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
    """Visit what a role comes to by links, each kind of page once, and look at what nobody saw before."""
    page = context.new_page()
    page.on("request", lambda request: seen.hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda said: said.type == "error" and seen.faults.append(f"{page.url}: {said.text}"))
    page.on("pageerror", lambda error: seen.faults.append(f"{page.url}: {error}"))
    waiting, known = entered(app, page, role), {"static"}
    while waiting:
        address = waiting.pop(0)
        if (endpoint := endpoint_of(app, address)) in known or endpoint is None:
            continue
        known.add(endpoint)
        answer = context.request.get(address)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        waiting += [urljoin(answer.url, unescape(link)) for link in LINK.findall(answer.text())]
        endpoint = endpoint_of(app, answer.url)
        if endpoint and endpoint not in seen.endpoints:
            seen.endpoints.add(endpoint)
            page.goto(answer.url)
            look(page, f"{role} {urlsplit(answer.url).path}", seen)


def entered(app: Flask, page: Page, role: Role | None) -> list[str]:
    """Where somebody begins: after signing in; a citizen with an order, and with the link to rate another by."""
    if role is not None:
        sign_in(page, role.value, PASSWORD)
        return [page.url]
    with app.app_context():
        in_work = db.session.scalars(select(Order).filter_by(state=State.HANDLING).limit(1)).one()
        rated = db.session.scalars(select(Order.rating_token).filter_by(state=State.CALLBACK).limit(1)).one()
        number, tail = in_work.number, in_work.requester_phone[-4:]
    page.goto("/citizen/follow")
    page.fill("#number", number)
    page.fill("#tail", tail)
    page.click("[data-primary]")
    return [page.url, *(urljoin(page.url, path) for path in ("/citizen", "/sign-in", f"/rate/{rated}"))]


def endpoint_of(app: Flask, address: str) -> str | None:
    """Which page an address leads to; None where it is none."""
    try:
        endpoint: str = app.url_map.bind("").match(urlsplit(address).path, "GET")[0]
    except HTTPException:
        return None
    return endpoint if endpoint in pages_of(app) else None


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


@cache
def pages_of(app: Flask) -> set[str]:
    """The endpoints that answer with a page: no interface for programs and no file."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.rule.startswith("/api/")
        and not rule.endpoint.endswith("static")
        and "." not in rule.rule
    }
