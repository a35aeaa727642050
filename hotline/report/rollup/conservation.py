"""The rollup and its rows, checked against each other (``hotline verify measures``): nothing lost, nothing twice.

Every day of every measure is counted anew and compared; what a dimension's keys hold must add up to the whole; and every
dispatched order must be in exactly one of: not yet due, on time, late, overdue, excluded. A difference names the day,
the unit (or other key) and the measure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import product

from flask import current_app
from sqlalchemy import Date, and_, cast, func, literal, or_, select

from hotline.base.db import db
from hotline.base.work import one_picture, share_picture
from hotline.orders.models import Deadline, Order
from hotline.policy.limits import Clock
from hotline.report.dimensions import By
from hotline.report.measure import Frame, Measure
from hotline.report.measures import lead_at
from hotline.report.queries import rolled_at
from hotline.report.rollup.models import WHOLE, DailyFigure
from hotline.report.rollup.rolling import COUNTS, KEYS, Roll, daily, give_room, measures_rolled, passes


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


def verify_measures(first: date, last: date, *, at_once: int = 1) -> Iterator[Mismatch]:
    """Every mismatch of the days from first to last, as of the rollup's cut-off. Nothing before the first rollup.

    at_once: how many measures are counted at the same time, each by a connection of its own that reads what this one does.
    """
    cutoff = rolled_at()
    if cutoff is None:
        return
    give_room()
    rolls = [Roll(measure, cutoff) for measure in measures_rolled(cutoff)]
    days = rolls[0].frame(first, last).period.days
    asked = list(passes(dict.fromkeys(rolls, days)))
    if at_once > 1:
        yield from _recounted_at_once(asked, at_once)
    else:
        for together, frame in asked:
            yield from _recounted(together, frame)
    yield from _parts(first, last)
    yield from _identities(first, last)
    yield from _fates(rolls[0].frame(first, last))


def _recounted_at_once(asked: Iterable[tuple[list[Measure], Frame]], many: int) -> Iterator[Mismatch]:
    """The same of several passes at a time."""
    app, picture = current_app._get_current_object(), share_picture()  # type: ignore[attr-defined]  # noqa: SLF001 # as Flask says it is done

    def recount(one: tuple[list[Measure], Frame]) -> list[Mismatch]:
        with app.app_context(), one_picture(picture):
            give_room()
            return list(_recounted(*one))

    with ThreadPoolExecutor(many) as threads:
        for found in threads.map(recount, asked):
            yield from found


def _recounted(measures: list[Measure], frame: Frame) -> Iterator[Mismatch]:
    """Days of some measures about the same rows whose figures are not what the rows say."""
    anew, figure = daily(measures, frame).cte("anew"), DailyFigure
    columns = dict(zip(KEYS + COUNTS, anew.c, strict=True))
    these = (
        figure.measure.in_([one.name for one in measures]),
        figure.day.between(frame.period.first, frame.period.last),
    )
    stored = select(figure).where(*these).cte("stored")
    same = and_(*(stored.c[name] == columns[name] for name in KEYS))
    differ = or_(*(stored.c[name].is_distinct_from(columns[name]) for name in COUNTS))
    where = [func.coalesce(stored.c[name], columns[name]) for name in ("day", "measure", "by", "key")]
    counts = [side[name] for side in (stored.c, columns) for name in COUNTS]
    query = select(*where, *counts).select_from(stored.join(anew, same, full=True)).where(differ).order_by(*where)
    for day, measure, by, key, *both in db.session.execute(query):
        half = len(COUNTS)
        yield Mismatch(day, measure, by, key, _said(both[:half]), _said(both[half:]))


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


# Sums of figures that are one number: every measure's name and count on the left, one on the right.
IDENTITIES = (
    ([("on_time", "numerator"), ("overdue", "numerator")], ("on_time", "denominator")),
    ([("on_time", "denominator")], ("completion", "denominator")),
    ([("on_time", "denominator")], ("overdue", "denominator")),
    ([("on_time", "denominator"), ("on_time", "excluded")], ("excluded_on_appeal", "denominator")),
    ([("fates", "denominator")], ("dispatched", "denominator")),
    ([("direct_answer", name) for name in ("denominator", "not_due", "excluded")], ("received", "denominator")),
)


def _identities(first: date, last: date) -> Iterator[Mismatch]:
    """Days and units of which sums that must be one number are not."""
    names = {name for left, (name, _) in IDENTITIES for name in (name, *(one for one, _ in left))}
    query = select(DailyFigure).where(DailyFigure.day.between(first, last), DailyFigure.measure.in_(names))
    found = {
        (one.day, one.by, one.key, one.measure): one
        for one in db.session.scalars(query.where(DailyFigure.by.in_([WHOLE, By.UNIT])))
    }
    for (day, by, key), (left, right) in product(sorted({where[:3] for where in found}), IDENTITIES):
        if by == By.UNIT and left[0][0] in OF_NO_UNIT:
            continue
        parts, whole = (
            sum(getattr(found.get((day, by, key, name)), column, 0) for name, column in side)
            for side in (left, [right])
        )
        if parts != whole:
            said = " + ".join(f"{name} {column}" for name, column in left)
            yield Mismatch(day, f"{said} = {' '.join(right)}", by, key, str(parts), str(whole))


OF_NO_UNIT = ("direct_answer",)  # the center's own work


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
