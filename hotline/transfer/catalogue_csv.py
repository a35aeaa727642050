"""The dispatch catalogue as a CSV file: the columns of config/city/catalogue.csv, to be edited and handed back."""

from __future__ import annotations

import csv
import io
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

from hotline.base.errors import Invalid
from hotline.base.files import decoded
from hotline.base.i18n import gettext
from hotline.transfer.catalogue import RowKey, Terms
from hotline.transfer.models import CatalogueRow
from hotline.transfer.schemas import FileRow

COLUMNS = ("category", "district", "lead", "assist", "copy", "basis", "power")
BETWEEN = ";"  # units of one cell
LARGEST = 20_000_000  # bytes of a file that was packed
LEVEL = 2  # digits of one level of a category's code


def read_terms(row: Mapping[str, str]) -> Terms:
    """What a row of the file lays down."""
    assist, copy = (tuple(filter(None, row[name].split(BETWEEN))) for name in ("assist", "copy"))
    return Terms(row["lead"], assist, copy, row["basis"], row["power"])


def read_catalogue(content: bytes) -> dict[RowKey, Terms]:
    """The rows of a file somebody hands in; raise Invalid with everything in it that cannot be read, by row."""
    found: dict[RowKey, Terms] = {}
    errors: dict[str, list[str]] = {}
    for number, cells in _rows(content):
        name = gettext("row %(n)s", n=number)
        try:
            row = FileRow().read(cells)
        except Invalid as wrong:
            errors[name] = [f"{column}: {text}" for column, texts in wrong.errors.items() for text in texts]
            continue
        key = _category(row["category"]), row["district"]
        if key in found:
            errors[name] = [
                gettext("lists %(category)s %(district)s again; keep one row", category=key[0], district=key[1])
            ]
        found[key] = read_terms(row)
    if errors:
        raise Invalid(errors)
    return found


def _rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """The rows with their numbers as a spreadsheet shows them."""
    try:
        records = list(csv.reader(io.StringIO(decoded(content), newline="")))
    except (ValueError, csv.Error) as wrong:
        raise Invalid.field("file", gettext("cannot be read; save it as CSV (UTF-8)")) from wrong
    columns = [name.strip() for name in records[0]] if records else []
    if missing := [name for name in COLUMNS if name not in columns]:
        raise Invalid.field(
            "file", gettext("lacks the column %(name)s; the first line must name the columns", name=missing[0])
        )
    return [
        (number, {name: cell for name, cell in zip(columns, record, strict=False) if name in COLUMNS})
        for number, record in enumerate(records, start=1)
        if number > 1 and any(cell.strip() for cell in record)
    ]


def _category(code: str) -> str:
    """The code as it was: spreadsheets take 0101 for a number and drop the zero."""
    return f"0{code}" if code.isdecimal() and len(code) % LEVEL else code


def write_catalogue(rows: Iterable[CatalogueRow]) -> bytes:
    """The rows as a file spreadsheets open: UTF-8 with a byte order mark."""
    out = io.StringIO(newline="")
    lines = csv.writer(out, lineterminator="\r\n")
    lines.writerow(COLUMNS)
    for row in rows:
        units = BETWEEN.join(row.assist), BETWEEN.join(row.copy)
        lines.writerow([row.category_code, row.district, row.lead, *units, row.basis, row.power])
    return out.getvalue().encode("utf-8-sig")


def pack(content: bytes) -> str:
    """A file as the text of a form's field, for the form that confirms it."""
    return b64encode(zlib.compress(content)).decode()


def unpack(text: str) -> bytes:
    """The file of such a field; raise Invalid where it is none."""
    try:
        return zlib.decompressobj().decompress(b64decode(text), LARGEST)
    except (ValueError, zlib.error) as wrong:
        raise Invalid.field("file", gettext("cannot be read; choose it again")) from wrong
