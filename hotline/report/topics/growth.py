"""Whether a topic grows: the citizens of a window against the windows of the same length before it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BASELINE = 8  # windows before, which say what is usual
LEAST = 3  # citizens in the window, from which a topic can be hot


@dataclass(frozen=True, slots=True)
class Growth:
    """How many citizens tell in a window. usual: the mean of the windows before; None without any."""

    citizens: int
    usual: float | None

    @property
    def excess(self) -> float:
        """How many more than usual."""
        return self.citizens - (self.usual or 0)

    @property
    def hot(self) -> bool:
        """Whether so many citizens, and more than usual, tell of it."""
        return self.citizens >= LEAST and self.excess > 0


def growth(windows: Sequence[int], known: int) -> Growth:
    """Citizens by window, the present one last. known: how many of the windows before it the city has records of."""
    before = windows[-1 - min(known, len(windows) - 1) : -1]
    return Growth(windows[-1], sum(before) / len(before) if before else None)


# The box of a sparkline, in the units of its viewBox.
WIDTH, HEIGHT, EDGE = 96, 22, 2


def sparkline(counts: Sequence[int]) -> str:
    """Counts as the points of a polyline."""
    step = (WIDTH - 2 * EDGE) / max(1, len(counts) - 1)
    top = max((*counts, 1))
    heights = (HEIGHT - EDGE - count / top * (HEIGHT - 2 * EDGE) for count in counts)
    return " ".join(f"{EDGE + at * step:.1f},{height:.1f}" for at, height in enumerate(heights))
