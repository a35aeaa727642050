"""Reading the CSV files operators hand in: UTF-8 (with or without BOM) or GB18030, any of the usual line ends."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path


def read_csv(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file with a header; raise ValueError where it has none."""
    reader = csv.DictReader(io.StringIO(decoded(path.read_bytes()), newline=""))
    if not reader.fieldnames:
        raise ValueError(f"{path.name}: the file is empty; its first line must name the columns")
    for row in reader:
        yield {name: (value or "") for name, value in row.items() if name is not None}


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, with or without a byte order mark, or in GB18030."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")
