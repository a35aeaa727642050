"""Suggestions per second on one core: raw text to ranked categories, place, units and reasons.

The reference is jieba cutting the same texts, which is the least a word-based classifier would have to do.
Run: python -m bench.suggestions
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable

import jieba

from bench.city import bench_city
from config.settings import HERE
from hotline.base.files import read_csv
from hotline.transfer.suggestion import suggest

ROUNDS = 5


def rate(work: Callable[[str, str], object], texts: Iterable[tuple[str, str]]) -> float:
    """Texts per second."""
    pairs = list(texts)
    started = time.perf_counter()
    for title, text in pairs:
        work(title, text)
    return len(pairs) / (time.perf_counter() - started)


def main() -> None:
    """Measure and print."""
    texts = [(row["title"], row["text"]) for row in read_csv(HERE / "sample" / "texts.csv")]
    median_length = statistics.median(len(title) + len(text) for title, text in texts)
    jieba.initialize()
    with bench_city() as (app, _), app.app_context():
        suggest(*texts[0])
        pairs = [
            (rate(suggest, texts), rate(lambda title, text: jieba.lcut(title + text), texts)) for _ in range(ROUNDS)
        ]
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"{len(texts)} texts, median {median_length:.0f} characters")
    print(f"suggestions {ours:.0f}/s   jieba.lcut {theirs:.0f}/s   ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
