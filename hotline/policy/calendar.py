"""The working calendar: which days and hours count, and when an amount of time has passed. Pure.

How days are counted, with the source of each default:

- The day something starts on is not counted (民法典 §201).
- N working days end at the close of the last working span of the N-th working day after the first.
- N natural days end at 24:00 of the N-th day after; where that day is not a working day, at the close of
  the next working day (民法典 §203).
- Working hours count the time inside the working spans; natural hours run straight through.

A make-up working day (调休) is a weekend day the State Council has declared a working day. The calendar is
only known up to ``published_until``; what falls after it is computed by weekdays alone and is provisional.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hotline.base.i18n import mark, name_members
from hotline.base.time import DAY

SATURDAY = 5
HORIZON_DAYS = 20_000  # an amount that reaches further than this is a mistake, not a limit


class TimeUnit(StrEnum):
    """What a time limit counts."""

    WORKING_DAYS = "working_days"
    WORKING_HOURS = "working_hours"
    NATURAL_DAYS = "natural_days"
    NATURAL_HOURS = "natural_hours"


name_members(
    {
        TimeUnit.WORKING_DAYS: mark("working days"),
        TimeUnit.WORKING_HOURS: mark("working hours"),
        TimeUnit.NATURAL_DAYS: mark("calendar days"),
        TimeUnit.NATURAL_HOURS: mark("hours"),
    }
)


@dataclass(frozen=True)
class Calendar:
    """A city's working time.

    spans: the working spans of a working day in city time, in order, not overlapping.
    holidays, workdays: named exceptions to the Monday-to-Friday week.
    published_until: the last day the holidays are known for.
    """

    zone: ZoneInfo
    spans: tuple[tuple[time, time], ...]
    holidays: dict[date, str]
    workdays: dict[date, str]
    published_until: date

    def __post_init__(self) -> None:
        edges = [edge for span in self.spans for edge in span]
        if not edges or edges != sorted(edges) or len(set(edges)) != len(edges):
            raise ValueError("working hours: give at least one span, in order, each ending after it starts")
        if both := self.holidays.keys() & self.workdays.keys():
            raise ValueError(f"calendar: {min(both)} is both a holiday and a working day")

    @property
    def day_length(self) -> timedelta:
        """Working time of one working day."""
        return sum(
            (datetime.combine(date.min, closes) - datetime.combine(date.min, opens) for opens, closes in self.spans),
            timedelta(),
        )

    def is_working_day(self, day: date) -> bool:
        """Whether a city day is a working day."""
        return day in self.workdays or (day.weekday() < SATURDAY and day not in self.holidays)

    def spans_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """The working spans of a day as instants; none where it is not a working day."""
        if not self.is_working_day(day):
            return []
        return [(self.instant(day, opens), self.instant(day, closes)) for opens, closes in self.spans]

    def spans_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Working spans that end after ``start``, in order, the first one cut to begin no earlier."""
        day = self.city_day(start)
        for _ in range(HORIZON_DAYS):
            for opens, closes in self.spans_on(day):
                if closes > start:
                    yield max(opens, start), closes
            day += DAY
        raise ValueError("the calendar has no working day in reach")

    def city_day(self, instant: datetime) -> date:
        """The city day an instant lies in."""
        return instant.astimezone(self.zone).date()

    def is_working_instant(self, instant: datetime) -> bool:
        """Whether an instant lies inside working time."""
        return any(opens <= instant < closes for opens, closes in self.spans_on(self.city_day(instant)))

    def next_opening(self, instant: datetime) -> datetime:
        """The first working instant at or after ``instant``."""
        return next(self.spans_from(instant))[0]

    def close_of(self, day: date) -> datetime:
        """The close of the last working span of a working day."""
        return self.instant(day, self.spans[-1][1])

    def instant(self, day: date, at: time) -> datetime:
        """A time of a city day, as an instant."""
        return datetime.combine(day, at, self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Due:
    """When an amount of time has passed, and how it was counted.

    skipped: days that did not count, with the name of the holiday or an empty name for a weekend.
    made_up: make-up working days that did count, with their names.
    provisional: the count went past the last published day of the calendar.
    """

    start: datetime
    amount: float
    unit: TimeUnit
    at: datetime
    skipped: tuple[tuple[date, str], ...]
    made_up: tuple[tuple[date, str], ...]
    provisional: bool


def add_working(start: datetime, amount: float, unit: TimeUnit, calendar: Calendar) -> Due:
    """When ``amount`` of ``unit`` after ``start`` has passed.

    Raises ValueError for a negative amount or a fraction of days.
    """
    if amount < 0 or (unit in {TimeUnit.WORKING_DAYS, TimeUnit.NATURAL_DAYS} and amount != int(amount)):
        raise ValueError(f"amount: {amount} {unit} cannot be counted; give a whole number of days, not negative")
    match unit:
        case TimeUnit.NATURAL_HOURS:
            at = start + timedelta(hours=amount)
        case TimeUnit.NATURAL_DAYS:
            at = _natural_days(start, int(amount), calendar)
        case TimeUnit.WORKING_DAYS:
            at = _working_days(start, int(amount), calendar)
        case TimeUnit.WORKING_HOURS:
            at = _working_hours(start, timedelta(hours=amount), calendar)
    return _explained(start, amount, unit, at, calendar)


def working_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Working time from ``start`` to ``end``; negative where ``end`` comes first."""
    if end < start:
        return -working_between(end, start, calendar)
    total = timedelta()
    if end == start:
        return total
    for opens, closes in calendar.spans_from(start):
        if opens >= end:
            break
        total += min(closes, end) - opens
    return total


def _working_days(start: datetime, amount: int, calendar: Calendar) -> datetime:
    day = calendar.city_day(start)
    if amount == 0:
        return calendar.next_opening(start)
    for _ in range(HORIZON_DAYS):
        day += DAY
        amount -= calendar.is_working_day(day)
        if amount == 0:
            return calendar.close_of(day)
    raise ValueError("the calendar has too few working days for this amount")


def _working_hours(start: datetime, left: timedelta, calendar: Calendar) -> datetime:
    for opens, closes in calendar.spans_from(start):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError("spans_from ends by raising")


def _natural_days(start: datetime, amount: int, calendar: Calendar) -> datetime:
    last = calendar.city_day(start) + timedelta(days=amount)
    if amount == 0 or calendar.is_working_day(last):
        return calendar.instant(last + DAY, time())
    for _ in range(HORIZON_DAYS):
        last += DAY
        if calendar.is_working_day(last):
            return calendar.close_of(last)
    raise ValueError("the calendar has no working day in reach")


def _explained(start: datetime, amount: float, unit: TimeUnit, at: datetime, calendar: Calendar) -> Due:
    first, last = calendar.city_day(start), calendar.city_day(at)
    skipped, made_up = [], []
    if unit is not TimeUnit.NATURAL_HOURS:
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            if day in calendar.workdays:
                made_up.append((day, calendar.workdays[day]))
            elif unit is not TimeUnit.NATURAL_DAYS and not calendar.is_working_day(day):
                skipped.append((day, calendar.holidays.get(day, "")))
    provisional = unit is not TimeUnit.NATURAL_HOURS and last > calendar.published_until
    return Due(start, amount, unit, at, tuple(skipped), tuple(made_up), provisional)
