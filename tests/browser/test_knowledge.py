"""Answering in a real browser: an article fills the answer, a reply is checked while it is typed, nobody needs a name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.knowledge.models import Use
from hotline.orders.models import Order
from hotline.receive.models import Draft
from tests import factories

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]


@pytest.fixture
def desk(sign_in_as: SignIn, live_app: Flask) -> Page:
    """An agent's desk without a draft from elsewhere."""
    with live_app.app_context(), unit_of_work():
        db.session.execute(delete(Draft))
    page = sign_in_as("agent", "/desk")
    page.locator("#call[data-ready]").wait_for()
    return page


def test_an_article_fills_the_answer_at_the_desk(desk: Page, live_app: Flask) -> None:
    desk.locator("#phone").fill("13900000077")
    desk.locator("#text").fill("我想咨询加班工资按什么标准支付")
    desk.locator("[data-article]").first.click()
    expect(desk.locator("#public_reply")).to_have_value(
        "工作日安排延长工作时间的，支付不低于工资百分之一百五十的报酬；休息日安排工作又不能安排补休的，不低于百分之二百；法定休假日安排工作的，不低于百分之三百。"
    )
    expect(desk.locator("#article")).to_have_value("ldgz-01:1")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#saved")).to_contain_text("加班工资")
    with live_app.app_context():
        order = db.session.scalars(select(Order).filter_by(requester_phone="13900000077")).one()
        assert db.session.scalars(select(Use).filter_by(order_id=order.id)).one().article_id is not None


def test_what_is_asked_about_is_said_beside_the_answer(desk: Page) -> None:
    desk.locator("#phone").fill("13900000078")
    desk.locator("#text").fill("小区路灯坏了半个月")
    desk.keyboard.press("Alt+a")
    desk.locator("#public_reply").fill("我们一定会解决。")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#public_reply-error")).to_contain_text("一定会解决")
    expect(desk.locator("#anyway-error")).not_to_be_empty()
    desk.locator("#anyway").check()
    desk.locator("#public_reply").press("End")
    desk.keyboard.type("今晚")
    expect(desk.locator("#anyway")).not_to_be_checked()
    desk.locator("#anyway").check()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#public_reply")).to_have_value("")


def test_the_key_saves_what_is_open_at_once(desk: Page) -> None:
    opened = """() => {
      document.dispatchEvent(new KeyboardEvent("keydown", { code: "KeyA", altKey: true, bubbles: true }));
      return document.querySelector("#call [data-primary]").value;
    }"""
    assert desk.evaluate(opened) == "answer"
    assert desk.evaluate(opened) == "save"


def test_who_stays_anonymous_leaves_nothing_behind(desk: Page) -> None:
    desk.locator("#phone").fill("13900000079")
    desk.locator("#text").fill("电梯坏了")
    expect(desk.locator("#suggestion .missing li")).to_have_count(4)
    desk.locator("label[for=anonymous]").click()
    expect(desk.locator("#phone")).to_have_value("")
    expect(desk.locator("#phone")).not_to_be_editable()
    expect(desk.locator("#faceless")).to_be_visible()
    expect(desk.locator("#suggestion .missing li")).to_have_count(4)
    desk.keyboard.press("Alt+n")
    expect(desk.locator("#phone")).to_be_editable()
    expect(desk.locator("#faceless")).to_be_hidden()


def test_a_reply_is_checked_while_it_is_typed(sign_in_as: SignIn, live_app: Flask) -> None:
    with live_app.app_context(), unit_of_work():
        number = factories.handling(utc_now()).number
    page = sign_in_as("handler", f"/orders/{number}")
    page.locator("details[data-action=reply] summary").first.click()
    reply = page.locator("#reply-public_reply")
    reply.fill("我们一定会解决。")
    expect(page.locator(".hits mark")).to_have_text("一定会解决")
    reply.fill("灯已换，师傅13800138000。")
    expect(page.locator(".hits mark.danger")).to_have_text("13800138000")
    expect(page.locator(".hits [name=anyway]")).to_have_count(0)
    reply.fill("灯已换。")
    expect(page.locator(".hits")).to_have_count(0)


def test_a_citizen_sees_what_is_missing_before_sending(page: Page) -> None:
    page.goto("/citizen/new")
    page.locator("#text").fill("电梯坏了")
    expect(page.locator("#hints li")).to_have_count(4)
    page.locator("#text").fill("望江小区三栋的电梯从上周起一直停运，老人下不了楼，希望尽快修好。")
    expect(page.locator("#hints li")).to_have_count(0)
