"""The periods of reports: which days a report of a kind covers, and the periods it is compared with. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hotline.base.time import DAY, Period, month_of, week_of
from hotline.policy.reports import ReportKind

A_YEAR = timedelta(weeks=52)  # the same weekdays
QUARTER = 3  # months
BY_WEEKDAY = frozenset({ReportKind.DAY, ReportKind.WEEK, ReportKind.SPECIAL})


def period_of(kind: ReportKind, day: date, zone: ZoneInfo) -> Period:
    """The period of a kind a city day lies in; of a special report, the day itself."""
    match kind:
        case ReportKind.WEEK:
            return week_of(day, zone)
        case ReportKind.MONTH:
            return month_of(day, zone)
        case ReportKind.QUARTER:
            first = day.replace(day=1, month=day.month - (day.month - 1) % QUARTER)
            return Period(first, month_of(first.replace(month=first.month + QUARTER - 1), zone).last, zone)
        case ReportKind.YEAR:
            return Period(date(day.year, 1, 1), date(day.year, 12, 31), zone)
        case _:
            return Period(day, day, zone)


def before(kind: ReportKind, period: Period) -> Period:
    """The period before (环比): the last month for a month; of any days, as many just before."""
    return period.before() if kind in BY_WEEKDAY else period_of(kind, period.first - DAY, period.zone)


def after(kind: ReportKind, period: Period) -> Period:
    """The period after."""
    return period.after() if kind in BY_WEEKDAY else period_of(kind, period.last + DAY, period.zone)


def year_before(kind: ReportKind, period: Period) -> Period:
    """The period a year before (同比): the same month or quarter; of weeks and days, 52 weeks back."""
    if kind in BY_WEEKDAY:
        return Period(period.first - A_YEAR, period.last - A_YEAR, period.zone)
    return period_of(kind, period.first.replace(year=period.first.year - 1), period.zone)
