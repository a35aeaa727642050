"""A progress sheet as a workbook (.xlsx): how many items stand where, and each item."""

from __future__ import annotations

from fractions import Fraction

from xlsxwriter.utility import xl_rowcol_to_cell

from hotline.base.i18n import gettext, mark
from hotline.base.workbook import Book, Column, Formula, Table
from hotline.ledgers.sheets import Progress
from hotline.orders.deadlines import is_provisional
from hotline.people.queries import unit_names

FIGURES: tuple[Column, ...] = ((mark("Standing"), 30, "text"), (mark("Items"), 11, "count"))
ITEMS: tuple[Column, ...] = (
    (mark("No."), 6, "count"),
    (mark("Matter"), 40, "text"),
    (mark("Promised or laid down"), 30, "text"),
    (mark("Number of the platform"), 18, "text"),
    (mark("Order"), 18, "text"),
    (mark("Unit"), 30, "text"),
    (mark("Standing"), 14, "text"),
    (mark("State"), 14, "text"),
    (mark("Due"), 17, "instant"),
    (mark("Provisional"), 11, "text"),
    (mark("By"), 12, "text"),
    (mark("Overdue"), 10, "text"),
    (mark("Struck off"), 17, "instant"),
    (mark("In this period"), 12, "text"),
    (mark("What was achieved"), 40, "text"),
)


def progress_book(progress: Progress) -> bytes:
    """The workbook of a progress sheet. The total and the rate are formulas over the parts."""
    with Book(progress.period.zone) as book:
        _figures(book.sheet(gettext("Progress"), FIGURES), progress)
        _items(book.sheet(gettext("Items"), ITEMS), progress)
    return book.out.getvalue()


def _figures(table: Table, progress: Progress) -> None:
    counted = progress.tally
    table.write(progress.ledger.title, style="title")
    first, last = progress.period.first.isoformat(), progress.period.last.isoformat()
    table.write(gettext("%(start)s to %(end)s", start=first, end=last), style="text")
    table.head()
    top = table.row
    for standing, number in counted.parts.items():
        table.write(standing, number)
    first_part, last_part = xl_rowcol_to_cell(top, 1), xl_rowcol_to_cell(table.row - 1, 1)
    total = xl_rowcol_to_cell(table.row, 1)
    table.write(gettext("Sum"), Formula(f"=SUM({first_part}:{last_part})", Fraction(counted.total)))
    rate = Formula(f'=IF({total}=0,"",{last_part}/{total})', counted.rate)
    table.write(gettext("Part struck off"), rate, style="rate")
    table.write(gettext("Struck off in this period"), len(progress.struck_off))
    table.write(gettext("Overdue"), counted.overdue)


def _items(table: Table, progress: Progress) -> None:
    table.head()
    units, fresh = unit_names(), progress.struck_off
    for line in progress.lines:
        table.write(
            line.position,
            line.matter,
            line.promise,
            line.external_id,
            line.number,
            units.get(line.unit or "", ""),
            line.standing,
            line.state,
            line.due_at,
            line.due_at is not None and is_provisional(line.due_at),
            line.due_on,
            line.overdue,
            line.struck_off_at,
            line in fresh,
            line.note,
        )
