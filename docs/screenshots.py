"""Takes the pictures of this folder from the running product: python docs/screenshots.py (needs Chromium)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import select

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.city import bench_city, served  # noqa: E402 # the repository is put on the path above
from hotline.base.db import db  # noqa: E402
from hotline.base.time import utc_now  # noqa: E402
from hotline.base.work import unit_of_work  # noqa: E402
from hotline.operate import SAMPLE_USERS  # noqa: E402
from hotline.orders.lifecycle import State  # noqa: E402
from hotline.orders.models import Order  # noqa: E402
from hotline.people.operations import create_user  # noqa: E402
from hotline.report.rollup.rolling import roll_up  # noqa: E402
from hotline.sample import fill  # noqa: E402

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


def shoot(browser: Browser, address: str, number: str, tail: str) -> None:
    """Take every picture."""

    def picture(
        name: str,
        login: str | None,
        path: str,
        then: Callable[[Page], None] | None = None,
        size: dict[str, int] = OFFICE,
    ) -> None:
        context = browser.new_context(viewport=size)  # type: ignore[arg-type]  # a plain dict is what it takes
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
        page.screenshot(path=str(HERE / f"{name}.png"))
        context.close()

    def follow(page: Page) -> None:
        page.fill("[name=number]", number)
        page.fill("[name=tail]", tail)
        page.locator("main button").first.click()

    picture("desk", "agent", "/desk", typed)
    picture("dispatch", "dispatcher", "/dispatch")
    picture("search", "dispatcher", "/orders?q=停水")
    picture("time", "dispatcher", "/time-requests")
    picture("disputes", "supervisor", "/disputes")
    picture("inbox", "handler-d01", "/inbox")
    picture("inbox-phone", "handler-d01", "/inbox", size=PHONE)
    picture("order", "handler-d01", "/inbox", first_order)
    picture("callbacks", "callback", "/callbacks")
    picture("supervision", "supervisor", "/supervision")
    picture("ledgers", "supervisor", "/ledgers")
    picture("week", "manager", "/week")
    picture("rankings", "manager", "/rankings")
    picture("topics", "manager", "/topics")
    picture("wall", "manager", "/wall", size=HALL)
    picture("admin", "admin", "/admin")
    picture("citizen-new", None, "/citizen/new", size=PHONE)
    picture("citizen", None, "/citizen/follow", follow, PHONE)


def main() -> None:
    """Fill a city, serve it, take the pictures."""
    with bench_city() as (app, settings):
        with app.app_context():
            with unit_of_work():
                for who in SAMPLE_USERS:
                    create_user(who.login, who.name, who.role, PASSWORD, utc_now(), unit_code=who.unit)
            fill(utc_now(), weeks=4, orders=600, progress=lambda _: None)
            with unit_of_work():
                roll_up(utc_now())
            order = db.session.scalars(
                select(Order).filter_by(state=State.HANDLING, lead_unit="d01").order_by(Order.id.desc()).limit(1)
            ).one()
            number, tail = order.number, order.requester_phone[-4:]
            db.session.remove()
        with served("wsgi:app", settings, 8477) as address, sync_playwright() as play:
            browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS.split())
            shoot(browser, address, number, tail)
            browser.close()


if __name__ == "__main__":
    main()
