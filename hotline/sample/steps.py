"""What every step of a sample order's way goes by: the instant it is at, who acts, how long things take."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hotline.orders.clocks import WORK_CLOCKS
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.counting import WORKING, TimeUnit, add_working, working_between
from hotline.policy.limits import Clock

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from hotline.orders.models import Deadline, Order
    from hotline.sample.cast import Cast
    from hotline.sample.drafts import Draft
    from hotline.sample.town import Town

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

VERY_LATE = 0.2  # of what is late
SOLVED = {"satisfied": 0.97, "basically": 0.85, "dissatisfied": 0.12}


class Steps:
    """An order on its way. Each step says whether the order goes on; where it does not, it waits for somebody now."""

    def __init__(self, order: Order, draft: Draft, town: Town, cast: Cast, *, rng: Random, now: datetime) -> None:
        self.order, self.draft, self.town, self.cast, self.rng, self.now = order, draft, town, cast, rng, now
        self.phrases = town.phrases
        self.at = draft.at
        assignment = town.assignment(draft.template, draft.spot)
        self.by_hand = False
        self.right = assignment or town.routing.catalogue.assign(draft.template.category, draft.spot.district, None)

    def _moment(self, part: tuple[float, float]) -> datetime:
        """Pick an instant of working time at some part of the way to the due time, or to now for what must be so now."""
        work = self._work_clock()
        end = work.due_at if work else self.now
        if self.draft.hold is not None:
            end = min(end, self.now)
        hours = working_between(self.at, max(end, self.at), self.town.calendar) / HOUR
        return self._working(self.rng.uniform(*part) * hours)

    def _day(self, start: datetime, days: int) -> date:
        """The day so many working days on."""
        return add_working(start, days, TimeUnit.WORKING_DAYS, self.town.calendar).last_day

    def _work_clock(self) -> Deadline | None:
        return next((row for clock in WORK_CLOCKS if (row := self._running(clock))), None)

    @property
    def _worse(self) -> bool:
        return self.order.lead_unit in self.phrases.all("units", "worse")

    def _handler(self) -> Actor:
        return self.cast.handler(self.order.lead_unit or "", self.phrases)

    def _caller(self) -> Actor:
        return self.cast.member(Role.CALLBACK, self.phrases, "callers")

    def _working(self, hours: float) -> datetime:
        """So many working hours on."""
        return add_working(self.at, hours, TimeUnit.WORKING_HOURS, self.town.calendar).at

    def _share(self, clock: Clock, low: float, high: float, *, late: float = 0.0) -> datetime:
        """Pick an instant when some part of a running clock's time has gone, or where it is late, more than all of it."""
        part = self.rng.uniform(low, high)
        if self.rng.random() < late:
            part = self.rng.uniform(2.0, 5.0) if self.rng.random() < VERY_LATE else self.rng.uniform(1.03, 1.35)
        deadline = self._running(clock)
        if deadline is None:
            return self._working(self.rng.uniform(1.0, 6.0))
        if deadline.unit not in WORKING:
            return deadline.started_at + part * (deadline.due_at - deadline.started_at)
        hours = working_between(deadline.started_at, deadline.due_at, self.town.calendar) / HOUR
        return add_working(deadline.started_at, part * hours, TimeUnit.WORKING_HOURS, self.town.calendar).at

    def _running(self, clock: Clock) -> Deadline | None:
        return next((row for row in self.order.deadlines if row.clock is clock and row.ended_at is None), None)

    def _reach(self, at: datetime) -> bool:
        """Go on to an instant, later than the last one; False where it has not come.

        An order that must be in a certain state now hurries, so that it is.
        """
        at = max(at, self.at + MINUTE)
        if at > self.now and self.draft.hold is not None:
            at = self.at + self.rng.uniform(0.1, 0.4) * (self.now - self.at)
        if at > self.now:
            return False
        self.at = at
        return True
