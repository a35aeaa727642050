"""Commands that count time without a database: ``hotline clock explain`` and ``hotline clock due``."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, date, datetime
from math import isfinite
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from config.settings import Settings
from hotline.base.errors import Invalid
from hotline.base.files import decoded
from hotline.base.i18n import LANGUAGES, speaking
from hotline.policy.calendar import Calendar
from hotline.policy.clock import Course, Reckoning
from hotline.policy.counting import TimeUnit, add_working
from hotline.policy.days import known_until, read_days, split_spans
from hotline.policy.folder import calendar_document, read_city
from hotline.policy.queries import calendar_from

WANTED = ("start", "amount", "unit")


@click.group("clock")
def clock() -> None:
    """Count working time, and say how."""


_calendar = click.option(
    "--calendar",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of date,kind,name, or iCal, to use, not the city's.",
)
_hours = click.option("--hours", help="Working hours to use, not the city's, e.g. 09:00-12:00,14:00-18:00.")


@clock.command()
@click.option("--start", required=True, help="City time, e.g. 2026-02-13T17:40.")
@click.option("--amount", required=True, type=float)
@click.option("--unit", required=True, type=click.Choice([unit.value for unit in TimeUnit]))
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
@_calendar
@_hours
def explain(start: str, amount: float, unit: str, *, as_json: bool, calendar: Path | None, hours: str | None) -> None:
    """Say when an amount of time has passed, and how that was counted, in Chinese and English."""
    days = _city_calendar(calendar, hours)
    try:
        course = Course(_instant(start, days.zone), amount, TimeUnit(unit))
        reckoning = Reckoning(course, days)
        said = {code: _said(reckoning, code) for code in LANGUAGES}
    except (ValueError, OverflowError) as wrong:
        raise Invalid.field("clock", str(wrong)) from wrong
    if not as_json:
        click.echo("\n\n".join("\n".join(sentences) for sentences in said.values()))
        return
    due = reckoning.base
    answer = {
        "start": course.start.isoformat(),
        "amount": amount,
        "unit": unit,
        "due": due.at.isoformat(),
        "due_city": _city_time(due.at, days.zone),
        "provisional": due.provisional,
        "skipped": [asdict(run) for run in due.skipped],
        "made_up": [asdict(run) for run in due.made_up],
        "explanation": said,
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=str))


@clock.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path, allow_dash=True))
@_calendar
@_hours
def due(file: Path, calendar: Path | None, hours: str | None) -> None:
    """Add the column due to a CSV of start, amount and unit; nothing is written where a row is wrong.

    Instants are city time; 24:00 is written as 00:00 of the next day. A column due that is there is replaced.
    """
    days = _city_calendar(calendar, hours)
    with click.open_file(str(file), "rb") as content:
        text = _text(content.read())
    done = io.StringIO()
    csv.writer(done, lineterminator="\n").writerows(_with_due(text, days))
    sys.stdout.write(done.getvalue())


def _text(content: bytes) -> str:
    try:
        return decoded(content)
    except UnicodeDecodeError as wrong:
        raise Invalid.field("file", "is neither UTF-8 nor GB18030 text; save it as CSV UTF-8") from wrong


def _with_due(text: str, calendar: Calendar) -> Iterator[list[str]]:
    """The header and every row with its due time at the end."""
    rows = csv.reader(io.StringIO(text, newline=""))
    names = next(rows, [])
    if lacking := [name for name in WANTED if name not in names]:
        raise Invalid.field("columns", f"the file lacks {', '.join(lacking)}; add it to the first line")
    start, amount, unit = (names.index(name) for name in WANTED)
    kept = [n for n, name in enumerate(names) if name != "due"]
    yield [*[names[n] for n in kept], "due"]
    try:
        for row in filter(any, rows):
            cells = _cells(row, len(names))
            begins = _instant(cells[start], calendar.zone)
            at = add_working(begins, _amount(cells[amount]), _unit(cells[unit]), calendar).at
            yield [*[cells[n] for n in kept], _city_time(at, calendar.zone)]
    except (ValueError, OverflowError, csv.Error) as wrong:
        raise Invalid.field(f"line {rows.line_num}", str(wrong)) from wrong


def _cells(row: list[str], width: int) -> list[str]:
    """A row as wide as the header; raise ValueError where it is wider."""
    if len(row) > width:
        raise ValueError(f"has {len(row)} cells for {width} columns; quote a text with commas in it")
    return row + [""] * (width - len(row))


UNITS = {unit.value: unit for unit in TimeUnit}


def _unit(written: str) -> TimeUnit:
    unit = UNITS.get(written.strip())
    if unit is None:
        raise ValueError(f"unit: {written!r} is not one of {', '.join(UNITS)}")
    return unit


def _amount(written: str) -> float:
    with suppress(ValueError):
        if isfinite(amount := float(written)):
            return amount
    raise ValueError(f"amount: {written!r} is not a number")


def _instant(written: str, zone: ZoneInfo) -> datetime:
    try:
        at = datetime.fromisoformat(written.strip())
    except ValueError as wrong:
        raise ValueError(f"start: {written!r} is no instant; write it as 2026-02-13T17:40") from wrong
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _city_time(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).isoformat(timespec="seconds")[: len("2026-02-13T17:40:00")]


def _said(reckoning: Reckoning, code: str) -> list[str]:
    with speaking(code):
        return reckoning.explain()


def _city_calendar(days_file: Path | None, hours: str | None) -> Calendar:
    """The city's calendar from its folder, or with the days and hours given; no database is asked."""
    city = Settings.from_env().city_dir
    about = read_city(city)
    document = calendar_document(city)
    until: date = about["calendar"]["published_until"]
    try:
        if days_file is not None:
            document |= {"days": read_days(days_file), "city": []}
            until = known_until(document["days"]) if document["days"] else until
        if hours is not None:
            document["hours"] = [{"since": "", "spans": split_spans(hours)}]
        return calendar_from(document, ZoneInfo(about["zone"]), until)
    except (ValueError, TypeError) as wrong:
        raise Invalid.field("calendar", str(wrong)) from wrong
