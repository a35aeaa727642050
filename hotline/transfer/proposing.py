"""From corrections to proposals: words that would have filed orders right, rows that would have sent them right. Pure.

A proposal says what speaks for it: how many corrected orders, of how many orders with the same word or at the same
place. A person decides; nothing is learned silently.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hotline.transfer.catalogue import Assignment

WORDS_A_CATEGORY = 5
CLEAR = 0.6  # the share of the orders with a word, or of a matter at a place, that must agree
LENGTHS = range(2, 9)  # characters of a keyword
WEIGHT = 10.0  # the weight of a word that stands in orders of one category only


@dataclass(frozen=True, slots=True)
class Lesson:
    """A dispatched order, as it was first taken and as it ended up.

    suggested: the category the classifier had named. category, unit: what people settled on. first: the lead unit
    the suggestion had named; empty where it had none. ruled: an accepted return
    or a ruling on a dispute settled the unit.
    """

    id: int
    number: str
    title: str
    text: str
    suggested: str
    category: str
    district: str
    first: str
    unit: str
    ruled: bool
    received_at: datetime

    @property
    def corrected(self) -> bool:
        """Whether a person filed it elsewhere than the classifier had."""
        return self.suggested != self.category

    @property
    def rerouted(self) -> bool:
        """Whether it ended with another unit than the catalogue had named, though its category was right."""
        return not self.corrected and bool(self.first) and self.first != self.unit


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is proposed, and the orders behind it.

    key: the proposal in one string. body: its fields, and under ``of`` how many orders could have spoken for it.
    """

    kind: str
    key: str
    body: Mapping[str, Any]
    orders: tuple[int, ...] = field(default=())


def propose_keywords(
    lessons: Sequence[Lesson],
    words_of: Callable[[str], set[str]],
    known: Callable[[str, str], bool],
    least: int,
) -> list[Proposed]:
    """Words that stand in at least so many orders filed anew, and in few of other categories.

    words_of: the words of a text. known: whether a word already speaks for a category.
    """
    filed: dict[str, Counter[str]] = defaultdict(Counter)
    corrected: dict[tuple[str, str], list[int]] = defaultdict(list)
    for lesson in lessons:
        for word in words_of(f"{lesson.title}\n{lesson.text}"):
            if len(word) in LENGTHS:
                filed[word][lesson.category] += 1
                if lesson.corrected:
                    corrected[lesson.category, word].append(lesson.id)
    found: dict[str, list[Proposed]] = defaultdict(list)
    for (category, word), orders in corrected.items():
        among = filed[word].total()
        share = filed[word][category] / among
        if len(orders) >= least and share >= CLEAR and not known(word, category):
            body = {"keyword": word, "category": category, "weight": round(WEIGHT * share, 1), "of": among}
            found[category].append(Proposed("keyword", f"keyword:{category}:{word}", body, tuple(orders)))
    best = (sorted(rows, key=_telling, reverse=True)[:WORDS_A_CATEGORY] for rows in found.values())
    return [row for rows in best for row in rows]


def _telling(one: Proposed) -> tuple[float, int, str]:
    """What most corrected orders have comes first, of those the longer word: it says more."""
    return len(one.orders) * one.body["weight"], len(one.body["keyword"]), one.key


def propose_rows(
    lessons: Iterable[Lesson],
    assign: Callable[[str, str], Assignment | None],
    least: int,
) -> list[Proposed]:
    """Catalogue rows for matters that ended with another unit than the catalogue names, at least so many times.

    A ruling (an accepted return, a dispute decided) is a precedent: one is enough.
    assign: who the catalogue says leads a category in a district now.
    """
    cells: dict[tuple[str, str], list[Lesson]] = defaultdict(list)
    for lesson in lessons:
        if lesson.district:
            cells[lesson.category, lesson.district].append(lesson)
    found = []
    for (category, district), here in sorted(cells.items()):
        rerouted = [lesson for lesson in here if lesson.rerouted]
        if not rerouted:
            continue
        unit, times = Counter(lesson.unit for lesson in rerouted).most_common(1)[0]
        there = sum(lesson.unit == unit for lesson in here)
        behind = [lesson for lesson in rerouted if lesson.unit == unit]
        enough = times >= least or any(lesson.ruled for lesson in behind)
        now = assign(category, district)
        if not enough or there / len(here) < CLEAR or (now is not None and now.lead == unit):
            continue
        body = {
            "category": category,
            "district": district,
            "lead": unit,
            "before": now.lead if now else "",
            "ruled": [lesson.number for lesson in behind if lesson.ruled],
            "of": len(here),
        }
        key = f"catalogue:{category}:{district}:{unit}"
        found.append(Proposed("catalogue", key, body, tuple(lesson.id for lesson in behind)))
    return found
