"""Ledgers on their pages: the list, one ledger to its end, refusals, who sees what, an order's places."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from hotline.base.db import db
from hotline.ledgers import operations as keep
from hotline.ledgers.models import Ledger
from hotline.ledgers.queries import get_ledger
from hotline.ledgers.vocabulary import Kind
from tests import factories
from tests.ledgers.making import SUPERVISOR, ended, item, ledger, standings, struck

Signer = Callable[[str], FlaskClient]
HOURS = timedelta(hours=5)
KEEPERS = ("dispatcher", "supervisor", "manager")
READERS = ("agent", "callback", "admin")
UNITS = ("handler", "unit_head")


def kept(book: Ledger) -> str:
    db.session.commit()
    return f"/ledgers/{book.code}"


def test_a_session_with_twelve_orders_is_struck_off_to_the_end(sign_in: Signer, now: datetime) -> None:
    orders = [ended(now - HOURS) for _ in range(11)]
    last = factories.received(now - HOURS)
    db.session.commit()
    client = sign_in("supervisor")
    opened = client.post(
        "/ledgers/new",
        data={
            "kind": "leader_session",
            "title": "市长接听",
            "held_on": "2026-11-16",
            "host": "市长",
            "announced": "12",
        },
    )
    url = opened.headers["Location"]
    assert client.post(f"{url}/add", data={"order": orders[0].number}).status_code == 303
    numbers = "\r\n".join(order.number for order in [*orders[1:], last])
    assert client.post(f"{url}/orders", data={"numbers": numbers}).status_code == 303
    page = client.get(url).text
    assert re.sub(r"<[^>]+>", "", page.split('class="sum-of">')[1].split("</p>")[0]).split(" · ")[0] == (
        "12 = 0 Not yet an order + 1 In work + 11 To be struck off + 0 Struck off"
    )
    for position in range(1, 13):
        done = client.post(f"{url}/items/{position}/strike-off", data={"note": "已解决。"})
        assert done.status_code == (303 if position <= 11 else 409)
    assert f"Order {last.number} is" in done.text
    refused = client.post(f"{url}/end")
    assert (refused.status_code, "1 of 12 items are not struck off yet." in refused.text) == (409, True)
    client = sign_in("dispatcher")
    client.post(f"/orders/{last.number}/answer", data={"public_reply": "可在线办理。", "version": last.version})
    assert client.post(f"{url}/items/12/strike-off", data={"note": "已答复。"}).status_code == 303
    assert client.post(f"{url}/end").status_code == 303
    page = client.get(url).text
    assert "100.0 %" in page
    assert "12 / 12" in page
    assert "Add an item" not in page


def test_a_refused_form_keeps_what_was_typed(sign_in: Signer, now: datetime) -> None:
    book = ledger(now)
    item(book, now, ended(now - HOURS))
    url, client = kept(book), sign_in("manager")
    for path, data, shown in (
        ("add", {"promise": "三天内答复"}, ("say what it is about", "三天内答复")),
        ("add", {"order": "123", "matter": "路灯"}, ("is not the number of an order", "路灯")),
        ("add", {"matter": "路灯", "due_on": "明天"}, ("give a day", "明天")),
        ("orders", {"numbers": "123，456"}, ("123 is not the number of an order", "123，456")),
        ("cadence", {"cadence": "daily"}, ("choose one of",)),
        ("items/1/strike-off", {}, ("is required",)),
        ("items/1/order", {"order": "123", "reason": "录错"}, ("is not the number of an order", "录错")),
    ):
        answer = client.post(f"{url}/{path}", data=data)
        assert answer.status_code == 422, path
        for words in shown:
            assert words in answer.text
    refused = client.post(
        "/ledgers/new", data={"kind": "media", "title": "直通12345", "issue": "0", "announced": "1.5"}
    )
    assert refused.status_code == 422
    for words in ("give a number from 1", "give a whole number", "is required", "直通12345"):
        assert words in refused.text
    assert standings(book, now) == ["ended"]


def test_restoring_and_another_order(sign_in: Signer, now: datetime) -> None:
    book = ledger(now - HOURS)
    struck(book, now - HOURS)
    url, client = kept(book), sign_in("supervisor")
    assert "Undo the strike-off" in client.get(f"{url}?item=1").text
    assert client.post(f"{url}/items/1/restore", data={"reason": ""}).status_code == 422
    assert client.post(f"{url}/items/1/restore", data={"reason": "群众反映又坏了"}).status_code == 303
    other = ended(now - HOURS)
    db.session.commit()
    client.post(f"{url}/items/1/order", data={"order": other.number, "reason": "以新单为准"})
    page = client.get(f"{url}?item=1").text
    for words in (other.number, "群众反映又坏了", "以新单为准", "路灯已修复。", "Item restored"):
        assert words in page


def test_a_matter_is_made_an_order(sign_in: Signer, now: datetime) -> None:
    book = ledger(now, kind=Kind.UPSTREAM, host="省平台")
    item(book, now, matter="望江小区路灯不亮", external_id="SD-7")
    url = kept(book)
    assert "Make an order of it" not in sign_in("supervisor").get(f"{url}?item=1").text
    given = {"title": "路灯", "text": "望江小区路灯不亮", "source": "省平台", "upstream_due": "2026-11-20T17:00"}
    assert sign_in("supervisor").post(f"{url}/items/1/take-in", data=given).status_code == 403
    client = sign_in("dispatcher")
    assert "Make an order of it" in client.get(f"{url}?item=1").text
    assert client.post(f"{url}/items/1/take-in", data={**given, "text": ""}).status_code == 422
    assert client.post(f"{url}/items/1/take-in", data=given).status_code == 303
    order = get_ledger(book.code).items[0].order
    assert order is not None
    assert (order.source, order.external_id, order.title) == ("省平台", "SD-7", "路灯")
    assert order.upstream_due_at is not None
    assert client.post(f"{url}/items/1/take-in", data=given).status_code == 409


def test_every_number_leads_to_its_rows(sign_in: Signer, now: datetime) -> None:
    book = ledger(now - HOURS)
    struck(book, now - HOURS)
    item(book, now, factories.handling(now))
    item(book, now, due_on=now.date() - timedelta(days=1))
    url, client = kept(book), sign_in("agent")

    def rows(query: str) -> list[str]:
        return re.findall(r'data-row="([^"]+)"', client.get(url + query).text)

    assert rows("") == rows("?show=everything") == ["1", "2", "3"]
    asked = {"waiting": ["3"], "in_work": ["2"], "ended": [], "struck_off": ["1"], "overdue": ["3"]}
    assert {show: rows(f"?show={show}") for show in asked} == asked
    linked = re.findall(r'href="/ledgers/[^"]*show=(\w+)"', client.get(url).text)
    assert linked == ["waiting", "in_work", "struck_off", "overdue"]


def test_a_longer_ledger_takes_no_more_queries(sign_in: Signer, now: datetime) -> None:
    client, asked = sign_in("supervisor"), []
    event.listen(db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    book = ledger(now - HOURS)

    def queries(path: str) -> int:
        for _ in range(2):  # the first page of a test may have more to read
            db.session.expunge_all()
            asked.clear()
            client.get(path)
        return len(asked)

    counts = []
    for _ in range(2):
        for made in (factories.handling, factories.closed, factories.received):
            item(get_ledger(book.code), now, made(now - HOURS))
        struck(get_ledger(book.code), now - HOURS)
        item(get_ledger(book.code), now)
        counts.append((queries(kept(book)), queries("/ledgers")))
    assert len(get_ledger(book.code).items) == 10
    assert counts[0] == counts[1]


def test_too_few_matters_are_told(sign_in: Signer, now: datetime) -> None:
    book = ledger(now, announced=3)
    item(book, now)
    page = sign_in("manager").get(kept(book)).text
    assert "3 matters were made public, the ledger has 1: 2 missing." in page


def test_a_programme_sums_its_issues(sign_in: Signer, now: datetime) -> None:
    first, second = (ledger(now - HOURS, kind=Kind.MEDIA, series="直通12345", issue=n) for n in (54, 55))
    struck(first, now - HOURS)
    item(first, now)
    item(second, now)
    other = ledger(now)
    item(other, now)
    kept(other)
    page = sign_in("agent").get("/ledgers?series=直通12345").text
    assert re.findall(r'data-row="([^"]+)"', page) == [second.code, first.code]
    assert "1 / 3" in page
    assert re.findall(r'data-row="([^"]+)"', sign_in("agent").get("/ledgers?kind=leader_session").text) == [other.code]
    assert sign_in("agent").get("/ledgers?kind=party").status_code == 422


@pytest.mark.parametrize("login", KEEPERS)
def test_who_keeps_ledgers(sign_in: Signer, now: datetime, login: str) -> None:
    url, client = kept(ledger(now)), sign_in(login)
    assert "Open a ledger" in client.get("/ledgers").text
    assert client.get("/ledgers/new").status_code == 200
    assert "Add an item" in client.get(url).text
    assert client.post(f"{url}/add", data={"matter": "路灯"}).status_code == 303
    assert client.post(f"{url}/cadence", data={"cadence": "weekly"}).status_code == 303
    assert "Weekly" in client.get(url).text


@pytest.mark.parametrize("login", READERS)
def test_who_only_reads_them(sign_in: Signer, now: datetime, login: str) -> None:
    book = ledger(now)
    item(book, now)
    url, client = kept(book), sign_in(login)
    page = client.get(url)
    assert (page.status_code, "Add an item" in page.text) == (200, False)
    assert client.get("/ledgers/new").status_code == 403
    for path in (
        "add",
        "orders",
        "cadence",
        "end",
        "items/1/order",
        "items/1/take-in",
        "items/1/strike-off",
        "items/1/restore",
    ):
        assert client.post(f"{url}/{path}").status_code == 403, path
    assert client.post("/ledgers/new").status_code == 403


@pytest.mark.parametrize("login", UNITS)
def test_units_see_their_orders_and_nothing_of_ledgers(sign_in: Signer, now: datetime, login: str) -> None:
    book, order = ledger(now, title="百日攻坚行动"), factories.handling(now)
    item(book, now, order)
    url, client = kept(book), sign_in(login)
    for path in ("/ledgers", url, "/ledgers/new"):
        assert client.get(path).status_code == 403
    assert client.post(f"/orders/{order.number}/ledger", data={"ledger": book.code}).status_code == 403
    page = client.get(f"/orders/{order.number}").text
    assert order.title in page
    assert "百日攻坚行动" not in page
    assert "/ledgers" not in page


def test_an_order_says_which_ledgers_it_is_in_and_is_put_into_another(sign_in: Signer, now: datetime) -> None:
    book, other, order = ledger(now, title="市长接听"), ledger(now, title="百日攻坚行动"), factories.handling(now)
    item(book, now, order)
    kept(book)
    page = sign_in("agent").get(f"/orders/{order.number}").text
    assert "市长接听" in page
    assert "Put into a ledger" not in page
    client = sign_in("supervisor")
    assert f'<option value="{book.code}">' not in client.get(f"/orders/{order.number}").text
    for data in ({"ledger": other.code}, {"ledger": other.code}, {}):
        client.post(f"/orders/{order.number}/ledger", data=data)
    page = client.get(f"/orders/{order.number}").text
    assert [line for line in ("市长接听", "百日攻坚行动") if line in page] == ["市长接听", "百日攻坚行动"]
    assert len(get_ledger(other.code).items) == 1
    assert "Put into a ledger" not in page


def test_an_ended_ledger_takes_no_order(sign_in: Signer, now: datetime) -> None:
    book, order = ledger(now), factories.handling(now)
    keep.end_ledger(book, SUPERVISOR, now)
    url, client = kept(book), sign_in("supervisor")
    assert "Put into a ledger" not in client.get(f"/orders/{order.number}").text
    client.post(f"/orders/{order.number}/ledger", data={"ledger": book.code})
    assert "This ledger has ended." in client.get(f"/orders/{order.number}").text
    assert client.post(f"{url}/add", data={"matter": "路灯"}).status_code == 409


def test_what_people_write_is_shown_as_text(sign_in: Signer, now: datetime) -> None:
    book = ledger(now, title="<i>台账</i>", note="<i>说明</i>", host="<i>谁</i>")
    item(book, now, matter="<i>路灯</i>", promise="<i>修</i>")
    url = kept(book)
    client = sign_in("supervisor")
    for path in ("/ledgers", url, f"{url}?item=1"):
        page = client.get(path).text
        assert "<i>" not in page
        assert "&lt;i&gt;台账" in page
