"""The script of a callback (话术): the city's words, with places that each order fills. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

# What a script may name: who calls, how the citizen is addressed, the city and its number, what they told and when,
# who answered, and what they may answer.
PLACES = frozenset({"caller", "citizen", "city", "hotline", "day", "title", "unit", "levels"})
PLACE = re.compile(r"\{(\w*)\}")


def places_of(*scripts: str) -> set[str]:
    """The places some scripts name."""
    return {name for script in scripts for name in PLACE.findall(script)}


def filled(script: str, places: Mapping[str, str]) -> list[str]:
    """A script's lines with their places filled; what fills one is not looked into again."""
    lines = (line.strip() for line in script.splitlines())
    return [PLACE.sub(lambda place: places.get(place[1], ""), line) for line in lines if line]
