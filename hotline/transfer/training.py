"""Training: from labelled texts to weighted keywords. Needs the extra ``training`` (scikit-learn).

Three linear classifiers are trained on the same keyword counts and their weights are averaged: a support vector
machine, and two on counts scaled by each keyword's log-odds for the category (Wang and Manning 2012, "NB-SVM"), with
and without balancing the categories. The average is one weight a keyword and category, so that every decision is a
sum that can be read. docs/routing.md has what was tried and its figures.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from hotline.base.errors import Invalid
from hotline.transfer.classifier import BATCH, HAND_STEEPNESS, SILENT, Classifier, Floats, Keyword, Model, softmax
from hotline.transfer.scan import fold

KEYWORDS = 20_000  # how many are kept: the most telling ones
RARE = 3  # texts a keyword stands in at least
RARE_IN_FEW = 2  # the same where the categories have few texts each
FEW_TEXTS = 50  # so many texts of a category, on average, are not few
LENGTHS = range(2, 6)  # characters of a keyword
STRENGTH = 0.25  # C of the support vector machines, at least
FEW = 1000  # divided by the number of texts, up to 1: the C where that is more
FOLDS = 5  # parts the texts are held back in, one after the other, to learn the steepness
FAINT = 0.004  # weights smaller than this say nothing
# More categories than this are a city's own, and people read their keywords: only weights that clearly speak for one
# are kept, and no keyword begins or ends with a word that only joins others. That costs .001 to .004 of what is right.
MANY = 50
FAINT_AMONG_MANY = 0.1
JOINING = frozenset(
    "的地得了着过吗呢吧啊呀嘛把被将让给和与及或并而且在于从向对为以由是就也都还又再才只很太更最这那其此之所等们您你我他她它"
)
JOINING |= {"我们", "你们", "他们", "这个", "那个", "一个", "一些", "因为", "所以", "但是", "而且", "如果"}
STEEPNESSES = np.geomspace(1, 20, 40)

Matrix = Any  # scipy's sparse arrays have no types


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts with the category each belongs to."""

    titles: Sequence[str]
    texts: Sequence[str]
    labels: Sequence[str]


def train(
    given: Labelled,
    trained: str,
    hand: Sequence[Keyword] = (),
    keywords: int = KEYWORDS,
    progress: Callable[[str], None] = lambda _: None,
) -> Model:
    """Learn keywords, their weights and the steepness.

    hand: keywords that stand beside whatever is learned; the model keeps them as they are. keywords: how many are kept at most.

    Raises Invalid where the texts are too few to learn anything from.
    """
    if max(Counter(given.labels).values()) < FOLDS:
        raise Invalid.field("label", f"no category has {FOLDS} texts; give more of them")
    progress("looking for keywords")
    table = _Table(given, hand, keywords)
    categories = tuple(sorted(set(given.labels)))
    everything = np.arange(len(given.labels))
    progress("learning weights")
    model = table.fit(everything, categories)
    progress("learning how sure to be")
    steepness, reliability = table.certainty(categories)
    return replace(
        model, steepness=steepness, reliability=reliability, trained=trained, texts=len(given.labels), hand=tuple(hand)
    )


class _Table:
    """The candidates' counts in all texts, made once; models are fitted to any part of the rows."""

    def __init__(self, given: Labelled, hand: Sequence[Keyword], keywords: int) -> None:
        self._given, self._keywords = given, keywords
        self._hand = Classifier(None, hand) if hand else None
        self._labels = np.array(given.labels)
        few = len(given.labels) < FEW_TEXTS * len(set(given.labels))
        self._rare = RARE_IN_FEW if few else RARE
        self._many = len(set(given.labels)) > MANY
        self._words = candidates(given.titles, given.texts, self._rare, JOINING if self._many else frozenset())
        if not self._words:
            raise Invalid.field("text", f"no word stands in {self._rare} of the texts; give more of them")
        nothing = np.zeros((len(self._words), 1), np.float32)
        counting = Classifier(Model(("",), self._words, nothing, nothing[0]))
        self._times = _times(counting, given)

    def fit(self, rows: NDArray[np.int64], categories: tuple[str, ...]) -> Model:
        """Learn from some of the rows."""
        labels = np.searchsorted(np.array(categories), self._labels[rows])
        times = self._times[rows]
        chosen = _telling(times, labels, len(categories), self._rare, self._keywords)
        counts, rarity = _scaled(times[:, chosen])
        counts = counts @ sparse.diags(rarity)
        weights, bias = _average(counts, labels, len(categories))
        weights = weights * rarity[:, None]
        weights[weights < FAINT_AMONG_MANY if self._many else np.abs(weights) < FAINT] = 0
        kept = np.flatnonzero(weights.any(axis=1))
        words = [self._words[place] for place in chosen]
        return Model(
            categories, tuple(words[place] for place in kept), weights[kept].astype(np.float32), bias.astype(np.float32)
        )

    def certainty(self, categories: tuple[str, ...]) -> tuple[float, tuple[tuple[float, float], ...]]:
        """The steepness that makes the categories of held-back texts most likely, and how often that proved right."""
        scores = np.zeros((len(self._labels), len(categories)), np.float32)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        with warnings.catch_warnings():
            if (
                min(Counter(self._given.labels).values()) < FOLDS
            ):  # a category of few texts is missing from some parts; that is no harm
                warnings.simplefilter("ignore", UserWarning)
            for known, held in folds.split(self._labels, self._labels):
                classifier = Classifier(self.fit(known, categories))
                scores[held] = classifier.scores(
                    [self._given.titles[row] for row in held], [self._given.texts[row] for row in held]
                )
        right = np.searchsorted(np.array(categories), self._labels)
        steepness = min(STEEPNESSES, key=lambda steep: _surprise(softmax(scores, float(steep)), right))
        if self._hand is not None:
            scores += _by_hand(self._hand, self._given, categories) * HAND_STEEPNESS / float(steepness)
        said = softmax(scores, float(steepness))
        return float(steepness), _reliability(said, right)


def _by_hand(hand: Classifier, given: Labelled, categories: tuple[str, ...]) -> Floats:
    """What the hand-written keywords add to each category's score."""
    scores = hand.scores(given.titles, given.texts)
    numbers = {category: number for number, category in enumerate(hand.categories)}
    columns = [numbers.get(category, -1) for category in categories]
    found: Floats = np.concatenate((scores, np.zeros((len(scores), 1), np.float32)), axis=1)[:, columns]
    return found


def candidates(
    titles: Iterable[str], texts: Iterable[str], rare: int, joining: frozenset[str] = JOINING
) -> tuple[str, ...]:
    """Words and pairs of words that stand in at least so many texts, by jieba's segmentation.

    joining: words that no keyword begins or ends with.
    """
    import jieba

    jieba.setLogLevel(60)
    seen: Counter[str] = Counter()
    for title, text in zip(titles, texts, strict=True):
        seen.update(_words(SILENT.sub("\n", fold(f"{title}\n{text}")), jieba.lcut, joining))
    return tuple(sorted(word for word, times in seen.items() if times >= rare))


def _words(text: str, cut: Callable[[str], list[str]], joining: frozenset[str]) -> set[str]:
    """The words, and the pairs of words with nothing but joining words between them."""
    words: set[str] = set()
    before = between = ""
    for word in cut(text):
        if word in joining:
            between += word if before else ""
            continue
        if word.isalnum():
            words.update(each for each in (word, before + between + word) if len(each) in LENGTHS)
        before, between = word if word.isalnum() else "", ""
    return {word for word in words if not word.isascii() or word.isalpha()}


def _times(classifier: Classifier, given: Labelled) -> Matrix:
    """ln(1 + times) of each candidate in each text, before it is scaled."""
    blocks = []
    for at in range(0, len(given.texts), BATCH):
        titles, texts = given.titles[at : at + BATCH], given.texts[at : at + BATCH]
        counted = classifier.count(titles, texts, scaled=False)
        shape = (len(texts), len(classifier.words))
        blocks.append(sparse.csr_matrix((counted.value, (counted.text, counted.word)), shape=shape))
    return sparse.vstack(blocks).tocsr()


def _telling(times: Matrix, labels: NDArray[np.int64], categories: int, rare: int, keywords: int) -> NDArray[np.int64]:
    """The candidates whose presence says most about a category (chi-squared), the best for any category counting."""
    present = (times > 0).astype(np.float64)
    total = present.shape[0]
    member = sparse.csr_matrix((np.ones(total), (labels, np.arange(total))), shape=(categories, total))
    both = (member @ present).toarray()
    size, often = np.bincount(labels, minlength=categories)[:, None], both.sum(axis=0)[None, :]
    only_word, only_category = often - both, size - both
    neither = total - size - only_word
    divisor = often * (total - often) * size * (total - size)
    score = total * (both * neither - only_word * only_category) ** 2 / np.maximum(divisor, 1)
    best = score.max(axis=0)
    best[often[0] < rare] = -1
    order = np.argsort(-best, kind="stable")[:keywords]
    return np.sort(order[best[order] > 0])


def _scaled(times: Matrix) -> tuple[Matrix, NDArray[np.float64]]:
    """Rows of length one, and each column's rarity (inverse document frequency)."""
    length = np.sqrt(np.asarray(times.multiply(times).sum(axis=1)).ravel())
    rows = sparse.diags(1 / np.maximum(length, 1e-9)) @ times
    often = np.asarray((times > 0).sum(axis=0)).ravel()
    return rows.tocsr(), (np.log((1 + times.shape[0]) / (1 + often)) + 1) / 4


def _average(counts: Matrix, labels: NDArray[np.int64], categories: int) -> tuple[Any, Any]:
    """The mean weights (keyword × category) and biases of the three classifiers."""
    weights, bias = np.zeros((counts.shape[1], categories)), np.zeros(categories)
    strength = min(1.0, max(STRENGTH, FEW / len(labels)))
    for category in range(categories):
        inside = labels == category
        if not inside.any() or inside.all():
            bias[category] = 1.0 if inside.all() else -1.0
            continue
        odds = _log_odds(counts, inside)
        scaled = counts @ sparse.diags(odds)
        for matrix, factor, balance in ((counts, 1.0, True), (scaled, odds, True), (scaled, odds, False)):
            machine = _machine(matrix, inside, strength, balance=balance)
            weights[:, category] += machine.coef_[0] * factor / 3
            bias[category] += machine.intercept_[0] / 3
    return weights, bias


def _log_odds(counts: Matrix, inside: NDArray[np.bool_]) -> NDArray[np.float64]:
    here = 1 + np.asarray(counts[inside].sum(axis=0)).ravel()
    there = 1 + np.asarray(counts[~inside].sum(axis=0)).ravel()
    return np.asarray(np.log((here / here.sum()) / (there / there.sum())))


def _machine(matrix: Matrix, inside: NDArray[np.bool_], strength: float, *, balance: bool) -> LinearSVC:
    machine = LinearSVC(C=strength, class_weight="balanced" if balance else None, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a weight still moving in its last digit is good enough
        return machine.fit(matrix, inside)


def _reliability(said: Floats, right: NDArray[np.int64]) -> tuple[tuple[float, float], ...]:
    """How often the likeliest category was right, by what was said of it: never falling (isotonic regression).

    Never less than by chance: the likeliest of n categories has at least a share of 1/n.
    """
    curve = IsotonicRegression(y_min=1 / said.shape[1], y_max=1.0).fit(said.max(axis=1), said.argmax(axis=1) == right)
    knots = zip(curve.X_thresholds_.tolist(), curve.y_thresholds_.tolist(), strict=True)
    return tuple((round(x, 6), round(y, 4)) for x, y in knots)


def _surprise(probabilities: Floats, right: NDArray[np.int64]) -> float:
    """Minus the mean log-probability of the right category."""
    return float(-np.mean(np.log(np.maximum(probabilities[np.arange(len(right)), right], 1e-9))))
