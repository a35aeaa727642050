"""The API: one order through the whole cycle, and every refusal says why."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.orders.lifecycle import Action, State
from hotline.people.models import ReadRecord
from tests import factories

Keys = Callable[[str], dict[str, str]]


def test_the_whole_way_over_http(client: FlaskClient, key_of: Keys) -> None:
    placed = client.post(
        "/api/v1/orders",
        json={"title": "一件事", "text": "说不清的一件事", "phone": "139 0000 0002", "name": "李先生"},
        headers=key_of("agent"),
    )
    assert placed.status_code == 201
    assert placed.json
    number = placed.json["number"]
    assert placed.json["state"] == State.RECEIVED

    def step(path: str, login: str, status: int = 200, **body: object) -> dict[str, object]:
        answer = client.post(f"/api/v1/orders/{number}/{path}", json=body, headers=key_of(login))
        assert answer.status_code == status, answer.json
        return answer.json or {}

    assert (
        step("dispatch", "dispatcher", unit="housing", category="060101", district="d01")["state"] == State.DISPATCHED
    )
    assert step("sign", "handler")["state"] == State.HANDLING
    step("contact", "handler", note="已电话联系")
    step("note", "handler", note="已派人到现场")
    assert step("reply", "handler", result="solved", public_reply="已修好")["state"] == State.CALLBACK
    step("attempt", "callback", note="无人接听")
    assert step("evaluate", "callback", solved=True, satisfaction="satisfied")["state"] == State.CLOSED
    seen = client.get(f"/api/v1/orders/{number}", headers=key_of("manager")).json or {}
    assert [event["action"] for event in seen["events"]] == [
        Action.REGISTER,
        Action.DISPATCH,
        Action.SIGN,
        Action.CONTACT,
        Action.NOTE,
        Action.REPLY,
        Action.ATTEMPT,
        Action.EVALUATE,
        Action.CLOSE,
    ]
    assert seen["requester"] == {"name": "李**", "phone": "139********", "secret": False}
    assert all(deadline["explanation"] for deadline in seen["deadlines"])
    assert seen["actions"] == []


def test_a_callback_settles_the_order_as_on_the_page(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    again, unreached = factories.replied(now), factories.replied(now)
    db.session.commit()
    key = key_of("callback")

    def step(number: str, path: str, **body: object) -> object:
        return (client.post(f"/api/v1/orders/{number}/{path}", json=body, headers=key).json or {})["state"]

    said = {"solved": False, "satisfaction": "dissatisfied", "again": True, "reason": "没修好"}
    assert step(again.number, "evaluate", **said) == State.HANDLING
    states = []
    for turn in range(3):
        with time_machine.travel(now + timedelta(hours=4 * turn), tick=False):
            states.append(step(unreached.number, "attempt", note="无人接听"))
    assert states == [State.CALLBACK, State.CALLBACK, State.CLOSED]


def test_refusals_are_problem_documents(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = factories.dispatched(now)
    db.session.commit()
    url = f"/api/v1/orders/{order.number}"
    cases = [
        (client.get(url), 401),
        (client.get(url, headers={"Authorization": "Bearer wrong"}), 401),
        (client.get("/api/v1/orders/0", headers=key_of("agent")), 404),
        (client.get(url, headers=key_of("handler-d01")), 404),
        (client.post(f"{url}/sign", json={}, headers=key_of("agent")), 403),
        (client.post(f"{url}/reply", json={}, headers=key_of("handler")), 422),
        (client.post(f"{url}/close", json={}, headers=key_of("callback")), 409),
        (client.post(f"{url}/sign", data="{", headers={**key_of("handler"), "Content-Type": "application/json"}), 400),
        (client.get("/api/v1/nothing", headers=key_of("agent")), 404),
        (client.delete(url, headers=key_of("agent")), 405),
        (client.get("/api/v1/orders?state=flying", headers=key_of("agent")), 422),
        (client.post("/api/v1/orders", json={"text": " "}, headers=key_of("agent")), 422),
        (client.post("/api/v1/orders", json={"text": "x", "color": "red"}, headers=key_of("agent")), 422),
        (client.post("/api/v1/orders", json={"text": "x", "phone": "abc"}, headers=key_of("agent")), 422),
        (client.post("/api/v1/orders", json={"text": "x", "category": "zz"}, headers=key_of("agent")), 422),
        (client.post("/api/v1/orders", json={"text": "x", "district": "zz"}, headers=key_of("agent")), 422),
        (client.post("/api/v1/orders", json={"text": "x"}, headers=key_of("handler")), 403),
    ]
    for answer, status in cases:
        assert answer.status_code == status, (answer.request.path, answer.text)
        assert answer.content_type == "application/problem+json"
        assert (answer.json or {})["title"]
        if status == 422:
            assert (answer.json or {})["errors"]


def test_a_stale_version_is_a_conflict(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = factories.dispatched(now)
    db.session.commit()
    url = f"/api/v1/orders/{order.number}"
    tag = client.get(url, headers=key_of("handler")).headers["ETag"]
    headers = {**key_of("handler"), "If-Match": tag}
    assert client.post(f"{url}/sign", json={}, headers=headers).status_code == 200
    stale = client.post(f"{url}/note", json={"note": "x"}, headers=headers)
    assert stale.status_code == 409
    assert stale.json is not None
    assert stale.json["version"] == order.version
    wrong = client.post(f"{url}/note", json={"note": "x"}, headers={**key_of("handler"), "If-Match": '"abc"'})
    assert wrong.status_code == 422


def test_the_same_external_id_comes_in_once(client: FlaskClient, key_of: Keys) -> None:
    body = {"text": "外部平台转来的一件事", "source": "province", "external_id": "S-1"}
    assert client.post("/api/v1/orders", json=body, headers=key_of("agent")).status_code == 201
    again = client.post("/api/v1/orders", json=body, headers=key_of("agent"))
    assert again.status_code == 409


def test_lists_show_what_one_may_see(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    mine, other = factories.dispatched(now), factories.dispatched(now, unit="water")
    db.session.commit()

    def listed(login: str, **query: str) -> set[str]:
        answer = client.get("/api/v1/orders", query_string=query, headers=key_of(login)).json or {}
        return {row["number"] for row in answer["orders"]}

    assert {mine.number, other.number} <= listed("manager")
    assert mine.number in listed("handler")
    assert other.number not in listed("handler")
    assert listed("manager", unit="water") >= {other.number}
    assert mine.number not in listed("manager", unit="water")
    assert listed("manager", q=mine.number) == {mine.number}


def test_search_by_words_phone_tail_and_number(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = factories.received(
        now, title="广场舞音响太吵", text="每晚七点广场舞音响开得很大", requester_phone="13800007788"
    )
    db.session.commit()
    for words in ("广场舞", "音响", "7788", "13800007788", order.number, "广场舞 音响"):
        answer = client.get("/api/v1/orders", query_string={"q": words}, headers=key_of("manager")).json or {}
        assert order.number in {row["number"] for row in answer["orders"]}, words
    for words in ("拖拉机", "9977", "'); --", "\\"):
        answer = client.get("/api/v1/orders", query_string={"q": words}, headers=key_of("manager"))
        assert answer.status_code == 200
        assert order.number not in {row["number"] for row in (answer.json or {})["orders"]}


@pytest.mark.parametrize(
    ("login", "secret", "status"),
    [
        ("handler", False, 200),
        ("handler", True, 403),
        ("callback", True, 200),
        ("manager", False, 403),
        ("admin", False, 403),
    ],
)
def test_reading_a_full_number_is_recorded(
    client: FlaskClient, key_of: Keys, now: datetime, login: str, status: int, *, secret: bool
) -> None:
    order = factories.dispatched(now, secret=secret)
    db.session.commit()
    url = f"/api/v1/orders/{order.number}/phone"
    answer = client.post(url, json={"purpose": "联系诉求人"}, headers=key_of(login))
    assert answer.status_code == status
    recorded = list(db.session.scalars(select(ReadRecord).filter_by(subject=order.number)))
    assert [row.purpose for row in recorded] == (["联系诉求人"] if status == 200 else [])
    assert client.post(url, json={}, headers=key_of("callback")).status_code == 422


def test_units_never_see_who_a_secret_order_is_from(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = factories.dispatched(now, secret=True)
    db.session.commit()
    seen = client.get(f"/api/v1/orders/{order.number}", headers=key_of("handler")).json or {}
    assert seen["requester"] == {"name": "", "phone": "", "secret": True}


def test_a_suggestion_says_why(client: FlaskClient, key_of: Keys) -> None:
    answer = (
        client.post(
            "/api/v1/suggestion",
            json={"text": "望江区锦绣花园停水三天了,家里没有水"},
            headers=key_of("agent"),
        ).json
        or {}
    )
    best = answer["categories"][0]
    assert best["category"] == "050101"
    assert best["hits"][0]["keyword"] == "停水"
    assert answer["place"]["district"] == "d01"
    assert answer["assignment"]["lead"] == "water-supply"
    assert answer["assignment"]["basis"]


def test_a_callers_earlier_orders(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = factories.received(now, requester_phone="19900007001")
    db.session.commit()
    found = client.post("/api/v1/callers", json={"phone": "199 0000 7001"}, headers=key_of("agent")).json or {}
    assert [row["number"] for row in found["orders"]] == [order.number]
    assert client.post("/api/v1/callers", json={}, headers=key_of("agent")).status_code == 422
    assert client.post("/api/v1/callers", json={"phone": "19900007001"}, headers=key_of("manager")).status_code == 403


def test_openapi_names_every_path(app: Flask, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json or {}
    served = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and "openapi" not in rule.rule
    }
    named = {path.replace("{", "<").replace("}", ">") for path in document["paths"]}
    assert {re.sub(r"<[^>]+:(\w+)>", r"<\1>", path) for path in served} == named


def test_a_session_needs_a_form_token_a_key_does_not(
    app: Flask, sign_in: Callable[[str], FlaskClient], key_of: Keys
) -> None:
    browser = sign_in("agent")
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert browser.post("/api/v1/orders", json={"text": "没有令牌"}).status_code == 400
        assert (
            app.test_client().post("/api/v1/orders", json={"text": "有密钥"}, headers=key_of("agent")).status_code
            == 201
        )
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_who_nobody_knows_is_told_so_first(app: Flask, client: FlaskClient, now: datetime) -> None:
    order = factories.replied(now)
    db.session.commit()
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for path in (
            "orders",
            f"orders/{order.number}/attempt",
            "suggestion",
            "callers",
            f"orders/{order.number}/phone",
        ):
            answer = client.post(f"/api/v1/{path}", json={})
            assert answer.status_code == 401
            assert answer.content_type == "application/problem+json"
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert client.get("/api/v1/orders?page=x").status_code == 401
    assert client.get("/api/v1/openapi.json").status_code == 200


def test_pages_far_away_are_empty_and_versions_are_numbers(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = factories.handling(now)
    db.session.commit()
    far = client.get("/api/v1/orders?page=99999999999999999999", headers=key_of("manager")).json or {}
    assert (far["orders"], far["page"]) == ([], 1_000_000)
    url = f"/api/v1/orders/{order.number}/note"
    for tag in ('"²"', f'"{"9" * 5000}"'):
        answer = client.post(url, json={"note": "x"}, headers={**key_of("handler"), "If-Match": tag})
        assert answer.status_code == 422


def test_a_unit_does_not_learn_when_and_by_whom_its_citizens_are_asked(
    client: FlaskClient, key_of: Keys, now: datetime
) -> None:
    order = factories.closed(now)
    db.session.commit()
    url = f"/api/v1/orders/{order.number}"
    seen = client.get(url, headers=key_of("handler")).json or {}
    asked = next(event for event in seen["events"] if event["action"] == Action.EVALUATE)
    assert (asked["at"], asked["by"]) == (None, "")
    assert "callback" not in {deadline["clock"] for deadline in seen["deadlines"]}
    closing = next(event for event in seen["events"] if event["action"] == Action.CLOSE)
    assert closing["at"] is None
    assert seen["closed_at"] == "2026-11-17"
    rows = (client.get("/api/v1/orders", headers=key_of("handler")).json or {})["orders"]
    assert {row["closed_at"] for row in rows if row["number"] == order.number} == {"2026-11-17"}
    whole = client.get(url, headers=key_of("manager")).json or {}
    assert all(event["at"] and event["by"] for event in whole["events"])
    assert order.closed_at
    assert whole["closed_at"] == order.closed_at.isoformat()
