"""Commands on calls: ``hotline import calls``."""

from __future__ import annotations

import csv
from itertools import chain
from pathlib import Path

import click

from hotline.base.console import with_app
from hotline.base.errors import Invalid
from hotline.base.files import read_csv
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.calls import callcsv, queue_log
from hotline.calls.operations import record_calls
from hotline.calls.records import Parsed, Problem
from hotline.policy.queries import calendar_now

PROBLEMS_SHOWN = 20
CSV, QUEUE_LOG = "csv", "queue_log"


@click.command("calls")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice([CSV, QUEUE_LOG]), help="Told by the file's name where not given.")
@click.option("--source", default="phone", show_default=True, help="The telephone system; call ids are its own.")
@with_app
def calls_command(files: tuple[Path, ...], form: str | None, source: str) -> None:
    """Import calls from Asterisk's queue_log or from a CSV file; what is known already is not lost."""
    form = form or (CSV if files[0].suffix.lower() == ".csv" else QUEUE_LOG)
    parsed = _parse(files, form)
    with unit_of_work():
        done = record_calls(parsed.records, source.strip(), utc_now())
    _show_problems(parsed.problems)
    for call_id in done.future[:PROBLEMS_SHOWN]:
        click.echo(f"call {call_id}: lies in the future; not recorded", err=True)
    figures = {
        "calls read": len(parsed.records),
        "new": done.new,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "in the future": len(done.future),
        "lines not usable": len(parsed.problems),
    }
    for name, count in figures.items():
        click.echo(f"{name:<20}{count:>10}")


def _parse(files: tuple[Path, ...], form: str) -> Parsed:
    try:
        if form == QUEUE_LOG:
            return queue_log.parse(chain.from_iterable(map(_lines, files)))
        return callcsv.parse(_rows(files), calendar_now().zone)
    except (OSError, ValueError, csv.Error) as wrong:
        raise Invalid.field("file", f"cannot be read: {wrong}") from wrong


def _lines(file: Path) -> list[str]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        return list(lines)


def _rows(files: tuple[Path, ...]) -> list[dict[str, str]]:
    rows = [row for file in files for row in read_csv(file)]
    if rows and (missing := [name for name in callcsv.REQUIRED if name not in rows[0]]):
        raise ValueError(f"the columns {', '.join(missing)} are missing; see docs/imports.md")
    return rows


def _show_problems(problems: list[Problem]) -> None:
    for problem in problems[:PROBLEMS_SHOWN]:
        click.echo(f"line {problem.line}: {problem.reason}", err=True)
    if len(problems) > PROBLEMS_SHOWN:
        click.echo(f"… and {len(problems) - PROBLEMS_SHOWN} more", err=True)
