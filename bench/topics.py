"""Hot topics of a file against topics collected by hand: best-match F1, time and memory.

Run: python -m bench.topics MESSAGES.csv TOPICS.json

MESSAGES has the columns msg_id, time, title, detail; TOPICS gives each topic its msg_ids. For each topic the best F1
over all clusters found, averaged; thresholds were chosen on the even half of the topics, in the order of their names.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from hotline.report.topics.clustering import Topic, cluster
from hotline.report.topics.files import read_orders, sample_texts

COLUMNS = {"id": "msg_id", "time": "time", "title": "title", "detail": "detail"}


def best_match(topic: Collection[int], found: Iterable[Collection[int]]) -> float:
    """The best F1 of a topic over the clusters found."""
    return max((2 * len(set(topic) & set(one)) / (len(topic) + len(one)) for one in found), default=0.0)


def mixed(topics: Mapping[str, Collection[int]], found: Iterable[Topic]) -> list[tuple[str, list[str]]]:
    """Clusters that hold orders of several topics, with the topics."""
    held = [(one.label, sorted(name for name, ids in topics.items() if set(ids) & set(one.ids))) for one in found]
    return [(label, names) for label, names in held if len(names) > 1]


def main() -> None:
    """Measure and print."""
    messages, gold = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    started = time.perf_counter()
    orders, _ = read_orders(messages, COLUMNS)
    found = cluster(orders, sample_texts())
    taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    scores = {name: best_match(ids, [one.ids for one in found]) for name, ids in gold.items()}
    for name, score in sorted(scores.items(), key=lambda pair: pair[1]):
        print(f"  {score:.3f}  {len(gold[name]):>3}  {name}")
    halves = [[scores[name] for name in sorted(gold)[half::2]] for half in (0, 1)]
    chosen, other = (sum(half) / len(half) for half in halves)
    print(f"F1 {sum(scores.values()) / len(scores):.3f}; chosen on {chosen:.3f}, the other half {other:.3f}")
    print(f"{len(found)} clusters of two or more; clusters with several topics: {mixed(gold, found)}")
    print(f"{len(orders)} orders in {taken:.1f} s, at most {peak:.0f} MB")


if __name__ == "__main__":
    main()
