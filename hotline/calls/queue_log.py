"""Asterisk's ``queue_log``: lines of ``epoch|callid|queue|agent|event|data…`` become calls. Pure.

Each line that tells of a call is a small report of its own, and ``records.merged`` puts them together: so a
call may begin in one file and end in the next, and lines may stand in any order. Every closing line also says
how long the call waited and talked, so that a call whose beginning is missing is still whole but for its number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter

from hotline.calls.records import CallOutcome, CallRecord, Parsed, Problem, merge_all

EPOCH = re.compile(r"[0-9]{9,10}(\.[0-9]{1,9})?")  # seconds, from 1973 to 2286
SECONDS = re.compile(r"[0-9]{1,7}")
FIELDS = 5
NOBODY = "NONE"
LONGEST_ID = 100
RECKONED = frozenset({"queued_at"})

IGNORED = frozenset(
    {
        "ADDMEMBER",
        "AGENTCALLBACKLOGIN",
        "AGENTCALLBACKLOGOFF",
        "AGENTDUMP",
        "AGENTLOGIN",
        "AGENTLOGOFF",
        "CONFIGRELOAD",
        "DID",
        "HOLD",
        "INFO",
        "MEMBERADDED",
        "MEMBERREMOVED",
        "PAUSE",
        "PAUSEALL",
        "PENALTY",
        "QUEUESTART",
        "REMOVEMEMBER",
        "RINGCANCELED",
        "RINGNOANSWER",
        "SYSCOMPAT",
        "UNHOLD",
        "UNPAUSE",
        "UNPAUSEALL",
    }
)


class _NotUsable(ValueError):
    """A line that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class _Line:
    at: datetime
    call_id: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...]

    def length(self, place: int) -> timedelta:
        """A number of seconds in the data, counted from the end where ``place`` is negative."""
        try:
            text = self.data[place]
        except IndexError:
            text = ""
        if not SECONDS.fullmatch(text):
            raise _NotUsable(f"{self.event} lacks its number of seconds")
        return timedelta(seconds=int(text))


def parse(lines: Iterable[str]) -> Parsed:
    """Read the lines of one or several logs, the files in any order. Never raises for what a line says."""
    reports: list[tuple[datetime, CallRecord]] = []
    problems: list[Problem] = []
    for number, text in enumerate(lines, start=1):
        try:
            line = _read(text)
            if line is not None:
                reports.append((line.at, READERS[line.event](line)))
        except _NotUsable as reason:
            problems.append(Problem(number, str(reason)))
    reports.sort(key=itemgetter(0))
    return Parsed(merge_all(record for _, record in reports), problems)


def _read(text: str) -> _Line | None:
    """The line taken apart; None for one that tells of no call."""
    text = text.strip().lstrip("\ufeff")
    if not text:
        return None
    parts = [_clean(part) for part in text.split("|")]
    if len(parts) < FIELDS:
        raise _NotUsable("has fewer than the five fields time|call|queue|agent|event")
    epoch, call_id, queue, agent, event = parts[:FIELDS]
    if event in IGNORED:
        return None
    if event not in READERS:
        raise _NotUsable(f"event {event[:40]!r} is not known")
    if not EPOCH.fullmatch(epoch):
        raise _NotUsable(f"{epoch[:40]!r} is not a time in seconds since 1970")
    if not call_id or call_id == NOBODY or len(call_id) > LONGEST_ID:
        raise _NotUsable("has no usable call id")
    at = datetime.fromtimestamp(float(epoch), UTC)
    who = "" if agent == NOBODY else agent[:60]
    return _Line(at, call_id, queue[:60], who, event, _data(parts[FIELDS:]))


def _data(parts: list[str]) -> tuple[str, ...]:
    """The data without the empty fields some writers put at the end."""
    while parts and not parts[-1]:
        parts = parts[:-1]
    return tuple(parts)


def _clean(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip()


def _entered(line: _Line) -> CallRecord:
    caller = line.data[1] if len(line.data) > 1 else ""
    phone = "" if caller.lower() in {"unknown", "anonymous"} else caller[:30]
    return CallRecord(line.call_id, line.queue, CallOutcome.QUEUED, line.at, phone=phone)


def _connected(line: _Line) -> CallRecord:
    queued = line.at - line.length(0)
    return CallRecord(
        line.call_id, line.queue, CallOutcome.TALKING, queued, line.at, agent=line.agent, reckoned=RECKONED
    )


def _completed(line: _Line) -> CallRecord:
    """The end of a talk, by a hang-up or a transfer: its last three data are holdtime, calltime, origpos."""
    answered = line.at - line.length(-2)
    return CallRecord(
        line.call_id,
        line.queue,
        CallOutcome.ANSWERED,
        answered - line.length(-3),
        answered,
        line.at,
        agent=line.agent,
        reckoned=RECKONED | {"answered_at"},
    )


def _left(outcome: CallOutcome) -> Callable[[_Line], CallRecord]:
    """A reader of an end without an answer: its last datum is the waittime."""

    def read(line: _Line) -> CallRecord:
        queued = line.at - line.length(-1)
        return CallRecord(line.call_id, line.queue, outcome, queued, ended_at=line.at, reckoned=RECKONED)

    return read


READERS: dict[str, Callable[[_Line], CallRecord]] = {
    "ENTERQUEUE": _entered,
    "CONNECT": _connected,
    "COMPLETEAGENT": _completed,
    "COMPLETECALLER": _completed,
    "TRANSFER": _completed,
    "BLINDTRANSFER": _completed,
    "ATTENDEDTRANSFER": _completed,
    "ABANDON": _left(CallOutcome.ABANDONED),
    "EXITWITHKEY": _left(CallOutcome.ABANDONED),  # the caller chose to leave the queue
    "EXITWITHTIMEOUT": _left(CallOutcome.TIMEOUT),
    "EXITEMPTY": _left(CallOutcome.TIMEOUT),  # nobody was there to answer
}
