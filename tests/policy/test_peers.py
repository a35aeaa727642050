"""What goes wrong with working time elsewhere, one test for each report; none of it may happen here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hotline.policy.calendar import Hours, read_spans
from hotline.policy.clock import Course, Pause, PauseReason, Reckoning
from hotline.policy.counting import TimeUnit, add_working, subtract_worked, working_between
from tests.policy.calendars import CITY, ND, NH, WD, WH, ZONE, at, local, plain


def test_zammad_3180_midnight_loses_no_minute() -> None:
    """Hours from 00:00 to 24:00 have no closed minute: they run like plain hours on working days."""
    whole_day = plain(("00:00", "24:00"))
    monday = at("2026-11-16 22:00")
    assert local(add_working(monday, 4, WH, whole_day).at) == "2026-11-17 02:00"
    assert add_working(monday, 48, WH, whole_day).at == add_working(monday, 48, NH, whole_day).at
    assert working_between(at("2026-11-16 23:59"), at("2026-11-17 00:01"), whole_day) == timedelta(minutes=2)
    for minute in range(24 * 60):
        assert whole_day.is_working_instant(at("2026-11-17 00:00") + timedelta(minutes=minute))


def test_zammad_3180_a_span_until_23_59_is_a_minute_short_only_where_it_was_said_so() -> None:
    short = plain(("00:00", "23:59"))
    assert local(add_working(at("2026-11-16 23:58"), 0.5, WH, short).at) == "2026-11-17 00:29"


def test_zammad_534_an_edited_calendar_gives_other_due_times() -> None:
    """Nothing is kept from the calendar before: the same course on the new one is what it would always have been."""
    course = Course(at("2026-11-17 10:00"), 5, WD)
    holiday = date(2026, 11, 19)
    edited = replace(CITY, holidays={**CITY.holidays, holiday: "停水"})
    assert local(Reckoning(course, CITY).at) == "2026-11-24 17:30"
    assert local(Reckoning(course, edited).at) == "2026-11-25 17:30"
    hours = replace(CITY, hours=(*CITY.hours, Hours(date(2026, 11, 20), read_spans([("08:30", "12:00")]))))
    assert local(Reckoning(course, hours).at) == "2026-11-24 12:00"
    assert local(Reckoning(course, CITY).at) == "2026-11-24 17:30"  # and the calendar before still says what it said


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-17 10:00", 2, "2026-11-17 12:00"),
        ("2026-11-17 10:00", 3.5, "2026-11-17 14:30"),
        ("2026-11-17 13:20", 1, "2026-11-17 15:00"),
        ("2026-11-17 10:00", 8, "2026-11-18 10:00"),
        ("2026-11-17 17:30", 4, "2026-11-18 12:30"),
    ],
)
def test_osticket_6847_a_lunch_break_does_not_break_the_day(start: str, hours: float, due: str) -> None:
    """Nine to six with an hour's lunch is eight hours a day, wherever the count begins."""
    lunch = plain(("09:00", "13:00"), ("14:00", "18:00"))
    assert lunch.day_length(date(2026, 11, 17)) == timedelta(hours=8)
    assert local(add_working(at(start), hours, WH, lunch).at) == due


def test_frappe_helpdesk_2212_time_stands_still_at_lunch() -> None:
    told_at_lunch = at("2026-11-17 12:10")
    assert working_between(told_at_lunch, at("2026-11-17 13:30"), CITY) == timedelta()
    assert working_between(told_at_lunch, at("2026-11-17 13:31"), CITY) == timedelta(minutes=1)
    assert local(add_working(told_at_lunch, 0.5, WH, CITY).at) == "2026-11-17 14:00"


def test_frappe_helpdesk_2449_a_pause_goes_to_the_end() -> None:
    """Only the due time moves, by the working time of the pause; where the pause lay makes no difference."""
    course = Course(at("2026-11-17 09:00"), 7, WH)
    paused = [
        replace(course, pauses=(Pause(at(start), at(end), PauseReason.SUPPLEMENT),))
        for start, end in [
            ("2026-11-17 09:00", "2026-11-17 10:00"),
            ("2026-11-17 11:30", "2026-11-17 14:00"),
            ("2026-11-17 16:30", "2026-11-17 17:30"),
            ("2026-11-17 17:00", "2026-11-18 09:30"),
        ]
    ]
    assert local(Reckoning(course, CITY).at) == "2026-11-17 17:30"
    assert {local(Reckoning(one, CITY).at) for one in paused} == {"2026-11-18 10:00"}
    assert {one.start for one in paused} == {course.start}
    overnight = replace(course, pauses=(Pause(at("2026-11-17 17:30"), at("2026-11-18 09:00"), PauseReason.SUPPLEMENT),))
    assert Reckoning(overnight, CITY).at == Reckoning(course, CITY).at


def test_glpi_22678_an_hour_before_the_due_time_is_in_working_time() -> None:
    """Told at 17:00 of a day until 18:00, four hours are due at 11:00; an hour before is 10:00 and not 00:00."""
    eight_to_six = plain(("08:00", "18:00"))
    due = add_working(at("2026-11-16 17:00"), 4, WH, eight_to_six).at
    assert local(due) == "2026-11-17 11:00"
    assert local(subtract_worked(due, timedelta(hours=1), eight_to_six)) == "2026-11-17 10:00"
    assert local(subtract_worked(due, timedelta(hours=3), eight_to_six)) == "2026-11-17 08:00"
    assert local(subtract_worked(due, timedelta(hours=4), eight_to_six)) == "2026-11-16 17:00"


def test_glpi_22678_nothing_that_counts_work_is_due_at_midnight() -> None:
    starts = [at("2026-01-05 00:00") + timedelta(hours=5 * n) for n in range(1500)]
    due = [add_working(start, 2, unit, CITY).at for unit in (WD, WH) for start in starts]
    assert not [instant for instant in due if local(instant).endswith("00:00")]


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        ("2026-02-13 10:00", 1, WD, "2026-02-14 17:30"),
        ("2026-02-13 17:00", 1, WH, "2026-02-14 09:30"),
        ("2026-02-13 10:00", 1, ND, "2026-02-15 00:00"),
        ("2026-09-18 10:00", 1, WD, "2026-09-20 17:30"),
    ],
)
def test_zendesk_103_and_glpi_467_make_up_days_work(start: str, amount: float, unit: TimeUnit, due: str) -> None:
    """A weekend day that was declared a working day counts as one, for every unit that asks."""
    assert local(add_working(at(start), amount, unit, CITY).at) == due
    unknown = replace(CITY, workdays={})
    assert add_working(at(start), amount, unit, unknown).at > at(due)


def test_workalendar_the_make_up_saturday_before_spring_festival_2026() -> None:
    assert CITY.is_working_day(date(2026, 2, 14))
    assert CITY.workdays[date(2026, 2, 14)] == "春节调休"


def test_chinesecalendar_past_the_published_year_there_is_an_answer_that_says_it_may_move() -> None:
    due = add_working(at("2026-12-31 10:00"), 5, WD, CITY)
    assert local(due.at) == "2027-01-07 17:30"
    assert due.provisional
    far = add_working(at("2026-12-31 10:00"), 2000, WD, CITY)
    assert far.at.astimezone(ZONE).year == 2034
    assert far.provisional


def test_holidays_nothing_is_invented_for_a_year_that_is_not_published() -> None:
    spring = date(2027, 2, 8)  # a Monday in the week of the Spring Festival, by the moon; not by any notice yet
    assert CITY.is_working_day(spring)
    due = add_working(at("2027-02-05 10:00"), 1, WD, CITY)
    assert local(due.at) == "2027-02-08 17:30"
    assert due.provisional
    published = replace(CITY, holidays={**CITY.holidays, spring: "春节"}, published_until=date(2027, 12, 31))
    after = add_working(at("2027-02-05 10:00"), 1, WD, published)
    assert local(after.at) == "2027-02-09 17:30"
    assert not after.provisional
