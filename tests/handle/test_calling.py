"""The callback desk: whose turn it is, two who do not call the same citizen, what is said on the phone, the next one at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask.testing import FlaskClient

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.handle import operations as handle
from hotline.handle.call_desk import address_of
from hotline.handle.calling import CLAIMED_FOR, callback_queue, callers_of, take, waiting_rows
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import Actor
from hotline.people.models import ReadRecord
from hotline.people.operations import create_user
from hotline.people.queries import actor_for
from hotline.people.roles import Role
from hotline.policy.document import BadPolicy
from hotline.policy.presets import read_policy_file
from hotline.policy.reading import read_policy
from hotline.policy.scripts import filled
from tests import factories
from tests.conftest import PASSWORD
from tests.factories import CALLBACK, fresh, saved

Signer = Callable[[str], FlaskClient]
LATER = timedelta(hours=2)
LONG = timedelta(hours=4)


@pytest.fixture
def caller(actor: Callable[[str], Actor]) -> Actor:
    return actor("callback")


@pytest.fixture
def other(session: None, now: datetime) -> Actor:
    return actor_for(create_user("callback-2", "另一回访员", Role.CALLBACK, PASSWORD, now))


def two(now: datetime) -> tuple[Order, Order]:
    return factories.replied(now, title="第一件"), factories.replied(now + timedelta(minutes=5), title="第二件")


def test_two_do_not_call_the_same_citizen(caller: Actor, other: Actor, now: datetime) -> None:
    first, second = two(now)
    at = now + LATER
    assert take("", caller, at) == first.number
    assert take("", caller, at) == first.number  # looking again changes nothing
    assert take("", other, at) == second.number
    with pytest.raises(Conflict, match="测试callback"):
        take(first.number, other, at)
    assert [row.by for row in waiting_rows([first, second], other, at)] == ["测试callback", ""]


def test_who_is_away_too_long_lets_others_call(caller: Actor, other: Actor, now: datetime) -> None:
    first, _ = two(now)
    take("", caller, now + LATER)
    assert take(first.number, other, now + LATER + CLAIMED_FOR) == first.number
    with pytest.raises(Conflict):
        take(first.number, caller, now + LATER + CLAIMED_FOR)


def test_who_takes_another_lets_the_first_go(caller: Actor, other: Actor, now: datetime) -> None:
    first, second = two(now)
    take("", caller, now + LATER)
    assert take("", caller, now + LATER, leave=first.number) == second.number
    assert take("", other, now + LATER) == first.number


def test_whose_callback_is_due_first_is_called_first_but_not_again_at_once(caller: Actor, now: datetime) -> None:
    late, soon = two(now)
    nobody = factories.replied(now - timedelta(days=1), title="没留电话", requester_phone="")
    clock = next(one for one in soon.deadlines if one.clock == "callback")
    clock.due_at -= timedelta(days=1)
    db.session.flush()
    at = now + LATER
    assert [one.id for one in page_of(callback_queue(at)).rows] == [soon.id, late.id, nobody.id]
    handle.not_reached(soon, CALLBACK, at, note="无人接听")
    assert [one.id for one in page_of(callback_queue(at)).rows] == [late.id, nobody.id, soon.id]
    assert [row.again_at for row in waiting_rows([soon], caller, at)] == [at + timedelta(hours=3)]
    assert take("", caller, at) == late.number
    assert [one.id for one in page_of(callback_queue(at + LONG)).rows] == [soon.id, late.id, nobody.id]
    assert [row.again_at for row in waiting_rows([soon], caller, at + LONG)] == [None]


def test_after_the_answer_the_next_citizen_is_there(sign_in: Signer, now: datetime) -> None:
    first, second = two(now)
    saved(first)
    client = sign_in("callback")
    with time_machine.travel(now + LATER, tick=False):
        page = client.get("/callbacks").text
        assert f"/callbacks/{first.number}/answer" in page
        data = {"version": first.version, "solved": "true", "satisfaction": "satisfied"}
        done = client.post(f"/callbacks/{first.number}/answer", data=data)
        assert done.location == "/callbacks"
        assert f"/callbacks/{second.number}/answer" in client.get("/callbacks").text
        done = client.post(f"/callbacks/{second.number}/missed", data={"version": second.version, "note": "占线"})
        page = client.get(done.location).text
        assert "Nobody can be called right now." in page
        assert "again from" in page
        page = client.get(f"/callbacks?order={second.number}").text
        assert "占线" in page
        assert "The next call is allowed from" in page
        assert "data-missed" not in page
    assert (fresh(first).state, fresh(second).attempts) == (State.CLOSED, 1)


def test_what_is_refused_stays_on_the_desk(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now))
    client = sign_in("callback")
    said = {"version": order.version, "solved": "false", "satisfaction": "dissatisfied", "again": "true"}
    refused = client.post(f"/callbacks/{order.number}/answer", data={**said, "note": "还在漏水"})
    assert refused.status_code == 422
    assert 'id="evaluate-reason-error"' in refused.text
    assert "还在漏水</textarea>" in refused.text
    handle.call_back(order, CALLBACK, now + LATER, solved=True, satisfaction="satisfied")
    saved(order)
    stale = client.post(f"/callbacks/{order.number}/answer", data={**said, "note": "还在漏水", "reason": "再修"})
    assert stale.status_code == 409
    assert "Nothing is left to ask." in stale.text
    assert "还在漏水</textarea>" in stale.text
    assert fresh(order).state is State.CLOSED


def test_a_citizen_somebody_calls_is_said_to_be_taken(sign_in: Signer, other: Actor, now: datetime) -> None:
    first, second = two(now)
    take(first.number, other, now + LATER)
    saved(first)
    client = sign_in("callback")
    with time_machine.travel(now + LATER, tick=False):
        taken = client.get(f"/callbacks?order={first.number}")
        assert taken.status_code == 409
        assert "另一回访员 is calling this citizen" in taken.text
        assert f"/callbacks/{second.number}/answer" in client.get("/callbacks").text


def test_a_link_lets_go_of_no_call_in_progress(sign_in: Signer, caller: Actor, other: Actor, now: datetime) -> None:
    first, second = two(now)
    saved(first)
    client = sign_in("callback")
    with time_machine.travel(now + LATER, tick=False) as clock:
        assert f"/callbacks/{first.number}/answer" in client.get("/callbacks").text
        looked = client.get(f"/callbacks?order={second.number}&leave={first.number}").text
        assert f"/callbacks/{second.number}/answer" in looked
        assert "You have another citizen before you." in looked
        assert callers_of([first, second], other, now + LATER) == {first.id: caller.name}
        page = client.get("/callbacks").text
        assert f"/callbacks/{first.number}/answer" in page
        assert "You have another citizen before you." not in page
        client.post(f"/callbacks/{second.number}/phone")
        assert callers_of([first, second], other, now + LATER) == {second.id: caller.name}
        clock.shift(CLAIMED_FOR - timedelta(minutes=1))
        client.post(f"/callbacks/{second.number}/phone")
        late = now + LATER + CLAIMED_FOR
        assert callers_of([first, second], other, late) == {second.id: caller.name}


def test_another_is_chosen_and_one_is_left_by_a_button(sign_in: Signer, now: datetime) -> None:
    first, second = two(now)
    saved(first)
    client = sign_in("callback")
    with time_machine.travel(now + LATER, tick=False):
        assert f"/callbacks/{first.number}/answer" in client.get("/callbacks").text
        chosen = client.post("/callbacks", data={"order": second.number})
        assert f"/callbacks/{second.number}/answer" in client.get(chosen.location).text
        left = client.post("/callbacks", data={"leave": second.number})
        assert f"/callbacks/{first.number}/answer" in client.get(left.location).text
        client.post(f"/callbacks/{second.number}/missed", data={"version": second.version, "note": "占线"})
        nobody = client.post("/callbacks", data={"leave": first.number})
        assert nobody.status_code == 200
        assert "Nobody can be called right now." in nobody.text


def test_the_number_of_a_citizen_somebody_calls_is_not_shown(sign_in: Signer, other: Actor, now: datetime) -> None:
    first, _ = two(now)
    take(first.number, other, now + LATER)
    saved(first)
    with time_machine.travel(now + LATER, tick=False):
        refused = sign_in("callback").post(f"/callbacks/{first.number}/phone")
    assert refused.status_code == 409
    assert "13912345678" not in refused.text
    assert db.session.query(ReadRecord).filter_by(subject=first.number).count() == 0


def test_the_script_speaks_of_the_order(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now, title="水管{unit}爆了", requester_name="欧阳建国", urgency=Urgency.URGENT))
    page = sign_in("callback").get(f"/callbacks?order={order.number}").text
    assert "am I speaking to Mr or Ms 欧阳?" in page
    assert "On 17 November you told us about “水管{unit}爆了”." in page
    assert "测试callback" in page


def test_how_a_citizen_is_addressed(session: None, now: datetime) -> None:
    surname = {"李建国": "李", "欧阳锋": "欧阳"}
    names = {name: gettext("Mr or Ms %(surname)s", surname=one) for name, one in surname.items()}
    as_given = {name: name for name in ("王女士", "云川市明达公司", "Smith")}
    for name, said in {**names, **as_given, "": gettext("sir or madam")}.items():
        assert address_of(factories.received(now, requester_name=name)) == said


def test_a_script_names_only_places_there_are() -> None:
    assert filled("您好，{citizen}。\n\n  {unknown}再见。 ", {"citizen": "{unit}"}) == ["您好，{unit}。", "再见。"]
    document = read_policy_file(Path("config/policies/default.toml"))
    assert "{levels}" in read_policy(document).script
    with pytest.raises(BadPolicy, match="phone: no such place"):
        read_policy({**document, "callback": {**document["callback"], "script": "您的号码是{phone}吗？"}})
