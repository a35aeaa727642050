"""The rollup: the same figures as counted row by row, after any change, and of any period."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from hotline.base.db import db
from hotline.base.time import Kind, Period, period_of
from hotline.calls.models import Call, CallOutcome
from hotline.handle.models import Evaluation
from hotline.orders.models import Deadline
from hotline.orders.vocabulary import Channel, Nature
from hotline.policy import queries as policies
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.report.dimensions import By, dimensions_of
from hotline.report.measures import BY_NAME, MEASURES
from hotline.report.queries import figures, rolled_at
from hotline.report.rollup.conservation import verify_measures
from hotline.report.rollup.counting import count
from hotline.report.rollup.models import DailyFigure, RolledDay, RollupTouch
from hotline.report.rollup.rolling import SETTLING, rebuild, roll_up
from hotline.report.subjects.tallies import FATES, TALLIES
from tests import factories
from tests.report.rows import (
    DAY,
    HOUR,
    MONDAY,
    WEEK,
    ZONE,
    at,
    call_values,
    calls,
    clock,
    evaluation,
    with_weights,
)

NOW = at(25)
PERIODS = (
    WEEK,
    period_of(Kind.DAY, date(2026, 11, 11), ZONE),
    period_of(Kind.MONTH, date(2026, 11, 11), ZONE),
    Period(date(2026, 11, 10), date(2026, 11, 24), ZONE),
)


def something(dice: random.Random, now: datetime) -> None:
    """A row or two of anything, or a change of what is there. No answer is noted before it is given."""
    when = MONDAY + timedelta(hours=dice.randrange(-100, 16 * 24))
    match dice.randrange(7):
        case 0:
            calls([call_values(when, dice.choice(list(CallOutcome)), dice.choice([2, 20]))])
        case 1:
            made = clock(when, dice.choice([None, when, when + DAY]), unit=dice.choice(["housing", "d01"]))
            made.order.channel, made.order.nature = dice.choice(list(Channel)), dice.choice(list(Nature))
            made.order.category_code = dice.choice([None, "060101", "060201", "070101"])
            made.order.district_code = dice.choice([None, "d01", "d02"])
        case 2 | 3:
            ended = dice.choice([when + HOUR, when + 2 * DAY, NOW + DAY])
            said = dice.choice([None, "satisfied", "basically", "dissatisfied"])
            answer = (ended, said) if ended <= now else ()
            evaluation(when, *answer, unit=dice.choice(["housing", "d01"]))
        case 4:
            waiting = db.session.scalars(select(Evaluation).where(Evaluation.ended_at.is_(None)).limit(1)).first()
            if waiting and waiting.asked_at + 30 * HOUR <= now:
                waiting.ended_at, waiting.reached = waiting.asked_at + 30 * HOUR, False
        case 5:
            moved = db.session.scalars(select(Deadline).where(Deadline.ended_at.is_(None)).limit(1)).first()
            if moved:
                moved.due_at += 3 * DAY
        case 6:
            db.session.execute(update(Call).where(Call.queued_at > when).values(queued_at=Call.queued_at + DAY))
    db.session.flush()


# Of each subject one: by what the order is like, all of them are grouped alike.
ONE_OF_EACH = [
    one for one in {measure.subject: measure for measure in MEASURES}.values() if By.NATURE in dimensions_of(one)
]


def assert_same(cutoff: datetime) -> None:
    """Every figure of the rollup is what its rows say, in every dimension and period."""
    assert rolled_at() == cutoff
    for by in (None, *By):
        some = (*(ONE_OF_EACH if by else MEASURES), *TALLIES, BY_NAME["dispatch_accuracy"])
        measures = [one for one in dict.fromkeys(some) if by is None or by in dimensions_of(one)]
        periods = PERIODS if by is None else PERIODS[:1]
        found = count(measures, periods, cutoff, by=by)
        for measure, period in product(measures, periods):
            assert found[measure, period] == figures(measure, period, cutoff, by=by), (measure.name, period, by)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_the_rollup_is_what_the_rows_say(session: None, seed: int) -> None:
    nested = db.session.begin_nested()
    dice = random.Random(seed)
    now = at(13)
    for _ in range(2):
        for _ in range(12):
            something(dice, now)
        roll_up(now)
        assert_same(now - SETTLING)
        now += dice.randrange(1, 90) * HOUR
    nested.rollback()


def test_a_walk_through_the_rooms_is_rolled_up(session: None) -> None:
    roll_up(at(9))
    order = factories.closed(at(10))
    factories.replied(at(11))
    roll_up(at(20))
    assert_same(at(20) - SETTLING)
    factories.handling(at(20))
    order.category_code = "070101"
    db.session.flush()
    roll_up(at(24))
    assert_same(at(24) - SETTLING)


def test_only_what_changed_is_counted(session: None) -> None:
    for day in range(2, 20):
        clock(at(day), at(day))
    roll_up(NOW)
    db.session.execute(delete(RollupTouch))
    marked = update(DailyFigure).where(DailyFigure.measure == "on_time").values(numerator=77)
    db.session.execute(marked)
    clock(at(5))
    roll_up(NOW + HOUR)
    days = select(DailyFigure.day).where(DailyFigure.measure == "on_time", DailyFigure.numerator != 77).distinct()
    assert db.session.scalars(days).all() == [date(2026, 11, 5)]


def test_what_time_alone_changes_is_counted(session: None) -> None:
    clock(at(12))
    roll_up(at(11))
    db.session.execute(delete(RollupTouch))
    assert count([BY_NAME["on_time"]], [WEEK], at(11) - SETTLING)[BY_NAME["on_time"], WEEK][None].not_due == 1
    roll_up(at(13))
    assert_same(at(13) - SETTLING)


def test_what_falls_due_later_changes_the_day_of_its_dispatch(session: None) -> None:
    clock(at(16), started=at(10))
    for now in (at(13), at(20)):
        roll_up(now)
        db.session.execute(delete(RollupTouch))
        day = period_of(Kind.DAY, date(2026, 11, 10), ZONE)
        found = count([FATES], [day], now - SETTLING, by=By.FATE)[FATES, day]
        assert found == figures(FATES, day, now - SETTLING, by=By.FATE)


def test_what_may_be_later_than_the_cutoff_is_looked_at_again(session: None) -> None:
    clock(at(12))
    db.session.execute(update(RollupTouch).values(at=NOW - timedelta(seconds=30)))
    roll_up(NOW)
    assert db.session.scalars(select(RollupTouch)).all()
    roll_up(NOW + HOUR)
    assert not db.session.scalars(select(RollupTouch)).all()


def test_a_late_turn_goes_back_no_further(session: None) -> None:
    roll_up(NOW)
    roll_up(NOW - HOUR)
    assert rolled_at() == NOW - SETTLING


def test_days_ripen_by_the_policy_they_are_counted_by(session: None) -> None:
    factories.closed(at(10))
    changed(at(12, 0), callback={"reactivate_days": 5})
    for now in (at(13), at(16), at(25), at(10) + 31 * DAY):
        roll_up(now)
        db.session.execute(delete(RollupTouch))
        false_close, day = BY_NAME["false_close"], period_of(Kind.DAY, date(2026, 11, 10), ZONE)
        assert count([false_close], [day], now - SETTLING)[false_close, day] == figures(
            false_close, day, now - SETTLING
        )


def changed(since: datetime, **sections: dict[str, Any]) -> None:
    """The first policy with other numbers in some sections, from an instant on."""
    first = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).first()
    assert first is not None
    said = {name: {**first.document.get(name, {}), **numbers} for name, numbers in sections.items()}
    adopt_policy({**first.document, **said}, since, since)


def test_another_policy_counts_its_days_anew(session: None) -> None:
    evaluation(at(10), at(10), "basically")
    evaluation(at(13), at(13), "basically")
    roll_up(NOW)
    with_weights({"satisfied": 1, "basically": 0.9, "dissatisfied": 0}, at(12, 0))
    # The days before it were counted by the policy of then; the week is seen by the one it ended under.
    roll_up(NOW)
    assert_same(NOW - SETTLING)
    reads = select(RolledDay.reads).where(RolledDay.measure == "satisfied").distinct()
    assert len(db.session.scalars(reads).all()) == 2


def test_a_window_of_its_own_cuts_every_day_anew(session: None) -> None:
    calls([call_values(at(10, 11)), call_values(at(10, 13)), call_values(at(11, 11.9))])
    roll_up(NOW)
    changed(at(20), periods={"day_from": -12, "month_from": 19, "evidence": "D"})
    roll_up(NOW)
    connection, windows = BY_NAME["connection"], policies.policy_at(NOW).windows
    for day, calls_of in ((period_of(Kind.DAY, date(2026, 11, 11), ZONE, windows), 2), (WEEK, 3)):
        found = count([connection], [day], NOW - SETTLING)
        assert found[connection, day] == figures(connection, day, NOW - SETTLING)
        assert found[connection, day][None].denominator == calls_of
    assert not list(verify_measures(date(2026, 11, 9), date(2026, 11, 13)))


def test_as_of_another_instant_rows_are_counted(session: None) -> None:
    clock(at(12))
    roll_up(NOW)
    on_time = BY_NAME["on_time"]
    assert count([on_time], [WEEK], at(11))[on_time, WEEK] == figures(on_time, WEEK, at(11))
    assert count([on_time], [WEEK], at(11))[on_time, WEEK][None].not_due == 1


def test_some_units_see_their_own(session: None) -> None:
    clock(at(12), unit="housing")
    clock(at(12), unit="d01")
    roll_up(NOW)
    on_time, cutoff = BY_NAME["on_time"], NOW - SETTLING
    for by in (None, By.UNIT, By.CHANNEL):
        found = count([on_time], [WEEK], cutoff, by=by, units=frozenset({"d01"}))
        assert found[on_time, WEEK] == figures(on_time, WEEK, cutoff, by=by, units=frozenset({"d01"}))


def test_a_rebuilt_rollup_is_the_same(session: None) -> None:
    dice = random.Random(7)
    for _ in range(20):
        something(dice, NOW)
    roll_up(NOW)
    rows = {(one.measure, one.by, one.day, one.key): one.numerator for one in db.session.scalars(select(DailyFigure))}
    rebuild(NOW)
    db.session.expire_all()
    assert rows == {
        (one.measure, one.by, one.day, one.key): one.numerator for one in db.session.scalars(select(DailyFigure))
    }
