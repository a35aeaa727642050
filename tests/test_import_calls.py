"""Calls come in once, go forward and never back."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.calls import callcsv
from hotline.calls.models import Call, CallOutcome
from hotline.calls.operations import AT_ONCE, record_calls
from hotline.calls.records import CallRecord
from hotline.cli import cli

ZONE = ZoneInfo("Asia/Shanghai")
HEADER = "call_id,queue,phone,agent,queued_at,answered_at,ended_at,outcome\n"
BASE = 1772414100
FIRST_FILE = f"{BASE}|c1|12345|NONE|ENTERQUEUE||13800000000|1\n{BASE + 3}|c2|12345|NONE|ENTERQUEUE||139|2\n"
SECOND_FILE = (
    f"{BASE + 9}|c2|12345|NONE|ABANDON|1|2|6\n"
    f"{BASE + 12}|c1|12345|801|CONNECT|12|x.1|4\n"
    f"{BASE + 99}|c1|12345|801|COMPLETEAGENT|12|87|1\n"
)


def report(now: datetime, outcome: CallOutcome = CallOutcome.QUEUED, call_id: str = "c1") -> CallRecord:
    picked_up = outcome in {CallOutcome.TALKING, CallOutcome.ANSWERED}
    return CallRecord(
        call_id,
        "12345",
        outcome,
        now - timedelta(minutes=5),
        now - timedelta(minutes=4) if picked_up else None,
        None if outcome in {CallOutcome.QUEUED, CallOutcome.TALKING} else now,
        agent="801" if picked_up else "",
    )


def known(call_id: str = "c1") -> Call:
    db.session.expire_all()
    return db.session.scalars(select(Call).filter_by(call_id=call_id)).one()


def run(app: Flask, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["import", "calls", *arguments], obj=lambda: app)


def figures(result: Result) -> dict[str, int]:
    rows = (line.rsplit(maxsplit=1) for line in result.stdout.splitlines())
    return {row[0].strip(): int(row[1]) for row in rows}


def write(path: Path, text: str, encoding: str = "utf-8") -> str:
    path.write_text(text, encoding=encoding)
    return str(path)


def test_a_call_goes_forward_and_never_back(session: None, now: datetime) -> None:
    steps = [CallOutcome.QUEUED, CallOutcome.TALKING, CallOutcome.ANSWERED]
    counts = [record_calls([report(now, step)], "pbx", now) for step in steps]
    assert [(done.new, done.updated, done.unchanged) for done in counts] == [(1, 0, 0), (0, 1, 0), (0, 1, 0)]
    for step in CallOutcome:
        assert record_calls([report(now, step)], "pbx", now).unchanged == 1
    call = known()
    assert (call.outcome, call.agent, call.wait, call.ended_at) == (CallOutcome.ANSWERED, "801", 60, now)


def test_ids_belong_to_their_source(session: None, now: datetime) -> None:
    assert record_calls([report(now)], "pbx-1", now).new == 1
    assert record_calls([report(now)], "pbx-2", now).new == 1


def test_a_source_needs_a_name_that_fits(session: None, now: datetime) -> None:
    for source in ("", "x" * 41):
        with pytest.raises(Invalid):
            record_calls([report(now)], source, now)


def test_two_reports_of_one_call_at_once(session: None, now: datetime) -> None:
    done = record_calls([report(now), report(now, CallOutcome.ABANDONED)], "pbx", now)
    assert (done.new, done.updated) == (1, 0)
    assert known().outcome is CallOutcome.ABANDONED


def test_more_calls_than_fit_one_statement(session: None, now: datetime) -> None:
    calls = [report(now, call_id=f"c{number}") for number in range(AT_ONCE + 5)]
    assert record_calls(calls, "pbx", now).new == AT_ONCE + 5
    assert record_calls(calls, "pbx", now).unchanged == AT_ONCE + 5


def test_calls_of_the_future_are_told_and_not_recorded(session: None, now: datetime) -> None:
    done = record_calls([report(now + timedelta(days=1)), report(now, call_id="c2")], "pbx", now)
    assert (done.future, done.new) == (["c1"], 1)


def test_a_call_over_two_files_in_either_order(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    first, second = write(tmp_path / "queue_log.1", FIRST_FILE), write(tmp_path / "queue_log", SECOND_FILE)
    for source, files in (("a", (first, second)), ("b", (second, first))):
        assert figures(run(app, files[0], "--source", source))["new"] == 2
        assert figures(run(app, files[1], "--source", source))["updated"] == 2
        assert figures(run(app, *files, "--source", source))["unchanged"] == 2
    rows = db.session.execute(
        select(Call.call_id, Call.outcome, Call.phone, Call.agent, Call.wait).order_by(Call.source, Call.call_id)
    ).all()
    assert [tuple(row) for row in rows] == 2 * [
        ("c1", CallOutcome.ANSWERED, "13800000000", "801", 12),
        ("c2", CallOutcome.ABANDONED, "139", "", 6),
    ]


def test_csv_over_the_command_line(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    text = HEADER + (
        "c1,投诉,13800000000,小王,2026-03-02 09:15:00,2026-03-02T09:15:12,2026-03-02T01:18:20Z,answered\n"
        "c2,投诉,,,2026-03-02 09:16:00,,,answered\n"
    )
    result = run(app, write(tmp_path / "calls.csv", text, "gb18030"))
    assert result.exit_code == 0
    assert figures(result) | {"calls read": 1, "new": 1, "lines not usable": 1} == figures(result)
    assert "line 3" in result.stderr
    call = known()
    assert (call.queue, call.agent, call.wait) == ("投诉", "小王", 12)
    assert call.queued_at == datetime(2026, 3, 2, 9, 15, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (",q,,,2026-03-02T09:15,,,queued", "call_id"),
        ("c1,q,,,,,,queued", "queued_at"),
        ("c1,q,,,2026-03-02T09:15,,,gone", "outcome"),
        ("c1,q,,,monday,,,queued", "queued_at"),
        ("c1,q,,,0001-01-01,,,queued", "queued_at"),
        ("c1,q,,,2026-03-02T09:15,2026-03-02T09:16,,queued", "answered_at"),
        ("c1,q,,,2026-03-02T09:15,,2026-03-02T09:16,answered", "answered_at"),
        ("c1,q,,,2026-03-02T09:15,,,timeout", "ended_at"),
        ("c1,q,,,2026-03-02T09:15,,2026-03-02T09:14,timeout", "order of time"),
        (f"{'c' * 101},q,,,2026-03-02T09:15,,,queued", "call_id"),
    ],
)
def test_csv_rows_that_cannot_be_used(row: str, named: str) -> None:
    names = HEADER.strip().split(",")
    parsed = callcsv.parse([dict(zip(names, row.split(","), strict=True))], ZONE)
    assert parsed.records == []
    assert parsed.problems[0].line == 2
    assert named in parsed.problems[0].reason


def test_files_that_cannot_be_used(app: Flask, session: None, tmp_path: Path) -> None:
    files = [
        str(tmp_path / "missing.csv"),
        write(tmp_path / "empty.csv", ""),
        write(tmp_path / "other.csv", "a,b\n1,2\n"),
        str(tmp_path / "missing_log"),
    ]
    for file in files:
        result = run(app, file)
        assert (result.exit_code, type(result.exception)) == (1, Invalid), file
    assert db.session.scalar(select(func.count()).select_from(Call)) == 0


def test_many_bad_lines_are_counted_and_not_all_shown(app: Flask, session: None, now: datetime, tmp_path: Path) -> None:
    result = run(app, write(tmp_path / "queue_log", "nonsense\n" * 50))
    assert figures(result)["lines not usable"] == 50
    assert len(result.stderr.splitlines()) == 21
