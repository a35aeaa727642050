"""The relay: takes what the outbox holds and gets it done, once, whatever dies on the way.

Without Redis the relay runs each job itself. With Redis it hands the delivery's id to RQ and any RQ worker
runs it. Either way ``deliver`` runs the job and marks it done in one transaction, under a lock on the row:
a delivery handed out twice is done once, and one lost with Redis is handed out again after ``lost_after``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import Select, select, update

from hotline.base.db import db
from hotline.base.outbox import Delivery, Later, Queue, Undelivered
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from workers.app import worker_app
from workers.jobs import JOBS, LONGEST_RUN

if TYPE_CHECKING:
    import rq

log = logging.getLogger(__name__)

BATCH = 100
ENOUGH_IN_QUEUE = 1000
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)  # reached after some ten failures; nothing is ever given up
KEEP_FAILED = 3600  # seconds RQ keeps a job that broke off; the delivery itself is in the outbox


def deliver(delivery_id: int, now: datetime) -> bool:
    """Run one delivery's job and mark it done; False where it is done already or somebody else is at it.

    A failure is written to the row, which is due again after a growing pause; one that was not tried is not counted.
    """
    try:
        with unit_of_work():
            row = db.session.scalar(
                select(Delivery)
                .where(Delivery.id == delivery_id, Delivery.done_at.is_(None))
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return False
            JOBS[row.job](row.delivery_id, row.arguments, now)
            row.tried_at, row.done_at, row.error = now, now, None
            row.attempts += 1
    except Later as rests:
        with unit_of_work():
            row = db.session.get_one(Delivery, delivery_id, with_for_update=True)
            row.due_at, row.error = rests.until, str(rests)
        return False
    except Exception as failed:  # noqa: BLE001 # any failure is kept and tried again; a job must not stop the relay
        log.warning("delivery %s failed: %s", delivery_id, type(failed).__name__)
        _note_failure(delivery_id, failed, now)
        return False
    return True


def _note_failure(delivery_id: int, failed: Exception, now: datetime) -> None:
    reason = str(failed) if isinstance(failed, Undelivered) else f"{type(failed).__name__}: {failed}"
    with unit_of_work():
        row = db.session.get_one(Delivery, delivery_id, with_for_update=True)
        row.attempts += 1
        row.tried_at, row.error = now, reason[:2000]
        row.due_at = now + min(FIRST_RETRY * 2 ** min(row.attempts - 1, 20), LONGEST_RETRY)


def relay(now: datetime, queues: Mapping[Queue, rq.Queue] | None = None) -> int:
    """Do, or hand to RQ's ``queues``, up to BATCH deliveries that are due, urgent ones first; return how many."""
    done = 0
    for name in Queue:
        if queues is None:
            done += _do(name, now, BATCH - done)
        elif queues[name].count < ENOUGH_IN_QUEUE:  # else RQ is behind, or nobody works: what waits here is safe
            done += _hand_out(name, queues[name], now, BATCH - done)
    return done


def _due(name: Queue, now: datetime, limit: int) -> Select[int]:
    waiting = Delivery.done_at.is_(None), Delivery.queue == name, Delivery.due_at <= now
    return select(Delivery.id).where(*waiting).order_by(Delivery.due_at, Delivery.id).limit(limit)


def _do(name: Queue, now: datetime, limit: int) -> int:
    due = db.session.scalars(_due(name, now, limit)).all()
    db.session.rollback()  # the look ends here; each delivery has its own transaction
    for delivery_id in due:
        deliver(delivery_id, now)
    return len(due)


def _hand_out(name: Queue, queue: rq.Queue, now: datetime, limit: int) -> int:
    # Pushed back first: should the enqueue fail, they are due again soon; should it succeed, nobody repeats it now.
    # Another relay takes others: what this one has locked it skips.
    due = _due(name, now, limit).with_for_update(skip_locked=True).cte("due")
    later = now + timedelta(seconds=current_app.config["SETTINGS"].lost_after)
    with unit_of_work():
        claim = update(Delivery).where(Delivery.id.in_(select(due.c.id))).values(due_at=later)
        claimed = db.session.scalars(claim.returning(Delivery.id)).all()
    for delivery_id in sorted(claimed):
        queue.enqueue(
            "workers.relay.run_in_worker",
            delivery_id,
            job_timeout=LONGEST_RUN if name is Queue.REPORTS else None,
            result_ttl=0,
            failure_ttl=KEEP_FAILED,
        )
    return len(claimed)


def run_in_worker(delivery_id: int) -> None:
    """What an RQ worker runs: one delivery, inside the app."""
    with worker_app().app_context():
        deliver(delivery_id, utc_now())
