"""Drawings of the week as numbers a template writes into SVG: bars with their interval, a stacked bar, lines. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Generic, TypeVar

from hotline.report.figures import Figure, interval

K = TypeVar("K")
READABLE = 9  # a part of a stacked bar this wide, in percent, has room for its own label

# The box a line is drawn in, in the units of its viewBox.
WIDTH, HEIGHT = 340, 112
LEFT, RIGHT, TOP, BOTTOM = 34, 58, 12, 22
LABEL_BELOW = 20  # a point this near the top has its label below


@dataclass(frozen=True, slots=True)
class Bar:
    """A rate as a bar, with the interval its true value lies in (95 %), all in percent of the width."""

    rate: float
    low: float
    high: float


def bar(figure: Figure) -> Bar | None:
    """A figure as a bar with its Wilson interval; None where nothing is counted."""
    found = interval(figure)
    if figure.rate is None or found is None:
        return None
    return Bar(_percent(float(figure.rate)), *map(_percent, found))


@dataclass(frozen=True, slots=True)
class Part(Generic[K]):
    """A part of a stacked bar, in percent of its width."""

    key: K
    count: int
    start: float
    width: float

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return round(self.start + self.width / 2, 3)

    @property
    def readable(self) -> bool:
        """Whether a label fits in."""
        return self.width >= READABLE


def stacked(counts: Mapping[K, int]) -> list[Part[K]]:
    """Counts as the parts of one bar."""
    total = sum(counts.values()) or 1
    parts, done = [], 0
    for key, count in counts.items():
        parts.append(Part(key, count, _percent(done / total), _percent(count / total)))
        done += count
    return parts


@dataclass(frozen=True, slots=True)
class Point:
    """A rate of a line: where it stands, and where its label does. ``at``: which of the line's rates it is."""

    at: int
    x: float
    y: float
    label_y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A line over weeks, with another behind it.

    pieces, behind: the points of each unbroken piece, as a polyline has them. A week without a rate breaks the line.
    ticks: heights of the scale's lines with their percentages.
    """

    points: list[Point]
    pieces: list[str]
    behind: list[str]
    ticks: list[tuple[float, int]]


def chart(rates: Sequence[Fraction | None], behind: Sequence[Fraction | None] = ()) -> Chart:
    """A line of rates, its scale cut to what there is: from a round ten below the lowest to 100 %."""
    known = [float(rate) for rate in (*rates, *behind) if rate is not None]
    floor = min(90, int(min(known, default=1) * 10) * 10)
    bottom = floor - 10 if known and min(known) * 100 == floor and floor else floor
    points = _points(rates, bottom)
    ticks = [(_height(Fraction(at, 100), bottom), at) for at in (bottom, (bottom + 100) // 2, 100)]
    return Chart(points, _pieces(points), _pieces(_points(behind, bottom)), ticks)


def _points(rates: Sequence[Fraction | None], bottom: int) -> list[Point]:
    heights = [None if rate is None else _height(rate, bottom) for rate in rates]
    step = (WIDTH - LEFT - RIGHT) / max(1, len(rates) - 1)
    found = []
    for at, y in enumerate(heights):
        if y is not None:
            after = heights[at + 1] if at + 1 < len(heights) else None
            below = y < LABEL_BELOW or (after is not None and after < y)  # a line that climbs leaves room below
            found.append(Point(at, round(LEFT + at * step, 1), y, y + 15 if below else y - 7))
    return found


def _height(rate: Fraction, bottom: int) -> float:
    share = (float(rate) * 100 - bottom) / (100 - bottom)
    return round(TOP + (1 - share) * (HEIGHT - TOP - BOTTOM), 1)


def _pieces(points: Iterable[Point]) -> list[str]:
    """Neighbouring points belong together; a week left out parts them."""
    numbered = enumerate(points)
    runs = groupby(numbered, key=lambda pair: pair[1].at - pair[0])
    return [" ".join(f"{point.x},{point.y}" for _, point in run) for _, run in runs]


def _percent(share: float) -> float:
    return round(share * 100, 3)


# Counts by hour or day: a column each, and a line for what it was before.

FOOT, HEAD, FILLED = 24, 18, 0.68  # room for labels below and above, and how much of its step a column takes


@dataclass(frozen=True, slots=True)
class Column:
    """A column. at: which of the counts it is."""

    at: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Columns:
    """Counts as columns, with those of an earlier time as a line before them, in the units of its viewBox.

    middles: where each count has its label, known or not. peak: which is the highest; None where there is none.
    """

    width: int
    height: int
    columns: list[Column]
    middles: list[float]
    before: str
    peak: int | None

    @property
    def foot(self) -> int:
        """Where the columns stand."""
        return self.height - FOOT


def columns(
    counts: Sequence[int | None], before: Sequence[int | None] = (), width: int = WIDTH, height: int = HEIGHT
) -> Columns:
    """Counts as columns from zero; one that is not known has none."""
    step, foot = width / max(1, len(counts)), height - FOOT
    top = max((one for one in (*counts, *before) if one is not None), default=0) or 1

    def tall(count: int) -> float:
        return round(count / top * (foot - HEAD), 1)

    wide = round(step * FILLED, 1)
    middles = [round((at + 0.5) * step, 1) for at in range(len(counts))]
    drawn = [
        Column(at, round(middles[at] - wide / 2, 1), round(foot - tall(one), 1), wide, tall(one))
        for at, one in enumerate(counts)
        if one is not None
    ]
    line = " ".join(f"{middles[at]},{round(foot - tall(one), 1)}" for at, one in enumerate(before) if one is not None)
    highest = max(((one, -at) for at, one in enumerate(counts) if one), default=None)
    return Columns(width, height, drawn, middles, line, -highest[1] if highest else None)
