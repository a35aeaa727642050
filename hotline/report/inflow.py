"""What came in during a period, and what became of what was dispatched in it: counts that add up (see ``tallies``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.orm import contains_eager, joinedload

from hotline.base.db import db
from hotline.base.paging import Page
from hotline.base.time import Period
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Order
from hotline.orders.vocabulary import Channel, Nature
from hotline.policy.limits import Clock
from hotline.report.about import ALL, UNKNOWN, About
from hotline.report.dimensions import By
from hotline.report.figures import Figure
from hotline.report.queries import Units, frame_of, of_units
from hotline.report.rollup.counting import count_asked
from hotline.report.subjects.asof import lead_at, state_at
from hotline.report.subjects.clocks import Fate, fate
from hotline.report.subjects.tallies import DISPATCHED, FATES, RECEIVED

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


@dataclass(frozen=True, slots=True)
class Parts:
    """Orders received in a period by more than a page has room for: what they are about, and where.

    category: by the first and second level of the tree; UNKNOWN where an order has none, or no district.
    """

    total: int
    by_channel: Mapping[str, int]
    by_nature: Mapping[str, int]
    by_category: Mapping[str, int]
    by_subcategory: Mapping[str, int]
    by_district: Mapping[str, int]


FIRST_LEVEL = 2  # characters of a category's code


def parts_received(periods: Sequence[Period], cutoff: datetime, units: Units = None, about: About = ALL) -> list[Parts]:
    """The orders received in some periods, by each part."""
    dimensions = (By.CHANNEL, By.NATURE, By.CATEGORY, By.DISTRICT)
    asked = [(RECEIVED, period, by) for period in periods for by in dimensions]
    counted = count_asked(asked, cutoff, units=units, about=about)
    found = []
    for period in periods:
        channels, natures, subcategories, districts = (_numbers(counted[RECEIVED, period, by]) for by in dimensions)
        categories: Counter[str] = Counter()
        for code, number in subcategories.items():
            categories[code[:FIRST_LEVEL]] += number
        # What is filed at the first level is under no second one.
        second = {code: number for code, number in subcategories.items() if len(code) != FIRST_LEVEL}
        found.append(Parts(sum(channels.values()), channels, natures, categories, second, districts))
    return found


def _numbers(keyed: Mapping[str | None, Figure]) -> dict[str, int]:
    """How many rows a tally has by key; UNKNOWN where a row has none."""
    return {key or UNKNOWN: figure.denominator for key, figure in keyed.items()}


def _in_order(members: type[Member], counts: Mapping[str, int]) -> dict[Member, int]:
    """Every member of an enum with its count, in the enum's own order."""
    return {member: counts.get(member.value, 0) for member in members}


def received_rows(
    period: Period,
    cutoff: datetime,
    *,
    channel: Channel | None = None,
    nature: Nature | None = None,
    state: State | None = None,
    units: Units = None,
    about: About = ALL,
) -> Select[Any]:
    """The orders behind a number of the inflow, in the order they came in."""
    query = _received(period, cutoff, units, about, Order)
    if channel is not None:
        query = query.where(Order.channel == channel)
    if nature is not None:
        query = query.where(Order.nature == nature)
    if state is not None:
        query = query.where(state_at(cutoff) == state)
    return query.order_by(Order.received_at, Order.id)


def _received(period: Period, cutoff: datetime, units: Units, about: About, *columns: Any) -> Select[Any]:
    return select(*columns).where(
        Order.received_at >= period.start,
        Order.received_at < period.end,
        Order.received_at <= cutoff,
        *of_units(lead_at(cutoff), units),
        *about.of_orders(),
    )


# What became of what was dispatched


HANDLED = (Fate.ON_TIME, Fate.LATE)


@dataclass(frozen=True, slots=True)
class Dispatched:
    """The orders dispatched in a period, and what had become of them at the cut-off.

    total is counted from the orders, the fates from their handle clocks, so that one checks the other.
    """

    total: int
    fates: Mapping[Fate, int]

    @property
    def handled(self) -> int:
        """How many were handled by the cut-off, on time or late."""
        return sum(self.fates[one] for one in HANDLED)

    @property
    def placed(self) -> int:
        """How many the fates account for."""
        return sum(self.fates.values())


def conserved(dispatched: Dispatched) -> bool:
    """Whether every dispatched order is in exactly one fate. False means records are missing or doubled."""
    return dispatched.placed == dispatched.total


class Tallied(NamedTuple):
    """The orders received in a period, and those dispatched in it by their fate."""

    received: Inflow
    dispatched: Dispatched


def tallied(period: Period, cutoff: datetime, units: Units = None, about: About = ALL) -> Tallied:
    """What came in and what was dispatched, asked at once."""
    whole, fates = (DISPATCHED, period, None), (FATES, period, By.FATE)
    received = [(RECEIVED, period, by) for by in (By.CHANNEL, By.NATURE, By.STATE)]
    found = count_asked([*received, whole, fates], cutoff, units=units, about=about)
    channels, natures, states = (_numbers(found[one]) for one in received)
    return Tallied(
        Inflow(_in_order(Channel, channels), _in_order(Nature, natures), _in_order(State, states)),
        Dispatched(found[whole][None].denominator, _in_order(Fate, _numbers(found[fates]))),
    )


def dispatched_rows(
    period: Period,
    cutoff: datetime,
    *,
    became: Fate | None = None,
    ended: bool = False,
    units: Units = None,
    about: About = ALL,
) -> Select[Any]:
    """The handle clocks, each with its order, of what was dispatched in a period, by due time. ended: HANDLED only."""
    query = _clocks(period, cutoff, units, about, Deadline).options(contains_eager(Deadline.order))
    if became is not None:
        query = query.where(fate(Deadline.due_at, frame_of(period, cutoff)) == became.value)
    if ended:
        query = query.where(fate(Deadline.due_at, frame_of(period, cutoff)).in_([one.value for one in HANDLED]))
    return query.order_by(Deadline.due_at, Deadline.id)


def overdue_rows(period: Period, cutoff: datetime, units: Units = None, about: About = ALL) -> Select[Any]:
    """The handle clocks, each with its order, open past their due time at the period's end or the cut-off, the worst first.

    Whenever they came in.
    """
    late = union_all(*_past_due(min(cutoff, period.end)))
    query = select(Deadline).join(Deadline.order).options(contains_eager(Deadline.order))
    query = query.where(Deadline.id.in_(late), *of_units(lead_at(cutoff), units), *about.of_orders())
    return query.order_by(Deadline.due_at, Deadline.id)


def worst_overdue(period: Period, cutoff: datetime, most: int, units: Units = None) -> Page[Deadline]:
    """The first of ``overdue_rows`` and how many there are, without an order of the others being read."""
    first: list[int] = []
    total = 0
    for late in _past_due(min(cutoff, period.end)):
        mine = late if units is None else late.join(Deadline.order).where(*of_units(lead_at(cutoff), units))
        first += db.session.scalars(mine.order_by(Deadline.due_at, Deadline.id).limit(most))
        total += db.session.scalars(select(func.count()).select_from(mine.subquery())).one()
    query = select(Deadline).where(Deadline.id.in_(first)).options(joinedload(Deadline.order))
    rows = db.session.scalars(query.order_by(Deadline.due_at, Deadline.id).limit(most))
    return Page(list(rows), 1, most, total)


def _past_due(at: datetime) -> tuple[Select[Any], Select[Any]]:
    """The ids of the handle clocks open past their due time at an instant.

    Two reads, each by its index: as one condition, every clock that was ever due would be looked at.
    """
    late = select(Deadline.id).where(Deadline.clock == Clock.HANDLE, Deadline.due_at < at, Deadline.started_at <= at)
    return late.where(Deadline.ended_at.is_(None)), late.where(Deadline.ended_at > at)


def _clocks(period: Period, cutoff: datetime, units: Units, about: About, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(Deadline).join(Deadline.order)
    return query.where(Deadline.clock == Clock.HANDLE, *_dispatched(period, cutoff, units, about))


def _dispatched(period: Period, cutoff: datetime, units: Units, about: About) -> list[ColumnElement[bool]]:
    return [
        Order.dispatched_at >= period.start,
        Order.dispatched_at < period.end,
        Order.dispatched_at <= cutoff,
        *of_units(lead_at(cutoff), units),
        *about.of_orders(),
    ]
