"""Callback: calls at different times, contact behind its back, promises told of, closed too soon and taken up again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hotline.base.errors import Conflict, Invalid, NotAllowed
from hotline.handle import operations as handle
from hotline.handle import time
from hotline.handle.queries import contacts_since_reply, may_call_from
from hotline.orders.clocks import standing
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Order
from hotline.orders.open_steps import open_steps
from hotline.orders.operations import reveal_phone
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Result, Ruling, TimeKind
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.receive.joining import reactivate
from hotline.transfer import operations as transfer
from hotline.transfer.disputes import dispute, rule, rule_moves
from hotline.transfer.parts import finish_part
from hotline.transfer.same_matter import Offer, matter_of, same_matter
from tests import factories
from tests.factories import CALLBACK, DISPATCHER, HANDLER, fresh, saved

SignIn = Callable[[str], FlaskClient]
AGENT = Actor(Role.AGENT, "话务员")
DAY = timedelta(days=1)


def running(order: Order) -> dict[Clock, datetime]:
    return {row.clock: row.due_at for row in order.deadlines if row.ended_at is None}


def test_calls_are_made_at_different_times(session: None, now: datetime) -> None:
    order = factories.replied(now)
    handle.not_reached(order, CALLBACK, now, note="无人接听")
    with pytest.raises(Conflict, match="换个时段"):
        handle.not_reached(order, CALLBACK, now + timedelta(hours=2, minutes=59), note="马上再拨")
    handle.not_reached(order, CALLBACK, now + timedelta(hours=3), note="无人接听")
    handle.not_reached(order, CALLBACK, now + timedelta(hours=6), note="无人接听")
    assert order.state is State.CLOSED


def test_who_asks_for_another_time_was_reached(sign_in: SignIn, now: datetime) -> None:
    order = saved(factories.replied(now - DAY))
    for turn in range(4):  # more often than calls without an answer may be made
        at = now + timedelta(hours=3 * turn)
        handle.not_reached(order, CALLBACK, at, note="要求改时间再打", later=True)
        with pytest.raises(Conflict, match="换个时段"):
            handle.not_reached(order, CALLBACK, at + timedelta(hours=2), note="马上再拨")
    assert (order.state, order.attempts) == (State.CALLBACK, 0)
    waiting = factories.replied(now - DAY)
    saved(waiting)
    client = sign_in("callback")
    said = {"version": waiting.version, "note": "Asks to be called later", "later": "true"}
    page = client.post(f"/callbacks/{waiting.number}/missed", data=said, follow_redirects=True).text
    assert "Asks to be called later: done for" in page
    assert fresh(waiting).attempts == 0
    page = client.get(f"/orders/{waiting.number}").text
    assert "<strong>To be called at another time</strong>" in page
    assert may_call_from(waiting)


def test_a_new_round_is_called_about_at_once(session: None, now: datetime) -> None:
    order = factories.replied(now)
    handle.not_reached(order, CALLBACK, now, note="无人接听")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.redo(order, CALLBACK, now, reason="没有解决")
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已重新处理。")
    handle.not_reached(order, CALLBACK, now + timedelta(minutes=5), note="无人接听")
    assert order.attempts == 1


def test_contact_says_when_and_on_which_number(session: None, now: datetime) -> None:
    order = factories.handling(now)
    event = handle.record_contact(
        order,
        HANDLER,
        now + timedelta(hours=2),
        note="约好上门",
        spoken_at=now + timedelta(hours=1),
        number="13700001234",
    )
    assert event.payload["spoken_at"] == (now + timedelta(hours=1)).isoformat()
    assert event.payload["number"] == "137********"
    assert Clock.CONTACT not in running(order)
    for wrong in (now + timedelta(hours=3), now - timedelta(minutes=1)):
        with pytest.raises(Invalid, match="spoken_at"):
            handle.record_contact(order, HANDLER, now + timedelta(hours=2), note="写错时间", spoken_at=wrong)
    secret = factories.handling(now, secret=True)
    assert handle.record_contact(secret, HANDLER, now, note="经中心转达").payload["number"] is None


def test_a_unit_that_calls_after_its_reply_is_seen(sign_in: SignIn, now: datetime) -> None:
    order = factories.replied(now)
    assert contacts_since_reply(order) == []
    handle.record_contact(order, HANDLER, now + timedelta(hours=2), note="请您评价满意")
    saved(order)
    assert len(contacts_since_reply(fresh(order))) == 1
    page = sign_in("callback").get(f"/callbacks?order={order.number}").text
    assert "The unit has contacted the citizen since its reply (1×)" in page
    assert order.state is State.CALLBACK


def promised(now: datetime) -> Order:
    order = factories.handling(now)
    time.request_time(
        order,
        HANDLER,
        now,
        kind=TimeKind.PROMISE,
        until=date(2027, 3, 1),
        reason="需列入改造计划",
        next_step="每月反馈",
    )
    time.grant_time(order, DISPATCHER, now)
    return order


def test_who_waits_for_a_promise_hears_of_it_again_and_again(session: None, now: datetime) -> None:
    order = promised(now)
    first = running(order)[Clock.PROGRESS]
    assert first.date() == date(2026, 12, 17)
    handle.report_progress(order, HANDLER, now + 20 * DAY, public_reply="已完成设计,下月开工。")
    assert running(order)[Clock.PROGRESS].date() == date(2027, 1, 6)
    time.resume(order, HANDLER, now + 40 * DAY, reason="提前完工")
    assert Clock.PROGRESS not in running(order)
    with pytest.raises(Conflict):
        handle.report_progress(order, HANDLER, now + 41 * DAY, public_reply="没有承诺可讲")
    assert clock_differences(fresh(order)) == []


def test_more_time_is_no_promise(session: None, now: datetime) -> None:
    order = factories.handling(now)
    time.request_time(order, HANDLER, now, kind=TimeKind.EXTENSION, amount=2, reason="等配件", next_step="周五安装")
    assert Clock.PROGRESS not in running(order)


def test_the_same_matter_soon_after_is_taken_up_again(session: None, now: datetime) -> None:
    order = factories.closed(now)
    with pytest.raises(NotAllowed):
        reactivate(order, HANDLER, now + DAY, reason="单位不能自己翻案")
    reactivate(order, AGENT, now + DAY, reason="又漏水了")
    assert (order.state, order.round, order.closed_at, order.attempts) == (State.HANDLING, 2, None, 0)
    assert set(running(order)) == {Clock.REDO}
    handle.reply(order, HANDLER, now + 2 * DAY, result=Result.SOLVED, public_reply="这次彻底修好。")
    asked = handle.current_evaluation(order)
    assert asked is not None
    assert asked.round == 2
    assert clock_differences(fresh(order)) == []


def test_long_after_it_is_a_new_order(session: None, now: datetime) -> None:
    order = factories.closed(now)
    closed_at = order.closed_at
    assert closed_at
    assert Action.REACTIVATE in {step.action for step in open_steps(order, AGENT, closed_at + 30 * DAY)}
    with pytest.raises(Conflict):
        reactivate(order, AGENT, closed_at + 30 * DAY + timedelta(seconds=1), reason="太久了")


def test_the_desk_offers_to_take_it_up_again(sign_in: SignIn, now: datetime) -> None:
    text = "翠湖名都小区门口的搅拌站夜里不停工,噪音很大,灰尘满天飞,老人孩子睡不好。"
    order = saved(factories.closed(now, title="搅拌站扰民", text=text, requester_phone="13900001111"))
    call = {"key": "k9", "phone": "13900001111", "text": text + "还是老样子。", "do": "save"}
    client = sign_in("agent")
    assert f'data-same="{order.number}" data-how="take_up"' in client.post("/desk/suggestion", data=call).text
    other = client.post("/desk/suggestion", data={**call, "phone": "13900002222"}).text
    assert 'data-how="take_up"' not in other
    answer = client.post("/desk", data={**call, "same": order.number, "how": "take_up"})
    assert answer.status_code == 303
    order = fresh(order)
    assert order.state is State.HANDLING
    assert "还是老样子" in order.events[-1].reason
    assert "taken up again" in client.get(answer.headers["Location"]).text


def test_words_on_a_promise_are_checked_as_a_reply_is(session: None, now: datetime) -> None:
    order = promised(now)
    with pytest.raises(Invalid, match="public_reply"):
        handle.report_progress(order, HANDLER, now, public_reply="王女士(13912345678)的申请已列入计划。")


def test_a_promise_is_not_handed_on(session: None, now: datetime) -> None:
    order = promised(now)
    before = running(order)[Clock.HANDLE]
    dispute(order, HANDLER, now, reason="不归我们", basis="职责清单")
    rule_moves(order, Actor(Role.SUPERVISOR, "督办员"), now + DAY, how=Ruling.DECIDED, unit="urban", reason="裁定")
    clock = next(row for row in order.deadlines if row.clock is Clock.HANDLE)
    assert clock.due_at < before
    assert standing(clock, now + 2 * DAY) is None
    assert Clock.PROGRESS not in running(order)
    assert clock_differences(fresh(order)) == []


def test_what_was_ruled_on_may_be_argued_about_again_in_a_new_round(session: None, now: datetime) -> None:
    order = factories.handling(now)
    dispute(order, HANDLER, now, reason="不归我们", basis="职责清单")
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="先处理好了。")
    rule(order, Actor(Role.SUPERVISOR, "督办员"), now, how=Ruling.AGREED, responsible="urban", reason="今后归城管")
    handle.evaluate(order, CALLBACK, now, solved=True, satisfaction="satisfied")
    handle.close(order, CALLBACK, now)
    reactivate(order, AGENT, now + DAY, reason="又坏了")
    assert Action.DISPUTE in {step.action for step in open_steps(order, HANDLER, now + DAY)}


def test_only_units_at_work_see_the_number(session: None, actor: Callable[[str], Actor], now: datetime) -> None:
    order = factories.received(now)
    transfer.dispatch(order, "water", DISPATCHER, now, category="060101", copy=["housing"])
    with pytest.raises(NotAllowed):
        reveal_phone(order, actor("handler"), now, purpose="好奇")
    other = factories.received(now)
    transfer.dispatch(other, "water", DISPATCHER, now, category="060101", assist=["housing"])
    assert reveal_phone(other, actor("handler"), now, purpose="约时间") == other.requester_phone
    finish_part(other, actor("handler"), now, note="已配合")
    with pytest.raises(NotAllowed):
        reveal_phone(other, actor("handler"), now, purpose="已经办完")


def test_what_came_in_long_ago_and_was_closed_lately_is_offered(session: None, now: datetime) -> None:
    text = "翠湖名都小区门口的搅拌站夜里不停工,噪音很大,灰尘满天飞,老人孩子睡不好。"
    before = now - timedelta(days=45)
    order = factories.handling(before, title="搅拌站扰民", text=text, requester_phone="13900001111")
    handle.reply(order, HANDLER, now - 5 * DAY, result=Result.SOLVED, public_reply="已要求夜间停工。")
    handle.evaluate(order, CALLBACK, now - 5 * DAY, solved=True, satisfaction="satisfied")
    handle.close(order, CALLBACK, now - 5 * DAY)
    found = same_matter(matter_of(order), now)
    assert [one.offers[0] for one in found if one.order is order] == [Offer.REACTIVATE]
