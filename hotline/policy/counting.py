"""When an amount of time has passed by a calendar, and how much working time lies between two instants. Pure.

How days are counted, with the source of each default (a city may set others, see ``Counting``):

- The day something starts on is not counted (民法典 §201).
- N working days end at the close of the last working span of the N-th working day after the first.
- N natural days end at 24:00 of the N-th day after; where that day is not a working day, at the close of
  the next working day (民法典 §203).
- Working hours count the time inside the working spans; natural hours run straight through.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from hotline.base.i18n import mark, name_members
from hotline.base.time import DAY
from hotline.policy.calendar import MOMENT, Calendar

MOST_DAYS = 100_000  # an amount beyond this is a mistake, not a limit


class TimeUnit(StrEnum):
    """What a time limit counts."""

    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    NATURAL_DAYS = "natural_days"
    NATURAL_HOURS = "natural_hours"


WHOLE = frozenset({TimeUnit.WORKING_DAYS, TimeUnit.NATURAL_DAYS})
WORKING = frozenset({TimeUnit.WORKING_DAYS, TimeUnit.WORKING_HOURS})

name_members(
    {
        TimeUnit.WORKING_DAYS: mark("working days"),
        TimeUnit.WORKING_HOURS: mark("working hours"),
        TimeUnit.NATURAL_DAYS: mark("calendar days"),
        TimeUnit.NATURAL_HOURS: mark("hours"),
    }
)


@dataclass(frozen=True, slots=True)
class Counting:
    """How days are counted, where a city's rules differ from the defaults (their sources: top of this file).

    start_day_counts: the day something starts on is the first day, if it counts at all: where the last working
    day ends when work does, a day whose work is over does not.
    closes_with_work: the last working day ends when work does; else at 24:00.
    rolls: natural days that end on a day off go on to the close of the next working day.
    """

    start_day_counts: bool = False
    closes_with_work: bool = True
    rolls: bool = True

    def asks_calendar(self, unit: TimeUnit) -> bool:
        """Whether it takes a calendar to count a unit: it does not where days off make no difference."""
        return unit in WORKING or (unit is TimeUnit.NATURAL_DAYS and self.rolls)


DEFAULT_COUNTING = Counting()


@dataclass(frozen=True, slots=True)
class Run:
    """Days one after another that are off, or made up, under one name (empty: a weekend)."""

    first: date
    last: date
    name: str


@dataclass(frozen=True, slots=True)
class Due:
    """When an amount of time has passed. How it was counted is worked out only where it is asked for."""

    start: datetime
    amount: float
    unit: TimeUnit
    at: datetime
    calendar: Calendar = field(repr=False, compare=False)
    counting: Counting = field(default=DEFAULT_COUNTING, repr=False, compare=False)

    @property
    def last_day(self) -> date:
        """The city day it ends on (24:00 is of the day that ends)."""
        return self.calendar.city_day(self.at - MOMENT)

    @property
    def provisional(self) -> bool:
        """Whether the count went past the last day the calendar is published for."""
        return self.counting.asks_calendar(self.unit) and self.last_day > self.calendar.published_until

    @property
    def skipped(self) -> tuple[Run, ...]:
        """Days off that put the end off: those working time passed over, or those natural days ended on."""
        match self.unit:
            case TimeUnit.WORKING_DAYS | TimeUnit.WORKING_HOURS:
                return off_days(self.calendar.city_day(self.start), self.last_day, self.calendar)
            case TimeUnit.NATURAL_DAYS:
                plain = _natural_days(self.start, int(self.amount), self.calendar, self.counting)
                return rolled_over(plain, self.at, self.calendar)
            case TimeUnit.NATURAL_HOURS:
                return ()

    @property
    def made_up(self) -> tuple[Run, ...]:
        """Make-up working days that counted: those of working time, or the one natural days end on."""
        match self.unit:
            case TimeUnit.WORKING_DAYS:
                first = _first_day(self.start, self.unit, self.calendar, self.counting)
            case TimeUnit.WORKING_HOURS:
                first = self.calendar.city_day(self.calendar.next_opening(self.start))
            case TimeUnit.NATURAL_DAYS if self.counting.rolls:
                first = self.last_day
            case _:
                return ()
        names = self.calendar.workdays
        return _runs((day, names[day]) for day in _days(first, self.last_day) if day in names)


def off_days(first: date, last: date, calendar: Calendar) -> tuple[Run, ...]:
    """Days off from one day to another, with the names of holidays."""
    days = (day for day in _days(first, last) if not calendar.is_working_day(day))
    return _runs((day, calendar.holidays.get(day, "")) for day in days)


def rolled_over(plain: datetime, at: datetime, calendar: Calendar) -> tuple[Run, ...]:
    """Days off that moved an end of natural days from ``plain`` on to ``at``."""
    if plain == at:
        return ()
    return off_days(calendar.city_day(plain - MOMENT), calendar.city_day(at - MOMENT), calendar)


def joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    """The same days in order, each once."""
    return _runs(sorted({day: run.name for run in runs for day in _days(run.first, run.last)}.items()))


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _runs(named: Iterable[tuple[date, str]]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for day, name in named:
        if runs and runs[-1].name == name and runs[-1].last + DAY == day:
            runs[-1] = Run(runs[-1].first, day, name)
        else:
            runs.append(Run(day, day, name))
    return tuple(runs)


def add_working(
    start: datetime, amount: float, unit: TimeUnit, calendar: Calendar, counting: Counting = DEFAULT_COUNTING
) -> Due:
    """When ``amount`` of ``unit`` after ``start`` has passed.

    Raises ValueError for a negative amount, a fraction of days, and an amount out of all reason.
    """
    if amount < 0 or (unit in WHOLE and amount != int(amount)):
        raise ValueError(f"amount: {amount:g} {unit} cannot be counted; give a whole number of days, not negative")
    if amount > MOST_DAYS * (1 if unit in WHOLE else 24):
        raise ValueError(f"amount: {amount:g} {unit} is beyond any limit; give at most {MOST_DAYS} days")
    match unit:
        case TimeUnit.NATURAL_HOURS:
            at = start.astimezone(UTC) + timedelta(hours=amount)
        case TimeUnit.NATURAL_DAYS:
            at = settled(_natural_days(start, int(amount), calendar, counting), calendar, counting)
        case TimeUnit.WORKING_DAYS:
            at = _working_days(start, int(amount), calendar, counting)
        case TimeUnit.WORKING_HOURS:
            at = add_worked(start, timedelta(hours=amount), calendar)
    return Due(start, amount, unit, at, calendar, counting)


def add_worked(start: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    """The instant at which an amount of working time after ``start`` has been worked; of none, the next opening."""
    if not amount:
        return calendar.next_opening(start)
    return calendar.reached(calendar.elapsed(start) + amount)


def subtract_worked(end: datetime, amount: timedelta, calendar: Calendar) -> datetime:
    """The last instant from which an amount of working time was left until ``end``."""
    return calendar.resumed(calendar.elapsed(end) - amount)


def working_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Working time from ``start`` to ``end``; negative where ``end`` comes first."""
    return calendar.elapsed(end) - calendar.elapsed(start)


def settled(at: datetime, calendar: Calendar, counting: Counting) -> datetime:
    """Where a count of natural days that ends at ``at`` ends: on a day off, at the close of the next working day."""
    last = calendar.city_day(at - MOMENT)
    if not counting.rolls or calendar.is_working_day(last):
        return at
    return calendar.close_of(calendar.nth(calendar.rank(last)))


def _first_day(start: datetime, unit: TimeUnit, calendar: Calendar, counting: Counting) -> date:
    day = calendar.city_day(start)
    if not counting.start_day_counts:
        return day + DAY
    over = unit is TimeUnit.WORKING_DAYS and counting.closes_with_work and start >= calendar.close_of(day)
    return day + DAY if over else day


def _natural_days(start: datetime, amount: int, calendar: Calendar, counting: Counting) -> datetime:
    first = _first_day(start, TimeUnit.NATURAL_DAYS, calendar, counting)
    return max(start.astimezone(UTC), calendar.instant(first + timedelta(days=amount)))


def _working_days(start: datetime, amount: int, calendar: Calendar, counting: Counting) -> datetime:
    if not amount:
        return calendar.next_opening(start)
    first = _first_day(start, TimeUnit.WORKING_DAYS, calendar, counting)
    last = calendar.nth(calendar.rank(first) + amount - 1)
    return calendar.close_of(last) if counting.closes_with_work else calendar.instant(last + DAY)
