"""Personal data is masked unless somebody with a reason asks for it."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

PHONE_TAIL = 4  # with these last digits citizens follow their order, so that nobody else is to see them
PHONE_HEAD = 3
BETWEEN_DIGITS = re.compile(r"[\s.·()_/\-‐‑‒–—―]+")  # how people part a number they write down
LONG = re.compile(r"\d{7,}", re.ASCII)
ORDER_NUMBER = re.compile(r"20\d{12}", re.ASCII)


def closed_up(text: str) -> str:
    """A text with its digits as they are dialled: none of full width, and nothing between them."""
    return BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))


def holds_phone(text: str) -> bool:
    """Whether a text may hold a telephone number, however it is written: then it stands in no address and no log of them.

    The number of an order is none.
    """
    return any(not ORDER_NUMBER.fullmatch(digits) for digits in LONG.findall(closed_up(text)))


def mask_phone(phone: str) -> str:
    """A telephone number of which only the beginning is shown: 138********; never any of its last four digits."""
    shown = phone[: max(0, min(PHONE_HEAD, len(phone) - PHONE_TAIL))]
    return shown + "*" * (len(phone) - len(shown))


def mask_name(name: str) -> str:
    """A name with only its first character shown."""
    return name[:1] + "*" * (len(name) - 1) if name else ""


def mask_mail(address: str) -> str:
    """A mail address of which the domain and the first character are shown."""
    name, at, domain = address.rpartition("@")
    return mask_name(name) + at + domain


def mask_url(url: str) -> str:
    """An address without its path and query, which may hold a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}{'/…' if parts.path.strip('/') or parts.query else ''}"
