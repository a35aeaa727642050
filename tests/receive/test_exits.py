"""The ways out: put through at once, withdrawn, not accepted; two people decide what harms the citizen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from hotline.base.errors import Conflict, Invalid, NotAllowed
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Order
from hotline.orders.vocabulary import Exit, Service
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.receive.exits import ROUTES, confirm_exit, propose_exit, put_through, refuse_exit, withdraw
from tests import factories
from tests.factories import HANDLER, fresh, saved

SignIn = Callable[[str], FlaskClient]
AGENT = Actor(Role.AGENT, "话务员")
SECOND = Actor(Role.SUPERVISOR, "督办员")


def clock(order: Order) -> str | None:
    return next(one.outcome for one in order.deadlines if one.clock is Clock.DISPATCH)


def test_danger_is_put_through_and_who_took_it_is_kept(session: None, now: datetime) -> None:
    order = factories.received(now)
    with pytest.raises(Invalid, match="note"):
        put_through(order, AGENT, now, service=Service.AMBULANCE, note=" ")
    event = put_through(order, AGENT, now, service=Service.AMBULANCE, note="急救中心 3 号台，记录 118")
    assert (order.state, clock(order)) == (State.EMERGENCY, "met")
    assert event.payload == {"service": "120", "note": "急救中心 3 号台，记录 118"}


def test_a_citizen_withdraws(session: None, now: datetime) -> None:
    order = factories.received(now)
    withdraw(order, AGENT, now, reason="已经修好")
    assert (order.state, clock(order)) == (State.WITHDRAWN, "dropped")


@pytest.mark.parametrize("kind", list(Exit))
def test_every_way_out_has_its_words_for_the_citizen(session: None, now: datetime, kind: Exit) -> None:
    order = factories.received(now)
    event = propose_exit(order, AGENT, now, exit=kind, reason="市民已起诉")
    assert kind in ROUTES
    assert "您" in event.payload["public_reply"] or "来电" in event.payload["public_reply"]
    assert event.payload["public_reply"] != ROUTES[kind]  # said in the city's language


def test_two_people_decide_that_an_appeal_is_not_accepted(
    session: None, actor: Callable[[str], Actor], now: datetime
) -> None:
    order, first = factories.received(now), actor("dispatcher")
    propose_exit(order, first, now, exit=Exit.LITIGATION, reason="已起诉", public_reply="请等法院判决。")
    assert (order.state, clock(order)) == (State.EXITING, None)
    with pytest.raises(NotAllowed):
        confirm_exit(order, first, now)
    with pytest.raises(NotAllowed):
        confirm_exit(order, AGENT, now)
    event = confirm_exit(order, SECOND, now)
    assert (order.state, clock(order)) == (State.DECLINED, "met")
    assert event.payload["public_reply"] == "请等法院判决。"


def test_what_is_refused_waits_for_dispatch_again_on_the_same_clock(session: None, now: datetime) -> None:
    order = factories.received(now)
    propose_exit(order, AGENT, now, exit=Exit.INVALID, reason="听不清")
    refuse_exit(order, SECOND, now, reason="有地址有事由")
    assert (order.state, clock(order)) == (State.RECEIVED, None)
    assert sum(one.clock is Clock.DISPATCH for one in order.deadlines) == 1


def test_no_unit_declares_an_appeal_invalid(session: None, now: datetime) -> None:
    order = factories.handling(now)
    with pytest.raises(Conflict):
        propose_exit(order, HANDLER, now, exit=Exit.INVALID, reason="不归我们管")
    waiting = factories.received(now)
    with pytest.raises(NotAllowed):
        propose_exit(waiting, HANDLER, now, exit=Exit.INVALID, reason="不归我们管")


def test_on_the_pages_from_proposal_to_the_citizens_words(sign_in: SignIn, now: datetime) -> None:
    order = saved(factories.received(now))
    page = sign_in("agent").get(f"/orders/{order.number}").text
    assert "/exit" in page
    assert "/put-through" in page
    said = {"version": str(order.version), "exit": "arbitration", "reason": "劳动争议"}
    assert sign_in("agent").post(f"/orders/{order.number}/exit", data=said).status_code == 302
    queue = sign_in("dispatcher").get("/dispatch?tab=returns").text
    assert order.number in queue
    assert "劳动争议" in queue
    order = fresh(order)
    shown = sign_in("dispatcher").get(f"/orders/{order.number}").text
    assert "仲裁委员会" in shown
    sign_in("dispatcher").post(f"/orders/{order.number}/exit/confirm", data={"version": str(order.version)})
    order = fresh(order)
    assert order.state is State.DECLINED
    assert "Nothing is left to do" in sign_in("dispatcher").get(f"/orders/{order.number}").text


def test_through_the_api(client: FlaskClient, key_of: Callable[[str], dict[str, str]], now: datetime) -> None:
    order = saved(factories.received(now))
    address, agent = f"/api/v1/orders/{order.number}", key_of("agent")

    def send(step: str, body: dict[str, str], key: dict[str, str]) -> int:
        return client.post(
            f"{address}/{step}", json=body, headers={**key, "If-Match": f'"{fresh(order).version}"'}
        ).status_code

    assert send("exit", {"exit": "strange", "reason": "x"}, agent) == 422
    assert send("exit", {"exit": "petition", "reason": "信访已受理"}, agent) == 200
    assert send("exit/confirm", {}, agent) == 403
    assert send("exit/refuse", {"reason": "未见信访编号"}, key_of("supervisor")) == 200
    assert send("put-through", {"service": "110", "note": "指挥中心"}, agent) == 200
    assert fresh(order).state is State.EMERGENCY
    other = saved(factories.received(now))
    order, address = other, f"/api/v1/orders/{other.number}"
    assert send("withdraw", {"reason": "市民撤单"}, agent) == 200
    assert [event.action for event in fresh(other).events][-1] is Action.WITHDRAW
