"""A policy: everything a city decides, as one document with a source. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hotline.policy.calendar import TimeUnit
from hotline.policy.limits import Clock, Limit


@dataclass(frozen=True, slots=True)
class Level:
    """One answer a citizen may give to "are you satisfied?" and what it counts (0 to 1)."""

    code: str
    label: str
    label_en: str
    weight: float


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document, checked.

    auto_confidence: classification confidence (0 to 1) from which an order is dispatched without a person.
    callback_attempts: calls without an answer after which an order may be closed unrated.
    short_abandon: seconds; a caller who hangs up sooner is excluded from the connection rate.
    minimum_n: a unit with fewer orders behind a rate is not ranked by it.
    """

    name: str
    title: str
    source: str
    limits: tuple[Limit, ...]
    levels: tuple[Level, ...]
    auto_confidence: float
    callback_attempts: int
    short_abandon: float
    minimum_n: int

    @property
    def weights(self) -> dict[str, float]:
        """What each satisfaction level counts."""
        return {level.code: level.weight for level in self.levels}


class BadPolicy(ValueError):
    """A policy document cannot be used; the message names the entry and the mend."""


def read_policy(document: dict[str, Any]) -> Policy:
    """Check a policy document (as read from TOML); raise BadPolicy for what cannot be used."""
    try:
        policy = Policy(
            name=document["name"],
            title=document["title"],
            source=document["source"],
            limits=tuple(_limit(row) for row in document["limits"]),
            levels=tuple(Level(**row) for row in document["satisfaction"]["levels"]),
            auto_confidence=float(document["dispatch"]["auto_confidence"]),
            callback_attempts=int(document["callback"]["attempts"]),
            short_abandon=float(document["connection"]["short_abandon_seconds"]),
            minimum_n=int(document["ranking"]["minimum_n"]),
        )
    except KeyError as missing:
        raise BadPolicy(f"the policy lacks {missing}; add it") from missing
    except TypeError as wrong:
        raise BadPolicy(f"the policy has an entry that is not known: {wrong}") from wrong
    if not 0 < policy.auto_confidence <= 1:
        raise BadPolicy("dispatch.auto_confidence: give a number above 0, at most 1")
    if len({level.code for level in policy.levels}) != len(policy.levels) or not policy.levels:
        raise BadPolicy("satisfaction.levels: give at least one level, each code once")
    if any(not 0 <= level.weight <= 1 for level in policy.levels):
        raise BadPolicy("satisfaction.levels: a weight is a number from 0 to 1")
    return policy


def _limit(row: dict[str, Any]) -> Limit:
    try:
        clock, unit = Clock(row["clock"]), TimeUnit(row["unit"])
    except ValueError as unknown:
        raise BadPolicy(f"limits: {unknown}") from unknown
    if not row["amount"] > 0:
        raise BadPolicy(f"limits: {clock}: amount must be above 0")
    return Limit(**{**row, "clock": clock, "unit": unit})
