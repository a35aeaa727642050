"""How well a model classifies: the figures of ``hotline routing evaluate``. Pure."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hotline.transfer.classifier import Classifier, Floats

BINS = 10
COVERED = 0.9


@dataclass(frozen=True, slots=True)
class PerClass:
    """Precision, recall, F1 and the number of texts of one category."""

    precision: float
    recall: float
    f1: float
    texts: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of a model over labelled texts.

    macro_f1: the mean of the categories' F1. micro_f1: F1 over all decisions; with one label a text it equals
    accuracy. top2, top3: how often the right category is among the first two or three. ece: expected calibration
    error over ten equal bins of the likeliest category's probability. precision_at_90: accuracy over the 90 % of texts
    the model is surest of. texts_per_second: from raw text to all probabilities, one process. confusions: right
    category, given category, times; the most frequent first.
    """

    texts: int
    macro_f1: float
    micro_f1: float
    accuracy: float
    top2: float
    top3: float
    ece: float
    precision_at_90: float
    texts_per_second: float
    per_class: dict[str, PerClass]
    confusions: list[tuple[str, str, int]]


def evaluate(classifier: Classifier, titles: Sequence[str], texts: Sequence[str], labels: Sequence[str]) -> Evaluation:
    """Classify the texts and compare with their labels. A label the model does not know counts as missed."""
    began = time.perf_counter()
    probabilities = classifier.probabilities(titles, texts)
    seconds = time.perf_counter() - began
    return figures(classifier.categories, probabilities, labels, len(texts) / seconds if seconds else 0.0)


def figures(
    categories: Sequence[str], probabilities: Floats, labels: Sequence[str], texts_per_second: float
) -> Evaluation:
    """The figures of given probabilities."""
    names = list(dict.fromkeys([*categories, *labels]))
    numbers = {name: number for number, name in enumerate(names)}
    right = np.array([numbers[label] for label in labels])
    order = np.argsort(-probabilities, axis=1, kind="stable")
    given, surest = order[:, 0], probabilities.max(axis=1)
    hit = given == right
    wanted = sorted(set(labels))
    per_class = {name: _per_class(given == numbers[name], right == numbers[name]) for name in wanted}
    mistakes = Counter((names[r], names[g]) for r, g in zip(right[~hit], given[~hit], strict=True))
    accuracy = float(hit.mean())
    covered = np.argsort(-surest, kind="stable")[: max(1, round(COVERED * len(labels)))]
    return Evaluation(
        texts=len(labels),
        macro_f1=_round(float(np.mean([row.f1 for row in per_class.values()]))),
        micro_f1=_round(accuracy),
        accuracy=_round(accuracy),
        top2=_round(_within(order, right, 2)),
        top3=_round(_within(order, right, 3)),
        ece=_round(calibration_error(surest, hit)),
        precision_at_90=_round(float(hit[covered].mean())),
        texts_per_second=round(texts_per_second, 1),
        per_class=per_class,
        confusions=[(r, g, times) for (r, g), times in mistakes.most_common()],
    )


def calibration_error(said: Floats, hit: NDArray[np.bool_]) -> float:
    """The mean distance between what was said and how often it was right, over equal bins, by their texts."""
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    inside = (bins == number for number in range(BINS))
    return float(sum(abs(said[rows].mean() - hit[rows].mean()) * rows.mean() for rows in inside if rows.any()))


def _within(order: NDArray[np.int64], right: NDArray[np.int64], first: int) -> float:
    return float((order[:, :first] == right[:, None]).any(axis=1).mean())


def _per_class(given: NDArray[np.bool_], right: NDArray[np.bool_]) -> PerClass:
    both, said, there = int((given & right).sum()), int(given.sum()), int(right.sum())
    precision, recall = both / said if said else 0.0, both / there if there else 0.0
    f1 = 2 * both / (said + there) if said + there else 0.0
    return PerClass(_round(precision), _round(recall), _round(f1), there)


def _round(value: float) -> float:
    return round(value, 4)
