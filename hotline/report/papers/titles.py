"""What a report is called, and its days in words, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import current_app

from hotline.base.i18n import dated, gettext, language, mark
from hotline.base.time import Kind, Period
from hotline.policy import queries as policies
from hotline.policy.folder import read_city
from hotline.policy.reports import report_name
from hotline.report.papers.models import PeriodicReport

TITLES = {
    Kind.DAY: mark("Daily report of the %(city)s %(hotline)s hotline"),
    Kind.WEEK: mark("Weekly report of the %(city)s %(hotline)s hotline"),
    Kind.MONTH: mark("Monthly report of the %(city)s %(hotline)s hotline"),
    Kind.QUARTER: mark("Quarterly report of the %(city)s %(hotline)s hotline"),
    Kind.YEAR: mark("Yearly report of the %(city)s %(hotline)s hotline"),
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
    """The days a report covers, by the city's windows at its cut-off."""
    windows = policies.policy_at(report.cutoff).windows
    return Period(report.first, report.last, policies.calendar_now().zone, report.kind, windows)


def short_title(report: PeriodicReport) -> str:
    """A report in a list: Weekly report, 2026 week 47."""
    return report.title or f"{report_name(report.kind)} {issue_words(report.kind, period_of_report(report))}"


def issue_words(kind: Kind, period: Period) -> str:
    """Which one of its kind: 2026 week 47; of a special report, its days."""
    first = period.first
    match kind:
        case Kind.WEEK:
            year, week, _ = first.isocalendar()
            return gettext("%(year)s, week %(week)s", year=year, week=week)
        case Kind.MONTH:
            return dated(period.last, "y年M月", "MMMM y")  # named by the day it ends on
        case Kind.QUARTER:
            return gettext("%(year)s, quarter %(quarter)s", year=period.last.year, quarter=(period.last.month + 2) // 3)
        case Kind.YEAR:
            return dated(period.last, "y年", "y")
        case Kind.DAY:
            return dated(first, "y年M月d日", "d MMMM y")
        case Kind.RANGE:
            return days_words(period)


def days_words(period: Period) -> str:
    """The days of a period: 16 Nov – 22 Nov 2026."""
    first, last = period.first, period.last
    if first == last:
        return dated(first, "y年M月d日", "d MMM y")
    if language() == "zh":
        pattern = "y年M月d日" if first.year != last.year else "M月d日"
        return f"{dated(first, 'y年M月d日', '')}—{dated(last, pattern, '')}"
    return f"{dated(first, '', 'd MMM' if first.year == last.year else 'd MMM y')} – {dated(last, '', 'd MMM y')}"


def instant_words(at: datetime) -> str:
    """An instant in city time with its year."""
    return dated(at.astimezone(policies.calendar_now().zone), "y年M月d日 HH:mm", "d MMM y HH:mm")


def _city() -> dict[str, str]:
    city = read_city(current_app.config["SETTINGS"].city_dir)
    return {"city": city["name_en"] if language() == "en" else city["name"], "hotline": str(city["hotline"])}
