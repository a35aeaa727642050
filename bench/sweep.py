"""The sweep of warnings over 100,000 open deadlines of which 200 have just run out, on a working morning.

The reference is one SELECT of the 200, the least that finding them costs.
Run: python -m bench.sweep [DEADLINES] [DUE]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select, text

from bench.city import bench_city, fill
from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.notices.models import Notice
from hotline.notices.warnings import sweep
from hotline.policy import queries as policies

ROUNDS = 9
# Every 33rd order is overdue for weeks and warned of long ago; the others are due in ten days.
_OPEN = """
UPDATE deadline SET due_at = CAST(:now AS timestamptz) + CASE WHEN order_id % 33 = 0 THEN interval '-40 days'
  ELSE interval '10 days' END WHERE ended_at IS NULL
"""
_DUE = """
UPDATE deadline SET due_at = CAST(:now AS timestamptz) - interval '1 minute'
WHERE id IN (SELECT id FROM deadline WHERE ended_at IS NULL AND due_at > :now ORDER BY id LIMIT :due)
"""
PLAIN = """
SELECT id, unit_code FROM deadline
WHERE clock = 'handle' AND ended_at IS NULL AND due_at BETWEEN CAST(:now AS timestamptz) - interval '2 minutes' AND :now
"""


def milliseconds(work: Callable[[], object]) -> float:
    """How long one call takes; what it did is undone."""
    started = time.perf_counter()
    work()
    took = time.perf_counter() - started
    db.session.rollback()
    return took * 1000


def working_morning(days: int) -> datetime:
    """Ten in the morning of a working day, so many of them after today."""
    calendar = policies.calendar_now()
    today = calendar.city_day(utc_now())
    return calendar.instant(calendar.nth(calendar.rank(today) + days), timedelta(hours=10))


def prepare(now: datetime, due: int) -> None:
    """Old warnings given the working day before, then some deadlines just over."""
    with unit_of_work():
        db.session.execute(text(_OPEN), {"now": now})
        sweep(working_morning(1))
        db.session.execute(text(_DUE), {"now": now, "due": due})
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def main() -> None:
    """Measure and print."""
    deadlines, due = (int(sys.argv[n]) if len(sys.argv) > n else usual for n, usual in ((1, 100_000), (2, 200)))
    with bench_city() as (app, _), app.app_context():
        fill(deadlines, days=7)
        now = working_morning(2)
        prepare(now, due)
        digests = select(func.count()).select_from(Notice).where(Notice.created_at == now)
        told = sweep(now), db.session.scalar(digests)
        db.session.rollback()
        gives = [milliseconds(lambda: sweep(now)) for _ in range(ROUNDS)]
        plain = [milliseconds(lambda: db.session.execute(text(PLAIN), {"now": now}).all()) for _ in range(ROUNDS)]
        with unit_of_work():
            sweep(now)
        idle = [milliseconds(lambda: sweep(now + timedelta(minutes=1))) for _ in range(ROUNDS)]
    print(f"{deadlines} open deadlines: {told[0]} warned of in {told[1]} digests")
    ours, nothing, theirs = (statistics.median(times) for times in (gives, idle, plain))
    print(f"sweep {ours:.0f} ms   nothing to give {nothing:.0f} ms   one plain SELECT {theirs:.1f} ms")


if __name__ == "__main__":
    main()
