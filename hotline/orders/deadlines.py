"""What a deadline says to a reader: the time left or over, counted as the limit counts it, and how it came to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from hotline.base.i18n import gettext, label, mark, name_members
from hotline.orders.models import Deadline
from hotline.policy import queries as policies
from hotline.policy.calendar import Calendar, TimeUnit, add_working, working_between


class Light(StrEnum):
    """The state of a deadline, shown by colour, icon and word together."""

    OPEN = "open"
    SOON = "soon"
    OVERDUE = "overdue"
    DONE = "done"
    LATE = "late"
    DROPPED = "dropped"


name_members(
    {
        Light.OPEN: mark("Not due"),
        Light.SOON: mark("Due soon"),
        Light.OVERDUE: mark("Overdue"),
        Light.DONE: mark("In time"),
        Light.LATE: mark("Late"),
        Light.DROPPED: mark("No longer needed"),
    }
)

COUNTS_WORKING = frozenset({TimeUnit.WORKING_DAYS, TimeUnit.WORKING_HOURS})


@dataclass(frozen=True, slots=True)
class Countdown:
    """How a deadline stands at an instant.

    left: time to the due time, negative when over: working time where the limit counts working time.
    day: how long a "day" of ``left`` is (a working day's hours, or 24).
    """

    light: Light
    left: timedelta
    day: timedelta

    @property
    def words(self) -> str:
        """The time left or over in words, e.g. "1 day 3 hours left"."""
        if self.light is Light.OVERDUE and not self.left:
            return gettext("just over")  # past the close, and no working time since
        amount = _spoken(abs(self.left), self.day)
        if self.light in {Light.OPEN, Light.SOON}:
            return gettext("%(amount)s left", amount=amount)
        if self.light is Light.OVERDUE:
            return gettext("%(amount)s over", amount=amount)
        return label(self.light)


def countdown(deadline: Deadline, now: datetime, calendar: Calendar) -> Countdown:
    """How a deadline stands now (or stood when it ended). Amber within one day of the due time."""
    at = deadline.ended_at or now
    working = deadline.unit in COUNTS_WORKING
    day = calendar.day_length if working else timedelta(days=1)
    left = working_between(at, deadline.due_at, calendar) if working else deadline.due_at - at
    return Countdown(_light(deadline, at, left, day), left, day)


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


def explanation(deadline: Deadline) -> list[str]:
    """How the due time came to be, sentence by sentence."""
    calendar = policies.calendar(deadline.calendar_id)
    due = add_working(deadline.started_at, deadline.amount, deadline.unit, calendar)
    amount = f"{deadline.amount:g}"
    said = [
        gettext(
            "From %(start)s: %(amount)s %(unit)s, so due %(due)s.",
            start=city_time(deadline.started_at, calendar),
            amount=amount,
            unit=label(deadline.unit),
            due=city_time(deadline.due_at, calendar),
        ),
        gettext("Rule: %(basis)s", basis=deadline.basis),
    ]
    if due.skipped:
        said.append(gettext("Not counted: %(days)s.", days=_named(due.skipped)))
    if due.made_up:
        said.append(gettext("Counted as working days: %(days)s.", days=_named(due.made_up)))
    if deadline.provisional:
        said.append(
            gettext(
                "Provisional: holidays are published only until %(day)s; the date may move.",
                day=calendar.published_until.isoformat(),
            )
        )
    return said


def city_time(instant: datetime, calendar: Calendar) -> str:
    """An instant in city time, to the minute."""
    return f"{instant.astimezone(calendar.zone):%Y-%m-%d %H:%M}"


def _named(days: tuple[tuple[date, str], ...]) -> str:
    return ", ".join(f"{day:%m-%d} {name or gettext('weekend')}" for day, name in days)
