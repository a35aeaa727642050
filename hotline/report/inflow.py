"""What came in during a period, and what became of what was dispatched in it. No measures: counts that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import contains_eager

from hotline.base.db import db
from hotline.base.time import Period
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Order
from hotline.orders.vocabulary import Channel, Nature
from hotline.policy.limits import Clock
from hotline.report.asof import lead_at, state_at
from hotline.report.clocks import Fate, fate
from hotline.report.queries import Units, frame_of, of_units

Member = TypeVar("Member", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Inflow:
    """Orders received in a period, by channel, nature and the state they were in at the cut-off."""

    by_channel: Mapping[Channel, int]
    by_nature: Mapping[Nature, int]
    by_state: Mapping[State, int]

    @property
    def total(self) -> int:
        """All orders received."""
        return sum(self.by_state.values())

    @property
    def answered(self) -> int:
        """Orders answered directly (直接答复), without a unit."""
        return self.by_state.get(State.ANSWERED, 0)

    @property
    def answered_rate(self) -> Fraction | None:
        """Share of those received that were answered directly (直接办结率)."""
        return Fraction(self.answered, self.total) if self.total else None


def inflow(period: Period, cutoff: datetime, units: Units = None) -> Inflow:
    """The orders received in a period. One aggregate."""
    rows = _received(period, cutoff, units, Order.channel, Order.nature, state_at(cutoff).label("state")).subquery()
    query = select(rows.c.channel, rows.c.nature, rows.c.state, func.count()).group_by(*rows.c)
    channels: Counter[Channel] = Counter()
    natures: Counter[Nature] = Counter()
    states: Counter[State] = Counter()
    for channel, nature, state, count in db.session.execute(query):
        channels[channel] += count
        natures[nature] += count
        states[State(state)] += count
    return Inflow(_in_order(Channel, channels), _in_order(Nature, natures), _in_order(State, states))


def _in_order(members: type[Member], counts: Mapping[Member, int]) -> dict[Member, int]:
    """Every member of an enum with its count, in the enum's own order."""
    return {member: counts.get(member, 0) for member in members}


def received_rows(
    period: Period,
    cutoff: datetime,
    *,
    channel: Channel | None = None,
    nature: Nature | None = None,
    state: State | None = None,
    units: Units = None,
) -> Select[Any]:
    """The orders behind a number of the inflow, in the order they came in."""
    query = _received(period, cutoff, units, Order)
    if channel is not None:
        query = query.where(Order.channel == channel)
    if nature is not None:
        query = query.where(Order.nature == nature)
    if state is not None:
        query = query.where(state_at(cutoff) == state)
    return query.order_by(Order.received_at, Order.id)


def _received(period: Period, cutoff: datetime, units: Units, *columns: Any) -> Select[Any]:
    return select(*columns).where(
        Order.received_at >= period.start,
        Order.received_at < period.end,
        Order.received_at <= cutoff,
        *of_units(lead_at(cutoff), units),
    )


# What became of what was dispatched


@dataclass(frozen=True, slots=True)
class Dispatched:
    """The orders dispatched in a period, and what had become of them at the cut-off.

    total is counted from the orders, the fates from their handle clocks, so that one checks the other.
    """

    total: int
    fates: Mapping[Fate, int]

    @property
    def placed(self) -> int:
        """How many the fates account for."""
        return sum(self.fates.values())


def conserved(dispatched: Dispatched) -> bool:
    """Whether every dispatched order is in exactly one fate. False means records are missing or doubled."""
    return dispatched.placed == dispatched.total


def dispatched_in(period: Period, cutoff: datetime, units: Units = None) -> Dispatched:
    """The orders dispatched in a period by their fate."""
    orders = select(func.count(Order.id)).where(*_dispatched(period, cutoff, units))
    became = fate(Deadline.due_at, frame_of(period, cutoff)).label("fate")
    rows = _clocks(period, cutoff, units, became).subquery()
    counts = db.session.execute(select(rows.c.fate, func.count()).group_by(rows.c.fate)).all()
    fates = dict.fromkeys(Fate, 0) | {Fate(name): count for name, count in counts}
    return Dispatched(db.session.scalars(orders).one(), fates)


def dispatched_rows(
    period: Period,
    cutoff: datetime,
    *,
    became: Fate | None = None,
    units: Units = None,
) -> Select[Any]:
    """The handle clocks, each with its order, of what was dispatched in a period, by due time."""
    query = _clocks(period, cutoff, units, Deadline).options(contains_eager(Deadline.order))
    if became is not None:
        query = query.where(fate(Deadline.due_at, frame_of(period, cutoff)) == became.value)
    return query.order_by(Deadline.due_at, Deadline.id)


def _clocks(period: Period, cutoff: datetime, units: Units, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(Deadline).join(Deadline.order)
    return query.where(Deadline.clock == Clock.HANDLE, *_dispatched(period, cutoff, units))


def _dispatched(period: Period, cutoff: datetime, units: Units) -> list[ColumnElement[bool]]:
    return [
        Order.dispatched_at >= period.start,
        Order.dispatched_at < period.end,
        Order.dispatched_at <= cutoff,
        *of_units(lead_at(cutoff), units),
    ]
