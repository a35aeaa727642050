"""Commands that take complaints in: ``hotline import orders``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from sqlalchemy import select

from hotline.base.console import with_app
from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import LABELS
from hotline.base.time import utc_now
from hotline.people.actors import SYSTEM, Actor
from hotline.people.models import User
from hotline.people.queries import actor_for
from hotline.receive.imports import BATCH, OrderImport, import_orders
from hotline.receive.table import Report, Table, column_map
from hotline.transfer.suggestion import Doubt


class _Tell(Protocol):
    def __call__(self, result: OrderImport) -> None: ...


@click.group("import")
def import_() -> None:
    """Orders and calls from other systems."""


@import_.command("orders")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--map", "pairs", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field; repeat it.")
@click.option(
    "--source", default="import", show_default=True, help="The system the rows are from; external ids are its own."
)
@click.option("--as", "login", metavar="LOGIN", help="The user who imports; the system itself where not given.")
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many rows.")
@click.option("--batch", default=BATCH, show_default=True, type=click.IntRange(1, 10_000), help="Rows a commit.")
@with_app
def orders_command(
    *, file: Path, pairs: tuple[str, ...], source: str, login: str | None, limit: int | None, batch: int
) -> None:
    """Import complaints from a CSV file; rows that cannot be used are listed in FILE.rejected.csv."""
    table = Table(file)
    mapping = column_map(pairs, table.columns)
    actor = _actor(login)
    if "external_id" not in mapping:
        click.echo("No column holds an external id: running this again would open every order again.", err=True)
    report = Report(file, table.columns)
    with _progress(min(table.size, limit or table.size)) as tell:

        def after_batch(result: OrderImport) -> None:
            report.write(result.rejected)
            tell(result)

        result = import_orders(
            islice(table, limit), mapping, source, actor, utc_now(), batch=batch, after_batch=after_batch
        )
    _show(result, report.path)


def _actor(login: str | None) -> Actor:
    if login is None:
        return SYSTEM
    found = db.session.scalar(select(User).filter_by(login=login, active=True))
    if found is None:
        raise NotFound(f"there is no user {login}")
    return actor_for(found)


@contextmanager
def _progress(total: int) -> Iterator[_Tell]:
    """Show a bar on stderr; what is yielded moves it."""
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]:.0f} rows/s · {task.fields[rejected]} rejected"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("orders", total=total, speed=0.0, rejected=0)

        def tell(result: OrderImport) -> None:
            elapsed = progress.tasks[0].elapsed or 1e-9
            speed = result.read / elapsed
            progress.update(task, completed=result.read, speed=speed, rejected=len(result.rejected))

        yield tell


def _show(result: OrderImport, report: Path) -> None:
    lines = [
        ("rows read", result.read),
        ("orders opened", result.opened),
        ("  dispatched automatically", result.dispatched),
        ("  waiting for a dispatcher", result.queued.total()),
        *((f"    {LABELS[Doubt, doubt]}", result.queued[doubt]) for doubt in Doubt),
        ("rows rejected", len(result.rejected)),
        ("  already there", result.already),
    ]
    for name, count in lines:
        click.echo(f"{name:<34}{count:>9}")
    click.echo(f"rejected rows: {report}")
