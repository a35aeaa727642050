"""The policy's triggers about units, places and what comes in. Units are judged by the measures of the report, as its lists show them.

A rate is judged when its month is over, so that nobody is called to account for half a month. What is counted up
(not solved) fires as soon as there are so many.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.time import DAY, Period
from hotline.base.time import Kind as PeriodKind
from hotline.handle.alarms import MOST_ORDERS, Found, fire
from hotline.handle.models import Alarm
from hotline.people.models import Unit, UnitKind
from hotline.policy import queries as policies
from hotline.policy.triggers import WHOLE_RATE, Kind, Trigger
from hotline.report.dimensions import KIND_OF_MATTER, By
from hotline.report.figures import Figure
from hotline.report.jumps import find_jumps
from hotline.report.measure import Measure
from hotline.report.measures import BY_NAME
from hotline.report.queries import figures, period_at, rows_behind
from hotline.report.topics.queries import bursts


def sweep_units(now: datetime) -> int:
    """Fire the triggers about units, topics and what comes in, by the policy in force; return how often."""
    triggers = policies.policy_at(now).triggers
    return sum(fire(one, list(FINDERS[one.kind](one, now)), now) for one in triggers if one.kind in FINDERS)


def _month(instant: datetime) -> Period:
    """The city's month an instant lies in, by its windows."""
    return period_at(instant, PeriodKind.MONTH)


def _name(month: Period) -> str:
    return f"{month.last:%Y-%m}"


def _by_unit(trigger: Trigger, measure: Measure, month: Period, now: datetime) -> dict[str, Figure]:
    """The figures of the units the trigger is about with enough counted, without what does not count on appeal by now."""
    found, kinds = figures(measure, month, now, by=By.UNIT), _kinds()
    return {
        unit: figure
        for unit, figure in found.items()
        if unit in kinds and trigger.is_about(kinds[unit]) and figure.denominator >= max(1, trigger.minimum_n)
    }


def _kinds() -> dict[str, UnitKind]:
    """Every unit's kind."""
    return dict(db.session.execute(select(Unit.code, Unit.kind)).all())


def _about(
    trigger: Trigger, measure: Measure, month: Period, now: datetime, counted: Mapping[str, Figure]
) -> Iterator[Found]:
    """The figures of some units that have not fired in a month, each with the orders that count against it."""
    before = select(Alarm.subject).where(Alarm.rule == trigger.name, Alarm.period == _name(month))
    fired = set(db.session.scalars(before))
    for unit, figure in counted.items():
        if unit in fired:
            continue
        query = rows_behind(measure, month, now, unit=unit, numerator=False)
        numbers = [row.order.number for row in db.session.scalars(query.limit(MOST_ORDERS))]
        facts = {
            "month": _name(month),
            "measure": measure.name,
            "numerator": figure.numerator,
            "denominator": figure.denominator,
            "weighted": float(figure.weighted),
        }
        yield Found(unit, _name(month), list(dict.fromkeys(numbers)), unit, facts=facts)


def _unsolved_in_month(trigger: Trigger, now: datetime) -> Iterator[Found]:
    """Of this month; yesterday's too, because the last of a month may be counted only after its end."""
    measure = BY_NAME["solved"]
    for month in dict.fromkeys((_month(now), _month(now - DAY))):
        counted = _by_unit(trigger, measure, month, now)
        many = {unit: one for unit, one in counted.items() if one.denominator - one.numerator >= trigger.count}
        yield from _about(trigger, measure, month, now, many)


def _below(trigger: Trigger, now: datetime) -> Iterator[Found]:
    measure, month = BY_NAME[trigger.measure], _month(now).before()
    counted, kinds = _by_unit(trigger, measure, month, now), _kinds()
    low = {unit: one for unit, one in counted.items() if (one.rate or 0) * WHOLE_RATE < trigger.least(kinds[unit])}
    yield from _about(trigger, measure, month, now, low)


def _last_twice(trigger: Trigger, now: datetime) -> Iterator[Found]:
    measure, month = BY_NAME[trigger.measure], _month(now).before()
    counted = _by_unit(trigger, measure, month, now)
    earlier = _by_unit(trigger, measure, month.before(), now)
    last = {unit: counted[unit] for unit in sorted(_last(counted) & _last(earlier))}
    yield from _about(trigger, measure, month, now, last)


def _last(counted: dict[str, Figure]) -> set[str]:
    """Who is last among the units of their kind; nobody where all of a kind are equal, or there is only one."""
    kinds, last = _kinds(), set()
    for kind in {kinds[unit] for unit in counted}:
        rates = {unit: figure.rate or 0 for unit, figure in counted.items() if kinds[unit] is kind}
        worst = min(rates.values())
        if worst < max(rates.values()):
            last |= {unit for unit, rate in rates.items() if rate == worst}
    return last


def _cluster(trigger: Trigger, now: datetime) -> Iterator[Found]:
    """A topic that so many citizens told of within some days. It fires once in its days."""
    since = now - timedelta(days=trigger.days)
    recent = select(Alarm.subject).where(Alarm.rule == trigger.name, Alarm.fired_at > since)
    fired = set(db.session.scalars(recent))
    day = policies.calendar_now().city_day(now).isoformat()
    for topic, numbers, citizens in bursts(trigger.count, trigger.days, now):
        subject = f"topic/{topic.id}"
        if subject not in fired:
            facts = {
                "topic": topic.id,
                "place": topic.label,
                "category": (topic.category_code or "")[:KIND_OF_MATTER],
                "district": topic.district_code or "",
                "count": citizens,
            }
            yield Found(subject, day, sorted(numbers, reverse=True), facts=facts)


FINDERS: dict[Kind, Callable[[Trigger, datetime], Iterator[Found]]] = {
    Kind.UNSOLVED_IN_MONTH: _unsolved_in_month,
    Kind.BELOW: _below,
    Kind.LAST_TWICE: _last_twice,
    Kind.CLUSTER: _cluster,
    Kind.JUMP: find_jumps,
}
