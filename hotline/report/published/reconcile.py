"""Whether the numbers of a published table fit each other. Pure.

A hotline prints counts and rates for a period. From the counts follow the rates, the sums that must hold and the
wholes that no part may exceed. A printed rate names its numerator, seldom its denominator: which denominators print
exactly that rate is a range of whole numbers, and the published count within it is the one that was divided by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

from hotline.base.i18n import mark, name_members
from hotline.report.figures import rounded


class Count(StrEnum):
    """What hotlines count in a period."""

    CALLS = "calls"
    ANSWERED = "answered"
    RECEIVED = "received"
    NEW = "new"
    CARRIED_OVER = "carried_over"
    DIRECT = "direct"
    DISPATCHED = "dispatched"
    NOT_DUE = "not_due"
    EXCLUDED = "excluded"
    DUE = "due"
    CLOSED = "closed"
    ON_TIME = "on_time"
    LATE = "late"
    OVERDUE = "overdue"
    CALLED_BACK = "called_back"
    SATISFIED = "satisfied"
    SOLVED = "solved"


name_members(
    {
        Count.CALLS: mark("Calls offered"),
        Count.ANSWERED: mark("Answered calls"),
        Count.RECEIVED: mark("Orders received"),
        Count.NEW: mark("New in the period"),
        Count.CARRIED_OVER: mark("Carried over"),
        Count.DIRECT: mark("Answered directly"),
        Count.DISPATCHED: mark("Orders dispatched"),
        Count.NOT_DUE: mark("Not yet due"),
        Count.EXCLUDED: mark("Excluded"),
        Count.DUE: mark("Orders due"),
        Count.CLOSED: mark("Orders closed"),
        Count.ON_TIME: mark("Closed on time"),
        Count.LATE: mark("Closed late"),
        Count.OVERDUE: mark("Overdue and open"),
        Count.CALLED_BACK: mark("Answers to callbacks"),
        Count.SATISFIED: mark("Satisfied"),
        Count.SOLVED: mark("Solved"),
    }
)

# What each count is a share of. Cities differ in the whole they divide by; the usual one stands first.
RATES: Mapping[Count, tuple[Count, ...]] = {
    Count.ANSWERED: (Count.CALLS,),
    Count.DIRECT: (Count.RECEIVED,),
    Count.DISPATCHED: (Count.RECEIVED,),
    Count.CLOSED: (Count.DUE, Count.DISPATCHED),
    Count.ON_TIME: (Count.DUE, Count.CLOSED),
    Count.CALLED_BACK: (Count.CLOSED,),
    Count.SATISFIED: (Count.CALLED_BACK, Count.CLOSED),
    Count.SOLVED: (Count.CALLED_BACK, Count.CLOSED),
}

# Each total and its parts. The third and fourth make up the law of the buckets: every dispatched order is in one.
SUMS: tuple[tuple[Count, tuple[Count, ...]], ...] = (
    (Count.RECEIVED, (Count.NEW, Count.CARRIED_OVER)),
    (Count.RECEIVED, (Count.DIRECT, Count.DISPATCHED)),
    (Count.DISPATCHED, (Count.NOT_DUE, Count.EXCLUDED, Count.DUE)),
    (Count.DUE, (Count.ON_TIME, Count.LATE, Count.OVERDUE)),
    (Count.CLOSED, (Count.ON_TIME, Count.LATE)),
)

# Each part and the whole it lies in, in every period. Not so with what a period closes of the orders it dispatched.
WITHIN: tuple[tuple[Count, Count], ...] = (
    (Count.ANSWERED, Count.CALLS),
    (Count.CARRIED_OVER, Count.RECEIVED),
    (Count.DIRECT, Count.RECEIVED),
    (Count.CLOSED, Count.DUE),
    (Count.ON_TIME, Count.CLOSED),
    (Count.SATISFIED, Count.CALLED_BACK),
    (Count.SOLVED, Count.CALLED_BACK),
)


@dataclass(frozen=True, slots=True)
class Term:
    """A number and its name: a count we know, or what the table calls it."""

    name: Count | str
    value: int


@dataclass(frozen=True, slots=True)
class Sum:
    """A total of the table and the parts said to make it up. shares: parts printed as a percentage."""

    label: str
    total: Term
    parts: tuple[Term, ...]
    shares: Mapping[str, str]

    @property
    def added(self) -> Term:
        """The parts together."""
        return Term(f"Σ {self.label}", sum(part.value for part in self.parts))


@dataclass(frozen=True, slots=True)
class Change:
    """A count, in so many days, beside a daily figure from before, and the printed growth in percent."""

    of: Term
    days: int
    before: Decimal
    printed: str

    @property
    def grown(self) -> Fraction:
        """Growth in percent."""
        return (Fraction(self.of.value, self.days) / Fraction(self.before) - 1) * 100

    @property
    def shown(self) -> Decimal:
        """Growth with as many digits as were printed."""
        return rounded(self.grown, digits_of(self.printed))

    @property
    def holds(self) -> bool:
        """Whether the counts give what was printed."""
        return self.shown == Decimal(self.printed)


@dataclass(frozen=True, slots=True)
class Table:
    """What a hotline published for a period. rates: percentages as printed."""

    title: str
    counts: Mapping[Count, int]
    rates: Mapping[Count, str]
    sums: tuple[Sum, ...]
    changes: tuple[Change, ...]

    def term(self, count: Count) -> Term:
        """A count with its value; KeyError where the table does not give it."""
        return Term(count, self.counts[count])

    def given(self, *counts: Count) -> bool:
        """Whether the table gives all these counts."""
        return all(count in self.counts for count in counts)


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate the counts can form."""

    part: Term
    whole: Term

    @property
    def share(self) -> Fraction:
        """Exact share."""
        return Fraction(self.part.value, self.whole.value)


@dataclass(frozen=True, slots=True)
class Identity:
    """A total and its parts; within: they need only lie in it."""

    total: Term
    parts: tuple[Term, ...]
    within: bool = False

    @property
    def difference(self) -> int:
        """The parts less the total."""
        return sum(part.value for part in self.parts) - self.total.value

    @property
    def holds(self) -> bool:
        """Whether it is as it must be."""
        return self.difference <= 0 if self.within else self.difference == 0


@dataclass(frozen=True, slots=True)
class Range:
    """Denominators that print a rate: from first to last, without end where last is None; empty if last < first."""

    first: int
    last: int | None

    def __contains__(self, value: int) -> bool:
        return value >= self.first and (self.last is None or value <= self.last)

    @property
    def empty(self) -> bool:
        """No denominator prints it."""
        return self.last is not None and self.last < self.first


@dataclass(frozen=True, slots=True)
class Printed:
    """A rate as printed, and what it can have been divided by.

    wholes: denominators by which such a rate is formed, the usual one first. others: what else the table counts.
    """

    part: Term
    printed: str
    wholes: tuple[Term, ...]
    others: tuple[Term, ...]

    @property
    def needs(self) -> Range:
        """The denominators that print exactly this rate."""
        return denominators(self.part.value, self.printed)

    @property
    def holds(self) -> bool:
        """Whether a denominator by which such a rate is formed prints it."""
        return any(whole.value in self.needs for whole in self.wholes)

    @property
    def explained_by(self) -> tuple[Term, ...]:
        """The denominators that print it: its own, or else other counts of the table."""
        return tuple(term for term in (self.wholes if self.holds else self.others) if term.value in self.needs)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """All that follows from a table."""

    table: Table
    rates: tuple[Rate, ...]
    identities: tuple[Identity, ...]
    printed: tuple[Printed, ...]

    @property
    def failures(self) -> int:
        """How many statements of the table do not fit its counts."""
        held = [one.holds for one in self.identities] + [one.holds for one in self.printed]
        return [*held, *(one.holds for one in self.table.changes)].count(False)


def reconcile(table: Table) -> Reconciliation:
    """Form every rate the counts allow, and hold the table's sums and printed rates against them."""
    return Reconciliation(
        table=table,
        rates=tuple(dict.fromkeys(_rates(table))),
        identities=tuple(_identities(table)),
        printed=tuple(_printed(table)),
    )


def denominators(numerator: int, printed: str) -> Range:
    """The whole numbers d for which 100 × numerator / d, rounded half up to the printed digits, is what is printed."""
    half = Fraction(1, 2 * 10 ** digits_of(printed))
    low, high = Fraction(printed) - half, Fraction(printed) + half
    first = floor(100 * numerator / high) + 1
    if low > 0:
        return Range(first, floor(100 * numerator / low))
    return Range(first, None)


def digits_of(printed: str) -> int:
    """How many digits stand behind the point."""
    return len(printed.partition(".")[2])


def _rates(table: Table) -> Iterator[Rate]:
    for part, wholes in RATES.items():
        for whole in wholes:
            if table.given(part, whole) and table.counts[whole]:
                yield Rate(table.term(part), table.term(whole))
    for one in table.sums:
        if one.total.value:
            yield from (Rate(part, one.total) for part in one.parts)


def _identities(table: Table) -> Iterator[Identity]:
    """The sums we know where the table does not split the same total further, its own sums, and the wholes."""
    own = [(one.total.name, {part.name for part in one.parts}) for one in table.sums]
    for total, parts in SUMS:
        finer = any(total == name and parts_given.issuperset(parts) for name, parts_given in own)
        if table.given(total, *parts) and not finer:
            yield Identity(table.term(total), tuple(table.term(part) for part in parts))
    for one in table.sums:
        yield Identity(one.total, one.parts)
    for part, whole in WITHIN:
        if table.given(part, whole):
            yield Identity(table.term(whole), (table.term(part),), within=True)


def _printed(table: Table) -> Iterator[Printed]:
    counts = [table.term(count) for count in table.counts]
    every = [*counts, *(one.total for one in table.sums), *(one.added for one in table.sums)]
    for count, printed in table.rates.items():
        wholes = tuple(table.term(whole) for whole in RATES[count] if table.given(whole))
        yield _one(table.term(count), printed, wholes, every)
    for one in table.sums:
        parts = {part.name: part for part in one.parts}
        for name, printed in one.shares.items():
            yield _one(parts[name], printed, (one.total,), every)


def _one(part: Term, printed: str, wholes: tuple[Term, ...], every: list[Term]) -> Printed:
    others = dict.fromkeys(term for term in every if term not in (*wholes, part))
    return Printed(part, printed, wholes, tuple(others))
