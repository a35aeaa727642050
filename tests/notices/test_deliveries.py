"""The page of deliveries: what is stuck, send again, and who is told outside the app."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from hotline.base.db import db
from hotline.base.errors import NotAllowed
from hotline.base.outbox import Delivery
from hotline.notices.deliveries import STUCK_AFTER, count_held_up, give_up, held_up, send_again
from hotline.notices.models import Medium, Subscription
from hotline.notices.subscriptions import subscribe
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.roles import STAFF_ROLES, Role
from tests import factories
from tests.conftest import NOW
from tests.receivers import http_receiver
from workers.relay import LONGEST_RETRY, relay

ADMIN = Actor(Role.ADMIN, "管理员")
MINUTE = timedelta(minutes=1)
SignIn = Callable[[str], FlaskClient]


@pytest.fixture(autouse=True)
def empty(session: None) -> None:
    """An empty outbox, and nobody told."""
    db.session.execute(delete(Delivery))
    db.session.execute(delete(Subscription))


def failing(times: int, target: str = "http://127.0.0.1:1/hook?key=secret-key") -> Delivery:
    """A delivery to a webhook nobody answers at, and how often that failed."""
    subscribe(Medium.WEBHOOK, target, ADMIN, NOW, actions=["register"])
    factories.received(NOW)
    db.session.commit()
    relay(NOW)
    row = db.session.scalars(select(Delivery).filter_by(job="send")).one()
    row.due_at = NOW
    while row.attempts < times:
        db.session.commit()
        relay(row.due_at)
        db.session.refresh(row)
    return row


def open_numbers() -> list[int]:
    return [row.attempts for row in db.session.scalars(held_up(NOW))]


def test_only_the_administrator_has_the_page(client: FlaskClient, sign_in: SignIn) -> None:
    posts = ("/deliveries/again", "/deliveries/1/give-up", "/deliveries/subscriptions", "/deliveries/subscriptions/1")
    assert client.get("/deliveries").headers["Location"].startswith("/sign-in")
    assert all(client.post(path).headers["Location"].startswith("/sign-in") for path in posts)
    for role in STAFF_ROLES:
        browser = sign_in(role)
        may = role is Role.ADMIN
        assert browser.get("/deliveries").status_code == (200 if may else 403), role
        assert ('href="/deliveries"' in browser.get("/admin").text) is may
        if not may:
            assert [browser.post(path).status_code for path in posts] == [403] * len(posts)


def test_what_failed_often_is_listed_with_its_reason_and_its_target_masked(sign_in: SignIn) -> None:
    assert "Everything has arrived" in sign_in("admin").get("/deliveries").text
    failing(2)
    assert count_held_up(NOW) == 0, "two failures are no reason to look"
    relay(NOW + 9 * MINUTE)
    assert count_held_up(NOW) == 1
    page = sign_in("admin").get("/deliveries").text
    numbers = db.session.scalars(select(Order.number)).all()
    assert sum(f'href="/orders/{number}"' in page for number in numbers) == 1
    assert "no answer (ConnectionRefusedError)" in page
    assert "http://127.0.0.1:1/…" in page
    assert "secret-key" not in page
    assert re.search(r'<td class="num">3</td>', page)
    assert "Tue 17 Nov 10:00" in page
    assert "stuck" not in page
    assert re.search(r'href="/admin/?".*?class="count">1<', page, re.DOTALL)


def test_after_many_failures_it_is_called_stuck_and_still_tried_each_hour(sign_in: SignIn) -> None:
    row = failing(STUCK_AFTER)
    assert f"stuck · {STUCK_AFTER}" in sign_in("admin").get("/deliveries").text
    assert row.tried_at is not None
    assert row.due_at - row.tried_at == LONGEST_RETRY
    relay(row.due_at)
    db.session.refresh(row)
    assert row.error == "no answer (ConnectionRefusedError)"
    assert row.attempts == STUCK_AFTER + 1


def test_what_waits_long_is_listed_though_nobody_has_tried_it(sign_in: SignIn, now: datetime) -> None:
    factories.dispatched(now - 9 * MINUTE)
    db.session.commit()
    assert open_numbers() == []
    factories.dispatched(now - 11 * MINUTE)
    db.session.commit()
    assert open_numbers() == [0, 0]
    page = sign_in("admin").get("/deliveries").text
    assert page.count("not tried yet") == 2
    assert page.count("In this system") == 2
    assert "Give up" not in page, "what is told in the app is never given up"


def test_the_number_of_a_citizen_is_masked(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotline.notices.outside._settings", lambda: type("S", (), {"sms_url": "http://127.0.0.1:1/"}))
    order = factories.received(NOW)
    db.session.commit()
    relay(NOW)
    row = db.session.scalars(select(Delivery).filter_by(job="send")).one()
    row.attempts = 3
    db.session.commit()
    page = sign_in("admin").get("/deliveries").text
    assert "139********" in page
    assert order.requester_phone not in page
    assert order.number in page


def test_send_again_tries_at_once_and_keeps_the_count(sign_in: SignIn) -> None:
    row = failing(3)
    with http_receiver() as back:
        db.session.scalars(select(Subscription)).one().target = back.url
        browser = sign_in("admin")
        assert browser.post("/deliveries/again", data={"delivery": "x"}).status_code == 303
        db.session.refresh(row)
        assert row.due_at > NOW
        assert browser.post("/deliveries/again", data={"delivery": row.id}).status_code == 303
        db.session.refresh(row)
        assert (row.due_at, row.attempts) == (NOW, 3)
        assert "1 delivery is sent again" in browser.get("/deliveries").text
        relay(NOW)
    db.session.refresh(row)
    assert (row.attempts, row.error, len(back.posted)) == (4, None, 1)
    assert "Everything has arrived" in sign_in("admin").get("/deliveries").text


def test_send_all_again_takes_what_is_held_up_only(sign_in: SignIn) -> None:
    rows = [failing(3)]
    factories.received(NOW)
    db.session.commit()
    later = db.session.scalars(select(Delivery).filter_by(job="tell", done_at=None)).one()
    later.due_at = NOW + MINUTE
    db.session.commit()
    assert sign_in("admin").post("/deliveries/again", data={"all": "1"}).status_code == 303
    db.session.expire_all()
    assert [row.due_at for row in rows] == [NOW]
    assert later.due_at == NOW + MINUTE


def test_one_is_given_up_by_a_person_who_is_named(sign_in: SignIn) -> None:
    row = failing(3)
    assert sign_in("admin").post(f"/deliveries/{row.id}/give-up").status_code == 303
    db.session.refresh(row)
    assert (row.done_at, row.error) == (NOW, "given up by 测试admin: no answer (ConnectionRefusedError)")
    page = sign_in("admin")
    page.post(f"/deliveries/{row.id}/give-up")
    assert "It has arrived, or is being sent" in page.get("/deliveries").text
    told = db.session.scalars(select(Delivery).filter_by(job="tell")).one()
    told.done_at = None
    db.session.commit()
    page.post(f"/deliveries/{told.id}/give-up")
    db.session.refresh(told)
    assert told.done_at is None


def test_nobody_else_sends_again_or_gives_up() -> None:
    row = failing(3)
    for role in (Role.SUPERVISOR, Role.MANAGER, Role.HANDLER):
        with pytest.raises(NotAllowed):
            send_again(Actor(role, "x"), NOW)
        with pytest.raises(NotAllowed):
            give_up(row.id, Actor(role, "x"), NOW)


# Subscriptions


def test_a_webhooks_secret_is_shown_once(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    given = {"medium": "webhook", "target": "https://data.example.cn/in", "whom": "unit housing", "actions": "dispatch"}
    answer = browser.post("/deliveries/subscriptions", data=given)
    made = db.session.scalars(select(Subscription)).one()
    assert answer.status_code == 201
    assert f"<code>{made.secret}</code>" in answer.text
    assert (made.unit_code, made.role, made.actions, made.created_by) == ("housing", None, ["dispatch"], "测试admin")
    page = browser.get("/deliveries").text
    assert made.secret not in page
    assert "https://data.example.cn/…" in page
    assert "Housing" in page


def test_mail_and_text_messages_for_a_desk_and_for_all(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    mail = {"medium": "mail", "target": "office@example.cn", "whom": "role callback"}
    sms = {"medium": "sms", "target": "13800000000", "whom": "", "actions": ["register", "close"]}
    assert browser.post("/deliveries/subscriptions", data=mail).status_code == 303
    assert browser.post("/deliveries/subscriptions", data=sms).status_code == 303
    first, second = db.session.scalars(select(Subscription).order_by(Subscription.id))
    assert (first.role, first.actions, first.secret) == (Role.CALLBACK, [], "")
    assert second.actions == ["close", "register"]
    page = browser.get("/deliveries").text
    assert "o*****@example.cn" in page
    assert "138********" in page
    assert "13800000000" not in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"target": "ftp://x"}, "begins with https://"),
        ({"target": ""}, "is required"),
        ({"medium": "pigeon"}, "choose one of"),
        ({"whom": "role admin"}, "nothing is told to this role"),
        ({"whom": "role king"}, "choose one from the list"),
        ({"whom": "unit nowhere"}, "is not a unit"),
        ({"whom": "unit housing", "actions": "evaluate"}, "these are told to others only"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(sign_in: SignIn, changed: dict[str, str], said: str) -> None:
    given = {"medium": "webhook", "target": "https://data.example.cn/in", "whom": "", **changed}
    answer = sign_in("admin").post("/deliveries/subscriptions", data=given)
    assert answer.status_code == 422
    assert said in answer.text
    assert given["target"] in answer.text, "what was typed is kept"
    assert db.session.scalars(select(Subscription)).all() == []


def test_a_subscription_is_paused_and_goes_on(sign_in: SignIn) -> None:
    made = subscribe(Medium.SMS, "13800000000", ADMIN, NOW)
    db.session.commit()
    browser = sign_in("admin")
    for active in ("0", "1"):
        assert browser.post(f"/deliveries/subscriptions/{made.id}", data={"active": active}).status_code == 303
        db.session.refresh(made)
        assert made.active is (active == "1")
        assert ("Go on" in browser.get("/deliveries").text) is not made.active
    assert browser.post("/deliveries/subscriptions/999999", data={"active": "0"}).status_code == 404
