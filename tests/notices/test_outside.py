"""Told outside the app: to whom, in which words, over which way, and what happens when it does not arrive."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.outbox import Delivery, Queue
from hotline.notices import outside
from hotline.notices.channels import Document, Message
from hotline.notices.models import WARNINGS, Medium, Notice
from hotline.notices.operations import tell
from hotline.notices.outside import send_to
from hotline.notices.subscriptions import subscribe, switch
from hotline.notices.warnings import sweep
from hotline.orders.vocabulary import Urgency
from hotline.people.roles import Role
from hotline.transfer import operations as transfer
from tests import factories
from tests.conftest import NOW
from tests.factories import DISPATCHER, HANDLER
from tests.notices.deliveries import ADMIN, LATER, Configure, numbers, open_sends, run, webhook
from tests.receivers import MailServer, Receiver, http_receiver, mail_server
from workers.jobs import JOBS
from workers.relay import FIRST_RETRY, relay

pytestmark = pytest.mark.usefixtures("nothing_outside")


# Webhooks


def test_a_webhook_carries_number_step_and_unit_and_nothing_of_the_citizen(receiver: Receiver) -> None:
    webhook(receiver, unit_code="housing", actions=["dispatch"])
    order = factories.dispatched(NOW, title="锦绣花园漏水", text="我家漏水,电话在上面", address="锦绣路1号")
    run()
    (posted,) = receiver.posted
    (sent,) = db.session.scalars(select(Delivery).filter_by(job="send"))
    assert posted.path == "/hook?key=7"
    assert posted.json == {
        "delivery": str(sent.delivery_id),
        "number": order.number,
        "action": "dispatch",
        "state": "dispatched",
        "unit": "housing",
        "at": NOW.isoformat(),
        "link": f"https://12345.example.cn/orders/{order.number}",
    }
    assert sent.arguments.keys() == {"event_id", "subscription_id"}
    assert (sent.attempts, sent.error, sent.tried_at) == (1, None, NOW + LATER)


def test_a_webhook_is_signed_over_its_timestamp_and_body(receiver: Receiver) -> None:
    secret = webhook(receiver).secret
    factories.received(NOW)
    run()
    (posted,) = receiver.posted
    timestamp = posted.headers["X-Hotline-Timestamp"]
    said = hmac.new(secret.encode(), f"{timestamp}.".encode() + posted.body, hashlib.sha256).hexdigest()
    assert posted.headers["X-Hotline-Signature"] == f"sha256={said}"
    assert int(timestamp) == int((NOW + LATER).timestamp())
    assert posted.headers["X-Hotline-Delivery"] == posted.json["delivery"]
    assert len(secret) > 40
    assert secret != webhook(receiver).secret


@pytest.mark.parametrize("status", [302, 404, 410, 500])
def test_any_other_answer_fails_with_its_status_and_is_tried_again_later(receiver: Receiver, status: int) -> None:
    receiver.statuses = [status, status]
    webhook(receiver)
    factories.received(NOW)
    run()
    (row,) = open_sends()
    now = NOW + LATER
    assert (row.attempts, row.error, row.tried_at) == (1, f"answered with an error ({status})", now)
    assert row.due_at == now + FIRST_RETRY
    relay(row.due_at)
    db.session.expire_all()
    assert row.due_at == now + FIRST_RETRY * 3, "the pauses grow"
    relay(row.due_at)
    db.session.expire_all()
    assert row.done_at is not None
    assert len({one.headers["X-Hotline-Delivery"] for one in receiver.posted}) == 1
    assert [one.path for one in receiver.posted] == ["/hook?key=7"] * 3, "no redirect is followed"


def test_nobody_there_is_said_without_the_address_and_asked_again_after_a_rest(configure: Configure) -> None:
    configure()
    with http_receiver() as gone:
        webhook(gone)
    for _ in range(2):
        factories.received(NOW)
    run()
    first, second = open_sends()
    assert first.error == "no answer (ConnectionRefusedError)"
    assert second.error == "not tried: there was no answer a moment ago"
    assert (first.attempts, second.attempts) == (1, 0), "what was not tried is not counted"
    assert second.due_at == NOW + LATER + outside.REST
    for _ in range(4):
        relay(second.due_at)
        db.session.expire_all()
    assert second.attempts == 1, "its turn comes when the first one's pause is longer"
    assert "127.0.0.1" not in f"{first.error}{second.error}"


def test_one_that_fails_stops_no_other(receiver: Receiver, configure: Configure) -> None:
    with http_receiver() as gone:
        webhook(gone)
    subscribe(Medium.MAIL, "office@example.cn", ADMIN, NOW)
    webhook(receiver)
    order = factories.dispatched(NOW)
    run()
    assert sorted(numbers(receiver)) == [order.number] * 2
    assert db.session.scalar(select(Notice.unit_code)) == "housing"
    assert {row.error.split()[0] for row in open_sends() if row.error} == {"no", "not", "mail"}


def test_what_is_told_twice_goes_out_once(receiver: Receiver) -> None:
    webhook(receiver)
    factories.received(NOW)
    (row,) = db.session.scalars(select(Delivery))
    tell(row.arguments["event_id"], row.delivery_id, NOW)
    run()
    run()
    assert len(receiver.posted) == 1


def test_what_is_urgent_goes_first(receiver: Receiver) -> None:
    webhook(receiver, actions=["register"])
    plain = factories.received(NOW)
    urgent = factories.received(NOW, urgency=Urgency.URGENT)
    run()
    assert numbers(receiver) == [urgent.number, plain.number]
    queues = {row.arguments["event_id"]: row.queue for row in db.session.scalars(select(Delivery))}
    assert list(queues.values()).count(Queue.URGENT) == 1


def test_what_is_sent_but_not_written_down_is_sent_again_under_the_same_id(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die_after(*given: Any) -> None:
        outside.send(*given)
        raise RuntimeError("killed here")

    webhook(receiver)
    factories.received(NOW)
    monkeypatch.setitem(JOBS, "send", die_after)
    run()
    monkeypatch.undo()
    run(NOW + LATER * 2)
    assert open_sends() == []
    first, second = receiver.posted
    assert first.headers["X-Hotline-Delivery"] == second.headers["X-Hotline-Delivery"]


# Whom


def test_a_unit_is_told_of_its_own_orders_and_of_those_below_it(receiver: Receiver) -> None:
    webhook(receiver, unit_code="d01")
    factories.dispatched(NOW)
    own = factories.dispatched(NOW, unit="d01")
    below = factories.dispatched(NOW, unit="d01-s1")
    run()
    assert sorted(numbers(receiver)) == sorted([own.number, below.number])
    assert {one.json["action"] for one in receiver.posted} == {"dispatch"}, "and of what it is told in the app"


def test_an_order_that_went_elsewhere_meanwhile_is_not_told_of(receiver: Receiver) -> None:
    webhook(receiver, unit_code="housing")
    order = factories.dispatched(NOW)
    transfer.request_return(order, HANDLER, NOW, reason="不属于本单位职责")
    transfer.redispatch(order, "d01", DISPATCHER, NOW, reason="改派")
    run()
    assert receiver.posted == []
    assert open_sends() == []


def test_a_unit_is_not_told_when_its_citizen_was_asked(receiver: Receiver) -> None:
    webhook(receiver, unit_code="housing", actions=["close"])
    webhook(receiver, actions=["close"])
    factories.closed(NOW)
    run()
    assert sorted(one.json["at"] or "" for one in receiver.posted) == ["", (NOW + timedelta(hours=2)).isoformat()]


def test_a_desk_is_told_what_waits_there(receiver: Receiver) -> None:
    webhook(receiver, role=Role.CALLBACK)
    order = factories.replied(NOW)
    run()
    assert [(one.json["number"], one.json["action"]) for one in receiver.posted] == [(order.number, "reply")]


def test_the_centers_systems_are_told_of_every_step(receiver: Receiver) -> None:
    webhook(receiver)
    factories.closed(NOW)
    run()
    told = [one.json["action"] for one in receiver.posted]
    assert sorted(told) == sorted(["register", "dispatch", "sign", "reply", "evaluate", "close"])


def test_a_paused_subscription_is_not_told_and_what_waits_for_it_is_dropped(receiver: Receiver) -> None:
    receiver.statuses = [500]
    made = webhook(receiver)
    factories.received(NOW)
    run()
    switch(made.id, ADMIN, NOW, active=False)
    factories.received(NOW)
    run(NOW + LATER * 2)
    assert len(receiver.posted) == 1
    assert open_sends() == []
    switch(made.id, ADMIN, NOW, active=True)
    factories.received(NOW)
    run()
    assert len(receiver.posted) == 2


def test_a_digest_of_warnings_goes_to_who_wants_it(receiver: Receiver, mails: MailServer) -> None:
    subscribe(Medium.MAIL, "office@example.cn", ADMIN, NOW, unit_code="housing", actions=[WARNINGS])
    webhook(receiver, unit_code="housing")
    webhook(receiver, unit_code="d01")
    webhook(receiver)
    orders = [factories.handling(NOW, urgency=Urgency.URGENT) for _ in range(2)]
    run()
    receiver.posted.clear()
    late = NOW + timedelta(days=30)
    sweep(late)
    run(late)
    (posted,) = receiver.posted
    assert posted.json["action"] == "warnings"
    assert {one["number"] for one in posted.json["warnings"]} == {order.number for order in orders}
    (mail,) = mails.mails
    assert mail["Subject"] == "Deadline warnings"
    assert all(order.number in mail.get_content() for order in orders)


# Mail


def test_a_mail(mails: MailServer) -> None:
    subscribe(Medium.MAIL, "office@example.cn", ADMIN, NOW, unit_code="housing")
    order = factories.dispatched(NOW, title="锦绣花园漏水")
    run()
    (mail,) = mails.mails
    (sent,) = db.session.scalars(select(Delivery).filter_by(job="send"))
    assert mail["Message-ID"] == f"<{sent.delivery_id}@example.cn>"
    assert (mail["To"], mail["From"]) == ("office@example.cn", "12345 <hotline@example.cn>")
    assert mail["Subject"] == f"{order.number} Dispatch"
    text = mail.get_content()
    assert "2026-11-17 10:00" in text
    assert f"https://12345.example.cn/orders/{order.number}" in text
    assert not any(private in text for private in ("锦绣", "13912345678", "王女士"))


def test_a_mail_has_a_subject_of_one_line_and_a_file_of_a_name(mails: MailServer) -> None:
    to = subscribe(Medium.MAIL, "leader@example.cn", ADMIN, NOW, unit_code="housing")
    document = Document("供暖\n专报 2026/11.docx", "application/msword", lambda: b"x")
    send_to(to.id, Message("供暖\r\n专报", "text", document=document), uuid4(), NOW)
    (mail,) = mails.mails
    (attached,) = mail.iter_attachments()
    assert (mail["Subject"], attached.get_filename()) == ("供暖 专报", "供暖 专报 2026-11.docx")


def test_a_refused_recipient(mails: MailServer) -> None:
    mails.refuses = {"nobody@example.cn"}
    subscribe(Medium.MAIL, "nobody@example.cn", ADMIN, NOW)
    subscribe(Medium.MAIL, "office@example.cn", ADMIN, NOW)
    factories.received(NOW)
    run()
    assert [row.error for row in open_sends()] == ["the mail server refused the recipient (550)"]
    assert [mail["To"] for mail in mails.mails] == ["office@example.cn"]


def test_no_password_goes_to_a_mail_server_without_encryption(configure: Configure) -> None:
    with mail_server() as running:
        configure(smtp_url=running.url.replace("//", "//user:pass@"), mail_from="hotline@example.cn")
        subscribe(Medium.MAIL, "office@example.cn", ADMIN, NOW)
        factories.received(NOW)
        run()
    assert [row.error for row in open_sends()] == ["the mail server offers no encryption, so no password is sent to it"]
