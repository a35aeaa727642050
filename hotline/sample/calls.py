"""The calls of the sample: those the orders came by, and all the others, answered or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from hotline.base.db import db
from hotline.base.time import DAY
from hotline.calls.models import Call, CallOutcome
from hotline.people.roles import Role
from hotline.sample.rhythm import arrivals, between

if TYPE_CHECKING:
    from random import Random

    from hotline.sample.cast import Cast
    from hotline.sample.town import Town

SOURCE = "sample"
QUEUE = "12345"
PER_ORDER = 1.9
KNOWN_CALLER = 0.3  # how often a call without an order is of somebody who has one
STORM_DAYS_AGO = 8
STORM_SHARE = 0.05  # of all calls
STORM_WAIT = 8.0  # times as long
TALKING, QUEUED = 4, 3  # at least so many at the end
SECOND = timedelta(seconds=1)
# Of calls without an order: hung up at once, hung up, waited out, answered.
OUTCOMES = ("short", "abandoned", "timeout", "answered")
USUAL, STORMY = (2.0, 1.1, 0.4, 96.5), (4.0, 26.0, 12.0, 58.0)


@dataclass(frozen=True, slots=True)
class Taken:
    """An order that came by phone: whose, who took it, when."""

    order_id: int
    phone: str
    agent: str
    at: datetime


def write_calls(
    taken: list[Taken], town: Town, cast: Cast, rng: Random, *, now: datetime, weeks: int, orders: int
) -> None:
    """Write all calls, oldest first."""
    switchboard = _Switchboard(town, cast, rng, now)
    rows = [switchboard.with_order(call) for call in taken]
    more = max(0, round(PER_ORDER * orders) - len(rows) - TALKING - QUEUED)
    stormy = min(more, round(STORM_SHARE * PER_ORDER * orders)) if weeks * 7 > STORM_DAYS_AGO else 0
    start = now - timedelta(weeks=weeks)
    instants = arrivals(more - stormy, start, now, town.calendar, rng)
    instants += [between(*switchboard.storm, rng) for _ in range(stormy)]
    rows += [switchboard.other(at) for at in instants]
    rows += switchboard.going_on()
    rows.sort(key=lambda row: row["queued_at"])
    for number, row in enumerate(rows, start=1):
        row["call_id"] = f"sample-{number:06d}"
    if rows:
        db.session.execute(insert(Call), rows)


class _Switchboard:
    """Makes the rows of calls. storm: the evening when too many call."""

    def __init__(self, town: Town, cast: Cast, rng: Random, now: datetime) -> None:
        self.town, self.cast, self.rng, self.now = town, cast, rng, now
        day, zone = town.calendar.city_day(now) - STORM_DAYS_AGO * DAY, town.calendar.zone
        begins, ends = (datetime.combine(day, at, zone).astimezone(now.tzinfo) for at in (time(18, 40), time(21, 20)))
        self.storm = (begins, ends)

    def with_order(self, taken: Taken) -> dict[str, Any]:
        """Make the call an order was written down in."""
        answered = taken.at - self.rng.uniform(60, 260) * SECOND
        wait = self._wait(answered)
        ended = taken.at + self.rng.uniform(15, 120) * SECOND
        row = self._row(answered - wait * SECOND, taken.phone, CallOutcome.ANSWERED, wait, ended)
        return {**row, "agent": taken.agent, "order_id": taken.order_id}

    def other(self, at: datetime) -> dict[str, Any]:
        """Make a call without an order."""
        phone = self._phone()
        kind = self.rng.choices(OUTCOMES, STORMY if self._stormy(at) else USUAL)[0]
        if kind == "answered":
            wait = self._wait(at)
            talk = min(self.rng.lognormvariate(5.0, 0.6), 1500)
            row = self._row(at, phone, CallOutcome.ANSWERED, wait, at + (wait + talk) * SECOND)
            return {**row, "agent": self._agent()}
        low, high = {"short": (0.5, 4.8), "abandoned": (8, 95), "timeout": (120, 185)}[kind]
        wait = round(self.rng.uniform(low, high), 1)
        outcome = CallOutcome.TIMEOUT if kind == "timeout" else CallOutcome.ABANDONED
        return self._row(at, phone, outcome, wait, at + wait * SECOND)

    def going_on(self) -> list[dict[str, Any]]:
        """Make calls that have not ended now."""
        rows = []
        for _ in range(TALKING):
            wait, talked = self._wait(self.now), self.rng.uniform(20, 300)
            row = self._row(self.now - (wait + talked) * SECOND, self._phone(), CallOutcome.TALKING, wait, None)
            rows.append({**row, "agent": self._agent()})
        for _ in range(QUEUED):
            wait = round(self.rng.uniform(2, 35), 1)
            rows.append(self._row(self.now - wait * SECOND, self._phone(), CallOutcome.QUEUED, wait, None))
        return rows

    def _row(
        self, queued: datetime, phone: str, outcome: CallOutcome, wait: float, ended: datetime | None
    ) -> dict[str, Any]:
        if ended is not None and ended > self.now:
            ended, outcome = None, CallOutcome.TALKING
        spoken = outcome in {CallOutcome.ANSWERED, CallOutcome.TALKING}
        return {
            "source": SOURCE,
            "queue": QUEUE,
            "phone": phone,
            "agent": "",
            "outcome": outcome,
            "queued_at": queued,
            "answered_at": queued + wait * SECOND if spoken else None,
            "ended_at": ended,
            "wait": wait,
            "order_id": None,
        }

    def _stormy(self, at: datetime) -> bool:
        return self.storm[0] <= at < self.storm[1]

    def _wait(self, at: datetime) -> float:
        wait = self.rng.lognormvariate(2.0, 0.8) * (STORM_WAIT if self._stormy(at) else 1.0)
        return round(min(wait, 179.0), 1)

    def _phone(self) -> str:
        if self.cast.citizens and self.rng.random() < KNOWN_CALLER:
            return self.rng.choice(self.cast.citizens).phone
        return self.cast.phone()

    def _agent(self) -> str:
        return self.cast.member(Role.AGENT, self.town.phrases, "agents").name
