"""The commands that count time: one deadline explained, many checked in bulk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from hotline.base.errors import Invalid
from hotline.policy.clock_commands import clock


def run(*arguments: str) -> str:
    result = CliRunner().invoke(clock, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_explains_in_both_languages() -> None:
    said = run("explain", "--start", "2026-02-13T17:40", "--amount", "5", "--unit", "working_days")
    chinese, english = said.strip().split("\n\n")
    assert "02-15至02-23 春节" in chinese
    assert "02-14 春节调休" in chinese
    assert "02-15 to 02-23 Spring Festival" in english
    assert english.endswith("Due 2026-02-27 17:30 (Fri).")


def test_explains_as_json() -> None:
    said = json.loads(
        run("explain", "--start", "2026-12-30T10:00", "--amount", "5", "--unit", "working_days", "--json")
    )
    assert said["due_city"] == "2027-01-06T17:30:00"
    assert said["provisional"] is True
    assert set(said["explanation"]) == {"zh", "en"}
    assert said["skipped"] == [{"first": "2027-01-02", "last": "2027-01-03", "name": ""}]


def test_dues_in_bulk(tmp_path: Path) -> None:
    file = tmp_path / "due.csv"
    rows = [
        "start,amount,unit,note",
        "2026-02-13T17:40,5,working_days,春节",
        "2026-11-17T11:30:00,1,working_hours,lunch",
        "2026-11-17T10:00,1,natural_days,midnight",
        "2026-11-17T10:00,0.5,natural_hours,",
    ]
    file.write_text("\n".join(rows), encoding="utf-8-sig")
    assert run("due", str(file)).splitlines() == [
        "start,amount,unit,note,due",
        "2026-02-13T17:40,5,working_days,春节,2026-02-27T17:30:00",
        "2026-11-17T11:30:00,1,working_hours,lunch,2026-11-17T14:00:00",
        "2026-11-17T10:00,1,natural_days,midnight,2026-11-19T00:00:00",
        "2026-11-17T10:00,0.5,natural_hours,,2026-11-17T10:30:00",
    ]


def test_other_days_and_hours_than_the_citys(tmp_path: Path) -> None:
    days = tmp_path / "days.csv"
    days.write_text("date,kind,name\n2026-11-18,holiday,市庆\n", encoding="utf-8")
    file = tmp_path / "due.csv"
    file.write_text("start,amount,unit\n2026-11-17T10:00,1,working_days\n2026-02-13T10:00,1,working_days\n")
    said = run("due", str(file), "--calendar", str(days), "--hours", "09:00-12:00,14:00-24:00")
    assert [line.rsplit(",", 1)[1] for line in said.splitlines()] == [
        "due",
        "2026-11-20T00:00:00",
        "2026-02-17T00:00:00",
    ]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("2026-11-17T10:00,1,days", "unit"),
        ("2026-11-17T10:00,x,working_days", "amount"),
        ("2026-11-17T10:00,1.5,working_days", "amount"),
        ("yesterday,1,working_days", "start"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_written(tmp_path: Path, row: str, named: str) -> None:
    file = tmp_path / "due.csv"
    file.write_text(f"start,amount,unit\n2026-11-17T10:00,1,working_days\n{row}\n")
    result = CliRunner().invoke(clock, ["due", str(file)])
    assert isinstance(result.exception, Invalid)
    assert "line 3" in str(result.exception)
    assert named in str(result.exception)
    assert result.output == ""


def test_hours_that_are_none_are_refused() -> None:
    arguments = ["explain", "--start", "2026-11-17T10:00", "--amount", "1", "--unit", "working_days", "--hours", "9-12"]
    assert isinstance(CliRunner().invoke(clock, arguments).exception, Invalid)
