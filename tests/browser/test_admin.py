"""An administrator's day in a real browser: a unit, its user, their own password; a keyword tried; days; the record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import OFFICE_SCREEN

pytestmark = pytest.mark.browser
SignIn = Callable[[str, str], Page]
OWN_PASSWORD = "青山绿水 12345 热线"  # nobody else knows it


@pytest.fixture
def colleague(chromium: Browser, live_server: str) -> BrowserContext:
    """Another person's browser."""
    made = chromium.new_context(base_url=live_server, viewport=OFFICE_SCREEN, locale="zh-CN")  # type: ignore[arg-type]  # a size
    made.set_default_timeout(10_000)
    return made


def test_an_administrators_day(sign_in_as: SignIn, colleague: BrowserContext, tmp_path: Path) -> None:
    page = sign_in_as("admin", "/admin")
    page.locator(".cards").wait_for()
    page.goto("/admin/units/new")
    page.locator("#new-code").fill("big-data")
    page.locator("#new-name").fill("云川市大数据局")
    page.locator("#new-kind").select_option("bureau")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note-done")).to_be_visible()

    page.locator("a[href$='unit=big-data']").first.click()
    page.locator("#new-login").fill("liu.yang")
    page.locator("#new-name").fill("刘洋")
    page.locator("#new-role").select_option("handler")
    expect(page.locator("#new-unit")).to_have_value("big-data")
    page.keyboard.press("Control+Enter")
    password = page.locator(".secret code").inner_text()

    theirs = colleague.new_page()
    theirs.goto("/sign-in")
    theirs.locator("#login").fill("liu.yang")
    theirs.locator("#password").fill(password)
    theirs.keyboard.press("Enter")
    expect(theirs.locator("#present")).to_be_focused()
    for name, text in {"present": password, "password": OWN_PASSWORD, "again": OWN_PASSWORD}.items():
        theirs.locator(f"#{name}").fill(text)
    theirs.keyboard.press("Enter")
    theirs.wait_for_url("**/inbox")

    page.goto("/admin/keywords/new?category=060101")
    page.locator("#new-word").fill("充电小屋")
    page.locator("#new-weight").fill("40")
    page.locator("#try-text").fill("小区门口的充电小屋夜里嗡嗡作响")
    page.locator("button[name=try]").click()
    expect(page.locator(".guess").nth(1)).to_contain_text("充电小屋")
    page.locator("[data-primary]").click()
    expect(page.locator(".note-done")).to_be_visible()

    days = tmp_path / "days.csv"
    days.write_text("date,kind,name\n2026-12-14,holiday,市运动会\n", encoding="utf-8")
    page.goto("/admin/calendar/upload")
    page.locator("#upload-file").set_input_files(days)
    page.locator("[data-primary]").click()
    expect(page.locator("[data-row='2026-12-14']")).to_contain_text("市运动会")
    page.locator("[data-primary]").click()
    expect(page.locator(".day.holiday[title*='市运动会']")).to_be_visible()

    page.goto("/admin/changes")
    told = page.locator("table.changes")
    for words in ("云川市大数据局", "刘洋", "充电小屋"):
        expect(told).to_contain_text(words)
    expect(told.locator("tr[data-row]").first).to_contain_text("测试admin")
    assert password not in page.content()
    colleague.close()
