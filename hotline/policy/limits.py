"""Time limits: which clock gets how much time. Pure.

A limit row may name any of region, nature, urgency, category (a prefix) and requester kind; of the rows that
fit an order, the one that names the most wins. Between rows that name as many, urgency goes before the others,
then a longer category prefix before a shorter one, then nature, requester and region in this order: no two rows
of a policy tie.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from hotline.base.i18n import mark, name_members, pick
from hotline.policy.counting import TimeUnit


class Clock(StrEnum):
    """What a limit is for.

    The total clock HANDLE starts at dispatch, not at signing. RETURN_REQUEST is a window, EXTENSION the most
    time all extensions together may add, PROMISE the longest a promise may reach: no deadline runs for the
    first two. ASSIST and READ run for each unit beside the lead; PROGRESS from one word to the citizen on a promise
    to the next.
    """

    DISPATCH = "dispatch"
    SIGN = "sign"
    CONTACT = "contact"
    RETURN_REQUEST = "return_request"
    RETURN_REVIEW = "return_review"
    HANDLE = "handle"
    EXTENSION = "extension"
    PROMISE = "promise"
    CALLBACK = "callback"
    REDO = "redo"
    SUPERVISE = "supervise"
    ASSIST = "assist"
    READ = "read"
    REVIEW = "review"
    RULING = "ruling"
    PROGRESS = "progress"


name_members(
    {
        Clock.DISPATCH: mark("Dispatch"),
        Clock.SIGN: mark("Sign"),
        Clock.CONTACT: mark("Contact the citizen"),
        Clock.RETURN_REQUEST: mark("Ask for a return"),
        Clock.RETURN_REVIEW: mark("Decide on the return"),
        Clock.HANDLE: mark("Handle"),
        Clock.EXTENSION: mark("Extension"),
        Clock.PROMISE: mark("Promise"),
        Clock.CALLBACK: mark("Call back"),
        Clock.REDO: mark("Redo"),
        Clock.SUPERVISE: mark("Supervised"),
        Clock.ASSIST: mark("Do its part"),
        Clock.READ: mark("Read the copy"),
        Clock.REVIEW: mark("Review the reply"),
        Clock.RULING: mark("Rule on the dispute"),
        Clock.PROGRESS: mark("Tell how far it is"),
    }
)


class Evidence(StrEnum):
    """How a number is known.

    From a founding document, an official page, the press, a copy, public code (found);
    from memory, or chosen (assumed).
    """

    FOUNDING = "S"
    OFFICIAL = "A"
    PRESS = "B"
    COPY = "C"
    CODE = "D"
    MEMORY = "M"
    CHOSEN = "I"

    @property
    def found(self) -> bool:
        """Whether a source was found."""
        return self not in {Evidence.MEMORY, Evidence.CHOSEN}


name_members(
    {
        Evidence.FOUNDING: mark("founding document"),
        Evidence.OFFICIAL: mark("official page"),
        Evidence.PRESS: mark("press"),
        Evidence.COPY: mark("copy"),
        Evidence.CODE: mark("practice seen in software"),
        Evidence.MEMORY: mark("from memory"),
        Evidence.CHOSEN: mark("chosen"),
    }
)


class Requester(StrEnum):
    """Who complains: a person, or an enterprise (with limits of its own in many cities)."""

    PERSON = "person"
    ENTERPRISE = "enterprise"


name_members({Requester.PERSON: mark("Person"), Requester.ENTERPRISE: mark("Enterprise")})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a limit may depend on. region: a district's code."""

    nature: str
    urgency: str
    category: str = ""
    requester: str = Requester.PERSON
    region: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of a policy: this clock, for orders that fit, gets this much time.

    basis, basis_en: where the number comes from, to be shown with the deadline. origin: the policy it was
    written in, where another one builds on it.
    """

    clock: Clock
    amount: float
    unit: TimeUnit
    basis: str
    basis_en: str = ""
    evidence: Evidence = Evidence.CHOSEN
    origin: str = ""
    region: str = ""
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
            and self.region in {"", facts.region}
            and facts.category.startswith(self.category)
        )

    @property
    def weight(self) -> tuple[int, bool, int, bool, bool, bool]:
        """How specific the row is; see the top of this file."""
        named = (self.region, self.nature, self.urgency, self.category, self.requester)
        count = sum(bool(part) for part in named)
        return count, bool(self.urgency), len(self.category), bool(self.nature), bool(self.requester), bool(self.region)

    @property
    def key(self) -> str:
        """The row's name within its policy, e.g. ``handle[nature=consultation]``."""
        conditions = {
            "region": self.region,
            "nature": self.nature,
            "urgency": self.urgency,
            "category": self.category,
            "requester": self.requester,
        }
        named = ",".join(f"{name}={value}" for name, value in conditions.items() if value)
        return f"{self.clock}[{named}]" if named else str(self.clock)

    @property
    def source(self) -> str:
        """Where the number comes from, in the reader's language."""
        return pick(self.basis, self.basis_en)


def choose(limits: Iterable[Limit], clock: Clock, facts: Facts) -> Limit | None:
    """The limit of a clock for an order: the most specific row that fits, or None where policy sets none."""
    fitting = [limit for limit in limits if limit.clock is clock and limit.fits(facts)]
    return max(fitting, key=lambda limit: limit.weight, default=None)
