"""A suggestion: category, units and confidence for a text and a place, with every reason. Reads, changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from hotline.base.i18n import mark, name_members
from hotline.orders.models import Order
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.transfer.catalogue import Assignment
from hotline.transfer.classifier import Ranked
from hotline.transfer.place import Found
from hotline.transfer.queries import Routing, routing
from hotline.transfer.signals import Signal

TELLING = 0.4  # words that everybody writes make some category a little likelier than the others


class Doubt(StrEnum):
    """Why a suggestion is not dispatched without a person."""

    DANGER = "danger"
    NO_KEYWORD = "no_keyword"
    NO_PLACE = "no_place"
    NO_UNIT = "no_unit"
    UNSURE = "unsure"


name_members(
    {
        Doubt.DANGER: mark("danger words: is somebody to be called at once?"),
        Doubt.NO_KEYWORD: mark("no keyword found"),
        Doubt.NO_PLACE: mark("place not known"),
        Doubt.NO_UNIT: mark("no unit"),
        Doubt.UNSURE: mark("confidence below threshold"),
    }
)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What transfer would do with a text.

    ranked: categories, best first. assignment: the units for the best one, None where the place or a
    category is missing. confidence: that the lead unit is right: the evidence of every category the same
    unit would lead at this place. natures: what kind of appeal it is, best first. signals: the danger words found.
    """

    ranked: tuple[Ranked, ...]
    place: Found
    assignment: Assignment | None
    confidence: float
    natures: tuple[Ranked, ...] = ()
    signals: tuple[Signal, ...] = ()

    @property
    def category(self) -> str | None:
        """The likeliest category."""
        return self.ranked[0].category if self.ranked else None

    @property
    def nature(self) -> Nature | None:
        """The likeliest nature."""
        return Nature(self.natures[0].category) if self.natures else None

    def as_json(self) -> dict[str, Any]:
        """The suggestion as kept with an order and given by the API."""
        return {
            "categories": [asdict(row) for row in self.ranked],
            "place": asdict(self.place),
            "assignment": asdict(self.assignment) if self.assignment else None,
            "confidence": self.confidence,
            "natures": [asdict(row) for row in self.natures],
            "signals": [asdict(row) for row in self.signals],
        }


def suggest(
    title: str,
    text: str,
    address: str = "",
    *,
    category: str | None = None,
    district: str | None = None,
    tables: Routing | None = None,
) -> Suggestion:
    """Suggest a category and units.

    category, district: what a person has already chosen; it is taken as certain. tables: other than those in force.
    """
    tables = tables or routing()
    place = tables.gazetteer.find(address, title, text, district=district)
    ranked = tuple(row for row in tables.classifier.classify(title, text) if row.category in tables.categories)
    if not _telling(ranked):
        ranked = ()
    if category is not None:
        chosen = next((row for row in ranked if row.category == category), None)
        hits = chosen.hits if chosen else ()
        ranked = (Ranked(category, chosen.score if chosen else 0.0, 1.0, hits),)
    natures, signals = tables.natures.classify(title, text, 3), tables.signals.find(title, text)
    return replace(_with_units(tables, ranked, place), natures=tuple(natures), signals=signals)


def why_queued(order: Order, threshold: float) -> Doubt | None:
    """Why an order waits for a dispatcher; None where nothing is in doubt.

    Danger words ask a person. On the phone the agent has been asked; an order marked urgent has been looked at.
    """
    if asks_danger(order.suggestion) and order.urgency is Urgency.NORMAL and order.channel is not Channel.PHONE:
        return Doubt.DANGER
    return doubt_of(order.suggestion, threshold)


def asks_danger(suggestion: Mapping[str, Any] | None) -> bool:
    """Whether danger words were found; suggestions from before they were looked for have none."""
    return bool(suggestion and suggestion.get("signals"))


def doubt_of(suggestion: Mapping[str, Any] | None, threshold: float) -> Doubt | None:
    """Why a suggestion (as kept with its order) is not enough to dispatch on; None where it is."""
    if not suggestion or not suggestion["categories"]:
        return Doubt.NO_KEYWORD
    if suggestion["assignment"] is None:
        return Doubt.NO_UNIT if suggestion["place"]["district"] else Doubt.NO_PLACE
    return Doubt.UNSURE if suggestion["confidence"] < threshold else None


def _telling(ranked: tuple[Ranked, ...]) -> bool:
    """Whether the likeliest category is worth saying: a hand-written keyword speaks for it, or much of what was learned."""
    if not ranked:
        return False
    return ranked[0].confidence >= TELLING or any(hit.origin == "hand" for hit in ranked[0].hits)


def _with_units(tables: Routing, ranked: tuple[Ranked, ...], place: Found) -> Suggestion:
    assignments = [tables.catalogue.assign(row.category, place.district, place.street) for row in ranked]
    best = assignments[0] if assignments else None
    if best is None:
        return Suggestion(ranked, place, None, 0.0)
    shares: dict[str, float] = defaultdict(float)
    for row, assignment in zip(ranked, assignments, strict=True):
        if assignment is not None:
            shares[assignment.lead] += row.confidence
    return Suggestion(ranked, place, best, round(min(1.0, shares[best.lead]), 4))
