"""Figures of many measures and periods at once: from the rollup where it is what was asked for, else row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from itertools import product
from typing import Any

from sqlalchemy import ARRAY, Date, Integer, Select, String, and_, bindparam, column, func, select

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
Asked = tuple[Measure, Period, By | None]


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
    asked = [(measure, period, by) for measure, period in product(measures, dict.fromkeys(periods))]
    return {(measure, period): keyed for (measure, period, _), keyed in _count(asked, cutoff, units, about).items()}


def count_parts(
    measure: Measure,
    dimensions: Iterable[By],
    periods: Iterable[Period],
    cutoff: datetime,
    *,
    units: Units = None,
    about: About = ALL,
) -> Mapping[tuple[By, Period], Keyed]:
    """One measure's figures by several dimensions at once, by dimension and period."""
    asked: list[Asked] = [(measure, period, by) for by, period in product(dimensions, dict.fromkeys(periods))]
    return {(by, period): keyed for (_, period, by), keyed in _count(asked, cutoff, units, about).items() if by}


def _count(asked: Iterable[Asked], cutoff: datetime, units: Units, about: About) -> dict[Asked, Keyed]:
    frames = {one: frame_of(one[1], cutoff) for one in asked}
    known = {
        one: frame for one, frame in frames.items() if about == ALL and (units is None or one[2] in {None, By.UNIT})
    }
    found = _from_rollup(known, cutoff, units) if known and rolled_at() is not None else {}
    for one, frame in frames.items():
        if one not in found:
            found[one] = figures_in(one[0], frame, by=one[2], units=units, about=about)
    return found


def _from_rollup(frames: Mapping[Asked, Frame], cutoff: datetime, units: Units) -> dict[Asked, Keyed]:
    """What the rollup has as of the cut-off; without the measures that it has as of another."""
    asked = list(frames.items())
    sums, otherwise = _sums(asked, cutoff, units)
    for at, days in otherwise.items():
        (measure, period, by), frame = asked[at]
        for first, last in _spans(days):
            part = Frame(period.within(first, last), frame.cutoff, frame.policy_id, frame.policy)
            for key, figure in figures_in(measure, part, by=_summed_over(by, units), units=units).items():
                sums[at][key] = sums[at].get(key, Figure()) + figure
    found: dict[Asked, Keyed] = {}
    for at, keyed in sums.items():
        one = asked[at][0]
        found[one] = {None: pooled(keyed.values())} if one[2] is None else keyed
    return found


def _summed_over(by: By | None, units: Units) -> By | None:
    """The dimension the rollup is read by: some units' whole is the sum of theirs."""
    return By.UNIT if units is not None else by


# What is asked for, as a row each: its number, the measure, the days, the dimension, what of the policy it reads.
WANTED = {"at": Integer, "name": String, "first": Date, "last": Date, "by": String, "reads": String}


def _sums(
    asked: Sequence[tuple[Asked, Frame]], cutoff: datetime, units: Units
) -> tuple[dict[int, Keyed], dict[int, list[date]]]:
    """The sums of the days by the place in what is asked, and the days that were counted by another policy's numbers.

    Without what the rollup has as of another instant. One statement says it all, because the worker may bring the
    rollup up to date at any moment.
    """
    rows = [
        (at, measure.name, period.first, period.last, _summed_over(by, units) or WHOLE, reads_of(measure, frame))
        for at, ((measure, period, by), frame) in enumerate(asked)
    ]
    said = {name: list(values) for name, values in zip(WANTED, zip(*rows, strict=True), strict=True)}
    given = {**said, "dimensions": sorted({*said["by"]}), "cutoff": cutoff}
    if units is not None:
        given["units"] = sorted(units)
    found: dict[int, Keyed] = defaultdict(dict)
    otherwise: dict[int, list[date]] = {}
    for at, key, days, *counts in db.session.execute(_statement(of_units=units is not None), given):
        keyed = found[at]  # there as soon as the rollup is as of the cut-off, also where no day has rows
        if key is not None:
            keyed[key or None] = Figure(*counts)
        elif days:
            otherwise[at] = sorted(days)
    return found, otherwise


@lru_cache(2)
def _statement(*, of_units: bool) -> Select[Any]:
    """The one statement: a page asks it a dozen times, and building it takes as long as answering it.

    What is asked for comes as arrays, so that it is the same however much that is.
    """
    arrays: Iterable[Any] = (bindparam(name, type_=ARRAY(kind)) for name, kind in WANTED.items())
    columns: Iterable[Any] = (column(name, kind) for name, kind in WANTED.items())
    wanted = func.unnest(*arrays).table_valued(*columns).render_derived("wanted")
    # The dimensions are said beside, too: what is only joined, the database has to guess.
    figure, mine = (
        DailyFigure,
        [DailyFigure.by == wanted.c.by, DailyFigure.by.in_(bindparam("dimensions", expanding=True))],
    )
    if of_units:
        mine.append(figure.key.in_(bindparam("units", expanding=True)))
    in_period = (RolledDay.measure == wanted.c.name, RolledDay.day.between(wanted.c.first, wanted.c.last))
    alike = RolledDay.reads == wanted.c.reads
    as_of = (RolledMeasure.measure == wanted.c.name, RolledMeasure.cutoff == bindparam("cutoff"))
    return (
        select(
            wanted.c.at,
            figure.key,
            func.array_agg(RolledDay.day).filter(~alike),
            *(func.sum(getattr(figure, name)) for name in COUNTS),
        )
        .join(RolledMeasure, and_(*as_of))
        .outerjoin(RolledDay, and_(*in_period))
        .outerjoin(figure, and_(figure.measure == RolledDay.measure, figure.day == RolledDay.day, alike, *mine))
        .group_by(wanted.c.at, figure.key)
    )


def _spans(days: Sequence[date]) -> list[tuple[date, date]]:
    """Days in a row, by first and last."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and day - spans[-1][1] == DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans
