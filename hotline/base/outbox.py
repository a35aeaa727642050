"""The outbox: what must still be done because of a committed change.

A row is written in the transaction of the change itself, so that neither can exist without the other.
It names a job and the ids it needs, never data. The relay in ``workers`` takes rows up after the commit.
``delivery_id`` is what a receiver recognises a repeat by.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Json, Key, db


class Delivery(Base):
    """One thing to be done once, after the change that caused it is committed."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_waiting", "due_at", "id", postgresql_where=text("done_at IS NULL")),)

    id: Mapped[Key]
    delivery_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    job: Mapped[str] = mapped_column(String(60))
    arguments: Mapped[Json]
    created_at: Mapped[Instant]
    due_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[Instant | None]


def leave(job: str, now: datetime, *, due_at: datetime | None = None, **arguments: Any) -> Delivery:
    """Leave a job to be run after the commit, at ``due_at`` or at once. Arguments are ids only."""
    delivery = Delivery(
        delivery_id=uuid4(), job=job, arguments=arguments, created_at=now, due_at=due_at or now, attempts=0
    )
    db.session.add(delivery)
    return delivery
