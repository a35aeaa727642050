"""Commands on the working calendar: ``hotline calendar import`` and ``hotline calendar show``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from hotline.base.console import with_app
from hotline.base.errors import Invalid
from hotline.base.i18n import speaking
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.orders.calendars import import_days, newest, revise_hours
from hotline.orders.recompute import Move
from hotline.policy.clock import city_time
from hotline.policy.days import HOLIDAY, WORKDAY, Found, covered_years, find_days, split_spans
from hotline.policy.queries import calendar_now

MOVES_SHOWN = 20


@click.group("calendar")
def calendar_command() -> None:
    """The working calendar: days off, make-up days, hours."""


@calendar_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--city",
    is_flag=True,
    help="The city's own days, which go before the national ones; the file replaces all of them.",
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day holidays are published for.")
@click.option("--source", default="", help="The notice the days come from.")
@with_app
def import_calendar(file: Path, *, city: bool, until: datetime | None, source: str) -> None:
    """Import days from a CSV of date, kind, name, or from an iCal file.

    A file covers a year when both its 1 January and its 1 October are holidays in it. It replaces the days of that
    year, from the 1 November before to its 31 October, and holidays are then published until its 31 December if they
    were until the year before. All other days of the file are added one by one.

    Open deadlines follow at once; those that moved are listed with the reason.
    """
    found = find_days(file)
    if not found.days:
        raise Invalid.field(
            file.name, "names no day; give rows of date, kind and name, or all-day events marked 休 or 班"
        )
    with unit_of_work():
        before = newest()
        version, moves = import_days(
            found.days, utc_now(), city=city, until=until.date() if until else None, source=source
        )
    click.echo(taken(file, found, city=city))
    click.echo(f"published until {version.published_until} (was {before.published_until})")
    tell(moves)


@calendar_command.command("hours")
@click.argument("spans")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="The first day they hold; else always.")
@with_app
def change_hours(spans: str, since: datetime | None) -> None:
    """Change the working hours to SPANS, e.g. 09:00-12:00,13:30-17:30, from a day on (夏令、冬令作息).

    They hold until the day of the next row of hours. Open deadlines follow at once.
    """
    with unit_of_work():
        version, moves = revise_hours(split_spans(spans), utc_now(), since=since.date() if since else None)
    for row in version.document["hours"]:
        click.echo(hours_line(row))
    tell(moves)


def tell(moves: Sequence[Move]) -> None:
    """Say which open deadlines moved, and why; the first of them one by one."""
    click.echo(f"{len(moves)} open deadlines moved")
    with speaking("en"):
        for move in moves[:MOVES_SHOWN]:
            click.echo(told(move))
    if len(moves) > MOVES_SHOWN:
        click.echo(f"… and {len(moves) - MOVES_SHOWN} more (table deadline_move)")


@calendar_command.command("show")
@click.option("--year", type=int, help="Only the days of a year.")
@with_app
def show_calendar(year: int | None) -> None:
    """Show the hours and the days of the calendar in force."""
    version = newest()
    click.echo(f"published until {version.published_until}: {version.source}")
    for row in version.document["hours"]:
        click.echo(hours_line(row))
    for layer, title in (("days", "national"), ("city", "city")):
        for day, kind, name in version.document[layer]:
            if year is None or day.startswith(str(year)):
                click.echo(f"{day} {kind} {name} ({title})")


def hours_line(row: dict[str, Any]) -> str:
    """A row of hours in one line."""
    spans = ", ".join(f"{opens}-{closes}" for opens, closes in row["spans"])
    return f"hours {'from ' + row['since'] if row['since'] else 'always'}: {spans}"


def taken(file: Path, found: Found, *, city: bool) -> str:
    """What was taken from a file, in one line."""
    counts = f"holidays {found.count(HOLIDAY)}, make-up days {found.count(WORKDAY)}, events skipped {found.skipped}"
    years = ", ".join(str(year) for year in sorted(covered_years(found.days)))
    replaced = "the city's own days" if city else years or "no whole year, only the days named"
    return f"{file.name}: {counts}; replaced: {replaced}"


def told(move: Move) -> str:
    """A move in one line."""
    calendar = calendar_now()
    before, after = city_time(move.before, calendar, ends=True), city_time(move.after, calendar, ends=True)
    return f"{move.number} {move.clock}: {before} -> {after}: {move.why}"
