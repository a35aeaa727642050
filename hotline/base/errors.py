"""What can go wrong for a caller, in words that name the field and the mend.

Operations raise these; the doors turn them into a form error, a problem document or an exit code.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


class HotlineError(Exception):
    """An operation refused. ``status`` is the HTTP status a door answers with."""

    status = 400

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(HotlineError):
    """Input that cannot be used; ``errors`` maps each field to what is wrong and how to mend it."""

    status = 422

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(texts)}" for field, texts in errors.items()))
        self.errors = errors

    @classmethod
    def field(cls, name: str, message: str) -> Invalid:
        """One field is wrong."""
        return cls({name: [message]})


class NotAllowed(HotlineError):
    """This actor may not do this."""

    status = 403


class NotFound(HotlineError):
    """There is no such thing, or not for this actor."""

    status = 404


class Conflict(HotlineError):
    """It could be done, but not in the state things are in now."""

    status = 409


class Stale(Conflict):
    """Somebody changed the record since the caller read it; ``version`` is the present one."""

    def __init__(self, message: str, version: int) -> None:
        super().__init__(message)
        self.version = version


def both(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """What two readings give; raise Invalid with all that is wrong in either, so that nobody mends one to hear of the next."""
    try:
        one = first()
    except Invalid as wrong:
        raise Invalid({**wrong.errors, **_errors_of(second)}) from wrong
    return one, second()


def _errors_of(reading: Callable[[], object]) -> dict[str, list[str]]:
    try:
        reading()
    except Invalid as wrong:
        return wrong.errors
    return {}
