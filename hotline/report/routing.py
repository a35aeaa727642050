"""How good dispatching is, week by week, and where it goes wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from hotline.base.time import Period
from hotline.orders.queries import category_names
from hotline.people.queries import unit_names
from hotline.policy import queries as policies
from hotline.report.dimensions import By
from hotline.report.figures import Figure
from hotline.report.measures import BY_NAME
from hotline.report.overview import Overview
from hotline.report.rollup.counting import count_asked
from hotline.report.subjects.dispatches import ROUTE_MARK

SHARE, ALL, AUTO, HAND = "auto_dispatch", "dispatch_accuracy", "auto_dispatch_accuracy", "hand_dispatch_accuracy"
NAMES = (SHARE, ALL, AUTO, HAND)
WEEKS_SHOWN = 8
MOST_WRONG = 5


@dataclass(frozen=True, slots=True)
class WrongRoute:
    """Dispatches of one category that were overturned: sent to one unit, in the end with another. Codes, and how many."""

    category: str | None
    unit: str
    moved_to: str
    count: int


@dataclass(frozen=True, slots=True)
class ThresholdChange:
    """From when on the system had to be surer, or might be less sure. Shares from 0 to 1."""

    at: datetime
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Routing:
    """How good dispatching is.

    weeks: the figures of each week by the measures' names, the week shown first, back to the first with a dispatch
    in it. cutoff: what that one is seen as of.
    threshold: confidence from which the system dispatches alone; changes: when that changed in these weeks.
    wrong: what is overturned most. units, categories: names by codes.
    """

    weeks: list[tuple[Period, dict[str, Figure]]]
    cutoff: datetime
    threshold: float
    changes: list[ThresholdChange]
    wrong: list[WrongRoute]
    units: Mapping[str, str]
    categories: Mapping[str, str]

    @property
    def empty(self) -> bool:
        """Whether nothing was dispatched in these weeks."""
        return not any(found[ALL].total for _, found in self.weeks)


def routing(week: Overview) -> Routing:
    """How good dispatching was in a week and those before it."""
    periods = [week.period]
    while len(periods) < WEEKS_SHOWN:
        periods.append(periods[-1].before())
    measures, routes = [BY_NAME[name] for name in NAMES], (BY_NAME[ALL], week.period, By.ROUTE)
    asked = [routes, *((measure, period, None) for measure in measures for period in periods)]
    found = count_asked(asked, week.cutoff, units=week.units_seen)
    weeks = [(period, {one.name: found[one, period, None][None] for one in measures}) for period in periods]
    while len(weeks) > 1 and not weeks[-1][1][ALL].total:
        weeks.pop()  # before the city began
    return Routing(
        weeks=weeks,
        cutoff=week.cutoff,
        threshold=week.policy.auto_confidence,
        changes=threshold_changes(weeks[-1][0].start, week.cutoff),
        wrong=_wrong_routes(found[routes]),
        units=unit_names(),
        categories=category_names(),
    )


def threshold_changes(first: datetime, last: datetime) -> list[ThresholdChange]:
    """When a policy with another threshold took over, from one instant to another, the latest first."""
    versions = [(at, policies.policy(version_id).auto_confidence) for version_id, at in policies.policy_starts()]
    return [
        ThresholdChange(at, before, after)
        for (at, after), (_, before) in pairwise(versions)
        if first < at <= last and before != after
    ]


def _wrong_routes(found: Mapping[str | None, Figure]) -> list[WrongRoute]:
    """What was overturned most often, of figures by route: the category, the unit first sent to, the one it ended with."""
    wrong = [(figure.denominator, key.split(ROUTE_MARK)) for key, figure in found.items() if key and figure.denominator]
    most = sorted(wrong, key=lambda row: (-row[0], row[1]))[:MOST_WRONG]
    return [WrongRoute(category or None, unit, moved, times) for times, (category, unit, moved) in most]
