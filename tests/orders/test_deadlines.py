"""What a deadline says: on every page and door its explanation, and marks where it may move, is longer or stands still."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.i18n import speaking
from hotline.handle.narrowing import Due
from hotline.handle.queries import inbox_counts
from hotline.handle.supervision import supervise
from hotline.handle.time import grant_time, request_time
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.sheets import produce_sheets
from hotline.orders.deadlines import Light, countdown, plain_explanation, receipt
from hotline.orders.models import Deadline, Order
from hotline.orders.operations import open_order
from hotline.orders.recompute import follow_calendar
from hotline.orders.vocabulary import TimeKind, Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.policy.models import CalendarVersion
from hotline.policy.operations import adopt_calendar
from hotline.transfer.disputes import dispute
from hotline.transfer.operations import dispatch, request_return
from tests import factories
from tests.conftest import NOW
from tests.factories import DISPATCHER, HANDLER, saved
from tests.ledgers import making

Signer = Callable[[str], FlaskClient]
Keys = Callable[[str], dict[str, str]]
ActorOf = Callable[[str], Actor]

CITY = ZoneInfo("Asia/Shanghai")
ASKED = {"reason": "需要更多时间", "next_step": "周五现场核实"}


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=CITY).astimezone(UTC)


# On the last working day of the published year almost every limit ends in the next.
YEAR_END = at("2026-12-31 16:30")
A_TIME_NEXT_YEAR = re.compile(r"Jan 2027 \d\d:\d\d")
PIECE = re.compile(r"<(?=(?:tr|li|section|details|article)\b)")
# The contact's hours run straight through, what has ended moves no more, and what is asked for is a day the unit named.
FIXED = (">Contact the citizen</span>", "light-done", "Asked for: ", ">Ask for time<")
# Pages that show no due time of an order.
WITHOUT = {
    "admin.calendar.shown",
    "admin.calendar.upload",
    "admin.categories.listed",
    "admin.categories.new",
    "admin.categories.shown",
    "admin.changed",
    "admin.index",
    "admin.keywords.listed",
    "admin.keywords.new",
    "admin.keywords.shown",
    "admin.policies.listed",
    "admin.reads",
    "admin.roles",
    "admin.units.listed",
    "admin.units.new",
    "admin.units.shown",
    "admin.users.keys",
    "admin.users.listed",
    "admin.users.new",
    "admin.users.shown",
    "articles.due",
    "articles.edit",
    "articles.listed",
    "articles.misses",
    "articles.new",
    "articles.shown",
    "asked.listed",
    "audits.listed",
    "bootstrap.static",
    "catalogue.download",
    "catalogue.listed",
    "catalogue.new",
    "catalogue.one",
    "catalogue.shown",
    "catalogue.upload",
    "citizen.file",
    "citizen.follow",
    "citizen.home",
    "citizen.new",
    "citizen.rate",
    "citizen.step",
    "deliveries.listed",
    "handle.appeals",
    "home",
    "ledgers.listed",
    "ledgers.new",
    "notices.listed",
    "orders.attachment",
    "papers.file",
    "papers.listed",
    "papers.progress",
    "papers.shown",
    "people.own_password",
    "people.sign_in",
    "proposals.listed",
    "policy.shown",
    "receive.calls",
    "reply_templates.listed",
    "reply_templates.new",
    "reply_templates.shown",
    "report.measures",
    "report.ranked",
    "report.week",
    "static",
    "topics.by_field",
    "topics.listed",
    "topics.shown",
    "wall.shown",
    "watch.alarm",
    "watch.alarms",
    "watch.overdue_orders",
}


def clock(order: Order, wanted: Clock = Clock.HANDLE) -> Deadline:
    return next(row for row in order.deadlines if row.clock is wanted and row.ended_at is None)


def light(order: Order, now: datetime) -> Light:
    row = clock(order)
    return countdown(row, now, policies.calendar(row.calendar_id)).light


def paused(now: datetime, until: date) -> Order:
    """An order whose clock stands still from now on, because the citizen has to supplement."""
    order = factories.handling(NOW)
    request_time(order, HANDLER, now, kind=TimeKind.SUPPLEMENT, until=until, **ASKED)
    grant_time(order, DISPATCHER, now)
    return order


def extended(now: datetime) -> Order:
    """An order its unit has given two more days."""
    order = factories.handling(now)
    request_time(order, HANDLER, now, kind=TimeKind.EXTENSION, amount=2, **ASKED)
    return order


def test_what_ran_out_before_a_weekend_says_when(session: None) -> None:
    row = clock(factories.handling(NOW))
    row.due_at = at("2026-11-20 17:30")  # the close of a Friday

    def words(written: str) -> str:
        with speaking("en"):
            return countdown(row, at(written), policies.calendar(row.calendar_id)).words

    assert words("2026-11-20 18:00") == "just over"
    assert words("2026-11-22 10:00") == "over since 20 Nov 17:30"
    assert words("2026-11-23 10:00") == "1 h over"


# Provisional


@pytest.fixture
def year_end(client: FlaskClient) -> Iterator[None]:
    """The end of the year, and a browser that still reads English then."""
    with time_machine.travel(YEAR_END, tick=False):
        with client.session_transaction() as kept:
            kept["lang"] = "en"
        yield


# The mark beside a time; and in the explanation, the sentence that says the same.
MARKS = ("tag-provisional", "the date may still move")


def pieces(page: str) -> list[str]:
    """The pieces of a page that show a due time of the next year which may still move."""
    shown = (piece for piece in PIECE.split(page) if A_TIME_NEXT_YEAR.search(piece))
    return [piece for piece in shown if not any(sign in piece for sign in FIXED)]


def test_no_page_shows_a_provisional_due_time_without_its_mark(
    app: Flask, client: FlaskClient, sign_in: Signer, actor: ActorOf, year_end: None
) -> None:
    asks = factories.handling(at("2026-12-25 10:00"))
    request_time(asks, HANDLER, YEAR_END, kind=TimeKind.SUPPLEMENT, until=date(2027, 1, 6), **ASKED)
    fresh = factories.dispatched(YEAR_END)
    supervise(fresh, Actor(Role.SUPERVISOR, "督办"), YEAR_END, reason="督办")
    waits = factories.received(YEAR_END)
    request_return(factories.dispatched(YEAR_END), HANDLER, YEAR_END, reason="不属于我单位职责")
    factories.replied(at("2026-12-31 15:00"))
    taken = open_order(factories.intake(), actor("agent"), YEAR_END)
    dispatch(taken, "housing", DISPATCHER, YEAR_END, category="060101")
    dispute(asks, HANDLER, YEAR_END, reason="不归我们", basis="职责清单")
    supervise(asks, Actor(Role.SUPERVISOR, "督办"), YEAR_END, reason="逾期风险")
    book = making.ledger(at("2026-12-25 09:00"), cadence=Cadence.WEEKLY)
    making.item(book, at("2026-12-25 10:00"), asks)
    produce_sheets(YEAR_END)
    db.session.commit()

    given = {"key": "c1", "text": "说不清的一件事", "phone": "13912345678", "name": "王女士"}
    done = client.post("/citizen/new", data=given).headers["Location"]
    client.post("/citizen/follow", data={"number": asks.number, "tail": "5678"})
    addresses = {
        "citizen.done": (None, done),
        "citizen.order": (None, "/citizen/order"),
        "receive.desk": ("agent", f"/desk?saved={taken.number}"),
        "transfer.queue": ("dispatcher", "/dispatch"),
        "transfer.queue, returns": ("dispatcher", "/dispatch?tab=returns"),
        "transfer.case": ("dispatcher", f"/dispatch/{waits.number}"),
        "handle.inbox": ("handler", "/inbox"),
        "handle.time_requests": ("supervisor", "/time-requests"),
        "handle.time_request": ("supervisor", f"/time-requests/{asks.number}"),
        "handle.callbacks": ("callback", "/callbacks"),
        "transfer.disputed_orders": ("supervisor", "/disputes"),
        "watch.supervision": ("supervisor", "/supervision"),
        "watch.orders": ("supervisor", "/supervision/orders"),
        "ledgers.shown": ("manager", f"/ledgers/{book.code}"),
        "ledgers.sheet": ("manager", f"/ledgers/{book.code}/sheets/2026-12-27"),
        "orders.listed": ("manager", "/orders"),
        "orders.shown": ("handler", f"/orders/{fresh.number}"),
        "orders.shown, time asked": ("supervisor", f"/orders/{asks.number}"),
        "orders.printed": ("handler", f"/orders/{fresh.number}/print"),
        "report.rows": ("manager", "/week/rows?measure=on_time"),
    }
    pages = {
        name: (sign_in(login) if login else client).get(address).text for name, (login, address) in addresses.items()
    }
    pages["orders.find"] = client.post("/orders/find", data={"q": "13912345678"}).text
    for name, page in pages.items():
        found = pieces(page)
        assert found, f"{name} shows no due time"
        assert [piece for piece in found if not any(mark in piece for mark in MARKS)] == [], name
    seen = {name.partition(",")[0] for name in pages}
    known = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert {name for name in known if "api" not in name} - {"report.sheet", "ledgers.workbook"} == seen | WITHOUT


def test_the_mark_says_why_and_is_only_where_it_is_true(sign_in: Signer, year_end: None) -> None:
    order = saved(factories.dispatched(at("2026-12-24 10:00")))
    assert "tag-provisional" not in sign_in("handler").get(f"/orders/{order.number}").text
    order = saved(factories.replied(at("2026-12-31 15:00")))
    page = sign_in("manager").get(f"/orders/{order.number}").text
    assert page.count("tag-provisional") == 1  # the callback's: what has ended moves no more
    assert 'title="Holidays are not published that far: the date may still move."' in page


def test_hours_that_run_straight_through_are_never_provisional(session: None) -> None:
    assert not clock(factories.dispatched(at("2026-12-31 10:00"), urgency=Urgency.URGENT)).provisional


def test_the_report_tells_what_is_provisional(
    client: FlaskClient, sign_in: Signer, key_of: Keys, year_end: None
) -> None:
    moves, stays = factories.dispatched(at("2026-12-25 10:00")), factories.dispatched(at("2026-12-23 10:00"))
    db.session.commit()
    rows = client.get("/api/v1/reports/week/rows?measure=on_time", headers=key_of("manager")).json or {}
    told = {row["number"]: row["provisional"] for row in rows["rows"]}
    assert told == {moves.number: True, stays.number: False}
    book = load_workbook(BytesIO(sign_in("manager").get("/week.xlsx").data))
    sheet = next(one for one in book.worksheets if one["A1"].value == "Order")
    at_column = [cell.value for cell in sheet[1]].index("Provisional")
    shown = {row[0]: row[at_column] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert shown == {moves.number: "yes", stays.number: "no"}


# Paused and extended


def test_a_paused_clock_says_until_when_and_is_neither_due_soon_nor_overdue(
    sign_in: Signer, actor: ActorOf, now: datetime
) -> None:
    last_day = at("2026-11-24 15:00")
    order = paused(last_day, date(2026, 11, 25))
    db.session.commit()
    assert clock(order).due_at == at("2026-11-26 11:30")

    def due_soon(when: datetime) -> tuple[Light, int]:
        return light(order, when), inbox_counts(actor("handler"), when)[Due.SOON]

    assert due_soon(at("2026-11-25 17:00")) == (Light.PAUSED, 0)
    assert due_soon(at("2026-11-25 17:30")) == (Light.SOON, 1)
    with time_machine.travel(at("2026-11-25 17:00"), tick=False):
        for address in ("/inbox", f"/orders/{order.number}"):
            page = sign_in("handler").get(address).text
            assert "light-paused" in page
            assert "paused until 25 Nov" in page
            assert "light-soon" not in page


def test_an_extended_order_shows_its_first_due_time_struck(sign_in: Signer, now: datetime) -> None:
    order = saved(extended(now))
    page = sign_in("handler").get(f"/orders/{order.number}").text
    assert '<s title="First due">Tue 24 Nov 17:30</s>' in page
    assert "<strong>Due 2026-11-26 17:30 (Thu).</strong>" in page
    for address in (f"/orders/{order.number}", "/inbox"):
        assert "tag-extended" in sign_in("handler").get(address).text
    assert "tag-extended" not in sign_in("callback").get("/callbacks").text


# The explanation


def test_the_explanation_is_a_receipt_from_the_start_to_the_rule(session: None) -> None:
    start = at("2026-09-29 10:00")
    order = factories.handling(start)
    request_time(order, HANDLER, start, kind=TimeKind.EXTENSION, amount=2, **ASKED)
    request_time(order, HANDLER, at("2026-09-30 09:00"), kind=TimeKind.SUPPLEMENT, until=date(2026, 10, 8), **ASKED)
    grant_time(order, DISPATCHER, at("2026-09-30 15:00"))
    with speaking("en"):
        said = receipt(clock(order))
    assert said.counted == (
        "Starts 2026-09-29 10:00 (Tue); limit 5 working days.",
        "The first day does not count. The last working day ends when work closes.",
        "Days off, not counted: 10-01 to 10-07 National Day, 10-11 weekend.",
        "Make-up working days, counted: 10-10 National Day (make-up).",
        "By the limit alone it is due 2026-10-12 17:30 (Mon).",
        "Extended by 2 working days on 2026-09-29: from 2026-10-12 17:30 (Mon) to 2026-10-14 17:30 (Wed).",
        (
            "The citizen has to supplement: paused from 2026-09-30 09:00 (Wed) to 2026-10-08 17:30 (Thu); "
            "14 h of working time do not count."
        ),
    )
    assert said.due == "Due 2026-10-16 17:30 (Fri)."
    assert said.rule == (
        "Rule: Help, complaints, reports, suggestions: 5 working days (common practice) "
        "(Default policy, version 1, row handle; assumed: chosen)"
    )


def test_a_citizen_reads_plain_sentences(client: FlaskClient, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    client.post("/citizen/follow", data={"number": order.number, "tail": "5678"})
    page = client.get("/citizen/order").text
    with speaking("en"):
        said = plain_explanation(clock(order))
    assert said == [
        "Counted from Tue 17 Nov 10:00: 5 working days.",
        "That day itself does not count.",
        "These days do not count: Sat 21 Nov to Sun 22 Nov (weekend).",
        "So it is due by Tue 24 Nov 17:30.",
    ]
    assert all(f"<p>{sentence}</p>" in page for sentence in said)
    assert "Rule" not in page


def test_the_api_explains_in_both_languages(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    shown = client.get(f"/api/v1/orders/{order.number}", headers=key_of("handler")).json or {}
    (told,) = [row for row in shown["deadlines"] if row["clock"] == "handle"]
    assert told["explanation"]["en"][0] == "Starts 2026-11-17 10:00 (Tue); limit 5 working days."
    assert "5个工作日" in told["explanation"]["zh"][0]
    assert len(told["explanation"]["zh"]) == len(told["explanation"]["en"])
    assert (told["row"], told["provisional"], told["light"]) == ("handle", False, "open")


def test_a_move_of_the_calendar_stands_in_the_explanation(sign_in: Signer, now: datetime) -> None:
    order = factories.dispatched(now)
    newest = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())).first()
    assert newest is not None
    changed = {**newest.document, "city": [["2026-11-20", "holiday", "市庆"]]}
    adopt_calendar(changed, newest.zone, newest.published_until, "test", now)
    follow_calendar(now)
    saved(order)
    with speaking("en"):
        (moved,) = receipt(clock(order)).moved
    assert moved == (
        "Moved from 2026-11-24 17:30 (Tue) to 2026-11-25 17:30 (Wed) on 2026-11-17: 2026-11-20 is a day off now (市庆)."
    )
    assert moved in sign_in("handler").get(f"/orders/{order.number}").text
