"""Search over orders: by words of the text and of the answer, by number and telephone, narrowed, and helped along."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update

from hotline.base.db import db
from hotline.handle import operations as handle
from hotline.orders import finding
from hotline.orders.finding import Filter, Near, found_page, near
from hotline.orders.indexing import index_orders
from hotline.orders.marking import snippet
from hotline.orders.models import Order
from hotline.orders.vocabulary import Channel, Nature, Result, Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.transfer.operations import dispatch
from tests import factories
from tests.factories import saved

Signer = Callable[[str], FlaskClient]
MANAGER = Actor(Role.MANAGER, "经理")


@contextmanager
def asked() -> Iterator[list[str]]:
    """The statements that are sent to the database."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", note)


def numbers(page: str) -> list[str]:
    return re.findall(r'data-row="(\d+)"', page)


def found(words: str, now: datetime, actor: Actor = MANAGER, **narrow: Any) -> set[str]:
    return {order.number for order in found_page(actor, Filter(**narrow), words, now, 1).rows}


def test_the_words_of_the_answer_are_found_and_shown(sign_in: Signer, now: datetime) -> None:
    order = factories.handling(now)
    handle.reply(order, factories.HANDLER, now, result=Result.SOLVED, public_reply="已安排曲臂车更换水泵,今晚恢复。")
    saved(order)
    assert found("曲臂车 水泵", now) == {order.number}
    page = sign_in("manager").get("/orders?q=曲臂车").text
    assert "已安排<mark>曲臂车</mark>更换水泵" in page


def test_the_words_of_older_answers_are_indexed_afterwards(session: None, now: datetime) -> None:
    order = factories.handling(now)
    handle.reply(order, factories.HANDLER, now, result=Result.SOLVED, public_reply="已更换水泵。")
    before, after = (factories.received(now).id for _ in range(2))
    db.session.execute(update(Order).values(search=None))
    assert not found("水泵", now)
    assert index_orders(order.id - 1, 1) == order.id
    assert found("水泵 事情", now) == {order.number}
    assert index_orders(order.id, 2) == after > before
    assert index_orders(after, 2) is None
    assert len(found("事情", now)) == 3


def test_every_word_must_be_there_and_hits_are_marked(sign_in: Signer, now: datetime) -> None:
    both = factories.received(
        now, title="夜里<b>打桩", text="前面说了很多别的事情," * 9 + "河堤公园旁边打桩机彻夜不停。"
    )
    saved(factories.received(now, title="河堤公园", text="草坪枯了。"))
    page = sign_in("manager").get("/orders?q=河堤公园 打桩").text
    assert numbers(page) == [both.number]
    assert "夜里&lt;b&gt;<mark>打桩</mark>" in page
    assert "<mark>河堤公园</mark>旁边<mark>打桩" in page  # around the hit, not the beginning


def test_the_number_in_full_opens_the_order_and_its_beginning_lists(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now))
    client = sign_in("manager")
    assert client.post("/orders/find", data={"q": f" {order.number} "}).location == f"/orders/{order.number}"
    assert order.number in numbers(client.get(f"/orders?q={order.number[:12]}").text)
    assert f'value="{order.number[:12]}"' in client.get(f"/orders?q={order.number[:12]}").text  # kept in the box


def test_the_end_of_a_number_finds_it_for_some_weeks(session: None, now: datetime) -> None:
    order = factories.received(now)
    assert order.number in found(order.number[-6:], now)
    assert order.number not in found(order.number[-6:], now + timedelta(days=100))


def test_a_unit_opens_no_order_of_another(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now, title="别家的停水", text="别家的事"))
    client = sign_in("handler")
    assert client.post("/orders/find", data={"q": order.number}).location == f"/orders?q={order.number}"
    assert order.number not in numbers(client.get("/orders?q=别家").text)


def test_a_unit_finds_what_it_helps_with(session: None, now: datetime) -> None:
    order = factories.received(now, title="广场的灯", text="广场的灯")
    dispatch(order, "urban", factories.DISPATCHER, now, assist=["housing"])
    assert found("", now, factories.HANDLER) == {order.number}
    assert found("广场", now, factories.HANDLER) == {order.number}


def test_a_number_in_the_text_is_found_like_a_word(session: None, now: datetime) -> None:
    order = factories.received(now, text="3872路公交车不停站")
    assert order.number in found("3872", now)


@pytest.mark.parametrize(
    ("narrow", "given"),
    [
        ({"nature": Nature.PRAISE}, {"nature": Nature.PRAISE}),
        ({"channel": Channel.WEB}, {"channel": Channel.WEB}),
        ({"urgent": True}, {"urgency": Urgency.URGENT}),
        ({"district": "d02"}, {"district_code": "d02"}),
        ({"category": "06"}, {"category_code": "060101"}),
    ],
)
def test_every_filter_narrows(session: None, now: datetime, narrow: dict[str, Any], given: dict[str, Any]) -> None:
    plain = {"nature": Nature.HELP, "channel": Channel.PHONE, "district_code": "d01", "category_code": "010101"}
    factories.received(now, **plain)
    order = factories.received(now, **{**plain, **given})
    assert found("", now, **narrow) == {order.number}
    assert found("事情", now, **narrow) == {order.number}


def test_overdue_is_what_runs_past_its_due_time(session: None, now: datetime) -> None:
    order = factories.dispatched(now - timedelta(days=30))
    assert order.number not in found("", now - timedelta(days=30), late=True)
    assert order.number in found("", now, late=True)
    waiting = factories.replied(now - timedelta(days=30))  # only its callback is late, which no unit is to know
    assert waiting.number in found("", now, late=True)
    assert found("", now, factories.HANDLER, late=True) == {order.number}


def test_the_days_are_of_the_city_and_inclusive(sign_in: Signer, now: datetime) -> None:
    early = factories.received(datetime.fromisoformat("2026-11-16T15:59:59+00:00"))  # 23:59:59 on the 16th there
    late = saved(factories.received(datetime.fromisoformat("2026-11-16T16:00:00+00:00")))
    client = sign_in("manager")

    def listed(query: str) -> set[str]:
        return set(numbers(client.get(f"/orders?{query}").text)) & {early.number, late.number}

    assert listed("until=2026-11-16") == {early.number}
    assert listed("since=2026-11-17&until=2026-11-17") == {late.number}


def test_a_filter_that_cannot_be_read_is_told_beside_its_field(sign_in: Signer) -> None:
    answer = sign_in("manager").get("/orders?since=tomorrow&q=停水&district=d01")
    assert answer.status_code == 422
    assert 'id="since-error"' in answer.text
    assert 'value="tomorrow"' in answer.text
    assert '<option value="d01" selected>' in answer.text


def test_what_is_in_no_order_is_named_and_the_others_are_offered(session: None, now: datetime) -> None:
    order = factories.received(now, title="热力管道", text="热力管道漏水")
    help_ = near(MANAGER, Filter(), "热力 长颈鹿")
    assert help_
    assert help_.missing == ("长颈鹿",)
    assert [hit.order.number for hit in help_.hits] == [order.number]
    assert near(MANAGER, Filter(district="d02"), "热力 管道") == Near((), "热力 管道", ())
    assert near(MANAGER, Filter(), "13900001234") is None


def test_a_long_list_ends_honestly_and_goes_on_behind_its_end(
    sign_in: Signer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST", 3)
    orders = [factories.received(now - timedelta(minutes=n), title="绵延不绝", text="一样") for n in range(5)]
    saved(orders[0])
    client = sign_in("manager")
    page = client.get("/orders?q=绵延不绝").text
    assert "<small>3+</small>" in page
    assert numbers(page) == [order.number for order in orders[:3]]
    onward = re.search(r'href="(/orders\?[^"]*upto=[^"]*)"', page)
    assert onward
    assert numbers(client.get(onward.group(1).replace("&amp;", "&")).text) == [order.number for order in orders[2:]]


@pytest.mark.parametrize("looked_at", [1, 10_000])
@pytest.mark.parametrize("many", [0.0, 1.0])
def test_however_it_is_looked_for_the_same_is_found(
    session: None, now: datetime, monkeypatch: pytest.MonkeyPatch, looked_at: int, many: float
) -> None:
    """The newest first, whether most orders fit, few, or all are looked at at once."""
    monkeypatch.setattr(finding, "LOOKED_AT", looked_at)
    monkeypatch.setattr(finding, "MANY", many)
    orders: list[Order] = []
    for n in range(6):
        orders.insert(
            0, factories.dispatched(now + timedelta(minutes=n), title="同一句话" if n % 2 else "别的", text="同上")
        )
    wanted = [order.number for order in orders if order.title == "同一句话"]
    for actor in (MANAGER, factories.HANDLER):
        page = found_page(actor, Filter(), "同一句话", now, 1)
        assert [order.number for order in page.rows] == wanted
        assert page.total == len(wanted)


@pytest.mark.parametrize("until", ["upto", "before"])
def test_the_newest_are_looked_at_of_the_time_that_is_asked_for(
    session: None, now: datetime, monkeypatch: pytest.MonkeyPatch, until: str
) -> None:
    """Where many fit in the past, they are not all gathered and sorted because none of today's fits."""
    monkeypatch.setattr(finding, "LOOKED_AT", 2)
    monkeypatch.setattr(finding, "MOST", 2)
    old = [factories.received(now - timedelta(days=9, minutes=n), title="同一句话") for n in range(5)]
    for n in range(4):
        factories.received(now - timedelta(minutes=n), title="别的")
    with asked() as statements:
        page = found_page(MANAGER, Filter(**{until: now - timedelta(days=8)}), "同一句话", now, 1)
    assert [order.number for order in page.rows] == [order.number for order in old[:2]]
    assert statements
    assert not [one for one in statements if "MATERIALIZED" in one]


def test_help_goes_by_the_longest_words_only(session: None, now: datetime) -> None:
    """A failed search for a long text costs no more than one for some words."""
    factories.received(now, title="热力管道", text="热力管道漏水")
    spent: list[int] = []
    for words in (finding.NEAR_WORDS, 40):
        with asked() as statements:
            help_ = near(MANAGER, Filter(), " ".join(["热力", *(f"nowhere{n:02}" for n in range(words))]))
        assert help_ is not None
        assert len(help_.missing) == finding.NEAR_WORDS
        spent.append(len(statements))
    assert spent[0] == spent[1]


def test_a_snippet_is_one_marked_line_around_the_hit() -> None:
    text = "甲" * 60 + "\n停水 & 停电" + "乙" * 200
    piece = snippet(text, ["停水", "停电"])
    assert piece
    assert piece.startswith("…甲")
    assert piece.endswith("乙…")
    assert "<mark>停水</mark> &amp; <mark>停电</mark>" in piece
    assert snippet(text, ["没有"]) is None
    assert snippet(text, []) is None
