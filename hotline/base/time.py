"""Instants are stored in UTC and shown in the city's zone; a week runs from Monday to Sunday. Periods are of city days."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def utc_now() -> datetime:
    """The present instant. Only doors and workers ask for it; operations are told."""
    return datetime.now(UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a city day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


class Kind(StrEnum):
    """What a period is: how it is named, and what comes before and after it."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Windows:
    """Where a city's days and months begin in its reports.

    day_from: hours from midnight: -12 for days from noon to noon that are named by the day they end on.
    month_from: day of the month, 1 to 28: 19 for a November from 19 October to 18 November.
    """

    day_from: int = 0
    month_from: int = 1

    @property
    def shift(self) -> timedelta:
        """How far from midnight a day begins."""
        return timedelta(hours=self.day_from)

    def day_of(self, instant: datetime, zone: ZoneInfo) -> date:
        """The day an instant belongs to."""
        return (instant.astimezone(zone).replace(tzinfo=None) - self.shift).date()

    def month_start(self, day: date) -> date:
        """The first day of the month a day belongs to."""
        first = day.replace(day=self.month_from)
        return first if day >= first else add_months(first, -1)


PLAIN = Windows()


@dataclass(frozen=True, slots=True)
class Period:
    """City days from ``first`` to ``last``, both counted, in one zone."""

    first: date
    last: date
    zone: ZoneInfo
    kind: Kind = Kind.RANGE
    windows: Windows = PLAIN

    @property
    def start(self) -> datetime:
        """First instant inside."""
        return self.start_of(self.first)

    @property
    def end(self) -> datetime:
        """First instant after."""
        return self.start_of(self.last + DAY)

    @property
    def days(self) -> list[date]:
        """Its days, in order."""
        return [self.first + n * DAY for n in range((self.last - self.first).days + 1)]

    def start_of(self, day: date) -> datetime:
        """First instant of a day, by this period's windows."""
        return (datetime.combine(day, time(), self.zone) + self.windows.shift).astimezone(UTC)

    def within(self, first: date, last: date) -> Period:
        """Some days, counted as this period's are."""
        return Period(first, last, self.zone, Kind.RANGE, self.windows)

    def before(self) -> Period:
        """The period of the same kind that ends the day before this one; of a range, the same number of days."""
        return self._at(self.first - DAY, self.first - self._length)

    def after(self) -> Period:
        """The period of the same kind that starts the day after this one; of a range, the same number of days."""
        return self._at(self.last + DAY, self.last + DAY)

    def year_before(self) -> Period:
        """What this period is compared with a year before: the same month, quarter, year or dates; the same weekdays."""
        if self.kind in {Kind.DAY, Kind.WEEK}:
            first = self.first - A_YEAR
            return Period(first, first + self._length - DAY, self.zone, self.kind, self.windows)
        return self._at(add_months(self.last, -12), add_months(self.first, -12))

    @property
    def _length(self) -> timedelta:
        return self.last - self.first + DAY

    def _at(self, day: date, first: date) -> Period:
        """The period of this kind a day lies in; of a range, the days from ``first``."""
        if self.kind is Kind.RANGE:
            return self.within(first, first + self._length - DAY)
        return period_of(self.kind, day, self.zone, self.windows)


def period_of(kind: Kind, day: date, zone: ZoneInfo, windows: Windows = PLAIN) -> Period:
    """The period a city day lies in. A quarter and a year are three and twelve of the city's months."""
    match kind:
        case Kind.DAY | Kind.RANGE:
            first, last = day, day
        case Kind.WEEK:
            first = day - timedelta(days=day.weekday())
            last = first + timedelta(days=6)
        case Kind.MONTH | Kind.QUARTER | Kind.YEAR:
            months = MONTHS[kind]
            start = windows.month_start(day)
            named = (add_months(start, 1) - DAY).month  # a month is named by the day it ends on
            first = add_months(start, -((named - 1) % months))
            last = add_months(first, months) - DAY
    return Period(first, last, zone, kind, windows)


MONTHS = {Kind.MONTH: 1, Kind.QUARTER: 3, Kind.YEAR: 12}
A_YEAR = timedelta(weeks=52)  # the same weekdays


def add_months(day: date, months: int) -> date:
    """The same day of another month, or the last one that month has."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    length = monthrange(years, month + 1)[1]
    return date(years, month + 1, min(day.day, length))


def week_of(day: date, zone: ZoneInfo) -> Period:
    """The Monday-to-Sunday week a city day lies in."""
    return period_of(Kind.WEEK, day, zone)


def month_of(day: date, zone: ZoneInfo) -> Period:
    """The calendar month a city day lies in."""
    return period_of(Kind.MONTH, day, zone)
