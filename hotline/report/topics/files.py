"""Orders of a CSV file, for finding their topics without a database; the texts a city begins with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from config.settings import HERE
from hotline.base.errors import Invalid
from hotline.base.files import read_csv
from hotline.base.i18n import gettext
from hotline.report.topics.clustering import Told, told

SLOT = re.compile(r"\{\w+\}")
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # nobody told them; they are never compared
TIMES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d")


def read_orders(path: Path, columns: Mapping[str, str], user: str = "") -> tuple[list[Told], dict[int, str]]:
    """The orders of a file, and who told each: the id itself where there is no column for it.

    columns: where to find id, time, title and detail. user: where to find who told.

    Raises Invalid where a column is missing, or a row has no whole number as id or no time.
    """
    rows = list(read_csv(path))
    for part, column in columns.items():
        if rows and column not in rows[0]:
            raise Invalid.field(part, gettext("the file has no column %(name)s", name=column))
    orders = [_order(row, columns, line) for line, row in enumerate(rows, start=2)]
    return orders, {one.id: row.get(user) or str(one.id) for one, row in zip(orders, rows, strict=True)}


@lru_cache(maxsize=1)
def sample_texts() -> tuple[Told, ...]:
    """Texts that travel with the product: by them words are common or rare where there are few orders yet."""
    rows = read_csv(HERE / "sample" / "texts.csv")
    plain = ([SLOT.sub(" ", row[part]) for part in ("title", "text")] for row in rows)
    return tuple(told(-number, NEVER, title, said) for number, (title, said) in enumerate(plain, start=1))


def _order(row: Mapping[str, str], columns: Mapping[str, str], line: int) -> Told:
    given = {part: row[column].strip() for part, column in columns.items()}
    if not given["id"].isdecimal():
        raise Invalid.field("id", gettext("line %(line)s: give a whole number", line=line))
    at = next((time for time in (_time(given["time"], form) for form in TIMES) if time), None)
    if at is None:
        raise Invalid.field("time", gettext("line %(line)s: give a time, e.g. 2026-11-25 09:30:00", line=line))
    return told(int(given["id"]), at, given["title"], given["detail"])


def _time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)  # noqa: DTZ007 # of the file's own city; only differences count
    except ValueError:
        return None
