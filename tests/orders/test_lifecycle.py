"""The table is sound, and orders move only through it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from hotline.base.db import db
from hotline.base.errors import Conflict, HotlineError, Invalid, NotAllowed, Stale
from hotline.base.outbox import Delivery
from hotline.handle import operations as handle
from hotline.orders.chain import broken_link
from hotline.orders.clocks import is_part, replay
from hotline.orders.lifecycle import OPEN_STATES, STEPS, TABLE, Action, State, choices, find, permits
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.open_steps import is_open, open_steps, parts_open
from hotline.orders.operations import act, facts_of
from hotline.orders.sheet import LIKELY
from hotline.orders.vocabulary import Result
from hotline.people.actors import CITIZEN, SYSTEM, Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.transfer import operations as transfer
from tests import factories
from tests.factories import CALLBACK, DISPATCHER, HANDLER

STRANGER = Actor(Role.HANDLER, "别的单位", units=frozenset({"water"}))


def test_every_state_can_be_reached_and_left() -> None:
    reached: set[State | None] = {None}
    while True:
        more = {step.target for step in STEPS if step.sources & reached and step.target} - reached
        if not more:
            break
        reached |= more
    assert reached == {None, *State}
    for state in OPEN_STATES:
        assert any(step.target not in {None, state} for step in STEPS if state in step.sources), state


def test_one_row_per_state_and_action() -> None:
    assert len(TABLE) == sum(len(step.sources) for step in STEPS)


def test_a_step_has_someone_to_take_it_and_its_words() -> None:
    for step in STEPS:
        assert step.roles
        assert not set(step.meets) & set(step.drops)


def test_every_step_a_person_takes_has_its_place_on_the_page() -> None:
    by_people = {step.action for step in STEPS if step.sources != {None} and step.roles != {Role.SYSTEM}}
    assert set(LIKELY) == by_people
    assert len(LIKELY) == len(by_people)


def test_units_act_on_their_own_orders_only(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    with pytest.raises(NotAllowed):
        handle.sign(order, STRANGER, now)
    assert {step.action for step in choices(order.state, HANDLER, order.lead_unit)} == {
        Action.SIGN,
        Action.ENTRUST,
        Action.ASSIGN,
        Action.DISPUTE,
        Action.REQUEST_RETURN,
        Action.FEED_BACK,
        Action.NOTE,
    }
    # Nobody has put it under supervision, so that there is nothing to report.
    assert Action.FEED_BACK not in {step.action for step in open_steps(order, HANDLER, now)}
    assert choices(order.state, STRANGER, order.lead_unit) == []


def test_the_whole_way(session: None, now: datetime) -> None:
    order = factories.closed(now)
    db.session.expire_all()
    assert order.state is State.CLOSED
    assert [event.action for event in order.events] == [
        Action.REGISTER,
        Action.DISPATCH,
        Action.SIGN,
        Action.REPLY,
        Action.EVALUATE,
        Action.CLOSE,
    ]
    assert [event.seq for event in order.events] == list(range(1, 7))
    assert order.version == 6
    assert broken_link(order, order.events) is None
    outcomes = {deadline.clock: deadline.outcome for deadline in order.deadlines}
    assert outcomes == {
        Clock.DISPATCH: "met",
        Clock.SIGN: "met",
        Clock.CONTACT: "dropped",
        Clock.HANDLE: "met",
        Clock.CALLBACK: "met",
    }


def test_every_event_leaves_something_in_the_outbox(session: None, now: datetime) -> None:
    order = factories.handling(now)
    told = {row.arguments["event_id"] for row in db.session.scalars(select(Delivery).filter_by(job="tell"))}
    assert {event.id for event in order.events} <= told


def test_the_total_clock_starts_at_dispatch_and_a_return_does_not_reset_it(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    before = {row.clock: (row.started_at, row.due_at) for row in order.deadlines}
    later = now + timedelta(hours=3)
    transfer.request_return(order, HANDLER, later, reason="不属于我单位职责", proposed_unit="urban")
    transfer.redispatch(order, "urban", DISPATCHER, later + timedelta(hours=1), reason="同意")
    db.session.expire_all()
    running = {row.clock: row for row in order.deadlines if row.ended_at is None}
    assert (running[Clock.HANDLE].started_at, running[Clock.HANDLE].due_at) == before[Clock.HANDLE]
    assert running[Clock.SIGN].started_at == later + timedelta(hours=1)
    assert (order.lead_unit, order.returns, order.state) == ("urban", 1, State.DISPATCHED)


def test_a_refused_return_counts_as_signed(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    transfer.request_return(order, HANDLER, now, reason="不属于我单位职责")
    transfer.refuse_return(order, DISPATCHER, now, reason="属于你单位职责")
    assert order.state is State.HANDLING
    assert {row.clock for row in order.deadlines if row.ended_at is None} == {Clock.HANDLE, Clock.CONTACT}


def test_a_return_goes_to_another_unit(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    transfer.request_return(order, HANDLER, now, reason="不属于我单位职责")
    with pytest.raises(Invalid, match="unit"):
        transfer.redispatch(order, "housing", DISPATCHER, now, reason="同意")


def test_a_return_is_judged_by_the_unit_that_has_the_order_now(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    transfer.request_return(order, HANDLER, now, reason="不属于我单位职责")
    # Meanwhile, unseen here, it went to another unit, which wants to return it too.
    elsewhere = update(Order).where(Order.id == order.id).values(lead_unit="urban", version=order.version + 1)
    db.session.connection().execute(elsewhere)
    assert order.lead_unit == "housing"
    with pytest.raises(Invalid, match="unit"):
        transfer.redispatch(order, "urban", DISPATCHER, now, reason="同意")


def test_a_stale_edit_is_refused(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    read = order.version
    handle.sign(order, HANDLER, now, version=read)
    with pytest.raises(Stale) as refused:
        handle.add_note(order, HANDLER, now, note="迟到的说明", version=read)
    assert refused.value.version == read + 1


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("reason", lambda order, now: transfer.request_return(order, HANDLER, now, reason="  ")),
        ("note", lambda order, now: handle.add_note(order, HANDLER, now, note="")),
        (
            "unsolved_reason",
            lambda order, now: handle.reply(order, HANDLER, now, result=Result.EXPLAINED, public_reply="解释"),
        ),
        ("public_reply", lambda order, now: handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="")),
        ("unit", lambda order, now: transfer.dispatch(factories.received(now), "nowhere", DISPATCHER, now)),
        (
            "category",
            lambda order, now: transfer.dispatch(factories.received(now), "urban", DISPATCHER, now, category="9"),
        ),
        (
            "district",
            lambda order, now: transfer.dispatch(factories.received(now), "urban", DISPATCHER, now, district="x"),
        ),
        ("satisfaction", lambda order, now: handle.evaluate(order, CALLBACK, now, solved=True, satisfaction="great")),
    ],
)
def test_what_is_missing_is_named(session: None, now: datetime, field: str, call: Any) -> None:
    order = factories.handling(now)
    with pytest.raises(Invalid) as refused:
        call(order, now)
    assert field in refused.value.errors


def test_closing_needs_an_answer_or_enough_attempts(session: None, now: datetime) -> None:
    order = factories.replied(now)
    for turn in range(3):
        nested = db.session.begin_nested()
        with pytest.raises(Conflict):
            handle.close(order, CALLBACK, now)
        nested.rollback()
        handle.record_attempt(order, CALLBACK, now + timedelta(hours=4 * turn), note="无人接听")
    handle.close(order, CALLBACK, now)
    asked = handle.current_evaluation(order)
    assert asked is not None
    assert (asked.reached, asked.satisfaction, asked.solved) == (False, None, None)


def test_an_evaluation_is_given_once(session: None, now: datetime) -> None:
    order = factories.replied(now)
    handle.evaluate(order, CITIZEN, now, solved=False, satisfaction="dissatisfied")
    with pytest.raises(Conflict):
        handle.evaluate(order, CALLBACK, now, solved=True, satisfaction="satisfied")


def test_the_citizens_own_link_closes_when_all_is_well(session: None, now: datetime) -> None:
    order = factories.replied(now)
    handle.rate_by_link(order, CITIZEN, now, solved=True, satisfaction="satisfied")
    assert order.state is State.CLOSED
    other = factories.replied(now)
    handle.rate_by_link(other, CITIZEN, now, solved=False, satisfaction="satisfied")
    assert other.state is State.CALLBACK


def test_redo_is_for_the_dissatisfied_and_has_its_own_clock(session: None, now: datetime) -> None:
    order = factories.replied(now)
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.redo(order, CALLBACK, now, reason="问题没有解决")
    assert (order.state, order.round) == (State.HANDLING, 2)
    assert {row.clock for row in order.deadlines if row.ended_at is None} == {Clock.REDO}
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="这次修好了")
    handle.evaluate(order, CALLBACK, now, solved=True, satisfaction="satisfied")
    with pytest.raises(Conflict):
        handle.redo(order, CALLBACK, now, reason="没有理由")


def test_events_cannot_be_changed(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    for statement in (
        update(Event).where(Event.order_id == order.id).values(reason="改"),
        text("DELETE FROM order_event"),
        text("TRUNCATE order_event CASCADE"),
    ):
        nested = db.session.begin_nested()
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(statement)
        nested.rollback()


def test_a_changed_or_shortened_log_is_noticed(session: None, now: datetime) -> None:
    order = factories.closed(now)
    events = list(order.events) or list(
        db.session.scalars(select(Event).filter_by(order_id=order.id).order_by(Event.seq))
    )
    assert broken_link(order, events[:-1]) == len(events)
    assert broken_link(order, events[1:]) == 1
    events[2].reason = "改过"
    assert broken_link(order, events) == 3
    db.session.expire_all()


def test_the_database_knows_the_rules_too(session: None, now: datetime) -> None:
    order = factories.closed(now)
    for change in ({"state": "flying"}, {"closed_at": None}, {"lead_unit": None}):
        nested = db.session.begin_nested()
        with pytest.raises(IntegrityError):
            db.session.execute(update(Order.__table__).where(Order.id == order.id).values(**change))
        nested.rollback()


ACTORS = (
    Actor(Role.AGENT, "话务员"),
    DISPATCHER,
    HANDLER,
    STRANGER,
    Actor(Role.UNIT_HEAD, "负责人", units=frozenset({"housing"})),
    CALLBACK,
    Actor(Role.SUPERVISOR, "督办"),
    Actor(Role.MANAGER, "管理"),
    Actor(Role.ADMIN, "管理员"),
    CITIZEN,
    SYSTEM,
)
GIVEN = {
    "reason": "理由",
    "note": "说明",
    "unit": "housing",
    "public_reply": "答复",
    "result": "solved",
    "solved": True,
    "satisfaction": "satisfied",
    "kind": "extension",
    "time": {"amount": 2, "unit": "working_days"},
    "next_step": "继续办理",
    "due": "2026-12-01T09:00:00+00:00",
    "master": "20261101000001",
    "other": "20261101000001",
    "service": "120",
    "exit": "litigation",
    "part": "assist",
    "part_unit": "urban",
    "task": "到现场查看",
    "basis": "职责清单",
    "how": "decided",
    "responsible": "housing",
    "supervision": "red",
    "scope": "deadline",
    "ground": "system_fault",
    "attachments": [1],
    "appeal": 1,
    "agrees": True,
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(Action), st.sampled_from(ACTORS)), max_size=25))
def test_random_walks_stay_in_the_table(session: None, now: datetime, walk: list[tuple[Action, Actor]]) -> None:
    order = factories.received(now)
    for minute, (action, actor) in enumerate(walk, start=1):
        before = order.state
        step = find(before, action)
        allowed = (
            step is not None and actor.role in step.roles and permits(step, actor, order.lead_unit, parts_open(order))
        )
        allowed = allowed and is_open(action, order, actor, now + timedelta(minutes=minute))
        given_now = {name: GIVEN[name] for name in (step.needs if step else ())}
        try:
            act(order, action, actor, now + timedelta(minutes=minute), **given_now)
        except HotlineError as refused:
            assert not allowed
            assert refused.message
            assert order.state is before
        else:
            assert allowed
            assert step is not None
            assert order.state is (step.target or before)
    _replays(order)


def _replays(order: Order) -> None:
    events = list(db.session.scalars(select(Event).filter_by(order_id=order.id).order_by(Event.seq)))
    assert broken_link(order, events) is None
    state: State | None = None
    for event in events:
        step = find(state, event.action)
        assert step is not None
        assert event.from_state == state
        state = step.target or state
        assert event.to_state == state
    assert state is order.state
    running: dict[tuple[Clock, str | None], int] = defaultdict(int)
    for deadline in db.session.scalars(select(Deadline).filter_by(order_id=order.id)):
        running[deadline.clock, deadline.unit_code if is_part(deadline) else None] += deadline.ended_at is None
    assert all(count <= 1 for count in running.values())
    rows = list(db.session.scalars(select(Deadline).filter_by(order_id=order.id).order_by(Deadline.id)))
    limits = policies.policy(order.policy_id).limits
    replayed = replay(events, limits, facts_of(order))
    assert len(replayed) == len(rows)
    for row, said in zip(rows, replayed, strict=True):
        for name in (field.name for field in fields(said)):
            assert getattr(row, name) == getattr(said, name), name
    if order.state is State.CLOSED:
        assert not any(running.values())
