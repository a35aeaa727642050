"""The gazetteer: which district a text or an address speaks of. Pure. Ambiguous names give candidates, not a guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import ahocorasick

# A district's own name decides before a street's, a street's before an estate's, an estate's before a road's.
RANKS = {"district": 0, "street": 1, "estate": 2, "landmark": 2, "road": 3}


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """A name on the map: what it is, and the district and street it lies in."""

    name: str
    kind: str
    district: str
    street: str


@dataclass(frozen=True, slots=True)
class Found:
    """What the text says of the place.

    district, street: codes, None where the names found do not agree or say nothing.
    candidates: the districts the names allow, where they allow several.
    names: the names that decided.
    """

    district: str | None = None
    street: str | None = None
    candidates: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Gazetteer:
    """Finds place names in one scan."""

    def __init__(self, rows: Iterable[PlaceRow]) -> None:
        """Take every name; a name may stand for several places."""
        self._automaton = ahocorasick.Automaton()
        by_name: dict[str, list[PlaceRow]] = {}
        for row in rows:
            by_name.setdefault(row.name, []).append(row)
        for name, places in by_name.items():
            self._automaton.add_word(name, places)
        self._empty = not by_name
        if by_name:
            self._automaton.make_automaton()

    def find(self, *texts: str) -> Found:
        """The place some texts speak of, the first text (the address) counting before the others."""
        for text in texts:
            found = self._find(text)
            if found.names:
                return found
        return Found()

    def _find(self, text: str) -> Found:
        if self._empty or not text:
            return Found()
        groups: list[list[PlaceRow]] = [places for _, places in self._automaton.iter_long(text)]
        if not groups:
            return Found()
        best = min(RANKS[places[0].kind] for places in groups)
        deciding = [places for places in groups if RANKS[places[0].kind] == best]
        allowed = set.intersection(*({row.district for row in places} for places in deciding))
        allowed = allowed or {row.district for places in deciding for row in places}
        names = tuple(dict.fromkeys(places[0].name for places in deciding))
        if len(allowed) > 1:
            return Found(candidates=tuple(sorted(allowed)), names=names)
        district = allowed.pop()
        streets = {row.street for places in groups for row in places if row.street and row.district == district}
        return Found(district, streets.pop() if len(streets) == 1 else None, (), names)
