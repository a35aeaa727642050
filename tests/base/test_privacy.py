"""What staff see of a citizen's number."""

from __future__ import annotations

import pytest

from hotline.base.privacy import PHONE_TAIL, mask_phone


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
