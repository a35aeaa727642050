"""A call as a telephone system reports it, and how two reports of one call become one. Pure.

Reports come late, twice, in any order, and each may know only a part (a log that was rotated in the middle of
a call knows its end but not its beginning). ``merged`` never loses what is known.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hotline.base.i18n import mark, name_members


class CallOutcome(StrEnum):
    """How a call in the queue ended. QUEUED and TALKING are of calls still going on."""

    QUEUED = "queued"
    TALKING = "talking"
    ANSWERED = "answered"
    ABANDONED = "abandoned"
    TIMEOUT = "timeout"


name_members(
    {
        CallOutcome.QUEUED: mark("Waiting"),
        CallOutcome.TALKING: mark("Talking"),
        CallOutcome.ANSWERED: mark("Answered"),
        CallOutcome.ABANDONED: mark("Caller hung up"),
        CallOutcome.TIMEOUT: mark("Waited out"),
    }
)

PICKED_UP = frozenset({CallOutcome.TALKING, CallOutcome.ANSWERED})
# A call that leaves one queue unanswered and is answered in the next was answered; nothing makes it wait again.
_STANDING = {
    CallOutcome.QUEUED: 0,
    CallOutcome.ABANDONED: 1,
    CallOutcome.TIMEOUT: 1,
    CallOutcome.TALKING: 2,
    CallOutcome.ANSWERED: 3,
}


_NOT_DIALLED = re.compile(r"[\s()-]")
_NUMBER = re.compile(r"\+?[0-9]{3,29}")


def caller_number(told: str) -> str:
    """A caller's number as it can be dialled; nothing where it is withheld or no number."""
    plain = _NOT_DIALLED.sub("", told)
    return plain if _NUMBER.fullmatch(plain) else ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A line or row that could not be used: its number in the file (from 1) and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What a report says of one call.

    reckoned: names of the instants that were not reported but worked out from a length in whole seconds;
    a reported instant replaces them.
    """

    call_id: str
    queue: str
    outcome: CallOutcome
    queued_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    phone: str = ""
    agent: str = ""
    reckoned: frozenset[str] = frozenset()

    @property
    def wait(self) -> float:
        """Seconds in the queue until the answer or the end; 0 while it is not known."""
        until = self.answered_at or self.ended_at or self.queued_at
        return max(0.0, (until - self.queued_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file says: one record for each call, and the lines that could not be used."""

    records: list[CallRecord]
    problems: list[Problem]


def merged(known: CallRecord, new: CallRecord) -> CallRecord:
    """One record of a call from two: the further one is believed, then the later one, then the new one."""
    first, last = sorted((known, new), key=_progress)
    queued_at, queued_reckoned = _earlier(known, new, "queued_at")
    answered_at, answered_reckoned = _earlier(known, new, "answered_at")
    reckoned = {"queued_at"} if queued_reckoned else set()
    return CallRecord(
        call_id=known.call_id,
        queue=last.queue or first.queue,
        outcome=last.outcome,
        queued_at=queued_at or known.queued_at,
        answered_at=answered_at if last.outcome in PICKED_UP else None,
        ended_at=last.ended_at,
        phone=last.phone or first.phone,
        agent=last.agent or first.agent,
        reckoned=frozenset(reckoned | ({"answered_at"} if answered_reckoned else set())),
    )


def merge_all(records: Iterable[CallRecord]) -> list[CallRecord]:
    """One record for each call, in the order in which they first appear."""
    calls: dict[str, CallRecord] = {}
    for record in records:
        known = calls.get(record.call_id)
        calls[record.call_id] = merged(known, record) if known else record
    return list(calls.values())


def _progress(record: CallRecord) -> tuple[int, datetime]:
    return _STANDING[record.outcome], record.ended_at or record.answered_at or record.queued_at


def _earlier(known: CallRecord, new: CallRecord, name: str) -> tuple[datetime | None, bool]:
    """An instant of two records, and whether it is reckoned: a reported one first, then the earlier one."""
    found = [
        (name in record.reckoned, instant) for record in (known, new) if (instant := getattr(record, name)) is not None
    ]
    reckoned, instant = min(found, default=(False, None))
    return instant, reckoned
