"""Commands on routing: ``hotline routing train``, ``evaluate`` and ``classify``. On files they need no database."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from hotline.base.errors import Invalid
from hotline.base.files import decoded, read_csv
from hotline.base.time import utc_now
from hotline.transfer.classifier import Classifier, Keyword, Ranked
from hotline.transfer.evaluation import Evaluation, evaluate
from hotline.transfer.learning_commands import adopt, own_texts, propose, subject_option
from hotline.transfer.model_file import as_document, as_text, read_model

SHOWN = 10  # keywords a category and confusions that are printed


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a CSV of labelled texts."""

    title: str
    text: str
    label: str


def _columns(command: Callable[..., None]) -> Callable[..., None]:
    for name, default in (("label", "label"), ("text", "detail"), ("title", "title")):
        option = click.option(f"--{name}", default=default, show_default=True, help=f"The column of the {name}.")
        command = option(command)
    return command


_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_model = click.option("--model", "model_file", type=_file, required=True, help="A model made by train.")
_json = click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")


@click.group("routing")
def routing_command() -> None:
    """Learn from labelled texts to which category a text belongs, and measure it."""


routing_command.add_command(adopt)
routing_command.add_command(propose)


@routing_command.command("train")
@click.argument("files", nargs=-1, type=_file)
@click.option("--orders", is_flag=True, help="Also the closed orders of this city.")
@subject_option
@click.option(
    "--hand", "hand_file", type=_file, help="A CSV of keyword, category, weight: words the model keeps beside its own."
)
@click.option("--keywords", type=click.IntRange(1), default=20_000, show_default=True, help="How many are kept.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where the model goes.")
@_columns
def trained(
    files: tuple[Path, ...],
    out: Path,
    title: str,
    text: str,
    label: str,
    subject: str,
    hand_file: Path | None,
    keywords: int,
    *,
    orders: bool,
) -> None:
    """Learn weighted keywords from labelled texts: CSV files, the city's own orders, or both.

    Needs the extra hotline-12345[training].
    """
    try:
        from hotline.transfer.training import Labelled, train
    except ImportError as missing:
        raise click.ClickException("training needs scikit-learn: pip install 'hotline-12345[training]'") from missing
    if not files and not orders:
        raise Invalid.field("files", "none is given; name CSV files of labelled texts, or --orders")
    titles, texts, labels = _read(files, Columns(title, text, label)) if files else ([], [], [])
    own, hand = own_texts(subject) if orders else ([], [])
    for into, added in zip((titles, texts, labels), zip(*own, strict=True), strict=False):
        into.extend(added)
    hand += _hand(hand_file) if hand_file else []
    if len(set(labels)) < 2:  # noqa: PLR2004 # between one category nothing is to be chosen
        raise Invalid.field(label, "names one category only; give texts of at least two")
    today = utc_now().date().isoformat()
    model = train(Labelled(titles, texts, labels), today, hand, keywords, click.echo)
    out.write_text(as_text(as_document(model)), encoding="utf-8")
    click.echo(f"{len(labels)} texts, {len(model.categories)} categories, {len(model.keywords)} keywords: {out}")


@routing_command.command("evaluate")
@click.argument("file", type=_file)
@_model
@_columns
@_json
def evaluated(file: Path, model_file: Path, title: str, text: str, label: str, *, as_json: bool) -> None:
    """Classify the texts of a labelled CSV and say how often that is right."""
    found = evaluate(_classifier(model_file), *_read((file,), Columns(title, text, label)))
    if as_json:
        click.echo(json.dumps(asdict(found), ensure_ascii=False, indent=1))
    else:
        _print(found)


@routing_command.command("classify")
@click.argument("text_or_file")
@click.option("--title", default="", help="The title of the text.")
@_model
@_json
def classified(text_or_file: str, title: str, model_file: Path, *, as_json: bool) -> None:
    """Say to which category a text (or the text of a file) belongs, and which keywords say so."""
    # os.path.isfile, unlike Path.is_file, takes a text too long for a file's name.
    text = decoded(Path(text_or_file).read_bytes()) if os.path.isfile(text_or_file) else text_or_file  # noqa: PTH113
    ranked = _classifier(model_file).classify(title, text)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in ranked], ensure_ascii=False, indent=1))
        return
    for row in ranked or ():
        click.echo(_line(row))
    if not ranked:
        click.echo("no keyword found")


def _line(row: Ranked) -> str:
    words = "  ".join(f"{hit.keyword} {hit.weight:+.3f} ({hit.field} {hit.start})" for hit in row.hits[:SHOWN])
    return f"{row.confidence:>7.1%}  {row.category}  {words}"


def _classifier(model_file: Path) -> Classifier:
    return Classifier(read_model(model_file.read_text(encoding="utf-8")))


def _read(files: Sequence[Path], columns: Columns) -> tuple[list[str], list[str], list[str]]:
    titles, texts, labels = [], [], []
    for file in files:
        for number, row in enumerate(read_csv(file), 2):
            _require(row, columns, file)
            if not row[columns.label].strip():
                raise Invalid.field(columns.label, f"is empty in row {number} of {file.name}; label it or leave it out")
            titles.append(row[columns.title])
            texts.append(row[columns.text])
            labels.append(row[columns.label].strip())
    if not labels:
        raise Invalid.field("file", "has no rows")
    return titles, texts, labels


def _hand(file: Path) -> list[Keyword]:
    try:
        return [(row["keyword"], row["category"], float(row["weight"])) for row in read_csv(file)]
    except (KeyError, ValueError) as problem:
        raise Invalid.field(
            file.name, f"{problem}; give the columns keyword, category and weight (1 to 10)"
        ) from problem


def _require(row: dict[str, Any], columns: Columns, file: Path) -> None:
    for option, name in asdict(columns).items():
        if name not in row:
            raise Invalid.field(name, f"is not a column of {file.name}; name the {option} column with --{option}")


def _print(found: Evaluation) -> None:
    for name in ("texts", "macro_f1", "micro_f1", "accuracy", "top2", "top3", "ece", "precision_at_90"):
        click.echo(f"{name:<18}{getattr(found, name)}")
    click.echo(f"{'texts_per_second':<18}{found.texts_per_second:.0f}\n")
    click.echo(f"{'precision':>9} {'recall':>9} {'f1':>9} {'texts':>7}  category")
    for name, row in found.per_class.items():
        click.echo(f"{row.precision:>9.4f} {row.recall:>9.4f} {row.f1:>9.4f} {row.texts:>7}  {name}")
    click.echo("\ntimes  right → given")
    for right, given, times in found.confusions[:SHOWN]:
        click.echo(f"{times:>5}  {right} → {given}")
