"""What is sent of a report: a few words, a link, and the document for circulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hotline.base.db import db
from hotline.base.i18n import DEFAULT, gettext, speaking
from hotline.base.links import address_outside
from hotline.report.papers.circular import MEDIA_TYPE, circular
from hotline.report.papers.models import PeriodicReport
from hotline.report.papers.paper import Said, text
from hotline.report.papers.queries import paper_of
from hotline.report.papers.titles import head_of


@dataclass(frozen=True, slots=True)
class Letter:
    """A report as it is sent. ``facts`` are for programs; the document is drawn where it is called for."""

    subject: str
    text: str
    facts: Mapping[str, Any]
    file_name: str
    media_type: str
    document: Callable[[], bytes]


def letter_of(report_id: int) -> Letter:
    """A report as it is sent, in the city's language."""
    report = db.session.get_one(PeriodicReport, report_id)
    link = address_outside("papers.shown", report_id=report.id)
    with speaking(DEFAULT):
        head = head_of(report)
        said = [text(block) for block in paper_of(report).section("summary").blocks if isinstance(block, Said)]
        signed = gettext("Signed by: %(name)s", name=report.signed_by) if report.signed_by else ""
        lines = [head.days, *filter(None, report.remarks.splitlines()), *said, signed, link]
        return Letter(
            subject=f"{head.title} {head.issue}",
            text="\n".join(filter(None, lines)) + "\n",
            facts={
                "action": "report",
                "report": report.id,
                "kind": report.kind.value,
                "first": report.first.isoformat(),
                "last": report.last.isoformat(),
                "edition": report.edition,
                "link": link,
            },
            file_name=f"{head.title} {head.issue}.docx",
            media_type=MEDIA_TYPE,
            document=partial(_document, report),
        )


def _document(report: PeriodicReport) -> bytes:
    with speaking(DEFAULT):
        return circular(report)
