"""The dispatcher's desk: the drawer beside the list, several orders at once, both sides of a return or a dispute."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.transfer.disputes import dispute
from hotline.transfer.operations import dispatch, dispatch_many, redispatch, request_return
from hotline.transfer.waiting import waiting_rows
from tests import factories
from tests.factories import fresh, saved
from tests.transfer.test_pages import UNSURE, numbers

Signer = Callable[[str], FlaskClient]
URBAN = Actor(Role.HANDLER, "城管经办", units=frozenset({"urban"}))


def test_the_drawer_says_why_and_holds_the_form(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now, **UNSURE))
    client = sign_in("dispatcher")
    part = client.get(f"/dispatch/{order.number}?part=1").text
    assert "<html" not in part
    assert "<mark>户口</mark>" in part
    assert "confidence below threshold" in part
    assert f'action="/orders/{order.number}/dispatch"' in part
    assert 'name="stay"' not in part  # at the desk the next order waits
    assert "<html" in client.get(f"/dispatch/{order.number}").text
    assert sign_in("callback").get(f"/dispatch/{order.number}").status_code == 403


def test_several_go_each_as_suggested_and_what_fails_is_told_row_by_row(sign_in: Signer, now: datetime) -> None:
    good, stale = factories.received(now, **UNSURE), factories.received(now, **UNSURE)
    blank = factories.received(now)
    taken = {order.number: order.version for order in (good, stale, blank)}
    dispatch(stale, "housing", factories.DISPATCHER, now)
    saved(stale)
    picked = MultiDict([("order", f"{number}:{version}") for number, version in taken.items()])
    answer = sign_in("dispatcher").post("/dispatch", data=picked)
    assert answer.status_code == 200
    assert "1 order dispatched" in answer.text
    told = re.findall(r"<li><a [^>]*>(\d+)</a>(.*?)</li>", answer.text, re.DOTALL)
    assert {number for number, _ in told} == {stale.number, blank.number}
    assert "派单员 Dispatch" in dict(told)[stale.number]  # who was there before, and with what
    assert "choose a unit" in dict(told)[blank.number]
    assert re.findall(r'value="(\d+):\d+" checked', answer.text) == [blank.number]  # to be tried again
    good = fresh(good)
    assert good.suggestion
    assert (good.state, good.lead_unit) == (State.DISPATCHED, good.suggestion["assignment"]["lead"])
    assert fresh(blank).state is State.RECEIVED


def test_several_go_to_one_unit(sign_in: Signer, now: datetime) -> None:
    orders = [factories.received(now), saved(factories.received(now, **UNSURE))]
    picked = MultiDict([("unit", "market"), *(("order", f"{one.number}:1") for one in orders)])
    back = "/dispatch?district=d01"
    answer = sign_in("dispatcher").post("/dispatch", data=MultiDict([*picked.items(multi=True), ("back", back)]))
    assert answer.location == back
    assert {fresh(order).lead_unit for order in orders} == {"market"}
    assert fresh(orders[1]).category_code  # what was found out about it is kept


def test_a_unit_that_is_none_sends_nothing(session: None, now: datetime) -> None:
    order = factories.received(now)
    with pytest.raises(Exception, match="nobody"):
        dispatch_many({order.number: 1}, factories.DISPATCHER, now, unit="nobody")
    assert order.state is State.RECEIVED


@pytest.mark.parametrize(
    ("query", "shown"),
    [("district=d02", {"second"}), ("sure=none", {"second"}), ("sure=low", {"first"}), ("sure=high", set())],
)
def test_the_queue_is_narrowed_by_its_address(sign_in: Signer, now: datetime, query: str, shown: set[str]) -> None:
    orders = {
        "first": factories.received(now, **UNSURE),
        "second": saved(factories.received(now, district_code="d02")),
    }
    assert orders["first"].suggestion
    orders["first"].suggestion = {**orders["first"].suggestion, "confidence": 0.3}
    saved(orders["first"])
    page = sign_in("dispatcher").get(f"/dispatch?{query}").text
    assert {name for name, order in orders.items() if order.number in numbers(page)} == shown


def returned(now: datetime) -> Order:
    order = factories.handling(now)
    request_return(order, factories.HANDLER, now, reason="属城市管理", basis="三定方案第五条", proposed_unit="urban")
    redispatch(order, "urban", factories.DISPATCHER, now, reason="同意住建意见")
    request_return(
        order, URBAN, now + timedelta(hours=1), reason="小区内归物业", basis="物业条例", proposed_unit="housing"
    )
    return order


def test_both_sides_of_a_return_stand_side_by_side(sign_in: Signer, now: datetime) -> None:
    order = saved(returned(now))
    part = sign_in("dispatcher").get(f"/dispatch/{order.number}?part=1").text
    sent, asked = part.split('<div class="sides">')[1].split("</section>")[:2]
    assert "同意住建意见" in sent
    assert "派单员" in sent
    assert "小区内归物业" in asked
    assert "物业条例" in asked
    assert "属城市管理" in asked  # what the other unit said when it had it
    assert f'formaction="/orders/{order.number}/refuse-return"' in part
    assert f'action="/orders/{order.number}/redispatch"' in part


def test_the_one_form_decides_either_way(sign_in: Signer, now: datetime) -> None:
    stays, goes = returned(now), saved(returned(now))
    client = sign_in("dispatcher")
    given = {"version": stays.version, "unit": "housing", "reason": "看过目录"}
    assert client.post(f"/orders/{stays.number}/refuse-return", data=given).status_code == 302
    assert client.post(f"/orders/{goes.number}/redispatch", data=given).status_code == 302
    assert (fresh(stays).state, fresh(stays).lead_unit) == (State.HANDLING, "urban")
    assert (fresh(goes).state, fresh(goes).lead_unit) == (State.DISPATCHED, "housing")


def test_the_time_left_is_that_of_the_decision(session: None, now: datetime, actor: Callable[[str], Actor]) -> None:
    order = factories.dispatched(now)
    request_return(order, factories.HANDLER, now, reason="不属于我们", basis="三定方案")
    (row,) = waiting_rows([saved(order)], actor("dispatcher"))
    assert row.clock
    assert row.clock.clock is Clock.RETURN_REVIEW


def test_both_sides_of_a_dispute_are_the_supervisors(sign_in: Signer, now: datetime) -> None:
    order = factories.handling(now)
    dispute(order, factories.HANDLER, now, reason="不在职责清单", basis="权责清单第十二条", proposed_unit="urban")
    saved(order)
    client = sign_in("supervisor")
    assert f'data-open="/dispatch/{order.number}?part=1"' in client.get("/disputes").text
    part = client.get(f"/dispatch/{order.number}?part=1").text
    assert "权责清单第十二条" in part
    assert f'formaction="/orders/{order.number}/rule"' in part
    given = {"version": order.version, "how": "decided", "unit": "urban", "reason": "按清单"}
    assert client.post(f"/orders/{order.number}/rule-moves", data=given).status_code == 302
    assert fresh(order).lead_unit == "urban"


def test_what_is_done_already_says_so(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    assert "Nothing waits for you here" in sign_in("dispatcher").get(f"/dispatch/{order.number}?part=1").text
