"""The classifier: weighted keywords found in one scan of the text, category by category, with the reasons. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import ahocorasick

TITLE_COUNTS = 2.0  # a word in the title says more than one in the text
SMOOTHING = 4.0  # evidence nobody has: keeps a single weak word from looking certain


@dataclass(frozen=True, slots=True)
class Hit:
    """A keyword found: what it weighs for the category and where it stands (``title`` or ``text``)."""

    keyword: str
    weight: float
    field: str
    start: int


@dataclass(frozen=True, slots=True)
class Ranked:
    """A category the text may belong to, with its share of all evidence (0 to 1) and the keywords behind it."""

    category: str
    score: float
    confidence: float
    hits: tuple[Hit, ...]


class Classifier:
    """Ranks categories by the weights of the keywords a text contains.

    Each keyword counts once per text, in the title if it stands there; a keyword inside a longer one of the
    same category does not count beside it.
    """

    def __init__(self, keywords: Iterable[tuple[str, str, float]]) -> None:
        """Take rows of keyword, category code, weight."""
        weights: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for keyword, category, weight in keywords:
            weights[keyword].append((category, weight))
        self._automaton = ahocorasick.Automaton()
        for keyword, rows in weights.items():
            self._automaton.add_word(keyword, (keyword, rows))
        if weights:
            self._automaton.make_automaton()
        self._empty = not weights

    def classify(self, title: str, text: str, limit: int = 5) -> list[Ranked]:
        """The likeliest categories, best first; empty where no keyword is found."""
        if self._empty:
            return []
        hits: dict[str, dict[str, Hit]] = defaultdict(dict)
        for field, content, factor in (("title", title, TITLE_COUNTS), ("text", text, 1.0)):
            for end, (keyword, rows) in self._automaton.iter(content):
                for category, weight in rows:
                    hits[category].setdefault(keyword, Hit(keyword, weight * factor, field, end - len(keyword) + 1))
        ranked = [_rank(category, found) for category, found in hits.items()]
        total = sum(row.score for row in ranked) + SMOOTHING
        ranked.sort(key=lambda row: (-row.score, row.category))
        return [Ranked(row.category, row.score, round(row.score / total, 4), row.hits) for row in ranked[:limit]]


def _rank(category: str, found: dict[str, Hit]) -> Ranked:
    kept = [hit for hit in found.values() if not any(hit.keyword != other and hit.keyword in other for other in found)]
    kept.sort(key=lambda hit: (-hit.weight, hit.keyword))
    # Squared: one telling word outweighs several hints that sum to as much.
    return Ranked(category, sum(hit.weight**1.5 for hit in kept), 0.0, tuple(kept))
