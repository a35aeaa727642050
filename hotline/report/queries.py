"""Reads of the report: figures, the week, and the rows behind every number.

A figure is one aggregate; its list is the same rows, unfolded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, literal, null, select
from sqlalchemy.orm import contains_eager

from hotline.base.db import db
from hotline.base.time import Period, week_of
from hotline.calls.models import Call
from hotline.handle.models import Evaluation
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.vocabulary import Channel, Nature
from hotline.people.actors import Actor
from hotline.people.models import Unit
from hotline.people.roles import UNIT_ROLES
from hotline.policy import queries as policies
from hotline.policy.appeals import Ground
from hotline.policy.document import Policy
from hotline.policy.limits import Clock
from hotline.report.exclusions import deadline_ground
from hotline.report.figures import Cell, Figure, compared, pooled
from hotline.report.measure import MOMENT, Bucket, Frame, Measure, Subject
from hotline.report.measures import MEASURES, Fate, fate, lead_at

READ_AT_ONCE = 1000
Units = frozenset[str] | None  # whose rows: some units', or (None) everybody's
Member = TypeVar("Member", bound=StrEnum)
Row = Call | Deadline | Evaluation | Event | Order

ENTITIES: dict[Subject, Any] = {
    Subject.CALLS: Call,
    Subject.DEADLINES: Deadline,
    Subject.EVALUATIONS: Evaluation,
    Subject.DISPATCHES: Event,
    Subject.CLOSINGS: Event,
}


def scope_of(actor: Actor) -> Units:
    """Whose rows an actor with SEE_REPORTS sees: a unit's people their own units', the others everybody's."""
    return actor.units if actor.role in UNIT_ROLES else None


def week_at(now: datetime, day: date | None = None) -> Period:
    """The week of a city day; by default the week it is now."""
    calendar = policies.calendar_now()
    return week_of(day or calendar.city_day(now), calendar.zone)


def seen_week(now: datetime, day: date | None, cutoff: datetime | None) -> tuple[Period, datetime]:
    """The week a reader asks for, and the instant it is seen as of: now, or an earlier one asked for."""
    seen = min(cutoff or now, now)
    return week_at(seen, day), seen


def cutoff_of(period: Period, now: datetime) -> datetime:
    """What a period is seen as of: its end, or now while it runs. A past week's figures stay as they were."""
    return min(now, period.end)


def frame_of(period: Period, cutoff: datetime, seen: datetime | None = None) -> Frame:
    """The frame of a count, with the policy at the cut-off, but never a later one than the period's last moment's.

    A policy that takes over the moment a week ends must not measure that week. seen: when the report is looked at, if
    that is later than the cut-off.
    """
    policy_id = policies.policy_id_at(min(cutoff, period.end - MOMENT))
    return Frame(period, cutoff, policy_id, policies.policy(policy_id), seen or cutoff)


def measures_for(units: Units) -> tuple[Measure, ...]:
    """The measures a scope has: calls belong to no unit, so a unit's people have none."""
    return tuple(measure for measure in MEASURES if units is None or measure.unit is not None)


# Figures


def figures(
    measure: Measure,
    period: Period,
    cutoff: datetime,
    *,
    by_unit: bool,
    units: Units = None,
    seen: datetime | None = None,
) -> dict[str | None, Figure]:
    """A measure in a period, by unit code (calls: by queue), or of all together under None. One aggregate."""
    found: dict[str | None, Figure] = {} if by_unit else {None: Figure()}
    frame = frame_of(period, cutoff, seen)
    for row in db.session.execute(aggregate(measure, frame, by_unit=by_unit, units=units)):
        found[row.unit] = found.get(row.unit, Figure()) + _part(row.bucket, row.rows, row.hits, row.weighted)
    return found


def aggregate(measure: Measure, frame: Frame, *, by_unit: bool, units: Units = None) -> Select[Any]:
    """The statement behind ``figures``: per unit and bucket the rows, those with a weight, and the weights' sum."""
    rows = (
        _rows(
            measure,
            frame,
            (measure.group(frame) if by_unit else literal(None)).label("unit"),
            measure.bucket(frame).label("bucket"),
            measure.weight(frame).label("weight"),
        )
        .where(*_of_units(measure.unit and measure.unit(frame), units))
        .cte("judged")
        .prefix_with("MATERIALIZED")  # each row is judged once, not once for every place its judgement stands in
    )
    hits = func.count().filter(rows.c.weight > 0)
    return (
        select(rows.c.unit, rows.c.bucket, func.count().label("rows"), hits.label("hits"))
        .add_columns(func.sum(rows.c.weight).label("weighted"))
        .where(rows.c.bucket.is_not(None))
        .group_by(rows.c.unit, rows.c.bucket)
    )


def _rows(measure: Measure, frame: Frame, *columns: Any) -> Select[Any]:
    """The rows of a measure in its frame, whatever their bucket."""
    return select(*columns).select_from(ENTITIES[measure.subject]).where(measure.within(frame))


def _of_units(column: Any, units: Units) -> list[ColumnElement[bool]]:
    if units is None:
        return []
    return [literal(value=False) if column is None else column.in_(sorted(units))]


def _part(bucket: str, rows: int, hits: int, weighted: Decimal) -> Figure:
    match Bucket(bucket):
        case Bucket.COUNTED:
            return Figure(numerator=hits, denominator=rows, weighted=weighted)
        case Bucket.NOT_DUE:
            return Figure(not_due=rows)
        case Bucket.EXCLUDED:
            return Figure(excluded=rows, weighted_excluded=weighted)


# The rows behind a number


def rows_behind(
    measure: Measure,
    period: Period,
    cutoff: datetime,
    *,
    unit: str | None = None,
    bucket: Bucket | None = None,
    numerator: bool | None = None,
    category: str | None = None,
    moved_to: str | None = None,
    units: Units = None,
    pending: bool = True,
    seen: datetime | None = None,
) -> Select[Any]:
    """Exactly the rows a number counts, ordered by the instant they count on.

    Rows are Call, Deadline, Evaluation or (of dispatches) Event, all but the first with their ``order`` loaded: an
    order that was evaluated twice in a week counts twice and is there twice.

    unit: a unit code (calls: a queue). bucket: None for every row that is part of the measure.
    numerator: True for counted rows that count for something, False for those that count 0.
    category, moved_to: of dispatches, the order's category and the unit it was sent on to.
    pending: False leaves out what does not count yet.
    """
    frame = frame_of(period, cutoff, seen)
    entity = ENTITIES[measure.subject]
    query = _rows(measure, frame, entity).where(_in_bucket(measure, frame, bucket, numerator=numerator))
    query = query.where(*_of_units(measure.unit and measure.unit(frame), units))
    if unit is not None:
        query = query.where(measure.group(frame) == unit)
    if not pending:
        query = query.where(measure.bucket(frame) != Bucket.NOT_DUE.value)
    if entity is not Call:
        query = query.join(entity.order).options(contains_eager(entity.order))
    if category is not None:
        query = query.where(Order.category_code == category)
    if moved_to is not None and measure.moved_to is not None:
        query = query.where(measure.moved_to(frame) == moved_to)
    return query.order_by(measure.instant, entity.id)


def _in_bucket(measure: Measure, frame: Frame, bucket: Bucket | None, *, numerator: bool | None) -> ColumnElement[bool]:
    falls, weight = measure.bucket(frame), measure.weight(frame)
    wanted = [falls.is_not(None) if bucket is None else falls == bucket.value]
    if numerator is not None:
        wanted += [falls == Bucket.COUNTED.value, weight > 0 if numerator else weight == 0]
    return and_(*wanted)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one row counts, and for which unit (a call: for which queue).

    moved_to: of dispatches, the unit the order was sent on to by the cut-off.
    ground: why it is excluded, where that was decided on appeal.
    """

    bucket: Bucket
    weight: Decimal
    unit: str
    moved_to: str | None = None
    ground: Ground | None = None


def verdicts(
    measure: Measure, period: Period, cutoff: datetime, rows: Iterable[Row], seen: datetime | None = None
) -> dict[int, Verdict]:
    """How rows of ``rows_behind`` count, by their ids."""
    frame = frame_of(period, cutoff, seen)
    entity = ENTITIES[measure.subject]
    query = _rows(measure, frame, entity.id, *_verdict(measure, frame))
    found = db.session.execute(query.where(entity.id.in_([row.id for row in rows])))
    return {row_id: Verdict(Bucket(bucket), *rest) for row_id, bucket, *rest in found}


def judged(
    measure: Measure,
    period: Period,
    cutoff: datetime,
    units: Units = None,
    *,
    pending: bool = True,
    seen: datetime | None = None,
) -> Iterator[tuple[Row, Verdict]]:
    """Every row of a measure with how it counts, read as it is walked through, for exports of any length.

    pending: False leaves out what does not count yet.
    """
    frame = frame_of(period, cutoff, seen)
    query = rows_behind(measure, period, cutoff, units=units, pending=pending, seen=seen)
    query = query.add_columns(*_verdict(measure, frame)).execution_options(yield_per=READ_AT_ONCE)
    for row, bucket, *rest in db.session.execute(query):
        yield row, Verdict(Bucket(bucket), *rest)


def _verdict(measure: Measure, frame: Frame) -> tuple[ColumnElement[Any], ...]:
    beside = (null() if part is None else part(frame) for part in (measure.moved_to, measure.ground))
    return measure.bucket(frame), measure.weight(frame), measure.group(frame), *beside


def leads(rows: Iterable[Deadline | Order], cutoff: datetime) -> dict[int, str | None]:
    """The units that rows of no measure were with at the cut-off, by the rows' ids."""
    orders = {row.id: row.order_id if isinstance(row, Deadline) else row.id for row in rows}
    query = select(Order.id, lead_at(cutoff).label("unit")).where(Order.id.in_(set(orders.values())))
    units = {row.id: row.unit for row in db.session.execute(query)}
    return {row_id: units[order_id] for row_id, order_id in orders.items()}


def grounds(clocks: Iterable[Deadline], frame: Frame) -> dict[int, Ground]:
    """For which reason handle clocks were excluded on appeal, by their ids; without those that were not."""
    found = select(Deadline.id, deadline_ground(frame)).where(Deadline.id.in_([clock.id for clock in clocks]))
    return {clock_id: ground for clock_id, ground in db.session.execute(found) if ground is not None}


# What came in


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
    rows = _received(period, cutoff, units, Order.channel, Order.nature, _state_at(cutoff).label("state")).subquery()
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
        query = query.where(_state_at(cutoff) == state)
    return query.order_by(Order.received_at, Order.id)


def _received(period: Period, cutoff: datetime, units: Units, *columns: Any) -> Select[Any]:
    return select(*columns).where(
        Order.received_at >= period.start,
        Order.received_at < period.end,
        Order.received_at <= cutoff,
        *_of_units(lead_at(cutoff), units),
    )


def _state_at(cutoff: datetime) -> ColumnElement[Any]:
    """The state an order was in: what its log says. An order brought in without a log is in the state it has."""
    last = (
        select(Event.to_state)
        .where(Event.order_id == Order.id, Event.at <= cutoff)
        .order_by(Event.seq.desc())
        .limit(1)
        .correlate(Order)
        .scalar_subquery()
    )
    return func.coalesce(last, Order.state)


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


def dispatched_in(period: Period, cutoff: datetime, units: Units = None, seen: datetime | None = None) -> Dispatched:
    """The orders dispatched in a period by their fate."""
    orders = select(func.count(Order.id)).where(*_dispatched(period, cutoff, units))
    became = fate(Deadline.due_at, frame_of(period, cutoff, seen)).label("fate")
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
    seen: datetime | None = None,
) -> Select[Any]:
    """The handle clocks, each with its order, of what was dispatched in a period, by due time."""
    query = _clocks(period, cutoff, units, Deadline).options(contains_eager(Deadline.order))
    if became is not None:
        query = query.where(fate(Deadline.due_at, frame_of(period, cutoff, seen)) == became.value)
    return query.order_by(Deadline.due_at, Deadline.id)


def _clocks(period: Period, cutoff: datetime, units: Units, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(Deadline).join(Deadline.order)
    return query.where(Deadline.clock == Clock.HANDLE, *_dispatched(period, cutoff, units))


def _dispatched(period: Period, cutoff: datetime, units: Units) -> list[ColumnElement[bool]]:
    return [
        Order.dispatched_at >= period.start,
        Order.dispatched_at < period.end,
        Order.dispatched_at <= cutoff,
        *_of_units(lead_at(cutoff), units),
    ]


# The week


@dataclass(frozen=True, slots=True)
class Line:
    """A unit's (or a queue's) cells, by measure name; a measure it has no rows of is missing."""

    code: str
    name: str
    kind: StrEnum | None
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Week:
    """A whole week report.

    as_of: when it is seen. cutoff: that, or the end of the week if it came first. A measure that watches its rows
    for longer is seen as of later (see ``Measure.cutoff``).
    units_seen: the units it is narrowed to, or None for the whole city. ``city`` is the sum of what is seen.
    """

    period: Period
    as_of: datetime
    cutoff: datetime
    policy_id: int
    policy: Policy
    units_seen: Units
    measures: tuple[Measure, ...]
    city: Mapping[str, Cell]
    units: list[Line]
    queues: list[Line]
    inflow: Inflow
    dispatched: Dispatched

    @property
    def conserved(self) -> bool:
        """Whether every dispatched order is accounted for once."""
        return conserved(self.dispatched)


def week(period: Period, now: datetime, units: Units = None) -> Week:
    """The report of a week (or of any period), beside the period before it.

    Units come grouped by kind, then by code; queues by name. Whoever had no row in either week is left out.
    """
    frame = frame_of(period, cutoff_of(period, now), now)
    table = {measure: _beside(measure, frame, now, units) for measure in measures_for(units)}
    of_units = {measure: cells for measure, cells in table.items() if measure.unit is not None}
    of_queues = {measure: cells for measure, cells in table.items() if measure.unit is None}
    return Week(
        period=period,
        as_of=now,
        cutoff=frame.cutoff,
        policy_id=frame.policy_id,
        policy=frame.policy,
        units_seen=units,
        measures=tuple(table),
        city={measure.name: _together(cells, frame.policy) for measure, cells in table.items()},
        units=_unit_lines(of_units),
        queues=[Line(name, name, None, cells) for name, cells in sorted(_turned(of_queues).items())],
        inflow=inflow(period, frame.cutoff, units),
        dispatched=dispatched_in(period, frame.cutoff, units, now),
    )


def _beside(measure: Measure, frame: Frame, now: datetime, units: Units) -> dict[str, Cell]:
    """A measure's cells by unit, this period beside the one before."""
    period, earlier = frame.period, frame.period.before()
    this = figures(measure, period, measure.cutoff(period, now), by_unit=True, units=units, seen=now)
    last = figures(measure, earlier, measure.cutoff(earlier, now), by_unit=True, units=units, seen=now)
    return {
        code or "": compared(this.get(code, Figure()), last.get(code, Figure()), frame.policy.minimum_n)
        for code in this.keys() | last.keys()
    }


def _together(cells: Mapping[str, Cell], policy: Policy) -> Cell:
    this = pooled(cell.figure for cell in cells.values())
    return compared(this, pooled(cell.before for cell in cells.values()), policy.minimum_n)


def _turned(table: Mapping[Measure, Mapping[str, Cell]]) -> dict[str, dict[str, Cell]]:
    """Cells by measure and unit, as cells by unit and measure name."""
    lines: dict[str, dict[str, Cell]] = {}
    for measure, cells in table.items():
        for code, cell in cells.items():
            lines.setdefault(code, {})[measure.name] = cell
    return lines


def _unit_lines(table: Mapping[Measure, Mapping[str, Cell]]) -> list[Line]:
    lines = _turned(table)
    named = select(Unit).where(Unit.code.in_(list(lines))).order_by(Unit.kind, Unit.code)
    return [Line(unit.code, unit.title, unit.kind, lines[unit.code]) for unit in db.session.scalars(named)]
