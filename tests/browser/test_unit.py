"""A unit's day in a real browser: at the office screen, on a phone, with a colleague at the same order, without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.handle import operations as handle
from hotline.handle.reply_templates import write_template
from hotline.orders.models import Order
from hotline.orders.queries import order_for
from hotline.people.actors import Actor
from hotline.people.roles import Role
from tests import factories
from tests.conftest import PASSWORD
from tests.factories import HANDLER

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]
PATIENT = 20_000  # milliseconds a page may take on a machine that has other work
PHONE = {"width": 390, "height": 844}
SUPERVISOR = Actor(Role.SUPERVISOR, "督办员")
PICTURE = "Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='), c => c.charCodeAt(0))"


@pytest.fixture
def phone(chromium: Browser, live_server: str) -> Iterator[BrowserContext]:
    """A phone's browser."""
    made = chromium.new_context(
        base_url=live_server,
        viewport=PHONE,  # type: ignore[arg-type]  # a size
        locale="zh-CN",
        is_mobile=True,
        has_touch=True,
    )
    made.set_default_timeout(PATIENT)
    yield made
    made.close()


def opened(sign_in_as: SignIn, address: str) -> Page:
    """A page of the unit's head, once it is there."""
    page = sign_in_as("unit_head", address)
    page.set_default_timeout(PATIENT)
    page.wait_for_url(lambda where: "sign-in" not in where)
    return page


def made(live_app: Flask, *titles: str, signed: bool = False) -> list[str]:
    """Orders of the unit, by number."""
    with live_app.app_context(), unit_of_work():
        make = factories.handling if signed else factories.dispatched
        return [make(utc_now(), title=title, address="望江小区3栋").number for title in titles]


def state_of(live_app: Flask, number: str) -> str:
    with live_app.app_context():
        return db.session.query(Order.state).filter_by(number=number).scalar()


def drop(form: Locator, name: str, kind: str, content: str) -> None:
    """Drop a file onto a form, as from the desktop."""
    form.evaluate(
        f"""(form, [name, type]) => {{
          const carried = new DataTransfer();
          carried.items.add(new File([{content}], name, {{ type }}));
          form.dispatchEvent(new DragEvent("dragover", {{ dataTransfer: carried, bubbles: true, cancelable: true }}));
          form.dispatchEvent(new DragEvent("drop", {{ dataTransfer: carried, bubbles: true, cancelable: true }}));
        }}""",
        [name, kind],
    )


def test_a_day_of_the_unit(sign_in_as: SignIn, live_app: Flask) -> None:
    first, second = made(live_app, "楼道灯不亮", "雨棚漏水")
    with live_app.app_context(), unit_of_work():
        body = "您好，您反映的“【标题】”，我们已到【地址】查看，【处理措施】。"
        write_template(SUPERVISOR, utc_now(), title="已现场处理", body=body)
    page = opened(sign_in_as, "/inbox?state=dispatched")
    for number in (first, second):
        page.locator(f"[data-row='{number}'] .pick input").check()
    expect(page.locator("[data-picked]")).to_contain_text("2")
    page.locator(".bulk [data-primary]").click()
    expect(page.locator(".note-done")).to_be_visible(timeout=PATIENT)
    page.goto(f"/orders/{first}?back=/inbox")
    page.locator("details[data-action=reply] > summary").click()
    form = page.locator("details[data-action=reply] form")
    reply = page.locator("#reply-public_reply")
    form.locator("[name=result]").first.focus()
    page.keyboard.press("Alt+t")
    expect(form.locator("[data-templates] select")).to_be_focused()
    form.locator("[data-templates] select").select_option(index=1)
    expect(reply).to_have_value("您好，您反映的“楼道灯不亮”，我们已到望江小区3栋查看，【处理措施】。")
    expect(form.locator(".mirror mark.blank")).to_have_text("【处理措施】")
    reply.press("ControlOrMeta+Home")
    page.keyboard.press("Alt+b")
    page.keyboard.type("灯已换，师傅13800138000")  # over the place that is at hand
    expect(form.locator(".mirror mark.danger")).to_have_text("13800138000", timeout=PATIENT)
    expect(form.locator(".hits .blocks")).to_have_count(1, timeout=PATIENT)
    reply.fill("您好，您反映的“楼道灯不亮”，我们已到望江小区3栋查看，灯已换。")
    expect(form.locator(".hits")).to_have_count(0, timeout=PATIENT)
    drop(form, "笔记.txt", "text/plain", "'x'")
    expect(form.locator(".to-send .field-error")).to_be_visible()
    form.locator(".to-send button").click()
    drop(form, "现场.png", "image/png", PICTURE)
    expect(form.locator(".to-send li")).to_have_count(1)
    form.locator("[name=result]").first.check()
    form.locator("[name=truth]").first.check()
    reply.press("Control+Enter")
    expect(page.locator(".note-done")).to_be_visible(timeout=PATIENT)
    assert state_of(live_app, first) == "callback"
    page.goto(f"/orders/{first}")
    expect(page.locator(".files")).to_contain_text("现场.png")


def test_the_same_on_a_phone(phone: BrowserContext, live_app: Flask) -> None:
    (number,) = made(live_app, "地下室积水，已经一个星期没有人来看，电梯也停了，老人上下楼很不方便", signed=True)
    page = phone.new_page()
    page.goto("/sign-in?next=/inbox")
    page.locator("#login").fill("unit_head")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "sign-in" not in address)
    narrow = "document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(narrow)
    page.locator(f"[data-row='{number}'] a").tap()
    page.wait_for_url(f"**/orders/{number}**")
    assert page.evaluate(narrow)
    page.locator("details[data-action=note] > summary").scroll_into_view_if_needed()
    page.locator(".to-do").tap()
    expect(page.locator("#do")).to_be_in_viewport()
    page.locator("details[data-action=reply] > summary").tap()
    page.locator("details[data-action=reply] label:has([name=result])").first.tap()
    page.locator("details[data-action=reply] label:has([name=truth])").first.tap()
    reply = page.locator("#reply-public_reply")
    reply.tap()
    expect(page.locator(".to-do")).to_be_hidden()
    reply.fill("积水已抽干，电梯已恢复。")
    assert page.evaluate(narrow)
    page.locator("details[data-action=reply] [data-primary]").tap()
    expect(page.locator(".note-done")).to_be_visible(timeout=PATIENT)
    assert state_of(live_app, number) == "callback"


def test_the_second_of_two_is_told_what_changed_and_keeps_the_text(sign_in_as: SignIn, live_app: Flask) -> None:
    (number,) = made(live_app, "两人同办", signed=True)
    page = opened(sign_in_as, f"/orders/{number}")
    with live_app.app_context(), unit_of_work():
        handle.add_note(order_for(number, HANDLER), HANDLER, utc_now(), note="我先去看过了")
    page.locator("details[data-action=reply] > summary").click()
    page.locator("#reply-public_reply").fill("灯已换好。")
    for name in ("result", "truth"):
        page.locator(f"details[data-action=reply] [name={name}]").first.check()
    page.locator("#reply-public_reply").press("Control+Enter")
    expect(page.locator(".refused")).to_contain_text("我先去看过了", timeout=PATIENT)
    expect(page.locator("#reply-public_reply")).to_have_value("灯已换好。")
    page.locator("#reply-public_reply").press("Control+Enter")
    expect(page.locator(".note-done")).to_be_visible(timeout=PATIENT)
    assert state_of(live_app, number) == "callback"


def test_without_a_network_nothing_typed_is_lost(sign_in_as: SignIn, live_app: Flask) -> None:
    (number,) = made(live_app, "断网", signed=True)
    page = opened(sign_in_as, f"/orders/{number}")
    page.locator("details[data-action=reply] > summary").click()
    page.locator("#reply-public_reply").fill("灯已换好。")
    for name in ("result", "truth"):
        page.locator(f"details[data-action=reply] [name={name}]").first.check()
    page.context.set_offline(True)
    page.locator("#reply-public_reply").press("Control+Enter")
    expect(page.locator(".offline")).to_be_visible()
    expect(page.locator("#reply-public_reply")).to_have_value("灯已换好。")
    kept = page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('draft:'))")
    assert re.fullmatch(rf"draft:/\d+/orders/{number}/reply", *kept)  # under who has written it
    page.context.set_offline(False)
    page.reload()  # as after a browser that was closed
    expect(page.locator("#reply-public_reply")).to_have_value("灯已换好。")
    expect(page.locator("details[data-action=reply] [name=result]").first).to_be_checked()
    page.locator("details[data-action=reply] > summary").click()
    page.locator("#reply-public_reply").press("Control+Enter")
    expect(page.locator(".note-done")).to_be_visible(timeout=PATIENT)
    assert page.evaluate("Object.keys(localStorage).filter(name => name.startsWith('draft:'))") == []
