"""The table an import reads, the map from its columns to the fields of a complaint, and the report it leaves. No database."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hotline.base.errors import Invalid
from hotline.base.files import decoded

RECEIVED_AT, UPSTREAM_DUE = "received_at", "upstream_due"
FIELDS = (
    "title",
    "text",
    "address",
    "phone",
    "name",
    "requester",
    "nature",
    "urgency",
    "district",
    "category",
    "external_id",
    RECEIVED_AT,
    UPSTREAM_DUE,
    "secret",
)
CHINESE_COLUMNS = {
    "标题": "title",
    "内容": "text",
    "地址": "address",
    "电话": "phone",
    "姓名": "name",
    "诉求人类别": "requester",
    "性质": "nature",
    "诉求时间": RECEIVED_AT,
    "上级时限": UPSTREAM_DUE,
    "编号": "external_id",
}
REPORT_COLUMNS = ["row", "errors"]

Errors = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet shows it (the header is 1), its cells by column, cells without one."""

    number: int
    cells: Mapping[str, str]
    surplus: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that became no order, and why, by field."""

    row: Row
    errors: Errors


class Table:
    """A CSV file: its columns, and its rows as often as they are asked for."""

    def __init__(self, path: Path) -> None:
        """Read the file; raise Invalid where it is no CSV table with a header."""
        try:
            self._text = decoded(path.read_bytes())
            self.columns = [name.strip() for name in next(self._records(), [])]
            self.size = sum(1 for _ in self)
        except (OSError, ValueError, csv.Error) as wrong:
            raise Invalid.field("file", f"{path} cannot be read: {wrong}") from wrong
        if not any(self.columns):
            raise Invalid.field("file", f"{path} is empty; its first line must name the columns")

    def __iter__(self) -> Iterator[Row]:
        """Read the rows that are not blank."""
        width = len(self.columns)
        for number, record in enumerate(self._records(), start=1):
            if number > 1 and any(cell.strip() for cell in record):
                padded = [*record, *[""] * (width - len(record))]
                yield Row(number, dict(zip(self.columns, padded, strict=False)), tuple(record[width:]))

    def _records(self) -> Iterator[list[str]]:
        return csv.reader(io.StringIO(self._text, newline=""))


def column_map(pairs: Iterable[str], columns: Sequence[str]) -> dict[str, str]:
    """Field → column, from ``field=column`` pairs or, without any, from the names of the columns.

    Raises Invalid for a field or a column that is not known, and where nothing holds the text.
    """
    mapping: dict[str, str] = {}
    for pair in pairs:
        name, _, column = (part.strip() for part in pair.partition("="))
        if name not in FIELDS:
            raise Invalid.field("map", f"{name!r} is not a field; the fields are: {', '.join(FIELDS)}")
        if name in mapping:
            raise Invalid.field("map", f"{name} is given twice")
        mapping[name] = column
    mapping = mapping or _default_map(columns)
    for name, column in mapping.items():
        if list(columns).count(column) != 1:
            problem = "several columns called" if column in columns else "no column"
            raise Invalid.field(
                "map", f"{name}={column}: the file has {problem} {column!r}; it has: {', '.join(columns)}"
            )
    if "text" not in mapping:
        raise Invalid.field("map", f"say which column holds the text: --map text=…; the file has: {', '.join(columns)}")
    return mapping


def _default_map(columns: Sequence[str]) -> dict[str, str]:
    named = {name: name for name in FIELDS if name in columns}
    chinese = {name: column for column, name in CHINESE_COLUMNS.items() if column in columns}
    return {**chinese, **named}


class Report:
    """The file of rejected rows beside the input: row, errors and the original columns; it can be mended and imported."""

    def __init__(self, table: Path, columns: Sequence[str]) -> None:
        """Begin the file; raise Invalid where it cannot be written."""
        self.path = table.with_name(f"{table.stem}.rejected.csv")
        self._written = 0
        # A report that is imported again brings its own two columns.
        self._columns = list(columns[2:]) if list(columns[:2]) == REPORT_COLUMNS else list(columns)
        try:
            with self.path.open("w", encoding="utf-8-sig", newline="") as out:
                csv.writer(out).writerow([*REPORT_COLUMNS, *self._columns])
        except OSError as wrong:
            raise Invalid.field("file", f"{self.path} cannot be written: {wrong}") from wrong

    def write(self, rejected: Sequence[Rejection]) -> None:
        """Add the rejections that are not in the file yet."""
        with self.path.open("a", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(self._line(rejection) for rejection in rejected[self._written :])
        self._written = len(rejected)

    def _line(self, rejection: Rejection) -> list[str]:
        row = rejection.row
        why = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in rejection.errors.items())
        return [str(row.number), why, *(row.cells[name] for name in self._columns), *row.surplus]
