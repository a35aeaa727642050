"""Who complains, and by when a platform wants it done: every door lets them in, and the limits go by them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from config.settings import HERE
from hotline.base.db import db
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Order
from hotline.orders.verify import chain_differences, clock_differences
from hotline.orders.vocabulary import Channel
from hotline.policy.limits import Clock, Requester
from hotline.policy.operations import adopt_policy
from hotline.policy.presets import read_policy_file
from tests import factories
from tests.factories import DISPATCHER, saved
from tests.receive.test_desk import drafted

Keys = Callable[[str], dict[str, str]]
SignIn = Callable[[str], FlaskClient]

CITY = ZoneInfo("Asia/Shanghai")
SURE = "望江区锦绣花园小区停水三天了，自来水公司不来"
UNSURE = "说不清的一件事"
WANTED = datetime(2026, 11, 20, 12, 0, tzinfo=CITY)
FROM_ABOVE = {"source": "province", "external_id": "S-1", "upstream_due": "2026-11-20T12:00"}


@pytest.fixture
def enterprise_limits(session: None, now: datetime) -> None:
    """A policy with limits of their own for enterprises: 15 working days instead of 5."""
    adopt_policy(read_policy_file(HERE / "policies" / "shandong-enterprise.toml"), now, now)


def newest() -> Order:
    db.session.expire_all()
    return db.session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()


def work(order: Order) -> Deadline:
    return next(row for row in order.deadlines if row.clock is Clock.HANDLE)


def differences(order: Order) -> list[Any]:
    return [*clock_differences(order), *chain_differences(order)]


# The API


@pytest.mark.parametrize(
    ("said", "kind", "row", "days"),
    [
        ({}, Requester.PERSON, "handle", 5),
        ({"requester": "person"}, Requester.PERSON, "handle", 5),
        ({"requester": "enterprise"}, Requester.ENTERPRISE, "handle[requester=enterprise]", 15),
    ],
)
def test_an_enterprise_gets_its_own_limit(
    client: FlaskClient,
    api_key: dict[str, str],
    enterprise_limits: None,
    said: dict[str, str],
    kind: Requester,
    row: str,
    days: int,
) -> None:
    placed = client.post("/api/v1/orders", json={"text": SURE, **said}, headers=api_key)
    assert placed.status_code == 201
    assert (placed.json or {})["requester_kind"] == kind
    order = newest()
    assert (order.requester_kind, work(order).row, work(order).amount) == (kind, row, days)
    assert differences(order) == []


@pytest.mark.parametrize("due", ["2026-11-20T12:00", "2026-11-20 12:00:00", "2026-11-20T04:00:00Z"])
def test_the_platforms_deadline_is_when_the_work_is_due(client: FlaskClient, key_of: Keys, due: str) -> None:
    body = {"text": SURE, **FROM_ABOVE, "upstream_due": due}
    placed = client.post("/api/v1/orders", json=body, headers=key_of("agent")).json or {}
    assert datetime.fromisoformat(placed["upstream_due_at"]) == WANTED
    order = newest()
    assert (order.channel, order.source, order.state) == (Channel.API, "province", State.DISPATCHED)
    assert work(order).due_at == work(order).original_due_at == WANTED
    shown = client.get(f"/api/v1/orders/{order.number}", headers=key_of("manager")).json or {}
    (told,) = [one for one in shown["deadlines"] if one["clock"] == "handle"]
    assert any("Who sent it has set the deadline" in said for said in told["explanation"]["en"])
    assert "Due 2026-11-20 12:00 (Fri)." in told["explanation"]["en"]
    assert differences(order) == []


def test_what_waits_for_a_dispatcher_keeps_the_platforms_deadline(
    client: FlaskClient, api_key: dict[str, str], now: datetime
) -> None:
    client.post("/api/v1/orders", json={"text": UNSURE, **FROM_ABOVE}, headers=api_key)
    order = newest()
    assert order.state is State.RECEIVED
    assert {row.upstream_at for row in order.deadlines} == {None}, "dispatching is the city's own time"
    factories.dispatch(order, "housing", DISPATCHER, now, category="060101")
    assert work(order).due_at == WANTED
    assert differences(order) == []


def test_a_retry_with_a_deadline_gets_the_first_answer_and_another_deadline_is_another_request(
    client: FlaskClient, api_key: dict[str, str]
) -> None:
    def place(due: str) -> tuple[int, Any]:
        body = {"text": UNSURE, "source": "province", "upstream_due": due}
        answer = client.post("/api/v1/orders", json=body, headers={**api_key, "Idempotency-Key": "k1"})
        return answer.status_code, answer.json

    first = place("2026-11-20T12:00")
    assert first[0] == 201
    assert place("2026-11-20T12:00") == place("2026-11-20T04:00Z") == first
    status, told = place("2026-11-21T12:00")
    assert (status, set(told["errors"])) == (422, {"Idempotency-Key"})


@pytest.mark.parametrize(
    "due", ["soon", "", 20261120, "2026-11-20", "2026-02-30T12:00", "0026-11-20T12:00", "9999-12-31T23:59:59-10:00"]
)
def test_what_is_no_instant_is_refused_by_name(client: FlaskClient, key_of: Keys, now: datetime, due: object) -> None:
    number = saved(factories.dispatched(now)).number
    placed = client.post(
        "/api/v1/orders", json={"text": SURE, **FROM_ABOVE, "upstream_due": due}, headers=key_of("agent")
    )
    changed = client.post(
        f"/api/v1/orders/{number}/upstream", json={"due": due, "reason": "上级改期"}, headers=key_of("dispatcher")
    )
    for answer, name in ((placed, "upstream_due"), (changed, "due")):
        assert answer.status_code == 422
        assert (answer.json or {})["errors"] == {name: ["give an instant, e.g. 2026-12-01T17:30"]}
    assert newest().number == number


def test_a_changed_deadline_is_read_as_city_time(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    body = {"due": "2026-11-20T12:00", "reason": "上级改期"}
    url = f"/api/v1/orders/{order.number}/upstream"
    assert client.post(url, json=body, headers=key_of("dispatcher")).status_code == 200
    assert work(newest()).due_at == WANTED.astimezone(UTC)


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({"upstream_due": "2026-11-20T12:00"}, {"source": ["name the platform that has set the upstream deadline"]}),
        ({"requester": "company"}, {"requester": ["choose one of: person, enterprise"]}),
    ],
)
def test_a_deadline_needs_its_platform_and_a_requester_is_one_of_two(
    client: FlaskClient, api_key: dict[str, str], said: dict[str, str], errors: dict[str, list[str]]
) -> None:
    answer = client.post("/api/v1/orders", json={"text": SURE, **said}, headers=api_key)
    assert answer.status_code == 422
    assert (answer.json or {})["errors"] == errors


def test_a_unit_sees_what_its_limit_goes_by_and_no_more(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = saved(
        factories.dispatched(
            now, requester_kind=Requester.ENTERPRISE, secret=True, source="province", upstream_due_at=WANTED
        )
    )
    for url in (f"/api/v1/orders/{order.number}", f"/api/v1/orders?q={order.number}"):
        seen = client.get(url, headers=key_of("handler")).json or {}
        shown = seen.get("orders", [seen])[0]
        assert shown["requester_kind"] == "enterprise"
        assert datetime.fromisoformat(shown["upstream_due_at"]) == WANTED
        assert "王女士" not in str(seen)
        assert "13912345678" not in str(seen)


# The desk and the citizen


def call(**changes: str) -> dict[str, str]:
    return {"key": "k1", "phone": "139 0000 1111", "name": "某某公司", "text": SURE, "do": "save", **changes}


def checked(page: str) -> list[str]:
    """The requesters a form has chosen."""
    radios = re.findall(r'<input type="radio"[^>]*name="requester"[^>]*>', page)
    assert len(radios) == 2
    return [re.findall(r'value="(\w+)"', one)[0] for one in radios if " checked" in one]


def test_the_agent_saves_a_call_of_an_enterprise(sign_in: SignIn, enterprise_limits: None) -> None:
    desk = sign_in("agent")
    assert checked(desk.get("/desk").text) == ["person"]
    again = desk.post("/desk", data=call(requester="enterprise", phone="abc"))
    assert again.status_code == 422
    assert checked(again.text) == ["enterprise"]
    assert desk.post("/desk", data=call(requester="enterprise")).status_code == 303
    order = newest()
    assert (order.requester_kind, work(order).amount) == (Requester.ENTERPRISE, 15)
    assert differences(order) == []
    desk.post("/desk", data=call(key="k2"))
    assert newest().requester_kind is Requester.PERSON


def test_the_phone_sets_no_upstream_deadline(sign_in: SignIn) -> None:
    said = {"source": "province", "upstream_due": "2026-11-20T12:00"}
    assert sign_in("agent").post("/desk", data=call(**said)).status_code == 303
    assert (newest().source, newest().upstream_due_at) == ("", None)


def test_a_draft_keeps_the_requester(sign_in: SignIn, now: datetime) -> None:
    desk, at = sign_in("agent"), str(int(now.timestamp() * 1000))
    draft = {"key": "k1", "at": at, "text": "说到一半", "requester": "enterprise"}
    assert desk.post("/desk/draft", data=draft).status_code == 204
    assert drafted(desk)["values"] == {"text": "说到一半", "requester": "enterprise"}
    assert desk.post("/desk/draft", data={**draft, "requester": "x" * 21}).status_code == 422


def test_a_citizen_asks_for_a_business(client: FlaskClient, enterprise_limits: None) -> None:
    said = {"key": "c1", "text": SURE, "phone": "139 1234 5678", "name": "某某公司"}
    assert checked(client.get("/citizen/new").text) == ["person"]
    again = client.post("/citizen/new", data={**said, "requester": "enterprise", "phone": ""})
    assert checked(again.text) == ["enterprise"]
    wrong = client.post("/citizen/new", data={**said, "requester": "nobody"})
    assert wrong.status_code == 422
    assert 'id="requester-error"' in wrong.text
    assert client.post("/citizen/new", data={**said, "requester": "enterprise"}).status_code == 303
    order = newest()
    assert (order.requester_kind, work(order).amount, order.channel) == (Requester.ENTERPRISE, 15, Channel.WEB)
    assert differences(order) == []
    client.post("/citizen/new", data={**said, "key": "c2"})
    assert newest().requester_kind is Requester.PERSON


# The order's page


@pytest.mark.parametrize("login", ["handler", "manager"])
def test_the_page_names_the_enterprise_and_the_platform_with_its_deadline(
    sign_in: SignIn, now: datetime, login: str
) -> None:
    plain = saved(factories.dispatched(now))
    order = saved(
        factories.dispatched(
            now, requester_kind=Requester.ENTERPRISE, secret=True, source="province", upstream_due_at=WANTED
        )
    )
    page = sign_in(login).get(f"/orders/{order.number}").text
    facts, person = (page.partition(f'class="{name}"')[2].partition("</div>")[0] for name in ("facts", "person"))
    assert "province · Upstream deadline Fri 20 Nov 12:00" in facts
    assert "Enterprise" in person
    page = sign_in(login).get(f"/orders/{plain.number}").text
    assert "Enterprise" not in page
    assert "Upstream deadline" not in page.partition('class="where"')[0]
