"""What comes over the line: the first time little, afterwards next to nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.browser

FIRST, AFTER = 300_000, 30_000  # bytes as they travel


def weight(page: Page, address: str) -> int:
    """The bytes that opening an address takes over the line, heads of answers included."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    arrived: list[float] = []
    session.on("Network.loadingFinished", lambda said: arrived.append(said["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    session.detach()
    return int(sum(arrived))


@pytest.mark.parametrize("address", ["/citizen/new", "/citizen/follow"])
def test_a_citizens_page_is_light(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    assert 1_000 < weight(page, address) <= FIRST
    assert 1_000 < weight(page, address) <= AFTER


def test_the_desk_is_light(sign_in_as: Callable[[str, str], Page], chromium: Browser, live_server: str) -> None:
    known = sign_in_as("agent", "/citizen").context.storage_state()
    cold = chromium.new_context(
        base_url=live_server, storage_state=known
    )  # has loaded nothing yet, not even to sign in
    page = cold.new_page()
    assert 1_000 < weight(page, "/desk") <= FIRST
    assert 1_000 < weight(page, "/desk") <= AFTER
    cold.close()
