"""Every measure of the registry: against a model in plain Python, and by the rules all measures keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hotline.base.db import db
from hotline.base.time import Period
from hotline.policy import queries as policies
from hotline.report import queries
from hotline.report.dimensions import By
from hotline.report.figures import Figure
from hotline.report.measure import Bucket, Measure
from hotline.report.measures import MEASURES, measures_at
from tests.report import model
from tests.report.rows import DAY, HOUR, WEEK, at
from tests.report.stories import story, write

MUCH_LATER = WEEK.end + 40 * DAY
ONE_WAY = {"wait", "abandoned_wait", "excluded_on_appeal"}
ANY = settings(
    max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def every_measure() -> tuple[Measure, ...]:
    return measures_at(policies.policy_at(at(17)))


def counted(measure: Measure, period: Period, cutoff: datetime) -> dict[str | None, Figure]:
    return queries.figures(measure, period, cutoff, by=By.UNIT)


@contextmanager
def for_now() -> Iterator[None]:
    """What is written within is undone at its end."""
    undone = db.session.begin_nested()
    try:
        yield
    finally:
        undone.rollback()
        db.session.expire_all()


def days(period: Period) -> list[Period]:
    length = (period.last - period.first).days + 1
    return [Period(day, day, period.zone) for day in (period.first + n * DAY for n in range(length))]


@pytest.mark.parametrize(("seed", "cutoff"), [(1, at(12, 15)), (2, WEEK.end), (3, MUCH_LATER), (4, MUCH_LATER)])
def test_figures_are_those_of_the_model(session: None, seed: int, cutoff: datetime) -> None:
    told = story(seed, orders=160, calls=120)
    write(told, MUCH_LATER)
    modelled = [measure for measure in every_measure() if measure.name in model.ROWS]
    assert {measure.name for measure in modelled} == set(model.ROWS)
    found = {measure.name: counted(measure, WEEK, cutoff) for measure in modelled}
    assert found == {name: model.figures(name, told, WEEK, cutoff) for name in model.ROWS}


def test_the_stories_have_rows_that_count_and_rows_that_do_not(session: None) -> None:
    told = [story(seed, orders=160, calls=120) for seed in (1, 2, 3, 4)]
    for name in model.ROWS.keys() - ONE_WAY:
        found = (figure for one in told for figure in model.figures(name, one, WEEK, MUCH_LATER).values())
        figure = sum(found, Figure())
        assert 0 < figure.weighted < figure.denominator, name


def test_every_built_in_measure_has_a_model() -> None:
    assert {measure.name for measure in MEASURES} <= set(model.ROWS)


@settings(ANY, max_examples=2)
@given(seed=st.integers(0, 10**6), hours=st.integers(-24, 24 * 45))
def test_a_week_is_the_sum_of_its_days(session: None, seed: int, hours: int) -> None:
    cutoff = WEEK.start + hours * HOUR
    with for_now():
        write(story(seed), MUCH_LATER)
        for measure in every_measure():
            summed: dict[str | None, Figure] = {}
            for day in days(WEEK):
                for unit, figure in counted(measure, day, cutoff).items():
                    summed[unit] = summed.get(unit, Figure()) + figure
            assert (measure.name, counted(measure, WEEK, cutoff)) == (measure.name, summed)


@ANY
@given(seed=st.integers(0, 10**6), hours=st.integers(0, 24 * 30))
def test_a_cutoff_shows_what_was_known_then(session: None, seed: int, hours: int) -> None:
    """A world that goes no further than the cut-off has the same figures as one that does."""
    cutoff = WEEK.start + hours * HOUR
    found = []
    for until in (cutoff, MUCH_LATER):
        with for_now():
            write(story(seed), until)
            found.append({measure.name: counted(measure, WEEK, cutoff) for measure in every_measure()})
    assert found[0] == found[1]


@ANY
@given(seed=st.integers(0, 10**6), hours=st.integers(0, 24 * 40))
def test_what_is_ripe_changes_no_more_while_nothing_is_touched(session: None, seed: int, hours: int) -> None:
    cutoff, policy = WEEK.start + hours * HOUR, policies.policy_at(at(17))
    with for_now():
        write(story(seed), cutoff)
        for measure in every_measure():
            ripe = measure.ripens(cutoff, policy)
            assert ripe <= cutoff
            ripened = [day for day in days(WEEK) if day.end <= ripe]
            if ripened:
                whole = Period(WEEK.first, ripened[-1].last, WEEK.zone)  # the sum of its days
                later = counted(measure, whole, cutoff + 30 * DAY)
                assert (measure.name, counted(measure, whole, cutoff)) == (measure.name, later)


@pytest.mark.parametrize("cutoff", [at(12, 15), MUCH_LATER])
def test_lists_are_the_figures(session: None, cutoff: datetime) -> None:
    write(story(5), MUCH_LATER)
    for measure in every_measure():
        units = counted(measure, WEEK, cutoff)
        rows = list(db.session.scalars(queries.rows_behind(measure, WEEK, cutoff)))
        verdicts = queries.verdicts(measure, WEEK, cutoff, rows)
        assert len({row.id for row in rows}) == len(rows) == len(verdicts)
        listed: dict[str | None, Figure] = {}
        for verdict in verdicts.values():
            one = model.figure_of(verdict.bucket.value, verdict.weight)
            listed[verdict.unit] = listed.get(verdict.unit, Figure()) + one
        assert (measure.name, listed) == (measure.name, units)
        for bucket in Bucket:
            size = sum(verdict.bucket is bucket for verdict in verdicts.values())
            assert len(list(db.session.scalars(queries.rows_behind(measure, WEEK, cutoff, bucket=bucket)))) == size
