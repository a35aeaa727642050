"""What is sent, and to whom. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One message: ``subject`` and ``text`` for people, ``facts`` for programs."""

    subject: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Target:
    """An address, a mail address or a telephone number; ``secret`` signs what goes to a webhook."""

    address: str
    secret: str = ""
