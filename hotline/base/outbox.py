"""The outbox: what must still be done because of a committed change.

A row is written in the transaction of the change itself, so that neither can exist without the other.
It names a job and the ids it needs, never data. The relay in ``workers`` takes rows up after the commit.
``delivery_id`` is what a receiver recognises a repeat by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, String, Text, Uuid, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Json, Key, db, one_of, text_enum


class Queue(StrEnum):
    """Where something waits to be done, in the order workers look: what nobody waits for comes last."""

    URGENT = "urgent"
    DEFAULT = "default"
    REPORTS = "reports"


class Undelivered(Exception):
    """A delivery that did not arrive, and why, without a word of what was to be delivered.

    words: marked for translation. detail: a status or the name of an error, shown in brackets.
    """

    def __init__(self, words: str, detail: object = "") -> None:
        super().__init__(f"{words} ({detail})" if detail else words)


class Unreachable(Undelivered):
    """Nobody answers where it was to go: what else is to go there need not be tried just now."""


class Later(Exception):
    """A delivery that was not tried, and is to be at ``until``; the message, marked for translation, says why."""

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class Delivery(Base):
    """One thing to be done once, after the change that caused it is committed.

    due_at: when it is tried next. tried_at, error: when it failed last, and why.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        one_of("queue", Queue),
        Index("ix_outbox_waiting", "queue", "due_at", "id", postgresql_where=text("done_at IS NULL")),
    )

    id: Mapped[Key]
    delivery_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    job: Mapped[str] = mapped_column(String(60))
    queue: Mapped[Queue] = mapped_column(text_enum(Queue), server_default=text("'default'"))
    arguments: Mapped[Json]
    created_at: Mapped[Instant]
    due_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None] = mapped_column(Text)
    tried_at: Mapped[Instant | None]
    done_at: Mapped[Instant | None]


def leave(
    job: str, now: datetime, *, due_at: datetime | None = None, queue: Queue = Queue.DEFAULT, **arguments: Any
) -> Delivery:
    """Leave a job to be run after the commit, at ``due_at`` or at once. Arguments are ids only."""
    delivery = Delivery(
        delivery_id=uuid4(),
        job=job,
        queue=queue,
        arguments=arguments,
        created_at=now,
        due_at=due_at or now,
        attempts=0,
    )
    db.session.add(delivery)
    return delivery


def leave_once(job: str, now: datetime, queue: Queue, deliveries: Iterable[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Leave deliveries under ids and with arguments the caller names; one that was left before is not left again."""
    common = {"job": job, "queue": queue, "created_at": now, "due_at": now, "attempts": 0}
    rows = [{**common, "delivery_id": delivery_id, "arguments": dict(given)} for delivery_id, given in deliveries]
    if rows:
        db.session.execute(insert(Delivery).on_conflict_do_nothing(index_elements=["delivery_id"]), rows)
