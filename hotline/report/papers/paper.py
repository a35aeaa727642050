"""What a report says: sections of sentences and tables, kept as they were on the day, in no language yet.

A sentence is a marked message with its parts; it is translated where it is shown, so that one kept report reads in
both languages. Every number carries the text it is shown as, its value, and what opens its rows. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hotline.base.i18n import gettext

PLACE = re.compile(r"%\((\w+)\)s")

# What opens the rows of a number: the fields of a ``Wanted``; or {"alarm": id}, {"order": number}, {"topic": id}; or {"section": name}
# where the report itself lists them.
Behind = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Number:
    """A figure. shown: as every rendering writes it. value: exact enough to calculate with; None where there is none."""

    shown: str
    value: float | None = None
    behind: Behind | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A marked message and what stands in its places."""

    message: str
    parts: Mapping[str, Part] = field(default_factory=dict)


Part = str | Number | Said | None


def spoken(part: Part) -> Iterator[str | Number]:
    """A part as texts and numbers in the reader's language, in the order they are read."""
    match part:
        case None:
            return
        case Said():
            for at, piece in enumerate(PLACE.split(gettext(part.message))):
                if at % 2:
                    yield from spoken(part.parts[piece])
                elif piece:
                    yield piece
        case _:
            yield part


def text(part: Part) -> str:
    """A part as plain text in the reader's language."""
    return "".join(piece.shown if isinstance(piece, Number) else piece for piece in spoken(part))


class Form(StrEnum):
    """How the values of a column are written in a sheet."""

    TEXT = "text"
    COUNT = "count"
    AMOUNT = "amount"
    RATE = "rate"
    POINTS = "points"


class Drawn(StrEnum):
    """What a page draws from a table: bars of counts, rates with their interval, lines over periods, or nothing."""

    NOTHING = ""
    BARS = "bars"
    INTERVALS = "intervals"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    formula: what a sheet calculates instead of the value: other columns by their keys in braces, {key_sum} for the
    sum of one. aside: left out where there is no room, on paper. inside: free words, left out of what is circulated.
    """

    key: str
    heading: str
    form: Form = Form.TEXT
    formula: str = ""
    aside: bool = False
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings. total: whether a last row sums the counts up. note: what is to be read with it."""

    title: Part
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Part]]
    total: bool = False
    drawn: Drawn = Drawn.NOTHING
    note: Part = None


Block = Said | Table


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under a heading. name: its anchor, and its sheet."""

    name: str
    title: str
    blocks: tuple[Block, ...]

    @property
    def tables(self) -> list[Table]:
        """Its tables."""
        return [block for block in self.blocks if isinstance(block, Table)]


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole report."""

    sections: tuple[Section, ...]

    def section(self, name: str) -> Section:
        """The section of a name, which must be there."""
        return next(section for section in self.sections if section.name == name)


# Kept as JSON


def as_json(paper: Paper) -> dict[str, Any]:
    """A report as it is kept."""
    return {"sections": [_section(section) for section in paper.sections]}


def from_json(kept: Mapping[str, Any]) -> Paper:
    """A kept report."""
    return Paper(tuple(_read_section(section) for section in kept["sections"]))


def _section(section: Section) -> dict[str, Any]:
    blocks = [_table(block) if isinstance(block, Table) else _part(block) for block in section.blocks]
    return {"name": section.name, "title": section.title, "blocks": blocks}


def _read_section(kept: Mapping[str, Any]) -> Section:
    blocks = tuple(_read_table(block) if "columns" in block else _read_part(block) for block in kept["blocks"])
    return Section(kept["name"], kept["title"], blocks)  # type: ignore[arg-type]  # a kept block is no plain text


def _table(table: Table) -> dict[str, Any]:
    columns = [{name: getattr(column, name) for name in COLUMN} for column in table.columns]
    return {
        "title": _part(table.title),
        "columns": columns,
        "rows": [[_part(cell) for cell in row] for row in table.rows],
        "total": table.total,
        "drawn": table.drawn,
        "note": _part(table.note),
    }


COLUMN = ("key", "heading", "form", "formula", "aside", "inside")


def _read_table(kept: Mapping[str, Any]) -> Table:
    columns = tuple(Column(**{**column, "form": Form(column["form"])}) for column in kept["columns"])
    rows = [[_read_part(cell) for cell in row] for row in kept["rows"]]
    return Table(
        _read_part(kept["title"]), columns, rows, kept["total"], Drawn(kept["drawn"]), _read_part(kept["note"])
    )


def _part(part: Part) -> Any:
    match part:
        case Number():
            behind = dict(part.behind) if part.behind is not None else None
            return {"shown": part.shown, "value": part.value, "behind": behind}
        case Said():
            return {"message": part.message, "parts": {name: _part(one) for name, one in part.parts.items()}}
        case _:
            return part


def _read_part(kept: Any) -> Part:
    match kept:
        case {"shown": shown, "value": value, "behind": behind}:
            return Number(shown, value, behind)
        case {"message": message, "parts": parts}:
            return Said(message, {name: _read_part(one) for name, one in parts.items()})
        case None | str():
            return kept
        case _:
            raise ValueError(f"{kept!r} is no part of a report")
