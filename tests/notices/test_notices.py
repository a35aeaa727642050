"""Notices: told once, to whom it concerns, and nobody learns more from them than from the order."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.handle import operations as handle
from hotline.handle.time import request_time
from hotline.notices import operations, queries
from hotline.notices.models import Notice
from hotline.notices.operations import TELLS_UNIT, mark_read, tell
from hotline.notices.queries import count_unread, in_words, notices_for
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.sight import sees_event
from hotline.orders.vocabulary import TimeKind
from hotline.people.actors import Actor
from hotline.transfer import operations as transfer
from tests import factories
from tests.factories import DISPATCHER, HANDLER
from workers.relay import relay

SignIn = Callable[[str], FlaskClient]
ActorOf = Callable[[str], Actor]


@pytest.fixture(autouse=True)
def nothing_told_yet(session: None) -> None:
    """No notice, and nothing to tell."""
    db.session.execute(delete(Delivery))
    db.session.execute(delete(Notice))


def relayed(order: Order, now: datetime) -> Order:
    """The order, everybody told of it."""
    db.session.commit()
    relay(now + timedelta(hours=2))  # the orders the factories make live that long
    return order


def told(actor: Actor) -> list[tuple[Action, str]]:
    db.session.expire_all()
    return [(one.action, one.order.number) for one in in_words(db.session.scalars(notices_for(actor)), actor)]


def unread_shown(page: str) -> list[str]:
    return re.findall(r'name="notice" value="(\d+)"', page)


def bell(page: str) -> str:
    found = re.search(r'class="bell".*?class="count">(\S+?)<', page, re.DOTALL)
    return found.group(1) if found else ""


def test_every_role_has_the_page_and_nobody_else(client: FlaskClient, sign_in: SignIn) -> None:
    assert client.get("/notices").headers["Location"].startswith("/sign-in")
    assert client.post("/notices/read").headers["Location"].startswith("/sign-in")
    for login in ("agent", "dispatcher", "handler", "unit_head", "callback", "supervisor", "manager", "admin"):
        page = sign_in(login).get("/notices")
        assert page.status_code == 200, login
        assert "No notices yet" in page.text
        assert bell(page.text) == ""


def test_a_dispatched_order_is_told_to_its_unit_once(sign_in: SignIn, actor: ActorOf, now: datetime) -> None:
    order = relayed(factories.dispatched(now, title="锦绣<花园>"), now)
    for row in db.session.scalars(select(Delivery)):
        tell(row.arguments["event_id"], row.delivery_id, now)
    assert told(actor("handler")) == [(Action.DISPATCH, order.number)]
    page = sign_in("handler").get("/notices").text
    assert page.count("<tr data-row") == 1
    assert "Dispatch" in page
    assert "锦绣&lt;花园&gt;" in page
    assert f"/orders/{order.number}" in page
    assert "Tue 17 Nov 10:00" in page
    assert bell(page) == "1"
    assert order.requester_phone not in page
    assert "王女士" not in page


def test_who_works_for_two_units_is_told_once(sign_in: SignIn, actor: ActorOf, now: datetime) -> None:
    district = actor("handler-d01")
    street = min(district.units - {"d01"})
    order = factories.received(now)
    transfer.dispatch(order, "d01", DISPATCHER, now, category="060101", copy=[street])
    relayed(order, now)
    assert told(district) == [(Action.DISPATCH, order.number)]
    assert count_unread(district) == 1
    assert told(replace(district, units=frozenset({street}))) == [(Action.DISPATCH, order.number)]


def test_a_unit_hears_only_of_its_own(sign_in: SignIn, actor: ActorOf, now: datetime) -> None:
    order = relayed(factories.dispatched(now), now)
    page = sign_in("handler-d01").get("/notices").text
    assert order.number not in page
    assert bell(page) == ""
    assert told(actor("dispatcher")) == told(actor("callback")) == []


def test_a_desk_hears_of_what_waits_there(actor: ActorOf, now: datetime) -> None:
    order = factories.dispatched(now)
    transfer.request_return(order, factories.HANDLER, now, reason="不属于本单位职责")
    answered = relayed(factories.replied(now), now)
    assert told(actor("dispatcher")) == [(Action.REQUEST_RETURN, order.number)]
    assert told(actor("callback")) == [(Action.REPLY, answered.number)]


def test_a_desk_hears_of_time_asked_for_only_where_it_has_to_decide(actor: ActorOf, now: datetime) -> None:
    asked = {"kind": TimeKind.EXTENSION, "amount": 1, "reason": "等待检测报告", "next_step": "出具后整改"}
    order = factories.handling(now)
    request_time(order, HANDLER, now, **asked)  # the first is granted at once
    assert (Action.REQUEST_TIME, order.number) not in told(actor("dispatcher"))
    relayed(order, now)
    assert (Action.REQUEST_TIME, order.number) not in told(actor("dispatcher"))
    request_time(order, HANDLER, now, **asked)
    relayed(order, now)
    assert (Action.REQUEST_TIME, order.number) in told(actor("dispatcher"))


def test_an_order_that_went_to_another_unit_is_not_told_of(actor: ActorOf, now: datetime) -> None:
    order = relayed(factories.dispatched(now), now)
    assert count_unread(actor("handler")) == 1
    transfer.request_return(order, factories.HANDLER, now, reason="不属于本单位职责")
    transfer.redispatch(order, "d01", factories.DISPATCHER, now, reason="改派")
    relayed(order, now)
    assert told(actor("handler")) == []
    assert count_unread(actor("handler")) == 0
    assert told(actor("handler-d01")) == [(Action.REDISPATCH, order.number)]


def test_reading_marks_what_was_shown(sign_in: SignIn, actor: ActorOf, now: datetime) -> None:
    relayed(factories.dispatched(now), now)
    unit = sign_in("handler")
    shown = unread_shown(unit.get("/notices").text)
    assert len(shown) == 1
    later = relayed(factories.dispatched(now), now)
    answer = unit.post("/notices/read", data={"notice": [*shown, "x", "9" * 40]})
    assert answer.status_code == 303
    page = unit.get("/notices").text
    assert page.count("<tr data-row") == 2
    assert page.count('class="unread"') == 1
    assert page.index(later.number) < page.index('data-row="', page.index(later.number)), "the newest first"
    assert bell(page) == "1"
    unit.post("/notices/read", data={"notice": unread_shown(page)})
    page = unit.get("/notices").text
    assert unread_shown(page) == []
    assert bell(page) == ""
    assert page.count("<tr data-row") == 2


def test_nobody_marks_what_others_are_told(actor: ActorOf, now: datetime) -> None:
    relayed(factories.dispatched(now), now)
    (notice,) = db.session.scalars(select(Notice))
    for login in ("handler-d01", "dispatcher", "admin"):
        mark_read([notice.id], actor(login), now)
    db.session.refresh(notice)
    assert notice.read_at is None


def test_the_count_stops_at_a_bound(sign_in: SignIn, now: datetime) -> None:
    order = relayed(factories.dispatched(now), now)
    (notice,) = db.session.scalars(select(Notice))
    for _ in range(queries.COUNTED_UP_TO):
        tell(notice.event_id, uuid4(), now)
    db.session.commit()
    page = sign_in("handler").get(f"/orders/{order.number}").text
    assert bell(page) == "99+"
    db.session.execute(update(Notice).where(Notice.id == notice.id).values(read_at=now))
    db.session.commit()
    assert bell(sign_in("handler").get("/notices").text) == "99"


def test_units_are_told_only_of_what_their_timeline_shows(actor: ActorOf) -> None:
    unit = actor("handler")
    assert all(sees_event(Event(action=action), unit) for action in TELLS_UNIT)


@pytest.mark.parametrize("action", [Action.ATTEMPT, Action.EVALUATE])
def test_a_city_that_tells_more_still_hides_the_asking(
    actor: ActorOf, now: datetime, monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    monkeypatch.setattr(operations, "TELLS_UNIT", TELLS_UNIT | {Action.ATTEMPT, Action.EVALUATE})
    order = factories.replied(now)
    if action is Action.ATTEMPT:
        handle.record_attempt(order, factories.CALLBACK, now, note="没有人接")
    else:
        handle.evaluate(order, factories.CALLBACK, now, solved=True, satisfaction="satisfied")
    relayed(order, now)
    rows = in_words(db.session.scalars(notices_for(actor("handler"))), actor("handler"))
    asked = [row.at for row in rows if row.action is action]
    assert asked == ([] if action is Action.ATTEMPT else [None])
