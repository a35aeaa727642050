"""The desks of those who follow what was done, in a real browser: callbacks by three keys, the board, the week, the wall."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy import delete, select

from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.handle.models import CallClaim
from hotline.handle.supervision import supervise
from hotline.ledgers import operations as ledgers
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.models import ReadRecord
from hotline.people.roles import Role
from hotline.policy.triggers import Supervision
from hotline.report import wall
from tests import factories
from tests.ledgers import making

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]
SUPERVISOR = Actor(Role.SUPERVISOR, "督办员")
LONG_AGO = timedelta(days=30)


@pytest.fixture
def inside(live_app: Flask) -> Iterator[None]:
    with live_app.app_context():
        yield
        db.session.remove()


def state_of(number: str) -> tuple[State, int]:
    db.session.rollback()
    found = db.session.execute(select(Order.state, Order.attempts).where(Order.number == number)).one()
    return found.state, found.attempts


@pytest.fixture
def called(inside: None) -> list[str]:
    """Two citizens to call, the first due first, and nobody else."""
    now = utc_now()
    with unit_of_work():
        db.session.execute(delete(CallClaim))
        waiting = select(Order).where(Order.state == State.CALLBACK)
        for order in db.session.scalars(waiting):
            order.requester_phone = ""  # comes after all that can be called
        return [
            factories.replied(now - LONG_AGO + timedelta(hours=n), title=title, requester_name="李建国").number
            for n, title in enumerate(("井盖松动", "路灯不亮"))
        ]


def test_a_callback_is_three_keys_and_the_next_citizen_is_there(sign_in_as: SignIn, called: list[str]) -> None:
    first, second = called
    page = sign_in_as("callback", "/callbacks")
    expect(page.locator("h1")).to_contain_text("井盖松动")
    expect(page.locator(".script")).to_contain_text("反映的“井盖松动”")
    expect(page.locator(".dial .phone")).to_have_text("139********")
    page.keyboard.press("p")
    expect(page.locator(".dial .phone")).to_have_text("13912345678")
    assert db.session.query(ReadRecord).filter_by(subject=first).count() == 1
    for key in ("s", "1", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("h1")).to_contain_text("路灯不亮")
    assert state_of(first)[0] is State.CLOSED
    page.reload()
    expect(page.locator("h1")).to_contain_text("路灯不亮")
    page.keyboard.press("0")
    expect(page.locator(".note-done")).to_contain_text(second)
    expect(page.locator("h1")).not_to_contain_text("路灯不亮")
    assert state_of(second) == (State.CALLBACK, 1)
    page.goto(f"/callbacks?order={second}")
    expect(page.locator(".tried li")).to_have_count(1)
    expect(page.locator("[data-missed]")).to_have_count(0)  # not again at once


def test_what_an_answer_lacks_is_said_beside_it(sign_in_as: SignIn, called: list[str]) -> None:
    first, _ = called
    page = sign_in_as("callback", "/callbacks")
    satisfied, needed = page.locator("[data-need=satisfaction]"), page.locator("[data-need=reason]")
    save = page.locator("[data-save]")
    for key in ("n", "Enter"):
        page.keyboard.press(key)
    expect(satisfied).to_be_visible()
    expect(needed).to_be_visible()
    page.keyboard.press("3")
    expect(satisfied).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("[name=reason]")).to_be_focused()
    expect(save).to_have_text("Ctrl+Enter")
    page.keyboard.type("再去修一次")
    expect(needed).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(page.locator("h1")).to_contain_text("路灯不亮")
    assert state_of(first)[0] is State.HANDLING


def test_another_citizen_is_chosen_by_keys_and_left_by_a_button(sign_in_as: SignIn, called: list[str]) -> None:
    page = sign_in_as("callback", "/callbacks")
    expect(page.locator("h1")).to_contain_text("井盖松动")
    for key in ("j", "j", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("h1")).to_contain_text("路灯不亮")
    page.reload()
    expect(page.locator("h1")).to_contain_text("路灯不亮")
    page.get_by_role("button", name="稍后再说").click()
    expect(page.locator("h1")).to_contain_text("井盖松动")


def test_the_board_leads_to_the_order_and_its_slip(sign_in_as: SignIn, inside: None) -> None:
    now = utc_now()
    with unit_of_work():
        late = factories.handling(now - 10 * LONG_AGO, title="拖了很久的事")
        supervise(late, SUPERVISOR, now - 9 * LONG_AGO, reason="久拖不办", supervision=Supervision.RED)
        book = making.ledger(now - LONG_AGO, title="百日攻坚台账")
        making.item(book, now - LONG_AGO, late)
        done = making.item(book, now - LONG_AGO, factories.closed(now - LONG_AGO))
        ledgers.strike_off(done, SUPERVISOR, now, note="已修好。")
    page = sign_in_as("supervisor", "/supervision")
    expect(page.locator("[data-row].at")).to_have_count(0)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/supervision/overdue")
    expect(page.locator("tbody tr").first).to_contain_text("拖了很久的事")
    page.go_back()
    ledger = page.locator("[data-row^=l]", has_text="百日攻坚台账")
    expect(ledger).to_contain_text(re.compile(r"1\s*/\s*2"))
    expect(ledger.locator("svg rect.part-struck_off")).to_have_attribute("width", "50.00")
    row = page.locator("[data-row^=s]", has_text="拖了很久的事")
    expect(row).to_contain_text("红色督查单")
    row.get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("拖了很久的事")
    expect(page.locator("h1 .supervised-red")).to_be_visible()


def test_from_the_week_to_the_single_order(sign_in_as: SignIn, inside: None) -> None:
    now = utc_now()
    with unit_of_work():
        factories.handling(now - 10 * LONG_AGO, title="最久的事")
        factories.closed(now - timedelta(hours=5), title="办好的事")
    page = sign_in_as("manager", "/week")
    page.locator(".rate-card#satisfied .headline .n").first.click()
    expect(page.locator("tbody")).to_contain_text("办好的事")
    page.go_back()
    page.locator(".where-to-look .n[href*=open_overdue]").click()
    expect(page.locator("tbody")).to_contain_text("最久的事")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/**")
    expect(page.locator("h1")).to_be_visible()


def test_the_wall_refreshes_itself_and_says_when_it_cannot(sign_in_as: SignIn, page: Page, inside: None) -> None:
    def quick(route: Route) -> None:
        """The page with a beat of a second instead of half a minute, so that nobody waits for it."""
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-every="30"', 'data-every="0.5"'))

    sign_in_as("manager", "/week")
    page.route(re.compile(r":\d+/wall$"), quick)  # only what is opened for itself is routed, not where one is sent on
    wall.forget()
    page.goto("/wall")
    figure = page.locator(".mid .figure").first
    before = int(figure.inner_text().replace(",", ""))
    with unit_of_work():
        factories.received(utc_now())
    wall.forget()
    # A board that was being put together just then stands for ten seconds.
    expect(figure).to_have_text(f"{before + 1:,}", timeout=15_000)
    expect(page.locator("[data-lost]")).to_be_hidden()
    page.route("**/wall?part=numbers", lambda route: route.abort())
    expect(page.locator("[data-lost]")).to_be_visible()
    expect(page.locator("body")).to_have_class(re.compile("is-lost"))
    page.unroute("**/wall?part=numbers")
    expect(page.locator("[data-lost]")).to_be_hidden()
