"""Days on which abnormally much came in: of the city, of one kind of matter, of one district.

A finished day is held against the same weekday of the weeks before. If orders came in by chance at a steady rate, their
number on a day would scatter about the mean by its square root (a Poisson count); where the weeks themselves scattered
more, that is taken. What lies several such deviations above the mean did not come by chance. A week from before the
hotline's first order is no history, and half of the weeks must be known. What a jump was held against is kept with its
alarm.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from math import sqrt
from statistics import fmean, pstdev
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select

from hotline.base.db import db
from hotline.base.time import DAY, Kind, Period
from hotline.handle.alarms import MOST_ORDERS, Found
from hotline.handle.models import Alarm
from hotline.orders.models import Order
from hotline.policy.triggers import Trigger
from hotline.report.dimensions import KIND_OF_MATTER
from hotline.report.queries import period_at

WEEK = timedelta(weeks=1)

CITY, CATEGORY, DISTRICT = "city", "category", "district"
Group = tuple[str, str]  # one of these, and the code of the category or district
_CODES: Mapping[str, Any] = {
    CATEGORY: func.left(Order.category_code, KIND_OF_MATTER),
    DISTRICT: Order.district_code,
}


def expected(history: Sequence[int], deviations: float) -> tuple[float, float]:
    """The mean of a history, and what a count must exceed to be no chance: so many standard deviations above it."""
    mean = fmean(history)
    return mean, mean + deviations * max(sqrt(mean), pstdev(history))


def find_jumps(trigger: Trigger, now: datetime) -> Iterator[Found]:
    """What jumped on the last finished city day and has not fired for it."""
    yesterday = period_at(now, Kind.DAY).before()
    day = yesterday.first
    days = [yesterday.within(at, at) for at in _same_weekdays(day, trigger.weeks)]
    since = _first_day(now)
    known = [period for period in days[1:] if period.first >= since]
    if 2 * len(known) < trigger.weeks:
        return
    today, *before = _received([days[0], *known])
    fired = set(db.session.scalars(select(Alarm.subject).where(Alarm.rule == trigger.name, Alarm.period == f"{day}")))
    for group, count in today.items():
        history = [earlier[group] for earlier in before]
        mean, limit = expected(history, trigger.deviations)
        if count >= trigger.count and count > limit and _subject(group) not in fired:
            facts = {
                "day": f"{day}",
                "of": group[0],
                "code": group[1],
                "count": count,
                "mean": round(mean, 2),
                "limit": round(limit, 2),
                "history": {f"{period.first}": n for period, n in zip(known, history, strict=True)},
            }
            yield Found(_subject(group), f"{day}", _numbers(group, days[0]), facts=facts)


def _same_weekdays(day: date, weeks: int) -> list[date]:
    """A day and the same weekday of so many weeks before it, the latest first."""
    return [day - n * WEEK for n in range(weeks + 1)]


def _first_day(now: datetime) -> date:
    """The city day after that of the first order: the first that was counted whole."""
    first = db.session.scalar(select(func.min(Order.received_at)).where(Order.received_at < now))
    today = period_at(now, Kind.DAY)
    return today.windows.day_of(first or now, today.zone) + DAY


def _received(days: Sequence[Period]) -> list[Counter[Group]]:
    """What came in on each of some days, by group. One statement; the index finds each day."""
    inside = [and_(Order.received_at >= day.start, Order.received_at < day.end) for day in days]
    day = case(*((one, n) for n, one in enumerate(inside))).label("day")
    codes = [code.label(of) for of, code in _CODES.items()]
    query = select(day, *codes, func.count()).where(or_(*inside)).group_by(day, *codes)
    found: list[Counter[Group]] = [Counter() for _ in days]
    for n, *of, count in db.session.execute(query):
        found[n][CITY, ""] += count
        for group in zip(_CODES, of, strict=True):
            if group[1]:
                found[n][group] += count
    return found


def _numbers(group: Group, day: Period) -> list[str]:
    """The orders behind a jump, the latest first, as many as an alarm keeps."""
    of, code = group
    query: Select[Any] = select(Order.number).where(Order.received_at >= day.start, Order.received_at < day.end)
    if of in _CODES:
        query = query.where(_CODES[of] == code)
    return list(db.session.scalars(query.order_by(Order.received_at.desc(), Order.id.desc()).limit(MOST_ORDERS)))


def _subject(group: Group) -> str:
    return "/".join(group) if group[1] else group[0]
