"""What a deadline says to a reader: the time left or over, counted as the limit counts it, and how it came to be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from hotline.base.i18n import LANGUAGES, dated, gettext, label, mark, name_members, speaking
from hotline.orders.clocks import WORK_CLOCKS, reckoning, standing
from hotline.orders.models import Deadline, Order
from hotline.orders.recompute import Move, moves
from hotline.policy import queries as policies
from hotline.policy.calendar import MOMENT, Calendar
from hotline.policy.clock import Reckoning
from hotline.policy.counting import WORKING, working_between
from hotline.policy.document import Policy
from hotline.policy.plain import plain_time, plainly
from hotline.policy.words import evidence_words


def going_by(order: Order) -> list[Deadline]:
    """The clocks an order goes by: its own and, while it is merged, the one that runs for its master's work."""
    master = order.followed
    if master is order:
        return order.deadlines
    return [*order.deadlines, *(one for one in master.deadlines if one.clock in WORK_CLOCKS and one.ended_at is None)]


class Light(StrEnum):
    """The state of a deadline, shown by colour, icon and word together."""

    OPEN = "open"
    SOON = "soon"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"
    PAUSED = "paused"
    DROPPED = "dropped"


name_members(
    {
        Light.OPEN: mark("Not due"),
        Light.SOON: mark("Due soon"),
        Light.OVERDUE: mark("Overdue"),
        Light.DONE: mark("In time"),
        Light.LATE: mark("Late"),
        Light.PAUSED: mark("Paused"),
        Light.DROPPED: mark("No longer needed"),
    }
)


@dataclass(frozen=True, slots=True)
class Countdown:
    """How a deadline stands at an instant.

    left: time to the due time, negative when over: working time where the limit counts working time.
    day: how long a "day" of ``left`` is (a working day's hours, or 24). paused_until: the last day it stands still.
    due: when it is or was due, in the city's time. past: how long ago that was by the clock on the wall.
    """

    light: Light
    left: timedelta
    day: timedelta
    due: datetime
    past: timedelta
    paused_until: date | None = None

    @property
    def words(self) -> str:
        """The time left or over in words, e.g. "1 day 3 hours left"."""
        if self.light is Light.OVERDUE and not self.left:
            return self._over_since  # past the close, and no working time since
        if self.paused_until:
            return gettext("paused until %(when)s", when=dated(self.paused_until, "M月d日", "d MMM"))
        amount = _spoken(abs(self.left), self.day)
        if self.light in {Light.OPEN, Light.SOON}:
            return gettext("%(amount)s left", amount=amount)
        if self.light is Light.OVERDUE:
            return gettext("%(amount)s over", amount=amount)
        return label(self.light)

    @property
    def _over_since(self) -> str:
        if self.past <= timedelta(hours=1):
            return gettext("just over")
        return gettext("over since %(when)s", when=dated(self.due, "M月d日 HH:mm", "d MMM HH:mm"))


def countdown(deadline: Deadline, now: datetime, calendar: Calendar) -> Countdown:
    """How a deadline stands now (or stood when it ended). Amber within one day of the due time."""
    at = deadline.ended_at or now
    working = deadline.unit in WORKING
    day = calendar.day_length(calendar.city_day(at)) if working else timedelta(days=1)
    left = working_between(at, deadline.due_at, calendar) if working else deadline.due_at - at
    stand = Countdown(
        _light(deadline, at, left, day), left, day, deadline.due_at.astimezone(calendar.zone), at - deadline.due_at
    )
    if deadline.ended_at is None and (pause := standing(deadline, now)):
        return replace(stand, light=Light.PAUSED, paused_until=calendar.city_day(pause.end - MOMENT))
    return stand


def _light(deadline: Deadline, at: datetime, left: timedelta, day: timedelta) -> Light:
    if deadline.outcome == "dropped":
        return Light.DROPPED
    if deadline.outcome == "met":
        return Light.LATE if at > deadline.due_at else Light.DONE
    if at > deadline.due_at:
        return Light.OVERDUE
    return Light.SOON if left <= day else Light.OPEN


def _spoken(amount: timedelta, day: timedelta) -> str:
    days, rest = divmod(amount, day)
    hours, rest = divmod(rest, timedelta(hours=1))
    minutes = rest // timedelta(minutes=1)
    parts = []
    if days:
        parts.append(gettext("%(n)s d", n=days))
    if hours:
        parts.append(gettext("%(n)s h", n=hours))
    if not days and (minutes or not hours):
        parts.append(gettext("%(n)s min", n=minutes))
    return " ".join(parts)


def is_provisional(instant: datetime) -> bool:
    """Whether a due time that no clock runs against lies past what the calendar in force is published for."""
    calendar = policies.calendar_now()
    return calendar.city_day(instant - MOMENT) > calendar.published_until


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a due time came to be, sentence by sentence: what was counted, moves of the calendar, the result, the rule."""

    counted: tuple[str, ...]
    moved: tuple[str, ...]
    due: str
    rule: str

    @property
    def sentences(self) -> list[str]:
        """All of it, in this order."""
        return [*self.counted, *self.moved, self.due, self.rule]


def receipt(deadline: Deadline) -> Receipt:
    """How the due time came to be."""
    return _receipt(deadline, moves(deadline))


def plain_explanation(deadline: Deadline) -> list[str]:
    """How the due time came to be, for the citizen: without the names of policies and rules."""
    reckoned = _reckoned(deadline)
    moved = moves(deadline)
    if not moved:
        return plainly(reckoned)
    before = plain_time(moved[0].before, reckoned.calendar)
    return [
        *plainly(reckoned),
        gettext("Days off were announced anew since; before that it was %(before)s.", before=before),
    ]


def explanations(deadline: Deadline) -> dict[str, list[str]]:
    """The explanation in every language."""
    moved = moves(deadline)
    said = {}
    for code in LANGUAGES:
        with speaking(code):
            said[code] = _receipt(deadline, moved).sentences
    return said


def _receipt(deadline: Deadline, moved: Iterable[Move]) -> Receipt:
    *counted, due = _reckoned(deadline).explain()
    rule = _rule(deadline, policies.policy(deadline.order.policy_id))
    return Receipt(tuple(counted), tuple(move.said for move in moved), due, rule)


def _reckoned(deadline: Deadline) -> Reckoning:
    policy = policies.policy(deadline.order.policy_id)
    return reckoning(deadline, policies.calendar(deadline.calendar_id), policy.counting)


def _rule(deadline: Deadline, policy: Policy) -> str:
    limit = policy.row(deadline.row)
    if limit is None:
        return gettext("Rule: %(basis)s", basis=deadline.basis)
    return gettext(
        "Rule: %(basis)s (%(policy)s, version %(version)s, row %(row)s; %(evidence)s)",
        basis=limit.source,
        policy=policy.label,
        version=deadline.order.policy_id,
        row=limit.key,
        evidence=evidence_words(limit.evidence),
    )
