"""What the report's API is asked and how it answers. Shares are exact inside and rounded here, where they are shown."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hotline.base.i18n import gettext
from hotline.base.i18n import lazy_gettext as _l
from hotline.base.paging import LAST_PAGE
from hotline.base.schemas import Schema, member, truth, words
from hotline.base.time import Kind as PeriodKind
from hotline.orders.lifecycle import State
from hotline.orders.vocabulary import Channel, Nature
from hotline.people.models import UnitKind
from hotline.report.definitions import definition
from hotline.report.figures import Cell, percent, rounded
from hotline.report.lists import Listing
from hotline.report.measure import Bucket
from hotline.report.measures import Fate
from hotline.report.overview import Line, Overview

FIRST_DAY, LAST_DAY = date(2001, 1, 1), date(2199, 12, 31)
FIRST_CUTOFF = datetime(2001, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=366)


def a_day(**more: Any) -> fields.Date:
    """A day of the city."""
    return fields.Date(
        validate=validate.Range(FIRST_DAY, LAST_DAY, error=_l("give a day from {min} to {max}")),
        error_messages={"invalid": _l("give a date such as 2026-11-17"), "required": _l("is required")},
        **more,
    )


class WeekQuery(Schema):
    """Which week, or other period: any day of it (default: today); or which days; as of when (default and at most: now)."""

    period = member(PeriodKind, load_default=PeriodKind.WEEK)
    day = a_day(load_default=None)
    first = a_day(load_default=None)
    last = a_day(load_default=None)
    cutoff = fields.AwareDateTime(
        load_default=None,
        default_timezone=UTC,
        validate=validate.Range(FIRST_CUTOFF, error=_l("give an instant from {min}")),
        error_messages={"invalid": _l("give an instant such as 2026-11-17T02:00:00Z")},
    )

    @validates_schema
    def both_days(self, data: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError unless first and last are days in a row, or neither is given."""
        first, last = data.get("first"), data.get("last")
        if (first is None) != (last is None):
            missing = "last" if last is None else "first"
            raise ValidationError(gettext("give both the first and the last day"), missing)
        if first and last and last < first:
            raise ValidationError(gettext("give a day that is not before the first"), "last")
        if first and last and last - first > LONGEST:
            raise ValidationError(gettext("give at most a year"), "last")


class RowsQuery(WeekQuery):
    """Which number's rows.

    measure: a measure's name, "received" (narrowed by channel, nature, state) or "dispatched" (by fate).
    unit: a unit's code (of calls: a queue). numerator: true for what counts for something, false for what counts 0.
    category, moved_to: of measures of dispatches, the order's category and the unit it was sent on to.
    matter, district: a category with all below it, and a district; "-" where there is none.
    ended: true leaves out what is still to come.
    kind: of measures of units, those of one kind.
    """

    measure = words(40, required=True)
    unit = words(60, load_default=None)
    bucket = member(Bucket, load_default=None)
    numerator = truth(load_default=None)
    channel = member(Channel, load_default=None)
    nature = member(Nature, load_default=None)
    state = member(State, load_default=None)
    fate = member(Fate, load_default=None)
    category = words(20, load_default=None)
    moved_to = words(60, load_default=None)
    matter = words(40, load_default=None)
    district = words(40, load_default=None)
    ended = truth(load_default=None)
    kind = member(UnitKind, load_default=None)
    page = fields.Integer(
        load_default=1,
        validate=validate.Range(1, LAST_PAGE, error=_l("give a page number from {min}")),
        error_messages={"invalid": _l("give a page number")},
    )


def whole_week(week: Overview) -> dict[str, Any]:
    """A week report. cutoff: give it with lists to see them as this report did."""
    return {
        "first_day": week.period.first.isoformat(),
        "last_day": week.period.last.isoformat(),
        "cutoff": instant(week.cutoff),
        "policy": {"id": week.policy_id, "name": week.policy.name, "title": week.policy.title},
        "minimum_n": week.policy.minimum_n,
        "units_seen": None if week.units_seen is None else sorted(week.units_seen),
        "measures": [definition(measure, week.policy) for measure in week.measures],
        "city": {name: cell_of(cell) for name, cell in week.city.items()},
        "units": [_line(line) for line in week.units],
        "queues": [_line(line) for line in week.queues],
        "received": {
            "total": week.inflow.total,
            "by_channel": week.inflow.by_channel,
            "by_nature": week.inflow.by_nature,
            "by_state": week.inflow.by_state,
            "answered": week.inflow.answered,
            "answered_percent": _float(percent(week.inflow.answered_rate)),
        },
        "dispatched": {"total": week.dispatched.total, **week.dispatched.fates, "conserved": week.conserved},
    }


def cell_of(cell: Cell) -> dict[str, Any]:
    """A figure beside the week before. percent: 0 to 100; change: percentage points."""
    figure = cell.figure
    return {
        "percent": _float(percent(figure.rate)),
        "percent_with_excluded": _float(percent(figure.raw_rate)),
        "numerator": figure.numerator,
        "weighted": float(figure.weighted),
        "denominator": figure.denominator,
        "not_due": figure.not_due,
        "excluded": figure.excluded,
        "percent_before": _float(percent(cell.before.rate)),
        "change": _points(cell.change),
        "small": cell.small,
    }


def page_of_lines(listing: Listing) -> dict[str, Any]:
    """One page of the rows behind a number."""
    page = listing.page
    return {
        "cutoff": instant(listing.cutoff),
        "page": page.number,
        "pages": page.pages,
        "total": page.total,
        "more_than_counted": page.more_than_counted,
        "rows": [{name: _plain(value) for name, value in asdict(line).items()} for line in listing.lines],
    }


def instant(at: datetime) -> str:
    """An instant in UTC, in a form that can stand in an address as it is: 2026-11-17T02:00:00Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _line(line: Line) -> dict[str, Any]:
    cells = {name: cell_of(cell) for name, cell in line.cells.items()}
    return {"code": line.code, "name": line.name, "kind": line.kind, "cells": cells}


def _points(change: Fraction | None) -> float | None:
    return None if change is None else float(rounded(change))


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return instant(value)
        case Decimal():
            return float(value)
        case StrEnum():
            return value.value
        case _:
            return value
