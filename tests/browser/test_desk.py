"""The agent's desk in a real browser: by keyboard alone, and nothing typed is ever lost or saved twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect
from sqlalchemy import delete, select

from hotline.base.db import db
from hotline.base.work import unit_of_work
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.policy.limits import Requester
from hotline.receive.models import Draft
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser

SURE = "望江区锦绣花园小区停水三天了，自来水公司不来"


@pytest.fixture
def desk(sign_in_as: Callable[[str, str], Page], live_app: Flask) -> Page:
    """An agent's desk, the cursor in the phone field and no draft from elsewhere."""
    with live_app.app_context(), unit_of_work():
        db.session.execute(delete(Draft))
    page = sign_in_as("agent", "/desk")
    page.locator("#call[data-ready]").wait_for()
    expect(page.locator("#phone")).to_be_focused()
    return page


@pytest.fixture
def saved(live_app: Flask) -> Callable[[str], list[Order]]:
    """The orders saved for a phone number."""

    def of(phone: str) -> list[Order]:
        with live_app.app_context():
            return list(db.session.scalars(select(Order).filter_by(requester_phone=phone)))

    return of


Saved = Callable[[str], list[Order]]


def test_a_call_is_logged_by_keyboard_alone(desk: Page, saved: Saved) -> None:
    keys = desk.keyboard
    keys.type("13900000001")
    keys.press("Enter")
    keys.type("李先生")
    for _ in range(5):  # requester, urgency, secret, nature, then the text
        keys.press("Enter")
    expect(desk.locator("#text")).to_be_focused()
    keys.type(SURE + "，物业不管")
    expect(desk.locator("#suggestion [data-take]").first).to_contain_text("停水")
    expect(desk.locator("#mirror mark", has_text="停水")).to_have_count(1)
    expect(desk.locator("#text")).to_be_focused()
    keys.press("Alt+2")
    expect(desk.locator("#category")).to_have_value("060101 物业服务质量")
    keys.press("Alt+0")
    expect(desk.locator("#category")).to_have_value("")
    keys.press("Alt+1")
    expect(desk.locator("#suggestion [aria-pressed=true]")).to_contain_text("停水")
    expect(desk.locator("#text")).to_be_focused()
    keys.press("Control+Enter")
    expect(desk.locator("#bar a")).to_be_visible()
    (order,) = saved("13900000001")
    expect(desk.locator("#bar")).to_contain_text(order.number)
    expect(desk.locator("#bar")).to_contain_text("云川市供水集团有限公司")
    expect(desk.locator("#saved")).to_contain_text(order.number)
    expect(desk.locator("#phone")).to_be_focused()
    expect(desk.locator("#text")).to_have_value("")
    assert order.state is State.DISPATCHED
    assert order.category_code == "050101"
    keys.type("139 0000 0001")
    expect(desk.locator("#caller li")).to_have_count(1)


def test_the_desk_fits_the_office_screen_and_shows_its_keys(desk: Page) -> None:
    desk.locator("#text").fill(SURE)
    expect(desk.locator("#then .then")).to_be_visible()
    tall, wide = desk.evaluate("[document.documentElement.scrollHeight, document.documentElement.scrollWidth]")
    assert (tall, wide) == (768, 1366)
    desk.keyboard.press("F1")
    expect(desk.locator("#keys")).to_contain_text("Alt+A")
    desk.keyboard.press("Escape")
    desk.locator("#phone").press("?")
    expect(desk.locator("#keys")).to_be_visible()
    expect(desk.locator("#phone")).to_have_value("")


def test_without_a_connection_nothing_is_lost_and_nothing_doubled(
    desk: Page, context: BrowserContext, saved: Saved
) -> None:
    desk.keyboard.type("13900000002")
    desk.locator("#text").fill(SURE)
    context.set_offline(True)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-error")).to_be_visible()
    expect(desk.locator("#text")).to_have_value(SURE)
    assert saved("13900000002") == []
    context.set_offline(False)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-done")).to_be_visible()
    expect(desk.locator("#text")).to_have_value("")
    assert len(saved("13900000002")) == 1


def lose_the_answer(page: Page) -> None:
    """Let the next save reach the server and lose what it answers."""
    lost = []

    def swallow(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch())
            route.abort()

    page.route("**/desk", swallow)  # stays: one that ends with its first request may let that one through


def test_a_save_whose_answer_was_lost_is_not_saved_twice(desk: Page, saved: Saved) -> None:
    desk.keyboard.type("13900000003")
    desk.locator("#text").fill(SURE)
    lose_the_answer(desk)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-error")).to_be_visible()
    (order,) = saved("13900000003")
    desk.reload()  # the key lives on with the draft
    desk.locator("#call[data-ready]").wait_for()
    expect(desk.locator("#text")).to_have_value(SURE)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar")).to_contain_text(order.number)
    assert len(saved("13900000003")) == 1


def test_what_was_changed_after_a_lost_answer_is_not_dropped_silently(desk: Page, saved: Saved) -> None:
    desk.keyboard.type("13900000004")
    desk.locator("#text").fill(SURE)
    lose_the_answer(desk)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-error")).to_be_visible()
    (order,) = saved("13900000004")
    desk.locator("#text").fill(SURE + "，请尽快")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-warning")).to_contain_text(order.number)
    expect(desk.locator("#text")).to_have_value(SURE + "，请尽快")
    assert len(saved("13900000004")) == 1


def test_a_draft_survives_a_reload_until_it_is_saved_or_emptied(desk: Page, saved: Saved) -> None:
    desk.keyboard.type("13900000005")
    desk.locator("#text").fill("还没有说完")
    desk.locator("#nature-complaint").focus()
    desk.keyboard.press("2")
    desk.keyboard.press("Alt+e")
    expect(desk.locator("#nature-help")).to_be_focused()
    desk.keyboard.press("Alt+a")
    desk.keyboard.type("先这样答复")
    desk.reload()
    desk.locator("#call[data-ready]").wait_for()
    expect(desk.locator("#phone")).to_have_value("13900000005")
    expect(desk.locator("#text")).to_have_value("还没有说完")
    expect(desk.locator("#nature-help")).to_be_checked()
    expect(desk.locator("#requester-enterprise")).to_be_checked()
    expect(desk.locator("#public_reply")).to_have_value("先这样答复")
    desk.keyboard.press("Alt+n")
    expect(desk.locator("#text")).to_have_value("")
    expect(desk.locator("#requester-person")).to_be_checked()
    desk.locator("#bar button").click()
    expect(desk.locator("#text")).to_have_value("还没有说完")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-done")).to_be_visible()
    (order,) = saved("13900000005")
    assert (order.state, order.requester_kind) == (State.ANSWERED, Requester.ENTERPRISE)
    desk.reload()
    expect(desk.locator("#text")).to_have_value("")


@pytest.fixture
def elsewhere(chromium: Browser, live_server: str) -> Iterator[Page]:
    """The same agent's desk on another machine, not opened yet."""
    window = chromium.new_context(base_url=live_server, locale="zh-CN")
    window.set_default_timeout(10_000)
    page = window.new_page()
    page.goto("/sign-in?next=/orders")
    page.locator("#login").fill("agent")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url("**/orders")
    yield page
    window.close()


def test_a_draft_is_there_on_another_machine_until_it_is_saved(desk: Page, elsewhere: Page, saved: Saved) -> None:
    with desk.expect_response("**/desk/draft") as kept:
        desk.keyboard.type("13900000010")
        desk.locator("#text").fill(SURE)
        desk.locator("label[for=nature-help]").click()
    assert kept.value.status == 204
    elsewhere.goto("/desk")
    elsewhere.locator("#call[data-ready]").wait_for()
    expect(elsewhere.locator("#phone")).to_have_value("13900000010")
    expect(elsewhere.locator("#text")).to_have_value(SURE)
    expect(elsewhere.locator("#nature-help")).to_be_checked()
    elsewhere.keyboard.press("Control+Enter")
    expect(elsewhere.locator("#bar .said-done")).to_be_visible()
    elsewhere.reload()
    elsewhere.locator("#call[data-ready]").wait_for()
    expect(elsewhere.locator("#text")).to_have_value("")
    desk.reload()  # its own copy is still there: it hears what has become of it, and saving makes no second order
    (order,) = saved("13900000010")
    expect(desk.locator("#bar .said-warning")).to_contain_text(order.number)
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar .said-done")).to_contain_text(order.number)
    assert len(saved("13900000010")) == 1


def test_the_newer_draft_is_taken_and_an_emptied_one_is_gone(desk: Page, elsewhere: Page) -> None:
    with desk.expect_response("**/desk/draft"):
        desk.locator("#text").fill("在第一台写的")
    elsewhere.goto("/desk")
    expect(elsewhere.locator("#text")).to_have_value("在第一台写的")
    with elsewhere.expect_response("**/desk/draft"):
        elsewhere.locator("#text").fill("在第二台接着写的")
    desk.reload()
    expect(desk.locator("#text")).to_have_value("在第二台接着写的")
    with desk.expect_response("**/desk/draft") as dropped:
        desk.keyboard.press("Alt+n")
    assert dropped.value.status == 204
    desk.reload()
    desk.locator("#call[data-ready]").wait_for()
    expect(desk.locator("#text")).to_have_value("")


def test_errors_stand_beside_the_field_until_it_is_mended(desk: Page) -> None:
    desk.keyboard.type("abc")
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#phone-error")).not_to_be_empty()
    expect(desk.locator("#text-error")).not_to_be_empty()
    expect(desk.locator("#phone")).to_be_focused()
    desk.keyboard.press("Control+a")
    desk.keyboard.type("13900000006")
    expect(desk.locator("#phone-error")).to_be_empty()


def test_who_was_signed_out_keeps_the_text(desk: Page, context: BrowserContext, saved: Saved) -> None:
    desk.keyboard.type("13900000007")
    desk.locator("#text").fill(SURE)
    context.clear_cookies()
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#bar a")).to_be_visible()
    expect(desk.locator("#text")).to_have_value(SURE)
    assert saved("13900000007") == []


def test_no_page_asks_another_host(desk: Page, live_server: str) -> None:
    asked: list[str] = []
    desk.on("request", lambda request: asked.append(request.url))
    for address in ("/desk", "/citizen", "/citizen/new", "/citizen/follow"):
        desk.goto(address)
        desk.wait_for_load_state("networkidle")
    assert asked
    assert {urlsplit(url).netloc for url in asked} == {urlsplit(live_server).netloc}


def test_the_desk_works_without_script(context: BrowserContext, live_server: str, saved: Saved) -> None:
    browser = context.browser
    assert browser is not None
    plain = browser.new_context(base_url=live_server, java_script_enabled=False)
    page = plain.new_page()
    page.goto("/sign-in?next=/desk")
    page.locator("#login").fill("agent")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.locator("#phone").fill("13900000009")
    page.locator("#text").fill(SURE)
    page.locator("#phone").press("Enter")  # must not send half a call
    page.locator("#address").fill("锦绣花园 3 幢")
    assert saved("13900000009") == []
    page.locator("[value=save]").click()
    expect(page.locator("#bar .said-done")).to_be_visible()
    (order,) = saved("13900000009")
    assert order.address == "锦绣花园 3 幢"
    plain.close()


def test_a_complaint_is_placed_on_a_phone_without_script(
    context: BrowserContext, live_server: str, saved: Saved
) -> None:
    browser = context.browser
    assert browser is not None
    phone = browser.new_context(base_url=live_server, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = phone.new_page()
    page.goto("/citizen")
    page.locator("a[href='/citizen/new']").click()
    page.locator("#text").fill(SURE)
    page.locator("#phone").fill("13900000008")
    page.locator("[name=requester][value=enterprise]").check()
    page.locator("[data-primary]").click()
    expect(page.locator(".number")).to_be_visible()
    (order,) = saved("13900000008")
    assert order.requester_kind is Requester.ENTERPRISE
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    phone.close()


def test_a_call_is_merged_into_a_known_matter_by_keyboard(desk: Page, saved: Saved) -> None:
    told = "望江区翠湖名都小区停水三天了，自来水公司不来，整栋楼都没有水"
    for phone in ("13900000021", "13900000022"):
        desk.keyboard.type(phone)
        desk.locator("#text").fill(told)
        if phone.endswith("2"):
            expect(desk.locator("#suggestion .alike li")).to_have_count(1)
            desk.keyboard.press("Alt+s")
            expect(desk.locator("#suggestion [data-how=merge]")).to_be_focused()
            desk.keyboard.press("Enter")
            expect(desk.locator("#text")).to_be_focused()
            expect(desk.locator("#suggestion [aria-pressed=true][data-how=merge]")).to_be_visible()
            assert desk.evaluate("document.documentElement.scrollHeight") == 768
        desk.keyboard.press("Control+Enter")
        expect(desk.locator("#bar .said-done")).to_be_visible()
        expect(desk.locator("#text")).to_have_value("")
    (master,), (child,) = saved("13900000021"), saved("13900000022")
    assert (master.state, child.state, child.parent_id) == (State.DISPATCHED, State.MERGED, master.id)
    expect(desk.locator("[name=same]")).to_have_value("")
