"""The API of ledgers: a session to its end, refusals, who may, progress sheets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook

from hotline.base.db import db
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.sheets import produce_sheets
from tests import factories
from tests.ledgers.making import ended, item, ledger, struck

Keys = Callable[[str], dict[str, str]]
URL = "/api/v1/ledgers"
GIVEN = {"kind": "leader_session", "title": "市长接听12345热线", "held_on": "2026-11-16", "host": "市长"}
HOURS = timedelta(hours=5)


def test_a_session_from_its_opening_to_its_end(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    orders = [ended(now - HOURS) for _ in range(12)]
    db.session.commit()
    headers = key_of("supervisor")

    def post(path: str, body: dict[str, Any] | None = None) -> Any:
        return client.post(f"{URL}{path}", json=body or {}, headers=headers)

    opened = post("", {**GIVEN, "announced": 12, "cadence": "weekly"})
    assert opened.status_code == 201
    url = f"/{opened.json['code']}"
    for order in orders:
        assert post(f"{url}/items", {"order": order.number}).status_code == 200
    for position in range(1, 13):
        answer = post(f"{url}/items/{position}/strike-off", {"note": "已解决。"}).json
        assert answer["counts"] == {
            "total": 12,
            "waiting": 0,
            "in_work": 0,
            "ended": 12 - position,
            "struck_off": position,
            "overdue": 0,
        }
        assert post(f"{url}/end").status_code == (200 if position == 12 else 409)
    found = client.get(f"{URL}{url}", headers=headers).json or {}
    assert found["ended_at"]
    assert {line["standing"] for line in found["items"]} == {"struck_off"}
    assert found["log"][-1]["deed"] == "end"
    assert (found["log"][1]["item"], found["log"][2]["order"]) == (1, orders[0].number)
    assert post(f"{url}/items", {"matter": "路灯"}).status_code == 409
    assert post(f"{url}/items/3/restore", {"reason": "又坏了"}).json["ended_at"] is None


def test_a_matter_gets_its_order(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    book = ledger(now)
    for _ in range(2):
        item(book, now)
    order = factories.received(now)
    db.session.commit()
    url, headers = f"{URL}/{book.code}/items", key_of("dispatcher")
    given = client.post(f"{url}/1/order", json={"order": order.number}, headers=headers).json or {}
    assert given["items"][0]["number"] == order.number
    taken = client.post(f"{url}/2/take-in", json={"text": "望江小区路灯不亮"}, headers=headers).json or {}
    assert taken["items"][1]["number"]
    assert taken["counts"]["in_work"] == 2
    for path, body, status in (
        ("1/order", {"order": order.number}, 422),
        ("1/take-in", {"text": "望江小区路灯不亮"}, 409),
        ("1/strike-off", {"note": "好了"}, 409),
        ("1/strike-off", {}, 422),
        ("1/restore", {"reason": "又坏了"}, 409),
        ("3/strike-off", {"note": "好了"}, 404),
    ):
        answer = client.post(f"{url}/{path}", json=body, headers=headers)
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), path


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**GIVEN, "kind": "party"}, "kind"),
        ({**GIVEN, "held_on": "昨天"}, "held_on"),
        ({**GIVEN, "issue": 1.5, "series": "直通12345"}, "issue"),
        ({**GIVEN, "series": "直通12345"}, "issue"),
        ({**GIVEN, "announced": 0}, "announced"),
        ({**GIVEN, "colour": "red"}, "colour"),
        ({name: GIVEN[name] for name in ("kind", "held_on")}, "title"),
    ],
)
def test_what_cannot_be_opened(client: FlaskClient, key_of: Keys, body: dict[str, Any], field: str) -> None:
    refused = client.post(URL, json=body, headers=key_of("manager"))
    assert (refused.status_code, list((refused.json or {})["errors"])) == (422, [field])


def test_a_platform_finds_its_number_again(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    book = ledger(now, kind="upstream", host="互联网+督查")
    db.session.commit()
    headers = key_of("dispatcher")
    client.post(f"{URL}/{book.code}/items", json={"matter": "拖欠工资", "external_id": "GB-154"}, headers=headers)
    given = {"text": "望江小区路灯不亮", "source": "互联网+督查", "upstream_due": "2026-11-30T17:00:00+08:00"}
    taken = client.post(f"{URL}/{book.code}/items/1/take-in", json=given, headers=headers).json or {}
    line = taken["items"][0]
    assert (line["external_id"], line["standing"]) == ("GB-154", "in_work")
    order = client.get(f"/api/v1/orders/{line['number']}", headers=headers).json or {}
    assert order["upstream_due_at"].startswith("2026-11-30T09:00")


def test_the_api_describes_itself(client: FlaskClient) -> None:
    described = (client.get("/api/v1/openapi.json").json or {})["paths"]
    paths = {path for path in described if path.startswith(URL)}
    assert f"{URL}/{{code}}/items/{{position}}/strike-off" in paths
    assert f"{URL}/{{code}}/sheets/{{last}}.xlsx" in paths
    assert len(paths) == 11


def test_lists_are_narrowed(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    book = ledger(now, kind="media", series="行风在线", issue=7)
    item(book, now)
    other = ledger(now)
    db.session.commit()
    headers = key_of("agent")

    def listed(**query: str) -> list[str]:
        answer = client.get(URL, query_string=query, headers=headers).json or {}
        assert answer["total"] == len(answer["ledgers"])
        return [one["code"] for one in answer["ledgers"]]

    assert listed() == [other.code, book.code]
    assert listed(kind="media") == listed(series="行风在线") == [book.code]
    assert listed(open="false") == []
    assert client.get(URL, query_string={"kind": "party"}, headers=headers).status_code == 422
    assert client.get(f"{URL}/2000-001", headers=headers).status_code == 404


@pytest.mark.parametrize(("login", "reads", "keeps"), [("agent", 200, 403), ("admin", 200, 403), ("handler", 403, 403)])
def test_who_may(client: FlaskClient, key_of: Keys, now: datetime, login: str, reads: int, keeps: int) -> None:
    book = ledger(now - timedelta(days=30), cadence=Cadence.WEEKLY)
    struck(book, now - timedelta(days=30))
    produce_sheets(now)
    db.session.commit()
    url, headers = f"{URL}/{book.code}", key_of(login)
    for path in (URL, url, f"{url}/sheets/2026-10-25", f"{url}/sheets/2026-10-25.xlsx"):
        assert client.get(path, headers=headers).status_code == reads, path
    for path in (
        "items",
        "cadence",
        "end",
        "items/1/order",
        "items/1/take-in",
        "items/1/strike-off",
        "items/1/restore",
    ):
        assert client.post(f"{url}/{path}", json={}, headers=headers).status_code == keeps, path
    assert client.post(URL, json=GIVEN, headers=headers).status_code == keeps
    assert client.get(url).status_code == 401


def test_a_progress_sheet(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    start = now - timedelta(days=7)
    book = ledger(start, cadence=Cadence.WEEKLY)
    struck(book, start)
    item(book, start, due_on=start.date())
    produce_sheets(now)
    db.session.commit()
    url, headers = f"{URL}/{book.code}/sheets", key_of("callback")
    found = client.get(f"{url}/2026-11-15", headers=headers).json or {}
    assert (found["first_day"], found["last_day"]) == ("2026-11-09", "2026-11-15")
    assert found["counts"] == {"total": 2, "waiting": 1, "in_work": 0, "ended": 0, "struck_off": 1, "overdue": 1}
    assert (found["struck_off"], found["overdue"]) == ([1], [2])
    content = client.get(f"{url}/2026-11-15.xlsx", headers=headers)
    assert len(load_workbook(BytesIO(content.data)).worksheets) == 2
    assert client.get(f"{url}/2026-11-22", headers=headers).status_code == 404
