"""What schemas make of a text before anybody sees it."""

from __future__ import annotations

import pytest

from hotline.base.schemas import Schema, words


class Body(Schema):
    """A text."""

    text = words(100)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("张三\u3000李四", "张三 李四"),
        ("12\u00a0号", "12 号"),
        ("\u3000\u00a0三 号\u2003", "三 号"),
        ("第一行\r\n\t第二行", "第一行\n\t第二行"),
        ("王\ue863女士", "王\ue863女士"),
        ("王\U000f0001", "王\U000f0001"),
        ("𠮷田葛\U000e0100", "𠮷田葛\U000e0100"),
        ("零\u200b宽\u202e度\ufeff", "零宽度"),
        ("断\x00开\x1b[31m\x7f\x85", "断开[31m"),
        ("半\ud83d个", "半个"),
    ],
)
def test_text_is_cleaned_and_not_altered(given: str, kept: str) -> None:
    assert Body().read({"text": given}) == {"text": kept}
