"""The dispatcher's queue and the forms that give orders to units."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from hotline.base.db import db
from hotline.base.errors import Conflict, NotAllowed
from hotline.base.i18n import speaking
from hotline.orders.lifecycle import Action, State
from hotline.orders.open_steps import open_steps
from hotline.orders.operations import amend
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.transfer.operations import redispatch, refuse_return, request_return, return_window
from tests import factories
from tests.factories import fresh, saved

CITY = ZoneInfo("Asia/Shanghai")
Signer = Callable[[str], FlaskClient]

UNSURE = {"title": "一件事", "text": "户口和夜市的事情。"}


def numbers(page: str) -> list[str]:
    return re.findall(r'data-row="(\d+)"', page)


def test_the_queue_is_for_dispatchers(sign_in: Signer) -> None:
    assert sign_in("callback").get("/dispatch").status_code == 403


def test_urgent_first_then_the_oldest(sign_in: Signer, now: datetime) -> None:
    old = factories.received(now - timedelta(days=2))
    new = factories.received(now)
    urgent = saved(factories.received(now, urgency=Urgency.URGENT))
    shown = [
        number
        for number in numbers(sign_in("dispatcher").get("/dispatch").text)
        if number in {old.number, new.number, urgent.number}
    ]
    assert shown == [urgent.number, old.number, new.number]


def test_a_row_says_what_is_suggested_and_why_it_waits(sign_in: Signer, now: datetime) -> None:
    unsure = factories.received(now, **UNSURE)
    unknown = saved(factories.received(now))
    page = sign_in("dispatcher").get("/dispatch?part=rows").text
    assert "<html" not in page
    rows = {number: row for row in page.split("<tr ")[1:] for number in numbers("<tr " + row)}
    assert "confidence below threshold" in rows[unsure.number]
    assert "<mark>户口</mark>" in rows[unsure.number]
    assert "data-accept" in rows[unsure.number]
    assert "no keyword found" in rows[unknown.number]
    assert "data-accept" not in rows[unknown.number]


def test_the_suggestion_is_taken_with_one_form(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now, **UNSURE))
    client = sign_in("dispatcher")
    page = client.get("/dispatch").text
    form = re.search(rf'<form method="post" action="/orders/{order.number}/dispatch".*?</form>', page, re.DOTALL)
    assert form
    fields = MultiDict(re.findall(r'name="(\w+)" value="([^"]*)"', form.group()))
    done = client.post(f"/orders/{order.number}/dispatch", data=fields)
    assert done.location == "/dispatch"
    order = fresh(order)
    assert order.state is State.DISPATCHED
    assert order.suggestion
    assert order.lead_unit == order.suggestion["assignment"]["lead"]
    assert order.number in client.get("/dispatch").text  # the note says what happened
    assert order.number not in numbers(client.get("/dispatch").text)


def test_a_suggestion_somebody_corrected_is_not_offered(sign_in: Signer, now: datetime) -> None:
    order = factories.received(now, **UNSURE)
    amend(order, factories.DISPATCHER, now, reason="说错了", category="060101")
    saved(order)
    page = sign_in("dispatcher").get("/dispatch").text
    assert "corrected since it was suggested" in page
    assert f'action="/orders/{order.number}/dispatch"' not in page


def test_dispatch_by_hand_with_everything(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now))
    data = {
        "version": "1",
        "unit": "housing",
        "assist": ["urban", "d01"],
        "copy": "market",
        "category": "060101",
        "district": "d01",
        "reason": "请今天联系",
    }
    assert sign_in("dispatcher").post(f"/orders/{order.number}/dispatch", data=data).status_code == 302
    order = fresh(order)
    assert order.lead_unit == "housing"
    assert {helper.unit_code: helper.part for helper in order.helpers} == {
        "urban": "assist",
        "d01": "assist",
        "market": "copy",
    }
    assert (order.category_code, order.district_code) == ("060101", "d01")
    assert order.events[-1].reason == "请今天联系"


def test_a_unit_that_is_none_stands_beside_the_field(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now))
    answer = sign_in("dispatcher").post(
        f"/orders/{order.number}/dispatch", data={"version": 1, "unit": "nobody", "reason": "请快"}
    )
    assert answer.status_code == 422
    assert 'id="dispatch-unit-error"' in answer.text
    assert "请快</textarea>" in answer.text


def test_two_dispatchers_at_once(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    answer = sign_in("dispatcher").post(f"/orders/{order.number}/dispatch", data={"version": 1, "unit": "market"})
    assert answer.status_code == 409
    assert "派单员" in answer.text
    assert fresh(order).lead_unit == "housing"


def test_a_return_is_asked_for_shown_and_decided(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    data = {"version": 3, "reason": "按职责属市场监管", "proposed_unit": "market", "back": "/inbox", "stay": "1"}
    assert sign_in("handler").post(f"/orders/{order.number}/return", data=data).location == "/inbox"
    assert fresh(order).state is State.RETURNING


def test_returns_show_their_reason_and_are_dispatched_again(sign_in: Signer, now: datetime) -> None:
    order = factories.handling(now)
    request_return(order, factories.HANDLER, now, reason="按职责属市场监管", proposed_unit="market")
    saved(order)
    client = sign_in("dispatcher")
    page = client.get("/dispatch?tab=returns").text
    assert "按职责属市场监管" in page
    assert "Market Regulation" in page
    same = client.post(f"/orders/{order.number}/redispatch", data={"version": 4, "unit": "housing", "reason": "再看看"})
    assert same.status_code == 422
    done = client.post(f"/orders/{order.number}/redispatch", data={"version": 4, "unit": "market", "reason": "同意"})
    assert done.status_code == 302
    assert fresh(order).lead_unit == "market"


def test_a_return_is_refused_with_a_reason(sign_in: Signer, now: datetime) -> None:
    order = factories.handling(now)
    request_return(order, factories.HANDLER, now, reason="不是我们的")
    saved(order)
    client = sign_in("dispatcher")
    assert client.post(f"/orders/{order.number}/refuse-return", data={"version": 4}).status_code == 422
    data = {"version": 4, "reason": "职责清单第三条"}
    assert client.post(f"/orders/{order.number}/refuse-return", data=data).status_code == 302
    assert fresh(order).state is State.HANDLING


def test_a_return_is_asked_for_within_the_window_of_the_unit_that_has_it(session: None, now: datetime) -> None:
    order = factories.handling(now)  # dispatched on a Tuesday: until the close of Wednesday
    closes = datetime(2026, 11, 18, 17, 30, tzinfo=CITY)
    assert return_window(order) == closes
    with speaking("en"), pytest.raises(Conflict, match=r"over at 2026-11-18 17:30 \(Wed\)"):
        request_return(order, factories.HANDLER, closes + timedelta(microseconds=1), reason="不是我们的")
    request_return(order, factories.HANDLER, closes, reason="不是我们的")
    redispatch(order, "urban", factories.DISPATCHER, closes, reason="同意")
    assert return_window(order) == datetime(2026, 11, 19, 17, 30, tzinfo=CITY)


def test_a_refused_return_does_not_open_the_window_again(session: None, now: datetime) -> None:
    order = factories.handling(now)
    request_return(order, factories.HANDLER, now, reason="不是我们的")
    refuse_return(order, factories.DISPATCHER, now + timedelta(days=1), reason="是你们的")
    assert return_window(order) == datetime(2026, 11, 18, 17, 30, tzinfo=CITY)


def test_without_a_limit_a_return_may_always_be_asked_for(session: None, now: datetime) -> None:
    first = db.session.get_one(PolicyVersion, policies.policy_id_at(now)).document
    limits = [row for row in first["limits"] if row["clock"] != Clock.RETURN_REQUEST]
    adopt_policy({**first, "limits": limits}, now, now)
    order = factories.handling(now)
    assert return_window(order) is None
    request_return(order, factories.HANDLER, now + timedelta(days=30), reason="不是我们的")


def test_who_may_not_return_it_learns_that_first(session: None, now: datetime) -> None:
    order = factories.handling(now)
    with pytest.raises(NotAllowed):
        request_return(order, factories.DISPATCHER, now + timedelta(days=30), reason="不是我们的")


def test_the_form_says_until_when_a_return_may_be_asked_for(sign_in: Signer, now: datetime) -> None:
    order, late = factories.handling(now), saved(factories.handling(now - timedelta(days=4)))
    client = sign_in("handler")
    assert "until Wed 18 Nov 17:30" in client.get(f"/orders/{order.number}").text
    page = client.get(f"/orders/{late.number}").text
    assert "over on Mon 16 Nov 17:30" in page
    assert "“Dispute whose it is” below" in page
    assert 'id="request_return-reason"' not in page  # it would be refused
    refused = client.post(f"/orders/{late.number}/return", data={"version": 3, "reason": "不是我们的"})
    assert refused.status_code == 409
    assert "不是我们的</textarea>" in refused.text
    assert fresh(late).state is State.HANDLING


def test_the_last_return_the_policy_allows_designates_the_unit(
    sign_in: Callable[[str], FlaskClient], now: datetime
) -> None:
    order = factories.dispatched(now)
    most = policies.policy(order.policy_id).most_returns
    for units in itertools.islice(itertools.cycle((("housing", "urban"), ("urban", "housing"))), most):
        handler = Actor(Role.HANDLER, "经办人", units=frozenset({units[0]}))
        asked = request_return(
            order, handler, now, reason="不属本单位职责", basis="三定方案第五条", proposed_unit=units[1]
        )
        assert asked.payload["basis"] == "三定方案第五条"
        if order.returns + 1 == most:
            saved(order)
            page = sign_in("dispatcher").get(f"/orders/{order.number}").text
            assert "is designated and cannot hand it back" in page
            assert "三定方案第五条" in page
            order = fresh(order)
        event = redispatch(order, units[1], factories.DISPATCHER, now, reason="同意")
    assert (order.returns, event.payload["designated"]) == (most, True)
    last = Actor(Role.HANDLER, "经办人", units=frozenset({units[1]}))
    with pytest.raises(Conflict, match="指定承办"):
        request_return(order, last, now, reason="也不是我们的")
    assert Action.REQUEST_RETURN not in {step.action for step in open_steps(order, last, now)}


def test_the_api_keeps_the_duty_basis_of_a_return(
    client: FlaskClient, key_of: Callable[[str], dict[str, str]], now: datetime
) -> None:
    order = saved(factories.dispatched(now))
    body = {"reason": "不属本单位职责", "basis": "三定方案第五条"}
    sent = client.post(f"/api/v1/orders/{order.number}/return", json=body, headers=key_of("handler"))
    assert sent.status_code == 200
    asked = fresh(order).events[-1]
    assert (asked.payload["basis"], asked.payload["proposed_unit"]) == ("三定方案第五条", None)
