"""What an agent makes of a call about a matter that is known: appended, merged or linked, and only where they say so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from hotline.base.db import db
from hotline.notices.models import Notice
from hotline.notices.operations import tell
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Order
from hotline.transfer.models import OrderLink
from tests import factories
from tests.factories import fresh, saved

SignIn = Callable[[str], FlaskClient]
SCRIPT = {"Accept": "application/json"}
NOISE = "翠湖名都小区门口的搅拌站夜里不停工，噪音很大，灰尘满天飞，老人孩子睡不好。"
AGAIN = "我住翠湖名都，旁边搅拌站一到夜里就开工，灰尘和噪音让孩子睡不好觉。"


def known(now: datetime, **more: str) -> Order:
    return saved(factories.handling(now, title="搅拌站扰民", text=NOISE, **more))


def call(**changes: str) -> dict[str, str]:
    return {"key": "k1", "phone": "13900001111", "text": AGAIN, "do": "save", **changes}


def new_order() -> Order | None:
    db.session.expire_all()
    return db.session.scalar(select(Order).filter_by(text=AGAIN))


def count() -> int:
    return db.session.scalars(select(func.count()).select_from(Order)).one()


def test_the_pane_shows_the_order_and_what_can_be_made_of_it(sign_in: SignIn, now: datetime) -> None:
    order = known(now, requester_phone="13900001111")
    pane = sign_in("agent").post("/desk/suggestion", data=call()).text
    assert f'data-same="{order.number}" data-how="append"' in pane
    assert f'data-same="{order.number}" data-how="merge"' in pane
    assert "same place: 翠湖名都" in pane
    assert "same citizen" in pane
    assert "13900001111" not in pane
    other = sign_in("agent").post("/desk/suggestion", data=call(phone="13900002222")).text
    assert 'data-how="merge"' in other
    assert 'data-how="append"' not in other


def test_a_choice_is_shown_and_nothing_happens_before_it_is_saved(sign_in: SignIn, now: datetime) -> None:
    order = known(now)
    pane = sign_in("agent").post("/desk/suggestion", data=call(same=order.number, how="merge")).text
    assert f"merged into {order.number}" in pane
    assert 'aria-pressed="true"' in pane
    assert new_order() is None


def test_nothing_is_joined_unless_the_agent_says_so(sign_in: SignIn, now: datetime) -> None:
    known(now)
    sign_in("agent").post("/desk", data=call(), headers=SCRIPT)
    order = new_order()
    assert order is not None
    assert order.parent_id is None
    assert db.session.scalar(select(OrderLink)) is None


def test_what_the_same_citizen_adds_goes_to_their_order_once(sign_in: SignIn, now: datetime) -> None:
    order = known(now, requester_phone="13900001111")
    before = count()
    form = call(same=order.number, how="append")
    for _ in range(2):  # the answer to the first was lost
        told = sign_in("agent").post("/desk", data=form, headers=SCRIPT)
        assert told.status_code == 201
        assert "added to" in (told.json or {})["bar"]
    notes = [event for event in fresh(order).events if event.action is Action.NOTE]
    assert [AGAIN in event.payload["note"] for event in notes] == [True]
    assert count() == before


def test_nothing_is_appended_to_another_citizens_order(sign_in: SignIn, now: datetime) -> None:
    order = known(now)
    told = sign_in("agent").post("/desk", data=call(same=order.number, how="append"), headers=SCRIPT)
    assert told.status_code == 422
    assert order.number in (told.json or {})["errors"]["_"][0]
    assert fresh(order).events[-1].action is not Action.NOTE


def test_a_merged_call_becomes_an_order_that_follows_its_master(sign_in: SignIn, now: datetime) -> None:
    master = known(now)
    told = sign_in("agent").post("/desk", data=call(same=master.number, how="merge"), headers=SCRIPT)
    assert told.status_code == 201
    assert f"merged into {master.number}" in (told.json or {})["bar"]
    order = new_order()
    assert order is not None
    assert (order.state, order.parent_id, order.dispatched_at) == (State.MERGED, master.id, None)
    assert "翠湖名都" in order.events[-1].reason


def test_a_linked_call_goes_its_own_way(sign_in: SignIn, now: datetime) -> None:
    other = known(now)
    told = sign_in("agent").post("/desk", data=call(same=other.number, how="link"), headers=SCRIPT)
    assert f"linked with {other.number}" in (told.json or {})["bar"]
    order = new_order()
    assert order is not None
    assert order.parent_id is None
    assert order.events[-1].payload == {"other": other.number}
    assert fresh(other).events[-1].payload == {"other": order.number}


@pytest.mark.parametrize("how", ["append", "merge"])
def test_what_joins_another_order_is_not_answered_at_once(sign_in: SignIn, now: datetime, how: str) -> None:
    order = known(now, requester_phone="13900001111")
    form = call(same=order.number, how=how, do="answer", public_reply="已经告知。")
    told = sign_in("agent").post("/desk", data=form, headers=SCRIPT)
    assert told.status_code == 422
    assert new_order() is None


@pytest.mark.parametrize(
    ("known_as", "called_as", "said"),
    [({}, {"secret": "y"}, "secret"), ({}, {"urgency": "urgent"}, "urgent"), ({"phone": "2"}, {}, "another citizen")],
)
def test_what_a_note_could_not_carry_is_not_appended(
    sign_in: SignIn, now: datetime, known_as: dict[str, str], called_as: dict[str, str], said: str
) -> None:
    order = known(now, requester_phone="13900002222" if known_as else "13900001111")
    told = sign_in("agent").post("/desk", data=call(same=order.number, how="append", **called_as), headers=SCRIPT)
    assert told.status_code == 422
    assert said in (told.json or {})["errors"]["_"][0]
    assert all(event.action is not Action.NOTE for event in fresh(order).events)


def test_an_order_closed_meanwhile_takes_nothing_and_the_call_is_kept(sign_in: SignIn, now: datetime) -> None:
    order = saved(factories.closed(now, title="搅拌站扰民", text=NOISE, requester_phone="13900001111"))
    told = sign_in("agent").post("/desk", data=call(same=order.number, how="append"), headers=SCRIPT)
    assert told.status_code == 422
    assert order.number in (told.json or {})["errors"]["_"][0]
    bare = sign_in("agent").post("/desk", data=call(same=order.number, how="append"))
    assert bare.status_code == 422
    assert AGAIN in bare.text


def test_what_is_appended_is_told_to_the_unit_and_confirmed_without_script(sign_in: SignIn, now: datetime) -> None:
    order = known(now, requester_phone="13900001111")
    agent = sign_in("agent")
    page = agent.post("/desk", data=call(same=order.number, how="append", address="东门"), follow_redirects=True)
    assert "added to" in page.text
    (note,) = [event for event in fresh(order).events if event.action is Action.NOTE]
    assert "东门" in note.payload["note"]
    tell(note.id, uuid4(), now)
    assert db.session.scalar(select(Notice.unit_code).filter_by(event_id=note.id)) == order.lead_unit


def test_the_log_does_not_say_that_one_citizen_told_both(sign_in: SignIn, now: datetime) -> None:
    order = known(now, requester_phone="13900001111", secret=True)
    sign_in("agent").post("/desk", data=call(same=order.number, how="link"), headers=SCRIPT)
    (event,) = [event for event in fresh(order).events if event.action is Action.LINK]
    assert "same place" in event.reason or "同一地点" in event.reason
    assert "same citizen" not in event.reason
    assert "同一市民" not in event.reason


def test_what_cannot_be_merged_saves_nothing_and_says_why(sign_in: SignIn, now: datetime) -> None:
    waiting = saved(factories.received(now, title="搅拌站扰民", text=NOISE))
    for number in (waiting.number, "20000101000001"):
        told = sign_in("agent").post("/desk", data=call(same=number, how="merge"), headers=SCRIPT)
        assert told.status_code == 422
        assert new_order() is None
