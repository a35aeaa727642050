"""Orders from CSV: rows in = orders out + rejected, and nothing comes in twice or half."""

from __future__ import annotations

import contextlib
import csv
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound
from hotline.cli import cli
from hotline.orders.models import Event, Order
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.people.actors import SYSTEM, Actor
from hotline.policy.limits import Clock, Requester
from hotline.receive import imports
from hotline.receive.imports import OrderImport, import_orders, parse_instant
from hotline.receive.operations import receive_complaint
from hotline.receive.table import FIELDS, Row, Table, column_map
from hotline.transfer.suggestion import Doubt, doubt_of
from tests.conftest import NOW

ZONE = ZoneInfo("Asia/Shanghai")
MAPPING = {name: name for name in FIELDS}
SURE = {"title": "小区停水三天", "text": "锦绣花园小区停水三天了,自来水公司也不来。"}


def row(number: int, **cells: str) -> Row:
    return Row(number, {"text": "想反映一件事情,请帮忙看看。", "external_id": f"x{number}", **cells})


def take(rows: list[Row], now: datetime, **more: Any) -> OrderImport:
    return import_orders(rows, MAPPING, "old", SYSTEM, now, **more)


def orders() -> list[Order]:
    db.session.expire_all()
    return list(db.session.scalars(select(Order).order_by(Order.id)))


def count(table: str) -> int:
    return int(db.session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608 - table names of this test


def reasons(result: OrderImport) -> dict[int, list[str]]:
    return {rejection.row.number: sorted(rejection.errors) for rejection in result.rejected}


def run(app: Flask, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["import", "orders", *arguments], obj=lambda: app)


def figures(result: Result) -> dict[str, int]:
    rows = (line.rsplit(maxsplit=1) for line in result.stdout.splitlines()[:-1])
    return {name.strip(): int(number) for name, number in rows}


def write(path: Path, content: str, encoding: str = "utf-8") -> str:
    path.write_bytes(content.encode(encoding))
    return str(path)


def rejected(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


# The verb


def test_a_row_becomes_an_order(session: None, now: datetime) -> None:
    cells = {
        "title": "路灯不亮",
        "address": "某路1号",
        "phone": "138-0000 0000",
        "name": "王女士",
        "nature": "求助",
        "urgency": "紧急",
        "secret": "是",
        "received_at": "2026-11-02 09:15",
    }
    result = take([row(2, **cells)], now)
    (order,) = orders()
    assert (result.read, result.opened, result.rejected) == (1, 1, [])
    assert (order.title, order.requester_phone, order.secret) == ("路灯不亮", "13800000000", True)
    assert (order.nature, order.urgency, order.channel) == (Nature.HELP, Urgency.URGENT, Channel.IMPORT)
    assert (order.source, order.external_id) == ("old", "x2")
    assert order.received_at == datetime(2026, 11, 2, 9, 15, tzinfo=ZONE)


def test_a_row_of_an_enterprise_with_a_deadline_from_above(session: None, now: datetime) -> None:
    """By the words of Chinese systems; a deadline of a day alone ends with the day."""
    rows = [
        row(2, requester="企业", upstream_due="2026年11月20日 12时00分", **SURE),
        row(3, requester="个人", upstream_due="2026/11/20", **SURE),
        row(4, requester="enterprise", **SURE),
        row(5, **SURE),
    ]
    assert take(rows, now).dispatched == 4
    kinds = [Requester.ENTERPRISE, Requester.PERSON, Requester.ENTERPRISE, Requester.PERSON]
    assert [order.requester_kind for order in orders()] == kinds
    wanted = [datetime(2026, 11, 20, 12, 0, tzinfo=ZONE), datetime(2026, 11, 21, tzinfo=ZONE), None, None]
    assert [order.upstream_due_at for order in orders()] == wanted
    for order, due in zip(orders(), wanted, strict=True):
        (clock,) = [one for one in order.deadlines if one.clock is Clock.HANDLE]
        assert clock.due_at == (due or datetime(2026, 11, 24, 17, 30, tzinfo=ZONE))
        assert clock_differences(order) == []


def test_requesters_and_deadlines_that_cannot_be_read_are_named(session: None, now: datetime) -> None:
    result = take([row(2, requester="公司"), row(3, upstream_due="明天"), row(4, upstream_due="0026-11-20 12:00")], now)
    assert reasons(result) == {2: ["requester"], 3: ["upstream_due"], 4: ["upstream_due"]}
    assert all(len(texts) == 1 for one in result.rejected for texts in one.errors.values())


def test_an_old_complaint_keeps_its_instant_and_its_clock_starts_there(session: None, now: datetime) -> None:
    """2019 lies before the calendar's years: weekdays count, and nothing is provisional."""
    take([row(2, received_at="2019/9/27 16:30")], now)
    (order,) = orders()
    (clock,) = order.deadlines
    at = datetime(2019, 9, 27, 16, 30, tzinfo=ZONE)  # a Friday, an hour before closing
    assert (order.received_at, order.events[0].at, clock.started_at) == (at, at, at)
    assert clock.due_at == datetime(2019, 9, 30, 10, 0, tzinfo=ZONE)
    assert not clock.provisional
    assert order.number.startswith("20190927")


def test_rows_in_are_orders_out_and_rejected(session: None, now: datetime) -> None:
    rows = [
        row(2),
        row(3, text=" "),
        row(4, title="长" * 201),
        row(5, phone="no number", nature="anger"),
        row(6, received_at="yesterday"),
        row(7, received_at="2030-01-01"),
        row(8, received_at="1999-12-31"),
        row(9, district="nowhere", category="nothing"),
        row(10, external_id="x2"),
        Row(11, {"text": "一"}, ("surplus",)),
        row(12, received_at="not a date", phone="x"),
        row(13),
    ]
    result = take(rows, now)
    assert result.read == len(rows) == result.opened + len(result.rejected)
    assert reasons(result) == {
        3: ["text"],
        4: ["title"],
        5: ["nature", "phone"],
        6: ["received_at"],
        7: ["received_at"],
        8: ["received_at"],
        9: ["category", "district"],
        10: ["external_id"],
        11: ["row"],
        12: ["phone", "received_at"],
    }
    assert result.already == 1
    assert [order.external_id for order in orders()] == ["x2", "x13"]


def test_again_adds_nothing(session: None, now: datetime) -> None:
    rows = [row(number) for number in range(2, 7)]
    take(rows, now, batch=2)
    before = count("work_order"), count("order_event"), count("deadline"), count("outbox")
    result = take(rows, now, batch=3)
    assert (result.opened, result.already, len(result.rejected)) == (0, 5, 5)
    assert (count("work_order"), count("order_event"), count("deadline"), count("outbox")) == before
    assert orders()[0].number in result.rejected[0].errors["external_id"][0]


def test_another_source_may_use_the_same_ids(session: None, now: datetime) -> None:
    for source in ("a", "b"):
        assert import_orders([row(2)], MAPPING, source, SYSTEM, now).opened == 1


def test_a_row_that_fails_half_way_leaves_nothing(
    session: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_after(intake: Any, actor: Actor, at: datetime) -> Order:
        order = receive_complaint(intake, actor, at)
        if intake.external_id == "x3":
            raise Conflict("the last step failed")
        return order

    monkeypatch.setattr(imports, "receive_complaint", break_after)
    result = take([row(2), row(3), row(4)], now)
    assert (result.opened, reasons(result)) == (2, {3: ["row"]})
    assert count("work_order") == 2
    assert count("order_event") == 2
    assert count("deadline") == 2


def test_what_the_database_refuses_is_a_rejected_row(
    session: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(intake: Any, actor: Actor, at: datetime) -> Order:
        if intake.external_id == "x3":
            db.session.execute(text("INSERT INTO work_order (number) VALUES (NULL)"))
        return receive_complaint(intake, actor, at)

    monkeypatch.setattr(imports, "receive_complaint", refuse)
    result = take([row(2), row(3), row(4)], now)
    assert (result.opened, reasons(result)) == (2, {3: ["row"]})


def test_a_crash_loses_its_batch_and_a_second_run_goes_on(
    session: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(intake: Any, actor: Actor, at: datetime) -> Order:
        if intake.external_id == "x6":
            raise RuntimeError("power cut")
        return receive_complaint(intake, actor, at)

    rows = [row(number) for number in range(2, 9)]
    with monkeypatch.context() as broken:
        broken.setattr(imports, "receive_complaint", crash)
        with pytest.raises(RuntimeError):
            take(rows, now, batch=3)
    assert [order.external_id for order in orders()] == ["x2", "x3", "x4"]
    result = take(rows, now, batch=3)
    assert (result.opened, result.already) == (4, 3)
    assert [order.external_id for order in orders()] == [f"x{number}" for number in range(2, 9)]


def test_two_imports_of_the_same_rows_in_another_order(app: Flask, committed: None) -> None:
    rows = [row(number) for number in range(2, 62)]
    results: list[OrderImport] = []
    start = threading.Barrier(2)

    def run_import(part: list[Row]) -> None:
        with app.app_context():
            start.wait(timeout=30)
            results.append(take(part, NOW))
            db.session.remove()

    threads = [threading.Thread(target=run_import, args=[part]) for part in (rows, rows[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.read for result in results] == [len(rows)] * 2
    assert sum(result.opened for result in results) == sum(result.already for result in results) == len(rows)


def test_after_each_batch_it_is_told_how_far_it_is(session: None, now: datetime) -> None:
    told: list[int] = []
    take([row(number) for number in range(2, 7)], now, batch=2, after_batch=lambda result: told.append(result.read))
    assert told == [2, 4, 5]


def test_districts_and_categories_by_code_or_name(session: None, now: datetime) -> None:
    name, code = db.session.execute(text("SELECT name, code FROM district ORDER BY code LIMIT 1")).one()
    take([row(2, district=name, category="060101"), row(3, district=code)], now)
    assert [order.district_code for order in orders()] == [code, code]
    assert orders()[0].category_code == "060101"


def test_why_orders_wait_is_counted(session: None, now: datetime) -> None:
    result = take([row(2), row(3, **SURE)], now)
    assert result.dispatched + result.queued.total() == result.opened == 2
    assert result.queued[Doubt.NO_KEYWORD] == 1


def test_who_may_import(session: None, now: datetime, actor: Callable[[str], Actor]) -> None:
    assert import_orders([row(2)], MAPPING, "old", actor("agent"), now).opened == 1
    assert db.session.scalars(select(Event)).one().actor_role == "agent"
    with pytest.raises(NotAllowed):
        import_orders([row(3)], MAPPING, "old", actor("handler"), now)
    with pytest.raises(Invalid):
        import_orders([row(3)], MAPPING, "x" * 41, SYSTEM, now)


# Pure parts


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2025-03-04T09:15:30+00:00", datetime(2025, 3, 4, 9, 15, 30, tzinfo=UTC)),
        ("2025-03-04 09:15:30", datetime(2025, 3, 4, 9, 15, 30, tzinfo=ZONE)),
        ("2025/3/4 9:15", datetime(2025, 3, 4, 9, 15, tzinfo=ZONE)),
        ("2025.3.4", datetime(2025, 3, 4, tzinfo=ZONE)),
        ("2025年3月4日", datetime(2025, 3, 4, tzinfo=ZONE)),
        ("2025年3月4日 9时15分", datetime(2025, 3, 4, 9, 15, tzinfo=ZONE)),
        ("20250304091530", datetime(2025, 3, 4, 9, 15, 30, tzinfo=ZONE)),
    ],
)
def test_dates(written: str, at: datetime) -> None:
    assert parse_instant(written, ZONE) == at


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2025-03-04", datetime(2025, 3, 5, tzinfo=ZONE)),
        ("20250304", datetime(2025, 3, 5, tzinfo=ZONE)),
        ("2025年12月31日", datetime(2026, 1, 1, tzinfo=ZONE)),
        ("2025-03-04 00:00", datetime(2025, 3, 4, tzinfo=ZONE)),
        ("2025/3/4 9:15", datetime(2025, 3, 4, 9, 15, tzinfo=ZONE)),
    ],
)
def test_a_deadline_of_a_day_alone_is_its_end(written: str, at: datetime) -> None:
    assert parse_instant(written, ZONE, ends=True) == at


@pytest.mark.parametrize(
    "written", ["", "soon", "2025-13-01", "2025-02-30", "45000", "0001-01-01", "2025年", "20251301091530"]
)
def test_what_is_no_date(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any will do
        parse_instant(written, ZONE)


@given(st.text(max_size=30), st.booleans())
def test_no_date_makes_it_fail(written: str, ends: bool) -> None:  # noqa: FBT001 - drawn
    with contextlib.suppress(ValueError):
        assert parse_instant(written, ZONE, ends=ends).tzinfo is UTC


def test_the_map_from_the_names_of_the_columns() -> None:
    assert column_map([], ["编号", "标题", "内容", "电话", "诉求人类别", "上级时限", "别的"]) == {
        "external_id": "编号",
        "title": "标题",
        "text": "内容",
        "phone": "电话",
        "requester": "诉求人类别",
        "upstream_due": "上级时限",
    }
    assert column_map([], ["text", "内容", "received_at"]) == {"text": "text", "received_at": "received_at"}
    assert column_map(["text=b"], ["text", "b"]) == {"text": "b"}


@pytest.mark.parametrize(
    ("pairs", "columns", "said"),
    [
        (["body=b"], ["b"], "external_id"),  # names the fields there are
        (["text"], ["b"], "no column"),
        (["text=c"], ["b"], "it has: b"),
        (["text=b", "text=b"], ["b"], "twice"),
        (["title=b"], ["b"], "text"),
        (["text=b"], ["b", "b"], "several"),
        ([], ["b"], "text"),
    ],
)
def test_maps_that_cannot_be_used(pairs: list[str], columns: list[str], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        column_map(pairs, columns)


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"categories": []}, Doubt.NO_KEYWORD),
        ({"assignment": None, "place": {"district": None}}, Doubt.NO_PLACE),
        ({"assignment": None}, Doubt.NO_UNIT),
        ({"confidence": 0.79}, Doubt.UNSURE),
        ({}, None),
    ],
)
def test_doubt_of(changes: dict[str, Any], doubt: Doubt | None) -> None:
    sure = {"categories": [{}], "assignment": {}, "place": {"district": "d01"}, "confidence": 0.8}
    assert doubt_of(sure | changes, 0.8) is doubt


def test_a_table_keeps_what_has_no_column_and_counts_as_a_spreadsheet(tmp_path: Path) -> None:
    table = Table(Path(write(tmp_path / "t.csv", "a,b\r\n1\r\n\r\n1,2,3\r\n,\r\n")))
    assert list(table) == [Row(2, {"a": "1", "b": ""}), Row(4, {"a": "1", "b": "2"}, ("3",))]
    assert table.size == 2


@given(st.lists(st.lists(st.text(max_size=9), min_size=1, max_size=4), max_size=6))
def test_a_table_loses_no_cell(records: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        with path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([["a", "b"], *records])
        read = [[*row.cells.values(), *row.surplus] for row in Table(path)]
    padded = [[*record, *[""] * (2 - len(record))] for record in records if any(cell.strip() for cell in record)]
    assert read == padded


# The command


GOOD = '编号,标题,内容,诉求时间\n1,一件事,想反映一件事情,2026/11/2 9:15\n2,又一件,"想反映,另一件",2026年11月3日\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_in_any_usual_encoding(app: Flask, session: None, now: datetime, tmp_path: Path, encoding: str) -> None:
    result = run(app, write(tmp_path / "orders.csv", GOOD, encoding), "--source", "old", "--as", "dispatcher")
    assert result.exit_code == 0, result.exception
    assert figures(result)["orders opened"] == 2
    assert [order.text for order in orders()] == ["想反映一件事情", "想反映,另一件"]
    assert {order.source for order in orders()} == {"old"}


def test_the_report_lists_what_is_to_mend_and_can_be_imported(
    app: Flask, session: None, now: datetime, tmp_path: Path
) -> None:
    content = GOOD + "3,坏的,,2026/11/4\n4,更坏,一二三,明天\n5,太多,一,2026/11/4,逗号\n"
    result = run(app, write(tmp_path / "orders.csv", content, "gb18030"))
    assert figures(result) | {"rows read": 5, "orders opened": 2, "rows rejected": 3} == figures(result)
    report = tmp_path / "orders.rejected.csv"
    listed = rejected(report)
    assert [line["row"] for line in listed] == ["4", "5", "6"]
    assert [line["编号"] for line in listed] == ["3", "4", "5"]
    assert listed[0]["errors"].startswith("text: ")
    mended = report.read_text(encoding="utf-8-sig").replace("坏的,,", "坏的,补上了,").replace(",逗号", "")
    again = run(app, write(report, mended))
    assert figures(again) | {"orders opened": 2, "rows rejected": 1} == figures(again)
    twice = tmp_path / "orders.rejected.rejected.csv"
    assert list(rejected(twice)[0]) == ["row", "errors", "编号", "标题", "内容", "诉求时间"]


def test_the_command_again_adds_nothing(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    file = write(tmp_path / "orders.csv", GOOD)
    assert figures(run(app, file, "--limit", "1"))["rows read"] == 1
    second = run(app, file)
    assert (figures(second)["orders opened"], figures(second)["already there"]) == (1, 1)
    third = run(app, file)
    assert (third.exit_code, figures(third)["orders opened"], figures(third)["rows rejected"]) == (0, 0, 2)
    assert count("work_order") == 2


def test_it_warns_where_no_column_holds_an_id(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    result = run(app, write(tmp_path / "orders.csv", "body\n一件事\n"), "--map", "text=body")
    assert result.exit_code == 0
    assert "external id" in result.stderr


def test_files_and_maps_that_cannot_be_used(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    good = write(tmp_path / "orders.csv", GOOD)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xff\x00\x80" * 50)
    for arguments, problem in (
        ([str(tmp_path / "missing.csv")], Invalid),
        ([str(tmp_path)], Invalid),
        ([write(tmp_path / "empty.csv", "")], Invalid),
        ([str(tmp_path / "binary.csv")], Invalid),
        ([write(tmp_path / "huge.csv", f'text\n"{"x" * 200_000}\n')], Invalid),
        ([good, "--map", "body=内容"], Invalid),
        ([good, "--map", "text=正文"], Invalid),
        ([good, "--source", " "], Invalid),
        ([good, "--as", "nobody"], NotFound),
        ([good, "--as", "handler"], NotAllowed),
    ):
        result = run(app, *arguments)
        assert (result.exit_code, type(result.exception)) == (1, problem), arguments
    assert db.session.scalar(select(func.count()).select_from(Order)) == 0


def test_a_long_file_is_read_in_batches(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    lines = "".join(f"{number},想反映一件事情\n" for number in range(25))
    result = run(app, write(tmp_path / "orders.csv", "编号,内容\n" + lines), "--batch", "10")
    assert figures(result)["orders opened"] == 25
    assert {order.received_at for order in orders()} == {now}
