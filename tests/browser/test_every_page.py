"""Every page that somebody comes to by links, in a city with some weeks behind it: accessible, whole, and of this host alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
import time_machine
from axe_playwright_python.base import AXE_FILE_PATH
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from config.settings import Settings
from hotline.base.db import db
from hotline.base.time import Kind, utc_now
from hotline.base.work import unit_of_work
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.report.papers.operations import ask, make_report
from hotline.sample import fill
from tests.browser.conftest import OFFICE_SCREEN, city, database_beside, served, sign_in
from tests.conftest import NOW, PASSWORD

pytestmark = pytest.mark.browser

ORDERS = 120  # a smaller sample lacks some kinds of pages
PHONE = {"width": 390, "height": 844}
# Of a long table the first rows: those after them repeat them.
LOOK_WITH_AXE = """
async () => (await axe.run(
    {exclude: [["tr:nth-child(n+9)"], ["option"]]},
    {resultTypes: ["violations"], preload: false, runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
  )).violations
  .filter(({impact}) => ["serious", "critical"].includes(impact))
  .map(({id, impact, nodes}) => `${id} (${impact}): ${nodes.slice(0, 3).map(({html}) => html.replace(/\\s+/g, " ").slice(0, 120)).join("; ")}`)
"""
WIDER_THAN_ITS_WINDOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
LINK = re.compile(r'<a\b[^>]*\bhref="([/?][^"]*)"')

# What nobody comes to by a link, and why.
NOT_BY_A_LINK = {
    "home": "leads on to the desk of the role",
    "receive.calls": "a piece of the desk, asked for by its script",
    "citizen.done": "after a complaint is placed; the citizen's own tests look at it",
    "citizen.file": "a file",
    "orders.attachment": "a file",
    "orders.find": "the search box; leads on to the list",
    "papers.progress": "asked by the script of a report that is being made",
    "catalogue.one": "leads on to the row's own page",
}
# The citizen, and then who sees most of a page first.
EVERYBODY = (
    *(None, Role.SUPERVISOR, Role.MANAGER, Role.ADMIN),
    *(Role.AGENT, Role.DISPATCHER, Role.HANDLER, Role.UNIT_HEAD, Role.CALLBACK),
)
# Looked at as each role sees it: what is there and can be done differs most.
OF_EACH_ROLE = {"orders.shown", "report.week"}


@dataclass
class Walk:
    """A way through the pages, and what was seen on it."""

    app: Flask
    pages: set[str]
    endpoints: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def endpoint_of(self, address: str) -> str | None:
        """Which of the pages an address leads to; None where it is none of them."""
        try:
            endpoint: str = self.app.url_map.bind("").match(urlsplit(address).path, "GET")[0]
        except HTTPException:
            return None
        return endpoint if endpoint in self.pages else None

    def visit_all(self, context: BrowserContext, role: Role | None) -> None:
        """Visit what a role comes to by links, each kind of page once, and look at what nobody saw before."""
        page = watched(context, self.faults)
        waiting, known = entered(self.app, page, role), set[str]()
        while waiting:
            address = waiting.pop(0)
            endpoint = self.endpoint_of(address)
            if endpoint is None or endpoint in known:
                continue
            known.add(endpoint)
            new = endpoint not in self.endpoints or endpoint in OF_EACH_ROLE
            answer = page.goto(address) if new else context.request.get(address)
            assert answer
            if not answer.ok:
                self.faults.append(f"{role} {address}: a link to {answer.status}")
                continue
            waiting += links(answer.url, answer.text())
            if new:
                self.endpoints.add(endpoint)
                self.faults += [f"{role} {urlsplit(page.url).path}: {fault}" for fault in look(page)]


def links(address: str, page: str) -> list[str]:
    """Where the links of a page lead."""
    return [urljoin(address, unescape(link)) for link in LINK.findall(page)]


def watched(context: BrowserContext, faults: list[str]) -> Page:
    """A page that carries axe with it, and whose errors and requests to other hosts are faults."""
    page = context.new_page()
    page.add_init_script(path=AXE_FILE_PATH)

    def asked(url: str) -> None:
        host = urlsplit(page.url).netloc
        if host and urlsplit(url).netloc not in {host, ""}:
            faults.append(f"{page.url}: asks {url}")

    page.on("request", lambda request: asked(request.url))
    page.on("console", lambda said: said.type == "error" and faults.append(f"{page.url}: {said.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    return page


def look(page: Page) -> Iterator[str]:
    """What is wrong with the page that is open."""
    yield from page.evaluate(LOOK_WITH_AXE)
    for size in (PHONE, OFFICE_SCREEN):
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict is what it takes
        if page.evaluate(WIDER_THAN_ITS_WINDOW):
            yield f"wider than {size['width']} px"


def entered(app: Flask, page: Page, role: Role | None) -> list[str]:
    """Where somebody begins, in English, whose words are the longer ones: the first page and what it leads to.

    A citizen begins with an order, and with the link to rate another by.
    """
    if role is not None:
        sign_in(page, role.value, PASSWORD, "/?lang=en")
        return [page.url, *links(page.url, page.content())]
    with app.app_context():
        in_work = db.session.scalars(select(Order).filter_by(state=State.HANDLING).limit(1)).one()
        rated = db.session.scalars(select(Order.rating_token).filter_by(state=State.CALLBACK).limit(1)).one()
        number, tail = in_work.number, in_work.requester_phone[-4:]
    page.goto("/citizen/follow?lang=en")
    page.fill("#number", number)
    page.fill("#tail", tail)
    page.click("[data-primary]")
    return [urljoin(page.url, path) for path in ("/citizen/order", "/citizen", "/sign-in", f"/rate/{rated}")]


def pages_of(app: Flask) -> set[str]:
    """The endpoints that answer with a page somebody comes to: no interface for programs and no file."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.rule.startswith("/api/")
        and not rule.endpoint.endswith("static")
        and "." not in rule.rule
        and rule.endpoint not in NOT_BY_A_LINK
    }


@pytest.fixture(scope="module")
def lived_in(settings: Settings, database_url: str) -> Iterator[tuple[Flask, str]]:
    """A city where orders are in every state and a report is made, and its address; always at the same hour."""
    with (
        time_machine.travel(NOW),
        database_beside(database_url, "lived_in") as url,
        city(settings, url) as app,
    ):
        with app.app_context():
            fill(utc_now(), weeks=3, orders=ORDERS, progress=lambda _: None)
            with unit_of_work():
                report = ask(Kind.WEEK, None, Actor(Role.MANAGER, "管理员"), utc_now()).id
            make_report(report, utc_now())
            db.session.remove()
        with served(app) as address:
            yield app, address


@pytest.fixture(scope="module")
def walk(lived_in: tuple[Flask, str], chromium: Browser) -> Walk:
    """A walk through all pages, as everybody who comes to them."""
    app, address = lived_in
    seen = Walk(app, pages_of(app))
    for role in EVERYBODY:
        context = chromium.new_context(base_url=address, viewport=OFFICE_SCREEN, locale="zh-CN")  # type: ignore[arg-type]  # a size
        try:
            seen.visit_all(context, role)
        finally:
            context.close()
    return seen


def test_no_page_has_a_serious_fault(walk: Walk) -> None:
    assert not walk.faults, "\n".join(walk.faults)


def test_the_walk_came_everywhere(walk: Walk) -> None:
    assert walk.endpoints == walk.pages


FAULTY = """<!doctype html><html lang="zh"><title>坏页</title><main><h1>坏页</h1>
<img src="http://elsewhere.invalid/picture.png"><table><td><nobr>%s</nobr></table></main>
<script>throw Error("thrown")</script>""" % ("宽" * 60)


def test_a_fault_of_each_kind_is_seen(chromium: Browser) -> None:
    faults: list[str] = []
    context = chromium.new_context(viewport=OFFICE_SCREEN)  # type: ignore[arg-type]  # a size
    context.route("**", lambda route: route.fulfill(content_type="text/html; charset=utf-8", body=FAULTY))
    page = watched(context, faults)
    page.goto("http://here.invalid/")
    faults += look(page)
    context.close()
    for kind in ("image-alt (critical)", "wider than 390 px", "asks http://elsewhere.invalid/", "thrown"):
        assert any(kind in fault for fault in faults), kind
    assert not any("1366" in fault for fault in faults)
