"""The week page's figures at 100,000 orders, beside the plainest SQL that gives the three city rates.

Then what the page reads beside them: the weeks before, and where routing goes wrong.

Run: python -m bench.week [ORDERS]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

from sqlalchemy import text

from bench.city import bench_city, fill
from hotline.base.db import db
from hotline.base.time import utc_now, week_of
from hotline.policy import queries as policies
from hotline.report.board import trends
from hotline.report.overview import overview
from hotline.report.routing import routing

ROUNDS = 9
PLAIN = """
SELECT
  (SELECT count(*) FILTER (WHERE outcome = 'answered') FROM call WHERE queued_at >= :start AND queued_at < :end),
  (SELECT count(*) FILTER (WHERE ended_at <= due_at) FROM deadline
   WHERE clock = 'handle' AND due_at >= :start AND due_at < :end),
  (SELECT count(*) FILTER (WHERE satisfaction IN ('satisfied', 'basically')) FROM evaluation
   WHERE coalesce(ended_at, asked_at) >= :start AND coalesce(ended_at, asked_at) < :end)
"""


def milliseconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    work()
    db.session.rollback()
    return (time.perf_counter() - started) * 1000


def main() -> None:
    """Measure and print."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with bench_city() as (app, _), app.app_context():
        fill(orders)
        now = utc_now()
        calendar = policies.calendar_now()
        period = week_of(calendar.city_day(now), calendar.zone).before()
        bounds = {"start": period.start, "end": period.end}
        pairs = [
            (
                milliseconds(lambda: overview(period, now)),
                milliseconds(lambda: db.session.execute(text(PLAIN), bounds).all()),
            )
            for _ in range(ROUNDS)
        ]
        report = overview(period, now)
        before, routed = (
            statistics.median(milliseconds(lambda: work(report)) for _ in range(ROUNDS))  # noqa: B023 # called at once
            for work in (trends, routing)
        )
    ours, theirs = (statistics.median(side) for side in zip(*pairs[1:], strict=True))
    print(f"{orders} orders over 90 days, last week: whole report {ours:.0f} ms   three plain counts {theirs:.0f} ms")
    print(f"beside it, the page's lines of weeks {before:.0f} ms   routing by week {routed:.0f} ms")


if __name__ == "__main__":
    main()
