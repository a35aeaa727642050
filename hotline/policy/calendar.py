"""The working calendar: which days and hours count. Pure. How an amount of time is counted by it: counting.py.

A make-up working day (调休) is a weekend day the State Council has declared a working day. The calendar is
only known up to ``published_until``; what falls after it is computed by weekdays alone and is provisional.

All working time lies on one axis: ``elapsed`` says how much of it has passed at an instant, ``reached`` and
``resumed`` say which instant a point of the axis is. Adding, subtracting and comparing are sums on that axis.
Days are numbered the same way: ``rank`` counts the working days before a day, ``nth`` is its inverse.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

from hotline.base.time import DAY

WEEKDAYS = 5
MOMENT = timedelta(microseconds=1)
NOTHING = timedelta()

Span = tuple[timedelta, timedelta]  # from opening to closing, each as time since midnight; 24:00 is a day


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
