"""The week as a sheet (.xlsx): the city, its units, and the rows behind each measure.

Rates are formulas over the numbers beside them, numbers stay numbers, instants are dates in city time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from hotline.base.i18n import gettext, mark
from hotline.base.workbook import Book, Column, Formula, Table
from hotline.orders.queries import category_names
from hotline.people.actors import Actor
from hotline.people.queries import unit_names
from hotline.report.figures import Cell
from hotline.report.lines import AnyLine, View
from hotline.report.measure import Frame, Measure, Subject
from hotline.report.overview import Overview
from hotline.report.queries import judged

FIGURES: tuple[Column, ...] = (
    (mark("Unit"), 34, "text"),
    (mark("Measure"), 26, "text"),
    (mark("Percent"), 11, "rate"),
    (mark("Numerator"), 11, "amount"),
    (mark("Denominator"), 11, "count"),
    (mark("Not yet due"), 11, "count"),
    (mark("Excluded"), 11, "count"),
    (mark("Change, points"), 11, "points"),
    (mark("Rate the week before"), 11, "rate"),
    (mark("Rate with the excluded"), 11, "rate"),
    (mark("Small sample"), 11, "text"),
)
FIGURE_AT = {"Rate": 2, "Numerator": 3, "Denominator": 4, "Excluded": 6, "Before": 8}
ORDERS: tuple[Column, ...] = (
    (mark("Order"), 18, "text"),
    (mark("Title"), 40, "text"),
    (mark("State"), 12, "text"),
    (mark("Unit"), 30, "text"),
    (mark("Started"), 17, "instant"),
    (mark("Due"), 17, "instant"),
    (mark("Provisional"), 11, "text"),
    (mark("Ended"), 17, "instant"),
    (mark("Reached"), 10, "text"),
    (mark("Solved"), 10, "text"),
    (mark("Satisfaction"), 14, "text"),
    (mark("Counts as"), 12, "text"),
    (mark("Weight"), 8, "amount"),
    (mark("Excluded because of"), 24, "text"),
)
DISPATCHES: tuple[Column, ...] = (
    (mark("Order"), 18, "text"),
    (mark("Title"), 40, "text"),
    (mark("State"), 12, "text"),
    (mark("First sent to"), 30, "text"),
    (mark("Category"), 24, "text"),
    (mark("Dispatched"), 17, "instant"),
    (mark("Automatic"), 10, "text"),
    (mark("Confidence"), 11, "rate"),
    (mark("Threshold"), 11, "rate"),
    (mark("Sent on to"), 30, "text"),
    (mark("Counts as"), 12, "text"),
    (mark("Weight"), 8, "amount"),
)
CALLS: tuple[Column, ...] = (
    (mark("Call"), 28, "text"),
    (mark("Queue"), 16, "text"),
    (mark("Phone"), 15, "text"),
    (mark("Came in"), 17, "instant"),
    (mark("Answered"), 17, "instant"),
    (mark("Ended"), 17, "instant"),
    (mark("Outcome"), 16, "text"),
    (mark("Waited, s"), 10, "amount"),
    (mark("Counts as"), 12, "text"),
    (mark("Weight"), 8, "amount"),
)


COLUMNS = {
    Subject.CALLS: CALLS,
    Subject.DEADLINES: ORDERS,
    Subject.EVALUATIONS: ORDERS,
    Subject.DISPATCHES: DISPATCHES,
    Subject.CLOSINGS: ORDERS,
    Subject.REPLIES: ORDERS,
    Subject.ORDERS: ORDERS,
}


def week_sheet(week: Overview, reader: Actor) -> bytes:
    """The workbook of a week: the city, its units and queues, and for each measure the rows its reader may see."""
    names = {"unit": unit_names(), "moved_to": unit_names(), "category": category_names()}
    with Book(week.period.zone) as book:
        _city(book.sheet(gettext("City"), FIGURES), week)
        _units(book.sheet(gettext("Units"), FIGURES), week)
        for measure in week.measures:
            _rows(book.sheet(measure.title, COLUMNS[measure.subject]), week, measure, names, reader)
    return book.out.getvalue()


# The sheets of figures


def _city(table: Table, week: Overview) -> None:
    _top(table, week)
    for measure in week.measures:
        _figure(table, gettext("All"), measure, week.city[measure.name])
    _received(table, week)
    _dispatched(table, week)
    _definitions(table, week)


def _units(table: Table, week: Overview) -> None:
    _top(table, week)
    for line in (*week.units, *week.queues):
        for measure in week.measures:
            if measure.name in line.cells:
                _figure(table, line.name, measure, line.cells[measure.name])


def _top(table: Table, week: Overview) -> None:
    """What is reported, as of when, by which policy; then the headings."""
    first, last = week.period.first.isoformat(), week.period.last.isoformat()
    table.write(gettext("Week report %(first)s to %(last)s", first=first, last=last), style="title")
    table.write(gettext("As of"), week.cutoff)
    policy = gettext("%(title)s (version %(id)s)", title=week.policy.title, id=week.policy_id)
    table.write(gettext("Policy"), policy, style="text")
    table.head()


def _figure(table: Table, whose: str, measure: Measure, cell: Cell) -> None:
    """A row of FIGURES. The rates are formulas over the row's own numbers."""
    figure = cell.figure
    rate, numerator, denominator, excluded, before = (
        xl_rowcol_to_cell(table.row, FIGURE_AT[name])
        for name in ("Rate", "Numerator", "Denominator", "Excluded", "Before")
    )
    extra = f"+{figure.weighted_excluded}" if figure.weighted_excluded else ""
    table.write(
        whose,
        measure.title,
        Formula(f'=IF({denominator}=0,"",{numerator}/{denominator})', figure.rate),
        figure.weighted,
        figure.denominator,
        figure.not_due,
        figure.excluded,
        Formula(f'=IF(OR({rate}="",{before}=""),"",({rate}-{before})*100)', cell.change),
        cell.before.rate,
        Formula(
            f'=IF({denominator}+{excluded}=0,"",({numerator}{extra})/({denominator}+{excluded}))',
            figure.raw_rate,
        ),
        gettext("small sample") if cell.small else "",
    )


def _received(table: Table, week: Overview) -> None:
    _section(table, gettext("Orders received"))
    parts: tuple[Mapping[Any, int], ...] = (week.inflow.by_channel, week.inflow.by_nature, week.inflow.by_state)
    for counts in parts:
        for member, number in counts.items():
            table.write("", member, "", number)
    _sum(table, week.inflow.total)


def _dispatched(table: Table, week: Overview) -> None:
    _section(table, gettext("Orders dispatched"))
    for became, number in week.dispatched.fates.items():
        table.write("", became, "", number)
    _sum(table, week.dispatched.total)
    if not week.conserved:
        table.write("", gettext("The parts do not add up to the sum: records are missing or doubled."))


def _definitions(table: Table, week: Overview) -> None:
    _section(table, gettext("Definitions"))
    for measure in week.measures:
        said = [measure.meant(week.policy), measure.known()]
        if reason := measure.because(week.policy):
            said.append(gettext("Excluded: %(reason)s.", reason=reason))
        table.write(measure.title, " ".join(said), style="text")


def _section(table: Table, title: str) -> None:
    table.write()
    table.write(title, style="head")


def _sum(table: Table, total: int) -> None:
    table.write("", gettext("Sum"), "", total, style="head")


# The sheets of rows


Names = Mapping[str, Mapping[str, str]]  # of the codes in a line's field, by the field


def _rows(table: Table, week: Overview, measure: Measure, names: Names, reader: Actor) -> None:
    table.head()
    view = View.of(measure, Frame(week.period, week.cutoff, week.policy_id, week.policy), reader)
    pending = measure.lists_pending(reader)
    rows = judged(measure, week.period, week.cutoff, week.units_seen, pending=pending)
    for row, verdict in rows:
        table.write(*_values(view.line(row, verdict.unit, verdict), names))


def _values(line: AnyLine, names: Names) -> Iterator[Any]:
    """The fields of a line in the order of its columns, units and categories by their names."""
    for part in fields(line):
        value = getattr(line, part.name)
        yield names.get(part.name, {}).get(value, value)
