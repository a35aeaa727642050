"""剔除: what two people have agreed not to count, with and without it; everything still adds up."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sqlalchemy import delete

from hotline.base.db import db
from hotline.base.i18n import label
from hotline.handle.models import Appeal, Appealed, Evaluation
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.appeals import Ground, Scope
from hotline.report import inflow, queries
from hotline.report.dimensions import By
from hotline.report.figures import Figure
from hotline.report.lines import OrderLine
from hotline.report.lists import DISPATCHED, Wanted, listing
from hotline.report.measure import Bucket
from hotline.report.measures import BY_NAME, Fate
from hotline.report.overview import overview
from hotline.report.sheet import week_sheet
from tests.conftest import NOW
from tests.report.rows import DAY, HOUR, MONDAY, WEEK, at, clock, evaluation
from tests.report.test_pages import SignIn

MANAGER = Actor(Role.MANAGER, "主任")
DECIDED = at(20)  # the Friday after the week
LATER = at(25)
UNITS = ("housing", "d01")
TOUCHED = ("on_time", "on_time_original", "excluded_on_appeal", "satisfied", "solved")


def step(order: Order, action: Action, when: datetime) -> int:
    """A step in an order's log, straight into the table."""
    order.version += 1
    event = Event(order_id=order.id, seq=order.version, at=when, action=action, from_state=order.state)
    event.to_state, event.actor_role, event.actor_name = order.state, Role.SYSTEM, "test"
    event.reason, event.payload, event.hash = "", {}, "x"
    db.session.add(event)
    db.session.flush()
    return event.id


def appeal(
    row: Deadline | Evaluation,
    state: Appealed = Appealed.NOT_COUNTED,
    settled: datetime = DECIDED,
    ground: Ground = Ground.SYSTEM_FAULT,
) -> Appeal:
    """An appeal against a clock or an answer."""
    order = db.session.get_one(Order, row.order_id)
    scope = Scope.DEADLINE if isinstance(row, Deadline) else Scope.EVALUATION
    made = Appeal(order_id=order.id, scope=scope, round=row.round, unit_code=row.unit_code, ground=ground, state=state)
    made.made_id = step(order, Action.APPEAL, settled)
    if state is not Appealed.NEW:
        made.review_id = step(order, Action.REVIEW_APPEAL, settled)
    if state in {Appealed.COUNTED, Appealed.NOT_COUNTED}:
        made.decision_id, made.settled_at = step(order, Action.DECIDE_APPEAL, settled), settled
    db.session.add(made)
    db.session.flush()
    return made


def figure(name: str, cutoff: datetime = LATER) -> Figure:
    return queries.figures(BY_NAME[name], WEEK, cutoff)[None]


def three_of_four_late() -> list[Deadline]:
    """Four orders due on Wednesday: one on time, two late, one overdue and open."""
    return [clock(at(11), ended, started=MONDAY) for ended in (at(11), at(12), at(13), None)]


# With and without


def test_the_rate_is_shown_with_and_without(session: None) -> None:
    _, late, *_ = three_of_four_late()
    appeal(late)
    found = figure("on_time")
    assert (found.numerator, found.denominator, found.excluded) == (1, 3, 1)
    assert (found.rate, found.raw_rate) == (Fraction(1, 3), Fraction(1, 4))
    share = figure("excluded_on_appeal")
    assert (share.numerator, share.denominator, share.rate) == (1, 4, Fraction(1, 4))


@pytest.mark.parametrize("state", [Appealed.NEW, Appealed.REVIEWED, Appealed.COUNTED])
def test_only_what_two_have_agreed_to_is_excluded(session: None, state: Appealed) -> None:
    _, late, *_ = three_of_four_late()
    before = {name: figure(name) for name in TOUCHED}
    appeal(late, state)
    assert {name: figure(name) for name in TOUCHED} == before


def test_it_is_excluded_from_when_it_was_decided(session: None) -> None:
    _, late, *_ = three_of_four_late()
    appeal(late, settled=DECIDED)
    assert figure("on_time", DECIDED - HOUR).excluded == 0
    assert figure("on_time", DECIDED).excluded == 1
    assert figure("on_time", WEEK.end).denominator == 4
    assert figure("on_time", WEEK.end).rate == figure("on_time").raw_rate
    week = overview(WEEK, DECIDED)
    assert week.city["on_time"].figure.excluded == 1
    assert overview(WEEK, DECIDED - HOUR).city["on_time"].figure.excluded == 0


def test_an_answer_is_excluded_by_itself(session: None) -> None:
    first = evaluation(at(10), at(11), "dissatisfied")
    evaluation(at(11), at(12), "satisfied", of=first.order, turn=2)
    evaluation(at(11), at(12), "satisfied")
    evaluation(at(11), at(12))  # nobody reached
    appeal(first, ground=Ground.UNREASONABLE)
    for name in ("satisfied", "solved"):
        found = figure(name)
        assert (found.numerator, found.denominator, found.excluded) == (2, 2, 2)
        assert found.raw_rate == Fraction(2, 4)
    assert figure("on_time").excluded == 0


def test_an_appeal_against_the_answer_leaves_the_deadline_alone(session: None) -> None:
    late = clock(at(11), at(12))
    said = evaluation(at(12), at(13), "dissatisfied", of=late.order)
    appeal(said)
    assert figure("on_time").denominator == 1
    assert figure("satisfied").excluded == 1


def test_what_is_excluded_keeps_its_weight_in_the_rate_with_it(session: None) -> None:
    extended = clock(at(12), at(11), original=at(10))  # on time, but not by its first deadline
    appeal(extended)
    assert figure("on_time") == Figure(excluded=1, weighted_excluded=Decimal(1))
    assert figure("on_time_original") == Figure(excluded=1)
    assert figure("on_time").raw_rate == 1


def test_each_unit_has_its_rate_of_exclusion(session: None) -> None:
    appeal(clock(at(11), at(12), unit="housing"))
    clock(at(11), at(12), unit="housing")
    clock(at(11), at(12), unit="d01")
    found = queries.figures(BY_NAME["excluded_on_appeal"], WEEK, LATER, by=By.UNIT)
    assert {unit: figure.rate for unit, figure in found.items()} == {"housing": Fraction(1, 2), "d01": 0}
    assert BY_NAME["excluded_on_appeal"].less_is_better


# Conservation


def test_every_dispatched_order_is_in_one_fate(session: None) -> None:
    clocks = [clock(due, ended, started=MONDAY + HOUR) for due in (at(11), at(13), at(24)) for ended in (None, at(12))]
    for row in clocks[:4]:
        appeal(row)
    appeal(clocks[4])
    assert inflow.tallied(WEEK, DECIDED).dispatched.fates[Fate.EXCLUDED] == 4, "what is not due cannot be excluded yet"
    for cutoff in (WEEK.end, DECIDED, LATER):
        found = inflow.tallied(WEEK, cutoff).dispatched
        assert inflow.conserved(found)
        for became, size in found.fates.items():
            rows = inflow.dispatched_rows(WEEK, cutoff, became=became)
            assert len(db.session.scalars(rows).all()) == size
    assert found.fates[Fate.EXCLUDED] == 5


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_buckets_add_up_whatever_is_appealed(session: None, seed: int) -> None:
    nested = db.session.begin_nested()
    dice = Random(seed)
    for _ in range(12):
        due = MONDAY + timedelta(hours=dice.randrange(-30, 9 * 24))
        outcome = dice.choice([None, None, "dropped"])
        ended = dice.choice([None, due, due + DAY])
        row = clock(due, ended, unit=dice.choice(UNITS), outcome=outcome if ended else None)
        level = dice.choice([None, "satisfied", "dissatisfied", "unheard-of"])
        said = evaluation(due, dice.choice([None, due + HOUR, due + 5 * DAY]), None, unit=dice.choice(UNITS))
        if said.ended_at and level:
            said.reached, said.satisfaction, said.solved = True, level, level == "satisfied"
        for one in (row, said):
            if dice.random() < 0.6:
                appeal(one, dice.choice(list(Appealed)), dice.choice([at(13), DECIDED, LATER + DAY]))
    db.session.flush()
    figures = {}
    for name in TOUCHED:
        measure = BY_NAME[name]
        for cutoff in (at(12), at(13), WEEK.end, DECIDED, LATER):
            whole = queries.figures(measure, WEEK, cutoff)[None]
            units = queries.figures(measure, WEEK, cutoff, by=By.UNIT)
            assert sum(units.values(), Figure()) == whole
            sizes = {Bucket.COUNTED: whole.denominator, Bucket.NOT_DUE: whole.not_due, Bucket.EXCLUDED: whole.excluded}
            for bucket, size in sizes.items():
                rows = db.session.scalars(queries.rows_behind(measure, WEEK, cutoff, bucket=bucket)).all()
                assert len(rows) == size
            figures[name, cutoff] = whole
    on_time, share = figure("on_time"), figure("excluded_on_appeal")
    assert (share.numerator, share.denominator) == (on_time.excluded, on_time.excluded + on_time.denominator)
    db.session.execute(delete(Appeal))
    for (name, cutoff), found in figures.items():
        assert found.total == figure(name, cutoff).total
        if name.startswith("on_time"):
            assert found.raw_rate == figure(name, cutoff).rate
    nested.rollback()


# What is shown


def test_the_list_names_the_reason(session: None) -> None:
    _, late, *_ = three_of_four_late()
    appeal(late, ground=Ground.FORCE_MAJEURE)
    found = listing(Wanted("on_time", bucket=Bucket.EXCLUDED), WEEK, LATER, MANAGER)
    (line,) = found.lines
    assert isinstance(line, OrderLine)
    assert (line.bucket, line.ground) == (Bucket.EXCLUDED, Ground.FORCE_MAJEURE)
    (sent,) = listing(Wanted(DISPATCHED, fate=Fate.EXCLUDED), WEEK, LATER, MANAGER).lines
    assert isinstance(sent, OrderLine)
    assert (sent.number, sent.ground, sent.bucket) == (late.order.number, Ground.FORCE_MAJEURE, None)
    assert listing(Wanted("on_time", bucket=Bucket.EXCLUDED), WEEK, DECIDED - HOUR, MANAGER).lines == []


def test_the_page_and_its_list_show_it(sign_in: SignIn) -> None:
    _, late, *_ = three_of_four_late()
    appeal(late, settled=NOW - HOUR)
    number = late.order.number
    db.session.commit()
    client = sign_in("manager")
    address = f"day={WEEK.first.isoformat()}"
    rows = client.get(f"/week/rows?{address}&measure=on_time&bucket=excluded").text
    assert number in rows
    assert "A fault of the system" in rows
    assert "A fault of the system" in client.get(f"/week/rows?{address}&measure=dispatched&fate=excluded").text
    page = client.get(f"/week?{address}").text
    assert "25.00%" in page, "the rate with what is excluded"
    body: Any = client.get(f"/api/v1/reports/week?{address}").get_json()
    assert body["city"]["excluded_on_appeal"]["percent"] == 25.0
    assert body["city"]["on_time"]["percent_with_excluded"] == 25.0


def test_the_sheet_names_the_reason(session: None) -> None:
    _, late, *_ = three_of_four_late()
    appeal(late)
    book = load_workbook(BytesIO(week_sheet(overview(WEEK, LATER), MANAGER)))
    cells = [cell.value for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert cells.count(label(Ground.SYSTEM_FAULT)) == len({"on_time", "on_time_original", "excluded_on_appeal"})
