"""Text messages to citizens: what they are told, who is told nothing, and what never leaves the house."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.handle import operations as handle
from hotline.notices.models import Medium
from hotline.notices.subscriptions import subscribe
from hotline.orders.lifecycle import Action
from hotline.orders.models import Order
from hotline.orders.vocabulary import Channel, Exit, Result
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.receive.exits import confirm_exit, propose_exit
from tests import factories
from tests.conftest import NOW
from tests.factories import CALLBACK, DISPATCHER, HANDLER
from tests.notices.deliveries import ADMIN, LATER, Configure, open_sends, run
from tests.receivers import Receiver
from workers.relay import FIRST_RETRY, relay

SUPERVISOR = Actor(Role.SUPERVISOR, "班长")
pytestmark = pytest.mark.usefixtures("nothing_outside")


def test_a_citizen_is_told_the_number_and_then_the_answer(gateway: Receiver) -> None:
    order = factories.replied(NOW)
    run()
    first, second = gateway.posted
    assert first.path == "/send"
    assert first.headers["Authorization"] == "Bearer key-of-the-city"
    assert first.json["to"] == second.json["to"] == "13912345678"
    assert order.number in first.json["text"]
    assert "https://12345.example.cn/citizen/follow" in first.json["text"]
    assert "已经处理完毕。" in second.json["text"]
    assert f"https://12345.example.cn/rate/{order.rating_token}" in second.json["text"]
    assert first.json["id"] != second.json["id"]
    sends = db.session.scalars(select(Delivery).filter_by(job="send"))
    assert all(row.arguments.keys() == {"event_id"} for row in sends)


def test_of_a_secret_order_nothing_stands_on_the_screen(gateway: Receiver) -> None:
    factories.replied(NOW, secret=True)
    run()
    texts = " ".join(one.json["text"] for one in gateway.posted)
    assert len(gateway.posted) == 2
    assert "已经处理完毕" not in texts
    assert "Housing" not in texts


def test_a_citizen_is_told_that_it_is_not_dealt_with(gateway: Receiver) -> None:
    order = factories.received(NOW)
    propose_exit(order, DISPATCHER, NOW, exit=Exit.LITIGATION, reason="已起诉", public_reply="请等待法院判决。")
    confirm_exit(order, SUPERVISOR, NOW)
    run()
    assert ["cannot deal" in one.json["text"] for one in gateway.posted] == [False, True]


def test_an_answer_on_the_phone_was_heard(gateway: Receiver) -> None:
    from hotline.knowledge.operations import answer_directly

    for channel in (Channel.PHONE, Channel.WEB):
        answer_directly(factories.received(NOW, channel=channel), DISPATCHER, NOW, public_reply="周一至周五")
    run()
    assert len([one for one in gateway.posted if "周一至周五" in one.json["text"]]) == 1


def test_a_long_answer_is_cut(gateway: Receiver) -> None:
    handle.reply(factories.handling(NOW), HANDLER, NOW, result=Result.SOLVED, public_reply="好" * 500)
    run()
    assert gateway.posted[-1].json["text"].count("好") == 100


@pytest.mark.parametrize(
    "given",
    [{"requester_phone": ""}, {"requester_phone": "01088886666"}, {"channel": Channel.IMPORT}],
)
def test_who_left_no_mobile_number_and_what_was_imported_get_no_message(
    gateway: Receiver, given: dict[str, Any]
) -> None:
    factories.replied(NOW, **given)
    run()
    assert gateway.posted == []
    assert open_sends() == []


def test_without_a_gateway_nothing_is_left_for_citizens(configure: Configure) -> None:
    configure()
    factories.replied(NOW)
    run()
    assert list(db.session.scalars(select(Delivery).filter_by(job="send"))) == []


def test_what_is_not_configured_says_so_and_waits(configure: Configure, gateway: Receiver) -> None:
    subscribe(Medium.SMS, "13800000000", ADMIN, NOW)
    subscribe(Medium.MAIL, "office@example.cn", ADMIN, NOW)
    configure()
    factories.received(NOW)
    run()
    assert [row.error for row in open_sends()] == [
        "text messages are not configured: set HOTLINE_SMS_URL",
        "mail is not configured: set HOTLINE_SMTP_URL and HOTLINE_MAIL_FROM",
    ]
    configure(sms_url=f"{gateway.url}/send")
    relay(NOW + LATER + FIRST_RETRY)
    db.session.expire_all()
    assert len(open_sends()) == 1
    assert [one.json["to"] for one in gateway.posted] == ["13800000000"]


def test_nothing_personal_is_in_the_outbox(gateway: Receiver) -> None:
    subscribe(Medium.SMS, "13800000000", ADMIN, NOW, actions=[Action.REGISTER])
    gateway.statuses = [500] * 9
    order = db.session.get_one(Order, factories.replied(NOW).id)
    handle.record_attempt(order, CALLBACK, NOW + LATER, note="没有人接")
    run()
    rows = db.session.scalars(select(Delivery)).all()
    kept = json.dumps([[row.arguments, row.error] for row in rows], ensure_ascii=False)
    assert not any(private in kept for private in ("13912345678", "王女士", "已经处理", "13800000000"))
