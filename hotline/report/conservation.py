"""The rollup and its rows, checked against each other (``hotline verify measures``): nothing lost, nothing twice.

Every day of every measure is counted anew and compared; what a dimension's keys hold must add up to the whole; and every
dispatched order must be in exactly one of: not yet due, on time, late, overdue, excluded. A difference names the day,
the unit (or other key) and the measure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Date, and_, cast, func, literal, or_, select

from hotline.base.db import db
from hotline.orders.models import Deadline, Order
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.report.counting import rolled_at
from hotline.report.measure import Frame, Measure
from hotline.report.measures import lead_at, measures_at
from hotline.report.models import WHOLE, DailyFigure
from hotline.report.rollup import COUNTS, Roll, daily


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Two numbers that should be one. by, key: of which dimension's key; empty for all together."""

    day: date
    measure: str
    by: str
    key: str
    stored: str
    counted: str

    def __str__(self) -> str:
        whose = f" {self.by} {self.key}" if self.by else ""
        return f"{self.day}{whose} {self.measure}: {self.stored}, counted {self.counted}"


def verify_measures(first: date, last: date) -> Iterator[Mismatch]:
    """Every mismatch of the days from first to last, as of the rollup's cut-off. Nothing before the first rollup."""
    cutoff = rolled_at()
    if cutoff is None:
        return
    measures = measures_at(policies.policy_at(cutoff))
    for measure in measures:
        yield from _recounted(measure, first, last, cutoff)
    yield from _parts(first, last)
    yield from _fates(Roll(measures[0], cutoff).frame(first, last))


def _recounted(measure: Measure, first: date, last: date, cutoff: datetime) -> Iterator[Mismatch]:
    """Days whose figures are not what their rows say, by the policy each was counted by."""
    roll = Roll(measure, cutoff)
    for run in roll.runs(roll.frame(first, last).period.days):
        anew = daily(measure, roll.frame(run[0], run[-1])).cte("anew")
        stored = (
            select(DailyFigure).where(DailyFigure.measure == measure.name, DailyFigure.day.between(run[0], run[-1]))
        ).cte("stored")
        same = and_(stored.c.day == anew.c.day, stored.c.by == anew.c.by, stored.c.key == anew.c.key)
        differ = or_(*(stored.c[name].is_distinct_from(anew.c[name]) for name in COUNTS))
        where = [func.coalesce(stored.c[name], anew.c[name]) for name in ("day", "by", "key")]
        both = stored.join(anew, same, full=True)
        query = select(*where, *(side.c[name] for side in (stored, anew) for name in COUNTS)).select_from(both)
        for day, by, key, *counts in db.session.execute(query.where(differ).order_by(*where)):
            half = len(COUNTS)
            yield Mismatch(day, measure.name, by, key, _said(counts[:half]), _said(counts[half:]))


def _parts(first: date, last: date) -> Iterator[Mismatch]:
    """Dimensions whose keys do not add up to the whole."""
    figure = DailyFigure
    total = sum((getattr(figure, name) for name in ("denominator", "not_due", "excluded")), start=literal(0))
    by_day = (
        select(
            figure.measure,
            figure.day,
            figure.by,
            func.sum(figure.numerator).label("part"),
            func.sum(total).label("all"),
        )
        .where(figure.day.between(first, last))
        .group_by(figure.measure, figure.day, figure.by)
        .cte("by_day")
    )
    whole, parts = by_day.alias("whole"), by_day.alias("parts")
    query = (
        select(parts.c.day, parts.c.measure, parts.c.by, parts.c.part, parts.c.all, whole.c.part, whole.c.all)
        .join(whole, and_(whole.c.measure == parts.c.measure, whole.c.day == parts.c.day, whole.c.by == WHOLE))
        .where(parts.c.by != WHOLE, or_(parts.c.part != whole.c.part, parts.c.all != whole.c.all))
    )
    for day, measure, by, *counts in db.session.execute(query):
        yield Mismatch(day, measure, by, "", _said(counts[2:]), _said(counts[:2]))


def _fates(frame: Frame) -> Iterator[Mismatch]:
    """Dispatched orders without a handle clock, or with two: each is in one fate, and its clock says which."""
    local = func.timezone(frame.period.zone.key, Order.dispatched_at) - frame.period.windows.shift
    clocks = func.count(Deadline.id)
    query = (
        select(cast(local, Date), func.coalesce(lead_at(frame.cutoff), WHOLE), Order.number, clocks)
        .outerjoin(Deadline, and_(Deadline.order_id == Order.id, Deadline.clock == Clock.HANDLE))
        .where(frame.has(Order.dispatched_at), Order.dispatched_at <= frame.cutoff)
        .group_by(Order.id)
        .having(clocks != 1)
        .order_by(Order.number)
    )
    for day, unit, number, fates in db.session.execute(query):
        yield Mismatch(day, "dispatched", "unit", unit, f"order {number}", f"{fates} times")


def _said(counts: list[object]) -> str:
    return "/".join("–" if one is None else f"{one}" for one in counts)
