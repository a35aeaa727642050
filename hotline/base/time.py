"""Instants are stored in UTC and shown in the city's zone; a week runs from Monday to Sunday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def utc_now() -> datetime:
    """The present instant. Only doors and workers ask for it; operations are told."""
    return datetime.now(UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a city day, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """City days from ``first`` to ``last``, both counted, in one zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def start(self) -> datetime:
        """First instant inside."""
        return midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """First instant after."""
        return midnight(self.last + DAY, self.zone)

    def before(self) -> Period:
        """The period of the same length that ends the day before this one."""
        length = self.last - self.first + DAY
        return Period(self.first - length, self.first - DAY, self.zone)

    def after(self) -> Period:
        """The period of the same length that starts the day after this one."""
        length = self.last - self.first + DAY
        return Period(self.last + DAY, self.last + length, self.zone)


def week_of(day: date, zone: ZoneInfo) -> Period:
    """The Monday-to-Sunday week a city day lies in."""
    monday = day - timedelta(days=day.weekday())
    return Period(monday, monday + timedelta(days=6), zone)


def month_of(day: date, zone: ZoneInfo) -> Period:
    """The calendar month a city day lies in."""
    first = day.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return Period(first, after - DAY, zone)


def quarter_of(day: date, zone: ZoneInfo) -> Period:
    """The calendar quarter a city day lies in."""
    first = day.replace(day=1, month=day.month - (day.month - 1) % 3)
    return Period(first, month_of(first.replace(month=first.month + 2), zone).last, zone)
