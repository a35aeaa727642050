"""Commands on what a city's own orders teach: ``hotline routing adopt``, ``hotline routing propose``."""

from __future__ import annotations

from datetime import timedelta
from getpass import getuser
from pathlib import Path

import click

from hotline.base.console import with_app
from hotline.base.errors import Invalid
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.transfer import proposals
from hotline.transfer.adopt import SUBJECTS, adopt_model
from hotline.transfer.lessons import closed_texts
from hotline.transfer.queries import hand_keywords

subject_option = click.option(
    "--subject",
    type=click.Choice(SUBJECTS),
    default="category",
    show_default=True,
    help="What the labels are.",
)


@click.command("adopt")
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@subject_option
@with_app
def adopt(model: Path, subject: str) -> None:
    """Put a model made by train in force. The models before it stay in the database; adopt an older file to go back."""
    with unit_of_work():
        adopted = adopt_model(subject, model.read_text(encoding="utf-8"), utc_now(), by=getuser())
        click.echo(f"model {adopted.id} of {subject} is in force")


@click.command("propose")
@click.option(
    "--days", type=click.IntRange(1), default=proposals.LOOKS_BACK.days, show_default=True, help="How far back."
)
@click.option("--least", type=click.IntRange(1), default=proposals.LEAST, show_default=True, help="Orders it takes.")
@with_app
def propose(days: int, least: int) -> None:
    """Look through corrections and accepted returns for keywords and catalogue rows; people decide on the page."""
    with unit_of_work():
        now = utc_now()
        for one in proposals.propose(now, since=now - timedelta(days=days), least=least):
            click.echo(f"{len(one.orders):>4} orders of {one.body['of']:>4}  {one.key}")
    click.echo("decide on the page /proposals")


@with_app
def own_texts(subject: str) -> tuple[list[tuple[str, str, str]], list[tuple[str, str, float]]]:
    """The closed orders of the city as title, text and label, and its hand-written keywords.

    Raises Invalid where no order is closed.
    """
    rows = list(closed_texts(subject))
    if not rows:
        raise Invalid.field("orders", "none is closed yet; train on a file of labelled texts")
    return rows, hand_keywords() if subject == "category" else []
