"""Texts per second on one core: the classifier, beside jieba cutting the same texts and pyahocorasick finding its words.

Without arguments: the model that ships, on the texts it was learned from (246 categories). With a CSV of title, detail
and label: a model learned from these texts, on them. pyahocorasick is needed for its row only.
Run: python -m bench.classifier [TEXTS.csv]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import jieba

from config.settings import HERE
from hotline.base.files import read_csv
from hotline.transfer.classifier import Classifier, Model
from hotline.transfer.model_file import read_model
from hotline.transfer.scan import fold

ROUNDS = 5
SINGLE = 1000  # texts classified one by one

Texts = Sequence[tuple[str, str]]


def rate(work: Callable[[], object], texts: int) -> float:
    """Texts per second."""
    started = time.perf_counter()
    work()
    return texts / (time.perf_counter() - started)


def subject(file: Path | None) -> tuple[Model, Texts]:
    """The model and the texts to be classified."""
    if file is None:
        model = read_model((HERE / "city" / "category_model.json").read_text(encoding="utf-8"))
        return model, [(row["title"], row["text"]) for row in read_csv(HERE / "training" / "texts.csv")]
    from hotline.transfer.training import Labelled, train

    rows = [(row["title"], row["detail"], row["label"]) for row in read_csv(file)]
    titles, texts, labels = zip(*rows, strict=True)
    return train(Labelled(titles, texts, labels), ""), list(zip(titles, texts, strict=True))


def finder(words: Sequence[str], texts: Sequence[str]) -> Callable[[], object] | None:
    """Finding the words with pyahocorasick; None where it is not installed."""
    try:
        import ahocorasick
    except ImportError:
        return None
    automaton = ahocorasick.Automaton()
    for place, word in enumerate(words):
        automaton.add_word(word, place)
    automaton.make_automaton()
    return lambda: [list(automaton.iter(fold(text))) for text in texts]


def main() -> None:
    """Measure and print."""
    model, pairs = subject(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    classifier, joined = Classifier(model), [f"{title}\n{text}" for title, text in pairs]
    titles, texts = zip(*pairs, strict=True)
    jieba.initialize()
    work: dict[str, Callable[[], object] | None] = {
        "classifier": lambda: classifier.probabilities(titles, texts),
        "jieba.lcut": lambda: [jieba.lcut(text) for text in joined],
        "pyahocorasick": finder(classifier.words, joined),
    }
    rates = {name: statistics.median(rate(one, len(pairs)) for _ in range(ROUNDS)) for name, one in work.items() if one}
    length = statistics.median(map(len, joined))
    print(f"{len(pairs)} texts, median {length:.0f} characters; {len(model.categories)} categories")
    for name in work:
        if name not in rates:
            print(f"{name:<14}is not installed: pip install pyahocorasick")
        elif name == "classifier":
            print(f"{name:<14}{rates[name]:>8.0f}/s   from raw text to all probabilities")
        else:
            print(
                f"{name:<14}{rates[name]:>8.0f}/s   the classifier is {rates['classifier'] / rates[name]:.1f} times as fast"
            )
    some = pairs[:SINGLE]
    one = rate(lambda: [classifier.classify(*pair, reasons=False) for pair in some], len(some))
    print(f"{'one by one':<14}{one:>8.0f}/s   {1000 / one:.2f} ms a text, without reasons")


if __name__ == "__main__":
    main()
