"""Our own CSV of calls, for telephone systems that are not Asterisk (the format: docs/imports.md). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hotline.calls.records import PICKED_UP, CallOutcome, CallRecord, Parsed, Problem, merge_all

REQUIRED = ("call_id", "queue", "queued_at", "outcome")
INSTANTS = ("queued_at", "answered_at", "ended_at")
COLUMNS = ("call_id", "queue", "phone", "agent", *INSTANTS, "outcome")
LONGEST = {"call_id": 100, "phone": 30}  # all others 60
GOING_ON = frozenset({CallOutcome.QUEUED, CallOutcome.TALKING})


class _NotUsable(ValueError):
    """A row that cannot be used; the message says why."""


def parse(rows: Iterable[Mapping[str, str]], zone: ZoneInfo) -> Parsed:
    """Read the rows; instants without an offset are in ``zone``. Rows are numbered from 2: the header is 1."""
    records: list[CallRecord] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=2):
        try:
            records.append(_record(row, zone))
        except _NotUsable as reason:
            problems.append(Problem(number, str(reason)))
    return Parsed(merge_all(records), problems)


def _record(row: Mapping[str, str], zone: ZoneInfo) -> CallRecord:
    texts = {name: _text(row, name) for name in COLUMNS}
    if missing := [name for name in REQUIRED if not texts[name]]:
        raise _NotUsable(f"{', '.join(missing)}: is required")
    instants = {name: _instant(name, texts[name], zone) for name in INSTANTS if texts[name]}
    record = CallRecord(
        call_id=texts["call_id"],
        queue=texts["queue"],
        outcome=_outcome(texts["outcome"]),
        queued_at=instants["queued_at"],
        answered_at=instants.get("answered_at"),
        ended_at=instants.get("ended_at"),
        phone=texts["phone"],
        agent=texts["agent"],
    )
    _check(record)
    return record


def _text(row: Mapping[str, str], name: str) -> str:
    text = "".join(char for char in row.get(name, "") if char.isprintable()).strip()
    if len(text) > (longest := LONGEST.get(name, 60)):
        raise _NotUsable(f"{name}: is longer than {longest} characters")
    return text


def _outcome(text: str) -> CallOutcome:
    try:
        return CallOutcome(text.lower())
    except ValueError:
        raise _NotUsable(f"outcome: choose one of: {', '.join(CallOutcome)}") from None


def _instant(name: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _NotUsable(f"{name}: {text[:40]!r} is not an ISO 8601 instant, e.g. 2026-03-02T09:15:04") from None


def _check(record: CallRecord) -> None:
    """What an outcome needs and what it cannot have, and the order of the instants."""
    if (record.answered_at is not None) != (record.outcome in PICKED_UP):
        raise _NotUsable(f"answered_at: a call that is {record.outcome} {_must(needed=record.outcome in PICKED_UP)}")
    if (record.ended_at is None) != (record.outcome in GOING_ON):
        raise _NotUsable(f"ended_at: a call that is {record.outcome} {_must(needed=record.outcome not in GOING_ON)}")
    instants = [at for at in (record.queued_at, record.answered_at, record.ended_at) if at is not None]
    if instants != sorted(instants):
        raise _NotUsable("queued_at, answered_at, ended_at: are not in this order of time")


def _must(*, needed: bool) -> str:
    return "must have one" if needed else "cannot have one"
