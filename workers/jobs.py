"""The jobs, by name: thin, given ids only, safe to run twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from hotline.notices.operations import tell
from hotline.notices.outside import send
from hotline.report.operations import make_report

Job = Callable[[UUID, Mapping[str, Any], datetime], None]


def _tell(delivery_id: UUID, arguments: Mapping[str, Any], now: datetime) -> None:
    tell(arguments["event_id"], delivery_id, now)


def _make_report(_delivery_id: UUID, arguments: Mapping[str, Any], now: datetime) -> None:
    make_report(arguments["report_id"], now)


JOBS: dict[str, Job] = {"tell": _tell, "send": send, "make_report": _make_report}
