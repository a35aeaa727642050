"""The clock algebra: when a deadline is due after extensions and pauses, and how that came to be. Pure.

- An extension adds its amount to the limit: of the same unit they are counted together, of another unit it is
  counted on from the due time before.
- A pause moves the due time by exactly the time it takes away: working time where the limit counts working
  time, plain time where hours run straight through. Natural days go on to the day that plain time reaches, and end
  as they always do (民法典 §203). Pauses do not overlap.
- A deadline set by an upstream platform goes before all of this.
- ``original`` is the due time without extensions, so that both on-time rates can be told. An upstream platform that
  sets another deadline has extended the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from hotline.base.i18n import gettext, label, language, mark, name_members
from hotline.base.time import DAY
from hotline.policy.calendar import MOMENT, NOTHING, Calendar
from hotline.policy.counting import (
    DEFAULT_COUNTING,
    WHOLE,
    WORKING,
    Counting,
    Due,
    Run,
    TimeUnit,
    add_worked,
    add_working,
    joined,
    rolled_over,
    settled,
    working_between,
)

MOST_WEEKENDS = 4  # an explanation lists one by one


class PauseReason(StrEnum):
    """The three reasons a clock may stop for."""

    SUPPLEMENT = "supplement"
    PROCEDURE = "procedure"
    PROMISE = "promise"


name_members(
    {
        PauseReason.SUPPLEMENT: mark("The citizen has to supplement"),
        PauseReason.PROCEDURE: mark("Statutory procedure"),
        PauseReason.PROMISE: mark("Approved promise"),
    }
)


@dataclass(frozen=True, slots=True)
class Extension:
    """More time, agreed at an instant."""

    amount: float
    unit: TimeUnit
    agreed_at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still from ``start`` to ``end``: the end planned, or the earlier one that came."""

    start: datetime
    end: datetime
    reason: PauseReason


@dataclass(frozen=True, slots=True)
class Course:
    """All that decides when a clock is due, besides the calendar."""

    start: datetime
    amount: float
    unit: TimeUnit
    extensions: tuple[Extension, ...] = ()
    pauses: tuple[Pause, ...] = ()
    upstream: datetime | None = None
    upstream_first: datetime | None = None
    counting: Counting = DEFAULT_COUNTING


@dataclass(frozen=True)
class Reckoning:
    """A course on a calendar: its due time and every step to it, each worked out where it is asked for."""

    course: Course
    calendar: Calendar

    @cached_property
    def base(self) -> Due:
        """The limit alone."""
        course = self.course
        return add_working(course.start, course.amount, course.unit, self.calendar, course.counting)

    @property
    def original(self) -> datetime:
        """When it would be due without extensions; the upstream platform's first word, where it has set more."""
        if self.course.upstream is not None:
            return self.course.upstream_first or self.course.upstream
        return self._paused(self.base.at) if self.course.extensions else self.at

    @cached_property
    def at(self) -> datetime:
        """When it is due."""
        if self.course.upstream is not None:
            return self.course.upstream
        return self._paused(self._counts[-1].at)

    @property
    def provisional(self) -> bool:
        """Whether the due time may move when the calendar is published further."""
        if self.course.upstream is not None:
            return False
        units = {self.course.unit, *(one.unit for one in self.course.extensions)}
        asks = any(self.course.counting.asks_calendar(unit) for unit in units)
        return asks and self.calendar.city_day(self.at - MOMENT) > self.calendar.published_until

    def after_extensions(self, count: int) -> datetime:
        """The due time with the first ``count`` extensions and no pause."""
        return self._counted_to(count)[-1].at

    @property
    def _counts(self) -> list[Due]:
        return self._counted_to(len(self.course.extensions))

    def _counted_to(self, extensions: int) -> list[Due]:
        """What is counted one after another: the limit, then each extension in another unit."""
        course, taken = self.course, self.course.extensions[:extensions]
        if not taken:
            return [self.base]
        same = sum(one.amount for one in taken if one.unit is course.unit)
        counts = [add_working(course.start, course.amount + same, course.unit, self.calendar, course.counting)]
        for one in taken:
            if one.unit is not course.unit:
                # Days go on from the day that ends, be it at 24:00; its own due day is not counted again.
                since = counts[-1].at - MOMENT if one.unit in WHOLE else counts[-1].at
                counting = replace(course.counting, start_day_counts=False)
                counts.append(add_working(since, one.amount, one.unit, self.calendar, counting))
        return counts

    def stopped(self, pause: Pause) -> timedelta:
        """The time a pause takes away: working time where the limit counts working time."""
        start, end = max(pause.start, self.course.start), max(pause.end, self.course.start)
        if self.course.unit in WORKING:
            return working_between(start, end, self.calendar)
        return end - start

    @property
    def _stopped(self) -> timedelta:
        return sum((self.stopped(pause) for pause in self.course.pauses), NOTHING)

    def _paused(self, at: datetime) -> datetime:
        if not (self.course.pauses and (stopped := self._stopped)):
            return at
        if self.course.unit in WORKING:
            return add_worked(at, stopped, self.calendar)
        if self.course.unit is TimeUnit.NATURAL_DAYS:
            return settled(self._day_reached(at + stopped), self.calendar, self.course.counting)
        return at + stopped

    def _day_reached(self, at: datetime) -> datetime:
        """24:00 of a day: ended within it, natural days could end sooner after a longer pause, past a day off."""
        return self.calendar.instant(self.calendar.city_day(at - MOMENT) + DAY)

    # How it came to be, in the reader's language

    def explain(self) -> list[str]:
        """How the due time came to be, sentence by sentence."""
        return [*self._said_limit(), *self._said_days(), *self._said_changes(), *self._overruled(), self._said_due()]

    def _said_limit(self) -> Iterable[str]:
        yield gettext(
            "Starts %(start)s; limit %(amount)s.",
            start=self._time(self.course.start),
            amount=spoken(self.course.amount, self.course.unit),
        )
        yield rule_of(self.course.unit, self.course.counting)

    def _said_days(self) -> Iterable[str]:
        """The days off and made up that moved the due time, of the limit and all that was added."""
        if self.days_off:
            yield gettext("Days off, not counted: %(days)s.", days=named(self.days_off))
        if self.made_up:
            yield gettext("Make-up working days, counted: %(days)s.", days=named(self.made_up))
        if self.rolled:
            yield gettext("The last day is a day off, so it goes on past %(days)s.", days=named(self.rolled))

    @property
    def days_off(self) -> tuple[Run, ...]:
        """The days off that working time passed over, of the limit and all that was added."""
        return joined(run for one in self._all_counts if one.unit in WORKING for run in one.skipped)

    @property
    def made_up(self) -> tuple[Run, ...]:
        """The make-up working days that counted."""
        return joined(run for one in self._all_counts for run in one.made_up)

    @property
    def rolled(self) -> tuple[Run, ...]:
        """The days off natural days would have ended on."""
        return joined(self._rolled())

    @property
    def _all_counts(self) -> list[Due]:
        return [*self._counts, *self._stopped_count()]

    def _stopped_count(self) -> list[Due]:
        """What the pauses added, where it is working time: it passes days off as the limit does."""
        if not self._stopped or self.course.unit not in WORKING:
            return []
        at, hours = self._counts[-1].at, self._stopped / timedelta(hours=1)
        return [Due(at, hours, TimeUnit.WORKING_HOURS, self._paused(at), self.calendar)]

    def _rolled(self) -> Iterable[Run]:
        for one in self._counts:
            if one.unit not in WORKING:
                yield from one.skipped
        if self._stopped and self.course.unit is TimeUnit.NATURAL_DAYS:
            at = self._counts[-1].at
            yield from rolled_over(self._day_reached(at + self._stopped), self._paused(at), self.calendar)

    def _said_changes(self) -> Iterable[str]:
        if self.base.at != self.at:
            yield gettext("By the limit alone it is due %(due)s.", due=self._time(self.base.at, ends=True))
        for n, one in enumerate(self.course.extensions, start=1):
            yield gettext(
                "Extended by %(amount)s on %(day)s: from %(before)s to %(after)s.",
                amount=spoken(one.amount, one.unit),
                day=self.calendar.city_day(one.agreed_at).isoformat(),
                before=self._time(self.after_extensions(n - 1), ends=True),
                after=self._time(self.after_extensions(n), ends=True),
            )
        for pause in self.course.pauses:
            yield self._said_pause(pause)

    def _said_pause(self, pause: Pause) -> str:
        stopped = self.stopped(pause)
        values = {
            "reason": label(pause.reason),
            "start": self._time(pause.start),
            "end": self._time(pause.end, ends=True),
            "stopped": spoken_time(stopped),
        }
        if not stopped:
            return gettext("%(reason)s: paused from %(start)s to %(end)s, which takes no time away.", **values)
        if self.course.unit in WORKING:
            return gettext(
                "%(reason)s: paused from %(start)s to %(end)s; %(stopped)s of working time do not count.", **values
            )
        return gettext("%(reason)s: paused from %(start)s to %(end)s; %(stopped)s do not count.", **values)

    def _overruled(self) -> Iterable[str]:
        if self.course.upstream is not None:
            yield gettext("Who sent it has set the deadline, which goes before the limit here.")

    def _said_due(self) -> str:
        if self.provisional:
            return gettext(
                "Due %(due)s, provisionally: holidays are published only until %(day)s, so it may still move.",
                due=self._time(self.at, ends=True),
                day=self.calendar.published_until.isoformat(),
            )
        return gettext("Due %(due)s.", due=self._time(self.at, ends=True))

    def _time(self, instant: datetime, *, ends: bool = False) -> str:
        return city_time(instant, self.calendar, ends=ends)


def rule_of(unit: TimeUnit, counting: Counting) -> str:
    """How a unit is counted, in words."""
    first = gettext("The first day counts.") if counting.start_day_counts else gettext("The first day does not count.")
    match unit:
        case TimeUnit.NATURAL_HOURS:
            return gettext("Hours run straight through.")
        case TimeUnit.WORKING_HOURS:
            return gettext("Only time inside the working hours counts.")
        case TimeUnit.WORKING_DAYS if counting.closes_with_work:
            last = gettext("The last working day ends when work closes.")
        case TimeUnit.WORKING_DAYS:
            last = gettext("The last working day ends at 24:00.")
        case TimeUnit.NATURAL_DAYS if counting.rolls:
            last = gettext("The last day ends at 24:00; on a day off, when the next working day closes.")
        case TimeUnit.NATURAL_DAYS:
            last = gettext("The last day ends at 24:00.")
    return gettext("%(first)s %(last)s", first=first, last=last)


def city_time(instant: datetime, calendar: Calendar, *, ends: bool = False) -> str:
    """An instant in city time, to the minute, with its weekday. ends: midnight is written as 24:00 of the day before."""
    local = instant.astimezone(calendar.zone)
    day, of_day = local.date(), f"{local:%H:%M}"
    if ends and not (local.hour or local.minute or local.second or local.microsecond):
        day, of_day = calendar.city_day(instant - MOMENT), "24:00"
    return gettext("%(day)s %(time)s (%(weekday)s)", day=day, time=of_day, weekday=weekday(day))


def weekday(day: date) -> str:
    """The short name of a day's weekday in the reader's language."""
    return gettext(_WEEKDAYS[day.weekday()])


_WEEKDAYS = (mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"))


def spoken(amount: float, unit: TimeUnit) -> str:
    """An amount of a unit in words."""
    named = gettext(_ONE[unit]) if amount == 1 else label(unit)
    return gettext("%(amount)s %(unit)s", amount=f"{amount:g}", unit=named)


_ONE = {
    TimeUnit.WORKING_DAYS: mark("working day"),
    TimeUnit.WORKING_HOURS: mark("working hour"),
    TimeUnit.NATURAL_DAYS: mark("calendar day"),
    TimeUnit.NATURAL_HOURS: mark("hour"),
}


def spoken_time(amount: timedelta) -> str:
    """A length of time in hours and minutes, in words."""
    hours, rest = divmod(amount, timedelta(hours=1))
    minutes = rest // timedelta(minutes=1)
    parts = [gettext("%(n)s h", n=hours)] if hours else []
    if minutes or not hours:
        parts.append(gettext("%(n)s min", n=minutes))
    return " ".join(parts)


def named(runs: tuple[Run, ...], say: Callable[[Run], str] | None = None) -> str:
    """Days in words, each run as ``say`` says it. Many weekends are only counted: a list would hide the holidays."""
    say = say or _run
    weekends = [run for run in runs if not run.name]
    if len(weekends) <= MOST_WEEKENDS:
        return gettext(", ").join(say(run) for run in runs)
    days = sum((run.last - run.first).days + 1 for run in weekends)
    holidays = [say(run) for run in runs if run.name]
    return gettext(", ").join([*holidays, gettext("%(n)s weekend days", n=days)])


def run_name(run: Run) -> str:
    """Why days are off, or worked although the week has them off."""
    return holiday_name(run.name) if run.name else gettext("weekend")


def _run(run: Run) -> str:
    name = run_name(run)
    if run.first == run.last:
        return f"{run.first:%m-%d} {name}"
    return gettext("%(first)s to %(last)s", first=f"{run.first:%m-%d}", last=f"{run.last:%m-%d}") + f" {name}"


# The holidays of the national notice and of the cities that add their own; any other name is shown as written.
_HOLIDAYS = {
    "元旦": mark("New Year"),
    "春节": mark("Spring Festival"),
    "清明节": mark("Tomb-Sweeping Day"),
    "劳动节": mark("Labour Day"),
    "端午节": mark("Dragon Boat Festival"),
    "中秋节": mark("Mid-Autumn Festival"),
    "国庆节": mark("National Day"),
    "调休": mark("(make-up)"),
}


def holiday_name(chinese: str) -> str:
    """The name of a holiday or make-up day in the reader's language."""
    if language() != "en":
        return chinese
    name = chinese.replace("、", " / ")
    for written, english in _HOLIDAYS.items():
        name = name.replace(written, f" {english}")
    return " ".join(name.split())
