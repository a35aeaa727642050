"""A report as CSV, a line for each number, and as JSON with the address of each number's rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hotline.base.i18n import gettext
from hotline.report.papers.models import PeriodicReport, Stage
from hotline.report.papers.paper import Block, Number, Part, Said, Table, spoken, text
from hotline.report.papers.queries import paper_of, replacing
from hotline.report.papers.titles import head_of
from hotline.report.schemas import instant

Address = Callable[[Number], str | None]
COLUMNS = ("section", "table", "row", "column", "shown", "value")
ACTS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula at the start of a text


def paper_csv(report: PeriodicReport) -> bytes:
    """Every cell of every table, a line each, in UTF-8 with the mark by which spreadsheets know it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for section in paper_of(report).sections:
        for table in section.tables:
            for line in _lines(table):
                writer.writerow([_plain(gettext(section.title)), *line])
    return out.getvalue().encode("utf-8-sig")


def _lines(table: Table) -> Iterator[list[Any]]:
    for row in table.rows:
        name = text(row[1] if table.columns[0].key == "rank" else row[0])
        for column, part in zip(table.columns, row, strict=True):
            value = part.value if isinstance(part, Number) else None
            heading = gettext(column.heading)
            yield [*map(_plain, (text(table.title), name, heading)), _shown(part), "" if value is None else value]


def _shown(part: Part) -> str:
    """A number as it is shown; what has no value is a text, whoever wrote it."""
    return part.shown if isinstance(part, Number) and part.value is not None else _plain(text(part))


def _plain(words: str) -> str:
    return f"'{words}" if words.startswith(ACTS) else words


def report_json(report: PeriodicReport, address: Address) -> dict[str, Any]:
    """A report with what it says, in the reader's language. address: where the rows of a number are."""
    said = paper_of(report) if report.stage in {Stage.MADE, Stage.SIGNED} else None
    return {
        **summary_json(report),
        "sections": said
        and [
            {
                "name": section.name,
                "title": gettext(section.title),
                "blocks": [_block(block, address) for block in section.blocks],
            }
            for section in said.sections
        ],
    }


def summary_json(report: PeriodicReport, later: Mapping[int, int] | None = None) -> dict[str, Any]:
    """A report as a list names it. later: what ``replacing`` says of the list; without it, it is asked."""
    later = replacing([report]) if later is None else later
    head = head_of(report)
    return {
        "id": report.id,
        "kind": report.kind,
        "title": head.title,
        "issue": head.issue,
        "first_day": report.first.isoformat(),
        "last_day": report.last.isoformat(),
        "cutoff": instant(report.cutoff),
        "policy_id": report.policy_id,
        "edition": report.edition,
        "replaced_by_edition": later.get(report.id),
        "narrowed_to": {"unit": report.unit_code, "category": report.category_code, "district": report.district_code},
        "state": report.stage,
        "progress": report.progress,
        "step": gettext(report.step) if report.step else "",
        "error": report.error,
        "remarks": report.remarks,
        "remarks_version": report.remarks_version,
        "asked_by": report.asked_by,
        "made_at": report.made_at and instant(report.made_at),
        "signed_by": report.signed_by,
        "signed_at": report.signed_at and instant(report.signed_at),
    }


def _block(block: Block, address: Address) -> dict[str, Any]:
    if isinstance(block, Said):
        numbers = [one for one in spoken(block) if isinstance(one, Number)]
        return {"text": text(block), "numbers": [_number(one, address) for one in numbers]}
    return {
        "title": text(block.title),
        "columns": [
            {"key": column.key, "heading": gettext(column.heading), "form": column.form} for column in block.columns
        ],
        "rows": [[_cell(part, address) for part in row] for row in block.rows],
        "last_row_is_sum": block.total,
        "note": text(block.note),
    }


def _cell(part: Part, address: Address) -> Any:
    return _number(part, address) if isinstance(part, Number) else text(part)


def _number(number: Number, address: Address) -> dict[str, Any]:
    return {"shown": number.shown, "value": number.value, "rows": address(number)}
