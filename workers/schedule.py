"""What runs by the clock, beside the outbox. Any worker runs it; two at once do it once.

Each thing is done in one transaction, under a lock of the database that another worker does not wait for. Without
Redis each worker process goes by a ``Schedule`` of its own; with Redis the process that leads enqueues the same things
by RQ's cron, and any RQ worker runs them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from redis import Redis
from rq.cron import CronScheduler
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from hotline.base.db import db
from hotline.base.outbox import Queue
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.calls.live import forget_calls
from hotline.handle.supervision import escalate_overdue
from hotline.handle.triggers import sweep_orders
from hotline.ledgers.sheets import produce_sheets
from hotline.notices.warnings import sweep
from hotline.orders.recompute import follow_calendar
from hotline.report.papers.operations import plan_reports
from hotline.report.rollup.rolling import roll_up
from hotline.report.topics.assigning import assign_topics
from hotline.report.triggers import sweep_units
from hotline.transfer.proposals import propose
from workers.app import worker_app
from workers.jobs import LONGEST_RUN

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    """Something to be done again and again, safe to do once too often.

    queue: the one of RQ it waits in. What runs every few minutes passes all deliveries by; what takes long lets them pass.
    """

    name: str
    every: timedelta
    run: Callable[[datetime], object]
    queue: Queue = Queue.DEFAULT


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# The calendar first: what it moves is not warned of by the old due time.
PERIODIC = (
    Periodic("calendar", MINUTE, follow_calendar, Queue.URGENT),
    Periodic("warnings", MINUTE, sweep, Queue.URGENT),
    Periodic("escalation", MINUTE, escalate_overdue, Queue.URGENT),
    Periodic("order triggers", 5 * MINUTE, sweep_orders, Queue.URGENT),
    Periodic("rollup", 5 * MINUTE, roll_up, Queue.DEFAULT),
    # Before the triggers, which count the citizens of topics.
    Periodic("topics", 5 * MINUTE, assign_topics, Queue.REPORTS),
    Periodic("unit triggers", HOUR, sweep_units, Queue.REPORTS),
    Periodic("live calls", HOUR, forget_calls),
    Periodic("proposals", DAY, propose, Queue.REPORTS),
    Periodic("ledgers", HOUR, produce_sheets, Queue.REPORTS),
    Periodic("reports", 5 * MINUTE, plan_reports, Queue.REPORTS),
)


class Schedule:
    """When each thing was last tried by this process; at first all are due."""

    def __init__(self, things: Iterable[Periodic] = PERIODIC) -> None:
        self._tried: dict[Periodic, datetime | None] = dict.fromkeys(things)

    def run_due(self, now: datetime) -> None:
        """Do what is due. What fails is tried again when it is due next."""
        for thing, last in self._tried.items():
            if last is None or not last <= now < last + thing.every:  # a clock set back must not stop it
                self._tried[thing] = now
                run(thing, now)


def cron_on(connection: Redis) -> CronScheduler:
    """RQ's cron with the same things, to be asked each turn. What waits is never dropped: run twice, it does nothing."""
    cron = CronScheduler(connection, logging.WARNING)
    for thing in PERIODIC:
        cron.register(
            run_in_worker,
            thing.queue,
            (thing.name,),
            interval=int(thing.every.total_seconds()),
            job_timeout=LONGEST_RUN,
            result_ttl=0,
            failure_ttl=LONGEST_RUN,
            name=thing.name,
        )
    return cron


def run_in_worker(name: str) -> None:
    """What an RQ worker runs: one thing, inside the app."""
    with worker_app().app_context():
        run(next(thing for thing in PERIODIC if thing.name == name), utc_now())


def run(thing: Periodic, now: datetime) -> None:
    """Do one thing, unless another worker is at it."""
    try:
        with unit_of_work():
            if _locked(thing):
                thing.run(now)
    except OperationalError as away:
        log.warning("%s waits: %s", thing.name, type(away).__name__)
    except Exception as failed:  # noqa: BLE001 # one that fails must not stop the others, nor the relay
        log.warning("%s failed: %s", thing.name, type(failed).__name__)  # its message may hold what people wrote


def _locked(thing: Periodic) -> bool:
    """Take the thing's lock until the transaction ends; False where another worker has it."""
    key = func.hashtextextended(f"schedule {thing.name}", 0)
    return bool(db.session.scalar(select(func.pg_try_advisory_xact_lock(key))))
