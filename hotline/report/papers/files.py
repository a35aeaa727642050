"""The files of a report, by their endings: who writes them, of which type they are, what they are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hotline.base.workbook import MEDIA_TYPE as XLSX
from hotline.report.papers.book import paper_book
from hotline.report.papers.circular import MEDIA_TYPE as DOCX
from hotline.report.papers.circular import circular
from hotline.report.papers.flat import paper_csv
from hotline.report.papers.models import PeriodicReport

FILES: Mapping[str, tuple[Callable[[PeriodicReport], bytes], str]] = {
    "docx": (circular, DOCX),
    "xlsx": (paper_book, XLSX),
    "csv": (paper_csv, "text/csv"),
}


def file_name(report: PeriodicReport, form: str) -> str:
    """What a report's file is called: week-2026-11-16.docx."""
    edition = f"-{report.edition}" if report.edition > 1 else ""
    return f"{report.kind}-{report.first.isoformat()}{edition}.{form}"
