"""Ranking among units of a kind: who stands where, and the red and black lists (红黑榜). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

U = TypeVar("U")


@dataclass(frozen=True, slots=True)
class Place(Generic[U]):
    """A unit and its rank, 1 for the best; equal points, equal rank."""

    unit: U
    points: Fraction
    rank: int


@dataclass(frozen=True, slots=True)
class Lists(Generic[U]):
    """The red list, the best first, and the black list, the worst first."""

    red: Sequence[Place[U]] = ()
    black: Sequence[Place[U]] = ()


def places(points: Sequence[tuple[U, Fraction]]) -> list[Place[U]]:
    """Units by their points, the best first; those with equal points keep the order they came in."""
    best = sorted((one for _, one in points), reverse=True)
    found = [Place(unit, one, best.index(one) + 1) for unit, one in points]
    return sorted(found, key=lambda place: place.rank)


def lists(ranked: Sequence[Place[U]], most: int) -> Lists[U]:
    """The top and the bottom of a group of like units, of each at most so many and at most half the group.

    Whoever has the same points as the last named is named, too; who would then be on both lists is on neither.
    """
    most = min(most, len(ranked) // 2)
    if not most:
        return Lists()
    worst = sorted(place.points for place in ranked)
    red = [place for place in ranked if place.rank <= most]
    black = [place for place in ranked if worst.index(place.points) < most]
    both = {place.rank for place in red} & {place.rank for place in black}
    return Lists(
        red=[place for place in red if place.rank not in both],
        black=[place for place in reversed(black) if place.rank not in both],
    )
