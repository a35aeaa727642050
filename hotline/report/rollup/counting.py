"""Figures of many measures and periods at once: from the rollup where it is what was asked for, else row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import product
from typing import Any

from sqlalchemy import text

from hotline.base.db import db
from hotline.base.time import DAY, Period
from hotline.report.about import ALL, About
from hotline.report.dimensions import By
from hotline.report.figures import NOTHING, Figure, pooled
from hotline.report.measure import Frame, Measure
from hotline.report.queries import Units, figures_in, frame_of, rolled_at
from hotline.report.rollup.models import WHOLE
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
    """Figures by measure and period: by a dimension's keys, or all together under None."""
    asked = [(measure, period, by) for measure, period in product(measures, dict.fromkeys(periods))]
    found = count_asked(asked, cutoff, units=units, about=about)
    return {(measure, period): keyed for (measure, period, _), keyed in found.items()}


def count_asked(
    asked: Iterable[Asked], cutoff: datetime, *, units: Units = None, about: About = ALL
) -> Mapping[Asked, Keyed]:
    """Figures of different measures, periods and dimensions at once: each by its dimension's keys, or whole under None.

    What the rollup can answer, it answers in one statement: everybody's figures, or some units' by unit or together.
    """
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
                sums[at][key] = sums[at].get(key, NOTHING) + figure
    found: dict[Asked, Keyed] = {}
    for at, keyed in sums.items():
        one = asked[at][0]
        found[one] = {None: pooled(keyed.values())} if one[2] is None else keyed
    return found


def _summed_over(by: By | None, units: Units) -> By | None:
    """The dimension the rollup is read by: some units' whole is the sum of theirs."""
    return By.UNIT if units is not None else by


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
    names = ("at", "name", "first", "last", "by", "reads")
    said: dict[str, Any] = {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    said |= {"cutoff": cutoff, "units": None if units is None else sorted(units)}
    found: dict[int, Keyed] = defaultdict(dict)
    otherwise: dict[int, list[date]] = {}
    for at, days, key, *counts in db.session.execute(_SUMS, said):
        keyed = found[at]  # there as soon as the rollup is as of the cut-off, also where no day has rows
        if key is not None:
            keyed[key or None] = Figure(*counts)
        if days:
            otherwise[at] = days
    return found, otherwise


# In words of the database, because a page asks it eight times, and having it built would take as long as answering it.
# What is asked for comes as arrays, a row each: its place, the measure, the days, the dimension, what of the policy it
# reads. Beside each comes which of its days were counted by another policy's numbers.
_SUMS = text(
    f"""
    SELECT wanted.at, otherwise.days, sums.*
    FROM unnest(CAST(:at AS integer[]), CAST(:name AS text[]), CAST(:first AS date[]), CAST(:last AS date[]),
        CAST(:by AS text[]), CAST(:reads AS text[])) AS wanted (at, name, first, last, by, reads)
      JOIN rolled_measure ON rolled_measure.measure = wanted.name AND rolled_measure.cutoff = :cutoff
      CROSS JOIN LATERAL (
        SELECT array_agg(day ORDER BY day) AS days FROM rolled_day
        WHERE measure = wanted.name AND day BETWEEN wanted.first AND wanted.last AND reads <> wanted.reads
      ) AS otherwise
      LEFT JOIN LATERAL (
        SELECT figure.key, {", ".join(f"sum(figure.{name})" for name in COUNTS)}
        FROM daily_figure AS figure JOIN rolled_day USING (measure, day)
        WHERE figure.measure = wanted.name AND figure.by = wanted.by AND figure.day BETWEEN wanted.first AND wanted.last
          AND rolled_day.reads = wanted.reads AND (CAST(:units AS text[]) IS NULL OR figure.key = ANY(:units))
        GROUP BY figure.key
      ) AS sums ON true
    """  # noqa: S608 # columns of this module
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
