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
from hotline.policy.document import Policy
from hotline.policy.limits import Evidence
from hotline.policy.scores import WHOLE_RATE, Part, Scheme
from hotline.policy.triggers import MEASURES
from hotline.report.counting import count
from hotline.report.dimensions import By
from hotline.report.figures import Figure
from hotline.report.measures import BY_NAME
from hotline.report.queries import Units, frame_of
from hotline.report.ranking import Lists, Place, lists, places
from hotline.report.scoring import Score, Standing, mean, score, together


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
    """The ranking of a period, seen as of a cut-off, by the policy in force then. schemes: what could be chosen."""

    period: Period
    cutoff: datetime
    policy_id: int
    policy: Policy
    scheme: Scheme
    schemes: tuple[Scheme, ...]
    units_seen: Units
    groups: list[Group]


def rankings(
    period: Period, cutoff: datetime, *, name: str = "", kind: UnitKind | None = None, units: Units = None
) -> Rankings:
    """The units of one kind, or of each, ranked among their like.

    name: of a scheme of the policy, or of a measure; the policy's first scheme where none is given. units: whose lines
    are shown; they are ranked among all of their kind. Raises Invalid for a scheme there is not.
    """
    frame = frame_of(period, cutoff)
    schemes = schemes_of(frame.policy)
    chosen = _chosen(schemes, name)
    counted = _by_unit(chosen, period, cutoff)
    kinds = [kind] if kind else list(UnitKind)
    groups = [_group(chosen, frame.policy, one, members, counted) for one, members in _members(kinds).items()]
    shown = groups if units is None else [_narrowed(group, units) for group in groups]
    return Rankings(
        period=period,
        cutoff=cutoff,
        policy_id=frame.policy_id,
        policy=frame.policy,
        scheme=chosen,
        schemes=schemes,
        units_seen=units,
        groups=[group for group in shown if not group.empty],
    )


def schemes_of(policy: Policy) -> tuple[Scheme, ...]:
    """What units can be ranked by: the policy's schemes, and each measure units are held to."""
    return *policy.ranking.schemes, *(_of_measure(name) for name in MEASURES)


def _of_measure(name: str) -> Scheme:
    """A measure as a scheme of one part, named in the reader's language."""
    measure = BY_NAME[name]
    return Scheme(name, measure.title, gettext(measure.source), Evidence.CHOSEN, (Part(name, WHOLE_RATE),))


def _chosen(schemes: tuple[Scheme, ...], name: str) -> Scheme:
    found = schemes[0] if not name else next((scheme for scheme in schemes if scheme.name == name), None)
    if found is None:
        known = ", ".join(scheme.name for scheme in schemes)
        raise Invalid.field("scheme", gettext("choose one of: %(choices)s", choices=known))
    return found


def _by_unit(scheme: Scheme, period: Period, cutoff: datetime) -> dict[str, dict[str, Figure]]:
    """The figures the scheme goes by, by unit and measure."""
    found: dict[str, dict[str, Figure]] = {}
    measures = [BY_NAME[part.measure] for part in scheme.parts]
    for (measure, _), by_unit in count(measures, [period], cutoff, by=By.UNIT).items():
        for unit, figure in by_unit.items():
            found.setdefault(unit or "", {})[measure.name] = figure
    return found


def _members(kinds: Iterable[UnitKind]) -> dict[UnitKind, list[Unit]]:
    """The units of each kind, by code; those that are no longer used, too, for what they did while they were."""
    units = list(db.session.scalars(select(Unit).where(Unit.kind.in_(list(kinds))).order_by(Unit.code)))
    return {kind: [unit for unit in units if unit.kind is kind] for kind in kinds}


def _group(
    scheme: Scheme, policy: Policy, kind: UnitKind, units: list[Unit], counted: Mapping[str, Mapping[str, Figure]]
) -> Group:
    entries: dict[Standing, list[Entry]] = {standing: [] for standing in Standing}
    for unit in units:
        theirs = score(scheme, counted.get(unit.code, {}), policy.minimum_n)
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
