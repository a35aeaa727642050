"""Deadlines per second on one core, without a database, from limits in each unit; then with extension, pause, words.

The reference is numpy.busday_offset for working days, which knows days only: called for one deadline at a time, as
an order asks, and once for all. A make-up day is no weekday to it, so its week has seven working days and every
day off is a holiday. Both must give the same days. numpy is no dependency: pip install numpy.
Run: python -m bench.clock
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np  # type: ignore[import-not-found, unused-ignore]  # installed for this alone

from config.settings import HERE
from hotline.base.i18n import speaking
from hotline.policy.calendar import Calendar
from hotline.policy.clock import Course, Extension, Pause, PauseReason, Reckoning
from hotline.policy.counting import TimeUnit, add_working
from hotline.policy.folder import calendar_document, read_city
from hotline.policy.queries import calendar_from

ROUNDS, DEADLINES, SENTENCES = 5, 50_000, 5_000
FIRST, DAYS = date(2025, 1, 1), 900  # every day a due time can fall on


def city_calendar() -> Calendar:
    """The calendar the product comes with."""
    about = read_city(HERE / "city")
    until = about["calendar"]["published_until"]
    return calendar_from(calendar_document(HERE / "city"), ZoneInfo(about["zone"]), until)


def limits(calendar: Calendar) -> list[tuple[datetime, int]]:
    """Starts at any second of two years, on days off and at night too, and limits of 1 to 20."""
    chance = random.Random(2026)  # noqa: S311  # the same limits in every run
    midnight = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=calendar.zone).astimezone(UTC)
    return [
        (midnight + timedelta(seconds=chance.randrange(730 * 86400)), chance.randint(1, 20)) for _ in range(DEADLINES)
    ]


def rate(work: Callable[[], Any], count: int) -> float:
    """How many of ``count`` a second."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def courses(asked: list[tuple[datetime, int]]) -> list[Course]:
    """The same limits in working days, each extended once and paused once."""
    return [
        Course(
            start,
            amount,
            TimeUnit.WORKING_DAYS,
            (Extension(3, TimeUnit.WORKING_DAYS, start),),
            (Pause(start + timedelta(hours=20), start + timedelta(hours=50), PauseReason.SUPPLEMENT),),
        )
        for start, amount in asked
    ]


class Numpy:
    """The same question for numpy: days as it counts them."""

    def __init__(self, calendar: Calendar, asked: list[tuple[datetime, int]]) -> None:
        """Take the days off from the calendar."""
        days = [FIRST + timedelta(days=n) for n in range(DAYS)]
        off = [day for day in days if not calendar.is_working_day(day)]
        self.week = np.busdaycalendar(weekmask="1111111", holidays=np.array(off, dtype="datetime64[D]"))
        self.starts = np.array([calendar.city_day(start) for start, _ in asked], dtype="datetime64[D]")
        self.amounts = np.array([amount for _, amount in asked])
        self.pairs = list(zip(self.starts, self.amounts, strict=True))

    def one_by_one(self) -> list[Any]:
        """A call for every deadline."""
        week = self.week
        return [np.busday_offset(start, amount, roll="preceding", busdaycal=week) for start, amount in self.pairs]

    def at_once(self) -> Any:
        """One call for all."""
        return np.busday_offset(self.starts, self.amounts, roll="preceding", busdaycal=self.week)


def main() -> None:
    """Check that both say the same, measure and print."""
    calendar = city_calendar()
    asked = limits(calendar)
    numpy = Numpy(calendar, asked)
    ours = [add_working(start, amount, TimeUnit.WORKING_DAYS, calendar).last_day for start, amount in asked]
    assert ours == numpy.at_once().tolist() == [day.item() for day in numpy.one_by_one()]
    extended = courses(asked)

    def explain() -> None:
        with speaking("zh"):
            for course in extended[:SENTENCES]:
                Reckoning(course, calendar).explain()

    def add(unit: TimeUnit) -> None:
        for start, amount in asked:
            add_working(start, amount, unit, calendar)

    work: dict[str, tuple[Callable[[], Any], int]] = {str(unit): (partial(add, unit), DEADLINES) for unit in TimeUnit}
    work |= {
        "numpy, one by one": (numpy.one_by_one, DEADLINES),
        "numpy, all at once": (numpy.at_once, DEADLINES),
        "extended and paused": (lambda: [Reckoning(course, calendar).at for course in extended], DEADLINES),
        "the same, explained": (explain, SENTENCES),
    }
    rounds = [{name: rate(*one) for name, one in work.items()} for _ in range(ROUNDS)]
    print(f"{DEADLINES} deadlines, the same days as numpy, median of {ROUNDS} rounds")
    for name in work:
        print(f"{name:22}{statistics.median(each[name] for each in rounds):14,.0f} /s")
    ratio = statistics.median(each["working_days"] / each["numpy, one by one"] for each in rounds)
    print(f"working days to numpy one by one: {ratio:.2f}")


if __name__ == "__main__":
    main()
