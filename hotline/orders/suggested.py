"""The suggestion kept with an order, made readable: which categories and units, how sure, and the words behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hotline.base.i18n import pick
from hotline.orders.models import Order
from hotline.orders.names import Names
from hotline.orders.vocabulary import Nature

# A category's weightiest words, none with less than so much of the first one's weight: with the faint ones half of a
# text would be marked.
MOST_WORDS, WORTH_MARKING = 8, 0.15


@dataclass(frozen=True, slots=True)
class Guess:
    """A category the text may belong to: its share of the evidence, and the weightiest keywords found."""

    code: str
    title: str
    confidence: float
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Danger:
    """Danger words found: whom to call (a number, or ``urgent``), what it is, and the words."""

    call: str
    title: str
    written: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """What transfer suggested when the order came in. ``unit`` is empty where it could name none.

    row_id: the row of the dispatch catalogue that names the unit; None for the category's default unit.
    places: the place names as written; places_named: the places by name, without districts. districts, streets: to
    choose from, where the names allow several.
    """

    guesses: tuple[Guess, ...]
    unit: str
    unit_title: str
    assist: tuple[str, ...]
    copy: tuple[str, ...]
    basis: str
    row_id: int | None
    confidence: float
    district: str
    places: tuple[str, ...]
    districts: tuple[str, ...]
    places_named: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    nature: Nature | None = None
    dangers: tuple[Danger, ...] = ()

    @property
    def category(self) -> str:
        """The likeliest category."""
        return self.guesses[0].code if self.guesses else ""

    @property
    def keywords(self) -> tuple[str, ...]:
        """The keywords behind the likeliest category."""
        return self.guesses[0].keywords if self.guesses else ()

    def fits(self, order: Order) -> bool:
        """Whether it names a unit, and nobody has corrected since what it rests on."""
        same_category = order.category_code in (None, self.category)
        return bool(self.unit) and same_category and (order.district_code or "") == self.district


def read_suggestion(suggestion: Mapping[str, Any] | None, names: Names) -> Suggested:
    """Read a suggestion as kept with an order; one that says nothing where the order has none."""
    said = suggestion or {"categories": [], "place": {}, "assignment": None, "confidence": 0.0}
    assignment = said["assignment"] or {}
    place = said["place"]
    mentions = place.get("places", ())
    natures = said.get("natures", ())
    lead = assignment.get("lead", "")
    return Suggested(
        guesses=tuple(_guess(row, names) for row in said["categories"]),
        unit=lead,
        unit_title=names.units.get(lead, lead),
        assist=tuple(assignment.get("assist", ())),
        copy=tuple(assignment.get("copy", ())),
        basis=assignment.get("basis", ""),
        row_id=assignment.get("row_id"),
        confidence=said["confidence"],
        district=place.get("district") or "",
        places=tuple(one["written"] for one in mentions) or tuple(place.get("names", ())),
        districts=tuple(names.districts.get(code, code) for code in place.get("candidates", ())),
        places_named=tuple(one["name"] for one in mentions if one["kind"] != "district"),
        streets=tuple(names.units.get(code, code) for code in place.get("streets", ())),
        nature=Nature(natures[0]["category"]) if natures else None,
        dangers=tuple(_danger(one) for one in said.get("signals", ())),
    )


def _danger(row: Mapping[str, Any]) -> Danger:
    return Danger(row["call"], pick(row["name"], row["name_en"]), row["written"])


def _guess(row: Mapping[str, Any], names: Names) -> Guess:
    least = max((hit["weight"] for hit in row["hits"]), default=0.0) * WORTH_MARKING
    telling = (hit["keyword"] for hit in row["hits"] if hit["weight"] >= least)
    keywords = tuple(dict.fromkeys(telling))  # written by hand and learned: one word
    title = names.categories.get(row["category"], row["category"])
    return Guess(row["category"], title, row["confidence"], keywords[:MOST_WORDS])
