"""The ranking of a period: units of a kind scored by a scheme, and the red and black lists made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.base.time import Period
from hotline.people.models import Unit, UnitKind
from hotline.policy.document import BadPolicy, Policy
from hotline.policy.limits import Evidence
from hotline.policy.reading import CHECKS
from hotline.policy.scores import WHOLE_RATE, Part, Scheme
from hotline.policy.triggers import MEASURES
from hotline.report.dimensions import By
from hotline.report.figures import Figure
from hotline.report.measure import Kind, Measure
from hotline.report.measures import find_measure, measure_named, measures_at
from hotline.report.queries import Units, frame_of
from hotline.report.ranking.order import Lists, Place, lists, places
from hotline.report.ranking.scoring import Score, Standing, mean, score, together
from hotline.report.rollup.counting import count


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit in its group."""

    code: str
    name: str
    score: Score


@dataclass(frozen=True, slots=True)
class Group:
    """The units of a kind that are shown.

    ranked: best first. small: too few counted for one rate. silent: nothing counted for any.
    of: how many are ranked, shown or not. pooled, mean: of all together; None where only some units are shown.
    """

    kind: UnitKind
    ranked: list[Place[Entry]]
    small: list[Entry]
    silent: list[Entry]
    of: int
    lists: Lists[Entry]
    pooled: Score | None
    mean: Fraction | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show of it."""
        return not (self.ranked or self.small)


@dataclass(frozen=True, slots=True)
class Rankings:
    """The ranking of a period, seen as of a cut-off, by the policy in force then. schemes: what could be chosen.

    measures: those the scheme goes by, by name.
    """

    period: Period
    cutoff: datetime
    policy_id: int
    policy: Policy
    scheme: Scheme
    schemes: tuple[Scheme, ...]
    measures: Mapping[str, Measure]
    units_seen: Units
    groups: list[Group]


def rankings(
    period: Period, cutoff: datetime, *, name: str = "", kind: UnitKind | None = None, units: Units = None
) -> Rankings:
    """The units of one kind, or of each, ranked among their like.

    name: of a scheme of the policy, or of a measure; the first there is to choose where none is given. units: whose
    lines are shown; they are ranked among all of their kind. Raises Invalid for a scheme there is not.
    """
    frame = frame_of(period, cutoff)
    chosen = _chosen(frame.policy, name)
    measures = measures_of(chosen, frame.policy)
    counted = _by_unit(measures.values(), period, cutoff)
    least = {one: measure.least_n(frame.policy) for one, measure in measures.items()}
    members = _members([kind] if kind else list(UnitKind))
    groups = [_group(chosen, frame.policy, one, theirs, counted, least) for one, theirs in members.items()]
    shown = groups if units is None else [_narrowed(group, units) for group in groups]
    return Rankings(
        period=period,
        cutoff=cutoff,
        policy_id=frame.policy_id,
        policy=frame.policy,
        scheme=chosen,
        schemes=schemes_of(frame.policy),
        measures=measures,
        units_seen=units,
        groups=[group for group in shown if not group.empty],
    )


def schemes_of(policy: Policy) -> tuple[Scheme, ...]:
    """What a ranking offers: the policy's schemes, and each rate units are held to or scored by."""
    parts = [part.measure for scheme in policy.ranking.schemes for part in scheme.parts]
    rates = [find_measure(name, policy) for name in dict.fromkeys((*parts, *MEASURES))]
    return *policy.ranking.schemes, *(_of_measure(one) for one in rates if one is not None)


def measures_of(scheme: Scheme, policy: Policy) -> dict[str, Measure]:
    """The measures a scheme goes by, by name; raise NotFound where one is not there."""
    return {part.measure: measure_named(part.measure, policy) for part in scheme.parts}


def check_schemes(policy: Policy) -> None:
    """Raise BadPolicy where a scheme cannot be counted, naming the entry and the mend."""
    for scheme in policy.ranking.schemes:
        if find_measure(scheme.name, policy):
            raise BadPolicy(f"scores: {scheme.name}: a measure has this name; give it one of its own")
        for part in scheme.parts:
            if not _ranks(find_measure(part.measure, policy)):
                known = ", ".join(one.name for one in measures_at(policy) if _ranks(one))
                raise BadPolicy(
                    f"scores: {scheme.name}: {part.measure} is no rate of units of which more is better; use one of {known}"
                )


CHECKS.append(check_schemes)


def _ranks(measure: Measure | None) -> bool:
    """Whether units can be ranked by a measure: a share, of units, of which more is better."""
    return bool(measure and measure.unit and measure.kind is Kind.SHARE and not measure.less_is_better)


def _of_measure(measure: Measure) -> Scheme:
    """A measure as a scheme of one part, named in the reader's language."""
    return Scheme(measure.name, measure.title, measure.known(), Evidence.CHOSEN, (Part(measure.name, WHOLE_RATE),))


def _chosen(policy: Policy, name: str) -> Scheme:
    offered = schemes_of(policy)
    if not name:
        return offered[0]
    if found := next((scheme for scheme in offered if scheme.name == name), None):
        return found
    measure = find_measure(name, policy)
    if measure is None or not _ranks(measure):
        known = ", ".join(scheme.name for scheme in offered)
        raise Invalid.field("scheme", gettext("choose one of: %(choices)s", choices=known))
    return _of_measure(measure)


def _by_unit(measures: Iterable[Measure], period: Period, cutoff: datetime) -> dict[str, dict[str, Figure]]:
    """The figures a scheme goes by, by unit and measure."""
    found: dict[str, dict[str, Figure]] = {}
    for (measure, _), by_unit in count(measures, [period], cutoff, by=By.UNIT).items():
        for unit, figure in by_unit.items():
            found.setdefault(unit or "", {})[measure.name] = figure
    return found


def _members(kinds: Iterable[UnitKind]) -> dict[UnitKind, list[Unit]]:
    """The units of each kind, by code; those that are no longer used, too, for what they did while they were."""
    units = list(db.session.scalars(select(Unit).where(Unit.kind.in_(list(kinds))).order_by(Unit.code)))
    return {kind: [unit for unit in units if unit.kind is kind] for kind in kinds}


def _group(
    scheme: Scheme,
    policy: Policy,
    kind: UnitKind,
    units: list[Unit],
    counted: Mapping[str, Mapping[str, Figure]],
    least: Mapping[str, int],
) -> Group:
    entries: dict[Standing, list[Entry]] = {standing: [] for standing in Standing}
    for unit in units:
        theirs = score(scheme, counted.get(unit.code, {}), least)
        if unit.active or theirs.standing is not Standing.SILENT:
            entries[theirs.standing].append(Entry(unit.code, unit.title, theirs))
    ranked = places([(entry, entry.score.points or Fraction()) for entry in entries[Standing.RANKED]])
    return Group(
        kind=kind,
        ranked=ranked,
        small=entries[Standing.SMALL],
        silent=entries[Standing.SILENT],
        of=len(ranked),
        lists=lists(ranked, policy.ranking.listed.get(kind, 0)),
        pooled=together(scheme, [counted[unit.code] for unit in units if unit.code in counted]),
        mean=mean(place.unit.score for place in ranked),
    )


def _narrowed(group: Group, units: frozenset[str]) -> Group:
    """A group as the people of some units see it: their own lines, and where these stand among all."""

    def own(places_: Sequence[Place[Entry]]) -> list[Place[Entry]]:
        return [place for place in places_ if place.unit.code in units]

    return replace(
        group,
        ranked=own(group.ranked),
        small=[entry for entry in group.small if entry.code in units],
        silent=[entry for entry in group.silent if entry.code in units],
        lists=Lists(own(group.lists.red), own(group.lists.black)),
        pooled=None,
        mean=None,
    )
