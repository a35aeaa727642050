"""Each measure against SQL written by hand, at its edges, and against its own lists."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import config
from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.paging import page_of
from hotline.base.time import Period, week_of
from hotline.calls.models import CallOutcome
from hotline.handle import operations as handle
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Order
from hotline.orders.operations import act
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.policy.presets import checked
from hotline.report import inflow, queries
from hotline.report.dimensions import By
from hotline.report.figures import Figure, percent
from hotline.report.lines import CallLine, OrderLine
from hotline.report.lists import DISPATCHED, RECEIVED, Wanted, listing
from hotline.report.measure import Bucket
from hotline.report.measures import BY_NAME, MEASURES, WEEKLY, Fate, measure_named
from hotline.report.overview import overview
from hotline.transfer.operations import dispatch, redispatch
from tests import factories
from tests.report.rows import (
    DAY,
    HOUR,
    MONDAY,
    WEEK,
    at,
    call_values,
    calls,
    clock,
    evaluation,
    order,
    with_weights,
)

LATER = at(17)
UNITS = ("housing", "d01", "dev-reform")
SECOND = timedelta(seconds=1)
POLICY = checked(Path(config.__file__).parent / "policies" / "default.toml")
MANAGER = Actor(Role.MANAGER, "主任")


def figure(name: str, cutoff: datetime = LATER) -> Figure:
    return queries.figures(BY_NAME[name], WEEK, cutoff)[None]


def rows(name: str, cutoff: datetime = LATER, **more: Any) -> list[Any]:
    return list(db.session.scalars(queries.rows_behind(BY_NAME[name], WEEK, cutoff, **more)))


def mixed(seed: int) -> None:
    """A random mix of everything, in and around the week."""
    dice = random.Random(seed)  # a test's mix, not a secret
    span = timedelta(days=11).total_seconds()

    def moment() -> datetime:
        return MONDAY - 2 * DAY + timedelta(seconds=dice.randrange(int(span)))

    for _ in range(25):
        due = moment()
        ended = dice.choice([None, due - HOUR, due, due + SECOND, due + 3 * DAY])
        outcome = "dropped" if ended and dice.random() < 0.2 else None
        clock(due, ended, unit=dice.choice(UNITS), outcome=outcome, original=due - dice.choice([0, 2]) * DAY)
        asked = moment()
        level = dice.choice([None, "satisfied", "basically", "dissatisfied", "unheard-of"])
        over = dice.choice([None, asked + HOUR, asked + 4 * DAY])
        evaluation(asked, over, level if over else None, unit=dice.choice(UNITS))
    outcomes = list(CallOutcome)
    calls(
        call_values(
            moment(), dice.choice(outcomes), dice.choice([0, 4.9, 5, 60]), queue=dice.choice(["main", "english"])
        )
        for _ in range(60)
    )


# The same numbers by hand


CONNECTION = """
SELECT count(*) FILTER (WHERE answered_at <= :settled) AS hits,
       count(*) FILTER (WHERE answered_at <= :settled
           OR (answered_at IS NULL AND ended_at <= :settled AND NOT (outcome = 'abandoned' AND wait < 5))) AS counted,
       count(*) FILTER (WHERE answered_at IS NULL AND ended_at <= :settled AND outcome = 'abandoned' AND wait < 5) AS out
FROM call WHERE queued_at >= :start AND queued_at < :end AND queued_at <= :cutoff
"""
ON_TIME = """
SELECT count(*) FILTER (WHERE ended_at <= :cutoff AND ended_at <= due_at) AS hits,
       count(*) FILTER (WHERE ended_at <= :cutoff OR due_at <= :cutoff) AS counted, 0 AS out
FROM deadline WHERE clock = 'handle' AND due_at >= :start AND due_at < :end AND started_at <= :cutoff
  AND NOT (outcome IS NOT DISTINCT FROM 'dropped' AND ended_at <= :cutoff)
"""
SATISFIED = """
SELECT count(*) FILTER (WHERE satisfaction IN ('satisfied', 'basically')) AS hits,
       count(*) FILTER (WHERE satisfaction IN ('satisfied', 'basically', 'dissatisfied')) AS counted,
       count(*) FILTER (WHERE reached IS FALSE OR satisfaction = 'unheard-of') AS out
FROM evaluation WHERE ended_at >= :start AND ended_at < :end AND ended_at <= :cutoff
"""
SOLVED = """
SELECT count(*) FILTER (WHERE solved) AS hits, count(*) FILTER (WHERE reached) AS counted,
       count(*) FILTER (WHERE NOT reached) AS out
FROM evaluation WHERE ended_at >= :start AND ended_at < :end AND ended_at <= :cutoff
"""
BY_HAND = {
    "connection": CONNECTION,
    "on_time": ON_TIME,
    "on_time_original": ON_TIME.replace("due_at", "original_due_at"),
    "satisfied": SATISFIED,
    "solved": SOLVED,
}


@pytest.mark.parametrize("cutoff", [at(11, 15), WEEK.end, LATER])
@pytest.mark.parametrize("name", BY_HAND)
def test_figures_equal_sql_by_hand(session: None, name: str, cutoff: datetime) -> None:
    for seed in range(3):
        mixed(seed)
    given = {"start": WEEK.start, "end": WEEK.end, "cutoff": cutoff}
    if name == "connection":  # the calls of a finished week count as they became
        given["settled"] = cutoff if cutoff < WEEK.end else at(30)
    hand = db.session.execute(text(BY_HAND[name]), given).one()
    found = figure(name, cutoff)
    assert found.denominator > 2
    assert (found.numerator, found.denominator, found.excluded) == tuple(hand)


@pytest.mark.parametrize("seed", range(2))
def test_lists_have_exactly_the_rows_of_the_numbers(session: None, seed: int) -> None:
    mixed(seed)
    cutoff = [at(14, 3), LATER][seed]
    for measure in WEEKLY:
        by_unit = queries.figures(measure, WEEK, cutoff, by=By.UNIT)
        for unit, figure in [*by_unit.items(), (None, queries.figures(measure, WEEK, cutoff)[None])]:
            sizes = {
                Bucket.COUNTED: figure.denominator,
                Bucket.NOT_DUE: figure.not_due,
                Bucket.EXCLUDED: figure.excluded,
                None: figure.total,
            }
            for bucket, size in sizes.items():
                found = rows(measure.name, cutoff, unit=unit, bucket=bucket)
                assert len({row.id for row in found}) == len(found) == size
            assert len(rows(measure.name, cutoff, unit=unit, numerator=True)) == figure.numerator
            misses = rows(measure.name, cutoff, unit=unit, numerator=False)
            assert len(misses) == figure.denominator - figure.numerator


@pytest.mark.parametrize("seed", range(2))
def test_units_and_buckets_add_up(session: None, seed: int) -> None:
    mixed(seed)
    for measure in WEEKLY:
        whole = queries.figures(measure, WEEK, LATER)[None]
        units = queries.figures(measure, WEEK, LATER, by=By.UNIT)
        assert sum(units.values(), Figure()) == whole
        assert whole.total == len(rows(measure.name))
        assert sum(len(rows(measure.name, bucket=bucket)) for bucket in Bucket) == whole.total
        judged = list(queries.judged(measure, WEEK, LATER))
        assert sum(verdict.weight for _, verdict in judged if verdict.bucket is Bucket.COUNTED) == whole.weighted


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cutoff", [at(11), at(14), WEEK.end, LATER])
def test_dispatched_orders_are_conserved(session: None, seed: int, cutoff: datetime) -> None:
    mixed(seed)
    # Evaluated orders of the mix have no clock: only those with one were dispatched under a limit.
    db.session.execute(
        text("UPDATE work_order SET dispatched_at = NULL WHERE id NOT IN (SELECT order_id FROM deadline)")
    )
    found = inflow.tallied(WEEK, cutoff).dispatched
    assert inflow.conserved(found)
    assert found.total > 0
    for fate, size in found.fates.items():
        assert len(db.session.scalars(inflow.dispatched_rows(WEEK, cutoff, became=fate)).all()) == size


def test_an_order_without_a_clock_breaks_conservation(session: None) -> None:
    order()
    found = inflow.tallied(WEEK, LATER).dispatched
    assert (found.total, found.placed) == (1, 0)
    assert not inflow.conserved(found)


# Calls


def test_a_published_connection_rate(session: None) -> None:
    calls(call_values(MONDAY, CallOutcome.ANSWERED) for _ in range(16_365))
    calls(call_values(MONDAY, CallOutcome.ABANDONED, 30) for _ in range(16_567 - 16_365))
    found = figure("connection")
    assert found.rate == Fraction(16_365, 16_567)
    assert percent(found.rate) == Decimal("98.78")


def test_callers_who_hang_up_at_once_are_excluded_and_shown_both_ways(session: None) -> None:
    calls(
        [
            call_values(MONDAY),
            call_values(MONDAY, CallOutcome.ABANDONED, 4.9),
            call_values(MONDAY, CallOutcome.ABANDONED, 5),
        ]
    )
    found = figure("connection")
    assert (found.numerator, found.denominator, found.excluded) == (1, 2, 1)
    assert (found.rate, found.raw_rate) == (Fraction(1, 2), Fraction(1, 3))


def test_a_short_wait_that_timed_out_is_not_excluded(session: None) -> None:
    calls([call_values(MONDAY, CallOutcome.TIMEOUT, 1)])
    assert figure("connection").denominator == 1


def test_talking_is_answered_and_queued_is_not_due(session: None) -> None:
    calls([call_values(MONDAY, CallOutcome.TALKING), call_values(MONDAY, CallOutcome.QUEUED, 0)])
    found = figure("connection")
    assert (found.numerator, found.denominator, found.not_due) == (1, 1, 1)


def test_calls_as_of_an_earlier_instant(session: None) -> None:
    calls([call_values(at(11), CallOutcome.ANSWERED, 20), call_values(at(11), CallOutcome.ABANDONED, 20)])
    assert figure("connection", at(11) - SECOND) == Figure()
    assert figure("connection", at(11) + 19 * SECOND).not_due == 2
    assert figure("connection", at(11) + 20 * SECOND).denominator == 2


def test_calls_belong_to_their_queue(session: None) -> None:
    calls([call_values(MONDAY, queue="main"), call_values(MONDAY, queue="english")])
    assert set(queries.figures(BY_NAME["connection"], WEEK, LATER, by=By.UNIT)) == {"main", "english"}


def test_a_call_across_the_end_of_its_week_counts_in_its_week_once_it_is_over(session: None) -> None:
    last = WEEK.end - 5 * SECOND
    calls(
        [
            call_values(last, CallOutcome.ANSWERED, 15),
            call_values(last, CallOutcome.ABANDONED, 15),
            call_values(last, CallOutcome.ABANDONED, 4.9),
            call_values(last, CallOutcome.QUEUED, 0),
        ]
    )
    assert figure("connection", WEEK.end - SECOND) == Figure(not_due=4)
    assert figure("connection", WEEK.end) == Figure(not_due=3, excluded=1)
    found = figure("connection", LATER)
    assert (found.numerator, found.denominator, found.not_due, found.excluded) == (1, 2, 1, 1)
    (answered,) = listing(Wanted("connection", numerator=True), WEEK, LATER, MANAGER).lines
    assert isinstance(answered, CallLine)
    assert answered.answered_at == last + 15 * SECOND
    assert figure("connection", LATER).total == 4
    assert queries.figures(BY_NAME["connection"], WEEK.after(), LATER)[None] == Figure()


# Deadlines


@pytest.mark.parametrize("name", ["on_time", "on_time_original"])
def test_the_week_ends_before_its_end(session: None, name: str) -> None:
    clock(WEEK.start - SECOND)
    clock(WEEK.end)
    assert figure(name).total == 0
    clock(WEEK.start)
    clock(WEEK.end - SECOND)
    assert figure(name).total == 2


def test_the_due_instant_itself_is_in_time(session: None) -> None:
    clock(at(12), at(12))
    clock(at(12), at(12) + SECOND)
    found = figure("on_time")
    assert (found.numerator, found.denominator) == (1, 2)


def test_not_due_late_and_overdue_as_of_the_cutoff(session: None) -> None:
    running = clock(at(12), at(14))
    assert figure("on_time", at(12) - SECOND).not_due == 1
    assert figure("on_time", at(12)).denominator == 1  # due, and not there
    assert figure("on_time").numerator == 0
    fates = [inflow.tallied(WEEK.before(), cutoff).dispatched.fates for cutoff in (at(11), at(13), at(14), LATER)]
    assert [next(fate for fate, n in each.items() if n) for each in fates] == [
        Fate.NOT_DUE,
        Fate.OVERDUE,
        Fate.LATE,
        Fate.LATE,
    ]
    assert running.started_at >= WEEK.before().start


def test_handled_early_counts_at_once(session: None) -> None:
    clock(at(14), at(10))
    assert figure("on_time", at(11)) == Figure(1, 1, weighted=Decimal(1))


def test_what_ended_after_the_cutoff_was_still_running(session: None) -> None:
    clock(at(14), at(13))
    assert figure("on_time", at(12)) == Figure(not_due=1)


def test_what_started_after_the_cutoff_was_not_there(session: None) -> None:
    clock(at(14), started=at(11))
    assert figure("on_time", at(10)) == Figure()


def test_a_past_week_seen_as_of_its_end_stays_as_it_was(session: None) -> None:
    made = clock(at(14))
    asked = evaluation(at(13))
    before = {name: queries.figures(BY_NAME[name], WEEK, WEEK.end, by=By.UNIT) for name in ("on_time", "satisfied")}
    made.ended_at, made.outcome = at(16, 9), "met"
    asked.ended_at, asked.reached, asked.solved, asked.satisfaction = at(16, 9), True, True, "satisfied"
    db.session.flush()
    after = {name: queries.figures(BY_NAME[name], WEEK, WEEK.end, by=By.UNIT) for name in ("on_time", "satisfied")}
    assert after == before
    assert after["satisfied"]["housing"] == Figure(not_due=1)
    assert queries.figures(BY_NAME["satisfied"], WEEK, LATER, by=By.UNIT) == {}, "it counts when it was answered"


def test_dropped_clocks_and_other_clocks_are_no_part(session: None) -> None:
    clock(at(12), at(11), outcome="dropped")
    clock(at(12), at(11)).clock = "sign"
    db.session.flush()
    assert figure("on_time") == Figure()
    assert inflow.tallied(WEEK.before(), LATER).dispatched.fates[Fate.EXCLUDED] == 1


def test_an_extension_helps_one_rate_and_not_the_other(session: None) -> None:
    clock(at(14), at(13), original=at(11))
    assert figure("on_time").rate == 1
    assert figure("on_time_original").rate == 0


def test_an_order_belongs_to_the_unit_that_leads_it(session: None) -> None:
    clock(at(12), at(11), unit="housing")
    clock(at(12), at(13), unit="d01")
    found = queries.figures(BY_NAME["on_time"], WEEK, LATER, by=By.UNIT)
    assert {unit: each.rate for unit, each in found.items()} == {"housing": 1, "d01": 0}
    assert queries.figures(BY_NAME["on_time"], WEEK, LATER, by=By.UNIT, units=frozenset({"d01"})).keys() == {"d01"}


D01 = Actor(Role.HANDLER, "望江经办", units=frozenset({"d01"}))
HEAD = Actor(Role.UNIT_HEAD, "科长", units=frozenset({"housing"}))


def moved(order: Order, now: datetime, unit: str = "d01", by: Actor = factories.HANDLER) -> None:
    """The unit that has an order gives it back, and it goes to another."""
    # By the table alone: the policy's window for returns is not what is measured here.
    act(order, Action.REQUEST_RETURN, by, now, reason="不属于本单位")
    redispatch(order, unit, factories.DISPATCHER, now + HOUR, reason="同意")


def by_unit(name: str, cutoff: datetime, week: Period = WEEK) -> dict[str | None, tuple[int, int]]:
    found = queries.figures(BY_NAME[name], week, cutoff, by=By.UNIT)
    return {unit: (each.numerator, each.denominator) for unit, each in found.items()}


@pytest.mark.parametrize("name", ["on_time", "on_time_original"])
def test_what_fell_due_stays_with_the_unit_that_had_it_then(session: None, name: str) -> None:
    overdue = factories.dispatched(at(3))
    before = by_unit(name, WEEK.end), overview(WEEK, WEEK.end, HEAD.units)
    assert before[0] == {"housing": (0, 1)}
    moved(overdue, at(16))
    moved(overdue, at(16, 18), "d02", D01)
    assert (by_unit(name, WEEK.end), overview(WEEK, WEEK.end, HEAD.units)) == before
    for cutoff in (WEEK.end, at(16, 13), at(16, 19), LATER):
        assert by_unit(name, cutoff) == before[0]
        (line,) = listing(Wanted(name, "housing"), WEEK, cutoff, HEAD).lines
        assert isinstance(line, OrderLine)
        assert (line.number, line.unit) == (overdue.number, "housing")
    assert listing(Wanted(name, "d02"), WEEK, LATER, MANAGER).lines == []


@pytest.mark.parametrize("name", ["on_time", "on_time_original"])
def test_what_is_not_due_is_with_the_unit_that_has_it(session: None, name: str) -> None:
    order = factories.dispatched(at(9))
    moved(order, at(10))
    moved(order, at(10, 18), "d02", D01)
    (clock,) = [one for one in order.deadlines if one.clock is Clock.HANDLE]
    week = week_of(clock.due_at.date(), WEEK.zone)
    had = [set(by_unit(name, cutoff, week)) for cutoff in (at(10, 12.5), at(10, 13), at(10, 19), week.end)]
    assert had == [{"housing"}, {"d01"}, {"d02"}, {"d02"}]


def test_a_success_stays_with_the_unit_that_had_it(session: None) -> None:
    order = factories.replied(at(6))
    handle.evaluate(order, factories.CALLBACK, at(9), solved=False, satisfaction="dissatisfied")
    handle.redo(order, factories.CALLBACK, at(9), reason="没有解决")
    before = by_unit("on_time", WEEK.end)
    assert before == {"housing": (1, 1)}
    moved(order, at(10))
    assert by_unit("on_time", WEEK.end) == by_unit("on_time", LATER) == before
    (redo,) = [clock for clock in order.deadlines if clock.clock is Clock.REDO]
    assert redo.unit_code == order.lead_unit == "d01"


def test_a_clock_runs_for_the_unit_that_leads(session: None) -> None:
    order = factories.dispatched(at(9))
    moved(order, at(10))
    assert [(clock.clock, clock.unit_code) for clock in order.deadlines] == [
        (Clock.DISPATCH, None),
        (Clock.SIGN, "housing"),
        (Clock.CONTACT, "d01"),
        (Clock.HANDLE, "d01"),
        (Clock.RETURN_REVIEW, "housing"),
        (Clock.SIGN, "d01"),
    ]


def test_what_came_in_and_went_out_stays_with_the_unit_that_had_it(session: None) -> None:
    waiting = factories.received(at(12))
    order = factories.dispatched(at(13))
    before = overview(WEEK, WEEK.end, HEAD.units)
    assert (before.inflow.total, before.dispatched.total, before.dispatched.placed) == (1, 1, 1)
    dispatch(waiting, "housing", factories.DISPATCHER, at(16), category="060101")
    moved(order, at(16))
    assert overview(WEEK, WEEK.end, HEAD.units) == before
    for name in (RECEIVED, DISPATCHED):
        (line,) = listing(Wanted(name), WEEK, WEEK.end, HEAD).lines
        assert isinstance(line, OrderLine)
        assert (line.number, line.unit) == (order.number, "housing")
    assert len(listing(Wanted(RECEIVED), WEEK, LATER, MANAGER).lines) == 2


def test_the_on_time_measure_says_that_redo_rounds_do_not_count() -> None:
    assert "redone" in BY_NAME["on_time"].meaning


# Evaluations


def test_unreachable_is_never_satisfied(session: None) -> None:
    evaluation(at(11), at(12))
    for name in ("satisfied", "solved"):
        found = figure(name)
        assert found == Figure(excluded=1)
        assert found.rate is None
        assert found.raw_rate == 0


def test_waiting_is_not_due_and_counts_on_the_day_it_was_asked(session: None) -> None:
    evaluation(at(11))
    evaluation(at(2))
    evaluation(at(2), at(12), "satisfied")
    assert figure("satisfied") == Figure(1, 1, not_due=1, weighted=Decimal(1))


def test_weights_come_from_the_policy(session: None) -> None:
    with_weights({"satisfied": 1, "basically": 0.9, "dissatisfied": 0}, WEEK.start)
    for level in ("satisfied", "basically", "basically", "basically", "dissatisfied"):
        evaluation(at(11), at(12), level)
    found = figure("satisfied")
    assert (found.numerator, found.denominator, found.weighted) == (4, 5, Decimal("3.7"))
    assert found.rate == Fraction(37, 50)


def test_a_policy_that_starts_when_the_week_ends_does_not_measure_it(session: None) -> None:
    evaluation(at(11), at(12), "basically")
    with_weights({"satisfied": 1, "basically": 0.5}, WEEK.end)
    assert figure("satisfied", WEEK.end).rate == 1


def test_an_answer_the_policy_does_not_weigh_is_left_out_in_the_open(session: None) -> None:
    evaluation(at(11), at(12), "unheard-of")
    assert figure("satisfied") == Figure(excluded=1)
    assert figure("solved").denominator == 1


def test_solved_and_satisfied_are_apart(session: None) -> None:
    evaluation(at(11), at(12), "dissatisfied", solved=True)
    evaluation(at(11), at(12), "satisfied", solved=False)
    evaluation(at(11), at(12), "satisfied", solved=False)
    assert (figure("satisfied").numerator, figure("solved").numerator) == (2, 1)


def test_an_order_evaluated_twice_is_in_the_list_twice(session: None) -> None:
    again = order()
    evaluation(at(9, 5), at(10), "dissatisfied", of=again)
    evaluation(at(11), at(12), "satisfied", of=again, turn=2)
    assert [row.order.number for row in rows("satisfied")] == [again.number] * 2
    assert figure("satisfied").denominator == 2


def test_the_unit_asked_about_keeps_its_evaluation(session: None) -> None:
    evaluation(at(11), at(12), "satisfied", unit="housing").order.lead_unit = "d01"
    db.session.flush()
    assert set(queries.figures(BY_NAME["satisfied"], WEEK, LATER, by=By.UNIT)) == {"housing"}


# All of them


def test_names_are_known_once() -> None:
    assert len(BY_NAME) == len(MEASURES)
    assert measure_named("on_time", POLICY) is BY_NAME["on_time"]


def test_an_unknown_measure_is_refused(session: None) -> None:
    with pytest.raises(NotFound):
        measure_named("charm", POLICY)


TABLES = {"connection": "call", "on_time": "deadline", "satisfied": "evaluation", "solved": "evaluation"}


@pytest.mark.parametrize(("name", "table"), TABLES.items())
def test_an_index_can_find_the_rows_of_a_running_week(session: None, name: str, table: str) -> None:
    # Which one the planner takes depends on what the tables hold; that none of them must be read whole does not.
    measure = BY_NAME[name]
    statement = queries.aggregate(measure, queries.frame_of(WEEK, WEEK.end), by=By.UNIT)
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    compiled = statement.compile(db.session.connection(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(db.session.scalars(text(f"EXPLAIN {compiled}".replace(":", r"\:"))))
    assert f"Seq Scan on {table}" not in plan
    assert "Index Cond" in plan


def test_an_index_finds_what_moved_after_the_cutoff(session: None) -> None:
    statement = queries.aggregate(BY_NAME["on_time"], queries.frame_of(WEEK, WEEK.end), by=By.UNIT)
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    compiled = statement.compile(db.session.connection(), compile_kwargs={"render_postcompile": True})
    plan = "\n".join(
        row[0] for row in db.session.connection().exec_driver_sql(f"EXPLAIN {compiled}", compiled.params).all()
    )
    assert "ix_order_event_routing" in plan
    assert "work_order" not in plan


def test_pages_of_a_list_are_its_rows_in_order(session: None) -> None:
    calls(call_values(MONDAY + n * HOUR) for n in range(30))
    query = queries.rows_behind(BY_NAME["connection"], WEEK, LATER)
    seen = [row.id for number in (1, 2, 3) for row in page_of(query, number, 10).rows]
    assert seen == [row.id for row in rows("connection")]
    assert len(seen) == 30


def test_lists_load_the_order_with_the_row(session: None) -> None:
    clock(at(12))
    found = rows("on_time")[0]
    assert isinstance(found, Deadline)
    assert "order" in found.__dict__
