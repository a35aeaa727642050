"""Reads of the report: figures, and the rows behind every number.

A figure is one aggregate; its list is the same rows, unfolded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import CTE, ColumnElement, Label, Select, and_, func, literal, null, select
from sqlalchemy.orm import contains_eager

from hotline.base.db import db, kept
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.base.time import Kind as PeriodKind
from hotline.base.time import Period, period_of
from hotline.calls.models import Call
from hotline.handle.models import Evaluation
from hotline.orders.models import Deadline, Event, Order
from hotline.people.actors import Actor
from hotline.people.roles import UNIT_ROLES
from hotline.policy import queries as policies
from hotline.policy.appeals import Ground
from hotline.report.about import ALL, About
from hotline.report.dimensions import By, key_of
from hotline.report.figures import NOTHING, Figure
from hotline.report.measure import MOMENT, Bucket, Frame, Measure, Subject
from hotline.report.measures import WEEKLY, lead_at
from hotline.report.rollup.models import RolledMeasure
from hotline.report.subjects.exclusions import deadline_ground

READ_AT_ONCE = 1000
FRESH = timedelta(minutes=15)  # the worker rolls up every five
Units = frozenset[str] | None  # whose rows: some units', or (None) everybody's
Member = TypeVar("Member", bound=StrEnum)
Row = Call | Deadline | Evaluation | Event | Order

ENTITIES: dict[Subject, Any] = {
    Subject.CALLS: Call,
    Subject.DEADLINES: Deadline,
    Subject.EVALUATIONS: Evaluation,
    Subject.DISPATCHES: Event,
    Subject.CLOSINGS: Event,
    Subject.REPLIES: Evaluation,
    Subject.ORDERS: Order,
}


def scope_of(actor: Actor) -> Units:
    """Whose rows an actor with SEE_REPORTS sees: a unit's people their own units', the others everybody's."""
    return actor.units if actor.role in UNIT_ROLES else None


def period_at(now: datetime, kind: PeriodKind, day: date | None = None) -> Period:
    """The period of a kind a city day lies in, by the windows in force; by default the one it is now."""
    windows, zone = policies.policy_at(now).windows, policies.calendar_now().zone
    return period_of(kind, day or windows.day_of(now, zone), zone, windows)


def period_between(now: datetime, first: date, last: date) -> Period:
    """Some days, by the windows in force: the month, quarter, week or day they are, or a range."""
    for kind in (kind for kind in PeriodKind if kind is not PeriodKind.RANGE):
        period = period_at(now, kind, last)
        if (period.first, period.last) == (first, last):
            return period
    return Period(first, last, policies.calendar_now().zone, windows=policies.policy_at(now).windows)


def seen_period(now: datetime, asked: Mapping[str, Any], reader: Actor) -> tuple[Period, datetime]:
    """The period a reader asks for, and the instant it is seen as of: the latest, or an earlier one asked for.

    asked: any days ("first", "last"), or the "period" a "day" lies in; by default the week it is now. Raises Invalid for
    days where the reader is of a unit.
    """
    seen = min(asked["cutoff"] or latest(now), now)
    if asked["first"] is not None:
        period = period_between(seen, asked["first"], asked["last"])
    else:
        period = period_at(seen, asked["period"], asked["day"])
    if reader.role in UNIT_ROLES and period.kind in {PeriodKind.DAY, PeriodKind.RANGE}:
        # One day's answers would tell when a citizen was asked, and so do the ranges that differ by it.
        raise Invalid({"period": [gettext("give a week, a month, a quarter or a year")]})
    return period, seen


def rolled_at() -> datetime | None:
    """The instant the rollup is seen as of; None before the first."""
    return min(rolled_measures().values(), default=None)


def rolled_measures() -> dict[str, datetime]:
    """The measures of the rollup by their names, and as of when each is. Read once in a transaction."""
    query = select(RolledMeasure.measure, RolledMeasure.cutoff)
    return kept("rolled measures", lambda: dict(db.session.execute(query).all()))


def latest(now: datetime) -> datetime:
    """What a page is seen as of when nobody asks for an instant: the last rollup, and before the first one now.

    Without a worker the page says of when it is (``is_behind``); to count all rows each time anybody looks would take
    the database from those who take calls.
    """
    rolled = rolled_at()
    return rolled if rolled is not None and rolled <= now else now


def fresh(now: datetime) -> datetime | None:
    """The instant of the rollup while the worker keeps it fresh."""
    rolled = rolled_at()
    return rolled if rolled is not None and now - FRESH <= rolled <= now else None


def is_behind(cutoff: datetime, now: datetime) -> bool:
    """Whether what is seen as of the latest instant there is, is older than a worker would leave it."""
    return cutoff < now - FRESH


def frame_of(period: Period, cutoff: datetime) -> Frame:
    """The frame of a count, with the policy at the cut-off, but never a later one than the period's last moment's.

    A policy that takes over the moment a week ends must not measure that week.
    """
    policy_id = policies.policy_id_at(min(cutoff, period.end - MOMENT))
    return Frame(period, cutoff, policy_id, policies.policy(policy_id))


def measures_for(units: Units, about: About = ALL) -> tuple[Measure, ...]:
    """The measures of a report a scope has: what belongs to no unit, a unit's people do not have; calls are about nothing."""
    every = units is None and about == ALL
    return tuple(measure for measure in WEEKLY if every or measure.unit is not None)


# Figures


def figures(
    measure: Measure,
    period: Period,
    cutoff: datetime,
    *,
    by: By | None = None,
    units: Units = None,
    about: About = ALL,
) -> dict[str | None, Figure]:
    """A measure in a period, counted row by row: by a dimension's keys, or all together under None. One aggregate."""
    return figures_in(measure, frame_of(period, cutoff), by=by, units=units, about=about)


def figures_in(
    measure: Measure, frame: Frame, *, by: By | None = None, units: Units = None, about: About = ALL
) -> dict[str | None, Figure]:
    """The same in a frame, whatever policy it has."""
    found: dict[str | None, Figure] = {} if by else {None: Figure()}
    for key, *counts in db.session.execute(aggregate(measure, frame, by=by, units=units, about=about)):
        found[key or None] = found.get(key or None, NOTHING) + Figure(*counts)
    return found


def aggregate(
    measure: Measure, frame: Frame, *, by: By | None = None, units: Units = None, about: About = ALL
) -> Select[Any]:
    """The statement behind ``figures``: per key what a Figure has, in its order."""
    key = literal(None) if by is None else key_of(by, measure, frame)
    rows = judge(measure, frame, key.label("key"), units=units, about=about, joined=by not in {None, By.UNIT})
    return select(rows.c.key, *counts_of(rows)).where(rows.c.bucket.is_not(None)).group_by(rows.c.key)


def judge(
    measure: Measure,
    frame: Frame,
    *columns: Any,
    units: Units = None,
    about: About = ALL,
    joined: bool = False,
) -> CTE:
    """The rows of a measure with how each counts, and some columns beside. joined: with their orders."""
    query = _rows(
        measure, frame, *columns, measure.bucket(frame).label("bucket"), measure.weight(frame).label("weight")
    )
    entity = ENTITIES[measure.subject]
    if (joined or measure.joined) and entity is not Order:
        query = query.join(entity.order)
    query = query.where(*of_units(measure.unit and measure.unit(frame), units), *about.of_rows(entity))
    return query.cte("judged").prefix_with("MATERIALIZED")  # each row is judged once, not once for every count


def counts_of(rows: CTE, which: str = "") -> tuple[Label[Any], ...]:
    """What a Figure has, in its order, counted over judged rows. which: of several verdicts beside each other."""
    bucket, weight = rows.c[f"bucket{which}"], rows.c[f"weight{which}"]
    counted, excluded = (bucket == one.value for one in (Bucket.COUNTED, Bucket.EXCLUDED))
    return (
        func.count().filter(counted, weight > 0).label("numerator"),
        func.count().filter(counted).label("denominator"),
        func.count().filter(bucket == Bucket.NOT_DUE.value).label("not_due"),
        func.count().filter(excluded).label("excluded"),
        func.coalesce(func.sum(weight).filter(counted), 0).label("weighted"),
        func.coalesce(func.sum(weight).filter(excluded), 0).label("weighted_excluded"),
    )


def _rows(measure: Measure, frame: Frame, *columns: Any) -> Select[Any]:
    """The rows of a measure in its frame, whatever their bucket."""
    return select(*columns).select_from(ENTITIES[measure.subject]).where(measure.within(frame))


def of_units(column: Any, units: Units) -> list[ColumnElement[bool]]:
    """The condition that narrows rows to some units'; none for everybody's. column: None where rows have no unit."""
    if units is None:
        return []
    return [literal(value=False) if column is None else column.in_(sorted(units))]


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
    about: About = ALL,
    pending: bool = True,
) -> Select[Any]:
    """Exactly the rows a number counts, ordered by the instant they count on.

    Rows are Call, Order, Deadline, Evaluation or Event, all but the first two with their ``order`` loaded: an
    order that was evaluated twice in a week counts twice and is there twice.

    unit: a unit code (calls: a queue). bucket: None for every row that is part of the measure.
    numerator: True for counted rows that count for something, False for those that count 0.
    category, moved_to: of dispatches, the order's category and the unit it was sent on to.
    pending: False leaves out what does not count yet.
    """
    frame = frame_of(period, cutoff)
    entity = ENTITIES[measure.subject]
    query = _rows(measure, frame, entity).where(_in_bucket(measure, frame, bucket, numerator=numerator))
    query = query.where(*of_units(measure.unit and measure.unit(frame), units), *about.of_rows(entity))
    if unit is not None:
        query = query.where(measure.group(frame) == unit)
    if not pending:
        query = query.where(measure.bucket(frame) != Bucket.NOT_DUE.value)
    if entity not in {Call, Order}:
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
    """How one row counts, and for which unit (a call: for which queue; None: for no unit).

    moved_to: of dispatches, the unit the order was sent on to by the cut-off.
    ground: why it is excluded, where that was decided on appeal.
    """

    bucket: Bucket
    weight: Decimal
    unit: str | None
    moved_to: str | None = None
    ground: Ground | None = None


def verdicts(measure: Measure, period: Period, cutoff: datetime, rows: Iterable[Row]) -> dict[int, Verdict]:
    """How rows of ``rows_behind`` count, by their ids."""
    frame = frame_of(period, cutoff)
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
) -> Iterator[tuple[Row, Verdict]]:
    """Every row of a measure with how it counts, read as it is walked through, for exports of any length.

    pending: False leaves out what does not count yet.
    """
    frame = frame_of(period, cutoff)
    query = rows_behind(measure, period, cutoff, units=units, pending=pending)
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
