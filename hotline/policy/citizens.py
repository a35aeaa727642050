"""What citizens may do on their own pages, as often as a policy lets them. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Citizens:
    """adds_a_day: how often a day a citizen may add to one order; photos: how many they may send at a time."""

    adds_a_day: int = 5
    photos: int = 6
