"""Commands on hot topics: ``hotline topics cluster``, ``hotline topics assign``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from hotline.base.console import with_app
from hotline.base.i18n import DEFAULT, speaking
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.report.topics.assigning import assign_topics
from hotline.report.topics.clustering import cluster
from hotline.report.topics.files import read_orders, sample_texts


@click.group("topics")
def topics_command() -> None:
    """Find which orders are about the same matter at the same place."""


@topics_command.command("cluster")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--id", "id_column", default="id", show_default=True, help="Column of the number of a row.")
@click.option("--user", "user_column", default="user", show_default=True, help="Column of who told; may be missing.")
@click.option("--time", "time_column", default="time", show_default=True, help="Column of when.")
@click.option("--title", "title_column", default="title", show_default=True, help="Column of the title.")
@click.option("--detail", "detail_column", default="detail", show_default=True, help="Column of the text.")
@click.option("--json", "as_json", is_flag=True, help="An array of label, place, citizens and ids.")
def cluster_file(  # one for each column
    file: Path,
    id_column: str,
    user_column: str,
    time_column: str,
    title_column: str,
    detail_column: str,
    *,
    as_json: bool,
) -> None:
    """Cluster the rows of a CSV file as the page clusters orders. No database is needed."""
    columns = {"id": id_column, "time": time_column, "title": title_column, "detail": detail_column}
    with speaking(DEFAULT):
        orders, users = read_orders(file, columns, user_column)
    found = [(topic, len({users[row] for row in topic.ids})) for topic in cluster(orders, sample_texts(), users)]
    if as_json:
        rows = [{"label": one.label, "place": one.place, "citizens": n, "ids": one.ids} for one, n in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for one, citizens in found:
        click.echo(f"{len(one.ids):>5} orders of {citizens:>4} citizens  {one.label}")


@topics_command.command("assign")
@with_app
def assign() -> None:
    """Give the orders that have come in since the last time their topics, all of them, a portion at a time."""
    looked_at = 0
    while portion := _assign_portion():
        looked_at += portion
    click.echo(f"{looked_at} orders looked at")


def _assign_portion() -> int:
    with unit_of_work():
        return assign_topics(utc_now())
