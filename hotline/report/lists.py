"""The list behind a number, as an address names it: which rows, one page of them, ready to show."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Select

from hotline.base.errors import Invalid, NotAllowed
from hotline.base.i18n import gettext
from hotline.base.paging import Page, page_of
from hotline.base.time import Period
from hotline.orders.lifecycle import State
from hotline.orders.sight import sees_asking
from hotline.orders.vocabulary import Channel, Nature
from hotline.people.actors import Actor
from hotline.people.models import UnitKind
from hotline.people.queries import units_of_kind
from hotline.policy.document import Policy
from hotline.report.about import About
from hotline.report.inflow import dispatched_rows, overdue_rows, received_rows
from hotline.report.lines import AnyLine, View
from hotline.report.measure import Bucket, Subject
from hotline.report.measures import Fate, find_measure, measure_named
from hotline.report.queries import Units, frame_of, grounds, leads, rows_behind, scope_of, verdicts

RECEIVED, DISPATCHED, OVERDUE = "received", "dispatched", "open_overdue"  # numbers that are no measure's
_OF_RECEIVED = frozenset({"measure", "unit", "channel", "nature", "state", "matter", "district"})
_OF_DISPATCHED = frozenset({"measure", "unit", "fate", "ended", "matter", "district"})
_OF_OVERDUE = frozenset({"measure", "unit", "matter", "district"})
_OF_MEASURE = frozenset({"measure", "unit", "kind", "bucket", "numerator", "ended", "matter", "district"})
_OF_DISPATCHES = _OF_MEASURE | {"category", "moved_to"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which number's rows. What is None does not narrow.

    measure: a measure's name, or RECEIVED (by channel, nature, state), DISPATCHED (by fate), or OVERDUE.
    unit: a unit's code; of calls, a queue. kind: of a measure of units, those of one kind.
    numerator: True for counted rows that count for something, False for those that count 0.
    category, moved_to: of a measure of dispatches, the order's category and the unit it was sent on to.
    ended: True leaves out what is still to come: what is not yet due, not yet evaluated, not yet handled.
    matter, district: a category with all below it, and a district; UNKNOWN where there is none.
    """

    measure: str
    unit: str | None = None
    bucket: Bucket | None = None
    numerator: bool | None = None
    channel: Channel | None = None
    nature: Nature | None = None
    state: State | None = None
    fate: Fate | None = None
    category: str | None = None
    moved_to: str | None = None
    kind: UnitKind | None = None
    matter: str | None = None
    district: str | None = None
    ended: bool | None = None

    @property
    def about(self) -> About:
        """The matter and the district."""
        return About(self.matter, self.district)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the rows behind a number. ``page.rows`` are the records, ``lines`` what to show of them.

    cutoff: what its rows are seen as of.
    """

    page: Page[Any]
    lines: list[AnyLine]
    cutoff: datetime


def listing(wanted: Wanted, period: Period, cutoff: datetime, reader: Actor, number: int = 1) -> Listing:
    """A page of exactly the rows a number of the week counts, without those the reader is not to see.

    Raises NotAllowed for other units' rows and for calls where the reader sees only units', and for whom is yet
    to be asked where the reader is not to know; Invalid for a part that does not narrow this number.
    """
    frame = frame_of(period, cutoff)
    _check(wanted, frame.policy)
    units = scope_of(reader)
    if wanted.measure in {RECEIVED, DISPATCHED, OVERDUE}:
        page = page_of(_orders(wanted, period, cutoff, _narrowed(wanted.unit, units)), number)
        theirs = leads(page.rows, cutoff)
        why = grounds(page.rows, frame) if wanted.measure == DISPATCHED else {}
        view = View(cutoff, frame.policy, asking=sees_asking(reader), grounds=why)
        return Listing(page, [view.line(row, theirs[row.id]) for row in page.rows], cutoff)
    measure = measure_named(wanted.measure, frame.policy)
    pending = measure.lists_pending(reader) and not wanted.ended
    if (measure.unit is None and units is not None) or (
        wanted.bucket is Bucket.NOT_DUE and not measure.lists_pending(reader)
    ):
        raise NotAllowed(gettext("Your role does not allow this."))
    if measure.unit is not None:
        _narrowed(wanted.unit, units)
    if wanted.kind is not None:
        of_kind = units_of_kind(wanted.kind)
        units = of_kind if units is None else units & of_kind
    query = rows_behind(
        measure,
        period,
        cutoff,
        unit=wanted.unit,
        bucket=wanted.bucket,
        numerator=wanted.numerator,
        category=wanted.category,
        moved_to=wanted.moved_to,
        units=units,
        about=wanted.about,
        pending=pending,
    )
    page = page_of(query, number)
    view = View.of(measure, frame, reader)
    counts = verdicts(measure, period, cutoff, page.rows)
    lines = [view.line(row, counts[row.id].unit, counts[row.id]) for row in page.rows]
    return Listing(page, lines, cutoff)


def _orders(wanted: Wanted, period: Period, cutoff: datetime, units: Units) -> Select[Any]:
    if wanted.measure == OVERDUE:
        return overdue_rows(period, cutoff, units, wanted.about)
    if wanted.measure == DISPATCHED:
        return dispatched_rows(
            period, cutoff, became=wanted.fate, ended=bool(wanted.ended), units=units, about=wanted.about
        )
    return received_rows(
        period,
        cutoff,
        channel=wanted.channel,
        nature=wanted.nature,
        state=wanted.state,
        units=units,
        about=wanted.about,
    )


def _narrowed(unit: str | None, units: Units) -> Units:
    """One unit of those a reader sees, or all of them."""
    if unit is None:
        return units
    if units is not None and unit not in units:
        raise NotAllowed(gettext("Your role does not allow this."))
    return frozenset({unit})


def _check(wanted: Wanted, policy: Policy) -> None:
    measure = find_measure(wanted.measure, policy)
    of_measure = _OF_DISPATCHES if measure and measure.subject is Subject.DISPATCHES else _OF_MEASURE
    if measure and measure.unit is None:
        of_measure -= {"kind"}
    narrows = {RECEIVED: _OF_RECEIVED, DISPATCHED: _OF_DISPATCHED, OVERDUE: _OF_OVERDUE}.get(wanted.measure, of_measure)
    given = {part.name for part in fields(wanted) if getattr(wanted, part.name) is not None}
    if wrong := sorted(given - narrows):
        raise Invalid({name: [gettext("does not narrow this number; leave it out")] for name in wrong})
