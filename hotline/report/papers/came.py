"""The first sections of a report: the whole in short, what came in and how, and the way from call to satisfaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

from hotline.base.i18n import mark
from hotline.base.time import Period
from hotline.orders.queries import category_names
from hotline.orders.vocabulary import Channel, Nature
from hotline.people.queries import all_districts
from hotline.report.about import UNKNOWN
from hotline.report.figures import Cell, Figure
from hotline.report.measures import BY_NAME
from hotline.report.papers.paper import Block, Column, Drawn, Form, Number, Part, Said, Table
from hotline.report.papers.phrases import (
    NONE,
    amount,
    change_of,
    count,
    grown,
    growth,
    in_period,
    listed,
    moved,
    points,
    rate,
    word,
)
from hotline.report.papers.seen import Seen
from hotline.report.rollup.counting import count as count_figures

NOT_KNOWN = Said(mark("not known"))
RATES = ("connection", "on_time", "satisfied")  # the three rates (三率)
BESIDE = (*RATES, "on_time_original", "solved")
PERIODS_SHOWN = 6
MOST_SUBCATEGORIES = 10

RATE_COLUMNS = (
    Column("measure", mark("Measure")),
    Column("rate", mark("Percent"), Form.RATE, "{hits}/{counted}"),
    Column("hits", mark("Number met"), Form.AMOUNT),
    Column("counted", mark("Number counted"), Form.COUNT),
    Column("change", mark("On the period before, points"), Form.POINTS, "({rate}-{before})*100"),
    Column("before", mark("The period before"), Form.RATE, aside=True),
    Column("year", mark("On a year before, points"), Form.POINTS, "({rate}-{earlier})*100"),
    Column("earlier", mark("A year before"), Form.RATE, aside=True),
    Column("not_due", mark("Not yet due"), Form.COUNT, aside=True),
    Column("excluded", mark("Excluded"), Form.COUNT, aside=True),
)


# The whole in short


def summary(seen: Seen) -> tuple[Block, ...]:
    """How much came in, and the three rates beside the period before and a year before."""
    this, last, earlier = seen.parts
    received = Said(
        mark("%(count)s orders came in: %(before)s on the period before, %(year)s on a year before."),
        {
            "count": count(this.total, measure="received"),
            "before": grown(this.total, last.total),
            "year": grown(this.total, earlier.total),
        },
    )
    rows = [(name, cell, _a_year_before(seen, name)) for name in BESIDE if (cell := seen.overview.city.get(name))]
    said = [_rate_said(name, cell, year) for name, cell, year in rows if name in RATES and cell.figure.denominator]
    rates = Table(Said(mark("The rates")), RATE_COLUMNS, [_rate_row(*row) for row in rows])
    return received, *said, rates, _over_time(seen)


def _over_time(seen: Seen) -> Table:
    """The three rates of the last periods, the one reported last."""
    periods = [seen.period]
    while len(periods) < PERIODS_SHOWN:
        periods.insert(0, periods[0].before())
    shown = [BY_NAME[name] for name in RATES if name in seen.overview.city]
    found = count_figures(shown, periods, seen.cutoff, units=seen.units, about=seen.about)
    columns = [Column("period", mark("Period"))]
    for measure in shown:
        columns.append(
            Column(measure.name, measure.label, Form.RATE, f"{{{measure.name}_hits}}/{{{measure.name}_counted}}")
        )
        columns.append(Column(f"{measure.name}_hits", mark("Number met"), Form.AMOUNT, aside=True))
        columns.append(Column(f"{measure.name}_counted", mark("Number counted"), Form.COUNT, aside=True))
    rows = [
        [_days(period), *(cell for one in shown for cell in _point(one.name, found[one, period][None], period))]
        for period in periods
    ]
    return Table(Said(mark("The last periods")), tuple(columns), rows, drawn=Drawn.LINES)


def _days(period: Period) -> str:
    first, last = (f"{day:%Y-%m-%d}" for day in (period.first, period.last))
    return first if first == last else f"{first} – {last[5:]}"


def _point(name: str, figure: Figure, period: Period) -> tuple[Part, Part, Part]:
    where = {"measure": name, **in_period(period)}
    return rate(figure.rate), weighted(figure, **where), count(figure.denominator, **where, bucket="counted")


def _a_year_before(seen: Seen, name: str) -> Figure:
    return seen.city_in(seen.period.year_before(), name)


def _rate_said(name: str, cell: Cell, year: Figure) -> Said:
    figure = cell.figure
    return Said(
        mark(
            "%(measure)s: %(rate)s (%(hits)s of %(counted)s), %(before)s on the period before, %(year)s on a year before."
        ),
        {
            "measure": Said(BY_NAME[name].label),
            "rate": rate(figure.rate),
            "hits": weighted(figure, measure=name),
            "counted": count(figure.denominator, measure=name, bucket="counted"),
            "before": moved(cell.change),
            "year": moved(change_of(figure, year)),
        },
    )


def _rate_row(name: str, cell: Cell, year: Figure) -> list[Part]:
    figure = cell.figure
    return [
        Said(BY_NAME[name].label),
        rate(figure.rate),
        weighted(figure, measure=name),
        count(figure.denominator, measure=name, bucket="counted"),
        points(cell.change),
        rate(cell.before.rate),
        points(change_of(figure, year)),
        rate(year.rate),
        count(figure.not_due, measure=name, bucket="not_due"),
        count(figure.excluded, measure=name, bucket="excluded"),
    ]


def weighted(figure: Figure, **behind: str) -> Number:
    """The numerator of a rate: a count, or where levels weigh less than 1, the sum of the weights."""
    if figure.weighted == figure.numerator:
        return count(figure.numerator, **behind, numerator="true")
    shown = amount(figure.weighted)
    return Number(shown.shown, shown.value, {**behind, "numerator": "true"})


# What came in


Named = Callable[[str], Part]  # what a key of a part is called

COUNT_COLUMNS = (
    Column("name", mark("Item counted")),
    Column("count", mark("How many"), Form.COUNT),
    Column("share", mark("Share"), Form.RATE, "{count}/{count_sum}"),
    Column("change", mark("On the period before"), Form.RATE, "{count}/{before}-1"),
    Column("before", mark("The period before"), Form.COUNT, aside=True),
    Column("year", mark("On a year before"), Form.RATE, "{count}/{earlier}-1"),
    Column("earlier", mark("A year before"), Form.COUNT, aside=True),
)


# The rows of these do not add up to all: their share is of a column of its own.
SUBCATEGORY_COLUMNS = (
    *(replace(column, formula="{count}/{whole}") if column.key == "share" else column for column in COUNT_COLUMNS),
    Column("whole", mark("All"), Form.COUNT, aside=True),
)


def came_in(seen: Seen) -> tuple[Block, ...]:
    """What came in by channel, nature, category and district."""
    if not seen.parts[0].total:
        return (Said(mark("Nothing came in.")),)
    categories, districts = _named(category_names()), _named({one.code: one.title for one in all_districts()})
    tables = (
        _all_parts(seen, mark("By channel"), "channel", [part.by_channel for part in seen.parts], _member(Channel)),
        _all_parts(seen, mark("By nature"), "nature", [part.by_nature for part in seen.parts], _member(Nature)),
        _all_parts(seen, mark("By category"), "matter", [part.by_category for part in seen.parts], categories),
        _subcategories(seen, categories),
        _all_parts(seen, mark("By district"), "district", [part.by_district for part in seen.parts], districts),
    )
    # Where nothing is known of the matter or the place there is no most frequent one.
    most = listed([said for table in tables if (said := _most(table))])
    return Said(mark("Most came by, as, about and from: %(most)s."), {"most": most}), *tables


def _member(members: type[StrEnum]) -> Named:
    return lambda value: word(members(value))


def _named(names: Mapping[str, str]) -> Named:
    return lambda code: names.get(code, code) if code != UNKNOWN else NOT_KNOWN


def _all_parts(seen: Seen, title: str, field: str, counts: list[Mapping[str, int]], named: Named) -> Table:
    """A part of what came in, the most frequent first, and the sum, beside the period before and the year before."""
    rows = _by_frequency(seen, field, counts, named)
    rows.append(_count_row(seen, {}, Said(mark("All")), [part.total for part in seen.parts]))
    return Table(Said(title), COUNT_COLUMNS, rows, total=True, drawn=Drawn.BARS)


def _subcategories(seen: Seen, named: Named) -> Table:
    rows = _by_frequency(seen, "matter", [part.by_subcategory for part in seen.parts], named)[:MOST_SUBCATEGORIES]
    whole = count(seen.parts[0].total, measure="received")
    title = Said(mark("By subcategory, the most frequent"))
    return Table(title, SUBCATEGORY_COLUMNS, [[*row, whole] for row in rows], drawn=Drawn.BARS)


def _by_frequency(seen: Seen, field: str, counts: list[Mapping[str, int]], named: Named) -> list[list[Part]]:
    this = counts[0]
    keys = sorted(this, key=lambda key: (-this[key], key))
    return [_count_row(seen, {field: str(key)}, named(key), [one.get(key, 0) for one in counts]) for key in keys]


def _count_row(seen: Seen, which: Mapping[str, str], name: Part, counts: list[int]) -> list[Part]:
    where = {"measure": "received", **which}
    now, then, year = counts
    return [
        name,
        count(now, **where),
        rate(Fraction(now, seen.parts[0].total)),
        growth(now, then),
        count(then, **where, **in_period(seen.period.before())),
        growth(now, year),
        count(year, **where, **in_period(seen.period.year_before())),
    ]


def _most(table: Table) -> Part:
    """The most frequent of those known: a plain name, or the label of a member."""
    known = [row for row in (table.rows[:-1] if table.total else table.rows) if row[0] != NOT_KNOWN]
    if not known:
        return None
    name, number, share = known[0][:3]
    return Said(mark("%(name)s %(count)s (%(share)s)"), {"name": name, "count": number, "share": share})


# From call to satisfaction


FUNNEL_COLUMNS = (
    Column("step", mark("Step")),
    Column("count", mark("How many"), Form.COUNT),
    Column("share", mark("Share"), Form.RATE, "{count}/{base}"),
    Column("of", mark("Share of")),
    Column("base", mark("Of how many"), Form.COUNT, aside=True),
)
# What a step is a part of. Orders come by other ways than the phone, and whom is called back was dispatched earlier:
# there the count begins anew.
PART_OF = {
    mark("Connected"): mark("Attempted"),
    mark("Orders sent on"): mark("Orders accepted"),
    mark("Handled"): mark("Orders sent on"),
    mark("Evaluated"): mark("Contacted"),
    mark("Matters solved"): mark("Evaluated"),
    mark("Satisfied"): mark("Evaluated"),
}


def funnel(seen: Seen) -> tuple[Block, ...]:
    """How many called, got through, and so on until they were satisfied. Each step is dated by itself."""
    steps = {name: number for name, number in _steps(seen) if number is not None}
    rows = [_step(name, number, PART_OF.get(name), steps) for name, number in steps.items()]
    said = [Said(mark("%(step)s %(count)s"), {"step": row[0], "count": row[1]}) for row in rows]
    note = Said(
        mark("Each step counts what happened in the period; what was dispatched before may be evaluated in it.")
    )
    return (
        Said(mark("The way of the period: %(chain)s."), {"chain": listed([*said], mark("%(first)s → %(next)s"))}),
        Table(Said(mark("From call to satisfaction")), FUNNEL_COLUMNS, rows, drawn=Drawn.BARS, note=note),
    )


def _step(name: str, number: Number, base: str | None, steps: Mapping[str, Number]) -> list[Part]:
    whole = steps.get(base or "")
    if whole is None or not whole.value:
        return [Said(name), number, NONE, None, None]
    share = Fraction(int(number.value or 0), int(whole.value))
    return [Said(name), number, rate(share), Said(base or ""), Number(whole.shown, whole.value)]


def _steps(seen: Seen) -> Iterable[tuple[str, Number | None]]:
    report = seen.overview
    city: dict[str, Any] = {name: cell.figure for name, cell in report.city.items()}
    calls, solved, satisfied = city.get("connection"), city["solved"], city["satisfied"]
    yield mark("Attempted"), count(calls.total, measure="connection") if calls else None
    yield mark("Connected"), count(calls.numerator, measure="connection", numerator="true") if calls else None
    yield mark("Orders accepted"), count(report.inflow.total, measure="received")
    yield mark("Orders sent on"), count(report.dispatched.total, measure="dispatched")
    yield mark("Handled"), count(report.dispatched.handled, measure="dispatched", ended="true")
    yield mark("Contacted"), count(solved.denominator + solved.excluded, measure="solved", ended="true")
    yield mark("Evaluated"), count(solved.denominator, measure="solved", bucket="counted")
    yield mark("Matters solved"), count(solved.numerator, measure="solved", numerator="true")
    yield mark("Satisfied"), count(satisfied.numerator, measure="satisfied", numerator="true")
