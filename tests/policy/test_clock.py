"""The clock algebra: extensions, pauses, upstream deadlines; properties over random calendars, and what it says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.base.i18n import speaking
from hotline.policy.calendar import Calendar, Hours
from hotline.policy.clock import Course, Extension, Pause, PauseReason, Reckoning, city_time
from hotline.policy.counting import Counting, TimeUnit, add_worked, add_working, working_between
from hotline.policy.plain import plainly
from tests.policy.calendars import (
    CITY,
    COUNTINGS,
    MINUTES,
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

SUPPLEMENT = PauseReason.SUPPLEMENT


def pause(start: str, end: str, reason: PauseReason = SUPPLEMENT) -> Pause:
    return Pause(at(start), at(end), reason)


def more(amount: float, unit: TimeUnit) -> Extension:
    return Extension(amount, unit, at("2026-11-17 11:00"))


def due(course: Course, calendar: Calendar = CITY) -> datetime:
    return Reckoning(course, calendar).at


TUESDAY = at("2026-11-17 10:00")


@pytest.mark.parametrize(
    ("course", "moved"),
    [
        # Two days' limit is due on Thursday 2026-11-19 17:30. A working day is seven hours.
        (Course(TUESDAY, 2, WD), "2026-11-19 17:30"),
        (Course(TUESDAY, 2, WD, (more(1, WD),)), "2026-11-20 17:30"),
        (Course(TUESDAY, 2, WD, (more(1, WD), more(1, WD))), "2026-11-23 17:30"),
        (Course(TUESDAY, 2, WD, (more(2, WH),)), "2026-11-20 11:00"),
        (Course(TUESDAY, 2, WD, (more(2, NH),)), "2026-11-19 19:30"),
        (Course(TUESDAY, 2, WD, (more(2, ND),)), "2026-11-23 17:30"),
        (Course(TUESDAY, 2, WH, (more(1, WD),)), "2026-11-18 17:30"),
        # The lunch break is no working time; nor are the night and the weekend.
        (Course(TUESDAY, 2, WD, pauses=(pause("2026-11-18 11:00", "2026-11-18 14:00"),)), "2026-11-20 10:30"),
        (Course(TUESDAY, 2, WD, pauses=(pause("2026-11-18 12:00", "2026-11-18 13:30"),)), "2026-11-19 17:30"),
        (Course(TUESDAY, 2, WD, pauses=(pause("2026-11-18 17:30", "2026-11-19 09:00"),)), "2026-11-19 17:30"),
        (Course(TUESDAY, 2, WD, pauses=(pause("2026-11-18 09:00", "2026-11-19 09:00"),)), "2026-11-20 17:30"),
        (Course(TUESDAY, 5, WD, pauses=(pause("2026-11-20 17:30", "2026-11-23 09:00"),)), "2026-11-24 17:30"),
        # Over midnight: plain time for hours that run straight through.
        (Course(TUESDAY, 24, NH, pauses=(pause("2026-11-17 23:59", "2026-11-18 00:01"),)), "2026-11-18 10:02"),
        # Natural days are moved by plain time, and go on past a day off.
        (Course(TUESDAY, 2, ND, pauses=(pause("2026-11-18 00:00", "2026-11-19 00:00"),)), "2026-11-21 00:00"),
        (Course(TUESDAY, 2, ND, pauses=(pause("2026-11-18 00:00", "2026-11-20 00:00"),)), "2026-11-23 17:30"),
        # Within a day they go on to its end; else Monday 01:00 would be sooner than what Saturday 01:00 rolls to.
        (Course(TUESDAY, 2, ND, pauses=(pause("2026-11-18 00:00", "2026-11-18 10:00"),)), "2026-11-21 00:00"),
        (Course(TUESDAY, 2, ND, pauses=(pause("2026-11-18 00:00", "2026-11-19 01:00"),)), "2026-11-23 17:30"),
        (Course(TUESDAY, 2, ND, pauses=(pause("2026-11-17 10:00", "2026-11-20 11:00"),)), "2026-11-24 00:00"),
        # Over the end of the year: 2027-01-01 is a Friday, and nothing is published of it yet.
        (Course(at("2026-12-31 10:00"), 1, WD), "2027-01-01 17:30"),
        (
            Course(at("2026-12-30 10:00"), 1, WD, pauses=(pause("2026-12-31 09:00", "2026-12-31 17:30"),)),
            "2027-01-01 17:30",
        ),
        # Before the start nothing counts, so nothing stops.
        (Course(TUESDAY, 2, WD, pauses=(pause("2026-11-16 09:00", "2026-11-17 11:00"),)), "2026-11-20 10:00"),
        (Course(TUESDAY, 2, WD, pauses=(pause("2026-11-16 09:00", "2026-11-16 17:30"),)), "2026-11-19 17:30"),
        # The platform the order came from decides, whatever was granted here.
        (Course(TUESDAY, 2, WD, (more(1, WD),), upstream=at("2026-11-18 12:00")), "2026-11-18 12:00"),
    ],
)
def test_due(course: Course, moved: str) -> None:
    assert local(due(course)) == moved


def test_days_added_after_a_day_that_ends_at_midnight_are_not_one_more() -> None:
    limit = Course(TUESDAY, 2, ND, (more(1, WD),))
    assert local(Reckoning(limit, CITY).base.at) == "2026-11-20 00:00"  # 24:00 of the 19th
    assert local(due(limit)) == "2026-11-20 17:30"


def test_days_added_are_days_after_the_due_day_even_where_the_first_day_counts() -> None:
    course = Course(TUESDAY, 2, WH, (more(1, WD),), counting=Counting(start_day_counts=True))
    assert local(Reckoning(course, CITY).base.at) == "2026-11-17 12:00"
    assert local(due(course)) == "2026-11-18 17:30"


# Random clocks

REASONS = st.sampled_from(PauseReason)
EXTENSIONS = st.builds(Extension, st.integers(1, 10), st.sampled_from(TimeUnit), st.just(TUESDAY))
UNITS = st.sampled_from(TimeUnit)


@st.composite
def courses(draw: st.DrawFn, unit: st.SearchStrategy[TimeUnit] = UNITS) -> Course:
    """A limit with up to three extensions and three pauses that do not overlap."""
    start, counted = draw(MINUTES), draw(unit)
    edges = sorted(draw(st.sets(st.integers(-3 * 1440, 20 * 1440), max_size=6)))
    instants = [start + timedelta(minutes=minute) for minute in edges]
    stops = zip(instants[::2], instants[1::2], strict=False)
    return Course(
        start,
        draw(st.integers(1, 20)),
        counted,
        tuple(draw(st.lists(EXTENSIONS, max_size=3))),
        tuple(Pause(begun, ended, draw(REASONS)) for begun, ended in stops),
        counting=draw(COUNTINGS),
    )


WORKING_TIME, PLAIN_TIME = st.sampled_from([WD, WH]), st.sampled_from([ND, NH])


@given(calendars(), courses(WORKING_TIME))
def test_pauses_move_the_due_time_by_exactly_their_working_time(calendar: Calendar, course: Course) -> None:
    unpaused = due(replace(course, pauses=()), calendar)
    stopped = sum(
        (working_between(max(one.start, course.start), max(one.end, course.start), calendar) for one in course.pauses),
        timedelta(),
    )
    assert working_between(unpaused, due(course, calendar), calendar) == stopped
    assert stopped or due(course, calendar) == unpaused


@given(calendars(), courses(st.just(NH)))
def test_pauses_of_plain_hours_move_the_due_time_by_exactly_their_length(calendar: Calendar, course: Course) -> None:
    stopped = sum((max(one.end, course.start) - max(one.start, course.start) for one in course.pauses), timedelta())
    assert due(course, calendar) - due(replace(course, pauses=()), calendar) == stopped


@given(calendars(), courses(st.just(ND)))
def test_natural_days_end_as_they_do_after_a_pause(calendar: Calendar, course: Course) -> None:
    unpaused = due(replace(course, pauses=()), calendar)
    stopped = sum((max(one.end, course.start) - max(one.start, course.start) for one in course.pauses), timedelta())
    last_day = calendar.city_day(unpaused + stopped - timedelta(microseconds=1))
    if not stopped:
        assert due(course, calendar) == unpaused
    elif not course.counting.rolls or calendar.is_working_day(last_day):
        assert due(course, calendar) == calendar.instant(last_day + timedelta(days=1))
    else:
        assert due(course, calendar) == calendar.close_of(calendar.nth(calendar.rank(last_day)))


@given(calendars(), courses(WORKING_TIME), st.integers(0, 400))
def test_a_pause_outside_working_time_moves_nothing(calendar: Calendar, course: Course, minutes: int) -> None:
    begun = due(replace(course, pauses=()), calendar) + timedelta(minutes=minutes)
    idle = Pause(begun, calendar.next_opening(begun), SUPPLEMENT)
    assert due(replace(course, pauses=(*course.pauses, idle)), calendar) == due(course, calendar)


@given(calendars(), courses())
def test_the_order_of_pauses_and_of_extensions_of_a_unit_is_the_same_to_it(calendar: Calendar, course: Course) -> None:
    same = tuple(one for one in course.extensions if one.unit is course.unit)
    plain = replace(course, extensions=same)
    assert {due(replace(plain, pauses=order), calendar) for order in permutations(course.pauses)} == {
        due(plain, calendar)
    }
    assert {due(replace(plain, extensions=order), calendar) for order in permutations(same)} == {due(plain, calendar)}


@given(calendars(), MINUTES, QUARTERS, QUARTERS, QUARTERS)
def test_a_pause_and_an_extension_of_working_hours_commute(
    calendar: Calendar, start: datetime, limit: float, added: float, stopped: float
) -> None:
    opening = calendar.next_opening(start)
    idle = Pause(opening, add_worked(opening, timedelta(hours=stopped), calendar), SUPPLEMENT)
    both = due(Course(start, limit, WH, (more(added, WH),), (idle,)), calendar)
    pause_last = add_worked(add_working(start, limit + added, WH, calendar).at, timedelta(hours=stopped), calendar)
    pause_first = add_working(due(Course(start, limit, WH, (), (idle,)), calendar), added, WH, calendar).at
    assert both == pause_last == pause_first


@given(calendars(), courses(), st.data())
def test_a_pause_cut_in_two_is_the_same_pause(calendar: Calendar, course: Course, data: st.DataObject) -> None:
    halves = []
    for one in course.pauses:
        middle = one.start + (one.end - one.start) * data.draw(st.floats(0, 1))
        halves += [replace(one, end=middle), replace(one, start=middle)]
    assert due(replace(course, pauses=tuple(halves)), calendar) == due(course, calendar)


@given(calendars(), courses(), st.integers(1, 20))
def test_an_extension_of_the_same_unit_is_a_larger_limit(calendar: Calendar, course: Course, added: int) -> None:
    plain = replace(course, extensions=())
    extended = replace(plain, extensions=(more(added, course.unit),))
    assert due(extended, calendar) == due(replace(plain, amount=course.amount + added), calendar)


@given(calendars(), courses(st.sampled_from([WD, WH, NH])), QUARTERS, st.sampled_from([WH, NH]))
def test_an_extension_of_another_unit_counts_on(
    calendar: Calendar, course: Course, hours: float, unit: TimeUnit
) -> None:
    limit = replace(course, extensions=(), pauses=())
    if unit is not course.unit:
        on = add_working(due(limit, calendar), hours, unit, calendar).at
        assert due(replace(limit, extensions=(more(hours, unit),)), calendar) == on


@given(calendars(), courses())
def test_the_original_due_time_knows_no_extension(calendar: Calendar, course: Course) -> None:
    found = Reckoning(course, calendar)
    assert found.original == due(replace(course, extensions=()), calendar)
    assert course.start <= found.original <= found.at


@given(calendars(), courses(), MINUTES)
def test_the_upstream_deadline_goes_before_all(calendar: Calendar, course: Course, upstream: datetime) -> None:
    found = Reckoning(replace(course, upstream=upstream), calendar)
    assert found.at == found.original == upstream
    assert not found.provisional


@given(calendars(), courses(), EXTENSIONS, st.integers(1, 5000))
def test_more_time_never_makes_it_due_sooner(
    calendar: Calendar, course: Course, extension: Extension, minutes: int
) -> None:
    before = due(course, calendar)
    assert due(replace(course, extensions=(*course.extensions, extension)), calendar) >= before
    assert due(replace(course, amount=course.amount + 1), calendar) >= before
    if course.pauses:
        *earlier, last = course.pauses
        longer = replace(last, end=last.end + timedelta(minutes=minutes))
        assert due(replace(course, pauses=(*earlier, longer)), calendar) >= before


@given(calendars(), courses())
def test_what_lies_before_the_start_of_a_pause_is_cut_off(calendar: Calendar, course: Course) -> None:
    cut = tuple(
        replace(one, start=max(one.start, course.start), end=max(one.end, course.start)) for one in course.pauses
    )
    assert due(replace(course, pauses=cut), calendar) == due(course, calendar)


# What it says

NAMED = re.compile(r"(?<!\d-)(\d\d-\d\d)(?:(?: to |至)(\d\d-\d\d))? \S")


def said(course: Course, code: str, calendar: Calendar = CITY) -> list[str]:
    with speaking(code):
        return Reckoning(course, calendar).explain()


def test_a_limit_over_spring_festival_explains_itself() -> None:
    assert said(Course(at("2026-02-13 17:40"), 5, WD), "en") == [
        "Starts 2026-02-13 17:40 (Fri); limit 5 working days.",
        "The first day does not count. The last working day ends when work closes.",
        "Days off, not counted: 02-15 to 02-23 Spring Festival.",
        "Make-up working days, counted: 02-14 Spring Festival (make-up).",
        "Due 2026-02-27 17:30 (Fri).",
    ]


# Extended once and paused once, over two holidays and their make-up days.
LONG_COURSE = Course(
    at("2026-09-18 17:00"),
    10,
    WD,
    (Extension(5, WD, at("2026-10-09 10:00")),),
    (pause("2026-09-29 09:00", "2026-10-08 15:00", PauseReason.PROCEDURE),),
)


def plain(course: Course, code: str) -> list[str]:
    with speaking(code):
        return plainly(Reckoning(course, CITY))


def test_a_citizen_is_told_from_when_what_does_not_count_and_until_when() -> None:
    assert plain(LONG_COURSE, "en") == [
        "Counted from Fri 18 Sep 17:00: 10 working days.",
        "That day itself does not count.",
        (
            "These days do not count: Sat 19 Sep (weekend), Fri 25 Sep to Sun 27 Sep (Mid-Autumn Festival), "
            "Thu 1 Oct to Wed 7 Oct (National Day), Sun 11 Oct (weekend), Sat 17 Oct to Sun 18 Oct (weekend)."
        ),
        "These days are worked instead, and count: Sun 20 Sep, Sat 10 Oct.",
        "On Fri 9 Oct it was given 5 working days more.",
        ("From Tue 29 Sep 09:00 to Thu 8 Oct 15:00 it waited for a procedure the law asks for: that does not count."),
        "So it is due by Tue 20 Oct 15:00.",
    ]


@pytest.mark.parametrize(
    ("course", "told"),
    [
        (Course(TUESDAY, 4, WH), ["Only the hours count in which offices work."]),
        (Course(TUESDAY, 2, NH), []),
        (Course(at("2026-02-13 10:00"), 5, ND), ["That day itself does not count.", "Wed 18 Feb to Mon 23 Feb"]),
    ],
)
def test_plain_words_fit_what_is_counted(course: Course, told: list[str]) -> None:
    first, *middle, last = plain(course, "en")
    assert first.startswith("Counted from")
    assert last.startswith("So it is due by")
    assert len(middle) == len(told)
    assert all(words in sentence for words, sentence in zip(told, middle, strict=True))


def test_a_date_set_elsewhere_is_told_as_such() -> None:
    course = Course(TUESDAY, 2, WD, upstream=at("2026-11-29 00:00"))
    assert plain(course, "en") == [
        "Whoever passed your complaint on to us has set this date.",
        "So it is due by Sat 28 Nov 24:00.",
    ]


def test_extensions_and_pauses_explain_themselves() -> None:
    assert said(LONG_COURSE, "en")[2:] == [
        (
            "Days off, not counted: 09-19 weekend, 09-25 to 09-27 Mid-Autumn Festival, 10-01 to 10-07 National Day, "
            "10-11 weekend, 10-17 to 10-18 weekend."
        ),
        "Make-up working days, counted: 09-20 National Day (make-up), 10-10 National Day (make-up).",
        "By the limit alone it is due 2026-10-09 17:30 (Fri).",
        "Extended by 5 working days on 2026-10-09: from 2026-10-09 17:30 (Fri) to 2026-10-15 17:30 (Thu).",
        (
            "Statutory procedure: paused from 2026-09-29 09:00 (Tue) to 2026-10-08 15:00 (Thu); "
            "18 h 30 min of working time do not count."
        ),
        "Due 2026-10-20 15:00 (Tue).",
    ]


def test_natural_days_say_why_they_go_on() -> None:
    assert said(Course(at("2026-02-13 10:00"), 5, ND), "en")[2:] == [
        "The last day is a day off, so it goes on past 02-18 to 02-23 Spring Festival.",
        "Due 2026-02-24 17:30 (Tue).",
    ]
    assert said(Course(at("2026-11-17 10:00"), 1, ND), "en")[-1] == "Due 2026-11-18 24:00 (Wed)."


def test_days_off_inside_plain_hours_are_not_called_uncounted() -> None:
    """Of a limit of working hours with plain hours added, only the working hours pass over the weekend."""
    friday = Course(at("2026-11-20 16:30"), 1, WH, (more(48, NH),))
    assert local(due(friday)) == "2026-11-22 17:30"
    assert not any("weekend" in sentence for sentence in said(friday, "en"))


def test_a_pause_that_takes_nothing_away_says_so() -> None:
    course = Course(TUESDAY, 2, WD, pauses=(pause("2026-11-18 12:00", "2026-11-18 13:30"),))
    assert said(course, "en")[-2] == (
        "The citizen has to supplement: paused from 2026-11-18 12:00 (Wed) to 2026-11-18 13:30 (Wed), "
        "which takes no time away."
    )


def test_a_pause_of_months_counts_its_weekends() -> None:
    course = Course(at("2026-02-27 10:00"), 5, WD, pauses=(pause("2026-03-02 09:00", "2026-05-29 17:30"),))
    days = said(course, "en")[2]
    assert days.endswith("weekend days.")
    assert "04-04 to 04-06 Tomb-Sweeping Day, 05-01 to 05-05 Labour Day" in days


def test_one_of_a_unit_is_said_in_the_singular() -> None:
    assert said(Course(TUESDAY, 1, WH), "en")[0].endswith("limit 1 working hour.")
    assert said(Course(TUESDAY, 1.5, WH), "en")[0].endswith("limit 1.5 working hours.")


@pytest.mark.parametrize("code", ["zh", "en"])
def test_what_passes_the_published_calendar_says_it_is_provisional(code: str) -> None:
    word = {"zh": "2026-12-31，", "en": "published only until 2026-12-31"}[code]
    past = Course(at("2026-12-28 10:00"), 5, WD)
    assert Reckoning(past, CITY).provisional
    assert word in said(past, code)[-1]
    within = replace(past, amount=3)
    assert not Reckoning(within, CITY).provisional
    assert word not in said(within, code)[-1]
    hours = Course(at("2026-12-31 10:00"), 48, NH)  # hours that run straight through need no calendar
    assert not Reckoning(hours, CITY).provisional
    assert Reckoning(replace(hours, extensions=(more(1, WD),)), CITY).provisional


def test_it_is_not_said_in_english_to_a_chinese_reader() -> None:
    course = Course(TUESDAY, 2, ND, (more(1, WH), more(1, WD)), (pause("2026-11-18 09:00", "2026-11-18 10:00"),))
    for one in (course, replace(course, unit=WD), replace(course, upstream=TUESDAY), Course(TUESDAY, 1, NH)):
        assert not re.search("[A-Za-z]", "".join(said(one, "zh")))


def named_days(sentences: list[str]) -> list[str]:
    """Every day off or made up that is named, a stretch by all its days."""
    found = []
    for sentence in sentences:
        for first, last in NAMED.findall(sentence):
            day, end = (date.fromisoformat(f"2026-{text}") for text in (first, last or first))
            while day <= end:
                found.append(f"{day:%m-%d}")
                day += timedelta(days=1)
    return found


YEAR = st.builds(
    lambda course, day, minute: replace(
        course,
        start=(moved := day + timedelta(minutes=minute)),
        pauses=tuple(
            replace(one, start=one.start - course.start + moved, end=one.end - course.start + moved)
            for one in course.pauses
        ),
    ),
    courses(),
    st.integers(0, 150).map(lambda n: at("2026-01-05 00:00") + timedelta(days=n)),
    st.integers(0, 1439),
)


@pytest.mark.parametrize("code", ["zh", "en"])
@given(course=YEAR)
def test_every_day_is_named_once_and_the_last_sentence_is_the_due_time(code: str, course: Course) -> None:
    sentences = said(course, code)
    days = named_days(sentences)
    assert len(days) == len(set(days))
    found = Reckoning(course, CITY)
    with speaking(code):
        assert city_time(found.at, CITY, ends=True) in sentences[-1]
    if course.unit in {WD, WH} and not course.extensions:
        first, last = CITY.city_day(course.start), CITY.city_day(found.at - timedelta(microseconds=1))
        between = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        off = {f"{day:%m-%d}" for day in between if CITY.holidays.get(day)}
        assert off <= set(days)
        made_up = {f"{day:%m-%d}" for day in between[1:-1] if day in CITY.workdays}
        assert made_up <= set(days)


def test_hours_of_a_city_that_never_closes_end_at_24() -> None:
    calendar = Calendar(ZONE, (Hours(date.min, ((timedelta(), timedelta(days=1)),)),), {}, {}, date(2026, 12, 31))
    assert said(Course(TUESDAY, 1, WD), "en", calendar)[-1] == "Due 2026-11-18 24:00 (Wed)."
    assert said(Course(TUESDAY, 14, WH), "en", calendar)[-1] == "Due 2026-11-17 24:00 (Tue)."


def test_counting_is_said() -> None:
    other = Counting(start_day_counts=True, closes_with_work=False, rolls=False)
    assert said(Course(TUESDAY, 1, WD, counting=other), "en")[1:] == [
        "The first day counts. The last working day ends at 24:00.",
        "Due 2026-11-17 24:00 (Tue).",
    ]
    assert SPANS[-1][1] != timedelta(days=1)  # else the rule could not show
