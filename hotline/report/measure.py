"""What a measure is: its row of the registry, and the frame its rows are counted in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Date, Numeric, and_, case, cast, func, literal
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
    }
)


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

    label, meaning, source, exclusion: marked messages, translated where they are shown. ``exclusion`` says
    why rows are excluded; it may name %(seconds)s, the policy's shortest abandoned call.
    instant: what a row is dated by, for lists and their order.
    ripens: rows dated before this instant are changed by what happens to them, no more by time alone.
    reads: what of the policy its expressions depend on, as a plain value.
    dated: the same as of the cut-off, where it changes in time.
    unit: the handling unit a row belonged to at the cut-off; None for calls, which belong to a queue.
    within: which rows belong to the period, written so that an index finds them.
    bucket: the Bucket of a row, NULL where it is not part of the measure.
    weight: 0 to 1, what a counted row adds to the numerator (an excluded one to the rate that includes it).
    moved_to: the unit a row's order was sent on to by the cut-off, None where it was not; of dispatches only.
    ground: for which reason a row was excluded on appeal, None where it was not.
    less_is_better: of a rate that is the better the smaller it is.
    """

    name: str
    label: str
    meaning: str
    source: str
    exclusion: str
    subject: Subject
    instant: Instant
    unit: Expression | None
    within: Expression
    bucket: Expression
    weight: Expression
    moved_to: Expression | None = None
    ground: Expression | None = None
    ripens: Callable[[datetime, Policy], datetime] = lambda cutoff, _: cutoff
    reads: Callable[[Policy], Any] = lambda _: None
    dated: Expression | None = None
    less_is_better: bool = False

    def date(self, frame: Frame) -> ColumnElement[Any]:
        """The city day a row belongs to."""
        instant = self.instant if self.dated is None else self.dated(frame)
        local = func.timezone(frame.period.zone.key, instant) - frame.period.windows.shift
        return cast(local, Date)

    def group(self, frame: Frame) -> ColumnElement[Any]:
        """What rows are grouped by: the unit, or a call's queue."""
        return Call.queue.expression if self.unit is None else self.unit(frame)

    def lists_pending(self, reader: Actor) -> bool:
        """Whether the reader is to see which rows do not count yet, or only how many."""
        return self.subject is not Subject.EVALUATIONS or sees_asking(reader)

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return gettext(self.label)

    def because(self, policy: Policy) -> str:
        """Why rows are excluded, in the reader's language; empty where none are."""
        return gettext(self.exclusion, seconds=f"{policy.short_abandon:g}") if self.exclusion else ""


def number(value: Decimal | int) -> ColumnElement[Decimal]:
    """A number in SQL."""
    return cast(literal(Decimal(value)), Numeric)  # numeric, so that sums of weights such as 0.9 stay exact


def worth(counts: ColumnElement[bool]) -> ColumnElement[Decimal]:
    """The weight of a row that counts for all or nothing."""
    return case((counts, number(1)), else_=number(0))
