"""The score of a unit by a policy's scheme: what each rate adds, and whether enough is counted to score it. Pure.

A score is exact. Where too few are counted behind one of its rates a unit has none: one late order of five would cost
it a fifth of the marks. The score of all together is that of their pooled figures; the mean of the units' scores says
something else, and stands beside it under its own name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from hotline.policy.scores import WHOLE_RATE, Part, Scheme
from hotline.report.figures import Figure, pooled, rounded


class Standing(StrEnum):
    """Whether a unit can be ranked: enough counted for every part, too few for one, or nothing at all."""

    RANKED = "ranked"
    SMALL = "small"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Score:
    """What a unit, or all together, has by a scheme. points: None where it cannot be ranked.

    figures: of each part, by its measure. marks: what each part adds; None where nothing is counted for it.
    """

    figures: Mapping[str, Figure]
    marks: Mapping[str, Fraction | None]
    standing: Standing

    @property
    def points(self) -> Fraction | None:
        """The sum of its marks, None where it has no standing for one."""
        if self.standing is not Standing.RANKED:
            return None
        return sum((mark for mark in self.marks.values() if mark is not None), Fraction())


def full_marks(scheme: Scheme) -> Fraction:
    """The most a unit can have."""
    return sum((_exact(part.points) for part in scheme.parts), Fraction())


def marks(part: Part, rate: Fraction, digits: int | None = None) -> Fraction:
    """What a rate (0 to 1) adds: in proportion, or full marks less what its distance from the target costs.

    digits: the rate counts as printed, a percentage with so many digits. A rate above its target earns no more.
    """
    percentage = rate * WHOLE_RATE if digits is None else Fraction(rounded(rate * WHOLE_RATE, digits))
    full = _exact(part.points)
    if not part.slope:
        return full * percentage / WHOLE_RATE
    missing = max(Fraction(), _exact(part.target) - percentage)
    return max(_exact(part.floor), full - _exact(part.slope) * missing)


def score(scheme: Scheme, figures: Mapping[str, Figure], least: Mapping[str, int]) -> Score:
    """A unit's score. figures: by measure; one it has no rows of may be missing. least: how many must be counted."""
    theirs = {part.measure: figures.get(part.measure, Figure()) for part in scheme.parts}
    added = {part.measure: _marks(part, theirs[part.measure], scheme.digits) for part in scheme.parts}
    return Score(theirs, added, _standing(theirs, least))


def together(scheme: Scheme, units: Iterable[Mapping[str, Figure]]) -> Score:
    """The score of all together, by the sums of their figures. However few they are: nobody is ranked by it."""
    units = list(units)
    sums = {part.measure: pooled(one.get(part.measure, Figure()) for one in units) for part in scheme.parts}
    return score(scheme, sums, least={})


def mean(scores: Iterable[Score]) -> Fraction | None:
    """The mean of the scores of those that have one, each unit counting alike; None where none has."""
    points = [one.points for one in scores if one.points is not None]
    return sum(points, Fraction()) / len(points) if points else None


def _marks(part: Part, figure: Figure, digits: int | None) -> Fraction | None:
    return None if figure.rate is None else marks(part, figure.rate, digits)


def _standing(figures: Mapping[str, Figure], least: Mapping[str, int]) -> Standing:
    if not any(figure.denominator for figure in figures.values()):
        return Standing.SILENT
    enough = all(figure.denominator >= max(1, least.get(name, 1)) for name, figure in figures.items())
    return Standing.RANKED if enough else Standing.SMALL


def _exact(number: float) -> Fraction:
    """A number of a policy as it is written there: 0.1 is a tenth."""
    return Fraction(str(number))
