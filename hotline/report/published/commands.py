"""Commands on reports: ``hotline report reconcile``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from hotline.base.errors import Invalid
from hotline.base.files import decoded
from hotline.base.i18n import LANGUAGES, gettext, label, speaking
from hotline.report.figures import percent
from hotline.report.published.document import read_table
from hotline.report.published.reconcile import Change, Identity, Printed, Rate, Reconciliation, Table, Term, reconcile


class _BadFile(click.ClickException):
    """The file cannot be used: exit code 2, as for a wrong option; 1 says that numbers do not fit."""

    exit_code = 2


@click.group("report")
def report_command() -> None:
    """Numbers and whether they fit each other."""


@report_command.command("reconcile")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Everything as JSON.")
@click.option("--lang", type=click.Choice(list(LANGUAGES)), default="en", show_default=True)
@click.pass_context
def reconciled(context: click.Context, file: Path, lang: str, *, as_json: bool) -> None:
    """Hold the counts, sums and rates of a published table (TOML) against each other.

    The exit code is 0 where all fits, 1 where something does not, 2 where the file cannot be used.
    """
    found = reconcile(_table(file))
    with speaking(lang):
        click.echo(json.dumps(_document(found), ensure_ascii=False, indent=2) if as_json else "\n".join(_lines(found)))
    context.exit(1 if found.failures else 0)


def _table(file: Path) -> Table:
    try:
        return read_table(decoded(file.read_bytes()))
    except UnicodeDecodeError as wrong:
        raise _BadFile("file: is neither UTF-8 nor GB18030 text; save it as UTF-8") from wrong
    except Invalid as wrong:
        raise _BadFile(str(wrong)) from wrong


# In words


def _lines(found: Reconciliation) -> Iterator[str]:
    if found.table.title:
        yield f"{found.table.title}\n"
    sections = (
        (gettext("Rates"), map(_rate_line, found.rates)),
        (gettext("Sums and wholes"), map(_identity_line, found.identities)),
        (gettext("Printed rates"), map(_printed_line, found.printed)),
        (gettext("Printed growth"), map(_change_line, found.table.changes)),
    )
    for title, lines in sections:
        yield from _section(title, lines)
    if found.failures:
        yield gettext("Statements that do not fit the counts: %(count)s", count=found.failures)
    else:
        yield gettext("Everything fits")


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    if lines := list(lines):
        yield title
        yield from (f"  {line}" for line in lines)
        yield ""


def _rate_line(rate: Rate) -> str:
    return f"{percent(rate.share)} %  {_named(rate.part)} / {_named(rate.whole)}"


def _identity_line(one: Identity) -> str:
    sign = ("≤" if one.within else "=") if one.holds else (">" if one.within else "≠")
    said = f"{_mark(holds=one.holds)} {' + '.join(map(_named, one.parts))} {sign} {_named(one.total)}"
    if one.holds:
        return said
    apart = gettext("difference %(difference)s", difference=f"{one.difference:+,}")
    return f"{said}: {apart}"


def _printed_line(one: Printed) -> str:
    said = f"{_mark(holds=one.holds)} {one.printed} %  {_named(one.part)}"
    if one.explained_by:
        said += " / " + gettext(" or ").join(map(_named, one.explained_by))
    return said if one.holds else f"{said}: {_why(one)}"


def _why(one: Printed) -> str:
    """Why a printed rate does not follow: from what it was divided by, or what it would have to be divided by."""
    whole = one.wholes[0]
    if one.explained_by:
        return gettext("not divided by %(whole)s", whole=_named(whole))
    needs = one.needs
    if needs.empty:
        return gettext("no denominator gives this rate")
    if needs.last is None:
        return gettext("needs a denominator of at least %(first)s", first=f"{needs.first:,}")
    return _apart(whole, needs.first, needs.last)


def _apart(whole: Term, first: int, last: int) -> str:
    """How far the needed denominators are from the usual one."""
    shown = {"first": f"{first:,}", "last": f"{last:,}", "whole": _named(whole)}
    if whole.value > last:
        return gettext(
            "needs a denominator from %(first)s to %(last)s, that is %(whole)s less %(least)s to %(most)s",
            **shown,
            least=f"{whole.value - last:,}",
            most=f"{whole.value - first:,}",
        )
    return gettext(
        "needs a denominator from %(first)s to %(last)s, that is %(whole)s and %(least)s to %(most)s more",
        **shown,
        least=f"{first - whole.value:,}",
        most=f"{last - whole.value:,}",
    )


def _change_line(one: Change) -> str:
    daily = f"{_named(one.of)} / {one.days}" if one.days > 1 else _named(one.of)
    return f"{_mark(holds=one.holds)} {_signed(one.printed)} %  {daily} : {one.before} = {_signed(str(one.shown))} %"


def _named(term: Term) -> str:
    return f"{label(term.name)} {term.value:,}"


def _mark(*, holds: bool) -> str:
    return "✓" if holds else "✗"


def _signed(number: str) -> str:
    return number if Decimal(number) < 0 else f"+{number}"


# As JSON


def _document(found: Reconciliation) -> dict[str, Any]:
    return {
        "title": found.table.title,
        "consistent": not found.failures,
        "failures": found.failures,
        "rates": [
            {"numerator": _term(rate.part), "denominator": _term(rate.whole), "percent": str(percent(rate.share))}
            for rate in found.rates
        ],
        "identities": [
            {
                "parts": [_term(part) for part in one.parts],
                "relation": "at most" if one.within else "equal",
                "total": _term(one.total),
                "difference": one.difference,
                "holds": one.holds,
            }
            for one in found.identities
        ],
        "printed": [_printed(one) for one in found.printed],
        "changes": [
            {
                "of": _term(one.of),
                "days": one.days,
                "before": str(one.before),
                "printed": one.printed,
                "percent": str(one.shown),
                "holds": one.holds,
            }
            for one in found.table.changes
        ],
    }


def _printed(one: Printed) -> dict[str, Any]:
    return {
        "numerator": _term(one.part),
        "printed": one.printed,
        "holds": one.holds,
        "explained_by": [_term(term) for term in one.explained_by],
        "denominators": None if one.needs.empty else {"first": one.needs.first, "last": one.needs.last},
    }


def _term(term: Term) -> dict[str, Any]:
    return {"name": str(term.name), "label": label(term.name), "value": term.value}
