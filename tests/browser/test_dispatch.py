"""The dispatcher's desk in a real browser: a day's work by keys beside the list, and two at one order."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.handle.time import request_time
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.orders.vocabulary import Exit, TimeKind
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.queries import calendar_now
from hotline.receive.exits import propose_exit
from hotline.transfer.operations import dispatch, request_return
from tests import factories

pytestmark = pytest.mark.browser

UNSURE = {"title": "一件事", "text": "户口和夜市的事情。"}


@pytest.fixture
def waiting(live_app: Flask) -> Callable[[str], str]:
    """Makes an order of a district that waits for dispatch: each test looks at its own district."""

    def make(district: str) -> str:
        with live_app.app_context(), unit_of_work():
            return factories.received(utc_now(), **UNSURE, district_code=district).number

    return make


@pytest.fixture
def order_of(live_app: Flask) -> Callable[[str], Order]:
    """An order as it stands in the database now."""

    def read(number: str) -> Order:
        with live_app.app_context():
            return db.session.scalars(select(Order).filter_by(number=number)).one()

    return read


@pytest.fixture
def at(sign_in_as: Callable[[str, str], Page]) -> Callable[[str], Page]:
    """A dispatcher's page at an address."""

    def open_at(address: str) -> Page:
        page = sign_in_as("dispatcher", "/dispatch")
        expect(page.locator("h1", has_text="派单")).to_be_visible()
        page.goto(address)
        return page

    return open_at


At = Callable[[str], Page]
Waiting = Callable[[str], str]
Read = Callable[[str], Order]


def test_a_morning_of_dispatch_by_keys(at: At, waiting: Waiting, order_of: Read) -> None:
    first, second, third, fourth = (waiting("d07") for _ in range(4))
    page = at("/dispatch?district=d07")
    keys = page.keyboard
    expect(page.locator("[data-row]")).to_have_count(4)
    keys.press("a")
    expect(page.locator(".note-done")).to_contain_text(first)
    # Another unit, chosen in the drawer: the list stays, and stands at the next order afterwards.
    expect(page.locator("tr.at")).to_have_attribute("data-row", second)
    keys.press("o")
    expect(page.locator("[data-drawer] mark", has_text="户口").first).to_be_visible()
    keys.press("2")  # the category that was suggested second, with its unit
    other = page.locator("[data-nth='2']")
    for name, value in {
        "category": other.get_attribute("data-guess"),
        "unit": other.get_attribute("data-unit"),
    }.items():
        expect(page.locator(f"[data-drawer] select[name={name}]")).to_have_value(str(value))
    keys.press("c")
    expect(page.locator("[data-drawer] .finder").first).to_be_focused()
    keys.type("市场监督")
    keys.press("Control+Enter")
    expect(page.locator(".note-done")).to_contain_text(f"{second} 已完成“派单”，转至云川市市场监督管理局")
    assert order_of(second).lead_unit == "market"
    expect(page.locator("[data-drawer] .brief")).to_have_attribute("data-of", third)
    keys.press("Escape")
    expect(page.locator("[data-drawer]")).to_be_hidden()
    # The rest at once: it is said how many go where before.
    keys.press("x")
    keys.press("j")
    keys.press("x")
    expect(page.locator("[data-picked]")).to_contain_text("2")
    expect(page.locator("[data-what]")).to_contain_text("2")
    keys.press("Control+Enter")
    expect(page.locator(".empty")).to_be_visible()
    assert {order_of(number).state for number in (first, third, fourth)} == {State.DISPATCHED}


def test_the_second_of_two_dispatchers_is_told_what_changed(
    at: At, waiting: Waiting, order_of: Read, live_app: Flask
) -> None:
    number = waiting("d08")
    page = at("/dispatch?district=d08")
    page.keyboard.press("o")
    reason = page.locator("[data-drawer] textarea[name=reason]")
    reason.fill("请今天联系")
    with live_app.app_context(), unit_of_work():
        order = db.session.scalars(select(Order).filter_by(number=number)).one()
        dispatch(order, "housing", factories.DISPATCHER, utc_now())
    page.keyboard.press("Control+Enter")
    told = page.locator("[data-said] .refused")
    expect(told).to_contain_text("派单员")
    expect(told).to_contain_text("云川市住房和城乡建设局")
    expect(reason).to_have_value("请今天联系")
    expect(page.locator(f'[data-row="{number}"]')).to_be_visible()  # the list is still there
    assert order_of(number).lead_unit == "housing"


def test_a_return_and_a_request_for_time_are_decided_beside_the_list(at: At, order_of: Read, live_app: Flask) -> None:
    with live_app.app_context(), unit_of_work():
        now = utc_now()
        back, asks = factories.handling(now), factories.handling(now)
        request_return(back, factories.HANDLER, now, reason="按职责属市场监管", proposed_unit="market")
        until = calendar_now().city_day(now) + timedelta(days=4)
        why = {"reason": "等待鉴定结论", "next_step": "出结论后答复"}
        request_time(asks, factories.HANDLER, now, kind=TimeKind.PROCEDURE, until=until, **why)
        returned, asking = back.number, asks.number
    page = at("/dispatch?tab=returns")
    page.locator(f'[data-row="{returned}"] [data-look]').click()
    expect(page.locator("[data-drawer] .sides")).to_contain_text("按职责属市场监管")
    page.keyboard.press("g")
    expect(page.locator("[data-drawer] textarea[name=reason]")).to_be_focused()
    page.keyboard.type("同意退单理由")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-done")).to_contain_text(returned)
    assert order_of(returned).lead_unit == "market"
    page.goto("/time-requests")
    page.locator(f'[data-row="{asking}"] [data-look]').click()
    expect(page.locator("[data-drawer] .why-panel")).to_contain_text("等待鉴定结论")
    page.keyboard.press("r")
    expect(page.locator("[data-drawer] .btn-primary")).to_have_text(re.compile("不批准"))
    page.keyboard.press("Escape")
    page.keyboard.press("g")  # chooses, and sends nothing yet
    expect(page.locator("[data-drawer] textarea[name=note]")).to_be_focused()
    expect(page.locator("[data-drawer] .btn-primary")).to_have_count(1)
    assert order_of(asking).time_asked_at is not None
    page.keyboard.type("请按期办结")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-done")).to_contain_text(asking)
    assert order_of(asking).time_asked_at is None


def test_an_order_somebody_would_not_accept_is_decided_in_one_form(at: At, order_of: Read, live_app: Flask) -> None:
    with live_app.app_context(), unit_of_work():
        now = utc_now()
        order = factories.received(now, **UNSURE)
        words = {"reason": "不属受理范围", "public_reply": "请向人民法院反映。"}
        propose_exit(order, Actor(Role.AGENT, "话务员"), now, exit=Exit.LITIGATION, **words)
        number = order.number
    page = at("/dispatch?tab=returns")
    page.locator(f'[data-row="{number}"] [data-look]').click()
    expect(page.locator("[data-drawer] .btn-primary")).to_have_text(re.compile("同意"))
    page.keyboard.press("r")
    expect(page.locator("[data-drawer] textarea[name=reason]")).to_be_focused()
    expect(page.locator("[data-drawer] .btn-primary")).to_have_count(1)
    page.keyboard.type("属于受理范围")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-done")).to_contain_text(number)
    assert order_of(number).state == State.RECEIVED
