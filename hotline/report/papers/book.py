"""A report as a workbook (.xlsx): a sheet for each section, rates and sums as formulas over the counts beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from hotline.base.i18n import gettext
from hotline.base.workbook import Book, Formula
from hotline.base.workbook import Table as Sheet
from hotline.report.papers.models import PeriodicReport
from hotline.report.papers.paper import Column, Form, Number, Part, Said, Section, Table, text
from hotline.report.papers.queries import paper_of
from hotline.report.papers.titles import Head, head_of, period_of_report

PLACE = re.compile(r"\{(\w+?)(_sum)?\}")
WIDEST, NARROWEST = 40, 11
LEAST = 90  # all columns together
MOST_LINES = 26  # a row is at most 409 points high
TITLE_HEIGHT = 24  # points


def paper_book(report: PeriodicReport) -> bytes:
    """The workbook of a report. Raises NotFound while it is being made."""
    paper, head = paper_of(report), head_of(report)
    with_tables = [section for section in paper.sections if section.tables]
    without = [section for section in paper.sections if not section.tables]
    with Book(period_of_report(report).zone) as book:
        for at, section in enumerate(with_tables):
            _section(book, section, head, report, last=() if at else without)
    return book.out.getvalue()


def _section(book: Book, section: Section, head: Head, report: PeriodicReport, last: Sequence[Section]) -> None:
    """A sheet: its sentences and tables, one below the other. last: sections of a sentence only, which come after."""
    widths = _widths(section)
    sheet = book.sheet(gettext(section.title), [("", width, Form.TEXT) for width in widths])
    sheet.print_wide()
    sheet.sheet.set_row(sheet.row, TITLE_HEIGHT)
    sheet.write(f"{head.title} {head.issue}", style="title")
    _say(sheet, gettext("%(days)s, as of %(cutoff)s", days=head.days, cutoff=head.cutoff), widths)
    _say(sheet, report.remarks if section.name == "summary" else "", widths)
    one = len(section.tables) == 1
    if not one:
        sheet.sheet.freeze_panes(sheet.row, 0)
    for block in section.blocks:
        if isinstance(block, Said):
            _say(sheet, text(block), widths)
        elif block.rows:
            _table(sheet, block, widths, freeze=one)
    for other in last:
        sheet.write()
        sheet.write(gettext(other.title), style="label")
        for block in other.blocks:
            _say(sheet, text(block) if isinstance(block, Said) else "", widths)


def _say(sheet: Sheet, words: str, widths: Sequence[float]) -> None:
    """Paragraphs over all columns, each as many lines high as it takes; one too high for a row goes on in the next."""
    room = int(sum(widths))
    most = room * MOST_LINES // 2  # a Chinese character takes two
    for line in filter(None, words.splitlines()):
        for piece in (line[at : at + most] for at in range(0, len(line), most)):
            sheet.say(piece, len(widths), -(-int(_width(piece)) // room))


def _table(sheet: Sheet, table: Table, widths: Sequence[float], *, freeze: bool) -> None:
    sheet.write()
    sheet.write(text(table.title), style="label")
    sheet.head_of((column.heading, NARROWEST, column.form) for column in table.columns)
    if freeze:
        sheet.sheet.freeze_panes(sheet.row, 1)
    top = sheet.row
    for at, row in enumerate(table.rows):
        summed = table.total and at == len(table.rows) - 1
        sheet.write(*(_value(table, column, row, top, at, summed=summed) for column in range(len(row))))
    if note := text(table.note):
        _say(sheet, note, widths)


def _value(table: Table, at: int, row: Sequence[Part], top: int, number: int, *, summed: bool) -> Any:
    """What stands in a cell: a formula where the column has one, or where it is the sum of those above; else the value."""
    column, part = table.columns[at], row[at]
    if not isinstance(part, Number):
        return text(part)
    if summed and column.form is Form.COUNT and number:
        return Formula(f"=SUM({xl_range(top, at, top + number - 1, at)})", part.value)
    if column.formula and column.form is not Form.TEXT:
        return Formula(f'=IFERROR({_formula(table, column, top, number)},"")', part.value)
    # Where there is no number stands a dash, not nothing: a formula would take nothing for 0.
    return part.shown if part.value is None else part.value


def _formula(table: Table, column: Column, top: int, number: int) -> str:
    keys = [one.key for one in table.columns]
    last = top + len(table.rows) - 1

    def cell(place: re.Match[str]) -> str:
        at = keys.index(place[1])
        if place[2]:
            return str(xl_rowcol_to_cell(last, at, row_abs=True))
        return str(xl_rowcol_to_cell(top + number, at))

    return PLACE.sub(cell, column.formula)


def _widths(section: Section) -> list[float]:
    """How wide each column has to be for what stands in it, in whichever table of the section."""
    widths: list[float] = []
    for table in section.tables:
        for at in range(len(table.columns)):
            longest = max([NARROWEST, *(_width(text(row[at])) for row in table.rows)])
            if at == len(widths):
                widths.append(NARROWEST)
            widths[at] = min(WIDEST, max(widths[at], longest))
    widths[0] += max(0, LEAST - sum(widths))  # room for the sentences
    return widths


def _width(words: str) -> float:
    return sum(2.0 if ord(char) > 0x2E7F else 1.1 for char in words) + 1  # noqa: PLR2004 # where CJK begins
