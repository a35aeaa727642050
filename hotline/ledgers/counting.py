"""Where the items of a ledger stand, and how many stand where. Pure.

An item has no state of its own: where it stands follows from its order and from whether it is struck off. So each
item stands in exactly one place, and the parts always add up to the total.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from hotline.base.i18n import mark, name_members
from hotline.orders.lifecycle import ENDED_STATES, State


class Standing(StrEnum):
    """Where an item stands."""

    WAITING = "waiting"
    IN_WORK = "in_work"
    ENDED = "ended"
    STRUCK_OFF = "struck_off"


name_members(
    {
        Standing.WAITING: mark("Not yet an order"),
        Standing.IN_WORK: mark("In work"),
        Standing.ENDED: mark("To be struck off"),
        Standing.STRUCK_OFF: mark("Struck off"),
    }
)


@dataclass(frozen=True, slots=True)
class Line:
    """An item as it stands at an instant: a row of the ledger's page and of its progress sheets.

    external_id: its number on a platform upstream. unit: the lead unit's code. due_at: when the running work clock of its order is due. due_on: the last day of what
    was promised, or else of the ledger. overdue: either is over and the item is not struck off.
    """

    position: int
    matter: str
    promise: str
    external_id: str
    number: str | None
    state: State | None
    unit: str | None
    due_at: datetime | None
    due_on: date | None
    overdue: bool
    struck_off_at: datetime | None
    note: str

    @property
    def standing(self) -> Standing:
        """Where the item stands."""
        return standing(self.state, struck_off=self.struck_off_at is not None)

    def as_json(self) -> dict[str, Any]:
        """The line in the words of JSON, as a progress sheet keeps it."""
        return {
            "position": self.position,
            "matter": self.matter,
            "promise": self.promise,
            "external_id": self.external_id,
            "number": self.number,
            "state": self.state,
            "unit": self.unit,
            "due_at": _written(self.due_at),
            "due_on": _written(self.due_on),
            "overdue": self.overdue,
            "struck_off_at": _written(self.struck_off_at),
            "note": self.note,
            "standing": self.standing,
        }


def line_from(kept: Mapping[str, Any]) -> Line:
    """The line a progress sheet has kept."""
    return Line(
        kept["position"],
        kept["matter"],
        kept["promise"],
        kept["external_id"],
        kept["number"],
        State(kept["state"]) if kept["state"] else None,
        kept["unit"],
        datetime.fromisoformat(kept["due_at"]) if kept["due_at"] else None,
        date.fromisoformat(kept["due_on"]) if kept["due_on"] else None,
        kept["overdue"],
        datetime.fromisoformat(kept["struck_off_at"]) if kept["struck_off_at"] else None,
        kept["note"],
    )


def _written(when: date | None) -> str | None:
    return when.isoformat() if when else None


def standing(state: State | None, *, struck_off: bool) -> Standing:
    """Where an item stands whose order is in a state (None: it has no order yet)."""
    if struck_off:
        return Standing.STRUCK_OFF
    if state is None:
        return Standing.WAITING
    return Standing.ENDED if state in ENDED_STATES else Standing.IN_WORK


@dataclass(frozen=True, slots=True)
class Tally:
    """How many items stand where: every standing, in their order. overdue: how many of all are."""

    parts: Mapping[Standing, int]
    overdue: int

    @property
    def total(self) -> int:
        """How many items there are."""
        return sum(self.parts.values())

    @property
    def struck_off(self) -> int:
        """How many are struck off."""
        return self.parts[Standing.STRUCK_OFF]

    @property
    def left(self) -> int:
        """How many are not."""
        return self.total - self.struck_off

    @property
    def rate(self) -> Fraction | None:
        """The part that is struck off (销号率); None where there is nothing to strike off."""
        return Fraction(self.struck_off, self.total) if self.total else None


def tally(lines: Iterable[Line]) -> Tally:
    """Count lines by where they stand."""
    counts, overdue = dict.fromkeys(Standing, 0), 0
    for line in lines:
        counts[line.standing] += 1
        overdue += line.overdue
    return Tally(counts, overdue)


def missing(total: int, parts: Iterable[int]) -> int:
    """How many items a published total has beyond its parts (158 beyond 49 + 108: 1); negative where it has fewer."""
    return total - sum(parts)
