"""What citizens do with their order on their page: add, withdraw, ask again, rate; and what the center makes of it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed
from hotline.citizen.operations import add, answer_citizen, ask_center, give_up
from hotline.citizen.places import places_like
from hotline.handle import operations as handle
from hotline.handle.models import EvaluationAudit
from hotline.knowledge.operations import answer_directly
from hotline.notices.models import Notice
from hotline.notices.operations import tell
from hotline.orders.attachments import Upload
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Attachment, Event, Order
from hotline.orders.vocabulary import Ask, Result
from hotline.people.actors import CITIZEN
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.receive.joining import reactivate
from hotline.transfer.merging import merge
from tests import factories
from tests.factories import CALLBACK, DISPATCHER, HANDLER, fresh, saved
from tests.pictures import picture

PNG, OTHER = picture("PNG"), picture("PNG", color="blue")
NIL = "00000000-0000-0000-0000-00000000000"


def photo(name: str = "现场.png", content: bytes = PNG) -> tuple[BytesIO, str]:
    return BytesIO(content), name


def follow(client: FlaskClient, order: Order) -> FlaskClient:
    client.post("/citizen/follow", data={"number": order.number, "tail": order.requester_phone[-4:]})
    return client


def seen(client: FlaskClient, path: str = "/citizen/order", **data: object) -> str:
    """The page of the order, after something was sent where there is data; read anew, as by the next request."""
    if data:
        assert client.post(path, data=data).status_code == 303
    db.session.expire_all()
    return client.get("/citizen/order").text


def told(event: Event) -> set[tuple[str | None, Role | None]]:
    """The units and roles that get a notice of an event."""
    tell(event.id, UUID(NIL + "1"), event.at)
    notices = db.session.scalars(select(Notice).filter_by(event_id=event.id))
    return {(one.unit_code, one.role) for one in notices}


# Photos


def test_photos_come_with_a_complaint_and_are_the_citizens_and_the_units(client: FlaskClient, app: Flask) -> None:
    form = {"key": "p1", "text": "望江区锦绣花园小区停水三天了", "phone": "13912345678"}
    answer = client.post("/citizen/new", data={**form, "photos": [photo("一.png"), photo("二.png", OTHER)]})
    assert answer.status_code == 303
    order = db.session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()
    files = db.session.scalars(select(Attachment).filter_by(order_id=order.id).order_by(Attachment.id)).all()
    assert [(file.name, file.from_citizen, file.public) for file in files] == [
        ("photo-1.png", True, False),
        ("photo-2.png", True, False),
    ]
    db.session.expire_all()
    page = client.get("/citizen/order").text
    assert f"/citizen/file/{files[1].id}" in page
    shown = client.get(f"/citizen/file/{files[1].id}")
    assert shown.data.startswith(PNG[:8])
    assert b"Camera" not in shown.data
    assert "attachment" not in shown.headers["Content-Disposition"]
    shown.close()
    assert app.test_client().get(f"/citizen/file/{files[1].id}").status_code == 404
    again = client.post("/citizen/new", data={**form, "photos": [photo("一.png"), photo("二.png", OTHER)]})
    assert again.headers["Location"] == answer.headers["Location"]


@pytest.mark.parametrize(
    ("photos", "said"),
    [
        ([photo("病毒.png", b"MZ not a picture")], "is not a photo"),
        ([photo("文件.pdf", b"%PDF-1.7 x")], "is not a photo"),
        ([photo(f"{n}.png") for n in range(7)], "at most 6 photos"),
    ],
)
def test_what_is_no_photo_is_refused_and_the_text_kept(
    client: FlaskClient, photos: list[tuple[BytesIO, str]], said: str
) -> None:
    form = {"key": "p2", "text": "路灯不亮", "phone": "13912345678", "photos": photos}
    answer = client.post("/citizen/new", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert "路灯不亮" in answer.text
    assert 'id="photos-error"' in answer.text


def test_all_that_is_wrong_is_told_at_once(client: FlaskClient) -> None:
    photos = [photo("一.txt", b"x"), photo("二.txt", b"x")]
    answer = client.post("/citizen/new", data={"key": "p3", "text": "", "phone": "12345", "photos": photos})
    assert answer.status_code == 422
    assert "write what has happened" in answer.text
    assert all(f'id="{field}-error"' in answer.text for field in ("text", "phone", "photos"))
    assert answer.text.count("一.txt is not a photo") == answer.text.count("二.txt is not a photo") == 2


# The place


def test_where_the_citizen_stands_is_kept_whole_or_not_at_all(client: FlaskClient) -> None:
    form = {
        "key": "g1",
        "text": "这里有个坑",
        "phone": "13912345678",
        "latitude": "30.274085",
        "longitude": "120.15507",
    }
    for wrong in ({"longitude": ""}, {"latitude": "91"}, {"latitude": "nan"}):
        assert client.post("/citizen/new", data={**form, **wrong}).status_code == 422
    assert client.post("/citizen/new", data={**form, "district": "d03"}).status_code == 303
    order = db.session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()
    assert (order.latitude, order.longitude, order.district_code) == (30.274085, 120.15507, "d03")


def test_places_are_found_by_a_part_of_their_name(client: FlaskClient) -> None:
    found = client.post("/citizen/places", data={"q": " 锦绣 "}).json or []
    assert {"name": "锦绣花园", "district": "d01", "in": "Wangjiang"} in found
    assert places_like("锦") == places_like("%%") == places_like("没有这个地方") == []


# Adding


def test_what_a_citizen_adds_reaches_the_unit_and_stands_on_the_page(client: FlaskClient, now: datetime) -> None:
    order = saved(factories.handling(now))
    page = seen(follow(client, order), "/citizen/add", note="又漏到三楼了", photos=[photo()])
    assert "又漏到三楼了" in page
    assert re.search(r"photo-1.png</a> <small>\d+ B</small>", page)
    event = fresh(order).events[-1]
    assert (event.action, event.actor_role, event.payload["note"]) == (Action.NOTE, Role.CITIZEN, "又漏到三楼了")
    assert told(event) == {("housing", None)}
    handle.add_note(order, HANDLER, now, note="内部记事")
    db.session.commit()
    assert "内部记事" not in seen(client)


def test_nothing_is_not_added_and_not_more_often_than_the_policy_lets(session: None, now: datetime) -> None:
    order = factories.handling(now)
    with pytest.raises(Invalid):
        add(order, CITIZEN, now, note="  ")
    for n in range(policies.policy(order.policy_id).citizens.adds_a_day):
        add(order, CITIZEN, now, note=f"第{n}次")
        db.session.expire(order)
    with pytest.raises(Invalid):
        add(order, CITIZEN, now, note="还有")
    assert add(order, CITIZEN, now + timedelta(days=1), note="还有")


def test_what_is_added_to_a_merged_order_reaches_its_masters_unit_but_not_its_citizen(
    client: FlaskClient, now: datetime
) -> None:
    master = factories.handling(now, requester_phone="13700000000")
    child = factories.received(now)
    merge(child, DISPATCHER, now, master=master.number, reason="同一事项")
    saved(child)
    assert "我家在五楼" in seen(follow(client, child), "/citizen/add", note="我家在五楼", photos=[photo("我家.png")])
    note = fresh(master).events[-1]
    assert (note.payload["note"], note.payload["other"]) == ("我家在五楼", child.number)
    assert len(note.payload["attachments"]) == 1
    assert "我家" not in seen(follow(client, master))


def test_a_script_is_told_where_to_go_on_and_what_is_said_once_is_said_there(
    client: FlaskClient, now: datetime
) -> None:
    follow(client, saved(factories.handling(now)))
    answer = client.post("/citizen/urge", data={}, headers={"Accept": "application/json"})
    assert answer.json == {"to": "/citizen/order"}
    assert "We have told the office that you are waiting." in client.get("/citizen/order").text
    assert client.post("/citizen/again", data={}, headers={"Accept": "application/json"}).status_code == 422


# Withdrawing


def test_what_no_unit_has_yet_is_withdrawn_at_once(client: FlaskClient, now: datetime) -> None:
    order = saved(factories.received(now))
    asked = follow(client, order).get("/citizen/withdraw").text
    assert "Your complaint ends with this." in asked
    assert "write why you no longer need it" in client.post("/citizen/withdraw", data={"note": ""}).text
    assert fresh(order).state is State.RECEIVED
    page = seen(client, "/citizen/withdraw", note="已经好了")
    assert fresh(order).state is State.WITHDRAWN
    assert "It has been withdrawn." in page
    assert "/citizen/add" not in page


def test_what_a_unit_works_on_is_withdrawn_by_nobody_who_knows_its_number(client: FlaskClient, now: datetime) -> None:
    order = saved(factories.handling(now))
    asked = follow(client, order).get("/citizen/withdraw").text
    assert "it does not end with this" in asked
    assert "Yes, withdraw it" not in asked
    page = seen(client, "/citizen/withdraw", note="不用了")
    order = fresh(order)
    assert order.state is State.HANDLING
    assert order.asked_at == now
    assert "You asked us to withdraw it." in page
    assert "/citizen/withdraw" not in page
    assert told(order.events[-1]) == {(None, Role.DISPATCHER), (None, Role.CALLBACK)}
    with pytest.raises(Conflict):
        give_up(order, CITIZEN, now, note="再说一次")


# Asking again


def test_a_closed_order_is_looked_at_again_when_its_citizen_asks(
    client: FlaskClient, sign_in: Callable[[str], FlaskClient], now: datetime
) -> None:
    order = saved(factories.closed(now))
    assert "write what is still not right" in follow(client, order).post("/citizen/again", data={"note": " "}).text
    page = seen(client, "/citizen/again", note="还是停水")
    assert "The hotline is looking at what you asked" in page
    assert "还是停水" in page
    order = fresh(order)
    assert (order.state, order.events[-1].payload["ask"]) == (State.CLOSED, Ask.AGAIN)
    staff = sign_in("callback")
    listed = staff.get("/citizens-ask").text
    assert "还是停水" in listed
    assert "answer-citizen" in staff.get(f"/orders/{order.number}").text
    reply = {"version": order.version, "public_reply": "已核实,水压正常。"}
    assert staff.post(f"/orders/{order.number}/answer-citizen", data=reply).status_code == 302
    assert fresh(order).asked_at is None
    assert "还是停水" not in staff.get("/citizens-ask").text
    page = seen(client)
    assert "已核实,水压正常。" in page
    assert "/citizen/again" not in page  # once for each answer


def test_what_the_center_answers_is_checked_as_a_reply_is(session: None, now: datetime) -> None:
    order = factories.closed(now)
    ask_center(order, CITIZEN, now, note="还是停水")
    with pytest.raises(Invalid):
        answer_citizen(order, DISPATCHER, now, public_reply="请拨打 13812345678 找张三。")
    with pytest.raises(Invalid):
        answer_citizen(order, DISPATCHER, now, public_reply="X")
    event = answer_citizen(order, DISPATCHER, now, public_reply="X", anyway=True)
    assert event.payload["stood"]


def test_what_is_taken_up_again_waits_no_more(session: None, now: datetime) -> None:
    order = factories.closed(now)
    later = now + timedelta(days=1)
    ask_center(order, CITIZEN, later, note="还是停水")
    reactivate(order, DISPATCHER, later, reason="属实")
    assert (order.state, order.asked_at) == (State.HANDLING, None)
    with pytest.raises(Conflict):
        answer_citizen(order, DISPATCHER, later, public_reply="没有人问")


def test_what_was_asked_in_time_is_taken_up_although_the_center_was_slow(session: None, now: datetime) -> None:
    order = factories.closed(now)
    days = policies.policy(order.policy_id).reactivate_days
    ask_center(order, CITIZEN, now + timedelta(days=days), note="还是停水")
    reactivate(order, DISPATCHER, now + timedelta(days=days + 1), reason="属实")
    assert order.state is State.HANDLING


def test_what_the_center_has_no_step_for_is_not_asked_of_it(client: FlaskClient, now: datetime) -> None:
    order = factories.received(now)
    answer_directly(order, DISPATCHER, now, public_reply="当场答复。")
    page = follow(client, saved(order)).get("/citizen/order").text
    assert 'href="/citizen/again"' not in page
    with pytest.raises(Conflict):
        ask_center(order, CITIZEN, now, note="还是不清楚")


def test_asking_again_has_its_time_and_its_people(session: None, now: datetime) -> None:
    order = factories.closed(now)
    days = policies.policy(order.policy_id).reactivate_days
    with pytest.raises(Conflict):
        ask_center(order, CITIZEN, now + timedelta(days=days + 1), note="还是停水")
    with pytest.raises(NotAllowed):
        ask_center(order, HANDLER, now, note="我们替他问")


def test_who_may_do_what_of_an_order_is_offered_and_nothing_else(client: FlaskClient, now: datetime) -> None:
    offered = {
        State.RECEIVED: {"add", "withdraw"},
        State.HANDLING: {"add", "urge", "withdraw"},
        State.CALLBACK: {"add"},
        State.CLOSED: {"again"},
    }
    for make, state in (
        (factories.received, State.RECEIVED),
        (factories.handling, State.HANDLING),
        (factories.replied, State.CALLBACK),
        (factories.closed, State.CLOSED),
    ):
        page = follow(client, saved(make(now))).get("/citizen/order").text
        shown = {name for name in ("add", "urge", "withdraw", "again") if f'href="/citizen/{name}"' in page}
        assert shown == offered[state]
        for name in {"add", "urge", "withdraw", "again"} - shown:
            assert client.get(f"/citizen/{name}").status_code == 302
    assert client.get("/citizen/delete").status_code == 404


# Rating


def test_rating_is_one_touch_on_the_page_of_the_order(client: FlaskClient, now: datetime) -> None:
    order = saved(factories.replied(now))
    wrong = follow(client, order).post("/citizen/rate", data={"satisfaction": "satisfied", "note": "谢谢"})
    assert wrong.status_code == 422
    assert "谢谢" in wrong.text
    rating = {"solved": "false", "satisfaction": "dissatisfied", "note": "没有人来"}
    page = seen(client, "/citizen/rate", **rating)
    assert "You told us what you think of the answer." in page
    assert "没有人来" in page
    assert "/citizen/rate" not in page
    assert "No, not solved · Dissatisfied" in page
    event = fresh(order).events[-1]
    assert (event.action, event.payload["note"], event.payload["known_by"]) == (Action.EVALUATE, "没有人来", "number")
    assert client.post("/citizen/rate", data=rating).status_code == 409


def test_what_number_and_phone_say_is_audited_as_calls_are(
    client: FlaskClient, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hotline.handle.audits.lot", lambda token, turn: 0.0)
    by_number, by_link = factories.replied(now), saved(factories.replied(now))
    rating = {"solved": "true", "satisfaction": "satisfied"}
    follow(client, by_number).post("/citizen/rate", data=rating)
    client.post(f"/rate/{by_link.rating_token}", data=rating)
    assert (fresh(by_number).state, fresh(by_link).state) == (State.CALLBACK, State.CLOSED)
    assert len(db.session.scalars(select(EvaluationAudit)).all()) == 1


def test_nobody_closes_an_order_who_only_knows_number_and_phone(
    client: FlaskClient, sign_in: Callable[[str], FlaskClient], now: datetime
) -> None:
    order = saved(factories.replied(now))
    rating = {"solved": "true", "satisfaction": "satisfied"}
    page = seen(follow(client, order), "/citizen/rate", **rating)
    assert "Thank you. Your answer is recorded." in page
    assert "Yes, solved · Satisfied" in page
    assert "The hotline is looking at what you said about the answer." in page
    again = client.post("/citizen/rate", data=rating).text
    assert "Thank you. Your answer is recorded." in again
    assert "You are not content" not in again
    order = fresh(order)
    assert order.state is State.CALLBACK
    staff = sign_in("callback")
    desk = staff.get(f"/callbacks?order={order.number}").text
    assert "Rated by number and phone: solved" in desk
    assert "by their own link:" not in desk
    asked_the_citizen = {"version": order.version, "reason": "本人说没有评价过,也没修好"}
    assert staff.post(f"/orders/{order.number}/redo", data=asked_the_citizen).status_code == 302
    assert fresh(order).state is State.HANDLING


def test_the_center_closes_what_was_rated_by_number(session: None, now: datetime) -> None:
    order = factories.replied(now)
    handle.rate_by_link(order, CITIZEN, now, solved=True, satisfaction="satisfied", known_by="number")
    assert order.state is State.CALLBACK
    handle.close(order, CALLBACK, now, note="电话核实")
    assert order.state is State.CLOSED


def test_a_citizen_who_is_asked_again_rates_again(session: None, now: datetime) -> None:
    order = factories.replied(now)
    handle.rate_by_link(order, CITIZEN, now, solved=False, satisfaction="dissatisfied", note="没修好")
    handle.redo(order, CALLBACK, now, reason="没修好")
    handle.reply(
        order, HANDLER, now, result=Result.SOLVED, public_reply="又修了一遍。", uploads=(Upload("二.png", PNG),)
    )
    handle.rate_by_link(order, CITIZEN, now, solved=True, satisfaction="satisfied", note="好了")
    assert order.state is State.CLOSED


# Limits, and no order at all


def test_too_much_from_one_place_is_told_politely_and_keeps_the_words(
    client: FlaskClient, limited: FlaskClient, session: None, now: datetime
) -> None:
    follow(client, saved(factories.handling(now)))
    # ``limited`` has the requests counted; what is saved here is rolled back with the test's own app
    answers = [client.post("/citizen/add?lang=en", data={"note": " "}) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {422}
    last = client.post("/citizen/add", data={"note": "第二十一句话"})
    assert last.status_code == 429
    assert "Please wait an hour, or call us; your words are still below." in last.text
    assert "第二十一句话</textarea>" in last.text


@pytest.mark.parametrize("path", ["add", "urge", "withdraw", "again", "rate"])
def test_without_an_order_nothing_is_done(client: FlaskClient, path: str) -> None:
    assert client.post(f"/citizen/{path}", data={"note": "x"}).status_code == 404
    if path != "rate":
        assert client.get(f"/citizen/{path}").headers["Location"] == "/citizen/follow"


# What a phone loads


def test_the_pages_are_light_and_need_no_library(client: FlaskClient, app: Flask) -> None:
    page = client.get("/citizen/new").text
    assert "bootstrap" not in page
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    loaded = [page.encode()]
    for file in files:
        with client.get(file) as answer:
            loaded.append(answer.data)
    assert sum(len(gzip.compress(one)) for one in loaded) < 30_000
