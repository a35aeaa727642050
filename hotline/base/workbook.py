"""Sheets (.xlsx) as every room writes them: numbers stay numbers, instants are dates in city time, text is never a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from io import BytesIO
from itertools import count
from typing import Any, Self
from zoneinfo import ZoneInfo

import xlsxwriter

from hotline.base.i18n import gettext, label

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FONT = {"font_name": "Microsoft YaHei", "font_size": 10}
# Rows leave memory as they are written.
OPTIONS = {"constant_memory": True, "default_format_properties": FONT}
LINED = {"bottom": 7, "bottom_color": "#C4CBD3"}  # a hair line under each row
NUMBER = {**LINED, "align": "right"}
FORMATS: dict[str, dict[str, Any]] = {
    "text": LINED,
    "title": {"bold": True, "font_size": 14},
    "label": {"bold": True},
    "prose": {"text_wrap": True, "valign": "top"},
    "head": {"bold": True, "bottom": 1, "bg_color": "#E9EDF2", "text_wrap": True, "valign": "top"},
    "head_number": {
        "bold": True,
        "bottom": 1,
        "bg_color": "#E9EDF2",
        "text_wrap": True,
        "valign": "top",
        "align": "right",
    },
    "rate": {"num_format": "0.00%", **NUMBER},
    "points": {"num_format": "+0.00;-0.00;0.00", **NUMBER},
    "count": {"num_format": "#,##0", **NUMBER},
    "amount": {"num_format": "#,##0.##", **NUMBER},
    "instant": {"num_format": "yyyy-mm-dd hh:mm", **LINED},
}
A4 = 9  # the format's number for it
LINE = 15  # height of a line of text, in points
NAME_LENGTH = 31  # the format's own limit for a sheet's name
NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")

# A column: its heading, its width in characters, the format of its values.
Column = tuple[str, float, str]


class Formula:
    """A formula and what it gives, for readers that do not calculate."""

    def __init__(self, text: str, result: Fraction | float | None) -> None:
        self.text = text
        self.result: float | str = "" if result is None else float(result)


class Book:
    """The workbook being written, in one city's time. Leaving it closes what it keeps on disk meanwhile."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.out = BytesIO()
        self.file = xlsxwriter.Workbook(self.out, OPTIONS)
        self.formats = {name: self.file.add_format({**FONT, **form}) for name, form in FORMATS.items()}
        self._numbers = count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def sheet(self, name: str, columns: Iterable[Column]) -> Table:
        """A new sheet; its number makes its name unique in every language."""
        numbered = f"{next(self._numbers)} {NOT_IN_NAMES.sub(' ', name)}"
        return Table(self, self.file.add_worksheet(numbered[:NAME_LENGTH]), tuple(columns))


class Table:
    """One sheet, written row by row from the top."""

    def __init__(self, book: Book, sheet: Any, columns: tuple[Column, ...]) -> None:
        self.book = book
        self.sheet = sheet
        self.columns = columns
        self.row = 0
        for at, (_, width, _) in enumerate(columns):
            sheet.set_column(at, at, width)

    def write(self, *values: Any, style: str | None = None) -> None:
        """The next row; each value in the format of its column, or all in one."""
        for at, value in enumerate(values):
            self._cell(at, value, style or self.columns[at][2])
        self.row += 1

    def head(self) -> None:
        """The row of headings; it and all above it stay in sight."""
        self.write(*(gettext(heading) for heading, _, _ in self.columns), style="head")
        self.sheet.freeze_panes(self.row, 0)

    def head_of(self, columns: Iterable[Column]) -> None:
        """Headings of other columns from here on, over numbers on the right; two lines high."""
        self.columns = tuple(columns)
        self.sheet.set_row(self.row, LINE * 2)
        for at, (heading, _, form) in enumerate(self.columns):
            self._cell(at, gettext(heading), "head" if form == "text" else "head_number")
        self.row += 1

    def say(self, words: str, across: int, lines: int) -> None:
        """A paragraph over some columns, so many lines high."""
        self.sheet.set_row(self.row, LINE * lines)
        form = self.book.formats["prose"]
        self.sheet.merge_range(self.row, 0, self.row, across - 1, "", form)
        self.sheet.write_string(self.row, 0, words, form)  # as text even where it begins with "="
        self.row += 1

    def print_wide(self) -> None:
        """Let it print on A4 across, one page wide."""
        self.sheet.set_landscape()
        self.sheet.set_paper(A4)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.set_footer("&C— &P —")

    def _cell(self, at: int, value: Any, style: str) -> None:
        where, form = (self.row, at), self.book.formats[style]
        match value:
            case None | "":
                pass
            case Formula():
                self.sheet.write_formula(*where, value.text, form, value.result)
            case datetime():
                local = value.astimezone(self.book.zone).replace(tzinfo=None)  # the format knows no zones
                self.sheet.write_datetime(*where, local, self.book.formats["instant"])
            case bool():
                self.sheet.write_string(*where, gettext("yes") if value else gettext("no"), form)
            case int() | float() | Decimal() | Fraction():
                self.sheet.write_number(*where, float(value), form)
            case StrEnum():
                self.sheet.write_string(*where, label(value), form)
            case _:
                # As text even where it begins with "=": a citizen's title is never a formula.
                self.sheet.write_string(*where, str(value), form)
