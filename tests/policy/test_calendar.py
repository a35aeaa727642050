"""Working time: the cases by hand, then properties over random calendars, then a walk by the minute that must agree.

Working time is wall time: a working day is as long as its spans, whatever the clocks do at night. So its properties
are of a zone whose clocks do not change (China's), those of natural days and hours of Berlin's, too.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hotline.policy.calendar import Calendar, Hours, read_spans
from hotline.policy.counting import Counting, Run, TimeUnit, add_worked, add_working, subtract_worked, working_between
from tests.policy.calendars import (
    BERLIN,
    CITY,
    COUNTINGS,
    DAY,
    FIRST,
    INSTANTS,
    LAST,
    MINUTES,
    MOMENT,
    ND,
    NH,
    QUARTERS,
    SPANS,
    WD,
    WH,
    ZONE,
    at,
    calendars,
    local,
)


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
    assert due.skipped == (Run(date(2026, 2, 15), date(2026, 2, 23), "春节"),)
    assert due.made_up == (Run(date(2026, 2, 14), date(2026, 2, 14), "春节调休"),)
    assert not due.provisional


def test_past_the_published_year_is_provisional() -> None:
    assert add_working(at("2026-12-30 10:00"), 5, WD, CITY).provisional
    assert not add_working(at("2026-12-30 10:00"), 48, NH, CITY).provisional
    assert add_working(at("2026-12-30 10:00"), 5, ND, CITY).provisional
    assert not add_working(at("2026-12-30 10:00"), 5, ND, CITY, Counting(rolls=False)).provisional  # asks no calendar


@pytest.mark.parametrize(("amount", "unit"), [(-1, WD), (1.5, WD), (0.5, ND), (-0.5, WH)])
def test_refuses_amounts_that_cannot_be_counted(amount: float, unit: TimeUnit) -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        add_working(at("2026-11-17 10:00"), amount, unit, CITY)


@pytest.mark.parametrize(
    "spans",
    [[], [("12:00", "09:00")], [("09:00", "12:00"), ("11:00", "13:00")], [("09:00", "09:00")]],
)
def test_refuses_spans_out_of_order(spans: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match="working hours"):
        Hours(date.min, read_spans(spans))


def test_refuses_a_day_that_is_both() -> None:
    day = date(2026, 5, 1)
    with pytest.raises(ValueError, match="both"):
        Calendar(ZONE, (Hours(date.min, SPANS),), {day: "劳动节"}, {day: "调休"}, date(2026, 12, 31))


def test_refuses_an_amount_beyond_all_reason() -> None:
    with pytest.raises(ValueError, match="beyond any limit"):
        add_working(at("2026-01-01 10:00"), 1_000_000, WD, CITY)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "counting", "due"),
    [
        # The starting day counts, unless its work is over.
        ("2026-11-17 10:00", 1, WD, Counting(start_day_counts=True), "2026-11-17 17:30"),
        ("2026-11-17 17:29", 1, WD, Counting(start_day_counts=True), "2026-11-17 17:30"),
        ("2026-11-17 17:30", 1, WD, Counting(start_day_counts=True), "2026-11-18 17:30"),
        ("2026-11-17 20:00", 1, WD, Counting(start_day_counts=True, closes_with_work=False), "2026-11-18 00:00"),
        ("2026-11-21 10:00", 1, WD, Counting(start_day_counts=True), "2026-11-23 17:30"),
        ("2026-11-17 10:00", 1, ND, Counting(start_day_counts=True), "2026-11-18 00:00"),
        ("2026-11-17 10:00", 0, ND, Counting(start_day_counts=True), "2026-11-17 10:00"),
        # The last working day ends at 24:00.
        ("2026-11-17 10:00", 1, WD, Counting(closes_with_work=False), "2026-11-19 00:00"),
        # Natural days end where they end.
        ("2026-11-20 10:00", 1, ND, Counting(rolls=False), "2026-11-22 00:00"),
        ("2026-02-13 10:00", 5, ND, Counting(rolls=False), "2026-02-19 00:00"),
    ],
)
def test_due_as_a_city_counts(start: str, amount: float, unit: TimeUnit, counting: Counting, due: str) -> None:
    assert local(add_working(at(start), amount, unit, CITY, counting).at) == due


def test_natural_days_say_what_they_ended_on() -> None:
    rolled = add_working(at("2026-02-13 10:00"), 5, ND, CITY)
    assert rolled.skipped == (Run(date(2026, 2, 18), date(2026, 2, 23), "春节"),)
    assert rolled.made_up == ()  # the day it passed over did not matter
    saturday = add_working(at("2026-02-13 10:00"), 1, ND, CITY)
    assert (saturday.skipped, saturday.made_up) == ((), (Run(date(2026, 2, 14), date(2026, 2, 14), "春节调休"),))
    straight = add_working(at("2026-02-13 10:00"), 5, ND, CITY, Counting(rolls=False))
    assert (straight.skipped, straight.made_up) == ((), ())


@pytest.mark.parametrize(("start", "amount", "unit"), [("2026-02-14 10:00", 1, WD), ("2026-02-14 18:00", 1, WH)])
def test_a_make_up_day_that_did_not_count_is_not_named(start: str, amount: float, unit: TimeUnit) -> None:
    assert add_working(at(start), amount, unit, CITY).made_up == ()


def test_summer_and_winter_hours() -> None:
    winter = read_spans([("09:00", "12:00"), ("13:00", "17:00")])
    summer = read_spans([("08:30", "12:00"), ("14:30", "18:00")])
    rows = Hours(date.min, winter), Hours(date(2026, 6, 1), summer), Hours(date(2026, 10, 1), winter)
    calendar = Calendar(ZONE, rows, {}, {}, LAST)
    assert local(add_working(at("2026-05-29 10:00"), 1, WD, calendar).at) == "2026-06-01 18:00"
    assert local(add_working(at("2026-05-29 16:00"), 1, WH, calendar).at) == "2026-05-29 17:00"
    assert local(add_working(at("2026-05-29 16:00"), 2, WH, calendar).at) == "2026-06-01 09:30"
    assert local(add_working(at("2026-09-30 17:00"), 2, WH, calendar).at) == "2026-10-01 10:00"


def test_natural_hours_run_through_a_change_of_clocks() -> None:
    calendar = Calendar(BERLIN, (Hours(date.min, SPANS),), {}, {}, LAST)
    saturday = datetime(2026, 3, 28, 12, tzinfo=BERLIN)  # the clocks go forward in the night
    due = add_working(saturday, 24, NH, calendar).at
    assert due - saturday.astimezone(UTC) == timedelta(hours=24)
    assert due.astimezone(BERLIN) == datetime(2026, 3, 29, 13, tzinfo=BERLIN)


# Adding and taking away


@given(calendars(), MINUTES, QUARTERS)
def test_working_hours_added_are_the_working_time_between(calendar: Calendar, start: datetime, hours: float) -> None:
    due = add_working(start, hours, WH, calendar).at
    assert working_between(start, due, calendar) == timedelta(hours=hours)
    assert subtract_worked(due, timedelta(hours=hours), calendar) == calendar.next_opening(start)


@given(calendars(), MINUTES, QUARTERS)
def test_working_hours_taken_away_are_the_working_time_between(calendar: Calendar, end: datetime, hours: float) -> None:
    start = subtract_worked(end, timedelta(hours=hours), calendar)
    assert working_between(start, end, calendar) == timedelta(hours=hours)
    assert calendar.is_working_instant(start)
    assert add_worked(start, timedelta(hours=hours), calendar) <= end


@given(calendars(), MINUTES, st.integers(1, 30), COUNTINGS)
def test_working_days_added_are_the_working_days_between(
    calendar: Calendar, start: datetime, amount: int, counting: Counting
) -> None:
    found = add_working(start, amount, WD, calendar, counting)
    first = calendar.city_day(start)
    if not counting.start_day_counts or (counting.closes_with_work and start >= calendar.close_of(first)):
        first += DAY
    assert calendar.is_working_day(found.last_day)
    assert calendar.rank(found.last_day + DAY) - calendar.rank(first) == amount
    assert found.at == (
        calendar.close_of(found.last_day) if counting.closes_with_work else calendar.instant(found.last_day + DAY)
    )


@given(calendars(), INSTANTS, INSTANTS)
def test_time_between_turns_around(calendar: Calendar, one: datetime, two: datetime) -> None:
    assert working_between(one, two, calendar) == -working_between(two, one, calendar)


# Splitting adds up for working hours, working days and natural hours; for natural days it cannot.

GOING_ON = st.sampled_from([Counting(closes_with_work=True), Counting(closes_with_work=False)])


@given(calendars(), MINUTES, QUARTERS, QUARTERS)
def test_working_hours_split_add_up(calendar: Calendar, start: datetime, one: float, two: float) -> None:
    middle = add_working(start, one, WH, calendar).at
    assert add_working(middle, two, WH, calendar).at == add_working(start, one + two, WH, calendar).at


@given(calendars(), MINUTES, st.integers(1, 30), st.integers(1, 30), GOING_ON)
def test_working_days_split_add_up(calendar: Calendar, start: datetime, one: int, two: int, counting: Counting) -> None:
    # Counted on from the day that ends: 24:00 belongs to it, not to the day after.
    middle = add_working(start, one, WD, calendar, counting).at - MOMENT
    assert (
        add_working(middle, two, WD, calendar, counting).at == add_working(start, one + two, WD, calendar, counting).at
    )


@given(calendars(BERLIN), MINUTES, QUARTERS, QUARTERS)
def test_natural_hours_split_add_up(calendar: Calendar, start: datetime, one: float, two: float) -> None:
    middle = add_working(start, one, NH, calendar).at
    assert add_working(middle, two, NH, calendar).at == add_working(start, one + two, NH, calendar).at


def test_natural_days_do_not_split() -> None:
    """A day off in the middle moves the end of the first part, and not that of the whole."""
    friday = at("2026-11-20 10:00")
    middle = add_working(friday, 1, ND, CITY).at
    assert local(middle) == "2026-11-23 17:30"
    assert local(add_working(middle, 1, ND, CITY).at) == "2026-11-25 00:00"
    assert local(add_working(friday, 2, ND, CITY).at) == "2026-11-23 17:30"


@given(calendars(BERLIN), MINUTES, st.integers(1, 30), st.integers(1, 30))
def test_natural_days_that_do_not_roll_split(calendar: Calendar, start: datetime, one: int, two: int) -> None:
    counting = Counting(rolls=False)
    middle = add_working(start, one, ND, calendar, counting).at - MOMENT
    assert (
        add_working(middle, two, ND, calendar, counting).at == add_working(start, one + two, ND, calendar, counting).at
    )


# Monotone: in the start and in the amount, whatever is counted and however


@given(calendars(), INSTANTS, INSTANTS, st.integers(0, 20), st.sampled_from(TimeUnit), COUNTINGS)
def test_a_later_start_is_never_due_sooner(
    calendar: Calendar, first: datetime, second: datetime, amount: int, unit: TimeUnit, counting: Counting
) -> None:
    early, late = sorted((first, second))
    assert (
        add_working(early, amount, unit, calendar, counting).at
        <= add_working(late, amount, unit, calendar, counting).at
    )


@given(calendars(), MINUTES, st.integers(0, 20), st.sampled_from(TimeUnit), COUNTINGS)
def test_more_time_is_never_due_sooner(
    calendar: Calendar, start: datetime, amount: int, unit: TimeUnit, counting: Counting
) -> None:
    due = add_working(start, amount, unit, calendar, counting).at
    assert start <= due <= add_working(start, amount + 1, unit, calendar, counting).at


@given(calendars(BERLIN), MINUTES, MINUTES, st.integers(0, 20), st.sampled_from([ND, NH]), COUNTINGS)
def test_natural_units_are_monotone_where_clocks_change(
    calendar: Calendar, first: datetime, second: datetime, amount: int, unit: TimeUnit, counting: Counting
) -> None:
    early, late = sorted((first, second))
    due = add_working(early, amount, unit, calendar, counting).at
    assert early <= due <= add_working(late, amount, unit, calendar, counting).at
    assert due <= add_working(early, amount + 1, unit, calendar, counting).at


# The axis, and the numbers of days


@given(calendars(), MINUTES, QUARTERS)
def test_points_of_the_axis_are_instants_and_back(calendar: Calendar, instant: datetime, hours: float) -> None:
    worked = calendar.elapsed(instant) + timedelta(hours=hours)
    first, last = calendar.reached(worked), calendar.resumed(worked)
    assert calendar.elapsed(first) == calendar.elapsed(last) == worked
    assert first <= last
    assert calendar.elapsed(first - MOMENT) < worked < calendar.elapsed(last + MOMENT)


@given(calendars(), INSTANTS)
def test_an_instant_lies_between_what_was_reached_and_what_resumes(calendar: Calendar, instant: datetime) -> None:
    worked = calendar.elapsed(instant)
    assert calendar.reached(worked) <= instant <= calendar.resumed(worked) or calendar.is_working_instant(instant)


@given(calendars(), INSTANTS)
def test_next_opening_is_working_time(calendar: Calendar, instant: datetime) -> None:
    opening = calendar.next_opening(instant)
    assert opening >= instant
    assert calendar.is_working_instant(opening)
    assert calendar.next_opening(opening) == opening
    assert working_between(instant, opening, calendar) == timedelta()


@given(calendars(), st.dates(FIRST, LAST), st.integers(-300, 300))
def test_days_are_numbered_and_back(calendar: Calendar, day: date, offset: int) -> None:
    number = calendar.rank(day) + offset
    found = calendar.nth(number)
    assert calendar.is_working_day(found)
    assert calendar.rank(found) == number
    assert (calendar.nth(calendar.rank(day)) == day) == calendar.is_working_day(day)
    assert calendar.rank(day + DAY) - calendar.rank(day) == calendar.is_working_day(day)


# Agreement with counting by hand: days one by one, time minute by minute

TO_MIDNIGHT = st.sampled_from([Counting(first, closes_with_work=False, rolls=False) for first in (True, False)])


def works(day: date, calendar: Calendar) -> bool:
    return (day.isoweekday() <= 5 and day not in calendar.holidays) or day in calendar.workdays


def minutes_of(day: date, calendar: Calendar) -> list[datetime]:
    """The working minutes of a day, each by the instant it begins."""
    if not works(day, calendar):
        return []
    spans = [row for row in calendar.hours if row.since <= day][-1].spans
    midnight = datetime(day.year, day.month, day.day, tzinfo=calendar.zone).astimezone(UTC)
    minute = timedelta(minutes=1)
    return [midnight + n * minute for opens, closes in spans for n in range(opens // minute, closes // minute)]


def walk_hours(start: datetime, minutes: int, calendar: Calendar) -> datetime:
    day = start.astimezone(calendar.zone).date()
    while True:
        left = [minute for minute in minutes_of(day, calendar) if minute >= start]
        if minutes <= len(left):
            return left[minutes - 1] + timedelta(minutes=1)
        minutes -= len(left)
        day += DAY


def walk_days(start: datetime, amount: int, unit: TimeUnit, calendar: Calendar, counting: Counting) -> datetime:
    def end_of(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=calendar.zone) + DAY

    def close_of(day: date) -> datetime:
        return minutes_of(day, calendar)[-1] + timedelta(minutes=1)

    day = start.astimezone(calendar.zone).date()
    over = unit is WD and counting.closes_with_work and works(day, calendar) and start >= close_of(day)
    if over or not counting.start_day_counts:
        day += DAY
    counted = 0
    while True:
        counted += unit is ND or works(day, calendar)
        if counted == amount:
            break
        day += DAY
    if unit is WD:
        return close_of(day) if counting.closes_with_work else end_of(day)
    if works(day, calendar) or not counting.rolls:
        return end_of(day)
    while not works(day, calendar):
        day += DAY
    return close_of(day)


@given(calendars(), MINUTES, st.integers(1, 300))
def test_working_hours_agree_with_a_walk_by_the_minute(calendar: Calendar, start: datetime, minutes: int) -> None:
    assume(all(row.length >= timedelta(hours=1) for row in calendar.hours))  # the walk is slow
    assert add_worked(start, timedelta(minutes=minutes), calendar) == walk_hours(start, minutes, calendar)


@given(calendars(), MINUTES, st.integers(0, 8 * 1440))
def test_working_time_between_agrees_with_counting_minutes(calendar: Calendar, start: datetime, minutes: int) -> None:
    end = start + timedelta(minutes=minutes)
    first = start.astimezone(ZONE).date()
    counted = sum(start <= minute < end for n in range(10) for minute in minutes_of(first + n * DAY, calendar))
    assert working_between(start, end, calendar) == timedelta(minutes=counted)


@given(calendars(), MINUTES, st.integers(1, 40), st.sampled_from([WD, ND]), COUNTINGS)
def test_days_agree_with_a_walk_by_the_day(
    calendar: Calendar, start: datetime, amount: int, unit: TimeUnit, counting: Counting
) -> None:
    expected = walk_days(start, amount, unit, calendar, counting)
    assert add_working(start, amount, unit, calendar, counting).at == expected


@given(calendars(BERLIN), MINUTES, st.integers(1, 40), st.sampled_from([WD, ND]), TO_MIDNIGHT)
def test_days_that_end_at_midnight_agree_where_clocks_change(
    calendar: Calendar, start: datetime, amount: int, unit: TimeUnit, counting: Counting
) -> None:
    expected = walk_days(start, amount, unit, calendar, counting)
    assert add_working(start, amount, unit, calendar, counting).at == expected
