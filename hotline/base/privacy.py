"""Personal data is masked unless somebody with a reason asks for it."""

from __future__ import annotations

SHORT = 8  # below this, seven visible digits would hide nothing


def mask_phone(phone: str) -> str:
    """A telephone number with its middle hidden: 138****1234; a short one keeps its last two digits."""
    if len(phone) < SHORT:
        return "*" * max(0, len(phone) - 2) + phone[-2:]
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"


def mask_name(name: str) -> str:
    """A name with only its first character shown."""
    return name[:1] + "*" * (len(name) - 1) if name else ""
