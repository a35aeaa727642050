"""What changed in a period, in a few sentences: only what is more than chance, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from math import sqrt

from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.i18n import dated, mark
from hotline.base.time import DAY, Kind, Period
from hotline.handle.alarms import about_words, trigger_of
from hotline.handle.models import Alarm
from hotline.orders.models import Order
from hotline.orders.names import Names
from hotline.policy.triggers import Kind as TriggerKind
from hotline.report.about import UNKNOWN
from hotline.report.figures import Cell, is_beyond_chance, missed_beyond
from hotline.report.inflow import Parts, parts_received
from hotline.report.measures import BY_NAME
from hotline.report.overview import Line, Overview
from hotline.report.papers.came import NOT_KNOWN, weighted
from hotline.report.papers.paper import Part, Said
from hotline.report.papers.phrases import count, grown, in_period, listed, moved, rate
from hotline.report.queries import of_units

RATES = ("connection", "on_time", "satisfied")  # the three rates (三率)
BEYOND_CHANCE = 2  # standard deviations by which a count must differ
LEAST_MORE = 5  # orders of a matter from which its growth is worth a sentence
MOST_MATTERS = MOST_JUMPS = 2
TELLING = (TriggerKind.JUMP, TriggerKind.CLUSTER)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came in, beside as much of the period before. days: how many of its days, while the period runs."""

    this: Period
    before: Period
    now: Parts
    then: Parts
    days: int | None


def changes(week: Overview) -> list[Said]:
    """What changed: rates with whose doing it is, what came in and about what, days and places that stand out."""
    cells = [(name, cell) for name in RATES if (cell := week.city.get(name)) and cell.change is not None]
    told = [said for name, cell in cells if is_beyond_chance(cell) for said in _rate_moved(week, name, cell)]
    if compared := compare_received(week):
        told += [*_came_in(compared), *_begins_within(compared.before)]
    told += _jumps(week)
    still = [Said(BY_NAME[name].label) for name, cell in cells if not is_beyond_chance(cell)]
    if still:
        told.append(Said(mark("%(names)s: no change beyond chance."), {"names": listed([*still])}))
    return told


def _rate_moved(week: Overview, name: str, cell: Cell) -> list[Said]:
    figure = cell.figure
    said = [
        Said(
            mark("%(measure)s %(rate)s (%(hits)s of %(counted)s): %(moved)s on the period before."),
            {
                "measure": Said(BY_NAME[name].label),
                "rate": rate(figure.rate),
                "hits": weighted(figure, measure=name),
                "counted": count(figure.denominator, measure=name, bucket="counted"),
                "moved": moved(cell.change),
            },
        )
    ]
    if line := most_of_it(week, name, cell):
        theirs = line.cells[name].figure
        where = {"measure": name, "unit": line.code}
        said.append(
            Said(
                mark("Most of it: %(unit)s with %(hits)s of %(counted)s."),
                {
                    "unit": line.name,
                    "hits": weighted(theirs, **where),
                    "counted": count(theirs.denominator, **where, bucket="counted"),
                },
            )
        )
    return said


def most_of_it(week: Overview, name: str, cell: Cell) -> Line | None:
    """The unit (of calls: the queue) that moved the city's rate most: by what it missed beyond the rate before, or saved."""
    lines = week.queues if BY_NAME[name].unit is None else week.units
    before = cell.before.rate or Fraction()
    pulls = {at: missed_beyond(line.cells[name].figure, before) for at, line in enumerate(lines) if name in line.cells}
    if len(pulls) <= 1:
        return None  # alone it is the whole
    worse = (cell.change or 0) < 0
    at = max(pulls, key=lambda one: pulls[one] if worse else -pulls[one])
    return lines[at] if pulls[at] and (pulls[at] > 0) == worse else None


def compare_received(week: Overview) -> Compared | None:
    """What came in beside the period before; while it runs, its finished days beside as many of the one before."""
    this, before, days = week.period, week.period.before(), None
    if week.cutoff < this.end:
        days = (week.cutoff - this.start) // timedelta(days=1)
        if days < 1 or this.kind is Kind.DAY or week.units_seen is not None:  # a unit is told of no single days
            return None
        this = this.within(this.first, this.first + (days - 1) * DAY)
        before = before.within(before.first, before.first + (days - 1) * DAY)
    now, then = parts_received([this, before], week.cutoff, week.units_seen)
    return Compared(this, before, now, then, days)


def _came_in(compared: Compared) -> list[Said]:
    now, then = compared.now, compared.then
    here = in_period(compared.this) if compared.days else {}
    parts: dict[str, Part] = {
        "count": count(now.total, measure="received", **here),
        "grown": grown(now.total, then.total),
    }
    message = mark("%(count)s orders came in, %(grown)s on the period before.")
    if compared.days:
        message = mark("In the first %(days)s days %(count)s orders came in, %(grown)s on as many days before.")
        parts["days"] = str(compared.days)
    said, names = [Said(message, parts)], Names().categories
    for code in growing(now.by_subcategory, then.by_subcategory)[:MOST_MATTERS]:
        which = {"measure": "received", "matter": code}
        said.append(
            Said(
                mark("More about “%(matter)s”: %(count)s, after %(before)s."),
                {
                    "matter": names.get(code, code) if code != UNKNOWN else NOT_KNOWN,
                    "count": count(now.by_subcategory[code], **which, **here),
                    "before": count(then.by_subcategory.get(code, 0), **which, **in_period(compared.before)),
                },
            )
        )
    return said


def _begins_within(before: Period) -> list[Said]:
    """A word where the record begins only within the period that is compared with: growth over it is none."""
    first = db.session.scalar(select(func.min(Order.received_at)))
    if first is None or not before.start + timedelta(days=1) <= first < before.end:
        return []
    day = dated(first.astimezone(before.zone), "y年M月d日", "d MMM y")
    return [Said(mark("The record begins on %(day)s: the period before is not whole."), {"day": day})]


def growing(now: Mapping[str, int], then: Mapping[str, int]) -> list[str]:
    """What grew beyond chance, the most first: two counts by chance differ by the square root of their sum."""
    more = {
        key: (number - then.get(key, 0)) / sqrt(number + then.get(key, 0))
        for key, number in now.items()
        if number >= LEAST_MORE and key != UNKNOWN
    }
    return sorted((key for key, by in more.items() if by > BEYOND_CHANCE), key=lambda key: (-more[key], key))


def _jumps(week: Overview) -> list[Said]:
    """The days and the places the policy's triggers found in the period."""
    if week.units_seen is not None:
        return []
    fired = (Alarm.fired_at >= week.period.start, Alarm.fired_at < week.period.end, Alarm.fired_at <= week.cutoff)
    query = select(Alarm).where(*fired, *of_units(Alarm.unit_code, week.units_seen))
    names = Names()
    said: list[Said] = []
    for alarm in db.session.scalars(query.order_by(Alarm.fired_at.desc(), Alarm.id.desc())):
        if trigger_of(alarm).kind in TELLING and len(said) < MOST_JUMPS:
            number = alarm.facts.get("count", len(alarm.facts["orders"]))
            parts: dict[str, Part] = {"about": about_words(alarm, names), "count": count(number, alarm=str(alarm.id))}
            said.append(Said(mark("Stands out: %(about)s, %(count)s."), parts))
    return said
