"""Personal data is masked unless somebody with a reason asks for it."""

from __future__ import annotations

from urllib.parse import urlsplit

PHONE_TAIL = 4  # with these last digits citizens follow their order, so that nobody else is to see them
PHONE_HEAD = 3


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
