"""Periodic reports (日报、周报、月报、季报、年报、专报) a policy asks for: which, when, and who is sent them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from typing import Any

from hotline.base.i18n import gettext, mark, name_members
from hotline.base.time import Kind


class Mailed(StrEnum):
    """When a report goes to those who are sent reports."""

    SIGNED = "signed"
    MADE = "made"
    NEVER = "never"


# What a report of each kind of period is called; of a range of days, 专报.
NAMES = {
    Kind.DAY: mark("Daily report"),
    Kind.WEEK: mark("Weekly report"),
    Kind.MONTH: mark("Monthly report"),
    Kind.QUARTER: mark("Quarterly report"),
    Kind.YEAR: mark("Yearly report"),
    Kind.RANGE: mark("Special report"),
}
name_members(
    {
        Mailed.SIGNED: mark("when signed"),
        Mailed.MADE: mark("when made"),
        Mailed.NEVER: mark("not at all"),
    }
)


def report_name(kind: Kind) -> str:
    """What a report is called in the reader's language."""
    return gettext(NAMES[kind])


LATEST = 60  # days after a period's end by which its report is made


@dataclass(frozen=True, slots=True)
class Due:
    """When a report is made: so many days after its period has ended (1: the next day), at a city time."""

    kind: Kind
    days: int
    at: time


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports that are made by the clock, and when they are mailed."""

    due: tuple[Due, ...] = ()
    mailed: Mailed = Mailed.SIGNED


def read_reports(section: Mapping[str, Any]) -> Reports:
    """The section ``reports`` of a policy; raise ValueError with the entry and the mend."""
    due = tuple(_due(row) for row in section.get("due", ()))
    kinds = [one.kind for one in due]
    if twice := next((kind for kind in kinds if kinds.count(kind) > 1), None):
        raise ValueError(f"reports.due: {twice} is there twice; keep one row")
    return Reports(due, _member(Mailed, section.get("mailed", Mailed.SIGNED), "reports.mailed"))


def _due(row: Mapping[str, Any]) -> Due:
    kind = _member(Kind, row["kind"], "reports.due: kind")
    if kind is Kind.RANGE:
        raise ValueError("reports.due: a special report is made by hand; leave it out")
    days = int(row.get("days", 1))
    if not 1 <= days <= LATEST:
        raise ValueError(f"reports.due: {kind}: give days from 1 to {LATEST}")
    try:
        return Due(kind, days, time.fromisoformat(row["at"]))
    except (ValueError, TypeError) as wrong:
        raise ValueError(f"reports.due: {kind}: {row['at']!r} is no time of day; write it as 08:00") from wrong


def _member(values: Any, written: str, where: str) -> Any:
    try:
        return values(written)
    except ValueError as unknown:
        raise ValueError(f"{where}: {unknown}; use one of {', '.join(values)}") from unknown
