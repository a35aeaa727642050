"""Numbers as pages write them, each a link to its rows. Not in a template: a page has a thousand of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from hotline.base.i18n import gettext
from hotline.report.charts import Bar, bar
from hotline.report.figures import Cell, Figure, is_beyond_chance, rounded
from hotline.report.measure import Measure
from hotline.report.overview import Line
from hotline.report.words import rate_words

ZERO = Markup('<span class="zero">0</span>')
NO_CHANGE_KNOWN = Markup('<span class="zero">–</span>')
NOT_MEASURED = Markup('<td class="num first zero">–</td><td></td><td></td><td></td>')
NOT_MEASURED_OR_EXCLUDED = NOT_MEASURED + Markup("<td></td>")


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
    shown = rate_words(cell.figure.rate)
    if not (cell.small and cell.figure.denominator):
        return Markup(f'<span class="rate{" is-small" if cell.small else ""}">{shown}</span>')  # noqa: S704 # a number
    said = escape(gettext("small sample"))
    mark = f'<span class="visually-hidden"> {said}</span>' if quiet else f'<small class="few">{said}</small>'
    return Markup(f'<span class="rate is-small">{shown}</span>{mark}')  # noqa: S704 # made of what is escaped


def change(
    cell: Cell,
    quiet: bool = False,  # noqa: FBT001, FBT002 # as templates say it
    *,
    short: bool = False,
    amount: bool = False,
    measure: Measure | None = None,
) -> Markup:
    """By how many percentage points a rate moved on the period before.

    Where both may be the same rate, chance apart, it has no colour. quiet: nor here. short: "better" alone. amount: of a rate that is neither better nor worse when it grows.
    """
    moved = cell.change
    if moved is None:
        return NO_CHANGE_KNOWN
    better = (moved > 0) is not (measure is not None and measure.less_is_better)
    if not moved:
        sign, points, word = "＝", "", gettext("unchanged")
    else:
        sign, points = "▲" if moved > 0 else "▼", f" {abs(rounded(moved))}"
        word = _moved_in_words(better, short=short, amount=amount)
    kind = "quiet" if quiet or amount or not is_beyond_chance(cell) else "better" if better else "worse"
    before = escape(gettext("The period before: %(rate)s", rate=rate_words(cell.before.rate)))
    return Markup(  # noqa: S704 # made of what is escaped
        f'<span class="change {kind}" title="{before}"><span aria-hidden="true">{sign}</span>{points}'
        f' <span class="word">{escape(word)}</span></span>'
    )


def _moved_in_words(better: bool, *, short: bool, amount: bool) -> str:  # noqa: FBT001 # the one thing it says
    if amount:
        return gettext("points more") if better else gettext("points less")
    if short:
        return gettext("better") if better else gettext("worse")
    return gettext("points better") if better else gettext("points worse")


def bar_of(cell: Cell, city: Bar | None = None) -> Markup:
    """A rate as a bar with its interval, and the city's as a mark on it."""
    drawn = bar(cell.figure)
    if drawn is None:
        return Markup("")
    low, high = f"{drawn.low}%", f"{drawn.high}%"
    around = gettext("%(low)s to %(high)s with 95%% confidence", low=f"{drawn.low:.1f}%", high=f"{drawn.high:.1f}%")
    mark = f'<line class="city" x1="{city.rate}%" x2="{city.rate}%" y1="0" y2="16"/>' if city else ""
    return Markup(  # noqa: S704 # numbers, and what is escaped
        f'<svg class="bar{" is-small" if cell.small else ""}" width="100%" height="16" role="img">'
        f'<title>{escape(around)}</title><rect class="ground" x="0" y="3" width="100%" height="10"/>'
        f'<rect class="fill" x="0" y="3" width="{drawn.rate}%" height="10"/>{mark}'
        f'<line class="range" x1="{low}" x2="{high}" y1="8" y2="8"/>'
        f'<line class="range" x1="{low}" x2="{low}" y1="5" y2="11"/>'
        f'<line class="range" x1="{high}" x2="{high}" y1="5" y2="11"/></svg>'
    )


@pass_context
def measured(page: Context, line: Line, measure: Measure, quiet: bool = False) -> Markup:  # noqa: FBT001, FBT002 # as above
    """The cells of a unit's row for a measure: its rate, what was counted, what is not due, what is excluded, how it moved."""
    cell, unit = line.cells.get(measure.name), line.code
    if cell is None or not cell.figure.total:
        return NOT_MEASURED_OR_EXCLUDED if measure.exclusion else NOT_MEASURED
    figure, excluded = cell.figure, ""
    if measure.exclusion:
        told = gettext("%(rate)s with them", rate=rate_words(figure.raw_rate)) if figure.excluded else ""
        which = {"measure": measure.name, "unit": unit, "bucket": "excluded"}
        title = f' title="{escape(told)}"' if told else ""
        excluded = f'<td class="num"{title}>{number(page, figure.excluded, which)}</td>'
    counted, moved = (
        (fraction(page, figure, measure.name, unit), change(cell, cell.small)) if figure.denominator else ("", "")
    )
    return Markup(  # noqa: S704 # made of what is escaped
        f'<td class="num first">{rate(cell, quiet)}</td><td class="num">{counted}</td>'
        f'<td class="num">{not_due(page, figure, measure, unit)}</td>{excluded}<td class="num">{moved}</td>'
    )
