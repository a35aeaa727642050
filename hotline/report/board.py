"""The week as its page shows it: units ranked and narrowed as the address says, weeks in a row, links to every list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any
from urllib.parse import quote, urlencode

from flask import url_for

from hotline.base.i18n import label
from hotline.base.schemas import member
from hotline.base.time import Kind as PeriodKind
from hotline.base.time import Period, period_of
from hotline.orders.queries import category_names
from hotline.people.models import UnitKind
from hotline.people.queries import unit_names
from hotline.report.charts import Chart, Part, chart, stacked
from hotline.report.figures import Figure
from hotline.report.lists import Listing, Wanted
from hotline.report.measure import Measure
from hotline.report.measures import BY_NAME, Fate, find_measure
from hotline.report.overview import Line, Overview
from hotline.report.queries import frame_of, is_behind
from hotline.report.rollup.counting import Counted, Keyed, count
from hotline.report.routing import Routing, routing
from hotline.report.schemas import FIRST_DAY, WeekQuery, instant
from hotline.report.words import heading, route, short_span

CARDS = {"connection": None, "on_time": "on_time_original", "satisfied": "solved"}  # with what stands beneath each
BENEATH = ("excluded_on_appeal", "false_close")  # what the rates are to be read with
MOST_SHOWN = 5  # of the units where it is most
COLUMNS = ("on_time", "satisfied", "solved")
WEEKS_SHOWN = 8


class Sort(StrEnum):
    """What the units are sorted by: their name, their kind, or a measure."""

    UNIT = "unit"
    KIND = "kind"
    ON_TIME = "on_time"
    SATISFIED = "satisfied"
    SOLVED = "solved"


class Way(StrEnum):
    """Which way a list is sorted."""

    ASC = "asc"
    DESC = "desc"


class BoardQuery(WeekQuery):
    """Which week, and which of its units in which order."""

    sort = member(Sort, load_default=Sort.ON_TIME)
    dir = member(Way, load_default=None)
    kind = member(UnitKind, load_default=None)


# The units


@dataclass(frozen=True, slots=True)
class Ranked:
    """A unit in the table. rank: None where too few are counted, or where the table is no ranking."""

    line: Line
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class UnitTable:
    """The units shown.

    kinds: how many units of each kind there are, whichever are shown.
    ranked: those sorted. small, silent: those a ranking leaves out, with too few counted and with none.
    """

    sort: Sort
    way: Way
    kind: UnitKind | None
    kinds: Mapping[UnitKind, int]
    ranked: list[Ranked]
    small: list[Ranked]
    silent: list[Ranked]

    def turned(self, sort: Sort) -> Way:
        """Which way a click on a column's head sorts."""
        if sort is self.sort:
            return Way.DESC if self.way is Way.ASC else Way.ASC
        return Way.DESC if sort in BY_NAME else Way.ASC


def unit_table(lines: Sequence[Line], sort: Sort, way: Way | None, kind: UnitKind | None) -> UnitTable:
    """The units of one kind, or all, in order: by a measure those with enough counted are ranked, the others follow."""
    kinds: dict[UnitKind, int] = {}
    for line in lines:
        of_kind = UnitKind(str(line.kind))
        kinds[of_kind] = kinds.get(of_kind, 0) + 1
    shown = [line for line in lines if kind in {None, line.kind}]
    if sort.value not in BY_NAME:
        way = way or Way.ASC
        key = (lambda line: line.name) if sort is Sort.UNIT else (lambda line: list(UnitKind).index(line.kind))
        rows = [Ranked(line) for line in sorted(shown, key=key, reverse=way is Way.DESC)]
        return UnitTable(sort, way, kind, kinds, rows, [], [])
    way = way or Way.DESC
    ranked, small, silent = _parted(shown, sort.value, way)
    return UnitTable(sort, way, kind, kinds, ranked, small, silent)


def _parted(lines: Sequence[Line], name: str, way: Way) -> tuple[list[Ranked], list[Ranked], list[Ranked]]:
    """Units by a measure: those ranked, those with too few counted, those with none.

    Too few make no ranking: best first they come by how many are counted, worst first by how many are missed.
    """
    enough, few, none = [], [], []
    for line in lines:
        cell = line.cells.get(name)
        if cell is None or not cell.figure.denominator:
            none.append(Ranked(line))
        elif cell.small:
            few.append((cell.figure.denominator, _missed(cell.figure), line))
        else:
            enough.append((cell.figure.rate or Fraction(), line))
    enough.sort(key=lambda row: row[0], reverse=way is Way.DESC)
    best = sorted((rate for rate, _ in enough), reverse=True)
    ranked = [Ranked(line, best.index(rate) + 1) for rate, line in enough]  # equal rates, equal rank
    few.sort(key=lambda row: row[:2] if way is Way.DESC else row[1::-1], reverse=True)
    return ranked, [Ranked(line) for *_, line in few], none


def _missed(figure: Figure) -> Fraction:
    return figure.denominator - Fraction(figure.weighted)


# The weeks before


@dataclass(frozen=True, slots=True)
class Trend:
    """A measure over the last weeks, the week shown last; drawn, with the year before in grey where it is known."""

    measure: Measure
    weeks: list[tuple[Period, Figure]]
    drawn: Chart


def trends(week: Overview) -> list[Trend]:
    """The city's rates over the last weeks."""
    shown = [BY_NAME[name] for name in CARDS if name in week.city]
    return _trends(shown, _back(week.period, WEEKS_SHOWN), week, dict.fromkeys(shown, 0))


def trends_by_day(names: Iterable[str], days: Sequence[Period], week: Overview) -> list[Trend]:
    """Rates over the days of the week shown; without days with too few counted, where some have enough."""
    shown = [BY_NAME[name] for name in names if name in week.city]
    return _trends(shown, days, week, {measure: measure.least_n(week.policy) for measure in shown})


def _trends(
    measures: Sequence[Measure], periods: Sequence[Period], week: Overview, least: Mapping[Measure, int]
) -> list[Trend]:
    before = [period.year_before() for period in periods]
    year = week.period.within(before[0].first, before[-1].last)
    found = _counted(measures, [*(one for one in periods if one.start <= week.cutoff), year], week)
    # Most cities are in their first year: one question beside the others, instead of as many again.
    known = [measure for measure in measures if year.first >= FIRST_DAY and found[measure, year][None].total]
    years = count(known, before, week.cutoff, units=week.units_seen) if known else {}
    made = []
    for measure in measures:
        figures = [found.get((measure, period), {None: Figure()})[None] for period in periods]
        behind = [years[measure, period][None] for period in before] if measure in known else []
        lines = (_rates_of(some, least[measure]) for some in (figures, behind))
        made.append(Trend(measure, list(zip(periods, figures, strict=True)), chart(*lines)))
    return made


def _rates_of(figures: Sequence[Figure], least: int) -> list[Fraction | None]:
    enough = [figure.denominator >= least for figure in figures]
    return [
        figure.rate if is_enough or not any(enough) else None for figure, is_enough in zip(figures, enough, strict=True)
    ]


def _counted(measures: Sequence[Measure], periods: Sequence[Period], week: Overview) -> Counted:
    """Figures of the city; those the week has already are not counted again."""
    have: dict[tuple[Measure, Period], Keyed] = {}
    for measure in measures:
        cell = week.city[measure.name]
        have |= {(measure, week.period): {None: cell.figure}, (measure, week.period.before()): {None: cell.before}}
    others = [period for period in periods if not any((measure, period) in have for measure in measures)]
    return {**have, **count(measures, others, week.cutoff, units=week.units_seen)}


def _back(last: Period, count: int) -> list[Period]:
    """Periods in a row, the last one last."""
    periods = [last]
    while len(periods) < count:
        periods.insert(0, periods[0].before())
    return periods


# The page


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the page of a week shows.

    today: the city's day. late: the worker has not brought the numbers up to date. behind: the address of the list behind a number. of_week: what names the week in an
    address. given: what this page was asked, to be asked again otherwise.
    """

    week: Overview
    today: date
    late: bool
    table: UnitTable
    fates: list[Part[Fate]]
    trends: list[Trend]
    routing: Routing
    behind: Callable[..., str]
    of_week: dict[str, Any]
    given: dict[str, Any]

    @property
    def cards(self) -> dict[str, str | None]:
        """The rates shown large, each with the one beneath it."""
        return {name: beneath for name, beneath in CARDS.items() if name in self.week.city}

    @property
    def year_known(self) -> bool:
        """Whether a line has the year before behind it."""
        return any(trend.drawn.behind for trend in self.trends)

    @property
    def running(self) -> bool:
        """Whether the week is not over at the cut-off."""
        return self.week.cutoff < self.week.period.end

    @property
    def empty(self) -> bool:
        """Whether there is nothing to report."""
        week = self.week
        counted = any(cell.figure.total for cell in week.city.values())
        return not (counted or week.inflow.total or week.dispatched.total)

    def most(self, name: str) -> list[Line]:
        """The units with the most rows that count for something, for measures of which less is better."""
        counted = [line for line in self.week.units if name in line.cells and line.cells[name].figure.numerator]
        return sorted(counted, key=lambda line: -line.cells[name].figure.numerator)[:MOST_SHOWN]

    def again(self, **changes: Any) -> str:
        """This page's address with changes."""
        return url_for("report.week", **{**self.given, **changes})

    def at(self, period: Period) -> str:
        """This page's address of another period, as it stands now."""
        name = week_address(period, self.week.cutoff)
        elsewhere = {"period": None, "day": None, "first": None, "last": None, **name, "cutoff": None}
        return url_for("report.week", **{**self.given, **elsewhere})

    def of_span(self, span: PeriodKind, day: date | None = None) -> Period:
        """The period of a kind the last day shown lies in, or another day; of a range, the range itself."""
        period = self.week.period
        if span is PeriodKind.RANGE:
            return period
        return period_of(span, day or min(period.last, self.today), period.zone, period.windows)

    def address(self, period: Period) -> dict[str, str]:
        """What names another week, as it was seen when this one was."""
        return week_address(period, self.week.cutoff)


def board(week: Overview, asked: Mapping[str, Any], now: datetime) -> Board:
    """The page of a week, as the address asks for it."""
    table = unit_table(week.units, asked["sort"], asked["dir"], asked["kind"])
    of_week: dict[str, Any] = week_address(week.period, week.cutoff)
    return Board(
        week=week,
        today=week.period.windows.day_of(now, week.period.zone),
        late=not asked["cutoff"] and is_behind(week.cutoff, now),
        table=table,
        fates=stacked(dict(week.dispatched.fates)),
        trends=trends(week),
        routing=routing(week),
        behind=addresses(url_for("report.rows"), of_week),
        of_week=of_week,
        given={
            **of_week,
            "cutoff": of_week["cutoff"] if asked["cutoff"] else None,  # else the newest there is by then
            "kind": table.kind,
            "sort": None if table.sort is Sort.ON_TIME else table.sort,
            "dir": asked["dir"],
        },
    )


def addresses(lists: str, of_week: Mapping[str, str]) -> Callable[..., str]:
    """What gives the address of the list behind a number: a page has hundreds, and Flask would take longer over each."""
    start = f"{lists}?{urlencode(of_week, safe=':')}"

    def address(**wanted: Any) -> str:
        said = {name: str(value) for name, value in wanted.items() if value is not None}
        if said.keys() & of_week.keys():  # of another period
            return f"{lists}?{urlencode({**of_week, **said}, safe=':')}"
        return start + "".join([f"&{name}={quote(value, safe=':')}" for name, value in said.items()])

    return address


def listed(wanted: Wanted, found: Listing, period: Period, now: datetime) -> dict[str, Any]:
    """What the page of a list shows beside its rows."""
    names, categories = unit_names(), category_names()
    span = short_span(period, now.astimezone(period.zone).date())
    policy = frame_of(period, found.cutoff).policy
    owner = names.get(wanted.unit, wanted.unit) if wanted.unit else label(wanted.kind)
    return {
        "title": heading(wanted, span, owner, found, policy),
        "route": route(wanted, names, categories),
        "span": span,
        "names": names,
        "categories": categories,
        "policy": policy,
        "measure": find_measure(wanted.measure, policy),
        "of_week": week_address(period, found.cutoff),
    }


def week_address(period: Period, cutoff: datetime) -> dict[str, str]:
    """What names a period as it was seen: its kind and a day of it (of a week, the day alone), or the days of a range."""
    seen = {"cutoff": instant(cutoff)}
    if period.kind is PeriodKind.RANGE:
        return {"first": period.first.isoformat(), "last": period.last.isoformat(), **seen}
    if period.kind is PeriodKind.WEEK:
        return {"day": period.first.isoformat(), **seen}
    return {"period": period.kind.value, "day": period.first.isoformat(), **seen}
