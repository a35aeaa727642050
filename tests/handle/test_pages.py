"""A unit's inbox, the callback desk and the citizen's rating page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from flask.testing import FlaskClient

from hotline.base.db import db
from hotline.handle import operations as handle
from hotline.handle.narrowing import Asked, Due
from hotline.handle.operations import current_evaluation
from hotline.handle.queries import unit_inbox
from hotline.orders.deadlines import Light, countdown
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import CITIZEN, Actor
from hotline.people.models import ReadRecord
from hotline.policy import queries as policies
from tests import factories
from tests.factories import fresh, saved

Signer = Callable[[str], FlaskClient]


def numbers(page: str) -> list[str]:
    return re.findall(r'data-row="(\d+)"', page)


def test_the_inbox_is_sorted_by_what_is_due(sign_in: Signer, now: datetime) -> None:
    late = factories.handling(now - timedelta(days=20))
    new = factories.dispatched(now)
    urgent = saved(factories.dispatched(now, urgency=Urgency.URGENT))
    mine = {late.number, new.number, urgent.number}
    client = sign_in("handler")
    page = client.get("/inbox").text
    assert [number for number in numbers(page) if number in mine] == [late.number, urgent.number, new.number]
    assert "light-overdue" in page
    rows = client.get("/inbox?part=rows&state=handling").text
    assert "<html" not in rows
    assert new.number not in numbers(rows)
    assert late.number in numbers(client.get("/inbox?due=overdue").text)
    assert urgent.number in numbers(client.get("/inbox?due=soon").text)


def test_what_is_due_soon_in_the_list_is_what_has_an_amber_light(
    session: None, actor: Callable[[str], Actor], now: datetime
) -> None:
    for days in (0, 1, 3, 5, 6, 7, 8, 12):
        factories.handling(now - timedelta(days=days, hours=1))
    handler = actor("handler")
    lights = {
        order.id: {
            countdown(one, now, policies.calendar(one.calendar_id)).light
            for one in order.deadlines
            if one.ended_at is None and one.clock in {"sign", "contact", "handle", "redo"}
        }
        for order in db.session.scalars(unit_inbox(handler, Asked(), now)).unique()
    }
    for due, light in ((Due.SOON, Light.SOON), (Due.OVERDUE, Light.OVERDUE)):
        listed = {order.id for order in db.session.scalars(unit_inbox(handler, Asked(due=due), now)).unique()}
        assert listed == {order for order, shown in lights.items() if light in shown}


def test_many_are_signed_at_once_and_failures_are_told_row_by_row(sign_in: Signer, now: datetime) -> None:
    first, second, gone = (factories.dispatched(now) for _ in range(3))
    strange = factories.dispatched(now, unit="market")
    handle.sign(gone, factories.HANDLER, now)
    saved(gone)
    client = sign_in("handler")
    picked = [f"{order.number}:2" for order in (first, second, gone, strange)]
    answer = client.post("/inbox/sign", data={"order": picked})
    assert answer.status_code == 200
    assert "2 orders signed." in answer.text
    assert "2 orders were left as they are:" in answer.text
    assert re.search(rf"{gone.number}</a>: Somebody has changed", answer.text)
    assert re.search(rf"{strange.number}</a>: There is no order", answer.text)
    assert fresh(first).state is State.HANDLING
    assert fresh(strange).state is State.DISPATCHED


def test_what_was_signed_before_is_told_and_not_called_signed(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    client = sign_in("handler")
    box = re.search(rf'<input type="checkbox" name="(\w+)" value="({order.number}:\d+)"', client.get("/inbox").text)
    assert box
    answer = client.post("/inbox/sign", data={box[1]: box[2]}).text
    assert "note-done" not in answer
    assert "1 order was left as it is:" in answer
    assert f"{order.number}</a>: " in answer
    assert "note-done" not in client.post("/inbox/sign", follow_redirects=True).text


def test_all_signed_goes_back_to_where_it_was(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    done = sign_in("handler").post(
        "/inbox/sign", data={"order": f"{order.number}:2", "back": "/inbox?state=dispatched"}
    )
    assert done.location == "/inbox?state=dispatched"


def test_a_unit_works_from_sign_to_reply(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    client = sign_in("unit_head")
    at = f"/orders/{order.number}"
    assert client.post(f"{at}/sign", data={"version": 2, "stay": "1"}).status_code == 302
    assert client.post(f"{at}/contact", data={"version": 3, "note": "说好明天"}).status_code == 302
    assert client.post(f"{at}/note", data={"version": 4, "note": "派人去了"}).status_code == 302
    unsolved = {"version": 5, "result": "promised", "public_reply": "月底修好"}
    refused = client.post(f"{at}/reply", data=unsolved)
    assert refused.status_code == 422
    assert 'id="reply-unsolved_reason-error"' in refused.text
    assert "月底修好</textarea>" in refused.text
    assert 'value="promised" required checked' in refused.text
    assert client.post(f"{at}/reply", data={**unsolved, "unsolved_reason": "等材料"}).status_code == 302
    assert fresh(order).state is State.CALLBACK


def test_the_callback_desk_shows_whom_to_call(sign_in: Signer, now: datetime) -> None:
    client = sign_in("callback")
    assert "Nobody is to be called." in client.get("/callbacks").text
    order = saved(factories.replied(now))
    page = client.get("/callbacks").text
    assert order.number in page
    assert "已经处理完毕。" in page
    assert "Call 1 of 3" in page
    assert "139********" in page
    assert page.count('data-key="') == 2 + len(policies.policy(order.policy_id).levels)
    revealed = client.post(f"/callbacks/{order.number}/phone").text
    assert "13912345678" in revealed
    assert db.session.query(ReadRecord).filter_by(subject=order.number).count() == 1


def test_the_one_asked_for_is_called_before_the_queue(sign_in: Signer, now: datetime) -> None:
    factories.replied(now)
    second = saved(factories.replied(now + timedelta(minutes=5), title="第二件"))
    page = sign_in("callback").get(f"/callbacks?order={second.number}").text
    assert f"/callbacks/{second.number}/answer" in page


def test_content_closes(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now))
    data = {
        "version": order.version,
        "solved": "true",
        "satisfaction": "satisfied",
        "again": "true",
        "back": "/callbacks",
    }
    done = sign_in("callback").post(f"/orders/{order.number}/evaluate", data=data)
    assert done.location == "/callbacks"
    assert fresh(order).state is State.CLOSED


def test_not_content_is_sent_back_with_a_reason(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now))
    client = sign_in("callback")
    data = {
        "version": order.version,
        "solved": "false",
        "satisfaction": "dissatisfied",
        "again": "true",
        "note": "还在漏水",
    }
    refused = client.post(f"/orders/{order.number}/evaluate", data=data)
    assert refused.status_code == 422
    assert "还在漏水</textarea>" in refused.text
    assert fresh(order).version == data["version"]
    assert client.post(f"/orders/{order.number}/evaluate", data={**data, "reason": "再修一次"}).status_code == 302
    order = fresh(order)
    assert (order.state, order.round) == (State.HANDLING, 2)


def test_not_content_may_be_closed_as_it_is(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now))
    data = {"version": order.version, "solved": "false", "satisfaction": "dissatisfied", "again": "false"}
    sign_in("callback").post(f"/orders/{order.number}/evaluate", data=data)
    order = fresh(order)
    asked = current_evaluation(order)
    assert order.state is State.CLOSED
    assert asked
    assert (asked.reached, asked.solved) == (True, False)


def test_the_last_call_without_an_answer_closes_as_not_reached(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now))
    client = sign_in("callback")
    for made in range(3):
        assert fresh(order).state is State.CALLBACK
        with time_machine.travel(now + timedelta(hours=4 * made), tick=False):
            page = client.get("/callbacks").text
            assert ("closed as not reached" in page) == (made == 2)
            data = {"version": order.version, "note": "No answer", "back": "/callbacks"}
            assert client.post(f"/orders/{order.number}/attempt", data=data).status_code == 302
    order = fresh(order)
    asked = current_evaluation(order)
    assert order.state is State.CLOSED
    assert asked
    assert (asked.reached, asked.satisfaction) == (False, None)


def test_keys_stand_only_where_they_are_heard(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now))
    client = sign_in("callback")
    assert "<kbd>s</kbd>" in client.get(f"/callbacks?order={order.number}").text
    page = client.get(f"/orders/{order.number}").text
    assert "<kbd>s</kbd>" not in page
    assert "Save the evaluation" in page


def test_closing_before_anybody_was_asked_is_refused(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now))
    answer = sign_in("callback").post(f"/orders/{order.number}/close", data={"version": order.version, "note": "算了"})
    assert answer.status_code == 409
    assert "算了</textarea>" in answer.text


def test_a_bad_rating_by_link_waits_for_staff(sign_in: Signer, now: datetime) -> None:
    order = factories.replied(now)
    handle.rate_by_link(order, CITIZEN, now + timedelta(hours=2), solved=False, satisfaction="dissatisfied")
    saved(order)
    client = sign_in("callback")
    page = client.get("/callbacks").text
    assert "has rated by their own link" in page
    assert f"/orders/{order.number}/redo" in page
    again = {"version": order.version, "solved": "true", "satisfaction": "satisfied"}
    assert client.post(f"/orders/{order.number}/evaluate", data=again).status_code == 409
    done = client.post(f"/orders/{order.number}/redo", data={"version": order.version, "reason": "没修好"})
    assert done.status_code == 302
    assert fresh(order).state is State.HANDLING


def test_a_citizen_rates_without_signing_in(client: FlaskClient, now: datetime) -> None:
    order = saved(factories.replied(now))
    address = f"/rate/{order.rating_token}"
    page = client.get(address).text
    assert "已经处理完毕。" in page
    assert "13912345678" not in page
    half = client.post(address, data={"solved": "true"})
    assert half.status_code == 422
    assert "Please choose one." in half.text
    assert 'value="true" required checked' in half.text
    assert client.post(address, data={"solved": "true", "satisfaction": "delighted"}).status_code == 422
    done = client.post(address, data={"solved": "true", "satisfaction": "satisfied"})
    assert done.location == address
    assert fresh(order).state is State.CLOSED
    assert "Thank you." in client.get(address).text
    twice = client.post(address, data={"solved": "false", "satisfaction": "dissatisfied"})
    assert twice.status_code == 409
    assert "Thank you." in twice.text


def test_a_citizen_who_is_not_content_is_told_what_follows(client: FlaskClient, now: datetime) -> None:
    order = saved(factories.replied(now))
    address = f"/rate/{order.rating_token}"
    client.post(address, data={"solved": "false", "satisfaction": "dissatisfied"})
    assert fresh(order).state is State.CALLBACK
    assert "will look at it again" in client.get(address).text


@pytest.mark.parametrize(
    ("make", "words"), [(factories.handling, "no answer to rate yet"), (factories.received, "no answer to rate yet")]
)
def test_what_is_not_ready_says_so(
    make: Callable[[datetime], Order], words: str, client: FlaskClient, now: datetime
) -> None:
    order = saved(make(now))
    assert words in client.get(f"/rate/{order.rating_token}").text
    data = {"solved": "true", "satisfaction": "satisfied"}
    assert client.post(f"/rate/{order.rating_token}", data=data).status_code == 409


def test_what_was_closed_unreached_can_no_longer_be_rated(client: FlaskClient, now: datetime) -> None:
    order = factories.replied(now)
    for turn in range(3):
        handle.not_reached(order, factories.CALLBACK, now + timedelta(hours=4 * turn), note="无人接听")
    saved(order)
    assert "can no longer be rated" in client.get(f"/rate/{order.rating_token}").text


def test_a_wrong_link_leads_nowhere(client: FlaskClient) -> None:
    assert client.get(f"/rate/{uuid4()}").status_code == 404
    assert client.get("/rate/nonsense").status_code == 404


def test_staff_can_send_the_citizen_the_link_to_rate_by(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.replied(now))
    page = sign_in("callback").get(f"/callbacks?order={order.number}").text
    assert f"/rate/{order.rating_token}" in page
    assert f"/rate/{order.rating_token}" not in sign_in("handler").get(f"/orders/{order.number}").text
