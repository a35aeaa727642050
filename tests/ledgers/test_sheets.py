"""Progress sheets: as of the end of their period, made once, caught up with, kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
import time_machine
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError

from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import speaking
from hotline.ledgers import operations as keep
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.models import Ledger, LedgerSheet
from hotline.ledgers.queries import get_ledger, lines_now
from hotline.ledgers.sheets import Progress, produce_sheets, progress
from hotline.transfer.merging import set_upstream
from hotline.transfer.operations import redispatch, request_return
from tests import factories
from tests.ledgers.making import DISPATCHER, SUPERVISOR, ended, item, ledger, struck

# In the city: Monday 2 November, the last instant of the 15th, the first of the 16th.
START = datetime(2026, 11, 2, 1, tzinfo=UTC)
LAST = datetime(2026, 11, 15, 15, 59, 59, tzinfo=UTC)
NEXT = datetime(2026, 11, 15, 16, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _english(session: None) -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def book() -> Ledger:
    """A campaign that is reported half-monthly, as it comes to the end of its first half month and goes on.

    1: struck off in time. 2: closed, then struck off after the period. 3: closed after it. 4: overdue at its end,
    given more time and to another unit after. 5: promised for a day within it. 6: written down after it.
    """
    made = ledger(START, cadence=Cadence.HALF_MONTHLY)
    struck(made, START)
    second = item(made, LAST, ended(LAST - 2 * HOUR))
    item(made, LAST, ended(LAST - HOUR))
    slow = factories.handling(START)
    request_return(slow, factories.HANDLER, START + HOUR, reason="不属于我单位")
    item(made, START, slow)
    item(made, START, due_on=date(2026, 11, 14))
    keep.strike_off(second, SUPERVISOR, NEXT, note="十六日零时销号。")
    item(made, NEXT)
    set_upstream(slow, DISPATCHER, NEXT + DAY, due=NEXT + 9 * DAY, reason="省平台来件")
    redispatch(slow, "urban", DISPATCHER, NEXT + DAY, reason="同意")
    return made


def sheets(ledger: Ledger) -> list[str]:
    query = select(LedgerSheet.last).where(LedgerSheet.ledger_id == ledger.id).order_by(LedgerSheet.last)
    return [last.isoformat() for last in db.session.scalars(query)]


def sheet(ledger: Ledger, last: str) -> Progress:
    return progress(get_ledger(ledger.code), last)


@pytest.mark.parametrize("later", [timedelta(), HOUR, 4 * DAY, 100 * DAY])
def test_a_sheet_says_how_things_stood_at_the_end_whenever_it_is_made(book: Ledger, later: timedelta) -> None:
    produce_sheets(NEXT + 2 * DAY + later)
    found = sheet(book, "2026-11-15")
    assert (found.period.first, found.period.last) == (date(2026, 11, 1), date(2026, 11, 15))
    standing = [line.standing.value for line in found.lines]
    assert standing == ["struck_off", "ended", "in_work", "in_work", "waiting"]
    assert list(found.tally.parts.values()) == [1, 2, 1, 1]
    assert found.tally.total == 5
    assert [line.position for line in found.struck_off] == [1]
    assert [(line.position, line.unit) for line in found.overdue] == [(4, "housing"), (5, None)]
    slow = found.lines[3]
    assert slow.due_at is not None
    assert slow.due_at < NEXT
    assert slow.number == get_ledger(book.code).items[3].order.number  # type: ignore[union-attr]  # it has one


def test_the_next_sheet_reports_what_came_after(book: Ledger) -> None:
    produce_sheets(NEXT + 20 * DAY)
    assert sheets(book) == ["2026-11-15", "2026-11-30"]
    found = sheet(book, "2026-11-30")
    assert [line.position for line in found.struck_off] == [2]
    assert (found.lines[3].unit, found.lines[3].due_at) == ("urban", NEXT + 9 * DAY)
    assert found.tally.total == 6


def test_no_sheet_before_the_period_is_over(book: Ledger) -> None:
    produce_sheets(NEXT - datetime.resolution)
    assert sheets(book) == []
    produce_sheets(NEXT)
    assert sheets(book) == ["2026-11-15"]


def test_made_once_and_kept_as_it_was(book: Ledger) -> None:
    produce_sheets(NEXT)
    kept = db.session.scalars(select(LedgerSheet)).one()
    before = (kept.id, kept.lines, kept.produced_at)
    keep.strike_off(get_ledger(book.code).items[2], SUPERVISOR, NEXT + HOUR, note="已解决。")
    produce_sheets(NEXT + HOUR)
    produce_sheets(NEXT + HOUR)
    db.session.expire_all()
    again = db.session.scalars(select(LedgerSheet)).one()
    assert (again.id, again.lines, again.produced_at) == before
    with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
        db.session.execute(text("UPDATE ledger_sheet SET lines = '[]'"))


def test_missed_periods_are_caught_up_with_and_the_last_is_the_one_it_ended_in() -> None:
    made = ledger(START, cadence=Cadence.WEEKLY)
    struck(made, START)
    keep.end_ledger(made, SUPERVISOR, START + 10 * DAY)
    produce_sheets(START + 60 * DAY)
    assert sheets(made) == ["2026-11-08", "2026-11-15"]


def test_a_log_that_cannot_be_read_stops_no_other_ledger(caplog: pytest.LogCaptureFixture) -> None:
    broken, whole = (ledger(START, cadence=Cadence.WEEKLY) for _ in range(2))
    order = factories.handling(START)
    item(broken, START, order)
    item(whole, START, factories.handling(START))
    db.session.execute(text("ALTER TABLE order_event DISABLE TRIGGER USER"))
    spoiled = "UPDATE order_event SET from_state = 'closed' WHERE order_id = :id AND action = 'sign'"
    db.session.execute(text(spoiled), {"id": order.id})
    produce_sheets(START + 10 * DAY)
    assert (sheets(broken), sheets(whole)) == ([], ["2026-11-08"])
    assert [record.getMessage() for record in caplog.records] == [
        f"no progress sheet of ledger {broken.code}: ValueError"
    ]


def test_a_ledger_whose_last_sheet_is_made_is_not_read_again() -> None:
    made = ledger(START, cadence=Cadence.WEEKLY)
    struck(made, START)
    keep.end_ledger(made, SUPERVISOR, START + 5 * DAY)
    produce_sheets(START + 10 * DAY)
    asked: list[str] = []
    connection = db.session.connection()
    note = lambda *given: asked.append(given[2])  # noqa: E731 # to be taken off again
    event.listen(connection, "before_cursor_execute", note)
    produce_sheets(START + 20 * DAY)
    event.remove(connection, "before_cursor_execute", note)
    assert sheets(made) == ["2026-11-08"]
    assert not any("FROM ledger_item" in statement for statement in asked)


def test_a_new_cadence_counts_from_its_day_and_what_was_due_is_made_first() -> None:
    made = ledger(START, cadence=Cadence.WEEKLY)
    keep.set_cadence(made, SUPERVISOR, START + 15 * DAY, cadence=Cadence.MONTHLY)
    assert sheets(made) == ["2026-11-08", "2026-11-15"]
    produce_sheets(START + 40 * DAY)
    assert sheets(made) == ["2026-11-08", "2026-11-15", "2026-11-30"]
    assert sheet(made, "2026-11-30").period.first == date(2026, 11, 1)
    keep.set_cadence(made, SUPERVISOR, START + 41 * DAY, cadence=Cadence.NONE)
    produce_sheets(START + 400 * DAY)
    assert len(sheets(made)) == 3


def test_a_ledger_without_a_cadence_has_no_sheets() -> None:
    made = ledger(START)
    produce_sheets(START + 400 * DAY)
    assert sheets(made) == []
    with pytest.raises(NotFound):
        sheet(made, "2026-11-15")


def test_the_page_and_the_workbook(book: Ledger, sign_in: Callable[[str], FlaskClient], client: FlaskClient) -> None:
    produce_sheets(NEXT)
    db.session.commit()
    url = f"/ledgers/{book.code}"
    with time_machine.travel(NEXT + DAY, tick=False):
        with client.session_transaction() as kept:
            kept["lang"] = "en"
        reader = sign_in("callback")
        assert f'{url}/sheets/2026-11-15"' in reader.get(url).text
        page = reader.get(f"{url}/sheets/2026-11-15").text
        content = reader.get(f"{url}/sheets/2026-11-15.xlsx").data
        for missing in ("2026-11-30", "2026-11-15x", "x"):
            assert reader.get(f"{url}/sheets/{missing}").status_code == 404
            assert reader.get(f"{url}/sheets/{missing}.xlsx").status_code == 404
        for path in ("2026-11-15", "2026-11-15.xlsx"):
            assert sign_in("handler").get(f"{url}/sheets/{path}").status_code == 403
    assert "20.0 %" in page
    assert "1 / 5" in page
    assert "路灯已修复。" in page
    assert "十六日零时销号。" not in page
    workbook = load_workbook(BytesIO(content))
    figures, items = workbook.worksheets
    assert [(row[0].value, row[1].value) for row in figures.iter_rows(min_row=4)] == [
        ("Not yet an order", 1),
        ("In work", 2),
        ("To be struck off", 1),
        ("Struck off", 1),
        ("Sum", "=SUM(B4:B7)"),
        ("Part struck off", '=IF(B8=0,"",B7/B8)'),
        ("Struck off in this period", 1),
        ("Overdue", 2),
    ]
    rows = list(items.iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5]
    assert [row[6] for row in rows] == ["Struck off", "To be struck off", "In work", "In work", "Not yet an order"]
    assert rows[0][12] == datetime(2026, 11, 2, 12)  # city time
    assert [row[13] for row in rows] == ["yes", "no", "no", "no", "no"]
    values = load_workbook(BytesIO(content), data_only=True).worksheets[0]
    assert (values["B8"].value, values["B9"].value) == (5, 0.2)


def test_a_sheet_at_the_present_is_the_page(book: Ledger) -> None:
    produce_sheets(NEXT)
    assert sheet(book, "2026-11-15").lines != lines_now(get_ledger(book.code), NEXT + 2 * DAY)
    quiet = ledger(START, cadence=Cadence.HALF_MONTHLY)
    struck(quiet, START)
    item(quiet, START, factories.handling(START))
    item(quiet, START)
    produce_sheets(NEXT)
    assert sheet(quiet, "2026-11-15").lines == lines_now(get_ledger(quiet.code), NEXT)
