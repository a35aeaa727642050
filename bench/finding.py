"""How long the list of orders takes with 1,000,000 of them: plain, by common and rare words, by filters, for a unit.

Run: python -m bench.finding [ORDERS]
"""

from __future__ import annotations

import sys
import time
from typing import Any

from bench.city import bench_city, fill
from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.orders.finding import filter_of, found_page, hits, near
from hotline.orders.schemas import OrderQuery
from hotline.people.actors import Actor
from hotline.people.roles import Role

CASES: dict[str, dict[str, Any]] = {
    "all": {},
    "page 20": {"page": 20},
    "common word": {"q": "bench"},
    "rare word": {"q": "77777"},
    "common and rare": {"q": "bench 77777"},
    "no such word": {"q": "bench nowhere"},
    "state, district, unit": {"q": "bench", "state": "closed", "district": "d03", "unit": "bus"},
    "overdue": {"late": "1"},
    "urgent": {"urgent": "1"},
    "end of a number": {"q": "7777"},
}
ROUNDS = 5


def main() -> None:
    """Fill a city and measure the lists."""
    with bench_city() as (app, _), app.app_context():
        fill(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
        actors = {
            "center": Actor(Role.MANAGER, "bench"),
            "unit": Actor(Role.HANDLER, "bench", units=frozenset({"bus"})),
        }
        for who, actor in actors.items():
            for name, given in CASES.items():
                found, best = min((_once(actor, given) for _ in range(ROUNDS)), key=lambda one: one[1])
                sys.stdout.write(f"{who:<8}{name:<24}{found:>6}{best * 1000:>8.0f} ms\n")


def _once(actor: Actor, given: dict[str, Any]) -> tuple[int, float]:
    asked, start = OrderQuery().load(given), time.perf_counter()
    page = found_page(actor, filter_of(asked), asked["q"], utc_now(), asked["page"])
    hits(page.rows, asked["q"], actor)
    if not page.total:
        near(actor, filter_of(asked), asked["q"])
    taken = time.perf_counter() - start
    db.session.rollback()
    return page.total, taken


if __name__ == "__main__":
    main()
