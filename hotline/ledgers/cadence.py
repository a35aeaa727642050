"""How often a ledger's progress sheet is made, and the days each covers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from hotline.base.i18n import mark, name_members
from hotline.base.time import DAY, Period, week_of

HALF = 15  # the last day of a month's first half
QUARTER = 3
LONGEST_MONTH = timedelta(days=31)


class Cadence(StrEnum):
    """How often a progress sheet is made (半月调度、月调度、季通报)."""

    NONE = "none"
    WEEKLY = "weekly"
    HALF_MONTHLY = "half_monthly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


name_members(
    {
        Cadence.NONE: mark("No progress sheets"),
        Cadence.WEEKLY: mark("Weekly"),
        Cadence.HALF_MONTHLY: mark("Half-monthly"),
        Cadence.MONTHLY: mark("Monthly"),
        Cadence.QUARTERLY: mark("Quarterly"),
    }
)


def period_of(cadence: Cadence, day: date, zone: ZoneInfo) -> Period:
    """The period a day lies in; of a cadence that has some."""
    month = day.replace(day=1)
    match cadence:
        case Cadence.WEEKLY:
            return week_of(day, zone)
        case Cadence.HALF_MONTHLY if day.day <= HALF:
            return Period(month, day.replace(day=HALF), zone)
        case Cadence.HALF_MONTHLY:
            return Period(day.replace(day=HALF + 1), _month_end(month), zone)
        case Cadence.QUARTERLY:
            first = month.replace(month=month.month - (month.month - 1) % QUARTER)
            return Period(first, _month_end(first.replace(month=first.month + QUARTER - 1)), zone)
        case _:
            return Period(month, _month_end(month), zone)


def periods_due(cadence: Cadence, start: date, now: datetime, zone: ZoneInfo) -> Iterator[Period]:
    """The periods that are over, from the one a day lies in on."""
    if cadence is Cadence.NONE:
        return
    period = period_of(cadence, start, zone)
    while period.end <= now:
        yield period
        period = period_of(cadence, period.last + DAY, zone)


def _month_end(month: date) -> date:
    return (month + LONGEST_MONTH).replace(day=1) - DAY
