"""Changing the working calendar: days from a file, hours. Running deadlines follow at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text

from hotline.base.changes import CONSOLE, Author
from hotline.base.db import db
from hotline.base.errors import Conflict, Stale
from hotline.base.i18n import gettext
from hotline.orders.models import GOES_BY_CALENDAR, Deadline, DeadlineMove
from hotline.orders.recompute import Move, follow_calendar
from hotline.policy.calendar import Calendar
from hotline.policy.days import Day, known_until, merged
from hotline.policy.models import CalendarVersion
from hotline.policy.operations import adopt_calendar, hold_calendar
from hotline.policy.queries import calendar_from, read_calendar


@dataclass(frozen=True, slots=True)
class DayChange:
    """A day a calendar says something else about. before, after: holiday, workday or nothing, and its name."""

    day: date
    before: tuple[str, str]
    after: tuple[str, str]


def import_days(
    days: list[Day],
    now: datetime,
    by: Author = CONSOLE,
    *,
    city: bool = False,
    until: date | None = None,
    source: str = "",
    expected: int | None = None,
) -> tuple[CalendarVersion, list[Move]]:
    """Put days from a file in force; give the new version and the due times that moved.

    city: they are the city's own days, all of them. until: the last day holidays are published for; else as far as
    the file covers years. expected: the version the days were compared with; raises Stale where it is another now.
    """
    before = _held(expected)
    version = adopt_calendar(
        with_days(before.document, days, city=city),
        before.zone,
        published_by(days, before, city=city, until=until),
        source or before.source,
        now,
        by,
    )
    return version, follow_calendar(now)


def _held(expected: int | None) -> CalendarVersion:
    """The calendar in force, which nobody else changes until the transaction ends."""
    hold_calendar()
    before = newest()
    if expected is not None and expected != before.id:
        raise Stale(gettext("Somebody has changed the calendar since you opened this page."), before.id)
    return before


def revise_hours(
    spans: list[list[str]],
    now: datetime,
    by: Author = CONSOLE,
    *,
    since: date | None = None,
    expected: int | None = None,
) -> tuple[CalendarVersion, list[Move]]:
    """Put other working hours in force, from a day on or always; give the new version and the due times that moved.

    expected: the version they were written over; raises Stale where it is another now.
    """
    before = _held(expected)
    document = with_hours(before.document, spans, since.isoformat() if since else "")
    version = adopt_calendar(document, before.zone, before.published_until, before.source, now, by)
    return version, follow_calendar(now)


def published_by(days: list[Day], before: CalendarVersion, *, city: bool, until: date | None) -> date:
    """The last day holidays are published for once days are imported."""
    if until is not None:
        return until
    return before.published_until if city else known_until(days, before.published_until)


def imported(days: list[Day], *, city: bool, until: date | None) -> tuple[date, list[DayChange]]:
    """What importing days would change: until when holidays are published then, and each day that differs."""
    before = newest()
    published = published_by(days, before, city=city, until=until)
    after = calendar_from(with_days(before.document, days, city=city), ZoneInfo(before.zone), published)
    return published, day_changes(read_calendar(before), after)


def day_changes(old: Calendar, new: Calendar) -> list[DayChange]:
    """The days two calendars differ about, in order."""
    named = sorted({*old.holidays, *old.workdays, *new.holidays, *new.workdays})
    pairs = (DayChange(day, named_day(old, day), named_day(new, day)) for day in named)
    return [one for one in pairs if one.before != one.after]


def named_day(calendar: Calendar, day: date) -> tuple[str, str]:
    """What a calendar names a day: holiday or workday with its name, or nothing."""
    if day in calendar.holidays:
        return "holiday", calendar.holidays[day]
    return ("workday", calendar.workdays[day]) if day in calendar.workdays else ("", "")


def calendar_versions() -> list[CalendarVersion]:
    """Every version of the calendar, the newest first."""
    return list(db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())))


def running_by_calendar(up_to: int) -> int:
    """How many running deadlines go by the calendar; counting stops at a bound."""
    running = select(Deadline.id).where(text(GOES_BY_CALENDAR)).limit(up_to).subquery()
    return db.session.scalars(select(func.count()).select_from(running)).one()


def newest() -> CalendarVersion:
    """The calendar in force; raise Conflict where none is loaded."""
    found = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())).first()
    if found is None:
        raise Conflict("No calendar is loaded; load the city first: hotline load")
    return found


def with_days(document: dict[str, Any], days: list[Day], *, city: bool) -> dict[str, Any]:
    """A calendar's document with days from a file: the city's own as they are, national ones merged."""
    return {**document, "city": days} if city else {**document, "days": merged(document["days"], days)}


def with_hours(document: dict[str, Any], spans: list[list[str]], since: str) -> dict[str, Any]:
    """A calendar's document with other hours from a day on, or (since: empty) always, before its later rows."""
    others = [row for row in document["hours"] if row["since"] != since]
    return {**document, "hours": sorted([*others, {"since": since, "spans": spans}], key=itemgetter("since"))}


def moved_with(version: int) -> int:
    """How many due times moved when a version took over."""
    return db.session.scalars(select(func.count()).select_from(DeadlineMove).filter_by(to_calendar=version)).one()
