"""Which replies need a signature (审签). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reviews:
    """Which replies the unit's head has to sign before they go to the citizen.

    Those of some natures or urgencies, and all from a round on (2: what is redone); 0 for no round.
    """

    natures: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()
    from_round: int = 0

    def asks(self, nature: str, urgency: str, turn: int) -> bool:
        """Whether a reply has to be signed."""
        return nature in self.natures or urgency in self.urgencies or 0 < self.from_round <= turn


def read_reviews(section: Mapping[str, Any]) -> Reviews:
    """The section of a policy document."""
    lists = {name: tuple(section.get(name, ())) for name in ("natures", "urgencies")}
    return Reviews(**lists, from_round=int(section.get("from_round", 0)))
