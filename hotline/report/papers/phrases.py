"""The figures of a report as its sentences and tables write them: counts, rates, changes. Pure."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from hotline.base.i18n import LABELS, mark
from hotline.base.time import Period
from hotline.report.figures import Figure, percent, rounded
from hotline.report.papers.paper import Number, Part, Said

NONE = Number("–")
HUNDRED = 100


def word(member: StrEnum) -> Said:
    """What an enum member is called, in whichever language it is read."""
    return Said(LABELS[type(member), member.value])


def count(number: int, **behind: str) -> Number:
    """A count with what opens its rows."""
    return Number(f"{number:,}", number, behind if behind and number else None)


def amount(number: Decimal) -> Number:
    """A sum of weights: 2.7."""
    return Number(f"{number.normalize():,f}", float(number))


def rate(share: Fraction | None) -> Number:
    """A rate: 98.41%."""
    return NONE if share is None else Number(f"{percent(share)}%", float(share))


def points(change: Fraction | None) -> Number:
    """A change in percentage points, of a table: +1.20."""
    return NONE if change is None else Number(_signed(change), float(change))


def growth(now: int, then: int) -> Number:
    """How much a count has grown, of a table: +12.50%; nothing where there was nothing."""
    if not then:
        return NONE
    grown = Fraction(now - then, then)
    return Number(f"{_signed(grown * HUNDRED)}%", float(grown))


def _signed(change: Fraction) -> str:
    return f"{rounded(change):+}" if change else f"{rounded(change)}"


def change_of(now: Figure, then: Figure) -> Fraction | None:
    """Percentage points gained; None where either has no rate."""
    if now.rate is None or then.rate is None:
        return None
    return (now.rate - then.rate) * HUNDRED


def grown(now: int, then: int) -> Said:
    """How much a count has grown, in words."""
    if not then:
        return Said(mark("with nothing to compare"))
    if now == then:
        return Said(mark("unchanged"))
    by = Number(f"{rounded(abs(Fraction(now - then, then)) * HUNDRED)}%")
    return Said(mark("up %(by)s") if now > then else mark("down %(by)s"), {"by": by})


def moved(change: Fraction | None) -> Said:
    """How a rate has moved, in words."""
    if change is None:
        return Said(mark("with nothing to compare"))
    if not change:
        return Said(mark("unchanged"))
    by = Number(f"{rounded(abs(change))}")
    return Said(mark("up %(by)s points") if change > 0 else mark("down %(by)s points"), {"by": by})


def in_period(period: Period) -> dict[str, str]:
    """What says that the rows of a number are those of another period than the report's."""
    return {"first": period.first.isoformat(), "last": period.last.isoformat()}


def listed(parts: list[Part], between: str = mark("%(first)s, %(next)s")) -> Part:
    """Parts in a row, with what stands between two."""
    if not parts:
        return None
    whole = parts[0]
    for part in parts[1:]:
        whole = Said(between, {"first": whole, "next": part})
    return whole
