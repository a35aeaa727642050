"""What runs by the clock, beside the outbox. Any worker runs it; two at once do it once.

Each thing is done in one transaction, under a lock of the database that another worker does not wait for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from hotline.base.db import db
from hotline.base.work import unit_of_work
from hotline.handle.supervision import escalate_overdue
from hotline.handle.triggers import sweep_orders
from hotline.ledgers.sheets import produce_sheets
from hotline.notices.warnings import sweep
from hotline.orders.recompute import follow_calendar
from hotline.report.triggers import sweep_units
from hotline.transfer.proposals import propose

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Periodic:
    """Something to be done again and again, safe to do once too often."""

    name: str
    every: timedelta
    run: Callable[[datetime], object]


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# The calendar first: what it moves is not warned of by the old due time.
PERIODIC = (
    Periodic("calendar", MINUTE, follow_calendar),
    Periodic("warnings", MINUTE, sweep),
    Periodic("escalation", MINUTE, escalate_overdue),
    Periodic("order triggers", 5 * MINUTE, sweep_orders),
    Periodic("unit triggers", HOUR, sweep_units),
    Periodic("proposals", DAY, propose),
    Periodic("ledgers", HOUR, produce_sheets),
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
