"""The working calendar: which days and hours count, and when an amount of time has passed. Pure.

How days are counted, with the source of each default (a city may set others, see ``Counting``):

- The day something starts on is not counted (民法典 §201).
- N working days end at the close of the last working span of the N-th working day after the first.
- N natural days end at 24:00 of the N-th day after; where that day is not a working day, at the close of
  the next working day (民法典 §203).
- Working hours count the time inside the working spans; natural hours run straight through.

A make-up working day (调休) is a weekend day the State Council has declared a working day. The calendar is
only known up to ``published_until``; what falls after it is computed by weekdays alone and is provisional.

All working time lies on one axis: ``elapsed`` says how much of it has passed at an instant, ``reached`` and
``resumed`` say which instant a point of the axis is. Adding, subtracting and comparing are sums on that axis.
Days are numbered the same way: ``rank`` counts the working days before a day, ``nth`` is its inverse.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from hotline.base.i18n import mark, name_members
from hotline.base.time import DAY

WEEKDAYS = 5
MOMENT = timedelta(microseconds=1)
MOST_DAYS = 100_000  # an amount beyond this is a mistake, not a limit
NOTHING = timedelta()

Span = tuple[timedelta, timedelta]  # from opening to closing, each as time since midnight; 24:00 is a day


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


@dataclass(frozen=True)
class Hours:
    """The working spans of a working day, from a day on until the next ``Hours`` take over (夏令、冬令作息)."""

    since: date
    spans: tuple[Span, ...]

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if not edges or edges != sorted(set(edges)) or edges[0] < NOTHING or edges[-1] > DAY:
            raise ValueError(
                "working hours: give at least one span, in order, each ending after it starts and before the next, "
                "between 00:00 and 24:00"
            )

    @cached_property
    def length(self) -> timedelta:
        """Working time of one day."""
        return sum((closes - opens for opens, closes in self.spans), NOTHING)

    def until(self, of_day: timedelta) -> timedelta:
        """Working time of a day that has passed at a time of day."""
        passed = NOTHING
        for opens, closes in self.spans:
            if of_day <= opens:
                break
            passed += min(of_day, closes) - opens
        return passed

    def reached(self, amount: timedelta) -> timedelta:
        """The time of day at which so much (more than none) has been worked: the close where a span ends on it."""
        for opens, closes in self.spans:
            if amount <= closes - opens:
                return opens + amount
            amount -= closes - opens
        raise ValueError("more than a day's work")

    def resumed(self, amount: timedelta) -> timedelta:
        """The last time of day at which so much (less than a day's) has been worked: the opening after a break."""
        for opens, closes in self.spans:
            if amount < closes - opens:
                return opens + amount
            amount -= closes - opens
        raise ValueError("a whole day's work")


def read_spans(written: Iterable[Iterable[str]]) -> tuple[Span, ...]:
    """Working spans from pairs such as ("09:00", "12:00"); raise ValueError for what is no time of day."""
    return tuple((_of_day(opens), _of_day(closes)) for opens, closes in written)


def _of_day(written: str) -> timedelta:
    if written == "24:00":
        return DAY
    at = time.fromisoformat(written)
    return timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)


@dataclass(frozen=True)
class Calendar:
    """A city's working time.

    hours: the working spans, the earliest first; the first hold for all days before them too.
    holidays, workdays: named exceptions to the Monday-to-Friday week, the city's own already in their place.
    published_until: the last day the holidays are known for.
    """

    zone: ZoneInfo
    hours: tuple[Hours, ...]
    holidays: dict[date, str]
    workdays: dict[date, str]
    published_until: date

    def __post_init__(self) -> None:
        if not self.hours or any(one.since >= later.since for one, later in pairwise(self.hours)):
            raise ValueError("working hours: give at least one row, each from a later day on than the one before")
        if both := self.holidays.keys() & self.workdays.keys():
            raise ValueError(f"calendar: {min(both)} is both a holiday and a working day")

    # Days

    def is_working_day(self, day: date) -> bool:
        """Whether a city day is a working day."""
        return day in self.workdays or (day.weekday() < WEEKDAYS and day not in self.holidays)

    @cached_property
    def _exceptions(self) -> tuple[list[int], list[int]]:
        """Days on which the week's own rule does not hold, and by how much they have changed the count so far."""
        changes = {day.toordinal(): -1 for day in self.holidays if day.weekday() < WEEKDAYS}
        changes |= {day.toordinal(): 1 for day in self.workdays if day.weekday() >= WEEKDAYS}
        days = sorted(changes)
        return days, [0, *accumulate(changes[day] for day in days)]

    @cached_property
    def _exception_ranks(self) -> list[int]:
        return [self.rank(date.fromordinal(ordinal)) for ordinal in self._exceptions[0]]

    def rank(self, day: date) -> int:
        """How many working days lie before a day (counted from the year 1)."""
        ordinal = day.toordinal()
        days, changes = self._exceptions
        weeks, rest = divmod(ordinal - 1, 7)  # day 1 of year 1 was a Monday
        return WEEKDAYS * weeks + min(rest, WEEKDAYS) + changes[bisect_left(days, ordinal)]

    def nth(self, rank: int) -> date:
        """The working day that has ``rank`` working days before it."""
        days, changes = self._exceptions
        ranks = self._exception_ranks
        passed = bisect_right(ranks, rank)  # exceptions with no more working days before them
        if passed and ranks[passed - 1] == rank and changes[passed] > changes[passed - 1]:
            return date.fromordinal(days[passed - 1])  # a make-up day, itself the one
        weeks, rest = divmod(rank - changes[passed], WEEKDAYS)
        return date.fromordinal(7 * weeks + rest + 1)

    def city_day(self, instant: datetime) -> date:
        """The city day an instant lies in."""
        return instant.astimezone(self.zone).date()

    # Hours

    def hours_on(self, day: date) -> Hours:
        """The working hours in force on a day."""
        return self.hours[self._season(day)]

    def _season(self, day: date) -> int:
        return bisect_right(self._changes_of_hours, day)

    @cached_property
    def _changes_of_hours(self) -> list[date]:
        return [hours.since for hours in self.hours[1:]]

    def day_length(self, day: date) -> timedelta:
        """Working time of a working day, by the hours in force then."""
        return self.hours_on(day).length

    def close_of(self, day: date) -> datetime:
        """The close of the last working span of a working day."""
        return self.instant(day, self.hours_on(day).spans[-1][1])

    def instant(self, day: date, of_day: timedelta = NOTHING) -> datetime:
        """A time of a city day, as an instant."""
        return (datetime.combine(day, time(), self.zone) + of_day).astimezone(UTC)

    def is_working_instant(self, instant: datetime) -> bool:
        """Whether an instant lies inside working time."""
        return self.next_opening(instant) == instant

    def next_opening(self, instant: datetime) -> datetime:
        """The first working instant at or after ``instant``."""
        return self.resumed(self.elapsed(instant))

    # The axis of working time

    @cached_property
    def _seasons(self) -> tuple[list[int], list[timedelta]]:
        """For each row of hours: the working days, and the working time, before it."""
        ranks = [0, *(self.rank(hours.since) for hours in self.hours[1:])]
        worked = [
            (after - before) * hours.length for (before, after), hours in zip(pairwise(ranks), self.hours, strict=False)
        ]
        return ranks, [NOTHING, *accumulate(worked)]

    def elapsed(self, instant: datetime) -> timedelta:
        """Working time that has passed at an instant, from the beginning of the axis."""
        local = instant.astimezone(self.zone)
        day = local.date()
        season = self._season(day)
        ranks, before = self._seasons
        hours = self.hours[season]
        whole = before[season] + (self.rank(day) - ranks[season]) * hours.length
        if not self.is_working_day(day):
            return whole
        of_day = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return whole + hours.until(of_day)

    def reached(self, worked: timedelta) -> datetime:
        """The first instant at which so much (more than none) has been worked: a close where it falls on one."""
        ranks, before = self._seasons
        season = bisect_left(before, worked) - 1
        hours = self.hours[season]
        days, rest = divmod(worked - before[season], hours.length)
        if not rest:
            days, rest = days - 1, hours.length
        return self.instant(self.nth(ranks[season] + days), hours.reached(rest))

    def resumed(self, worked: timedelta) -> datetime:
        """The last instant at which so much has been worked: an opening where it falls on one."""
        ranks, before = self._seasons
        season = bisect_right(before, worked) - 1
        hours = self.hours[season]
        days, rest = divmod(worked - before[season], hours.length)
        return self.instant(self.nth(ranks[season] + days), hours.resumed(rest))


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
