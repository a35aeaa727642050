"""Places of the gazetteer a citizen may mean while they type an address."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, or_, select

from hotline.base.db import db
from hotline.people.queries import all_districts
from hotline.transfer.models import PlaceName

MOST = 6
SHORTEST = 2  # characters: one would find half the city
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A place by its name, with the district it lies in."""

    name: str
    district: str
    district_name: str


def places_like(typed: str) -> list[Place]:
    """The places whose name, or what else they are called, holds what is typed; those that begin with it first."""
    words = "".join(typed.split())[:LONGEST]
    if len(words) < SHORTEST:
        return []
    called = func.array_to_string(PlaceName.aliases, " ")
    holds = or_(PlaceName.name.contains(words, autoescape=True), called.contains(words, autoescape=True))
    begins = PlaceName.name.startswith(words, autoescape=True)
    query = (
        select(PlaceName.name, PlaceName.district_code)
        .where(PlaceName.valid_to.is_(None), PlaceName.kind != "district", holds)
        .order_by(begins.desc(), func.length(PlaceName.name), PlaceName.name, PlaceName.district_code)
        .limit(MOST)
    )
    names = {district.code: district.title for district in all_districts()}
    return [Place(name, code, names.get(code, "")) for name, code in db.session.execute(query)]
