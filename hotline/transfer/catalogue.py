"""The dispatch catalogue (派单目录): matter × territory → lead, assisting and copied units, with the basis. Pure.

Of the rows that fit, the longest category prefix wins, then a named district before ``*``. A unit without the
power a matter requires is never the lead: the row's territory or the category's default unit leads instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

TERRITORY = "territory"
STREET = "street"
ANYWHERE = "*"


RowKey = tuple[str, str]  # category, district


@dataclass(frozen=True, slots=True)
class Terms:
    """What a row lays down for its matter and district."""

    lead: str
    assist: tuple[str, ...]
    copy: tuple[str, ...]
    basis: str
    power: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One row. lead, assist, copy: unit codes, or ``territory`` / ``street`` for the units of the place."""

    id: int
    category: str
    district: str
    lead: str
    assist: tuple[str, ...]
    copy: tuple[str, ...]
    basis: str
    power: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who leads, assists and gets a copy, and the row that says so (None: the category's default unit)."""

    lead: str
    assist: tuple[str, ...]
    copy: tuple[str, ...]
    basis: str
    row_id: int | None


class Catalogue:
    """The rows in force, with what is needed to resolve them to units.

    defaults: category code → default unit (or ``territory``); powers: unit code → its powers.
    A district's government has the district's own code.
    """

    def __init__(
        self,
        entries: Iterable[CatalogueEntry],
        defaults: Mapping[str, str],
        powers: Mapping[str, frozenset[str]],
    ) -> None:
        """Index the rows by category and district."""
        self._entries = {(entry.category, entry.district): entry for entry in entries}
        self._defaults = defaults
        self._powers = powers

    def assign(self, category: str, district: str | None, street: str | None) -> Assignment | None:
        """Units for a matter at a place; None where the place is needed and not known."""
        entry = self.entry(category, district)
        if entry is not None:
            lead = self._with_power(self._resolve(entry.lead, district, street), entry.power, district)
            if lead is not None:
                assist = self._resolved(entry.assist, district, street, {lead})
                copy = self._resolved(entry.copy, district, street, {lead, *assist})
                return Assignment(lead, assist, copy, entry.basis, entry.id)
        default = self._resolve(self._defaults.get(category, ""), district, street)
        return Assignment(default, (), (), "", None) if default else None

    def entry(self, category: str, district: str | None) -> CatalogueEntry | None:
        """The row for a matter at a place, as it is written; None where there is none."""
        for length in (6, 4, 2):
            prefix = category[:length]
            if len(prefix) == length:
                for place in (district, ANYWHERE):
                    if place and (entry := self._entries.get((prefix, place))):
                        return entry
        return None

    def _resolve(self, unit: str, district: str | None, street: str | None) -> str | None:
        if unit == TERRITORY:
            return district
        if unit == STREET:
            return street or district
        return unit or None

    def _with_power(self, unit: str | None, power: str, district: str | None) -> str | None:
        for candidate in (unit, district):
            if candidate and (not power or power in self._powers.get(candidate, frozenset())):
                return candidate
        return None

    def _resolved(
        self, units: tuple[str, ...], district: str | None, street: str | None, taken: set[str]
    ) -> tuple[str, ...]:
        resolved = (self._resolve(unit, district, street) for unit in units)
        return tuple(dict.fromkeys(unit for unit in resolved if unit and unit not in taken))
