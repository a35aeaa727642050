"""先办后议: whose an order is may be disputed once, the work goes on, a ruling ends it and becomes a precedent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hotline.base.errors import Conflict, Invalid, NotAllowed
from hotline.handle import operations as handle
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Order
from hotline.orders.open_steps import open_steps
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Result, Ruling
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.transfer import operations as transfer
from hotline.transfer.disputes import dispute, rule, rule_moves
from hotline.transfer.lessons import lessons
from tests import factories
from tests.factories import DISPATCHER, HANDLER, fresh, saved

SignIn = Callable[[str], FlaskClient]
SUPERVISOR = Actor(Role.SUPERVISOR, "督办员")
WHY = {"reason": "不在我单位职责清单内", "basis": "权责清单第十二条"}


def disputed(now: datetime) -> Order:
    order = factories.handling(now)
    dispute(order, HANDLER, now, proposed_unit="urban", **WHY)
    return order


def running(order: Order) -> dict[Clock, datetime]:
    return {row.clock: row.due_at for row in order.deadlines if row.ended_at is None}


def test_the_work_and_its_clock_go_on(session: None, now: datetime) -> None:
    order = factories.handling(now)
    before = running(order)
    dispute(order, HANDLER, now, **WHY)
    assert running(order).items() >= before.items()
    assert Clock.RULING in running(order)
    assert order.state is State.HANDLING
    with pytest.raises(Conflict):
        dispute(order, HANDLER, now, **WHY)
    with pytest.raises(Conflict):
        transfer.request_return(order, HANDLER, now, reason="再退一次")
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="先处理好了。")
    assert order.disputed_at is not None


def test_a_ruling_moves_the_order_for_good(session: None, now: datetime) -> None:
    order = disputed(now)
    due = running(order)[Clock.HANDLE]
    with pytest.raises(Invalid, match="unit"):
        rule_moves(order, SUPERVISOR, now, how=Ruling.DECIDED, unit="housing", reason="编办裁定")
    rule_moves(order, SUPERVISOR, now + timedelta(hours=1), how=Ruling.DECIDED, unit="urban", reason="编办裁定")
    assert (order.state, order.lead_unit, order.disputed_at) == (State.DISPATCHED, "urban", None)
    assert running(order)[Clock.HANDLE] == due
    urban = Actor(Role.HANDLER, "新单位", units=frozenset({"urban"}))
    allowed = {step.action for step in open_steps(order, urban, now)}
    assert Action.SIGN in allowed
    assert not allowed & {Action.REQUEST_RETURN, Action.DISPUTE}
    assert clock_differences(fresh(order)) == []
    learned = next(one for one in lessons(now - timedelta(days=1)) if one.id == order.id)
    assert (learned.unit, learned.ruled) == ("urban", True)


def test_a_ruling_after_the_answer_moves_nothing_and_is_a_precedent(session: None, now: datetime) -> None:
    order = disputed(now)
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="先处理好了。")
    rule(order, SUPERVISOR, now, how=Ruling.AGREED, responsible="urban", reason="双方协商一致")
    assert (order.state, order.lead_unit) == (State.CALLBACK, "housing")
    assert Clock.RULING not in running(order)
    learned = next(one for one in lessons(now - timedelta(days=1)) if one.id == order.id)
    assert (learned.unit, learned.ruled) == ("urban", True)
    with pytest.raises(Conflict):
        rule(order, SUPERVISOR, now, how=Ruling.AGREED, reason="再裁一次")


def test_who_rules_did_not_dispute(session: None, now: datetime) -> None:
    order = disputed(now)
    for actor in (HANDLER, DISPATCHER, Actor(Role.MANAGER, "管理")):
        with pytest.raises(NotAllowed):
            rule(order, actor, now, how=Ruling.DECIDED, reason="自己裁自己")
    with pytest.raises(Invalid, match="responsible"):
        rule(order, SUPERVISOR, now, how=Ruling.DECIDED, responsible="nowhere", reason="写错")
    with pytest.raises(Invalid) as bare:
        dispute(factories.handling(now), HANDLER, now, reason="没有依据", basis=" ")
    assert "basis" in bare.value.errors


def test_a_designated_unit_may_dispute_what_it_cannot_hand_back(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    for unit in ("urban", "market"):
        holder = Actor(Role.HANDLER, "经办", units=frozenset({str(order.lead_unit)}))
        transfer.request_return(order, holder, now, reason="不归我们")
        transfer.redispatch(order, unit, DISPATCHER, now, reason="同意")
    last = Actor(Role.HANDLER, "指定单位", units=frozenset({"market"}))
    with pytest.raises(Conflict, match="指定承办"):
        transfer.request_return(order, last, now, reason="还是不归")
    dispute(order, last, now, **WHY)
    rule(order, SUPERVISOR, now, how=Ruling.MEETING, reason="联席会议维持")
    assert order.lead_unit == "market"
    assert clock_differences(fresh(order)) == []


def test_the_supervisor_finds_disputes_and_rules_on_the_page(sign_in: SignIn, now: datetime) -> None:
    order = saved(disputed(now))
    client = sign_in("supervisor")
    assert f'data-row="{order.number}"' in client.get("/disputes").text
    page = client.get(f"/orders/{order.number}").text
    assert WHY["basis"] in page
    data = {"version": order.version, "how": "decided", "unit": "urban", "reason": "编办裁定"}
    assert client.post(f"/orders/{order.number}/rule-moves", data=data).status_code == 302
    assert fresh(order).lead_unit == "urban"
    assert f'data-row="{order.number}"' not in client.get("/disputes").text
    assert sign_in("handler").get("/disputes").status_code == 403
