"""Whether two texts tell of the same matter: the same place, the same words, the same citizen. Pure.

The place decides first: another estate, school or road is another matter, however alike the words are. Where nothing
speaks against it, four witnesses add up: the words two texts share, each counting the more the fewer others use it;
the place; the category; the citizen. Each alone would be right with some probability, and the score is the
probability that not all of them are wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, groupby
from math import log, sqrt
from operator import add

from hotline.base.i18n import mark, name_members
from hotline.transfer.place_names import SHORTEST, PlaceNames, place_names

# Chosen on half of the measured topics, see docs/routing.md.
SAME_MATTER = 0.56  # from this score two texts are shown as the same matter
BY_PLACE = 0.44
BY_CATEGORY = 0.1
BY_CALLER = 0.15
READ = 400  # characters: the matter is told at the beginning

_RUN = re.compile(r"\w+")
_EMPTY = "的了是在和就都也"  # at the end of a stretch they say nothing
_PAIR = 2  # Chinese words have two characters mostly


class Place(StrEnum):
    """How the places of two texts stand to each other."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


name_members(
    {
        Place.SAME: mark("same place"),
        Place.OTHER: mark("another place"),
        Place.UNKNOWN: mark("place not given"),
    }
)


@dataclass(frozen=True, slots=True)
class Matter:
    """What one citizen has told, as it is compared. ``pairs``: the pairs of characters, names of places left out."""

    text: str
    names: PlaceNames
    pairs: frozenset[str]
    district: str | None = None
    category: str | None = None
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two matters are, from 0 to 1, and why. shared: the names of places both speak of."""

    score: float
    place: Place
    shared: tuple[str, ...]
    same_category: bool
    same_caller: bool


def matter(
    title: str,
    text: str,
    address: str = "",
    *,
    district: str | None = None,
    category: str | None = None,
    caller: str = "",
    known: PlaceNames | None = None,
) -> Matter:
    """What is compared of a text. known: names a gazetteer has found in it besides."""
    whole = "\n".join((address, title, text[:READ]))
    names = place_names(whole)
    if known is not None:
        names = PlaceNames(names.spots | known.spots, names.ways | known.ways, known.areas)
    plain = whole
    for name in sorted(names.spots | names.ways | names.areas, key=len, reverse=True):
        plain = plain.replace(name, "\n")
    return Matter(whole, names, pairs_of(plain), district, category, caller)


def pairs_of(text: str) -> frozenset[str]:
    """The pairs of characters of a text, within its words."""
    return frozenset(chain.from_iterable(map(add, run, run[1:]) for run in _RUN.findall(text)))


Rarity = Mapping[str, float]


def rarity(pool: Iterable[Matter]) -> Rarity:
    """What each pair of characters counts among some matters: what many say tells little."""
    pool = tuple(pool)
    count: Counter[str] = Counter()
    for one in pool:
        count.update(one.pairs)
    worth = {times: log(1 + len(pool) / times) for times in set(count.values())}
    return {pair: worth[times] for pair, times in count.items()}


def likeness(one: Matter, other: Matter, weights: Rarity | None = None) -> Likeness:
    """Compare two matters, whichever of them came first. weights: the rarity of what both say; all alike if None."""
    place, shared = compare_places(one, other)
    same_category = one.category is not None and one.category == other.category
    same_caller = bool(one.caller) and one.caller == other.caller
    wrong = 1 - sqrt(_overlap(one.pairs, other.pairs, weights))
    for holds, witness in ((place is Place.SAME, BY_PLACE), (same_category, BY_CATEGORY), (same_caller, BY_CALLER)):
        wrong *= 1 - witness if holds else 1
    score = 0.0 if place is Place.OTHER else 1 - wrong
    return Likeness(round(score, 4), place, shared, same_category, same_caller)


def compare_places(one: Matter, other: Matter) -> tuple[Place, tuple[str, ...]]:
    """How the places of two matters stand to each other, and the names both speak of."""
    if one.district and other.district and one.district != other.district:
        return Place.OTHER, ()
    for mine, theirs in ((one.names.spots, other.names.spots), (one.names.ways, other.names.ways)):
        # A name may stand in the other text without what its form is told by: 丽发新城 where one says 丽发新城小区.
        shared = {name for name in mine if name in theirs or (len(name) > SHORTEST and name in other.text)}
        shared |= {name for name in theirs if len(name) > SHORTEST and name in one.text}
        if shared:
            return Place.SAME, tuple(sorted(shared))
        if mine and theirs:
            return Place.OTHER, ()
    return Place.UNKNOWN, ()


def _overlap(one: frozenset[str], other: frozenset[str], weights: Rarity | None) -> float:
    """The weight of what both say over what each says (their geometric mean): 1 for the same, 0 for nothing shared."""
    if one == other:
        return 1.0
    whole = _weight(one, weights) * _weight(other, weights)
    return _weight(one & other, weights) / sqrt(whole) if whole else 0.0


def _weight(pairs: frozenset[str], weights: Rarity | None) -> float:
    return sum(map(weights.__getitem__, pairs)) if weights is not None else float(len(pairs))


def shared_words(one: Matter, other: Matter, weights: Rarity, most: int = 4) -> tuple[str, ...]:
    """The stretches of the other text that speak most for the same matter, names of places left out."""
    common = one.pairs & other.pairs
    stretches = (stretch for run in _RUN.findall(other.text) for stretch in _stretches(run, common))
    worth = {stretch.strip(_EMPTY): _weight(pairs_of(stretch), weights) for stretch in stretches}
    return tuple(sorted((words for words in worth if len(words) > 1), key=lambda words: -worth[words])[:most])


def _stretches(run: str, common: frozenset[str]) -> Iterable[str]:
    """The longest parts of a run of characters whose every pair is common."""
    for known, group in groupby(range(len(run) - 1), lambda at: run[at : at + _PAIR] in common):
        if known:
            places = list(group)
            yield run[places[0] : places[-1] + _PAIR]
