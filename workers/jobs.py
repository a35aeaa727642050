"""The jobs, by name: thin, given ids only, safe to run twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hotline.notices.channels import Document, Message
from hotline.notices.operations import tell
from hotline.notices.outside import leave_for_report, send, send_to
from hotline.report.papers.mailing import letter_of
from hotline.report.papers.operations import make_report

LONGEST_RUN = 3600  # seconds after which RQ breaks off what takes long; what does not has RQ's own limit

Job = Callable[[UUID, Mapping[str, Any], datetime], None]


def _tell(delivery_id: UUID, arguments: Mapping[str, Any], now: datetime) -> None:
    tell(arguments["event_id"], delivery_id, now)


def _make_report(_delivery_id: UUID, arguments: Mapping[str, Any], now: datetime) -> None:
    make_report(arguments["report_id"], now)


def _tell_report(delivery_id: UUID, arguments: Mapping[str, Any], now: datetime) -> None:
    leave_for_report(arguments["report_id"], delivery_id, now)


def _send_report(delivery_id: UUID, arguments: Mapping[str, Any], now: datetime) -> None:
    letter = letter_of(arguments["report_id"])
    document = Document(letter.file_name, letter.media_type, letter.document)
    message = Message(letter.subject, letter.text, letter.facts, document)
    send_to(arguments["subscription_id"], message, delivery_id, now)


JOBS: dict[str, Job] = {
    "tell": _tell,
    "send": send,
    "make_report": _make_report,
    "tell_report": _tell_report,
    "send_report": _send_report,
}
