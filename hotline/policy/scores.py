"""How a policy scores units by several rates at once, and how many of them its red and black lists name. Pure.

Whether there are the measures a scheme names the report checks, where a policy is adopted: see ``reading.CHECKS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from hotline.base.i18n import pick
from hotline.policy.limits import Evidence
from hotline.policy.triggers import UNIT_KINDS

MOST_LISTED = 50
MOST_POINTS = 1000
MOST_DIGITS = 6
WHOLE_RATE = 100
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Part:
    """What one rate adds to a score.

    points: full marks. slope: points lost for each percentage point the rate is below its target, down to the floor;
    0 where points are given in proportion to the rate.
    """

    measure: str
    points: float
    slope: float = 0
    target: float = WHOLE_RATE
    floor: float = 0


@dataclass(frozen=True, slots=True)
class Scheme:
    """A way to score units (综合评分): the sum of its parts.

    digits: a rate counts as it is printed, a percentage with so many digits; None where it counts exactly.
    """

    name: str
    title: str
    basis: str
    evidence: Evidence
    parts: tuple[Part, ...]
    title_en: str = ""
    basis_en: str = ""
    digits: int | None = None

    @property
    def label(self) -> str:
        """What it is called, in the reader's language."""
        return pick(self.title, self.title_en)

    @property
    def source(self) -> str:
        """Where it comes from, in the reader's language."""
        return pick(self.basis, self.basis_en)


@dataclass(frozen=True, slots=True)
class Ranking:
    """How units are ranked. schemes: the first is the city's own. listed: by unit kind, how many each list names."""

    schemes: tuple[Scheme, ...] = ()
    listed: Mapping[str, int] = field(default_factory=dict)


def read_ranking(document: Mapping[str, Any]) -> Ranking:
    """The schemes and lists of a policy document; raise ValueError with the entry and the mend."""
    schemes = tuple(_scheme(row) for row in document.get("scores", ()))
    names = [scheme.name for scheme in schemes]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"scores: {twice} is there twice; give each a name of its own")
    listed = dict(document["ranking"].get("listed", {}))
    for kind, most in listed.items():
        if kind not in UNIT_KINDS or most not in range(1, MOST_LISTED + 1):
            raise ValueError(
                f"ranking.listed.{kind}: give a number from 1 to {MOST_LISTED} for one of {', '.join(UNIT_KINDS)}"
            )
    return Ranking(schemes, listed)


def _scheme(row: Mapping[str, Any]) -> Scheme:
    where = f"scores: {row['name']}"
    parts = tuple(_part(part, where) for part in row["parts"])
    if not parts or len({part.measure for part in parts}) < len(parts):
        raise ValueError(f"{where}: give at least one part, each measure once")
    if not 0 < len(row["name"]) <= LONGEST_NAME:
        raise ValueError(f"{where}: give a name of at most {LONGEST_NAME} characters")
    if row.get("digits") not in (None, *range(MOST_DIGITS + 1)):
        raise ValueError(f"{where}: digits: give a number from 0 to {MOST_DIGITS}, or leave it out")
    return Scheme(**{**row, "parts": parts, "evidence": Evidence(row["evidence"])})


def _part(row: Mapping[str, Any], where: str) -> Part:
    part = Part(**row)
    numbers = {one.name: getattr(part, one.name) for one in fields(part) if one.name != "measure"}
    for name, number in numbers.items():
        most = WHOLE_RATE if name == "target" else MOST_POINTS
        if not 0 <= number <= most:
            raise ValueError(f"{where}: {part.measure}: {name}: give a number from 0 to {most}")
    if not part.points or part.floor > part.points:
        raise ValueError(f"{where}: {part.measure}: give points above 0, and a floor of at most those")
    if not part.slope and (part.floor or part.target != WHOLE_RATE):
        raise ValueError(f"{where}: {part.measure}: floor and target go with a slope; give one, or leave them out")
    return part
