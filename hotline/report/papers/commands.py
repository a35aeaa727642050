"""Commands on reports: ``hotline report make`` and ``hotline report list``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import select

from hotline.base.console import with_app
from hotline.base.db import db
from hotline.base.i18n import LANGUAGES, label, speaking
from hotline.base.time import Kind, utc_now
from hotline.base.work import unit_of_work
from hotline.people.actors import SYSTEM
from hotline.report.papers.files import FILES
from hotline.report.papers.models import PeriodicReport
from hotline.report.papers.operations import ask, make_report
from hotline.report.papers.titles import short_title

LISTED = 20

language_option = click.option("--lang", type=click.Choice(list(LANGUAGES)), default="zh", show_default=True)


@click.command("make")
@click.option(
    "--kind", type=click.Choice([kind.value for kind in Kind if kind is not Kind.RANGE]), default=Kind.WEEK.value
)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Any day in it; default: today.")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="A folder to write its files into.")
@language_option
@with_app
def make(kind: str, day: datetime | None, to: Path | None, lang: str) -> None:
    """Make a report now, as the records stand, and keep it to be signed."""
    now = utc_now()
    with unit_of_work():
        report_id = ask(Kind(kind), day.date() if day else None, SYSTEM, now).id
    with unit_of_work():
        make_report(report_id, now)
    report = db.session.get_one(PeriodicReport, report_id)
    with speaking(lang):
        click.echo(_line(report))
        if to is not None:
            _write_files(report, to)


@click.command("list")
@language_option
@with_app
def listed(lang: str) -> None:
    """List the latest reports and where they stand."""
    query = select(PeriodicReport).order_by(PeriodicReport.last.desc(), PeriodicReport.id.desc()).limit(LISTED)
    with speaking(lang):
        for report in db.session.scalars(query):
            click.echo(_line(report))


def _line(report: PeriodicReport) -> str:
    return f"{report.id}  {short_title(report)}  {label(report.stage)}  {report.signed_by or ''}".rstrip()


def _write_files(report: PeriodicReport, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for form, (write, _media) in FILES.items():
        (folder / f"report-{report.id}.{form}").write_bytes(write(report))
