"""Periods: days, weeks, months, quarters and years, plain and by a city's own windows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.base.time import Kind, Period, Windows, period_of

ZONE = ZoneInfo("Asia/Shanghai")
ASSESSED = Windows(day_from=-12, month_from=19)
DAYS = st.dates(date(2001, 1, 1), date(2190, 12, 31))
WINDOWS = st.builds(Windows, st.integers(-12, 12), st.integers(1, 28))


@pytest.mark.parametrize(
    ("kind", "windows", "first", "last"),
    [
        (Kind.DAY, Windows(), date(2026, 11, 20), date(2026, 11, 20)),
        (Kind.WEEK, Windows(), date(2026, 11, 16), date(2026, 11, 22)),
        (Kind.MONTH, Windows(), date(2026, 11, 1), date(2026, 11, 30)),
        (Kind.QUARTER, Windows(), date(2026, 10, 1), date(2026, 12, 31)),
        (Kind.YEAR, Windows(), date(2026, 1, 1), date(2026, 12, 31)),
        (Kind.MONTH, ASSESSED, date(2026, 11, 19), date(2026, 12, 18)),
        (Kind.QUARTER, ASSESSED, date(2026, 9, 19), date(2026, 12, 18)),
        (Kind.YEAR, ASSESSED, date(2025, 12, 19), date(2026, 12, 18)),
    ],
)
def test_the_period_a_day_lies_in(kind: Kind, windows: Windows, first: date, last: date) -> None:
    found = period_of(kind, date(2026, 11, 20), ZONE, windows)
    assert (found.first, found.last) == (first, last)


def test_a_day_from_noon_to_noon_is_named_by_its_end() -> None:
    day = period_of(Kind.DAY, date(2026, 11, 20), ZONE, ASSESSED)
    assert day.start == datetime(2026, 11, 19, 12, tzinfo=ZONE)
    assert day.end == datetime(2026, 11, 20, 12, tzinfo=ZONE)
    assert ASSESSED.day_of(day.start, ZONE) == day.first
    assert ASSESSED.day_of(day.end, ZONE) == date(2026, 11, 21)


@given(kind=st.sampled_from(Kind), day=DAYS, windows=WINDOWS)
def test_periods_of_a_kind_lie_one_after_the_other(kind: Kind, day: date, windows: Windows) -> None:
    found = period_of(kind, day, ZONE, windows)
    assert found.first <= day <= found.last
    assert found.before().end == found.start
    assert found.after().start == found.end
    assert found.after().before() == found.before().after() == found
    for inside in (found.first, found.last):
        assert period_of(kind, inside, ZONE, windows) == found or kind is Kind.RANGE


@given(kind=st.sampled_from([Kind.MONTH, Kind.QUARTER, Kind.YEAR]), day=DAYS, windows=WINDOWS)
def test_a_year_before_is_the_same_month_a_year_earlier(kind: Kind, day: date, windows: Windows) -> None:
    found = period_of(kind, day, ZONE, windows)
    earlier = found.year_before()
    assert (earlier.last.month, earlier.first.month) == (found.last.month, found.first.month)
    assert earlier.last.year == found.last.year - 1


def test_weeks_and_days_are_compared_with_the_same_weekdays() -> None:
    week = period_of(Kind.WEEK, date(2026, 11, 20), ZONE)
    assert (week.first - week.year_before().first) == timedelta(weeks=52)
    assert week.year_before().kind is Kind.WEEK


def test_a_range_is_compared_with_the_same_dates() -> None:
    found = Period(date(2024, 2, 20), date(2024, 2, 29), ZONE)
    assert (found.year_before().first, found.year_before().last) == (date(2023, 2, 20), date(2023, 3, 1))
    assert (found.before().first, found.before().last) == (date(2024, 2, 10), date(2024, 2, 19))
    assert len(found.days) == 10
