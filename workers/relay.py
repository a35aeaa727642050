"""The relay: takes what the outbox holds and gets it done, once, whatever dies on the way.

Without Redis the relay runs each job itself. With Redis it hands the delivery's id to RQ and any RQ worker
runs it. Either way ``deliver`` runs the job and marks it done in one transaction, under a lock on the row:
a delivery handed out twice is done once, and one lost with Redis is handed out again after ``LOST_AFTER``.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from workers.app import worker_app
from workers.jobs import JOBS

if TYPE_CHECKING:
    from rq import Queue

log = logging.getLogger(__name__)

BATCH = 100
LOST_AFTER = timedelta(minutes=2)  # a delivery handed to Redis and not done by then is handed out again
ENOUGH_IN_QUEUE = 1000
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)


def deliver(delivery_id: int, now: datetime) -> bool:
    """Run one delivery's job and mark it done; False where it is done already or somebody else is at it.

    A failure is written to the row, which is due again after a growing pause.
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
            row.done_at, row.error = now, None
            row.attempts += 1
    except Exception as failed:  # noqa: BLE001 # any failure is kept and tried again; a job must not stop the relay
        log.warning("delivery %s failed: %s", delivery_id, type(failed).__name__)
        _note_failure(delivery_id, failed, now)
        return False
    return True


def _note_failure(delivery_id: int, failed: Exception, now: datetime) -> None:
    with unit_of_work():
        row = db.session.get_one(Delivery, delivery_id, with_for_update=True)
        row.attempts += 1
        row.error = f"{type(failed).__name__}: {failed}"[:2000]
        row.due_at = now + min(FIRST_RETRY * 2 ** min(row.attempts - 1, 20), LONGEST_RETRY)


def relay(now: datetime, queue: Queue | None = None) -> int:
    """Do, or hand to ``queue``, up to BATCH deliveries that are due; return how many there were."""
    if queue is not None and queue.count >= ENOUGH_IN_QUEUE:
        return 0  # RQ is behind, or nobody works: what waits here is safe and is handed out later
    due = db.session.scalars(
        select(Delivery.id)
        .where(Delivery.done_at.is_(None), Delivery.due_at <= now)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(BATCH)
    ).all()
    db.session.rollback()  # the look ends here; each delivery has its own transaction
    if queue is None:
        for delivery_id in due:
            deliver(delivery_id, now)
    elif due:
        _hand_out(list(due), queue, now)
    return len(due)


def _hand_out(due: list[int], queue: Queue, now: datetime) -> None:
    # Pushed back first: should the enqueue fail, they are due again soon; should it succeed, nobody repeats it now.
    with unit_of_work():
        db.session.execute(update(Delivery).where(Delivery.id.in_(due)).values(due_at=now + LOST_AFTER))
    for delivery_id in due:
        queue.enqueue("workers.relay.run_in_worker", delivery_id)


def run_in_worker(delivery_id: int) -> None:
    """What an RQ worker runs: one delivery, inside the app."""
    with worker_app().app_context():
        deliver(delivery_id, utc_now())
