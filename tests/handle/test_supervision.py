"""Urging, slips that go up by themselves, and listing: who may, what is needed, who hears of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from hotline.base.db import db
from hotline.base.errors import Conflict, HotlineError, Invalid, NotAllowed, Stale
from hotline.base.outbox import Delivery
from hotline.base.work import unit_of_work
from hotline.handle import operations as handle
from hotline.handle.supervision import escalate, escalate_overdue, feed_back, supervise, unlist
from hotline.notices.models import Notice
from hotline.notices.operations import tell
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.urging import urge
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Result
from hotline.people.actors import CITIZEN, SYSTEM, Actor
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.policy.triggers import Supervision
from tests import factories
from tests.factories import CALLBACK, DISPATCHER, HANDLER

SUPERVISOR = Actor(Role.SUPERVISOR, "督办")
AGENT = Actor(Role.AGENT, "话务员")
MOMENT = timedelta(seconds=1)
EVERYBODY = (AGENT, DISPATCHER, HANDLER, CALLBACK, SUPERVISOR, Actor(Role.MANAGER, "管理"), CITIZEN, SYSTEM)


def slip(order: Order) -> Deadline | None:
    """The running clock of supervision."""
    running = select(Deadline).filter_by(order_id=order.id, clock=Clock.SUPERVISE, ended_at=None)
    return db.session.scalar(running)


def due(order: Order) -> datetime:
    clock = slip(order)
    assert clock is not None
    return clock.due_at


def steps_of(order: Order, action: Action) -> list[Event]:
    query = select(Event).filter_by(order_id=order.id, action=action).order_by(Event.seq)
    return list(db.session.scalars(query))


def recorded(order: Order) -> list[str]:
    """Where the order's columns are not what its log says."""
    db.session.flush()
    db.session.expire_all()
    return [str(found) for found in clock_differences(db.session.get_one(Order, order.id))]


# Slips


def test_a_slip_goes_up_once_at_each_due_time_and_red_is_the_last(session: None, now: datetime) -> None:
    order = factories.handling(now)
    supervise(order, SUPERVISOR, now, reason="久拖不决")
    for colour in (Supervision.ORANGE, Supervision.RED):
        at = due(order)
        assert escalate_overdue(at) == 0  # the due time itself is still in time
        assert escalate_overdue(at + MOMENT) == 1
        assert escalate_overdue(at + MOMENT) == 0
        assert order.supervision is colour
        assert due(order) > at
    assert escalate_overdue(due(order) + timedelta(days=90)) == 0
    ups = steps_of(order, Action.ESCALATE)
    assert [event.payload["supervision"] for event in ups] == ["orange", "red"]
    assert {event.actor_role for event in ups} == {Role.SYSTEM}
    assert all(event.reason for event in ups)
    assert recorded(order) == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda order, now: feed_back(order, HANDLER, now, note="已到现场"),
        lambda order, now: handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已办结。"),
    ],
)
def test_a_report_or_a_reply_ends_it(session: None, now: datetime, answer: Callable[[Order, datetime], Any]) -> None:
    order = factories.handling(now)
    supervise(order, SUPERVISOR, now, reason="久拖不决")
    overdue = due(order) + MOMENT
    answer(order, now + timedelta(hours=1))
    assert (order.supervision, slip(order)) == (None, None)
    assert escalate_overdue(overdue) == 0
    assert recorded(order) == []


def test_a_supervisor_who_is_not_content_supervises_again_at_the_next_colour(session: None, now: datetime) -> None:
    order = factories.handling(now)
    supervise(order, SUPERVISOR, now, reason="久拖不决")
    with pytest.raises(Conflict):
        supervise(order, SUPERVISOR, now, reason="再督", supervision=Supervision.ORANGE)
    feed_back(order, HANDLER, now, note="正在办")
    supervise(order, SUPERVISOR, now, reason="反馈不实", supervision=Supervision.ORANGE)
    assert order.supervision is Supervision.ORANGE


def test_a_supervisor_steps_up_by_hand_and_never_down(session: None, now: datetime) -> None:
    order = factories.handling(now)
    with pytest.raises(Conflict):
        escalate(order, SUPERVISOR, now, reason="没有督办单")
    supervise(order, SUPERVISOR, now, reason="久拖不决", supervision=Supervision.ORANGE)
    for wrong in (Supervision.BLUE, Supervision.ORANGE):
        with pytest.raises(Invalid) as refused:
            escalate(order, SUPERVISOR, now, reason="下调", supervision=wrong)
        assert "supervision" in refused.value.errors
    with pytest.raises(Invalid) as refused:
        escalate(order, SUPERVISOR, now, reason=" ")
    assert "reason" in refused.value.errors
    first = due(order)
    escalate(order, SUPERVISOR, now + timedelta(days=1), reason="影响恶劣")
    assert (order.supervision, due(order) > first) == (Supervision.RED, True)
    escalate(order, SUPERVISOR, now + timedelta(days=1), reason="市领导批示", supervision=Supervision.LISTED)
    assert order.supervision is Supervision.LISTED
    with pytest.raises(Conflict):
        escalate(order, SUPERVISOR, now + timedelta(days=2), reason="已到顶")


def test_a_slip_goes_up_while_a_reply_waits_for_its_signature(session: None, now: datetime) -> None:
    order = factories.handling(now)
    for _ in range(2):
        handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已处理。")
        handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
        handle.redo(order, CALLBACK, now, reason="没有解决")
    supervise(order, SUPERVISOR, now, reason="久拖不决")
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="又处理了。")
    assert order.state is State.REVIEWING
    assert escalate_overdue(due(order) + MOMENT) == 1
    assert order.supervision is Supervision.ORANGE


def test_special_supervision_does_not_go_up_by_itself(session: None, now: datetime) -> None:
    order = factories.handling(now)
    supervise(order, SUPERVISOR, now, reason="多次反映", supervision=Supervision.SPECIAL)
    assert escalate_overdue(due(order) + timedelta(days=30)) == 0
    assert order.supervision is Supervision.SPECIAL


def test_a_listed_order_stays_listed_until_it_is_taken_off(session: None, now: datetime) -> None:
    order = factories.handling(now)
    supervise(order, SUPERVISOR, now, reason="重大民生问题", supervision=Supervision.LISTED)
    feed_back(order, HANDLER, now, note="已成立专班")
    supervise(order, SUPERVISOR, now, reason="请报第二次进展")  # a slip does not take its mark
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已办结。")
    handle.evaluate(order, CALLBACK, now, solved=True, satisfaction="satisfied")
    handle.close(order, CALLBACK, now)
    assert order.supervision is Supervision.LISTED
    with pytest.raises(Invalid):
        unlist(order, SUPERVISOR, now, reason="")
    unlist(order, SUPERVISOR, now, reason="问题已解决")
    assert order.supervision is None
    with pytest.raises(Conflict):
        unlist(order, SUPERVISOR, now, reason="再摘一次")
    assert recorded(order) == []


def test_taking_off_the_list_ends_the_clock(session: None, now: datetime) -> None:
    order = factories.handling(now)
    supervise(order, SUPERVISOR, now, reason="重大民生问题", supervision=Supervision.LISTED)
    unlist(order, SUPERVISOR, now, reason="误挂")
    assert (order.supervision, slip(order)) == (None, None)


def test_a_slip_of_before_there_were_colours_is_blue(session: None, now: datetime) -> None:
    from hotline.orders.operations import act

    order = factories.handling(now)
    act(order, Action.SUPERVISE, SUPERVISOR, now, reason="旧督办")
    assert order.supervision is Supervision.BLUE
    assert recorded(order) == []


@pytest.mark.parametrize(
    ("verb", "may"),
    [
        (lambda order, actor, now: supervise(order, actor, now, reason="督"), {Role.SUPERVISOR, Role.SYSTEM}),
        (lambda order, actor, now: escalate(order, actor, now, reason="升"), {Role.SUPERVISOR, Role.SYSTEM}),
        (lambda order, actor, now: unlist(order, actor, now, reason="摘"), {Role.SUPERVISOR}),
        (
            lambda order, actor, now: urge(order, actor, now, note="催"),
            {Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.CITIZEN, Role.SYSTEM},
        ),
    ],
    ids=["supervise", "escalate", "unlist", "urge"],
)
def test_who_may(
    session: None, now: datetime, verb: Callable[[Order, Actor, datetime], Any], may: set[Role], request: Any
) -> None:
    for actor in EVERYBODY:
        order = factories.handling(now)
        if "unlist" in request.node.name:
            supervise(order, SUPERVISOR, now, reason="挂牌", supervision=Supervision.LISTED)
        elif "escalate" in request.node.name:
            supervise(order, SUPERVISOR, now, reason="督办")
        if actor.role in may:
            verb(order, actor, now)
        else:
            with pytest.raises(NotAllowed):
                verb(order, actor, now)


def test_a_unit_reports_on_its_own_orders_only(session: None, now: datetime) -> None:
    order = factories.handling(now)
    supervise(order, SUPERVISOR, now, reason="督办")
    with pytest.raises(NotAllowed):
        feed_back(order, Actor(Role.HANDLER, "别的单位", units=frozenset({"water"})), now, note="不是我们的")


# Urging


def test_urging_is_counted_in_its_round_and_moves_nothing(session: None, now: datetime) -> None:
    order = factories.handling(now)
    before = (order.state, order.lead_unit, due_times(order))
    for n in (1, 2, 3):
        urge(order, AGENT, now, note="群众再次来电")
        assert order.urges == n
    assert (order.state, order.lead_unit, due_times(order)) == before
    with pytest.raises(Invalid) as refused:
        urge(order, AGENT, now, note=" ")
    assert "note" in refused.value.errors
    with pytest.raises(Stale):
        urge(order, AGENT, now, note="看的是旧页面", version=1)
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已办结。")
    with pytest.raises(Conflict):  # no unit has it
        urge(order, AGENT, now, note="群众来电")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.redo(order, CALLBACK, now, reason="没有解决")
    assert order.urges == 0
    assert recorded(order) == []


def due_times(order: Order) -> dict[Clock, datetime]:
    return {row.clock: row.due_at for row in order.deadlines}


def test_a_citizen_urges_once_a_working_day(session: None, now: datetime) -> None:
    order = factories.handling(now)  # a Tuesday
    urge(order, CITIZEN, now, note="请尽快办理")
    with pytest.raises(Conflict):
        urge(order, CITIZEN, now + timedelta(hours=11), note="请尽快办理")
    urge(order, AGENT, now + timedelta(hours=11), note="群众来电催办")  # a call is taken all the same
    urge(order, CITIZEN, now + timedelta(days=3), note="请尽快办理")
    for days in (4, 5):  # the days off after that Friday
        with pytest.raises(Conflict):
            urge(order, CITIZEN, now + timedelta(days=days), note="请尽快办理")
    urge(order, CITIZEN, now + timedelta(days=6), note="请尽快办理")
    assert order.urges == 4


# Who hears of it


def heard(order: Order, now: datetime) -> list[tuple[str | None, str | None]]:
    """Whom the latest event was told to; told twice, as a delivery may be."""
    event = db.session.scalars(select(Event).filter_by(order_id=order.id).order_by(Event.seq.desc())).first()
    assert event is not None
    delivery = next(row for row in db.session.scalars(select(Delivery)) if row.arguments == {"event_id": event.id})
    for _ in range(2):
        tell(event.id, delivery.delivery_id, now)
    return [(row.unit_code, row.role) for row in db.session.scalars(select(Notice).filter_by(event_id=event.id))]


@pytest.mark.parametrize(
    ("supervision", "roles"),
    [
        (Supervision.BLUE, set()),
        (Supervision.ORANGE, {Role.SUPERVISOR}),
        (Supervision.RED, {Role.SUPERVISOR, Role.MANAGER}),
        (Supervision.SPECIAL, {Role.SUPERVISOR}),
        (Supervision.LISTED, {Role.SUPERVISOR, Role.MANAGER}),
    ],
)
def test_the_higher_the_step_the_higher_up_it_is_told(
    session: None, now: datetime, supervision: Supervision, roles: set[Role]
) -> None:
    order = factories.handling(now)
    supervise(order, SUPERVISOR, now, reason="督办", supervision=supervision)
    told = heard(order, now)
    assert len(told) == len(roles) + 1
    assert set(told) == {("housing", None), *((None, role) for role in roles)}


def test_the_unit_hears_that_it_is_urged_and_of_each_step_up(session: None, now: datetime) -> None:
    order = factories.handling(now)
    urge(order, AGENT, now, note="群众催办")
    assert heard(order, now) == [("housing", None)]
    supervise(order, SUPERVISOR, now, reason="督办")
    escalate(order, SUPERVISOR, now, reason="升级")
    assert set(heard(order, now)) == {("housing", None), (None, Role.SUPERVISOR)}


# Sweeps


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["up", "report", "again", "list", "off"]), st.integers(0, 200)), max_size=14),
)
def test_a_sweep_twice_is_a_sweep_once(session: None, now: datetime, walk: list[tuple[str, int]]) -> None:
    order, at = factories.handling(now), now
    supervise(order, SUPERVISOR, at, reason="督办")
    verbs: dict[str, Callable[[], Any]] = {
        "up": lambda: escalate(order, SUPERVISOR, at, reason="升级"),
        "report": lambda: feed_back(order, HANDLER, at, note="已办"),
        "again": lambda: supervise(order, SUPERVISOR, at, reason="再督"),
        "list": lambda: supervise(order, SUPERVISOR, at, reason="挂牌", supervision=Supervision.LISTED),
        "off": lambda: unlist(order, SUPERVISOR, at, reason="摘牌"),
    }
    for verb, hours in walk:
        at += timedelta(hours=hours)
        escalate_overdue(at)
        version = order.version
        assert escalate_overdue(at) == 0
        assert order.version == version
        try:
            with db.session.begin_nested():
                verbs[verb]()
        except HotlineError as refused:
            assert refused.message
    by_system = [event for event in steps_of(order, Action.ESCALATE) if event.actor_role is Role.SYSTEM]
    assert all(one.at < other.at for one, other in pairwise(by_system))
    assert (order.supervision is None) <= (slip(order) is None)
    assert recorded(order) == []


# Pages and API


def post(client: FlaskClient, order: Order, path: str, **data: str) -> Any:
    given = {"version": str(factories.fresh(order).version), **data}
    return client.post(f"/orders/{order.number}/{path}", data=given)


def test_a_supervisor_supervises_steps_up_and_urges_by_form(
    sign_in: Callable[[str], FlaskClient], now: datetime
) -> None:
    client = sign_in("supervisor")
    order = factories.saved(factories.handling(now))
    page = client.get(f"/orders/{order.number}").text
    assert all(f"/orders/{order.number}/{path}" in page for path in ("supervise", "urge"))
    assert f"/orders/{order.number}/escalate" not in page
    assert post(client, order, "supervise", supervision="orange", reason="久拖不决").status_code == 302
    page = client.get(f"/orders/{order.number}").text
    assert "Orange slip" in page
    assert f"/orders/{order.number}/escalate" in page
    assert post(client, order, "escalate", supervision="blue", reason="下调").status_code == 422
    assert post(client, order, "escalate", supervision="listed", reason="批示").status_code == 302
    assert post(client, order, "unlist").status_code == 422
    assert post(client, order, "unlist", reason="已解决").status_code == 302
    assert factories.fresh(order).supervision is None
    assert post(client, order, "urge", note="群众来电").status_code == 302
    assert "Urged 1 time" in client.get(f"/orders/{order.number}").text
    assert post(client, order, "urge", note="旧", version="1").status_code == 409


def test_a_handler_has_none_of_these_forms(sign_in: Callable[[str], FlaskClient], now: datetime) -> None:
    client = sign_in("handler")
    order = factories.saved(factories.handling(now))
    for path in ("supervise", "escalate", "unlist", "urge"):
        assert f"/orders/{order.number}/{path}" not in client.get(f"/orders/{order.number}").text
        assert post(client, order, path, reason="督", note="催").status_code in {403, 409}
    assert factories.fresh(order).urges == 0


def test_the_api_has_the_same_steps(
    client: FlaskClient, key_of: Callable[[str], dict[str, str]], now: datetime
) -> None:
    order = factories.saved(factories.handling(now))
    headers = key_of("supervisor")

    def call(path: str, **body: str) -> Any:
        version = str(factories.fresh(order).version)
        return client.post(
            f"/api/v1/orders/{order.number}/{path}", json=body, headers={**headers, "If-Match": f'"{version}"'}
        )

    assert call("urge", note="群众来电").status_code == 200
    assert call("supervise", reason="督办").status_code == 200
    assert call("escalate", reason="升级").json["supervision"] == "orange"
    assert call("escalate", reason="批示", supervision="listed").json["supervision"] == "listed"
    assert call("unlist", reason="已解决").json["supervision"] is None
    assert call("escalate", reason="没有").status_code == 409


def test_a_sweep_leaves_what_somebody_is_at_work_on(app: Flask, committed: None, now: datetime) -> None:
    with app.app_context(), unit_of_work():
        held, free = factories.handling(now), factories.handling(now)
        for order in (held, free):
            supervise(order, SUPERVISOR, now, reason="督办")
        numbers, later = [held.number, free.number], due(free) + MOMENT
        key = held.id

    def steps() -> list[Supervision | None]:
        with app.app_context():
            query = select(Order.supervision).where(Order.number.in_(numbers)).order_by(Order.id)
            return list(db.session.scalars(query))

    with app.app_context():
        engine = db.engine
    with engine.connect() as other:
        other.execute(text("SELECT 1 FROM work_order WHERE id = :id FOR UPDATE"), {"id": key})
        with app.app_context(), unit_of_work():
            assert escalate_overdue(later) == 1
        assert steps() == [Supervision.BLUE, Supervision.ORANGE]
        other.rollback()
    with app.app_context(), unit_of_work():
        assert escalate_overdue(later) == 1
    assert steps() == [Supervision.ORANGE, Supervision.ORANGE]
