"""Counts that are no rates, but counted, rolled up and verified as the measures are: what came in, what was dispatched.

What was dispatched is counted twice, from the orders and from their handle clocks, so that one checks the other.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, literal

from hotline.base.i18n import mark
from hotline.orders.models import Deadline, Order
from hotline.policy.limits import Clock
from hotline.report.measure import Bucket, Expression, Frame, Instant, Measure, Subject, number
from hotline.report.subjects.asof import lead_at, state_at
from hotline.report.subjects.clocks import fate
from hotline.report.subjects.received import received


def dispatched(frame: Frame) -> ColumnElement[bool]:
    """The orders dispatched in a period."""
    return and_(frame.has(Order.dispatched_at), Order.dispatched_at <= frame.cutoff)


def dispatched_clocks(frame: Frame) -> ColumnElement[bool]:
    """The handle clocks of what was dispatched in a period: they start with the dispatch."""
    return and_(Deadline.clock == Clock.HANDLE, frame.has(Deadline.started_at), Deadline.started_at <= frame.cutoff)


def _tally(
    name: str, label: str, subject: Subject, instant: Instant, within: Expression, **splits: Expression
) -> Measure:
    return Measure(
        name=name,
        label=label,
        meaning="",
        source="",
        exclusion="",
        hit=label,
        missed="",
        subject=subject,
        instant=instant,
        unit=lambda frame: lead_at(frame.cutoff),
        within=within,
        bucket=lambda _: literal(Bucket.COUNTED.value),
        weight=lambda _: number(1),
        joined=subject is Subject.DEADLINES,
        turns=Deadline.due_at if subject is Subject.DEADLINES else None,
        splits=splits,
    )


RECEIVED = _tally(
    "received",
    mark("Orders received"),
    Subject.ORDERS,
    Order.received_at,
    received,
    state=lambda frame: state_at(frame.cutoff),
)
DISPATCHED = _tally("dispatched", mark("Orders dispatched"), Subject.ORDERS, Order.dispatched_at, dispatched)
FATES = _tally(
    "fates",
    mark("Orders dispatched"),
    Subject.DEADLINES,
    Deadline.started_at,
    dispatched_clocks,
    fate=lambda frame: fate(Deadline.due_at, frame),
)
TALLIES = (RECEIVED, DISPATCHED, FATES)
