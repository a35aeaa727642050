"""Time limits: which clock gets how much time. Pure.

A limit row may name any of nature, urgency, category (a prefix) and requester kind; of the rows that fit an
order, the one that names the most wins, a longer category prefix before a shorter one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hotline.base.i18n import mark, name_members
from hotline.policy.calendar import TimeUnit


class Clock(StrEnum):
    """What a deadline is for. The total clock HANDLE starts at dispatch, not at signing."""

    DISPATCH = "dispatch"
    SIGN = "sign"
    CONTACT = "contact"
    HANDLE = "handle"
    RETURN_REVIEW = "return_review"
    CALLBACK = "callback"
    REDO = "redo"
    SUPERVISE = "supervise"


name_members(
    {
        Clock.DISPATCH: mark("Dispatch"),
        Clock.SIGN: mark("Sign"),
        Clock.CONTACT: mark("Contact the citizen"),
        Clock.HANDLE: mark("Handle"),
        Clock.RETURN_REVIEW: mark("Decide on the return"),
        Clock.CALLBACK: mark("Call back"),
        Clock.REDO: mark("Redo"),
        Clock.SUPERVISE: mark("Supervised"),
    }
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a limit may depend on."""

    nature: str
    urgency: str
    category: str = ""
    requester: str = "person"


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of a policy: this clock, for orders that fit, gets this much time.

    basis: where the number comes from, to be shown with the deadline.
    """

    clock: Clock
    amount: float
    unit: TimeUnit
    basis: str
    nature: str = ""
    urgency: str = ""
    category: str = ""
    requester: str = ""

    def fits(self, facts: Facts) -> bool:
        """Whether the row speaks of such an order."""
        return (
            self.nature in {"", facts.nature}
            and self.urgency in {"", facts.urgency}
            and self.requester in {"", facts.requester}
            and facts.category.startswith(self.category)
        )

    @property
    def weight(self) -> tuple[int, int, int]:
        """How specific the row is: conditions named, then urgency before the others, then prefix length."""
        named = sum(bool(part) for part in (self.nature, self.urgency, self.category, self.requester))
        return named, bool(self.urgency), len(self.category)


def choose(limits: Iterable[Limit], clock: Clock, facts: Facts) -> Limit | None:
    """The limit of a clock for an order: the most specific row that fits, or None where policy sets none."""
    fitting = [limit for limit in limits if limit.clock is clock and limit.fits(facts)]
    return max(fitting, key=lambda limit: limit.weight, default=None)
