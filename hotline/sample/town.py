"""What the sample is made from: templates and phrases from files, places and routing from the loaded city."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from config.settings import HERE
from hotline.base.db import db
from hotline.base.files import read_csv
from hotline.orders.vocabulary import Nature, Urgency
from hotline.people.models import District, Unit
from hotline.policy import queries as policies
from hotline.transfer.models import PlaceName
from hotline.transfer.queries import Routing, routing

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from hotline.policy.calendar import Calendar
    from hotline.policy.document import Policy
    from hotline.transfer.catalogue import Assignment

FOLDER = HERE / "sample"
PLACE_SLOTS = ("{place}", "{road}", "{estate}")
RURAL = "11"  # agriculture and villages


@dataclass(frozen=True, slots=True)
class Template:
    """A text with slots, and what it is about. weight: how often it comes."""

    category: str
    nature: Nature
    urgency: Urgency
    title: str
    text: str
    weight: float

    @property
    def names_place(self) -> bool:
        """Whether its text says where."""
        return any(slot in self.title + self.text for slot in PLACE_SLOTS)


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the city: an estate or village, a road near it, and where they lie."""

    district: str
    street: str
    estate: str
    road: str
    address: str


class Phrases:
    """The phrases of phrases.toml, picked at random."""

    def __init__(self, rows: dict[str, dict[str, list[str]]]) -> None:
        self._rows = rows

    def all(self, group: str, name: str) -> list[str]:
        """Every phrase under a name."""
        return self._rows[group][name]

    def pick(self, rng: Random, group: str, name: str, **slots: str) -> str:
        """One of the phrases under a name, its slots filled."""
        return rng.choice(self._rows[group][name]).format(**slots)


@dataclass(frozen=True, slots=True)
class Reply:
    """A unit's public reply. kind: a result or a nature; categories: prefixes it suits, none: any.

    reason: why the matter is not solved, to go with a result other than "solved".
    """

    kind: str
    categories: tuple[str, ...]
    reason: str
    text: str

    def suits(self, kind: str, category: str) -> bool:
        """Whether it can be said of such a matter."""
        return self.kind == kind and (not self.categories or category.startswith(self.categories))


@dataclass(frozen=True)
class Town:
    """Everything the sample is made from.

    districts, populations: codes, and how many people live there. units: names by code.
    places: estates, villages and roads (name, street) by kind and district.
    """

    templates: list[Template]
    replies: list[Reply]
    phrases: Phrases
    districts: dict[str, str]
    populations: list[int]
    units: dict[str, str]
    streets: dict[str, str]
    places: dict[tuple[str, str], list[tuple[str, str]]]
    calendar: Calendar
    policy: Policy
    routing: Routing

    def template(self, rng: Random, among: list[Template] | None = None) -> Template:
        """Pick a template, the frequent ones more often."""
        rows = among or self.templates
        return rng.choices(rows, [row.weight for row in rows])[0]

    def spot(self, rng: Random, template: Template, district: str | None = None) -> Spot:
        """Pick a place for a template: a village for rural matters where the district has some."""
        rural = template.category.startswith(RURAL)
        code = district or rng.choices(self._homes(rural=rural), self._weights(rural=rural))[0]
        homes = (rural and self.places.get(("village", code))) or self.places[("estate", code)]
        estate, street = rng.choice(homes)
        roads = self.places[("road", code)]
        road, _ = rng.choice([row for row in roads if row[1] == street] or roads)
        return Spot(code, street, estate, road, self.districts[code] + self.streets.get(street, "") + estate)

    def reply(self, rng: Random, kind: str, category: str) -> Reply:
        """Pick a reply of a kind to a matter."""
        return rng.choice([row for row in self.replies if row.suits(kind, category)])

    def assignment(self, template: Template, spot: Spot) -> Assignment | None:
        """Whose a matter at a place really is."""
        return self.routing.catalogue.assign(template.category, spot.district, spot.street or None)

    def _homes(self, *, rural: bool) -> list[str]:
        return [code for code in self.districts if not rural or ("village", code) in self.places]

    def _weights(self, *, rural: bool) -> list[int]:
        people = dict(zip(self.districts, self.populations, strict=True))
        return [people[code] for code in self._homes(rural=rural)]


def read_town(now: datetime) -> Town:
    """Read the sample's files and the loaded city."""
    districts = list(db.session.scalars(select(District).order_by(District.code)))
    units = {unit.code: unit.name for unit in db.session.scalars(select(Unit).order_by(Unit.code))}
    streets, places = _places()
    return Town(
        templates=_templates(),
        replies=_replies(),
        phrases=Phrases(tomllib.loads((FOLDER / "phrases.toml").read_text(encoding="utf-8"))),
        districts={row.code: row.name for row in districts},
        populations=[row.population or 1 for row in districts],
        units=units,
        streets=streets,
        places=places,
        calendar=policies.calendar_now(),
        policy=policies.policy_at(now),
        routing=routing(),
    )


def _templates() -> list[Template]:
    weights = {row["category"]: float(row["weight"]) for row in read_csv(FOLDER / "weights.csv")}
    return [
        Template(
            row["category"],
            Nature(row["nature"]),
            Urgency(row["urgency"]),
            row["title"],
            row["text"],
            _weight(weights, row["category"]),
        )
        for row in read_csv(FOLDER / "texts.csv")
    ]


def _replies() -> list[Reply]:
    return [
        Reply(row["kind"], tuple(filter(None, row["categories"].split(";"))), row["reason"], row["text"])
        for row in read_csv(FOLDER / "replies.csv")
    ]


def _weight(weights: dict[str, float], category: str) -> float:
    """Find the weight of the longest prefix that has one."""
    prefixes = (category[:length] for length in (6, 4, 2))
    return next((weights[prefix] for prefix in prefixes if prefix in weights), 1.0)


def _places() -> tuple[dict[str, str], dict[tuple[str, str], list[tuple[str, str]]]]:
    """Street names by code, and the estates, villages and roads by kind and district."""
    streets: dict[str, str] = {}
    places: dict[tuple[str, str], list[tuple[str, str]]] = {}
    current = select(PlaceName).where(PlaceName.valid_to.is_(None)).order_by(PlaceName.district_code, PlaceName.name)
    for row in db.session.scalars(current):
        if row.kind == "street":
            streets[row.street_code or ""] = row.name
        village = row.kind == "estate" and row.name.endswith("村") and not row.name.endswith("新村")
        kind = "village" if village else row.kind
        places.setdefault((kind, row.district_code), []).append((row.name, row.street_code or ""))
    return streets, places
