"""Triggers about orders: each fires at its number and not one below, once a period, and leaves a record of what was done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from hotline.base.db import db
from hotline.base.errors import Conflict, HotlineError, Invalid, NotAllowed, NotFound
from hotline.base.i18n import DEFAULT, gettext, label, speaking
from hotline.base.work import unit_of_work
from hotline.handle import operations as handle
from hotline.handle.alarms import Found, alarm_for, alarms_for, count_open, fire, orders_behind, settle, trigger_of
from hotline.handle.appeals import appeal, decide_appeal, review_appeal
from hotline.handle.models import Alarm, Appeal
from hotline.handle.review import reject_reply
from hotline.handle.supervision import escalate_overdue, feed_back, supervise
from hotline.handle.time import grant_time, request_time, resume
from hotline.handle.triggers import sweep_orders
from hotline.orders.attachments import Upload
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.urging import urge
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Result, TimeKind
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.appeals import Ground, Scope
from hotline.policy.limits import Clock
from hotline.policy.triggers import Does, Kind, Supervision
from hotline.receive.joining import reactivate
from hotline.transfer.merging import merge
from tests import factories
from tests.factories import CALLBACK, DISPATCHER, HANDLER

HEAD = Actor(Role.UNIT_HEAD, "负责人", units=HANDLER.units)

SUPERVISOR = Actor(Role.SUPERVISOR, "督办")
AGENT = Actor(Role.AGENT, "话务员")
MANAGER = Actor(Role.MANAGER, "管理")
HEAD = Actor(Role.UNIT_HEAD, "负责人", units=frozenset({"housing"}))
MOMENT = timedelta(seconds=1)


def alone(now: datetime, make: Callable[..., Order] = factories.handling, **changes: Any) -> Order:
    """An order of a citizen who has told nothing else."""
    alone.calls = getattr(alone, "calls", 0) + 1  # type: ignore[attr-defined]  # a counter for phone numbers
    return make(now, requester_phone=f"138{alone.calls:08d}", **changes)  # type: ignore[attr-defined]


def fired(rule: str) -> list[Alarm]:
    return list(db.session.scalars(select(Alarm).filter_by(rule=rule).order_by(Alarm.id)))


def swept(now: datetime, rule: str) -> list[Alarm]:
    """The alarms of a rule after a sweep; a second sweep must find nothing."""
    sweep_orders(now)
    found = fired(rule)
    assert sweep_orders(now) == 0
    assert len(fired(rule)) == len(found)
    return found


def morning(days: int, now: datetime) -> datetime:
    """The beginning of the so-many-th day after."""
    calendar = policies.calendar_now()
    return calendar.instant(calendar.city_day(now) + timedelta(days=days))


def redone(order: Order, now: datetime, *, content: bool = False) -> None:
    """The unit's head replies, the citizen is content or not, and where not it goes back."""
    handle.reply(order, HEAD, now, result=Result.SOLVED, public_reply="已处理。")
    level = "satisfied" if content else "dissatisfied"
    handle.evaluate(order, CALLBACK, now, solved=content, satisfaction=level)
    if not content:
        handle.redo(order, CALLBACK, now, reason="没有解决")


# Each rule


def test_overdue_for_five_working_days(session: None, now: datetime) -> None:
    order = alone(now)  # a Tuesday; due the Tuesday after
    for day in (8, 10, 13):
        handle.add_note(order, HANDLER, now + timedelta(days=day), note="在办")
    due = next(row.due_at for row in order.deadlines if row.clock is Clock.HANDLE)
    fifth = morning(7, due)  # five working days later: a weekend lies between
    assert swept(fifth - MOMENT, "overdue") == []
    (alarm,) = swept(fifth, "overdue")
    assert order.supervision is Supervision.BLUE
    assert (alarm.subject, alarm.period, alarm.unit_code, alarm.order_id) == (order.number, "1", "housing", order.id)
    assert alarm.facts["orders"] == [order.number]
    with speaking(DEFAULT):
        note = gettext("Under supervision: %(step)s", step=label(Supervision.BLUE))
    assert (alarm.handled_at, alarm.handled_by, alarm.note) == (fifth, "系统", note)
    supervised = db.session.scalars(select(Event).filter_by(order_id=order.id).order_by(Event.seq.desc())).first()
    assert supervised is not None
    assert (supervised.actor_role, supervised.payload["rule"]) == (Role.SYSTEM, "overdue")
    assert supervised.reason == trigger_of(alarm).basis


def test_a_redo_that_is_overdue_fires_in_its_own_round(session: None, now: datetime) -> None:
    order = alone(now)
    assert len(swept(now + timedelta(days=30), "overdue")) == 1
    redone(order, now + timedelta(days=30))
    assert [alarm.period for alarm in swept(now + timedelta(days=60), "overdue")] == ["1", "2"]


def test_dissatisfied_again_after_the_redo(session: None, now: datetime) -> None:
    order = alone(now)
    redone(order, now)
    assert swept(now, "dissatisfied_again") == []
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="又处理了。")
    handle.evaluate(order, CALLBACK, now, solved=True, satisfaction="dissatisfied")
    assert swept(now, "dissatisfied_again") == []  # the desk has not decided yet
    handle.redo(order, CALLBACK, now, reason="还是没有解决")
    (alarm,) = swept(now, "dissatisfied_again")
    assert (order.supervision, alarm.period, alarm.facts["times"]) == (Supervision.ORANGE, "2", 2)
    redone(order, now)
    assert [one.period for one in swept(now, "dissatisfied_again")] == ["2", "3"]


def test_content_after_the_redo_is_no_dissatisfaction(session: None, now: datetime) -> None:
    order = alone(now)
    redone(order, now)
    redone(order, now, content=True)
    handle.close(order, CALLBACK, now)
    assert swept(now, "dissatisfied_again") == []


def test_an_answer_left_out_on_appeal_is_no_dissatisfaction(session: None, now: datetime) -> None:
    order = alone(now)
    redone(order, now)
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="又处理了。")
    files = (Upload("截图.png", b"\x89PNG\r\n\x1a\n" + bytes(20)),)
    against: dict[str, Any] = {"scope": Scope.EVALUATION, "round": 1, "ground": Ground.UNREASONABLE}
    appeal(order, HANDLER, now, **against, reason="诉求超出政策规定", uploads=files)
    found = db.session.scalars(select(Appeal)).one()
    review_appeal(order, DISPATCHER, now, appeal=found.id, agrees=True, reason="属实")
    decide_appeal(order, MANAGER, now, appeal=found.id, agrees=True, reason="同意")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.redo(order, CALLBACK, now, reason="还是没有解决")
    assert swept(now, "dissatisfied_again") == []


def test_an_order_closed_dissatisfied_twice_leaves_an_open_alarm(session: None, now: datetime) -> None:
    order = alone(now)
    redone(order, now)
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="又处理了。")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.close(order, CALLBACK, now)
    (alarm,) = swept(now, "dissatisfied_again")
    assert (alarm.handled_at, order.supervision) == (None, None)


def test_urged_three_times(session: None, now: datetime) -> None:
    order = alone(now)
    for n in (1, 2, 3):
        assert swept(now, "urged") == []
        urge(order, AGENT, now, note=f"第{n}次催办")
    (alarm,) = swept(now, "urged")
    assert (order.supervision, alarm.facts["urges"]) == (Supervision.BLUE, 3)


def test_urged_while_a_reply_waits_for_its_signature(session: None, now: datetime) -> None:
    order = alone(now)
    for _ in range(2):
        redone(order, now)
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已处理。")
    for n in (1, 2, 3):
        urge(order, AGENT, now, note=f"第{n}次催办")
    (alarm,) = swept(now, "urged")
    assert (order.state, alarm.handled_by) == (State.REVIEWING, "系统")


def test_three_orders_of_one_citizen_and_kind_in_thirty_days(session: None, now: datetime) -> None:
    def told(at: datetime, **changes: Any) -> Order:
        return factories.dispatched(at, **{"requester_phone": "13700000001", **changes})

    told(now - timedelta(days=30))  # just out of the window
    first, second = told(now - timedelta(days=20)), told(now - timedelta(days=2))
    told(now, requester_phone="13700000002")
    told(now, secret=True)
    assert swept(now, "repeated") == []
    third = told(now)
    (alarm,) = swept(now, "repeated")
    assert (third.supervision, second.supervision) == (Supervision.SPECIAL, None)
    assert alarm.facts["orders"] == [order.number for order in (third, second, first)]
    assert alarm.subject == third.number  # no telephone number stands in it
    told(now + timedelta(days=1))
    assert len(swept(now + timedelta(days=1), "repeated")) == 1  # once for those thirty days
    for _ in range(2):
        told(now + timedelta(days=31))
    assert len(swept(now + timedelta(days=31), "repeated")) == 1
    told(now + timedelta(days=31))
    assert len(swept(now + timedelta(days=31), "repeated")) == 2


def test_nothing_by_the_unit_for_five_working_days(session: None, now: datetime) -> None:
    order = alone(now)
    fifth = morning(7, now)
    supervise(order, SUPERVISOR, now + timedelta(days=1), reason="督办")  # others' steps are no progress
    assert swept(fifth - MOMENT, "stalled") == []
    (alarm,) = swept(fifth, "stalled")
    assert alarm.handled_at is None
    assert len(swept(fifth + timedelta(days=30), "stalled")) == 1


@pytest.mark.parametrize(
    "step",
    [
        lambda order, now: handle.add_note(order, HANDLER, now, note="已到现场"),
        lambda order, now: handle.record_contact(order, HANDLER, now, note="已联系"),
        redone,
    ],
)
def test_whoever_is_at_work_is_not_stalled(
    session: None, now: datetime, step: Callable[[Order, datetime], Any]
) -> None:
    order = alone(now)
    step(order, now + timedelta(days=1))
    assert swept(morning(7, now), "stalled") == []
    assert len(swept(morning(8, now), "stalled")) == 1


def test_a_clock_that_stands_still_is_not_stalled(session: None, now: datetime) -> None:
    order = alone(now)
    until = (now + timedelta(days=27)).date()
    request_time(
        order, HANDLER, now, kind=TimeKind.PROMISE, reason="需立项", next_step="排期", until=until, amount=None
    )
    grant_time(order, DISPATCHER, now)
    assert swept(now + timedelta(days=20), "stalled") == []
    ends = pause_of(order)
    assert swept(ends + MOMENT, "stalled") == []  # it has only just run out
    fifth = morning(7, ends)
    assert swept(fifth - MOMENT, "stalled") == []
    assert len(swept(fifth + timedelta(days=1), "stalled")) == 1


def pause_of(order: Order) -> datetime:
    """When the pause of its work ends."""
    (clock,) = (row for row in order.deadlines if row.clock is Clock.HANDLE)
    return datetime.fromisoformat(clock.paused[-1][1])


def test_work_that_the_center_has_going_on_early_is_not_stalled(session: None, now: datetime) -> None:
    order = alone(now)
    until = (now + timedelta(days=27)).date()
    request_time(
        order, HANDLER, now, kind=TimeKind.PROMISE, reason="需立项", next_step="排期", until=until, amount=None
    )
    grant_time(order, DISPATCHER, now)
    at = now + timedelta(days=20)
    resume(order, DISPATCHER, at, reason="已立项")
    assert swept(at + timedelta(days=1), "stalled") == []
    assert len(swept(at + timedelta(days=10), "stalled")) == 1


def test_what_is_taken_up_again_begins_anew(session: None, now: datetime) -> None:
    order = alone(now, factories.closed)
    at = now + timedelta(days=14)
    reactivate(order, DISPATCHER, at, reason="又坏了")
    assert swept(at, "stalled") == []
    assert len(swept(morning(8, at), "stalled")) == 1


def test_what_followed_its_master_and_is_taken_up_again_may_stall_too(session: None, now: datetime) -> None:
    master, child = alone(now), alone(now, factories.received)
    merge(child, DISPATCHER, now, master=master.number, reason="同一件事")
    handle.reply(master, HANDLER, now, result=Result.SOLVED, public_reply="已处理。")
    handle.evaluate(child, CALLBACK, now, solved=True, satisfaction="satisfied")
    handle.close(child, CALLBACK, now)
    reactivate(child, DISPATCHER, now + timedelta(days=1), reason="没有解决")
    assert child.dispatched_at is None
    assert [one.subject for one in swept(now + timedelta(days=15), "stalled")] == [child.number]


def test_a_reply_that_waits_for_its_signature_is_not_stalled_and_answers_its_slip(session: None, now: datetime) -> None:
    order = alone(now)
    for _ in range(2):
        redone(order, now)  # from now on the unit's head signs
    supervise(order, SUPERVISOR, now, reason="督办", supervision=Supervision.RED)
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已处理。")
    assert order.state is State.REVIEWING
    assert swept(now + timedelta(days=30), "slip_overdue") == []
    assert fired("stalled") == []
    reject_reply(order, HEAD, now + timedelta(days=30), reason="没有说清")
    assert len(swept(now + timedelta(days=30), "slip_overdue")) == 1


def test_a_red_slip_not_answered_calls_for_an_interview(session: None, now: datetime) -> None:
    order = alone(now)
    supervise(order, SUPERVISOR, now, reason="督办", supervision=Supervision.RED)
    due = next(row.due_at for row in order.deadlines if row.clock is Clock.SUPERVISE)
    assert swept(due, "slip_overdue") == []
    (alarm,) = swept(due + MOMENT, "slip_overdue")
    assert trigger_of(alarm).does is Does.INTERVIEW
    feed_back(order, HANDLER, due + MOMENT, note="迟到的反馈")
    supervise(order, SUPERVISOR, due + MOMENT, reason="再督", supervision=Supervision.RED)
    assert len(swept(due + timedelta(days=30), "slip_overdue")) == 2


@pytest.mark.parametrize("colour", [Supervision.ORANGE, Supervision.SPECIAL])
def test_no_other_step_calls_for_an_interview(session: None, now: datetime, colour: Supervision) -> None:
    supervise(alone(now), SUPERVISOR, now, reason="督办", supervision=colour)
    assert swept(now + timedelta(days=30), "slip_overdue") == []


# What a trigger does with an order that is supervised already


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Supervision.BLUE, Supervision.BLUE),
        (Supervision.RED, Supervision.RED),
        (Supervision.LISTED, Supervision.LISTED),
    ],
)
def test_an_order_stays_on_its_step_or_goes_up(
    session: None, now: datetime, before: Supervision, after: Supervision
) -> None:
    order = alone(now)
    supervise(order, SUPERVISOR, now, reason="督办", supervision=before)
    for _ in range(3):
        urge(order, AGENT, now, note="催办")
    (alarm,) = swept(now, "urged")
    assert order.supervision is after
    assert alarm.handled_by == "系统"


def test_a_stronger_trigger_steps_it_up(session: None, now: datetime) -> None:
    order = alone(now)
    supervise(order, SUPERVISOR, now, reason="督办")
    for _ in range(2):
        factories.dispatched(now, requester_phone=order.requester_phone)
    sweep_orders(now)
    newest = db.session.scalars(select(Order).order_by(Order.id.desc())).first()
    assert newest is not None
    assert newest.supervision is Supervision.SPECIAL
    assert order.supervision is Supervision.BLUE


# Settling


def raised(now: datetime, rule: str = "unsolved_in_month", unit: str | None = "housing") -> Alarm:
    trigger = policies.policy_at(now).trigger(rule)
    order = alone(now, factories.dispatched)
    fire(trigger, [Found(unit or "place", f"{now:%Y-%m}", [order.number], unit)], now)
    return fired(rule)[-1]


def test_settling_says_what_was_done(session: None, now: datetime) -> None:
    alarm = raised(now)
    with pytest.raises(Invalid) as refused:
        settle(alarm, SUPERVISOR, now, note="  ")
    assert "note" in refused.value.errors
    settle(alarm, SUPERVISOR, now, note="已督促整改")
    assert (alarm.handled_at, alarm.handled_by, alarm.note) == (now, "督办", "已督促整改")
    with pytest.raises(Conflict):
        settle(alarm, MANAGER, now, note="再办一次")


@pytest.mark.parametrize(
    ("held", "wrong"),
    [
        ({"held_on": date(2026, 11, 16)}, "whom"),
        ({"whom": "住建局主要负责人"}, "held_on"),
        ({"held_on": date(2026, 11, 18), "whom": "住建局主要负责人"}, "held_on"),
    ],
)
def test_an_interview_says_the_day_and_whom(session: None, now: datetime, held: dict[str, Any], wrong: str) -> None:
    alarm = raised(now, "last_twice")
    with pytest.raises(Invalid) as refused:
        settle(alarm, MANAGER, now, note="已约谈", **held)
    assert wrong in refused.value.errors
    settle(alarm, MANAGER, now, note="已约谈，限期整改", held_on=date(2026, 11, 17), whom="住建局主要负责人")
    assert (alarm.held_on, alarm.whom) == (date(2026, 11, 17), "住建局主要负责人")


def test_an_interview_not_held_says_why_and_others_have_none(session: None, now: datetime) -> None:
    settle(raised(now, "last_twice"), MANAGER, now, note="样本有误，不约谈")
    with pytest.raises(Invalid):
        settle(raised(now), MANAGER, now, note="已约谈", held_on=date(2026, 11, 17), whom="某人")


@pytest.mark.parametrize("role", [Role.AGENT, Role.DISPATCHER, Role.HANDLER, Role.UNIT_HEAD, Role.CALLBACK, Role.ADMIN])
def test_who_may_not_settle(session: None, now: datetime, role: Role) -> None:
    with pytest.raises(NotAllowed):
        settle(raised(now), Actor(role, "别人", units=frozenset({"housing"})), now, note="办了")


def test_a_unit_sees_the_alarms_about_it(session: None, now: datetime) -> None:
    own, other, place = raised(now), raised(now, unit="water"), raised(now, "cluster", None)
    for actor, seen in ((MANAGER, {own, other, place}), (HEAD, {own})):
        assert set(db.session.scalars(alarms_for(actor))) == seen
        assert sum(count_open(actor).values()) == len(seen)
    assert alarm_for(own.id, HEAD) is own
    with pytest.raises(NotFound):
        alarm_for(other.id, HEAD)
    with pytest.raises(NotAllowed):
        alarms_for(HANDLER)
    assert len(list(db.session.scalars(orders_behind(own, HEAD)))) == 1
    settle(own, SUPERVISOR, now, note="已办")
    assert list(db.session.scalars(alarms_for(HEAD))) == []
    assert list(db.session.scalars(alarms_for(HEAD, settled=True))) == [own]
    assert list(db.session.scalars(alarms_for(MANAGER, rule="cluster"))) == [place]


def test_a_unit_does_not_see_other_units_orders_behind_its_alarm(session: None, now: datetime) -> None:
    theirs = alone(now, factories.dispatched, unit="water")
    found = [Found("housing", "2026-11", [theirs.number], "housing")]
    fire(policies.policy_at(now).trigger("unsolved_in_month"), found, now)
    (alarm,) = fired("unsolved_in_month")
    assert list(db.session.scalars(orders_behind(alarm, HEAD))) == []
    assert list(db.session.scalars(orders_behind(alarm, MANAGER))) == [theirs]


# Sweeps


VERBS: dict[str, Callable[[Order, datetime], Any]] = {
    "urge": lambda order, at: urge(order, AGENT, at, note="催办"),
    "note": lambda order, at: handle.add_note(order, HANDLER, at, note="在办"),
    "report": lambda order, at: feed_back(order, HANDLER, at, note="已办"),
    "redo": redone,
    "supervise": lambda order, at: supervise(order, SUPERVISOR, at, reason="督办"),
}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(sorted(VERBS)), st.integers(0, 90)),
        max_size=14,
    )
)
def test_a_sweep_twice_is_a_sweep_once(session: None, now: datetime, walk: list[tuple[int, str, int]]) -> None:
    orders, at = [alone(now) for _ in range(3)], now
    for which, verb, hours in walk:
        at += timedelta(hours=hours)
        try:
            with db.session.begin_nested():
                VERBS[verb](orders[which], at)
        except HotlineError as refused:
            assert refused.message
        escalate_overdue(at)
        sweep_orders(at)
        versions = [order.version for order in orders]
        assert (escalate_overdue(at), sweep_orders(at)) == (0, 0)
        assert [order.version for order in orders] == versions
    keys = db.session.execute(select(Alarm.rule, Alarm.subject, Alarm.period)).all()
    assert len(keys) == len(set(keys)) == db.session.scalar(select(func.count()).select_from(Alarm))
    db.session.flush()
    db.session.expire_all()
    assert [str(one) for order in orders for one in clock_differences(order)] == []
    running = db.session.scalars(select(Deadline).filter_by(clock=Clock.SUPERVISE, ended_at=None)).all()
    assert len({row.order_id for row in running}) == len(running)


def test_a_sweep_leaves_what_somebody_is_at_work_on(app: Flask, committed: None, now: datetime) -> None:
    with app.app_context(), unit_of_work():
        orders = [alone(now), alone(now)]
        for order in orders:
            for _ in range(3):
                urge(order, AGENT, now, note="催办")
        key, numbers = orders[0].id, [order.number for order in orders]

    def raised_for() -> set[str]:
        with app.app_context():
            return {alarm.subject for alarm in fired("urged") if alarm.handled_at}

    with app.app_context():
        engine = db.engine
    with engine.connect() as other:
        other.execute(text("SELECT 1 FROM work_order WHERE id = :id FOR UPDATE"), {"id": key})
        with app.app_context(), unit_of_work():
            db.session.execute(text("SET LOCAL lock_timeout = '1s'"))  # a sweep that waits must not hang here
            assert sweep_orders(now) == 1
        assert raised_for() == {numbers[1]}
        other.rollback()
    with app.app_context(), unit_of_work():
        assert sweep_orders(now) == 1
    assert raised_for() == set(numbers)


def test_every_kind_of_an_order_is_looked_for() -> None:
    from hotline.handle.triggers import FINDERS
    from hotline.policy.triggers import OF_ORDERS

    assert set(FINDERS) == set(OF_ORDERS)
    assert set(OF_ORDERS) < set(Kind)
