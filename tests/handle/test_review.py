"""审核、审签: where the policy asks, the head signs a reply; a rejected one leaves no trace on the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict, NotAllowed
from hotline.citizen.progress import happened
from hotline.handle import operations as handle
from hotline.handle.queries import latest_reply
from hotline.handle.review import reject_reply
from hotline.orders.attachments import Upload
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Order
from hotline.orders.names import Names
from hotline.orders.open_steps import open_steps
from hotline.orders.timeline import timeline
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Result
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.transfer.merging import merge
from hotline.transfer.parts import assign_part, finish_part
from tests import factories
from tests.factories import CALLBACK, DISPATCHER, HANDLER, fresh, saved

SignIn = Callable[[str], FlaskClient]
HEAD = Actor(Role.UNIT_HEAD, "负责人", units=frozenset({"housing"}))
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(20)
ANSWER = {"result": Result.SOLVED, "public_reply": "第三次上门,漏水处已修好。"}


def third_round(now: datetime) -> Order:
    """An order whose citizen was dissatisfied twice: the head has to sign the next reply."""
    order = factories.handling(now)
    for _ in range(2):
        handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已处理。")
        handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
        handle.redo(order, CALLBACK, now, reason="没有解决")
    return order


def redo_clock(order: Order) -> Deadline:
    rows = [row for row in order.deadlines if row.clock is Clock.REDO]
    return max(rows, key=lambda row: row.round)


def test_after_two_dissatisfied_answers_the_head_signs(session: None, now: datetime) -> None:
    order = third_round(now)
    allowed = {step.action for step in open_steps(order, HANDLER, now)}
    assert Action.SUBMIT_REPLY in allowed
    assert Action.REPLY not in allowed
    handed_in = now + timedelta(hours=1)
    handle.reply(order, HANDLER, handed_in, **ANSWER)
    assert order.state is State.REVIEWING
    assert redo_clock(order).ended_at == handed_in
    assert latest_reply(order) is not None
    with pytest.raises(NotAllowed):
        handle.sign_reply(order, HANDLER, now)
    signed = handle.sign_reply(order, HEAD, now + timedelta(hours=5))
    assert order.state is State.CALLBACK
    assert signed.payload["public_reply"] == ANSWER["public_reply"]
    assert redo_clock(order).ended_at == handed_in, "it counts as made when it was handed in"
    asked = handle.current_evaluation(order)
    assert asked is not None
    assert asked.round == 3
    assert clock_differences(fresh(order)) == []


def test_what_the_head_writes_is_signed_with_that(session: None, now: datetime) -> None:
    order = third_round(now)
    handle.reply(order, HEAD, now, **ANSWER)
    assert order.state is State.CALLBACK


def test_a_rejected_reply_leaves_no_trace_on_the_clock(session: None, now: datetime) -> None:
    order = third_round(now)
    due = redo_clock(order).due_at
    handle.reply(order, HANDLER, now, **ANSWER)
    reject_reply(order, HEAD, now + timedelta(hours=4), reason="没有正面回应")
    clock = redo_clock(order)
    assert (clock.ended_at, clock.outcome, clock.due_at) == (None, None, due)
    assert order.state is State.HANDLING
    running = db.session.scalars(select(Deadline.clock).filter_by(order_id=order.id, ended_at=None))
    assert set(running) == {Clock.REDO}
    assert clock_differences(fresh(order)) == []
    handle.reply(order, HANDLER, now + timedelta(days=30), **ANSWER)
    handle.sign_reply(order, HEAD, now + timedelta(days=30))
    assert redo_clock(order).is_late(now)
    assert clock_differences(fresh(order)) == []


def test_nobody_signs_what_they_wrote(session: None, actor: Callable[[str], Actor], now: datetime) -> None:
    order = third_round(now)
    wrote = actor("handler")
    handle.reply(order, wrote, now, **ANSWER)
    promoted = Actor(Role.UNIT_HEAD, wrote.name, wrote.user_id, wrote.units)
    with pytest.raises(NotAllowed, match="本人"):
        handle.sign_reply(order, promoted, now)


def test_children_are_answered_once_the_head_has_signed(session: None, now: datetime) -> None:
    order = third_round(now)
    child = factories.received(now)
    merge(child, DISPATCHER, now, master=order.number, reason="同一事项")
    handle.reply(order, HANDLER, now, **ANSWER)
    assert fresh(child).state is State.MERGED
    handle.sign_reply(fresh(order), HEAD, now)
    assert fresh(child).state is State.CALLBACK


def test_the_citizen_reads_it_only_once_it_is_signed(sign_in: SignIn, client: FlaskClient, now: datetime) -> None:
    order = third_round(now)
    handle.reply(order, HANDLER, now, **ANSWER)
    saved(order)
    page = sign_in("unit_head").get(f"/orders/{order.number}").text
    assert ANSWER["public_reply"] in page
    assert 'data-action="approve_reply"' in page
    assert ANSWER["public_reply"] not in {one.reply for one in happened(fresh(order).events, {})}
    answer = sign_in("unit_head").post(f"/orders/{order.number}/approve-reply", data={"version": order.version})
    assert answer.status_code == 302
    assert ANSWER["public_reply"] in {one.reply for one in happened(fresh(order).events, {})}


def test_there_is_nothing_to_sign_elsewhere(session: None, now: datetime) -> None:
    with pytest.raises(Conflict):
        handle.sign_reply(factories.handling(now), HEAD, now)


def test_its_files_are_the_citizens_once_it_is_signed(session: None, now: datetime) -> None:
    order = third_round(now)
    handle.reply(order, HANDLER, now, uploads=(Upload("整改照片.png", PICTURE),), **ANSWER)
    order = fresh(order)
    assert [file.public for file in order.attachments] == [False]
    handle.sign_reply(order, HEAD, now)
    assert [file.public for file in fresh(order).attachments] == [True]


def test_what_a_rejected_reply_said_is_nowhere_called_the_citizens(session: None, now: datetime) -> None:
    order = third_round(now)
    handle.reply(order, HANDLER, now, **ANSWER)
    reject_reply(order, HEAD, now, reason="没有正面回应")
    grounds = {
        line.ground
        for entry in timeline(fresh(order), HEAD, Names())
        for line in entry.lines
        if line.text == ANSWER["public_reply"]
    }
    assert grounds == {"internal"}


def test_the_center_gives_back_a_reply_whose_head_is_away(session: None, now: datetime) -> None:
    order = third_round(now)
    handle.reply(order, HANDLER, now, **ANSWER)
    reject_reply(order, DISPATCHER, now, reason="负责人出差,请先修改")
    assert order.state is State.HANDLING


def test_a_part_is_handed_in_while_the_reply_waits(session: None, now: datetime) -> None:
    order = third_round(now)
    assign_part(order, DISPATCHER, now, part_unit="urban", task="提供依据", due=now + timedelta(hours=4))
    handle.reply(order, HANDLER, now, **ANSWER)
    urban = Actor(Role.HANDLER, "协办人", units=frozenset({"urban"}))
    finish_part(order, urban, now, note="已提供")
    assert clock_differences(fresh(order)) == []
