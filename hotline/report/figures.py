"""What comes of counting: figures, their rates, and how they compare with the week before. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import sqrt
from typing import NamedTuple

ZERO = Decimal(0)
Z95 = 1.96  # two-sided 95 %


class Figure(NamedTuple):
    """One measure, counted. Figures add up: the city's is the sum of its units' (pooled, not a mean of rates).

    numerator: counted rows that count for something (weight above 0).
    denominator: counted rows.
    not_due, excluded: rows beside the rate, shown with it.
    weighted: sum of the counted rows' weights; equals numerator where weights are 0 and 1.
    weighted_excluded: sum of the excluded rows' weights.
    """

    numerator: int = 0
    denominator: int = 0
    not_due: int = 0
    excluded: int = 0
    weighted: Decimal = ZERO
    weighted_excluded: Decimal = ZERO

    def __add__(self, other: Figure) -> Figure:  # type: ignore[override]  # figures add up, they are not put in a row
        return pooled((self, other))

    @property
    def total(self) -> int:
        """All rows: the buckets add up to it."""
        return self.denominator + self.not_due + self.excluded

    @property
    def rate(self) -> Fraction | None:
        """Exact share from 0 to 1 without the excluded; None where nothing is counted."""
        return _share(self.weighted, self.denominator)

    @property
    def raw_rate(self) -> Fraction | None:
        """Exact share from 0 to 1 with the excluded counted too; None where there is neither."""
        return _share(self.weighted + self.weighted_excluded, self.denominator + self.excluded)


@dataclass(frozen=True, slots=True)
class Cell:
    """One measure in one week, beside the week before. small: too few counted for a ranking."""

    figure: Figure
    before: Figure
    small: bool

    @property
    def change(self) -> Fraction | None:
        """Percentage points gained on the week before; None where either week has no rate."""
        if self.figure.rate is None or self.before.rate is None:
            return None
        return (self.figure.rate - self.before.rate) * 100


NOTHING = Figure()


def pooled(figures: Iterable[Figure]) -> Figure:
    """The figure of all together: sums over sums."""
    sums = [sum(column) for column in zip(*figures, strict=True)]
    return Figure(*sums) if sums else NOTHING


def compared(figure: Figure, before: Figure, minimum_n: int) -> Cell:
    """A figure beside the week before's. minimum_n: counted rows below which it is not ranked."""
    return Cell(figure, before, small=figure.denominator < minimum_n)


def missed_beyond(figure: Figure, rate: Fraction) -> Fraction:
    """How many more were missed than there would have been at a rate; negative where fewer were."""
    return figure.denominator * rate - Fraction(figure.weighted)


def interval(figure: Figure) -> tuple[float, float] | None:
    """Where the true rate lies with 95 % confidence, from 0 to 1 (Wilson 1927); None where nothing is counted."""
    if figure.rate is None:
        return None
    rate, count = float(figure.rate), figure.denominator
    spread = Z95 * sqrt(rate * (1 - rate) / count + Z95**2 / (4 * count**2))
    middle, scale = rate + Z95**2 / (2 * count), 1 + Z95**2 / count
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def is_beyond_chance(cell: Cell) -> bool:
    """Whether neither of two rates lies within where the other may truly be (95 %)."""
    here, there = interval(cell.figure), interval(cell.before)
    if here is None or there is None or cell.figure.rate is None or cell.before.rate is None:
        return False
    outside = not here[0] <= float(cell.before.rate) <= here[1]
    return outside and not there[0] <= float(cell.figure.rate) <= there[1]


def rounded(value: Fraction, digits: int = 2) -> Decimal:
    """A value rounded for showing, halves away from zero, from the exact value in one step."""
    part, whole_of = abs(value.numerator) * 10**digits, value.denominator
    whole = (2 * part + whole_of) // (2 * whole_of)
    return Decimal(-whole if value < 0 else whole).scaleb(-digits)


def percent(share: Fraction | None, digits: int = 2) -> Decimal | None:
    """A share as a percentage for showing: 98.78. None stays None."""
    return None if share is None else rounded(share, digits + 2).scaleb(2)


@lru_cache(10_000)  # a page asks for each of its rates several times
def _share(part: Decimal, whole: int) -> Fraction | None:
    return Fraction(part) / whole if whole else None
