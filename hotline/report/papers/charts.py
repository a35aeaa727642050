"""Drawings of a report's tables, as numbers a template writes into SVG: bars of counts, rates with their interval, lines. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from hotline.report.charts import Bar, Chart, chart
from hotline.report.papers.paper import Form, Number, Part, Table


def bars(table: Table) -> list[float | None]:
    """The counts of a table as bars, in percent of the largest; none for a row that sums the others up."""
    values = [_value(row, table, "count") for row in table.rows]
    drawn = values[:-1] if table.total else values
    most = max((value for value in drawn if value), default=0)
    widths = [round(100 * value / most, 2) if value is not None and most else None for value in drawn]
    return [*widths, None] if table.total else widths


def intervals(table: Table) -> list[Bar | None]:
    """The rates of a table as bars with their intervals."""
    return [_bar(row, table) for row in table.rows]


@dataclass(frozen=True, slots=True)
class Line:
    """A rate over periods: its name, how it is drawn, the last value."""

    name: str
    drawn: Chart
    last: Part


def lines(table: Table) -> list[Line]:
    """The rates of a table over its rows, a line each."""
    shown = [column for column in table.columns if column.form is Form.RATE]
    found = []
    for column in shown:
        values = [_value(row, table, column.key) for row in table.rows]
        drawn = chart([None if value is None else Fraction(value) for value in values])
        at = table.columns.index(column)
        found.append(Line(column.heading, drawn, table.rows[-1][at]))
    return found


def _bar(row: Sequence[Part], table: Table) -> Bar | None:
    rate, low, high = (_value(row, table, key) for key in ("rate", "low", "high"))
    if rate is None or low is None or high is None:
        return None
    return Bar(*(round(100 * value, 3) for value in (rate, low, high)))


def _value(row: Sequence[Part], table: Table, key: str) -> float | None:
    at = next((at for at, column in enumerate(table.columns) if column.key == key), None)
    part = row[at] if at is not None else None
    return part.value if isinstance(part, Number) else None
