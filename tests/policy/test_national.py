"""The national calendar of 2026 day by day, as the State Council's notice (国办发明电〔2025〕7号) says it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hotline.policy.counting import Due, add_working
from tests.policy.calendars import CITY, WD, at, local

HOLIDAYS = {
    "元旦": ["01-01", "01-02", "01-03"],
    "春节": ["02-15", "02-16", "02-17", "02-18", "02-19", "02-20", "02-21", "02-22", "02-23"],
    "清明节": ["04-04", "04-05", "04-06"],
    "劳动节": ["05-01", "05-02", "05-03", "05-04", "05-05"],
    "端午节": ["06-19", "06-20", "06-21"],
    "中秋节": ["09-25", "09-26", "09-27"],
    "国庆节": ["10-01", "10-02", "10-03", "10-04", "10-05", "10-06", "10-07"],
}
MAKE_UP = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"]

OFF = {f"2026-{day}": name for name, days in HOLIDAYS.items() for day in days}
WORKED = {f"2026-{day}" for day in MAKE_UP}
EVERY_DAY = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]


def due_after(start: str, days: int) -> Due:
    return add_working(at(start), days, WD, CITY)


@pytest.mark.parametrize("day", EVERY_DAY, ids=date.isoformat)
def test_every_day_of_2026(day: date) -> None:
    written = day.isoformat()
    works = written in WORKED or (written not in OFF and day.isoweekday() <= 5)
    assert CITY.is_working_day(day) == works
    assert CITY.holidays.get(day) == OFF.get(written)
    assert (day in CITY.workdays) == (written in WORKED)


def test_2026_has_248_working_days() -> None:
    assert EVERY_DAY[-1] == date(2026, 12, 31)
    assert sum(CITY.is_working_day(day) for day in EVERY_DAY) == 248
    assert CITY.rank(date(2027, 1, 1)) - CITY.rank(date(2026, 1, 1)) == 248


def test_make_up_days_are_weekend_days() -> None:
    assert [date.fromisoformat(day).strftime("%a") for day in sorted(WORKED)] == [
        "Sun",
        "Sat",
        "Sat",
        "Sat",
        "Sun",
        "Sat",
    ]


def test_one_working_day_from_every_day_is_the_next_that_works() -> None:
    for day in EVERY_DAY[:-1]:
        following = [later for later in EVERY_DAY if later > day and CITY.is_working_day(later)]
        assert local(due_after(f"{day} 20:00", 1).at) == f"{following[0]} 17:30"


def test_2027_is_provisional() -> None:
    """Nothing is known of 2027, so nothing is invented: weekdays work, and what falls there says it may move."""
    assert CITY.published_until == date(2026, 12, 31)
    assert not [day for day in (*CITY.holidays, *CITY.workdays) if day.year > 2026]
    first = date(2027, 1, 1)
    year = [first + timedelta(days=n) for n in range(365)]
    assert [day for day in year if CITY.is_working_day(day)] == [day for day in year if day.isoweekday() <= 5]
    assert not due_after("2026-12-30 10:00", 1).provisional
    assert due_after("2026-12-31 10:00", 1).provisional
