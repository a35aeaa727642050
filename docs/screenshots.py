"""Takes the pictures of this folder from the running product: python docs/screenshots.py (needs Chromium)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from logging import ERROR, getLogger
from pathlib import Path
from shutil import which
from threading import Thread

import time_machine
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.city import bench_city  # noqa: E402 # the repository is put on the path above
from hotline.base.db import db  # noqa: E402
from hotline.base.time import utc_now  # noqa: E402
from hotline.base.work import unit_of_work  # noqa: E402
from hotline.operate import SAMPLE_USERS  # noqa: E402
from hotline.orders.lifecycle import State  # noqa: E402
from hotline.orders.models import Order  # noqa: E402
from hotline.people.operations import create_user  # noqa: E402
from hotline.report.rollup.rolling import roll_up  # noqa: E402
from hotline.sample import fill  # noqa: E402
from workers.relay import relay  # noqa: E402

AFTERNOON = datetime(2026, 11, 26, 7, 20, tzinfo=UTC)  # a Thursday, 15:20 in the city: people are at work
PASSWORD = "a picture's password"
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
OFFICE, PHONE = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
HALL = {"width": 1920, "height": 1080}
CALL = "望江区锦绣花园小区从昨天晚上开始停水，到现在还没有来水，打供水公司电话一直占线，家里有老人孩子，请尽快恢复。"


def typed(page: Page) -> None:
    """A call as it is being taken."""
    page.fill("[name=phone]", "19900001234")
    page.fill("textarea[name=text]", CALL)
    page.wait_for_selector("meter")


def first_order(page: Page) -> None:
    """The first order of a list."""
    page.locator("tr[data-row] a[href*='/orders/']").first.click()


def looked_at(page: Page) -> None:
    """The row of a suggestion opened beside the list."""
    page.locator("tr[data-row]", has=page.locator("form[data-accept]")).first.locator("[data-look]").click()
    page.wait_for_selector(".drawer .why-panel")


def shoot(browser: Browser, address: str, number: str, tail: str) -> None:
    """Take every picture."""

    def picture(
        name: str,
        login: str | None,
        path: str,
        then: Callable[[Page], None] | None = None,
        size: dict[str, int] = OFFICE,
    ) -> None:
        context = browser.new_context(viewport=size, locale="zh-CN")  # type: ignore[arg-type]  # a plain dict is what it takes
        page = context.new_page()
        if login:
            page.goto(f"{address}/sign-in")
            page.fill("#login", login)
            page.fill("#password", PASSWORD)
            page.click("[data-primary]")
        page.goto(f"{address}{path}")
        if then:
            then(page)
        page.wait_for_load_state("networkidle")
        taken = HERE / f"{name}.png"
        page.screenshot(path=str(taken))
        context.close()
        with Image.open(taken) as image:
            image.convert("RGB").save(taken, optimize=True)  # smaller, the same points

    def follow(page: Page) -> None:
        page.fill("[name=number]", number)
        page.fill("[name=tail]", tail)
        page.locator("main button").first.click()

    picture("desk", "agent", "/desk", typed)
    picture("dispatch", "dispatcher", "/dispatch", looked_at)
    picture("search", "dispatcher", "/orders?q=小区")
    picture("inbox", "handler-d01", "/inbox")
    picture("inbox-phone", "handler-d01", "/inbox", size=PHONE)
    picture("order", "handler-d01", "/inbox", first_order)
    picture("callbacks", "callback", "/callbacks")
    picture("supervision", "supervisor", "/supervision")
    picture("week", "manager", "/week")
    picture("wall", "manager", "/wall", size=HALL)
    picture("admin", "admin", "/admin")
    picture("citizen", None, "/citizen/follow", follow, PHONE)


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the app, served by this process, whose clock it goes by."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def main() -> None:
    """Fill a city, serve it, take the pictures."""
    getLogger("werkzeug").setLevel(ERROR)
    with time_machine.travel(AFTERNOON), bench_city() as (app, _settings):
        with app.app_context():
            with unit_of_work():
                for who in SAMPLE_USERS:
                    create_user(who.login, who.name, who.role, PASSWORD, utc_now(), unit_code=who.unit)
            fill(utc_now(), weeks=4, orders=600, progress=lambda _: None)
            while relay(utc_now()):
                pass
            with unit_of_work():
                roll_up(utc_now())
            order = db.session.scalars(
                select(Order).filter_by(state=State.HANDLING, lead_unit="d01").order_by(Order.id.desc()).limit(1)
            ).one()
            number, tail = order.number, order.requester_phone[-4:]
            db.session.remove()
        with served(app) as address, sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=which("chromium") or which("chromium-headless-shell"), args=FLAGS.split()
            )
            shoot(browser, address, number, tail)
            browser.close()


if __name__ == "__main__":
    main()
