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
    told = story(seed)
    write(told, MUCH_LATER)
    modelled = [measure for measure in every_measure() if measure.name in model.ROWS]
    assert {measure.name for measure in modelled} == set(model.ROWS)
    found = {measure.name: counted(measure, WEEK, cutoff) for measure in modelled}
    assert found == {name: model.figures(name, told, WEEK, cutoff) for name in model.ROWS}
    if cutoff is MUCH_LATER:  # what is ripe by then must have been there to be counted, one way and the other
        whole = {name: sum(units.values(), Figure()) for name, units in found.items()}
        one_way = [name for name, figure in whole.items() if not 0 < figure.weighted < max(figure.denominator, 1)]
        assert set(one_way) <= ONE_WAY, one_way


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


def test_lists_are_the_figures(session: None) -> None:
    write(story(5), MUCH_LATER)
    for measure in every_measure():
        for cutoff in (at(12, 15), MUCH_LATER):
            figure = queries.figures(measure, WEEK, cutoff)[None]
            sizes = {
                Bucket.COUNTED: figure.denominator,
                Bucket.NOT_DUE: figure.not_due,
                Bucket.EXCLUDED: figure.excluded,
            }
            for bucket, size in sizes.items():
                rows = list(db.session.scalars(queries.rows_behind(measure, WEEK, cutoff, bucket=bucket)))
                assert len({row.id for row in rows}) == len(rows) == size
                weights = sum(one.weight for one in queries.verdicts(measure, WEEK, cutoff, rows).values())
                assert bucket is not Bucket.COUNTED or weights == figure.weighted
