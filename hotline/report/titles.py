"""What a report is called, and its days in words, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import format_date, format_datetime

from hotline.base.i18n import gettext, label, language, mark
from hotline.base.time import Period
from hotline.policy import queries as policies
from hotline.policy.folder import read_city
from hotline.policy.reports import ReportKind
from hotline.report.models import PeriodicReport
from hotline.report.periods import QUARTER

TITLES = {
    ReportKind.DAY: mark("Daily report of the %(city)s %(hotline)s hotline"),
    ReportKind.WEEK: mark("Weekly report of the %(city)s %(hotline)s hotline"),
    ReportKind.MONTH: mark("Monthly report of the %(city)s %(hotline)s hotline"),
    ReportKind.QUARTER: mark("Quarterly report of the %(city)s %(hotline)s hotline"),
    ReportKind.YEAR: mark("Yearly report of the %(city)s %(hotline)s hotline"),
}


@dataclass(frozen=True, slots=True)
class Head:
    """What stands over a report. issue: which one it is, such as the week of the year; number: a short name for lists."""

    title: str
    issue: str
    days: str
    cutoff: str
    office: str


def head_of(report: PeriodicReport) -> Head:
    """What stands over a report."""
    city = _city()
    period = period_of_report(report)
    return Head(
        title=report.title or gettext(TITLES[report.kind], **city),
        issue=issue_words(report.kind, period),
        days=days_words(period),
        cutoff=instant_words(report.cutoff),
        office=gettext("%(city)s %(hotline)s hotline center", **city),
    )


def period_of_report(report: PeriodicReport) -> Period:
    """The days a report covers, in the city's zone."""
    return Period(report.first, report.last, policies.calendar_now().zone)


def short_title(report: PeriodicReport) -> str:
    """A report in a list: Weekly report, 2026 week 47."""
    return report.title or f"{label(report.kind)} {issue_words(report.kind, period_of_report(report))}"


def issue_words(kind: ReportKind, period: Period) -> str:
    """Which one of its kind: 2026 week 47; of a special report, its days."""
    first = period.first
    match kind:
        case ReportKind.WEEK:
            year, week, _ = first.isocalendar()
            return gettext("%(year)s, week %(week)s", year=year, week=week)
        case ReportKind.MONTH:
            return _date(first, "y年M月", "MMMM y")
        case ReportKind.QUARTER:
            return gettext("%(year)s, quarter %(quarter)s", year=first.year, quarter=(first.month - 1) // QUARTER + 1)
        case ReportKind.YEAR:
            return _date(first, "y年", "y")
        case ReportKind.DAY:
            return _date(first, "y年M月d日", "d MMMM y")
        case ReportKind.SPECIAL:
            return days_words(period)


def days_words(period: Period) -> str:
    """The days of a period: 16 Nov – 22 Nov 2026."""
    first, last = period.first, period.last
    if first == last:
        return _date(first, "y年M月d日", "d MMM y")
    if language() == "zh":
        pattern = "y年M月d日" if first.year != last.year else "M月d日"
        return f"{_date(first, 'y年M月d日', '')}—{_date(last, pattern, '')}"
    return f"{_date(first, '', 'd MMM' if first.year == last.year else 'd MMM y')} – {_date(last, '', 'd MMM y')}"


def instant_words(at: datetime) -> str:
    """An instant in city time with its year."""
    local = at.astimezone(policies.calendar_now().zone).replace(tzinfo=None)
    pattern = "y年M月d日 HH:mm" if language() == "zh" else "d MMM y HH:mm"
    return str(format_datetime(local, pattern, rebase=False))


def _date(day: Any, chinese: str, english: str) -> str:
    return str(format_date(day, chinese if language() == "zh" else english))


def _city() -> dict[str, str]:
    city = read_city(current_app.config["SETTINGS"].city_dir)
    return {"city": city["name_en"] if language() == "en" else city["name"], "hotline": str(city["hotline"])}
