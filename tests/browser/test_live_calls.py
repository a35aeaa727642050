"""A call rings at the desk in a real browser: the history pops up, nothing typed is touched, few keys save it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import delete, select

from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.calls.live import CallEvent, Told, hear_event
from hotline.calls.models import Call, LiveCall
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.people.actors import CITIZEN
from hotline.receive.models import Draft
from hotline.receive.operations import receive_complaint
from tests.factories import intake

pytestmark = pytest.mark.browser

SURE = "望江区锦绣花园小区停水三天了，自来水公司不来"
MOST_KEYS = 5

Tell = Callable[[str, CallEvent, str], None]


@pytest.fixture
def desk(sign_in_as: Callable[[str, str], Page], live_app: Flask) -> Iterator[Page]:
    """An agent's desk without a draft; the calls are gone afterwards."""
    with live_app.app_context(), unit_of_work():
        db.session.execute(delete(Draft))
    page = sign_in_as("agent", "/desk")
    page.locator("#call[data-ready]").wait_for()
    yield page
    page.goto("about:blank")
    with live_app.app_context(), unit_of_work():
        db.session.execute(delete(LiveCall))


@pytest.fixture
def tell(live_app: Flask) -> Tell:
    """The telephone system: tells what becomes of a call at the agent."""

    def event(call_id: str, event: CallEvent, phone: str) -> None:
        with live_app.app_context(), unit_of_work():
            hear_event(Told(call_id, event, utc_now(), "agent", phone, "12345"), "phone", utc_now())

    return event


@pytest.fixture
def known(live_app: Flask) -> Callable[[str, str], str]:
    """An order a citizen has placed before."""

    def place(phone: str, text: str) -> str:
        with live_app.app_context(), unit_of_work():
            said = intake(title=text[:30], text=text, requester_phone=phone)
            return receive_complaint(said, CITIZEN, utc_now()).number

    return place


def keys_pressed(page: Page) -> int:
    """How many keys went down since ``count_keys``; a key held down with others is counted with them."""
    return int(page.evaluate("window.pressed"))


def count_keys(page: Page) -> None:
    page.evaluate("window.pressed = 0; document.addEventListener('keydown', () => { window.pressed++; }, true)")


def test_a_usual_complaint_takes_five_keys_besides_its_text(desk: Page, tell: Tell, live_app: Flask) -> None:
    count_keys(desk)
    tell("five", CallEvent.RING, "13900000051")
    expect(desk.locator(".ring-ringing")).to_contain_text("139********")
    expect(desk.locator("#phone")).to_have_value("13900000051")
    expect(desk.locator("#text")).to_be_focused()
    desk.keyboard.insert_text(SURE)  # as an input method writes it: no key goes down on the page
    expect(desk.locator("#then")).to_contain_text("云川市供水集团有限公司")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-done")).to_contain_text("云川市供水集团有限公司")
    assert keys_pressed(desk) <= MOST_KEYS
    expect(desk.locator("#phone")).to_have_value("")
    expect(desk.locator("#phone")).to_be_focused()
    with live_app.app_context():
        order = db.session.scalars(select(Order).filter_by(requester_phone="13900000051")).one()
        assert order.state is State.DISPATCHED
        assert db.session.scalar(select(Call.order_id).filter_by(call_id="five")) == order.id
    expect(desk.locator(".ring-noted")).to_contain_text(order.number)  # still spoken: perhaps there is another matter
    desk.keyboard.press("Alt+c")
    expect(desk.locator("#phone")).to_have_value("13900000051")


def test_a_call_shows_the_history_and_touches_nothing_typed(
    desk: Page, tell: Tell, known: Callable[[str, str], str]
) -> None:
    known("13900000052", "翠湖名都三号楼的电梯坏了")
    desk.locator("#text").fill("正在记的一件")
    tell("wait-1", CallEvent.RING, "13900000052")
    tell("wait-2", CallEvent.RING, "13900000053")
    expect(desk.locator(".ring")).to_have_count(2)
    expect(desk.locator("#phone")).to_have_value("")
    desk.keyboard.press("Alt+c")  # the form is not empty: it waits
    expect(desk.locator("#bar .said-warning")).to_be_visible()
    expect(desk.locator("#text")).to_have_value("正在记的一件")
    desk.keyboard.press("Alt+n")
    expect(desk.locator("#phone")).to_have_value("13900000052")  # the first to ring
    expect(desk.locator("#caller li")).to_contain_text("翠湖名都三号楼的电梯坏了")
    expect(desk.locator(".ring.taken")).to_contain_text("1")
    tell("wait-1", CallEvent.HANG_UP, "")  # nobody answered
    expect(desk.locator("#phone")).to_have_value("13900000053")
    desk.keyboard.press("Alt+x")
    expect(desk.locator(".ring")).to_have_count(0)
    expect(desk.locator("#phone")).to_have_value("")
    desk.reload()
    expect(desk.locator("#text")).to_have_value("")


def test_what_was_laid_aside_comes_back_without_anything_of_another_call(
    desk: Page, tell: Tell, live_app: Flask
) -> None:
    desk.locator("#phone").fill("13900000061")
    desk.locator("#text").fill("先说的一件")
    desk.keyboard.press("Alt+n")
    tell("between", CallEvent.RING, "13900000062")
    expect(desk.locator("#phone")).to_have_value("13900000062")
    desk.locator("#text").fill(SURE)
    desk.locator("#name").fill("李先生")
    desk.locator("#bar .back").click()
    expect(desk.locator("#text")).to_have_value("先说的一件")
    for name, value in {"phone": "13900000061", "name": "", "call": ""}.items():
        expect(desk.locator(f"#call [name={name}]")).to_have_value(value)
    desk.locator("#bar .back").click()  # and the other one again
    for name, value in {"phone": "13900000062", "name": "李先生", "text": SURE}.items():
        expect(desk.locator(f"#call [name={name}]")).to_have_value(value)
    assert desk.locator("#call [name=call]").input_value()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-done")).to_be_visible()
    with live_app.app_context():
        order = db.session.scalars(select(Order).filter_by(requester_phone="13900000062")).one()
        assert db.session.scalar(select(Call.order_id).filter_by(call_id="between")) == order.id
    desk.locator("#bar .back").click()  # the first is still there
    expect(desk.locator("#text")).to_have_value("先说的一件")
    expect(desk.locator("#bar .back")).to_have_count(0)


def test_one_key_appends_and_takes_it_back(desk: Page, tell: Tell, known: Callable[[str, str], str]) -> None:
    told = "翠湖名都小区南门路灯不亮一个星期了，晚上很黑，希望尽快来修"
    number = known("13900000054", told)
    tell("again", CallEvent.RING, "13900000054")
    expect(desk.locator("#text")).to_be_focused()
    desk.keyboard.insert_text(told)
    expect(desk.locator("#suggestion .alike .offers kbd")).to_have_text("Alt+D")
    for _ in range(2):
        desk.keyboard.press("Alt+d")
        expect(desk.locator("#then")).to_contain_text(number)
        expect(desk.locator("#text")).to_be_focused()
        desk.keyboard.press("Alt+d")
        expect(desk.locator("#then")).not_to_contain_text(number)
    desk.keyboard.press("Alt+d")
    expect(desk.locator("#then")).to_contain_text(number)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-done")).to_contain_text(number)


def test_an_answer_is_found_in_the_knowledge_base_by_keyboard(desk: Page) -> None:
    desk.locator("#text").fill("想问一下公积金怎么提取")
    desk.keyboard.press("Alt+k")
    expect(desk.locator("#look_for")).to_be_focused()
    expect(desk.locator("#look_for")).to_have_value("想问一下公积金怎么提取")
    expect(desk.locator("#knowledge summary").first).to_contain_text("公积金")
    desk.keyboard.insert_text("提取住房公积金")
    article = desk.locator("#knowledge summary").first
    expect(article).to_contain_text("公积金")
    desk.keyboard.press("Escape")
    expect(desk.locator("#text")).to_be_focused()
    desk.keyboard.press("Alt+k")
    desk.keyboard.press("Enter")
    body = desk.locator("#knowledge details[open] .ground-public")
    expect(body).to_be_visible()
    words = body.inner_text()
    desk.keyboard.press("Enter")
    expect(desk.locator("#public_reply")).to_be_focused()
    expect(desk.locator("#public_reply")).to_have_value(words)
    expect(desk.locator("#suggestion")).to_be_visible()
    desk.keyboard.press("?")  # typed
    expect(desk.locator("#keys")).to_be_hidden()
    desk.locator("#public_reply").blur()
    desk.keyboard.press("?")
    expect(desk.locator("#keys")).to_be_visible()


def test_each_tab_keeps_its_own_call(desk: Page, context: BrowserContext, live_app: Flask) -> None:
    other = context.new_page()
    other.goto("/desk")
    other.locator("#call[data-ready]").wait_for()
    for page, phone, said in (
        (desk, "13900000055", "第一个窗口记的事情"),
        (other, "13900000056", "第二个窗口记的事情"),
    ):
        page.locator("#phone").fill(phone)
        page.locator("#text").fill(said)
    for page, said in ((desk, "第一个窗口记的事情"), (other, "第二个窗口记的事情")):
        page.reload()
        page.locator("#call[data-ready]").wait_for()
        expect(page.locator("#text")).to_have_value(said)
    for page in (desk, other):
        page.bring_to_front()
        page.keyboard.press("Control+Enter")
        expect(page.locator("#text")).to_have_value("")
    with live_app.app_context():
        phones = select(Order.requester_phone).where(Order.requester_phone.in_(["13900000055", "13900000056"]))
        assert sorted(db.session.scalars(phones)) == ["13900000055", "13900000056"]


def test_what_is_dangerous_stands_by_the_text(desk: Page) -> None:
    desk.locator("#text").fill("锦绣花园三号楼楼道里有煤气味")
    expect(desk.locator("#dangers .dangers")).to_contain_text("煤气味")
    expect(desk.locator("#mirror mark.danger")).to_have_text("煤气味")
    expect(desk.locator("#text")).to_be_focused()
    text, danger = (desk.locator(one).bounding_box() for one in ("#text", "#dangers"))
    assert text is not None
    assert danger is not None
    assert 0 <= danger["y"] - text["y"] - text["height"] < 10  # pixels
    desk.keyboard.press("Alt+u")
    expect(desk.locator("#urgency-urgent")).to_be_checked()
