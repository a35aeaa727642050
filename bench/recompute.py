"""Open deadlines that follow a new calendar: 100,000 open orders, 200,000 running clocks.

The reference is one UPDATE of the same rows, the least that writing down a new calendar costs.
Run: python -m bench.recompute [ORDERS]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import select, text

from bench.city import bench_city, fill
from hotline.base.db import db
from hotline.base.time import DAY, utc_now
from hotline.base.work import unit_of_work
from hotline.orders.recompute import follow_calendar
from hotline.policy.models import CalendarVersion
from hotline.policy.operations import adopt_calendar

ROUNDS = 3
# Open orders as they are in the middle of a week: most plain, some extended, some paused.
_OPEN = (
    """
    INSERT INTO deadline (order_id, clock, unit_code, round, amount, unit, row, basis, calendar_id, started_at, due_at,
      original_due_at, provisional)
    SELECT order_id, 'contact', unit_code, 1, 24, 'natural_hours', 'contact', 'bench', calendar_id, started_at,
      started_at + interval '24 hours', started_at + interval '24 hours', false
    FROM deadline WHERE clock = 'handle' AND ended_at IS NULL
    """,
    """
    UPDATE deadline SET extended = jsonb_build_array(jsonb_build_array(3, 'working_days', started_at))
    WHERE clock = 'handle' AND ended_at IS NULL AND order_id % 10 = 0
    """,
    """
    UPDATE deadline SET paused = jsonb_build_array(jsonb_build_array(
      started_at + interval '1 day', started_at + interval '4 days', 'supplement'))
    WHERE clock = 'handle' AND ended_at IS NULL AND order_id % 20 = 1
    """,
)
PLAIN = "UPDATE deadline SET calendar_id = calendar_id, due_at = due_at + interval '1 second' WHERE ended_at IS NULL"


def seconds(work: Callable[[], Any]) -> float:
    """How long one transaction takes, its commit included."""
    started = time.perf_counter()
    with unit_of_work():
        work()
    return time.perf_counter() - started


def new_calendar(*, holiday: bool) -> None:
    """Put a calendar in force in which tomorrow or, on a weekend, the next Monday is a holiday or is not."""
    newest = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(1)).one()
    now = utc_now()
    day = now.date() + DAY
    while day.weekday() >= 5:
        day += DAY
    city = [[day.isoformat(), "holiday", "台风"]] if holiday else []
    document = {**newest.document, "city": city}
    adopt_calendar(document, newest.zone, newest.published_until, newest.source, now)


def vacuumed() -> None:
    """Clean up as the server does between two calendars."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE deadline"))


def main() -> None:
    """Measure and print."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with bench_city() as (app, _), app.app_context():
        fill(orders, days=7)
        with unit_of_work():
            for statement in _OPEN:
                db.session.execute(text(statement))
        new_calendar(holiday=False)
        follow_calendar(utc_now())  # the bulk orders get their right due times
        db.session.commit()
        clocks = db.session.scalar(text("SELECT count(*) FROM deadline WHERE ended_at IS NULL"))
        pairs, moved = [], 0
        for turn in range(ROUNDS):
            vacuumed()
            with unit_of_work():
                new_calendar(holiday=turn % 2 == 0)
            ours = seconds(lambda: follow_calendar(utc_now()))
            moved = db.session.scalar(
                text("SELECT count(*) FROM deadline_move WHERE to_calendar = (SELECT max(id) FROM calendar_version)")
            )
            vacuumed()
            idle = seconds(lambda: follow_calendar(utc_now()))
            pairs.append((ours, idle, seconds(lambda: db.session.execute(text(PLAIN)))))
            with unit_of_work():
                back = PLAIN.replace("+ interval", "- interval")
                db.session.execute(text(back))
    ours, idle, plain = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"{orders} open orders, {clocks} running clocks, {moved} moved")
    print(f"follow the calendar {ours:.2f} s   one plain UPDATE {plain:.2f} s   nothing to do {idle * 1000:.1f} ms")


if __name__ == "__main__":
    main()
