"""What is seen of a citizen's number, and of an address something goes to."""

from __future__ import annotations

import pytest

from hotline.base.privacy import PHONE_TAIL, mask_mail, mask_phone, mask_url


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138********"),
        ("+8613812345678", "+86***********"),
        ("6543210", "654****"),
        ("12345", "1****"),
        ("110", "***"),
        ("", ""),
    ],
)
def test_the_digits_a_citizen_follows_an_order_with_are_never_shown(phone: str, shown: str) -> None:
    assert mask_phone(phone) == shown
    assert set(mask_phone(phone)[-PHONE_TAIL:]) <= {"*"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.cn/hook?key=7", "https://example.cn/…"),
        ("https://example.cn:8443?key=7", "https://example.cn:8443/…"),
        ("https://example.cn/", "https://example.cn"),
        ("http://example.cn", "http://example.cn"),
    ],
)
def test_a_path_may_hold_a_key(url: str, shown: str) -> None:
    assert mask_url(url) == shown


def test_a_mail_address_is_told_by_its_domain() -> None:
    assert mask_mail("office@example.cn") == "o*****@example.cn"
