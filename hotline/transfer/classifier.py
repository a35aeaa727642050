"""The classifier: weighted keywords found in one scan of the text, category by category, with the reasons. Pure.

A text's score for a category is a sum over the keywords it contains:

* learned keywords: weight × ln(1 + times), a time in the title counting several; the times of all keywords are
  scaled to length one, so that a long text weighs no more than a short one;
* hand-written keywords: weight / 10 each, in the title half as much again, scaled so that they bring the same certainty
  beside whatever was learned; training never changes them.

The scores become probabilities by a softmax and a table of how often it proved right, both learned on texts that were
held back.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hotline.transfer.scan import Found, Ints, Scanner, fold

Floats = NDArray[np.float32]
Keyword = tuple[str, str, float]  # written by hand: the keyword, its category, its weight (1 to 10)

TITLE_COUNTS = 8  # times in the text that a time in the title is worth; chosen by cross-validation, docs/routing.md
HAND_TITLE_COUNTS = 1.5
HAND_WEIGHT = 10.0  # the weight of a hand-written keyword that alone decides
HAND_STEEPNESS = 8.0  # the steepness it is meant for: it brings the same certainty beside whatever was learned
NEGLIGIBLE = 0.005  # a category less likely is not named, unless it is the likeliest
BATCH = 400  # texts whose arrays fit the processor's cache

# What everybody writes says nothing of the matter; what is denied is not what the matter is. A denial needs both
# its ends (不是…的问题, 与…无关): 没有暖气 is the complaint itself. Each alternative starts with its own letters: the
# search then looks at few places.
_CLAUSE = r"[^,，。;；:：!！?？\n]"
_ASKED = r"(?:有关|相关|上级|各级|主管)+(?:政府|职能|主管)*(?:部门|领导|单位)|领导"
SILENT = re.compile(
    "|".join(
        (
            rf"尊敬的{_CLAUSE}{{0,12}}?(?:领导|书记|市长|省长|区长|县长|局长|部长|主任)们?",
            *(rf"{asking}(?:{_ASKED})" for asking in ("希望", "恳请", "恳求", "请求", "请", "望", "盼", "烦请")),
            *("给予解决", "给予答复", "给予回复", "为盼", "此致", "敬礼", "谢谢", "感谢您?"),
            *(rf"{no}{_CLAUSE}{{1,12}}?(?:问题|原因|责任|的事|引起)" for no in ("并非", "不是", "不属于")),
            *(rf"{to}{_CLAUSE}{{1,12}}?(?:无关|没有关系|没关系)" for to in ("与", "跟", "和")),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned.

    bias: the score of each category before anything is read. weights: one row a keyword, one column a category.
    steepness: how fast a lead in score becomes certainty. reliability: rising pairs of what the softmax says of the
    likeliest category and how often that was right. trained, texts: the day, and on how many texts. hand: the
    hand-written keywords it was trained beside.
    """

    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    weights: Floats = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    bias: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    steepness: float = HAND_STEEPNESS
    reliability: tuple[tuple[float, float], ...] = ((0.0, 0.0), (1.0, 1.0))
    trained: str = ""
    texts: int = 0
    hand: tuple[Keyword, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A keyword found, and what it adds to the category's score.

    field, start: where it first stands (``title`` or ``text``). origin: ``hand`` or ``learned``.
    """

    keyword: str
    weight: float
    field: str
    start: int
    origin: str = "hand"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A category the text may belong to, with its score, its probability and the keywords behind it."""

    category: str
    score: float
    confidence: float
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """The learned keywords of some texts: text, keyword and length-scaled count, sorted by text."""

    text: Ints
    word: Ints
    value: Floats


@dataclass(frozen=True, slots=True)
class _Hand:
    keyword: str
    category: int
    weight: float


class Classifier:
    """Ranks categories by the weights of the keywords a text contains."""

    def __init__(self, model: Model | None = None, hand: Iterable[Keyword] | None = None) -> None:
        """Take what was learned, and the hand-written keywords in force: those the model was trained beside, or others."""
        self._model = model or Model()
        rows = list(self._model.hand if hand is None else hand)
        self.categories = tuple(dict.fromkeys([*self._model.categories, *(category for _, category, _ in rows)]))
        numbers = {category: number for number, category in enumerate(self.categories)}
        self._learned = len(self._model.keywords)
        # Folded: a hand-written WiFi and a learned wifi are one word to the scan.
        self.words = tuple(dict.fromkeys([*self._model.keywords, *(fold(keyword) for keyword, _, _ in rows)]))
        places = {word: place for place, word in enumerate(self.words)}
        self._by_hand: Mapping[int, list[_Hand]] = _grouped(
            (places[fold(keyword)], _Hand(keyword, numbers[category], weight * hand_scale(self._model.steepness)))
            for keyword, category, weight in rows
        )
        self._inside = _inside({row.keyword for rows in self._by_hand.values() for row in rows})
        self._scanner = Scanner(self.words, SILENT)
        # Among many categories a keyword speaks for few: only the weights that are there are kept and added up.
        speaks, self._speaks_for = np.nonzero(self._model.weights)
        self._speaks = self._model.weights[speaks, self._speaks_for]
        self._begins = np.searchsorted(speaks, np.arange(self._learned + 1))
        # A category only hand-written keywords speak for starts as low as the least likely of the learned ones.
        least = float(self._model.bias.min()) if len(self._model.bias) else 0.0
        self._bias = np.full(len(self.categories), least, np.float32)
        self._bias[: len(self._model.bias)] = self._model.bias
        self._hand_words = np.zeros(len(self.words), bool)
        self._hand_words[list(self._by_hand)] = True

    def probabilities(self, titles: Sequence[str], texts: Sequence[str]) -> Floats:
        """The probability of each category (columns as in ``categories``) for each text."""
        return calibrated(softmax(self.scores(titles, texts), self._model.steepness), self._model.reliability)

    def scores(self, titles: Sequence[str], texts: Sequence[str]) -> Floats:
        """The score of each category for each text: what the probabilities are made of."""
        batches = (slice(at, at + BATCH) for at in range(0, max(len(texts), 1), BATCH))
        return np.concatenate(
            [self._scores(self._scan(titles[part], texts[part]), len(texts[part])) for part in batches]
        )

    def classify(self, title: str, text: str, limit: int = 5, *, reasons: bool = True) -> list[Ranked]:
        """The likeliest categories, best first; empty where no keyword is found."""
        found = self._scan([title], [text])
        if not len(found.text):
            return []
        scores = self._scores(found, 1)
        shares = calibrated(softmax(scores, self._model.steepness), self._model.reliability)[0]
        order = np.argsort(-shares, kind="stable")[:limit]
        best = [number for place, number in enumerate(order) if place == 0 or shares[number] >= NEGLIGIBLE]
        hits = self._reasons(found, [int(number) for number in best]) if reasons else {}
        return [
            Ranked(
                self.categories[number],
                round(float(scores[0, number]), 4),
                round(float(shares[number]), 4),
                tuple(hits.get(int(number), ())),
            )
            for number in best
        ]

    def count(self, titles: Sequence[str], texts: Sequence[str], *, scaled: bool = True) -> Counted:
        """The learned keywords of the texts, as the scores take them; not scaled: before a text's length is."""
        return self._counted(self._scan(titles, texts), scaled=scaled)

    def _scan(self, titles: Sequence[str], texts: Sequence[str]) -> Found:
        """What stands in which piece: piece 2n is the title of text n, piece 2n + 1 its text."""
        return self._scanner.scan([piece for pair in zip(titles, texts, strict=True) for piece in pair])

    def _counted(self, found: Found, *, scaled: bool = True) -> Counted:
        """Count each learned word of each text once, with its times."""
        piece, word = found.text, found.word
        if len(self.words) > self._learned:
            learned = np.flatnonzero(word < self._learned)
            piece, word = piece[learned], word[learned]
        width = max(self._learned, 1)
        # Text, word and whether it stands in the text in one number: sorting it brings equal words together.
        keys = np.sort(((piece >> 1) * width + word) * 2 + (piece & 1))
        pairs = keys >> 1
        first = np.flatnonzero(np.concatenate(([True], pairs[1:] != pairs[:-1]))) if len(pairs) else pairs
        if not len(first):
            return Counted(first, first, np.zeros(0, np.float32))
        times = np.add.reduceat(TITLE_COUNTS - (keys & 1) * (TITLE_COUNTS - 1), first)
        value = _LOG[np.minimum(times, len(_LOG) - 1)]
        text, word = np.divmod(pairs[first], width)
        if scaled:
            value = value / np.sqrt(np.bincount(text, value * value))[text]
        return Counted(text, word, value.astype(np.float32))

    def _scores(self, found: Found, texts: int) -> Floats:
        counted, width = self._counted(found), len(self.categories)
        begins = self._begins[counted.word]
        many = self._begins[counted.word + 1] - begins
        place = np.arange(many.sum()) + np.repeat(begins - (np.cumsum(many) - many), many)
        cell = np.repeat(counted.text * width, many) + self._speaks_for[place]
        weighed = np.repeat(counted.value, many) * self._speaks[place]
        added = np.bincount(cell, weighed, texts * width).reshape(texts, width)
        scores: Floats = (self._bias + added).astype(np.float32)
        if self._by_hand:
            for text, row, _, _, weight in self._hand_hits(found):
                scores[text, row.category] += weight
        return scores

    def _hand_hits(self, found: Found) -> list[tuple[int, _Hand, str, int, float]]:
        """The hand-written keywords found: text, row, field, start, weight; each once, in the title if it is there.

        A keyword inside a longer one of the same category does not count beside it.
        """
        at = np.flatnonzero(self._hand_words[found.word])
        at = at[np.lexsort((found.start[at], found.text[at]))]
        rows_found = zip(found.text[at].tolist(), found.word[at].tolist(), found.start[at].tolist(), strict=True)
        seen: dict[int, dict[tuple[str, int], tuple[_Hand, str, int, float]]] = defaultdict(dict)
        for piece, place, begin in rows_found:
            where, factor = ("title", HAND_TITLE_COUNTS) if piece % 2 == 0 else ("text", 1.0)
            for row in self._by_hand[place]:
                seen[piece // 2].setdefault((row.keyword, row.category), (row, where, begin, row.weight * factor))
        return [
            (text, *hit)
            for text, rows in seen.items()
            for (keyword, category), hit in rows.items()
            if not any((longer, category) in rows for longer in self._inside.get(keyword, ()))
        ]

    def _reasons(self, found: Found, wanted: Sequence[int]) -> dict[int, list[Hit]]:
        """What speaks for each wanted category in the one text that was read, the weightiest first."""
        hits: dict[int, list[Hit]] = defaultdict(list)
        for _, row, where, start, weight in self._hand_hits(found):
            hits[row.category].append(Hit(row.keyword, round(weight, 4), where, start, "hand"))
        counted = self._counted(found)
        firsts = _firsts(found)
        learned = [category for category in wanted if category < len(self._model.categories)]
        for word, value in zip(counted.word.tolist(), counted.value.tolist(), strict=True):
            piece, start = firsts[word]
            for category in learned:
                weight = float(self._model.weights[word, category]) * value
                if weight > 0:
                    where = "title" if piece == 0 else "text"
                    hits[category].append(Hit(self.words[word], round(weight, 4), where, start, "learned"))
        for rows in hits.values():
            rows.sort(key=lambda hit: (-hit.weight, hit.keyword))
        return hits


def hand_scale(steepness: float) -> float:
    """What a hand-written keyword of weight one adds to the score, beside what was learned with this steepness."""
    return HAND_STEEPNESS / steepness / HAND_WEIGHT


_LOG = np.log1p(np.arange(1024, dtype=np.float64))


def softmax(scores: Floats, steepness: float) -> Floats:
    """Shares that add up to one, the further apart the steeper."""
    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) * steepness)
    found: Floats = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return found


def calibrated(shares: Floats, reliability: Sequence[tuple[float, float]]) -> Floats:
    """Probabilities: the likeliest category's share as it proved right, what is left divided among the others.

    None of the others is made likelier than the likeliest: the order stays.
    """
    rows, top = np.arange(len(shares)), shares.argmax(axis=1)
    said, true = zip(*reliability, strict=True)
    after = np.interp(shares[rows, top], said, true).astype(np.float32)
    others = shares.copy()
    others[rows, top] = 0  # their sum, not one less the likeliest: that would lose the digits of small shares
    scale = (1 - after) / np.maximum(others.sum(axis=1), 1e-30)
    left: Floats = np.minimum(others * scale[:, None], 0.999 * after[:, None]).astype(np.float32)
    left[rows, top] = after
    return left


def _grouped(rows: Iterable[tuple[int, _Hand]]) -> dict[int, list[_Hand]]:
    groups: dict[int, list[_Hand]] = defaultdict(list)
    for place, row in rows:
        groups[place].append(row)
    return groups


def _inside(keywords: set[str]) -> dict[str, list[str]]:
    """The longer keywords that each keyword is a part of."""
    longer: dict[str, list[str]] = defaultdict(list)
    for keyword in keywords:
        parts = {keyword[a:b] for a in range(len(keyword)) for b in range(a + 1, len(keyword) + 1)} - {keyword}
        for part in parts & keywords:
            longer[part].append(keyword)
    return longer


def _firsts(found: Found) -> dict[int, tuple[int, int]]:
    """The piece and position where each word first stands, the title before the text."""
    order = np.lexsort((found.start, found.text))[::-1]
    columns = (found.word[order].tolist(), found.text[order].tolist(), found.start[order].tolist())
    return {word: (piece, start) for word, piece, start in zip(*columns, strict=True)}
