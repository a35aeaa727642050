"""A citizen's way on a phone, with JavaScript and without: complain with a photo, follow, add, urge, rate, ask again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.handle import operations as handle
from hotline.orders.models import Attachment
from hotline.orders.operations import get_order
from hotline.orders.vocabulary import Result
from hotline.transfer.operations import dispatch
from tests.factories import DISPATCHER, HANDLER

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 640}


class Phone(NamedTuple):
    """A page on a phone. script: whether it runs JavaScript."""

    page: Page
    script: bool


@pytest.fixture(params=[(PHONE, True), (SMALL_PHONE, False)], ids=["with script", "without"])
def phone(request: pytest.FixtureRequest, chromium: Browser, live_server: str) -> Iterator[Phone]:
    """A phone with or without scripts, on whose pages nothing goes wrong."""
    size, script = request.param
    context = chromium.new_context(
        base_url=live_server, viewport=size, locale="zh-CN", has_touch=True, java_script_enabled=script
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield Phone(page, script)
    context.close()
    assert wrong == []


@pytest.fixture
def picture(tmp_path: Path, chromium: Browser) -> Path:
    """A photo as a camera makes it: larger than need be."""
    made = tmp_path / "现场.png"
    page = chromium.new_page(viewport={"width": 2400, "height": 1800})
    page.set_content("<body style='background:linear-gradient(45deg,#264,#eb5)'>")
    page.screenshot(path=made)
    page.close()
    return made


def send_to_office(app: Flask, number: str) -> None:
    """The order goes to its office."""
    with app.app_context():
        with unit_of_work():
            dispatch(get_order(number), "housing", DISPATCHER, utc_now(), category="060101")
        db.session.remove()


def answer(app: Flask, number: str) -> None:
    """The office signs and answers."""
    with app.app_context():
        with unit_of_work():
            order = get_order(number)
            handle.sign(order, HANDLER, utc_now())
            handle.reply(order, HANDLER, utc_now(), result=Result.SOLVED, public_reply="已派人修好路灯。")
        db.session.remove()


def no_scrolling_sideways(page: Page) -> None:
    size = page.viewport_size
    assert size is not None
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]


def go_on(page: Page) -> None:
    """To the next question, once the script has made pages of them."""
    expect(page.locator(".ask:visible")).to_have_count(1)
    page.locator(".ask:visible [data-next]").click()


def complain(phone: Phone, picture: Path) -> str:
    """Fill in the form, question by question where a script turns the pages; the number of the order."""
    page, script = phone

    def onward() -> None:
        if script:
            go_on(page)

    page.goto("/citizen")
    page.locator("a.choice").first.click()
    onward()  # nothing is written yet
    expect(page.locator("#text-error")).to_have_count(1 if script else 0)
    page.fill("#text", "说不清的一件事,请看看")
    onward()
    page.fill("#address", "南门口")
    page.locator(".tile", has=page.locator("input[value=d02]")).click()
    onward()
    if script:
        page.set_input_files("#photos", {"name": "说明.txt", "mimeType": "text/plain", "buffer": b"x"})
        expect(page.locator("#photos-chosen")).to_contain_text("说明.txt 不是照片")
        expect(page.locator(".photos img")).to_have_count(0)
    page.set_input_files("#photos", [picture])
    expect(page.locator(".photos img")).to_have_count(1 if script else 0)
    onward()
    page.fill("#phone", "12345")
    onward()  # nobody can be called there
    expect(page.locator("#phone-error")).to_have_count(1 if script else 0)
    page.fill("#phone", "13912345678")
    onward()
    no_scrolling_sideways(page)
    page.locator("[data-primary]:visible").click()
    page.wait_for_url("**/citizen/done/*")
    return "".join(page.locator(".number").inner_text().split())


def test_the_whole_way_of_a_complaint(phone: Phone, live_app: Flask, picture: Path) -> None:
    page, script = phone
    number = complain(phone, picture)
    with live_app.app_context():
        order = get_order(number)
        (photo,) = db.session.scalars(select(Attachment).filter_by(order_id=order.id)).all()
        assert (order.district_code, photo.from_citizen) == ("d02", True)
        assert (photo.media_type == "image/jpeg") == script  # drawn anew where there is a script
        db.session.remove()
    page.goto("/citizen/follow")
    page.fill("#number", number)
    page.fill("#tail", "0000")
    page.locator("[data-primary]").click()
    expect(page.locator("#errors")).to_be_visible()
    page.fill("#tail", "5678")
    page.locator("[data-primary]").click()
    expect(page.locator(".way")).to_contain_text("我们已收到您的诉求")
    no_scrolling_sideways(page)

    page.locator("a[href='/citizen/add']").click()
    page.fill("#note", "晚上更黑")
    page.locator("[data-primary]").click()
    expect(page.locator(".own")).to_have_text("晚上更黑")

    send_to_office(live_app, number)
    page.goto("/citizen/urge")
    page.locator("[data-primary]").click()
    expect(page.locator(".note-done")).to_be_visible()

    answer(live_app, number)
    page.goto("/citizen/order")
    page.locator(".tile", has=page.locator("input[value=true]")).click()
    page.locator(".face-button").first.click()
    expect(page.locator(".now.over")).to_be_visible()  # content: it is closed

    page.locator("a[href='/citizen/again']").click()
    page.fill("#note", "又不亮了")
    page.locator("[data-primary]").click()
    expect(page.locator(".own").last).to_have_text("又不亮了")
    with live_app.app_context():
        assert get_order(number).asked_at is not None
        db.session.remove()


@pytest.mark.parametrize("phone", [(PHONE, True)], indirect=True)
def test_a_position_that_is_sent_can_be_kept_back(phone: Phone) -> None:
    page = phone.page
    page.context.grant_permissions(["geolocation"])
    page.context.set_geolocation({"latitude": 30.274085, "longitude": 120.15507})
    page.goto("/citizen/new")
    page.fill("#text", "说不清的第三件事")
    go_on(page)
    button = page.locator("#position button")
    asks = button.inner_text()
    button.click()
    expect(page.locator("input[name=latitude]")).to_have_value("30.274085")
    expect(button).not_to_have_text("移除")  # of what, it would not say
    button.click()
    expect(page.locator("input[name=latitude]")).to_have_value("")
    expect(button).to_have_text(asks)


@pytest.mark.parametrize("phone", [(PHONE, True)], indirect=True)
def test_a_lost_connection_loses_nothing(phone: Phone, live_app: Flask) -> None:
    page = phone.page
    page.goto("/citizen/new")
    page.fill("#text", "说不清的另一件事")
    page.reload()
    expect(page.locator("#text")).to_have_value("说不清的另一件事")  # the draft
    expect(page.locator("#told .note-done")).to_be_visible()
    for _ in range(3):
        go_on(page)
        expect(page.locator("#told .note-done")).to_be_hidden()
    page.fill("#phone", "13912345678")
    go_on(page)
    page.context.set_offline(True)
    page.locator("[data-primary]:visible").click()
    expect(page.locator("#told .note-error")).to_be_visible()
    page.context.set_offline(False)
    page.locator("[data-primary]:visible").click()
    page.wait_for_url("**/citizen/done/*")
    page.goto("/citizen/new")
    expect(page.locator("#text")).to_have_value("")  # it was sent: the draft is gone
    page.goto("/citizen/withdraw")
    page.fill("#note", "弄错了")
    page.locator("[data-primary]").click()
    expect(page.locator(".now.over")).to_contain_text("不再办理")
