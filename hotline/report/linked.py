"""Numbers as pages write them, each a link to its rows. Not in a template: a page has a thousand of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from hotline.base.i18n import gettext
from hotline.report.figures import Cell, Figure
from hotline.report.measure import Measure
from hotline.report.words import rate_words

ZERO = Markup('<span class="zero">0</span>')


@pass_context
def number(page: Context, count: int, where: Mapping[str, Any]) -> Markup:
    """A count that leads to its rows; the page's ``behind`` gives the address of what is wanted."""
    if not count:
        return ZERO
    return Markup(f'<a class="n" href="{escape(page["behind"](**where))}">{count:,}</a>')  # noqa: S704 # all of it escaped


@pass_context
def fraction(
    page: Context, figure: Figure, name: str, unit: str | None = None, at: Mapping[str, Any] | None = None
) -> Markup:
    """What counted for something, of what was counted. unit: whose. at: what else narrows the rows, such as a period."""
    where = {**(at or {}), "measure": name, "unit": unit}
    part = number(page, figure.numerator, {**where, "numerator": "true"})
    whole = number(page, figure.denominator, {**where, "bucket": "counted"})
    weighted = ""
    if figure.weighted != figure.numerator:
        said = gettext("weighted %(sum)s", sum=figure.weighted.normalize())
        weighted = f" <small>({escape(said)})</small>"
    return Markup(f'<span class="fraction">{part}{weighted} / {whole}</span>')  # noqa: S704 # made of what is escaped


@pass_context
def not_due(page: Context, figure: Figure, measure: Measure, unit: str | None = None) -> Markup:
    """What does not count yet: how many, and for who may know which, their list."""
    if measure.lists_pending(page["reader"]):
        return number(page, figure.not_due, {"measure": measure.name, "unit": unit, "bucket": "not_due"})
    zero = "" if figure.not_due else ' class="zero"'
    return Markup(f"<span{zero}>{figure.not_due:,}</span>")  # noqa: S704 # a number


def rate(cell: Cell, quiet: bool = False) -> Markup:  # noqa: FBT001, FBT002 # as templates say it
    """A rate, marked where the sample is small. quiet: the rows' own heading says that it is."""
    shown = Markup('<span class="rate{}">{}</span>').format(
        " is-small" if cell.small else "", rate_words(cell.figure.rate)
    )
    if not (cell.small and cell.figure.denominator):
        return shown
    around = '<span class="visually-hidden"> {}</span>' if quiet else '<small class="few">{}</small>'
    return shown + Markup(around).format(gettext("small sample"))  # noqa: S704 # one of these two
