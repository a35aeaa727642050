"""Working time: the cases peers get wrong one by one, then properties over random calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from config.settings import HERE
from hotline.base.files import read_csv
from hotline.city import read_city
from hotline.policy.calendar import Calendar, TimeUnit, add_working, working_between

ZONE = ZoneInfo("Asia/Shanghai")
SPANS = ((time(9), time(12)), (time(13, 30), time(17, 30)))
WD, WH, ND, NH = TimeUnit.WORKING_DAYS, TimeUnit.WORKING_HOURS, TimeUnit.NATURAL_DAYS, TimeUnit.NATURAL_HOURS


def city() -> Calendar:
    days: dict[str, dict[date, str]] = {"holiday": {}, "workday": {}}
    for row in read_csv(HERE / "city" / "calendar.csv"):
        days[row["kind"]][date.fromisoformat(row["date"])] = row["name"]
    until = read_city(HERE / "city")["calendar"]["published_until"]
    return Calendar(ZONE, SPANS, days["holiday"], days["workday"], until)


CITY = city()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def local(instant: datetime) -> str:
    return instant.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        # 2026-02-14 is a make-up Saturday; 15-23 February is the Spring Festival; 28 February is a make-up Saturday.
        ("2026-02-13 17:40", 5, WD, "2026-02-27 17:30"),
        ("2026-02-13 10:00", 1, WD, "2026-02-14 17:30"),
        ("2026-02-27 10:00", 1, WD, "2026-02-28 17:30"),
        ("2026-02-14 16:30", 2, WH, "2026-02-24 10:00"),
        # The lunch break does not count, and does not break the day.
        ("2026-11-17 11:30", 1, WH, "2026-11-17 14:00"),
        ("2026-11-17 12:15", 1, WH, "2026-11-17 14:30"),
        ("2026-11-17 09:00", 7, WH, "2026-11-17 17:30"),
        ("2026-11-17 17:30", 1, WH, "2026-11-18 10:00"),
        ("2026-11-20 17:00", 1, WH, "2026-11-23 09:30"),
        # Midnight loses no minute.
        ("2026-11-17 00:00", 1, WD, "2026-11-18 17:30"),
        ("2026-11-17 23:59", 1, WD, "2026-11-18 17:30"),
        ("2026-11-17 23:59", 24, NH, "2026-11-18 23:59"),
        # Natural days end at 24:00; where that day does not work, at the close of the next that does.
        ("2026-11-17 10:00", 1, ND, "2026-11-19 00:00"),
        ("2026-11-20 10:00", 1, ND, "2026-11-23 17:30"),
        ("2026-02-13 10:00", 5, ND, "2026-02-24 17:30"),
        ("2026-12-30 10:00", 2, ND, "2027-01-02 00:00"),
        # Over the end of the year.
        ("2025-12-31 10:00", 1, WD, "2026-01-04 17:30"),
        ("2026-11-17 10:00", 0.5, NH, "2026-11-17 10:30"),
    ],
)
def test_due(start: str, amount: float, unit: TimeUnit, due: str) -> None:
    assert local(add_working(at(start), amount, unit, CITY).at) == due


def test_make_up_days_of_2026() -> None:
    made_up = {day.isoformat() for day in CITY.workdays if day.year == 2026}
    assert made_up == {"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"}
    assert all(day.weekday() >= 5 and CITY.is_working_day(day) for day in CITY.workdays)


def test_explains_what_it_skipped_and_counted() -> None:
    due = add_working(at("2026-02-13 10:00"), 5, WD, CITY)
    assert dict(due.skipped)[date(2026, 2, 17)] == "春节"
    assert [day.isoformat() for day, _ in due.made_up] == ["2026-02-14"]
    assert not due.provisional


def test_past_the_published_year_is_provisional() -> None:
    assert add_working(at("2026-12-30 10:00"), 5, WD, CITY).provisional
    assert not add_working(at("2026-12-30 10:00"), 48, NH, CITY).provisional


@pytest.mark.parametrize(("amount", "unit"), [(-1, WD), (1.5, WD), (0.5, ND), (-0.5, WH)])
def test_refuses_amounts_that_cannot_be_counted(amount: float, unit: TimeUnit) -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        add_working(at("2026-11-17 10:00"), amount, unit, CITY)


@pytest.mark.parametrize(
    "spans",
    [(), ((time(12), time(9)),), ((time(9), time(12)), (time(11), time(13))), ((time(9), time(9)),)],
)
def test_refuses_spans_out_of_order(spans: tuple[tuple[time, time], ...]) -> None:
    with pytest.raises(ValueError, match="working hours"):
        Calendar(ZONE, spans, {}, {}, date(2026, 12, 31))


def test_refuses_a_day_that_is_both() -> None:
    day = date(2026, 5, 1)
    with pytest.raises(ValueError, match="both"):
        Calendar(ZONE, SPANS, {day: "劳动节"}, {day: "调休"}, date(2026, 12, 31))


def test_without_working_days_it_says_so() -> None:
    start = date(2026, 1, 1)
    holidays = {start + timedelta(days=n): "" for n in range(30_000)}
    with pytest.raises(ValueError, match="calendar"):
        add_working(at("2026-01-01 10:00"), 1, WH, Calendar(ZONE, SPANS, holidays, {}, start))


DAY = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    edges = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=6)))
    edges = edges[: len(edges) // 2 * 2]
    clock = [time(minute // 60, minute % 60) for minute in edges]
    spans = tuple(zip(clock[::2], clock[1::2], strict=True))
    holidays = draw(st.sets(DAY, max_size=40))
    workdays = draw(st.sets(DAY, max_size=20)) - holidays
    return Calendar(ZONE, spans, dict.fromkeys(holidays, "h"), dict.fromkeys(workdays, "w"), date(2026, 12, 31))


INSTANT = st.datetimes(datetime(2025, 1, 2), datetime(2027, 6, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=ZONE).astimezone(UTC)
)


@given(calendars(), INSTANT, st.integers(1, 6000))
def test_working_hours_added_are_the_working_time_between(calendar: Calendar, start: datetime, minutes: int) -> None:
    due = add_working(start, minutes / 60, WH, calendar).at
    assert abs(working_between(start, due, calendar) - timedelta(minutes=minutes)) < timedelta(milliseconds=1)


@given(calendars(), INSTANT, st.integers(1, 3000), st.integers(1, 3000))
def test_working_hours_split_add_up(calendar: Calendar, start: datetime, one: int, two: int) -> None:
    whole = add_working(start, (one + two) / 60, WH, calendar).at
    steps = add_working(add_working(start, one / 60, WH, calendar).at, two / 60, WH, calendar).at
    assert abs(working_between(whole, steps, calendar)) < timedelta(milliseconds=1)


@given(calendars(), INSTANT, st.integers(0, 30), st.integers(0, 30))
def test_working_days_split_add_up(calendar: Calendar, start: datetime, one: int, two: int) -> None:
    assume(one and two)
    middle = add_working(start, one, WD, calendar).at
    assert add_working(start, one + two, WD, calendar).at == add_working(middle, two, WD, calendar).at


@given(calendars(), INSTANT, INSTANT, st.integers(1, 20), st.sampled_from(TimeUnit))
def test_a_later_start_is_never_due_sooner(
    calendar: Calendar, first: datetime, second: datetime, amount: int, unit: TimeUnit
) -> None:
    early, late = sorted((first, second))
    assert add_working(early, amount, unit, calendar).at <= add_working(late, amount, unit, calendar).at


@given(calendars(), INSTANT, st.integers(1, 20), st.sampled_from(TimeUnit))
def test_more_time_is_never_due_sooner(calendar: Calendar, start: datetime, amount: int, unit: TimeUnit) -> None:
    due = add_working(start, amount, unit, calendar).at
    assert start <= due <= add_working(start, amount + 1, unit, calendar).at


@given(calendars(), INSTANT, INSTANT)
def test_time_between_turns_around(calendar: Calendar, one: datetime, two: datetime) -> None:
    assert working_between(one, two, calendar) == -working_between(two, one, calendar)


@given(calendars(), INSTANT, st.integers(1, 30))
def test_working_days_end_at_the_close_of_a_working_day(calendar: Calendar, start: datetime, amount: int) -> None:
    due = add_working(start, amount, WD, calendar).at
    day = due.astimezone(ZONE).date()
    assert calendar.is_working_day(day)
    assert due == calendar.close_of(day)
    counted = sum(
        calendar.is_working_day(calendar.city_day(start) + timedelta(days=n))
        for n in range(1, (day - calendar.city_day(start)).days + 1)
    )
    assert counted == amount


@given(calendars(), INSTANT)
def test_next_opening_is_working_time(calendar: Calendar, instant: datetime) -> None:
    opening = calendar.next_opening(instant)
    assert opening >= instant
    assert calendar.is_working_instant(opening)
    assert working_between(instant, opening, calendar) == timedelta()
