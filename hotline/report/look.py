"""What a manager reads in the first minute beneath the rates: what changed, where to look, the days, the districts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from hotline.base.paging import Page
from hotline.base.time import Kind, Period
from hotline.handle.alarms import count_open
from hotline.orders.models import Deadline
from hotline.people.actors import Actor
from hotline.people.queries import all_districts
from hotline.people.roles import Permission
from hotline.report.board import Trend, trends_by_day
from hotline.report.changes import changes
from hotline.report.charts import Columns, columns
from hotline.report.dimensions import By
from hotline.report.figures import NOTHING, Cell, Figure, compared, interval, missed_beyond
from hotline.report.inflow import worst_overdue
from hotline.report.measures import BY_NAME
from hotline.report.overview import Line, Overview
from hotline.report.papers.paper import Said
from hotline.report.rollup.counting import count
from hotline.report.subjects.tallies import RECEIVED
from hotline.report.topics.queries import Hot, hot_topics

OF_UNITS = ("on_time", "satisfied", "solved")
OF_DAYS = ("connection", "on_time", "satisfied")
MOST_UNITS, MOST_OVERDUE, MOST_TOPICS, TOPIC_DAYS = 4, 5, 3, 7
SHADES = 4


@dataclass(frozen=True, slots=True)
class Behind:
    """A unit behind the city in a rate. surely: beyond chance; missed: how many it missed more than the city's rate."""

    name: str
    line: Line
    cell: Cell
    missed: Fraction
    surely: bool


@dataclass(frozen=True, slots=True)
class Day:
    """What came in on a day."""

    period: Period
    received: int


@dataclass(frozen=True, slots=True)
class Place:
    """A district: what came in from there, how much of its work was on time. shade: 0 to SHADES by what came in."""

    code: str
    name: str
    received: int
    before: int
    on_time: Cell
    shade: int


@dataclass(frozen=True, slots=True)
class Look:
    """What is read first. overdue: the worst, with how many there are. alarms: open ones by rule. topics: for the city only."""

    changes: list[Said]
    units: list[Behind]
    overdue: Page[Deadline]
    alarms: Mapping[str, int]
    topics: list[Hot]
    rates: list[Trend]
    days: list[Day]
    drawn: Columns | None
    places: list[Place]


def look(week: Overview, reader: Actor, now: datetime) -> Look:
    """The first minute of a period's page, for its reader."""
    days = _days(week)
    received, drawn = _came_in(days, week) if days else ([], None)
    return Look(
        changes=changes(week),
        units=behind_the_city(week),
        overdue=worst_overdue(week.period, week.cutoff, MOST_OVERDUE, week.units_seen),
        alarms=count_open(reader),
        topics=hot_topics(week.cutoff, TOPIC_DAYS, most=MOST_TOPICS) if _may_see_topics(week, reader, now) else [],
        rates=trends_by_day(OF_DAYS, days, week) if days else [],
        days=received,
        drawn=drawn,
        places=places(week),
    )


def behind_the_city(week: Overview) -> list[Behind]:
    """The units behind the city, each once: whoever surely is first, then by how many they missed more than its rate."""
    found = []
    for name in OF_UNITS:
        whole = week.city[name].figure.rate
        for line in week.units if whole is not None else ():
            cell = line.cells.get(name)
            if cell and cell.figure.denominator and (missed := missed_beyond(cell.figure, whole or Fraction())) > 0:
                found.append(Behind(name, line, cell, missed, _surely_below(cell.figure, whole or Fraction())))
    found.sort(key=lambda one: (not one.surely, -one.missed, one.line.code))
    worst: dict[str, Behind] = {}
    for one in found:
        worst.setdefault(one.line.code, one)
    return list(worst.values())[:MOST_UNITS]


def _surely_below(figure: Figure, rate: Fraction) -> bool:
    within = interval(figure)
    return within is not None and within[1] < float(rate)


def _may_see_topics(week: Overview, reader: Actor, now: datetime) -> bool:
    """Topics are the city's, and of now: an earlier period had others."""
    return reader.may(Permission.SEE_CITY_REPORTS) and week.period.start <= now < week.period.end


def _days(week: Overview) -> list[Period]:
    """The days of a week or month; none for a unit's people, whom a single day would tell when a citizen was asked."""
    if week.units_seen is not None or week.period.kind not in {Kind.WEEK, Kind.MONTH}:
        return []
    period = week.period
    return [Period(day, day, period.zone, Kind.DAY, period.windows) for day in period.days]


def _came_in(days: Sequence[Period], week: Overview) -> tuple[list[Day], Columns]:
    """What came in on each day, and the same drawn, beside the same days a year before where they are known."""
    years = [day.year_before() for day in days]
    year = week.period.within(years[0].first, years[-1].last)
    found = count([RECEIVED], [*days, year], week.cutoff, units=week.units_seen)
    received = [Day(day, found[RECEIVED, day][None].denominator) for day in days]
    earlier: list[int] = []
    if found[RECEIVED, year][None].denominator:
        counted = count([RECEIVED], years, week.cutoff, units=week.units_seen)
        earlier = [counted[RECEIVED, day][None].denominator for day in years]
    return received, columns([day.received if day.period.start <= week.cutoff else None for day in received], earlier)


def places(week: Overview) -> list[Place]:
    """Every district with what came in and what was on time there, in the order of their codes."""
    period, before = week.period, week.period.before()
    on_time, units = BY_NAME["on_time"], week.units_seen
    found = count([RECEIVED, on_time], [period, before], week.cutoff, by=By.DISTRICT, units=units)
    here, there = found[RECEIVED, period], found[RECEIVED, before]
    most = max((figure.denominator for code, figure in here.items() if code), default=0) or 1
    names = {one.code: one.title for one in all_districts()}
    rows = []
    for code, name in names.items():
        number = here.get(code, NOTHING).denominator
        rates = found[on_time, period].get(code, NOTHING), found[on_time, before].get(code, NOTHING)
        cell = compared(*rates, on_time.least_n(week.policy))
        shade = -(-number * SHADES // most)
        rows.append(Place(code, name, number, there.get(code, NOTHING).denominator, cell, shade))
    return rows if any(row.received for row in rows) else []
