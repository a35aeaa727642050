"""Calls as they ring: told by the telephone system in whatever order, popped at one desk, tied to their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from hotline.base.db import db
from hotline.base.errors import Invalid, NotFound
from hotline.calls import queue_log
from hotline.calls.live import (
    KEPT_FOR,
    RINGS_FOR,
    SHOWN_FOR,
    CallEvent,
    Told,
    calls_at,
    forget_calls,
    hear_event,
    put_away,
)
from hotline.calls.models import Call, CallOutcome, LiveCall
from hotline.calls.operations import record_calls
from hotline.cli import cli
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.operations import create_user, give_extension
from hotline.people.roles import Role
from tests import factories
from tests.conftest import PASSWORD

SignIn = Callable[[str], FlaskClient]
ActorOf = Callable[[str], Actor]
PHONE = "13912345678"
SECOND = timedelta(seconds=1)


def told(event: CallEvent, at: datetime, **more: Any) -> Told:
    given = {"agent": "agent", "phone": PHONE, "queue": "民生"}
    return Told("c1", event, at, **{**given, **more})


def hear(*events: Told, now: datetime) -> LiveCall:
    for one in events:
        call = hear_event(one, "phone", now)
    return call


def logged(call_id: str = "c1") -> Call:
    db.session.expire_all()
    return db.session.scalars(select(Call).filter_by(source="phone", call_id=call_id)).one()


@pytest.fixture
def other(session: None, now: datetime) -> User:
    """A second agent, whom the telephone system calls 802."""
    user = create_user("agent-2", "第二坐席", Role.AGENT, PASSWORD, now)
    give_extension(user, "802")
    return user


def test_events_in_any_order_and_twice_say_the_same(session: None, now: datetime) -> None:
    rang, answered, ended = now - 90 * SECOND, now - 80 * SECOND, now
    events = (
        told(CallEvent.RING, rang),
        told(CallEvent.ANSWER, answered),
        told(CallEvent.HANG_UP, ended),
        told(CallEvent.RING, rang),
    )
    for place, order in enumerate(permutations(events)):
        for one in order:
            call = hear_event(Told(f"c{place}", one.event, one.at, "agent", PHONE), "phone", now)
        assert (call.answered_at, call.ended_at) == (answered, ended), order
        log = logged(f"c{place}")
        assert (log.outcome, log.queued_at, log.answered_at, log.ended_at, log.phone) == (
            *(CallOutcome.ANSWERED, rang, answered, ended, PHONE),
        )


def test_it_rings_at_the_next_where_the_first_does_not_answer(
    session: None, other: User, actor: ActorOf, now: datetime
) -> None:
    first, second = told(CallEvent.RING, now - 20 * SECOND), told(CallEvent.RING, now - 8 * SECOND, agent="802")
    hear(first, second, first, told(CallEvent.HANG_UP, now - 9 * SECOND), now=now)
    assert calls_at(actor("agent"), now) == []
    (call,) = calls_at(actor("agent-2"), now)
    assert (call.agent, call.ended_at) == ("802", None)
    hear(told(CallEvent.ANSWER, now, agent="802"), now=now)
    assert (logged().agent, logged().wait) == ("802", 20.0)


def test_who_hung_up_before_the_answer_leaves_the_desk_and_who_was_spoken_to_stays(
    session: None, actor: ActorOf, now: datetime
) -> None:
    agent = actor("agent")
    hear(told(CallEvent.RING, now - 9 * SECOND), told(CallEvent.HANG_UP, now), now=now)
    assert calls_at(agent, now) == []
    assert logged().outcome is CallOutcome.ABANDONED
    spoken = hear(told(CallEvent.RING, now + SECOND), told(CallEvent.ANSWER, now + 2 * SECOND), now=now)
    hear(told(CallEvent.HANG_UP, now + 60 * SECOND), now=now)
    assert calls_at(agent, now) == [spoken]
    assert calls_at(agent, now + SHOWN_FOR + 2 * SECOND) == []
    put_away(spoken.id, agent, now)
    assert calls_at(agent, now) == []


def test_a_call_whose_end_is_never_told_does_not_ring_for_ever(session: None, actor: ActorOf, now: datetime) -> None:
    call = hear(told(CallEvent.RING, now), now=now)
    assert calls_at(actor("agent"), now + RINGS_FOR - SECOND) == [call]
    assert calls_at(actor("agent"), now + RINGS_FOR) == []


def test_nobody_puts_away_anothers_call(session: None, other: User, actor: ActorOf, now: datetime) -> None:
    call = hear(told(CallEvent.RING, now, agent="802"), now=now)
    with pytest.raises(NotFound):
        put_away(call.id, actor("agent"), now)


@pytest.mark.parametrize("changes", [{"agent": "nobody"}, {"agent": "dispatcher"}, {"at": timedelta(hours=1)}])
def test_what_cannot_be_is_refused(session: None, now: datetime, changes: Mapping[str, Any]) -> None:
    late = changes.get("at", timedelta())
    with pytest.raises(Invalid):
        hear(told(CallEvent.RING, now + late, agent=changes.get("agent", "agent")), now=now)


@pytest.mark.parametrize("agent", ["nobody", "agent-2"])
def test_an_end_is_heard_whoever_it_was_at(
    session: None, other: User, actor: ActorOf, now: datetime, agent: str
) -> None:
    """Somebody unknown or deactivated meanwhile: the call ends where it is."""
    other.active = False
    hear(told(CallEvent.RING, now - 9 * SECOND), now=now)
    call = hear(told(CallEvent.ANSWER, now - 8 * SECOND, agent=agent), now=now)
    assert (call.answered_at, call.agent) == (now - 8 * SECOND, "agent")
    assert calls_at(actor("agent"), now) == [call]
    call = hear(told(CallEvent.HANG_UP, now, agent=agent), now=now)
    assert (call.ended_at, call.agent) == (now, "agent")
    assert logged().ended_at == now
    with pytest.raises(Invalid):
        hear(told(CallEvent.RING, now, agent=agent), now=now)


def test_the_import_of_the_log_meets_the_same_call_and_keeps_its_order(
    sign_in: SignIn, actor: ActorOf, now: datetime
) -> None:
    at = round(now.timestamp())
    rang = told(CallEvent.RING, now - 3 * SECOND)
    call = hear(rang, told(CallEvent.ANSWER, now), told(CallEvent.HANG_UP, now + 60 * SECOND), now=now)
    db.session.commit()
    form = {"key": "k1", "call": str(call.id), "phone": PHONE, "text": "楼道的灯坏了一个星期,请派人来修"}
    for _ in range(2):  # a retry ties nothing twice
        assert sign_in("agent").post("/desk", data=form).status_code == 303
    order = db.session.scalars(select(Order).filter_by(requester_phone=PHONE)).one()
    assert logged().order_id == order.id
    assert calls_at(actor("agent"), now) == []
    lines = [
        f"{at - 15}|c1|民生|NONE|ENTERQUEUE||{PHONE}|1",
        f"{at}|c1|民生|801|CONNECT|15|x|3",
        f"{at + 60}|c1|民生|801|COMPLETECALLER|15|60|1",
    ]
    done = record_calls(queue_log.parse(lines).records, "phone", now)
    assert (done.new, done.updated) == (0, 1)
    assert (logged().order_id, logged().wait, logged().agent) == (order.id, 15.0, "801")


def test_one_of_which_an_order_came_stays_for_another_matter_while_it_is_spoken(
    sign_in: SignIn, actor: ActorOf, now: datetime
) -> None:
    call = hear(told(CallEvent.RING, now), told(CallEvent.ANSWER, now), now=now)
    db.session.commit()
    desk = sign_in("agent")
    for key in ("k1", "k2"):
        desk.post("/desk", data={"key": key, "call": str(call.id), "phone": PHONE, "text": f"第{key}件事情要反映一下"})
        assert calls_at(actor("agent"), now) == [call]
    first, second = db.session.scalars(select(Order).filter_by(requester_phone=PHONE).order_by(Order.id))
    assert logged().order_id == first.id != second.id
    assert first.number in desk.get("/desk/calls").text
    hear(told(CallEvent.HANG_UP, now + SECOND), now=now)
    assert calls_at(actor("agent"), now) == []


def test_an_order_is_saved_whatever_its_call(sign_in: SignIn, other: User, now: datetime) -> None:
    call = hear(told(CallEvent.RING, now, agent="802"), now=now)
    db.session.commit()
    for given in (str(call.id), "999999", "x"):
        form = {"key": f"k{given}", "call": given, "phone": "13900000031", "text": "路灯不亮已经好几天了"}
        assert sign_in("agent").post("/desk", data=form).status_code == 303
    assert logged().order_id is None


def test_the_bar_tells_the_agent_alone_and_says_nothing_twice(sign_in: SignIn, other: User, now: datetime) -> None:
    factories.received(now)
    hear(told(CallEvent.RING, now), now=now)
    db.session.commit()
    desk = sign_in("agent")
    bar = desk.get("/desk/calls")
    assert "139********" in bar.text
    assert "1 earlier order" in bar.text
    assert bar.text.count(PHONE) == 1  # for the form, where it goes when the call is taken
    again = desk.get("/desk/calls", headers={"If-None-Match": bar.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    hear(told(CallEvent.ANSWER, now + SECOND), now=now)
    db.session.commit()
    assert desk.get("/desk/calls", headers={"If-None-Match": bar.headers["ETag"]}).status_code == 200
    assert PHONE not in sign_in("agent-2").get("/desk/calls").text
    assert sign_in("handler").get("/desk/calls").status_code == 403


def test_a_compressed_bar_is_known_again_and_nothing_is_read(sign_in: SignIn, now: datetime) -> None:
    hear(told(CallEvent.RING, now), now=now)
    db.session.commit()
    desk, zipped = sign_in("agent"), {"Accept-Encoding": "gzip"}
    bar = desk.get("/desk/calls", headers=zipped)
    assert bar.headers["Content-Encoding"] == "gzip"
    statements: list[str] = []
    told_of = ("before_cursor_execute", lambda *given: statements.append(given[2]))
    connection = db.session.connection()
    event.listen(connection, *told_of)
    try:
        again = desk.get("/desk/calls", headers={**zipped, "If-None-Match": bar.headers["ETag"]})
    finally:
        event.remove(connection, *told_of)
    assert (again.status_code, again.data) == (304, b"")
    assert any("live_call" in one for one in statements)
    assert not any("work_order.requester_phone =" in one for one in statements)  # who called before


def test_a_call_is_taken_and_put_away_without_script(sign_in: SignIn, actor: ActorOf, now: datetime) -> None:
    call = hear(told(CallEvent.RING, now), told(CallEvent.ANSWER, now), now=now)
    db.session.commit()
    desk = sign_in("agent")
    assert (
        f'name="phone" type="tel" inputmode="tel" maxlength="30" value="{PHONE}"'
        in desk.get(f"/desk?call={call.id}").text
    )
    assert desk.get("/desk?call=999").status_code == 200
    assert desk.post(f"/desk/calls/{call.id}/put-away").status_code == 303
    assert calls_at(actor("agent"), now) == []


def test_the_telephone_system_tells_by_the_api_and_reads_nothing(
    client: FlaskClient, key_of: Callable[[str], dict[str, str]], actor: ActorOf, now: datetime
) -> None:
    key = key_of("telephone")
    ring = {"call_id": "c1", "event": "ring", "agent": "agent", "phone": "139-1234 5678", "queue": "民生"}
    for _ in range(2):
        answer = client.post("/api/v1/calls/live", json=ring, headers=key)
        assert answer.status_code == 200
    assert PHONE not in answer.text
    (call,) = calls_at(actor("agent"), now)
    assert (call.phone, call.source) == (PHONE, "phone")
    hidden = {**ring, "call_id": "c2", "phone": "anonymous"}
    client.post("/api/v1/calls/live", json=hidden, headers=key)
    assert calls_at(actor("agent"), now)[1].phone == ""
    wrong = client.post("/api/v1/calls/live", json={**ring, "agent": "x"}, headers=key)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["agent"])  # type: ignore[index]  # JSON
    assert client.get("/api/v1/orders", headers=key).status_code == 403
    assert client.post("/api/v1/calls/live", json=ring, headers=key_of("agent")).status_code == 403


def test_live_calls_are_forgotten_and_the_log_stays(session: None, now: datetime) -> None:
    hear(told(CallEvent.RING, now), now=now)
    assert forget_calls(now + KEPT_FOR) == 0
    assert forget_calls(now + KEPT_FOR + SECOND) == 1
    assert logged().phone == PHONE


def run(app: Flask, *arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments], obj=lambda: app)


def test_the_simulator_rings_answers_and_hangs_up(app: Flask, session: None, now: datetime) -> None:
    said = run(app, "call", "simulate", "--phone", PHONE, "--ring", "0", "--talk", "0.01")
    assert said.exit_code == 0, said.output
    assert [line.split()[0] for line in said.output.splitlines()] == ["ring", "answer", "hang_up"]
    assert PHONE not in said.output
    call = db.session.scalars(select(LiveCall)).one()
    assert (call.source, call.agent, call.order_id) == ("simulator", "agent", None)
    assert call.answered_at is not None
    run(app, "call", "simulate", "--phone", PHONE, "--ring", "0", "--talk", "0")
    assert db.session.scalars(select(LiveCall).where(LiveCall.answered_at.is_(None))).one().ended_at is not None


def test_an_extension_is_one_agents_alone(app: Flask, session: None, other: User) -> None:
    db.session.commit()
    assert isinstance(run(app, "user", "extension", "agent", "802").exception, Invalid)
    assert isinstance(run(app, "user", "extension", "agent", "agent-2").exception, Invalid)
    assert isinstance(run(app, "user", "add", "802", "--name", "x", "--role", "agent").exception, Invalid)
    assert run(app, "user", "extension", "agent", "801").exit_code == 0
    assert db.session.scalar(select(User.extension).filter_by(login="agent")) == "801"
    assert run(app, "user", "extension", "agent").exit_code == 0
    assert db.session.scalar(select(User.extension).filter_by(login="agent")) is None
