"""How a due time came to be, for the citizen who waits for it, in plain words.

From when, how much time, which days do not count and why, until when. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from hotline.base.i18n import day_words, gettext, instant_words, mark
from hotline.policy.calendar import MOMENT, Calendar
from hotline.policy.clock import Pause, PauseReason, Reckoning, named, run_name, spoken
from hotline.policy.counting import WHOLE, Run, TimeUnit

WAITED = {
    PauseReason.SUPPLEMENT: mark(
        "From %(start)s to %(end)s it waited for what you were to bring: that does not count."
    ),
    PauseReason.PROCEDURE: mark(
        "From %(start)s to %(end)s it waited for a procedure the law asks for: that does not count."
    ),
    PauseReason.PROMISE: mark("From %(start)s to %(end)s it stood still as was promised: that does not count."),
}


def plainly(reckoning: Reckoning) -> list[str]:
    """How the due time came to be, sentence by sentence."""
    course = reckoning.course
    if course.upstream is not None:
        return [gettext("Whoever passed your complaint on to us has set this date."), _due(reckoning)]
    pauses = [pause for pause in course.pauses if reckoning.stopped(pause)]
    return [
        *_limit(reckoning),
        *_days(reckoning),
        *_given_more(reckoning),
        *(_waited(pause, reckoning.calendar) for pause in pauses),
        _due(reckoning),
        *_may_move(reckoning),
    ]


def plain_time(instant: datetime, calendar: Calendar) -> str:
    """A due time in city time; midnight is 24:00 of the day before."""
    local = instant.astimezone(calendar.zone)
    if local.time() == local.time().min:
        return f"{day_words(calendar.city_day(instant - MOMENT))} 24:00"
    return instant_words(local)


def _limit(reckoning: Reckoning) -> Iterable[str]:
    course = reckoning.course
    start = instant_words(course.start.astimezone(reckoning.calendar.zone))
    yield gettext("Counted from %(start)s: %(amount)s.", start=start, amount=spoken(course.amount, course.unit))
    if course.unit in WHOLE and not course.counting.start_day_counts:
        yield gettext("That day itself does not count.")
    if course.unit is TimeUnit.WORKING_HOURS:
        yield gettext("Only the hours count in which offices work.")


def _days(reckoning: Reckoning) -> Iterable[str]:
    if off := reckoning.days_off:
        yield gettext("These days do not count: %(days)s.", days=named(off, _run))
    if made_up := reckoning.made_up:
        yield gettext("These days are worked instead, and count: %(days)s.", days=named(made_up, _span))
    if rolled := reckoning.rolled:
        yield gettext("The last day is a day off, so it goes on past %(days)s.", days=named(rolled, _run))


def _run(run: Run) -> str:
    return gettext("%(days)s (%(name)s)", days=_span(run), name=run_name(run))


def _span(run: Run) -> str:
    if run.first == run.last:
        return day_words(run.first)
    return gettext("%(first)s to %(last)s", first=day_words(run.first), last=day_words(run.last))


def _given_more(reckoning: Reckoning) -> Iterable[str]:
    for one in reckoning.course.extensions:
        day = day_words(reckoning.calendar.city_day(one.agreed_at))
        yield gettext("On %(day)s it was given %(amount)s more.", day=day, amount=spoken(one.amount, one.unit))


def _waited(pause: Pause, calendar: Calendar) -> str:
    start, end = plain_time(pause.start, calendar), plain_time(pause.end, calendar)
    return gettext(WAITED[pause.reason], start=start, end=end)


def _due(reckoning: Reckoning) -> str:
    return gettext("So it is due by %(due)s.", due=plain_time(reckoning.at, reckoning.calendar))


def _may_move(reckoning: Reckoning) -> Iterable[str]:
    if reckoning.provisional:
        yield gettext("Holidays are not published that far: the date may still move.")
