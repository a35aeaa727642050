"""Ledgers and what is done with them: items, orders, striking off, ending."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound
from hotline.base.i18n import speaking
from hotline.handle import operations as handle
from hotline.knowledge.operations import answer_directly
from hotline.ledgers import operations as keep
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.counting import Standing, tally
from hotline.ledgers.models import LedgerEvent, LedgerItem
from hotline.ledgers.queries import get_item, get_ledger, items_of_order, ledgers, line_now, lines_at, lines_now
from hotline.ledgers.vocabulary import Kind
from hotline.orders.models import Order
from hotline.orders.vocabulary import Channel, Ruling
from hotline.receive.exits import withdraw
from hotline.receive.joining import reactivate
from hotline.transfer.disputes import dispute, rule_moves
from hotline.transfer.merging import merge, unmerge
from tests import factories
from tests.conftest import NOW
from tests.ledgers.making import DISPATCHER, SUPERVISOR, ended, item, ledger, standings, struck

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = NOW + 5 * HOUR


@pytest.fixture(autouse=True)
def _english(session: None) -> Iterator[None]:
    with speaking("en"):
        yield


def test_a_leaders_session_to_its_last_item() -> None:
    book = ledger(announced=12)
    orders = [ended(NOW) for _ in range(10)]
    consulted = factories.received(NOW)
    answer_directly(consulted, DISPATCHER, NOW, public_reply="可以在线办理。")
    taken_back = factories.received(NOW)
    withdraw(taken_back, DISPATCHER, NOW, reason="已经解决")
    for order in (*orders, consulted, taken_back):
        item(book, order=order)
    assert standings(book, LATER) == ["ended"] * 12
    for position in range(1, 13):
        with pytest.raises(Conflict, match=f"{13 - position} of 12 items are not struck off yet"):
            keep.end_ledger(book, SUPERVISOR, LATER)
        keep.strike_off(get_item(book.code, position), SUPERVISOR, LATER, note="已解决。")
        counted = tally(lines_now(get_ledger(book.code), LATER))
        assert (counted.total, counted.struck_off, counted.left) == (12, position, 12 - position)
    keep.end_ledger(book, SUPERVISOR, LATER)
    assert get_ledger(book.code).ended_at == LATER
    deeds = [event.deed.value for event in get_ledger(book.code).events]
    assert deeds == ["open", *["add", "give_order"] * 12, *["strike_off"] * 12, "end"]


def test_where_an_item_stands_follows_from_its_order_and_from_being_struck_off() -> None:
    book = ledger()
    promised = item(book, promise="一周内修好", due_on=NOW.date())
    handled = factories.handling(NOW)
    item(book, order=handled)
    item(book, order=ended(NOW))
    struck(book)
    assert standings(book, LATER) == ["waiting", "in_work", "ended", "struck_off"]
    keep.give_order(promised, SUPERVISOR, LATER, order=factories.received(LATER).number)
    handle.reply(handled, factories.HANDLER, LATER, result=handle.Result.SOLVED, public_reply="已修好。")
    assert standings(book, LATER) == ["in_work", "in_work", "ended", "struck_off"]  # the citizen is yet to be asked


def test_an_item_is_overdue_by_its_clock_or_by_its_day_until_it_is_struck_off() -> None:
    book = ledger(due_on=NOW.date() + 30 * DAY)
    by_clock = item(book, order=factories.handling(NOW))
    by_day = item(book, due_on=NOW.date())
    whole = item(book)
    done = item(book, order=ended(NOW), due_on=NOW.date())
    keep.strike_off(done, SUPERVISOR, LATER, note="已解决。")

    def late(days: int) -> list[int]:
        found = lines_now(get_ledger(book.code), NOW + days * DAY)
        return [line.position for line in found if line.overdue]

    assert late(0) == []
    assert late(1) == [by_day.position]
    assert late(12) == [by_clock.position, by_day.position]
    assert late(31) == [by_clock.position, by_day.position, whole.position]
    assert line_now(done, NOW + 31 * DAY).standing is Standing.STRUCK_OFF


def test_a_merged_order_goes_by_its_masters_clock() -> None:
    book = ledger()
    master = factories.handling(NOW)
    child = factories.received(NOW)
    kept = item(book, order=child)
    merge(child, DISPATCHER, NOW + HOUR, master=master.number, reason="同一件事")
    line = line_now(get_item(book.code, kept.position), NOW + 20 * DAY)
    assert (line.standing, line.unit, line.overdue) == (Standing.IN_WORK, "housing", True)
    assert lines_at(get_ledger(book.code), NOW + 20 * DAY) == [line]
    unmerge(child, DISPATCHER, NOW + 2 * HOUR, reason="不是同一件事")
    assert lines_at(get_ledger(book.code), NOW + HOUR)[0].due_at == line.due_at
    assert lines_at(get_ledger(book.code), NOW + 2 * HOUR)[0].due_at is None


def test_what_the_logs_say_of_now_is_what_is_stored() -> None:
    book = ledger()
    for made in (factories.received, factories.dispatched, factories.handling, factories.replied, factories.closed):
        item(book, order=made(NOW))
    item(book)
    struck(book)
    found = get_ledger(book.code)
    assert lines_at(found, LATER) == lines_now(found, LATER)


def test_an_item_as_it_stood_before() -> None:
    book = ledger()
    made = struck(book)
    item(book, NOW + 6 * HOUR)
    keep.restore(made, SUPERVISOR, NOW + 4 * HOUR, reason="又坏了")
    at = {
        hours: [line.standing.value for line in lines_at(get_ledger(book.code), NOW + hours * HOUR)]
        for hours in range(8)
    }
    assert at == {
        0: ["in_work"],
        1: ["in_work"],
        2: ["ended"],
        3: ["struck_off"],
        4: ["ended"],
        5: ["ended"],
        6: ["ended", "waiting"],
        7: ["ended", "waiting"],
    }


def test_striking_off_is_refused_before_the_order_has_ended_and_twice() -> None:
    book = ledger()
    waiting, open_one = item(book), item(book, order=factories.handling(NOW))
    with pytest.raises(Conflict, match="not yet an order"):
        keep.strike_off(waiting, SUPERVISOR, NOW, note="好了")
    with pytest.raises(Conflict, match="Being handled"):
        keep.strike_off(open_one, SUPERVISOR, NOW, note="好了")
    done = struck(book)
    with pytest.raises(Conflict, match="struck off already"):
        keep.strike_off(done, SUPERVISOR, LATER, note="好了")
    with pytest.raises(Conflict, match="struck off already"):
        keep.give_order(done, SUPERVISOR, LATER, order=ended().number, reason="换一个")
    with pytest.raises(Conflict, match="not struck off"):
        keep.restore(waiting, SUPERVISOR, NOW, reason="弄错了")


def test_restoring_opens_an_ended_ledger_again() -> None:
    book = ledger()
    done = struck(book)
    keep.end_ledger(book, SUPERVISOR, LATER)
    for refused in (
        lambda: item(book),
        lambda: keep.end_ledger(book, SUPERVISOR, LATER),
        lambda: keep.set_cadence(book, SUPERVISOR, LATER, cadence=Cadence.WEEKLY),
    ):
        with pytest.raises(Conflict, match="has ended"):
            refused()
    with pytest.raises(Conflict, match="struck off already"):
        keep.strike_off(done, SUPERVISOR, LATER, note="好了")
    keep.restore(done, SUPERVISOR, LATER, reason="又坏了")
    assert get_ledger(book.code).ended_at is None
    assert standings(book, LATER) == ["ended"]
    assert done.events[-1].note == "又坏了"


def taken_up_again(made: LedgerItem, now: datetime) -> Order:
    order = made.order
    assert order is not None
    reactivate(order, DISPATCHER, now, reason="又坏了")
    return order


def test_an_order_taken_up_again_is_in_work_until_it_is_struck_off_once_more() -> None:
    book = ledger()
    made = struck(book)
    item(book, order=ended(NOW))
    order = taken_up_again(made, LATER)
    assert standings(book, LATER) == ["in_work", "ended"]
    late = line_now(get_item(book.code, 1), LATER + 60 * DAY)
    assert (late.standing, late.overdue, late.struck_off_at) == (Standing.IN_WORK, True, None)
    with pytest.raises(Conflict, match="2 of 2 items"):
        keep.end_ledger(book, SUPERVISOR, LATER)
    with pytest.raises(Conflict, match="Being handled"):
        keep.strike_off(made, SUPERVISOR, LATER, note="好了")
    handle.reply(order, factories.HANDLER, LATER, result=handle.Result.SOLVED, public_reply="又修好了。")
    handle.evaluate(order, factories.CALLBACK, LATER, solved=True, satisfaction="satisfied")
    handle.close(order, factories.CALLBACK, LATER + HOUR)
    again = LATER + 2 * HOUR
    assert standings(book, again) == ["ended", "ended"]
    assert lines_at(get_ledger(book.code), again) == lines_now(get_ledger(book.code), again)
    keep.strike_off(made, SUPERVISOR, again, note="又修好了。")
    assert standings(book, again) == ["struck_off", "ended"]
    told = [lines_at(get_ledger(book.code), at)[0] for at in (NOW + 3 * HOUR, LATER, again - HOUR, again)]
    assert [line.standing.value for line in told] == ["struck_off", "in_work", "ended", "struck_off"]


def test_in_a_ledger_that_has_ended_it_is_struck_off_once_more_too() -> None:
    book = ledger()
    made = struck(book)
    keep.end_ledger(book, SUPERVISOR, LATER)
    order = taken_up_again(made, LATER)
    assert standings(book, LATER) == ["in_work"]
    handle.reply(order, factories.HANDLER, LATER, result=handle.Result.SOLVED, public_reply="又修好了。")
    handle.evaluate(order, factories.CALLBACK, LATER, solved=True, satisfaction="satisfied")
    handle.close(order, factories.CALLBACK, LATER + HOUR)
    keep.strike_off(made, SUPERVISOR, LATER + HOUR, note="又修好了。")
    assert standings(book, LATER + HOUR) == ["struck_off"]
    assert get_ledger(book.code).ended_at == LATER


def test_a_ruling_that_moves_an_order_moves_it_in_its_ledger() -> None:
    book = ledger()
    order = factories.dispatched(NOW)
    item(book, order=order)
    dispute(order, factories.HANDLER, NOW + HOUR, reason="不属于我单位", basis="三定方案")
    rule_moves(order, SUPERVISOR, NOW + 2 * HOUR, how=Ruling.DECIDED, unit="urban", reason="属城管")
    at = [lines_at(get_ledger(book.code), NOW + hours * HOUR)[0].unit for hours in (1, 2)]
    assert at == ["housing", "urban"]


def test_a_ledger_is_not_ended_with_other_matters_than_were_made_public() -> None:
    book = ledger(announced=2)
    struck(book)
    with pytest.raises(Conflict, match="2 matters were made public, and the ledger has 1"):
        keep.end_ledger(book, SUPERVISOR, LATER)
    struck(book)
    keep.end_ledger(book, SUPERVISOR, LATER)


def test_an_order_is_in_a_ledger_once_and_in_several_ledgers() -> None:
    first, second = ledger(), ledger()
    order = factories.received(NOW)
    item(first, order=order)
    with pytest.raises(Invalid, match="as item 1"):
        item(first, order=order)
    item(second, order=order)
    assert [one.ledger.code for one in items_of_order(order)] == [first.code, second.code]


def test_another_order_is_given_for_a_reason_and_the_log_keeps_both() -> None:
    book = ledger()
    wrong, right = factories.received(NOW), factories.received(NOW)
    made = item(book, order=wrong)
    with pytest.raises(Invalid, match="reason"):
        keep.give_order(made, SUPERVISOR, LATER, order=right.number)
    with pytest.raises(Invalid, match="order"):
        keep.give_order(made, SUPERVISOR, LATER, order="1", reason="录错")
    keep.give_order(made, SUPERVISOR, LATER, order=right.number, reason="录错")
    assert line_now(made, LATER).number == right.number
    assert [line.number for line in lines_at(get_ledger(book.code), NOW)] == [wrong.number]
    assert [event.order.number for event in made.events if event.order] == [wrong.number, right.number]


def test_several_orders_are_written_down_together_or_not_at_all() -> None:
    book = ledger()
    first, second, third = (factories.received(NOW).number for _ in range(3))
    with pytest.raises(Invalid, match="numbers: 123 is not the number"), db.session.begin_nested():
        keep.add_orders(book, SUPERVISOR, NOW, numbers=f"{first} 123 {second}")
    assert get_ledger(book.code).items == []
    keep.add_orders(book, SUPERVISOR, NOW, numbers=f" {first}，{second}\n{third}, {first} ")
    assert [line.number for line in lines_now(get_ledger(book.code), NOW)] == [first, second, third]
    with pytest.raises(Invalid, match=f"numbers: {second} is in this ledger already, as item 2"):
        keep.add_orders(book, SUPERVISOR, NOW, numbers=second)


def test_an_item_says_what_it_is_about_or_has_an_order() -> None:
    book = ledger()
    with pytest.raises(Invalid, match="matter"):
        item(book, matter="")
    with pytest.raises(Invalid, match="order"):
        keep.add_item(book, SUPERVISOR, NOW, matter="路灯", order="20000101000001")
    order = factories.received(NOW, title="楼道灯坏了")
    assert item(book, order=order).matter == "楼道灯坏了"
    assert item(book, order=factories.received(NOW), matter="另一个说法").matter == "另一个说法"


def test_a_matter_becomes_an_order_from_its_ledger() -> None:
    book = ledger(kind=Kind.UPSTREAM, host="省平台")
    made = item(book, external_id="SD-1")
    with pytest.raises(NotAllowed):
        keep.take_in(made, SUPERVISOR, NOW, intake=factories.intake())
    order = keep.take_in(made, DISPATCHER, NOW, intake=factories.intake())
    assert (order.channel, order.source, order.external_id) == (Channel.PHONE, "省平台", "SD-1")
    assert line_now(made, NOW).standing is Standing.IN_WORK
    with pytest.raises(Conflict, match=order.number):
        keep.take_in(made, DISPATCHER, NOW, intake=factories.intake())
    again = item(book, external_id="SD-1")
    with pytest.raises(Conflict, match="has come in before"):
        keep.take_in(again, DISPATCHER, NOW, intake=factories.intake())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"series": "直通12345"}, "issue"),
        ({"issue": 3}, "series"),
        ({"series": "直通12345", "issue": 55}, "issue"),
        ({"due_on": NOW.date() - DAY}, "due_on"),
    ],
)
def test_a_ledger_that_cannot_be_opened(changes: dict[str, Any], field: str) -> None:
    ledger(kind=Kind.MEDIA, series="直通12345", issue=55)
    with pytest.raises(Invalid, match=field):
        ledger(**changes)


def test_ledgers_are_numbered_by_the_year_and_listed_open_ones_first() -> None:
    first, second = ledger(kind=Kind.MEDIA, series="直通12345", issue=1), ledger(NOW + DAY)
    third = ledger(NOW + 60 * DAY, kind=Kind.MEDIA, series="直通12345", issue=2)
    assert [book.code for book in (first, second, third)] == ["2026-001", "2026-002", "2027-001"]
    keep.end_ledger(third, SUPERVISOR, NOW + 60 * DAY)

    def listed(*asked: Any, **more: Any) -> list[str]:
        return [book.code for book in db.session.scalars(ledgers(*asked, **more))]

    assert listed() == ["2026-002", "2026-001", "2027-001"]
    assert listed(Kind.MEDIA) == listed(series="直通12345") == ["2026-001", "2027-001"]
    assert listed(is_open=False) == ["2027-001"]
    assert listed(is_open=True) == ["2026-002", "2026-001"]


def test_what_there_is_not_is_not_found() -> None:
    with pytest.raises(NotFound):
        get_ledger("2000-001")
    with pytest.raises(NotFound):
        get_item(ledger().code, 1)


@pytest.mark.parametrize("change", ["UPDATE ledger_event SET note = ''", "DELETE FROM ledger_event"])
def test_the_log_cannot_be_changed(change: str) -> None:
    struck(ledger())
    assert db.session.query(LedgerEvent).count() == 4
    with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
        db.session.execute(text(change))
