"""Figures of many measures and periods at once: from the rollup where it is what was asked for, else row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import product
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Date, Integer, String, TableValuedAlias, and_, cast, column, func, select

from hotline.base.db import db
from hotline.base.time import DAY, Period
from hotline.report.about import ALL, About
from hotline.report.dimensions import By
from hotline.report.figures import Figure, pooled
from hotline.report.measure import Frame, Measure
from hotline.report.queries import Units, figures_in, frame_of, rolled_at
from hotline.report.rollup.models import WHOLE, DailyFigure, RolledDay, RolledMeasure
from hotline.report.rollup.rolling import COUNTS, reads_of

Keyed = dict[str | None, Figure]
Counted = Mapping[tuple[Measure, Period], Keyed]


def count(
    measures: Iterable[Measure],
    periods: Iterable[Period],
    cutoff: datetime,
    *,
    by: By | None = None,
    units: Units = None,
    about: About = ALL,
) -> Counted:
    """Figures by measure and period: by a dimension's keys, or all together under None.

    What the rollup can answer, it answers in one statement: everybody's figures, or some units' by unit or together.
    """
    frames = {(one, period): frame_of(period, cutoff) for one, period in product(measures, dict.fromkeys(periods))}
    known = frames if about == ALL and (units is None or by in {None, By.UNIT}) else {}
    found = _from_rollup(known, cutoff, by, units) if known and rolled_at() is not None else {}
    for (measure, period), frame in frames.items():
        if (measure, period) not in found:
            found[measure, period] = figures_in(measure, frame, by=by, units=units, about=about)
    return found


def _from_rollup(
    frames: Mapping[tuple[Measure, Period], Frame], cutoff: datetime, by: By | None, units: Units
) -> dict[tuple[Measure, Period], Keyed]:
    """What the rollup has as of the cut-off; without the measures that it has as of another."""
    inner = By.UNIT if units is not None else by
    asked = list(frames.items())
    sums = _sums(_wanted(asked), cutoff, inner, units)
    if not sums:
        return {}
    for at, days in _counted_otherwise(_wanted([asked[at] for at in sums]), list(sums)).items():
        (measure, period), frame = asked[at]
        for first, last in _spans(days):
            part = Frame(period.within(first, last), frame.cutoff, frame.policy_id, frame.policy)
            for key, figure in figures_in(measure, part, by=inner, units=units).items():
                sums[at][key] = sums[at].get(key, Figure()) + figure
    if by is None:
        return {asked[at][0]: {None: pooled(keyed.values())} for at, keyed in sums.items()}
    return {asked[at][0]: keyed for at, keyed in sums.items()}


def _wanted(asked: Sequence[tuple[tuple[Measure, Period], Frame]]) -> TableValuedAlias:
    """What is asked for as rows: its number, the measure, the days, what of the policy it reads."""
    rows = [
        (at, measure.name, period.first, period.last, reads_of(measure, frame))
        for at, ((measure, period), frame) in enumerate(asked)
    ]
    # As arrays, so that the statement is the same however many are asked for.
    types = {"at": Integer, "name": String, "first": Date, "last": Date, "reads": String}
    arrays: Iterable[ColumnElement[Any]] = (
        cast(list(values), ARRAY(kind)) for values, kind in zip(zip(*rows, strict=True), types.values(), strict=True)
    )
    return (
        func.unnest(*arrays)
        .table_valued(*(column(name, kind) for name, kind in types.items()))
        .render_derived("wanted")
    )


def _sums(wanted: TableValuedAlias, cutoff: datetime, by: By | None, units: Units) -> dict[int, Keyed]:
    """The sums of the days by the number of what is wanted; without what the rollup has as of another instant.

    One statement says both, because the worker may bring the rollup up to date at any moment.
    """
    figure, mine = DailyFigure, [DailyFigure.by == (by or WHOLE)]
    if units is not None:
        mine.append(figure.key.in_(sorted(units)))
    in_period = (RolledDay.measure == wanted.c.name, RolledDay.day.between(wanted.c.first, wanted.c.last))
    query = (
        select(wanted.c.at, figure.key, *(func.sum(getattr(figure, name)) for name in COUNTS))
        .join(RolledMeasure, and_(RolledMeasure.measure == wanted.c.name, RolledMeasure.cutoff == cutoff))
        .outerjoin(RolledDay, and_(*in_period, RolledDay.reads == wanted.c.reads))
        .outerjoin(figure, and_(figure.measure == RolledDay.measure, figure.day == RolledDay.day, *mine))
        .group_by(wanted.c.at, figure.key)
    )
    found: dict[int, Keyed] = defaultdict(dict)
    for at, key, *counts in db.session.execute(query):
        keyed = found[at]  # there as soon as the rollup is as of the cut-off, also where no day has rows
        if key is not None:
            keyed[key or None] = Figure(*counts)
    return found


def _counted_otherwise(wanted: TableValuedAlias, numbers: Sequence[int]) -> dict[int, list[date]]:
    """Days that were counted by another policy's numbers than those the period is seen by, by ``numbers``."""
    day = RolledDay
    query = select(wanted.c.at, day.day).join(
        day,
        and_(
            day.measure == wanted.c.name,
            day.day.between(wanted.c.first, wanted.c.last),
            day.reads != wanted.c.reads,
        ),
    )
    found: dict[int, list[date]] = defaultdict(list)
    for at, one in db.session.execute(query.order_by(wanted.c.at, day.day)):
        found[numbers[at]].append(one)
    return found


def _spans(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days in a row, by first and last."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and day - spans[-1][1] == DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans
