"""What is sent, and to whom. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes with a message, drawn where a way carries it. media_type: such as application/pdf."""

    name: str
    media_type: str
    content: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Message:
    """One message: ``subject`` and ``text`` for people, ``facts`` for programs; a document, where a way carries one."""

    subject: str
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """An address, a mail address or a telephone number; ``secret`` signs what goes to a webhook."""

    address: str
    secret: str = ""
