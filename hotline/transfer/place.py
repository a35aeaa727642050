"""The gazetteer: which place a text or an address speaks of. Pure. Ambiguous names give candidates, not a guess."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ahocorasick

# A district's own name decides before a street's, a street's before an estate's, an estate's before a road's.
RANKS = {"district": 0, "street": 1, "estate": 2, "landmark": 3, "road": 3}
# What lies in one district only: where it lies elsewhere than the district named, one of the two is a slip.
# A road goes on where the gazetteer may not know it, and a landmark is often only mentioned.
FIXED = frozenset({"street", "estate"})
# 城东路 is a road, not the district 城东, though no gazetteer has every road.
GOES_ON = frozenset("路街道巷桥镇乡村里苑园站")
FULL = ("区", "县", "市")


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A name on the map: what it is, the district and street it lies in, and what else people call it."""

    name: str
    kind: str
    district: str
    street: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mention:
    """A place named in a text.

    name: as the gazetteer has it. written: as the text has it. districts: where a place of this name lies.
    street: the street it lies in, empty where that is not known or not one.
    """

    name: str
    written: str
    kind: str
    districts: tuple[str, ...]
    street: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the texts say of the place.

    district, street: codes, None where the names found do not agree or say nothing.
    candidates, streets: the districts, and the streets in the district, that the names allow, where they are several.
    names: the names that decided the district, as written.
    places: every place named that can lie in the district found.
    """

    district: str | None = None
    street: str | None = None
    candidates: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    places: tuple[Mention, ...] = ()


class Gazetteer:
    """Finds place names in one scan."""

    def __init__(self, rows: Iterable[PlaceRow]) -> None:
        """Take every name and alias; a name may stand for several places."""
        self._automaton = ahocorasick.Automaton()
        by_name: dict[str, list[PlaceRow]] = {}
        for row in rows:
            for name in (row.name, *row.aliases):
                by_name.setdefault(name, []).append(row)
        for name, places in by_name.items():
            self._automaton.add_word(name, (name, places))
        self._empty = not by_name
        if by_name:
            self._automaton.make_automaton()

    def find(self, *texts: str, district: str | None = None) -> Found:
        """The place some texts speak of. The first text (the address) decides; the others narrow what it leaves open.

        district: the one a person has chosen.
        """
        mentions: list[Mention] = []
        allowed: set[str] = set()
        names: tuple[str, ...] = ()
        for text in texts:
            here = self.mentions(text)
            mentions += here
            districts, deciding = _districts(here)
            if not allowed or (len(allowed) > 1 and allowed & districts):
                allowed = allowed & districts or districts
                names += deciding
        if district is not None:
            names = names if district in allowed else ()
            allowed = {district}
        names = tuple(dict.fromkeys(names))
        places = tuple(dict.fromkeys(one for one in mentions if allowed & set(one.districts)))
        if len(allowed) != 1:
            return Found(candidates=tuple(sorted(allowed)), names=names, places=places)
        streets = _streets(places)
        only = streets[0] if len(streets) == 1 else None
        return Found(allowed.pop(), only, (), () if only else streets, names, places)

    def mentions(self, text: str) -> list[Mention]:
        """Every place named in a text, in the order of the text."""
        if self._empty or not text:
            return []
        found = [(end + 1, name, rows) for end, (name, rows) in self._automaton.iter_long(text)]
        return [_mention(name, rows) for end, name, rows in found if not _goes_on(name, rows, text[end : end + 1])]


def _goes_on(name: str, rows: Sequence[PlaceRow], after: str) -> bool:
    return rows[0].kind == "district" and not name.endswith(FULL) and after in GOES_ON


def _mention(written: str, rows: Sequence[PlaceRow]) -> Mention:
    streets = {row.street for row in rows}
    return Mention(
        rows[0].name,
        written,
        rows[0].kind,
        tuple(sorted({row.district for row in rows})),
        streets.pop() if len(streets) == 1 else "",
    )


def _districts(mentions: Sequence[Mention]) -> tuple[set[str], tuple[str, ...]]:
    """The districts one text allows, and the names that say so: the best of them, and what contradicts it."""
    if not mentions:
        return set(), ()
    best = min(RANKS[one.kind] for one in mentions)
    deciding = [one for one in mentions if RANKS[one.kind] == best]
    named = {district for one in deciding for district in one.districts}
    deciding += [one for one in mentions if one.kind in FIXED and not named & set(one.districts)]
    common = set.intersection(*(set(one.districts) for one in deciding))
    every = {district for one in deciding for district in one.districts}
    return common or every, tuple(one.written for one in deciding)


def _streets(places: Sequence[Mention]) -> tuple[str, ...]:
    """The streets the places lie in, those of the best kind only."""
    best = min((RANKS[one.kind] for one in places if one.street), default=0)
    return tuple(dict.fromkeys(one.street for one in places if one.street and RANKS[one.kind] == best))
