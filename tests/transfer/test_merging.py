"""并单: one matter told by many is handled once; each child goes by its master's clock, and its citizen is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.handle import operations as handle
from hotline.handle import time as times
from hotline.handle.models import Evaluation
from hotline.orders.deadlines import going_by
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.orders.sheet import holder
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Result, TimeKind
from hotline.policy.limits import Clock
from hotline.transfer import operations as transfer
from hotline.transfer.merging import children, merge, set_upstream, unmerge
from tests import factories
from tests.factories import DISPATCHER, HANDLER, fresh


def merged(now: datetime, master: Order) -> Order:
    child = factories.received(now, title="同一件事", requester_phone="13900001111")
    merge(child, DISPATCHER, now, master=master.number, reason="同一地点同一问题")
    return fresh(child)


def test_a_merged_order_goes_by_the_clock_of_its_master(session: None, now: datetime) -> None:
    master = factories.handling(now)
    child = merged(now, master)
    assert child.state is State.MERGED
    assert child.parent is master
    assert {row.clock: row.outcome for row in child.deadlines} == {Clock.DISPATCH: "dropped"}
    assert [row for row in going_by(child) if row.ended_at is None] == [
        row for row in master.deadlines if row.clock is Clock.HANDLE
    ]
    assert holder(child) == holder(master) == "云川市住房和城乡建设局"


def test_what_moves_the_master_moves_the_child(session: None, now: datetime) -> None:
    master = factories.handling(now)
    child = merged(now, master)
    (before,) = (row.due_at for row in going_by(child) if row.ended_at is None)
    times.request_time(
        master, HANDLER, now, kind=TimeKind.EXTENSION, amount=3, reason="等待检测报告", next_step="报告出具后整改"
    )
    child = fresh(child)
    (after,) = (row for row in going_by(child) if row.ended_at is None)
    assert after.due_at > before == after.original_due_at
    assert clock_differences(child) == []


def test_the_reply_to_the_master_answers_the_child_whose_citizen_is_asked_too(session: None, now: datetime) -> None:
    master = factories.handling(now)
    child = merged(now, master)
    later = now + timedelta(hours=3)
    handle.reply(master, HANDLER, later, result=Result.SOLVED, public_reply="已经修好。")
    child = fresh(child)
    assert child.state is State.CALLBACK
    assert child.lead_unit == "housing"
    assert going_by(child) == child.deadlines
    assert [row.clock for row in child.deadlines if row.ended_at is None] == [Clock.CALLBACK]
    asked = select(Evaluation.order_id).where(Evaluation.order_id.in_((master.id, child.id)))
    assert set(db.session.scalars(asked)) == {master.id, child.id}
    assert clock_differences(child) == clock_differences(fresh(master)) == []


def test_a_merged_order_keeps_to_a_master_that_goes_to_another_unit(session: None, now: datetime) -> None:
    master = factories.dispatched(now)
    child = merged(now, master)
    transfer.request_return(master, HANDLER, now, reason="不属于我单位职责")
    transfer.redispatch(fresh(master), "urban", DISPATCHER, now, reason="同意")
    child = fresh(child)
    (work,) = (row for row in going_by(child) if row.ended_at is None)
    assert work.unit_code == "urban"
    assert holder(child) == "云川市城市管理局"


@pytest.mark.parametrize("number", ["", "2026", "itself", "waiting"])
def test_only_an_order_with_a_unit_can_be_the_master(session: None, now: datetime, number: str) -> None:
    child, other = factories.received(now), factories.received(now)
    given = {"itself": child.number, "waiting": other.number}.get(number, number)
    with pytest.raises(Invalid) as refused:
        merge(child, DISPATCHER, now, master=given, reason="重复")
    assert set(refused.value.errors) == {"master"}
    assert fresh(child).state is State.RECEIVED


def test_a_deadline_of_its_own_is_not_lost_in_a_master_that_is_due_later(session: None, now: datetime) -> None:
    master = factories.handling(now)
    sooner = factories.received(now, source="province", upstream_due_at=now + timedelta(days=1))
    with pytest.raises(Invalid) as refused:
        merge(sooner, DISPATCHER, now, master=master.number, reason="重复")
    assert set(refused.value.errors) == {"master"}
    assert master.number in str(refused.value)
    set_upstream(master, DISPATCHER, now, due=now + timedelta(days=1), reason="随并入工单")
    merge(sooner, DISPATCHER, now, master=master.number, reason="重复")
    assert fresh(sooner).state is State.MERGED


def test_an_order_that_is_answered_takes_no_more_children(session: None, now: datetime) -> None:
    master, child = factories.replied(now), factories.received(now)
    with pytest.raises(Invalid):
        merge(child, DISPATCHER, now, master=master.number, reason="重复")


def test_a_merged_order_is_not_merged_again_nor_dispatched(session: None, now: datetime) -> None:
    master = factories.handling(now)
    child = merged(now, master)
    with pytest.raises(Conflict):
        merge(child, DISPATCHER, now, master=factories.handling(now).number, reason="重复")


def test_the_page_and_the_api_of_a_merged_order_show_the_clock_it_goes_by(
    sign_in: Callable[[str], FlaskClient], api_key: dict[str, str], now: datetime
) -> None:
    master = factories.handling(now)
    child = factories.saved(merged(now, master))
    page = sign_in("dispatcher").get(f"/orders/{child.number}").text
    assert f'href="/orders/{master.number}"' in page
    assert "limit 5 working days" in page
    answer = sign_in("dispatcher").get(f"/api/v1/orders/{child.number}", headers=api_key).get_json()
    assert answer["master"] == master.number
    assert {row["clock"] for row in answer["deadlines"] if row["ended_at"] is None} == {"handle"}


def test_the_citizen_of_a_merged_order_reads_who_has_it_and_by_when(client: FlaskClient, now: datetime) -> None:
    child = factories.saved(merged(now, factories.handling(now)))
    client.post("/citizen/follow", data={"number": child.number, "tail": "1111"})
    page = client.get("/citizen/order").text
    assert "is working on it, together with the same matter told by others" in page
    assert "which others told before, and answered by the same day" in page
    assert "limit 5 working days" not in page  # of somebody else's order


def test_an_upstream_deadline_before_the_order_came_in_is_a_slip(session: None, now: datetime) -> None:
    order = factories.handling(now)
    with pytest.raises(Invalid) as refused:
        set_upstream(order, DISPATCHER, now, due=now - timedelta(minutes=1), reason="上级平台设定")
    assert set(refused.value.errors) == {"due"}


def test_a_master_is_not_given_more_time_than_a_platform_gives_its_child(session: None, now: datetime) -> None:
    master = factories.handling(now)
    (work,) = (row for row in master.deadlines if row.clock is Clock.HANDLE)
    child = factories.received(now, source="province", upstream_due_at=work.due_at + timedelta(hours=1))
    merge(child, DISPATCHER, now, master=master.number, reason="重复")
    asked = {"kind": TimeKind.EXTENSION, "amount": 3, "reason": "等待检测报告", "next_step": "报告出具后整改"}
    with pytest.raises(Conflict, match=child.number), db.session.begin_nested():
        times.request_time(master, HANDLER, now, **asked)
    with pytest.raises(Conflict, match=child.number):
        set_upstream(master, DISPATCHER, now, due=work.due_at + timedelta(days=9), reason="上级平台改期")
    with pytest.raises(Invalid) as refused:
        set_upstream(fresh(child), DISPATCHER, now, due=work.due_at - timedelta(hours=1), reason="上级平台提前")
    assert set(refused.value.errors) == {"due"}
    set_upstream(fresh(child), DISPATCHER, now, due=work.due_at + timedelta(days=20), reason="上级平台顺延")
    times.request_time(fresh(master), HANDLER, now, **asked)
    assert clock_differences(fresh(child)) == clock_differences(fresh(master)) == []


def test_an_order_taken_out_of_its_master_waits_for_dispatch_by_itself(session: None, now: datetime) -> None:
    master = factories.handling(now)
    child = merged(now, master)
    later = now + timedelta(hours=1)
    event = unmerge(child, DISPATCHER, later, reason="不是同一地点")
    assert event.payload["master"] == master.number
    child = fresh(child)
    assert (child.state, child.parent_id, children(master)) == (State.RECEIVED, None, [])
    (running,) = (row for row in going_by(child) if row.ended_at is None)
    assert (running.clock, running.started_at) == (Clock.DISPATCH, later)
    assert clock_differences(child) == []
    handle.reply(fresh(master), HANDLER, later, result=Result.SOLVED, public_reply="已修好")
    assert fresh(child).state is State.RECEIVED
    with pytest.raises(Conflict):
        unmerge(master, DISPATCHER, later, reason="不是子单")


def test_it_is_taken_out_on_the_page_and_by_the_api(
    sign_in: Callable[[str], FlaskClient], client: FlaskClient, key_of: Callable[[str], dict[str, str]], now: datetime
) -> None:
    master = factories.handling(now)
    first, second = merged(now, master), merged(now, master)
    db.session.commit()
    said = {"version": str(first.version), "reason": "不是同一件事"}
    assert sign_in("dispatcher").post(f"/orders/{first.number}/unmerge", data=said).status_code == 302
    key = {**key_of("dispatcher"), "If-Match": f'"{fresh(second).version}"'}
    address = f"/api/v1/orders/{second.number}/unmerge"
    assert client.post(address, json={"reason": ""}, headers=key).status_code == 422
    assert client.post(address, json={"reason": "不是同一件事"}, headers=key).status_code == 200
    assert {fresh(first).state, fresh(second).state} == {State.RECEIVED}
