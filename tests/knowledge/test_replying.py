"""The check of a reply where it is sent: what blocks, what is asked, what the log keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from hotline.base.errors import Invalid, NotAllowed, Stale
from hotline.handle import operations as handle
from hotline.knowledge.operations import answer_directly
from hotline.knowledge.replying import reply_hits
from hotline.orders.lifecycle import Action, State
from hotline.orders.names import Names
from hotline.orders.reply_check import Rule
from hotline.orders.timeline import timeline
from hotline.orders.vocabulary import Result
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.transfer.merging import merge
from tests import factories
from tests.factories import DISPATCHER, HANDLER, fresh, saved

Signer = Callable[[str], FlaskClient]
PROMISE = "我们一定会解决。"
LEAK = "灯已换，师傅电话13800138000。"


def test_personal_data_blocks_whatever_is_said(session: None, now: datetime) -> None:
    order = factories.handling(now)
    with pytest.raises(Invalid, match="13800138000") as refused:
        handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply=LEAK, anyway=True)
    assert set(refused.value.errors) == {"public_reply"}
    assert order.state is State.HANDLING


def test_a_promise_is_asked_about_and_kept(session: None, now: datetime) -> None:
    order = factories.handling(now)
    with pytest.raises(Invalid) as refused:
        handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply=PROMISE)
    assert set(refused.value.errors) == {"public_reply", "anyway"}
    event = handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply=PROMISE, anyway=True)
    assert event.payload["stood"] == [Rule.PROMISE]
    said = next(entry for entry in timeline(saved(order), DISPATCHER, Names()) if entry.action is Action.REPLY)
    assert any(line.text == "过度承诺" or "Promises" in line.text for line in said.lines)


def test_a_good_reply_says_nothing_of_the_check(session: None, now: datetime) -> None:
    order = saved(factories.replied(now))
    assert order.events[-1].action is Action.REPLY
    assert "stood" not in order.events[-1].payload


def test_a_direct_answer_is_checked_too(session: None, now: datetime) -> None:
    order = factories.received(now)
    with pytest.raises(Invalid):
        answer_directly(order, DISPATCHER, now, public_reply="感谢您的来电。")
    event = answer_directly(order, DISPATCHER, now, public_reply="感谢您的来电。", anyway=True)
    assert (event.payload["stood"], order.state) == ([Rule.NO_ANSWER], State.ANSWERED)


def test_who_may_not_answer_is_told_so_and_not_what_is_found(session: None, now: datetime) -> None:
    order = factories.received(now)
    with pytest.raises(NotAllowed):
        answer_directly(order, Actor(Role.CALLBACK, "回访员"), now, public_reply=LEAK)
    with pytest.raises(Stale):
        answer_directly(order, DISPATCHER, now, public_reply=LEAK, version=7)


def test_a_unit_cannot_try_out_whose_secret_order_it_is(session: None, now: datetime) -> None:
    order = factories.handling(now, secret=True, requester_name="周建国", requester_phone="0571-88886666")
    reply = "已与周建国联系（0571-88886666），灯已换。"
    assert reply_hits(order, reply, HANDLER, now) == ()
    assert {hit.words for hit in reply_hits(order, reply, DISPATCHER, now)} == {"周建国", "0571-88886666"}
    assert {hit.words for hit in reply_hits(order, "王女士，灯已换。", HANDLER, now)} == {"王女士"}


def test_what_answers_several_citizens_names_none(session: None, now: datetime) -> None:
    master = factories.handling(now)
    assert reply_hits(master, "王女士您好，灯已换。", HANDLER, now) == ()
    merge(factories.received(now), DISPATCHER, now, master=master.number, reason="同一件事")
    assert {hit.rule for hit in reply_hits(master, "王女士您好，灯已换。", HANDLER, now)} == {Rule.PRIVACY}


def test_the_page_shows_what_was_found_and_lets_it_be_sent(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    client = sign_in("handler")
    said = {"version": order.version, "result": "solved", "public_reply": PROMISE}
    refused = client.post(f"/orders/{order.number}/reply", data=said)
    assert refused.status_code == 422
    assert '<mark class="">一定会解决</mark>' in refused.text
    assert 'name="anyway"' in refused.text
    assert client.post(f"/orders/{order.number}/reply", data={**said, "anyway": "true"}).status_code == 302
    assert fresh(order).state is State.CALLBACK


def test_the_page_offers_no_way_past_personal_data(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    said = {"version": order.version, "result": "solved", "public_reply": LEAK, "anyway": "true"}
    refused = sign_in("handler").post(f"/orders/{order.number}/reply", data=said)
    assert refused.status_code == 422
    assert '<mark class="danger">13800138000</mark>' in refused.text
    assert 'name="anyway"' not in refused.text


def test_a_reply_is_checked_while_it_is_typed(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    client = sign_in("handler")
    at = f"/orders/{order.number}/check-reply"
    assert "一定会解决" in client.post(at, data={"public_reply": f"{PROMISE}<b>"}).text
    assert "<b>" not in client.post(at, data={"public_reply": f"{PROMISE}<b>"}).text
    assert client.post(at, data={"public_reply": "已经处理完毕。"}).text.strip() == ""
    assert client.post(at, data={}).text.strip() == ""
    assert fresh(order).state is State.HANDLING


def test_another_units_order_is_not_checked(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    assert sign_in("handler-d01").post(f"/orders/{order.number}/check-reply", data={}).status_code == 404


def test_the_api_names_what_it_found(
    client: FlaskClient, key_of: Callable[[str], dict[str, str]], now: datetime
) -> None:
    order = saved(factories.handling(now))
    at, key = f"/api/v1/orders/{order.number}", key_of("handler")
    (hit,) = client.post(f"{at}/check-reply", json={"public_reply": PROMISE}, headers=key).json["hits"]
    assert (hit["rule"], hit["blocks"], hit["start"], hit["end"]) == ("promise", False, 2, 7)
    said = {"result": "solved", "public_reply": PROMISE}
    refused = client.post(f"{at}/reply", json=said, headers=key)
    assert refused.status_code == 422
    assert set(refused.json["errors"]) == {"public_reply", "anyway"}
    assert client.post(f"{at}/reply", json={**said, "anyway": True}, headers=key).status_code == 200


def test_the_api_answers_directly(client: FlaskClient, key_of: Callable[[str], dict[str, str]], now: datetime) -> None:
    order = saved(factories.received(now))
    at = f"/api/v1/orders/{order.number}/answer"
    assert client.post(at, json={"public_reply": LEAK, "anyway": True}, headers=key_of("agent")).status_code == 422
    assert client.post(at, json={"public_reply": "可以办理。"}, headers=key_of("agent")).status_code == 200


def test_the_desk_asks_before_it_answers_so(sign_in: Signer, now: datetime) -> None:
    client = sign_in("agent")
    form = {"key": "k" * 32, "text": "想问问社保怎么办。", "do": "answer", "public_reply": PROMISE}
    refused = client.post("/desk", data=form)
    assert refused.status_code == 422
    assert 'id="anyway-error"' in refused.text
    assert client.post("/desk", data={**form, "anyway": "true"}).status_code == 303
