"""What a measure is: its row of the registry, and the frame its rows are counted in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, and_, case, cast, func, literal, null
from sqlalchemy.orm import InstrumentedAttribute

from hotline.base.i18n import gettext, mark, name_members
from hotline.base.time import Period
from hotline.calls.models import Call
from hotline.orders.sight import sees_asking
from hotline.people.actors import Actor
from hotline.policy.document import Policy


class Bucket(StrEnum):
    """Where a row of a measure falls. Only COUNTED rows are in the denominator."""

    COUNTED = "counted"
    NOT_DUE = "not_due"
    EXCLUDED = "excluded"


class Subject(StrEnum):
    """What a measure counts."""

    CALLS = "calls"
    DEADLINES = "deadlines"
    EVALUATIONS = "evaluations"
    DISPATCHES = "dispatches"
    CLOSINGS = "closings"
    REPLIES = "replies"
    ORDERS = "orders"


class Kind(StrEnum):
    """What a figure's rate is: a share from 0 to 1, or a mean in seconds."""

    SHARE = "share"
    MEAN = "mean"


# One call each: members of different enums with the same value would be one key.
name_members(
    {
        Bucket.COUNTED: mark("Counted"),
        Bucket.NOT_DUE: mark("Not yet due"),
        Bucket.EXCLUDED: mark("Excluded"),
    }
)
name_members(
    {
        Subject.CALLS: mark("Calls"),
        Subject.DEADLINES: mark("Orders"),
        Subject.EVALUATIONS: mark("Evaluations"),
        Subject.DISPATCHES: mark("Dispatches"),
        Subject.CLOSINGS: mark("Closings"),
        Subject.REPLIES: mark("Replies"),
        Subject.ORDERS: mark("Orders received"),
    }
)
name_members({Kind.SHARE: mark("Share"), Kind.MEAN: mark("Mean, seconds")})
PENDING = {
    Subject.CALLS: mark("still waiting"),
    Subject.DEADLINES: mark("not yet due"),
    Subject.EVALUATIONS: mark("not yet evaluated"),
    Subject.DISPATCHES: mark("may still be returned"),
    Subject.CLOSINGS: mark("may still be taken up again"),
    Subject.REPLIES: mark("not yet to be called back"),
    Subject.ORDERS: mark("not yet decided"),
}


MOMENT = timedelta(microseconds=1)
Instant = ColumnElement[datetime] | InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]


@dataclass(frozen=True, slots=True)
class Frame:
    """What is counted: the rows of a period, as they stood at a cut-off, by the policy the period ended under."""

    period: Period
    cutoff: datetime
    policy_id: int
    policy: Policy

    def has(self, instant: Instant) -> ColumnElement[bool]:
        """Whether an instant lies in the period."""
        return and_(instant >= self.period.start, instant < self.period.end)


Expression = Callable[[Frame], ColumnElement[Any]]


@dataclass(frozen=True, slots=True, eq=False)  # one of a kind, and its expressions do not compare
class Measure:
    """One measure.

    Every measure keeps four rules, on which lists, periods and the rollup rest. A row belongs to the day of its
    instant, and its bucket, weight and unit follow from the frame's cut-off and policy, never from its period (which
    may narrow what an index reads): a period is the sum of its days. They follow from instants and from the log, so the
    same cut-off gives the same figure later. What of the policy they depend on, ``reads`` says. From when on time
    alone changes nothing any more, ``ripens`` says.

    label, meaning, source, exclusion, hit, missed: marked messages, translated where they are shown. ``meaning`` and
    ``exclusion`` (why rows are excluded) may name the policy's numbers, see ``numbers``; hit, missed: what counted
    rows are called that count for something, and for nothing; pending: those that do not count yet, where it is not
    what its subject says.
    kind: whether the rate is a share, or a mean of the weights in seconds.
    instant: what a row is dated by, for lists and their order.
    ripens: of a cut-off and a policy, the instant such that rows dated before it change only by being touched.
    turns: an instant at which time changes a row, where that is not the one it is dated by.
    joined: whether its expressions read the row's order.
    splits: dimensions of its own, by their names (see ``dimensions.By``), and what a row is under in each.
    reads: what of a policy the expressions read, as a plain value: equal values, equal figures.
    reach: how far from its own a row that is touched late can change how another one counts.
    dated: the instant as of the cut-off, where it changes in time.
    unit: the handling unit a row belonged to at the cut-off; None for what is the center's own: calls, which belong
    to a queue, and its own work, which belongs to no unit.
    within: which rows belong to the period, written so that an index finds them.
    bucket: the Bucket of a row, NULL where it is not part of the measure.
    weight: what a counted row adds to the numerator (an excluded one to the rate that includes it): of a share 0 to 1.
    moved_to: the unit a row's order was sent on to by the cut-off, None where it was not; of dispatches only.
    ground: for which reason a row was excluded on appeal, None where it was not.
    less_is_better: of a rate that is the better the smaller it is.
    """

    name: str
    label: str
    meaning: str
    source: str
    exclusion: str
    hit: str
    missed: str
    subject: Subject
    instant: Instant
    unit: Expression | None
    within: Expression
    bucket: Expression
    weight: Expression
    pending: str = ""
    kind: Kind = Kind.SHARE
    moved_to: Expression | None = None
    ground: Expression | None = None
    less_is_better: bool = False
    ripens: Callable[[datetime, Policy], datetime] = lambda cutoff, _: cutoff
    reads: Callable[[Policy], Any] = lambda _: None
    turns: Instant | None = None
    joined: bool = False
    splits: Mapping[str, Expression] = field(default_factory=dict)
    reach: Callable[[Policy], timedelta] = lambda _: timedelta(0)
    dated: Expression | None = None

    def date(self, frame: Frame) -> ColumnElement[Any]:
        """The city day a row belongs to."""
        instant = self.instant if self.dated is None else self.dated(frame)
        local = func.timezone(frame.period.zone.key, instant) - frame.period.windows.shift
        return cast(local, Date)

    def group(self, frame: Frame) -> ColumnElement[Any]:
        """What rows are grouped by: the unit, or a call's queue; of the center's other work nothing."""
        if self.unit is not None:
            return self.unit(frame)
        return Call.queue.expression if self.subject is Subject.CALLS else null()

    def lists_pending(self, reader: Actor) -> bool:
        """Whether the reader is to see which rows do not count yet, or only how many."""
        return self.subject is not Subject.EVALUATIONS or sees_asking(reader)

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return gettext(self.label)

    def meant(self, policy: Policy) -> str:
        """What it means, in the reader's language, with the policy's numbers."""
        return gettext(self.meaning, **numbers(policy))

    def known(self) -> str:
        """Where it comes from, in the reader's language."""
        return gettext(self.source)

    def because(self, policy: Policy) -> str:
        """Why rows are excluded, in the reader's language; empty where none are."""
        return gettext(self.exclusion, **numbers(policy)) if self.exclusion else ""

    def still(self) -> str:
        """What rows are called that do not count yet, in the reader's language."""
        return gettext(self.pending or PENDING[self.subject])

    def least_n(self, policy: Policy) -> int:
        """How many must be counted for a ranking."""
        return policy.minimum_n


def numbers(policy: Policy) -> dict[str, str]:
    """The numbers of a policy that definitions of measures name: seconds, hours and days."""
    return {
        "seconds": f"{policy.short_abandon:g}",
        "answer": f"{policy.answer_seconds:g}",
        "before": f"{policy.first_call_before:g}",
        "after": f"{policy.first_call_after:g}",
        "repeat": str(policy.repeat_days),
    }


def number(value: Decimal | int) -> ColumnElement[Decimal]:
    """A number in SQL."""
    return cast(literal(Decimal(value)), Numeric)  # numeric, so that sums of weights such as 0.9 stay exact


def worth(counts: ColumnElement[bool]) -> ColumnElement[Decimal]:
    """The weight of a row that counts for all or nothing."""
    return case((counts, number(1)), else_=number(0))
