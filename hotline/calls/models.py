"""Tables of the phone."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, Key, one_of, text_enum
from hotline.calls.records import CallOutcome
from hotline.orders.models import Order

__all__ = ["Call", "CallOutcome", "LiveCall"]


class Call(Base):
    """One call in the queue. ``source`` and ``call_id`` (the telephone system's own id) say which: it comes in once.

    wait: seconds in the queue until the answer or the end.
    """

    __tablename__ = "call"
    __table_args__ = (
        one_of("outcome", CallOutcome),
        UniqueConstraint("source", "call_id"),
        CheckConstraint(
            "(outcome IN ('answered', 'talking')) = (answered_at IS NOT NULL)", name="answered_has_instant"
        ),
        CheckConstraint("wait >= 0", name="wait_not_negative"),
        Index("ix_call_queued_at", "queued_at"),
        Index("ix_call_phone", "phone", "queued_at"),
    )

    id: Mapped[Key]
    source: Mapped[str] = mapped_column(String(40))
    call_id: Mapped[str] = mapped_column(String(100))
    queue: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str] = mapped_column(String(30), server_default=text("''"))
    agent: Mapped[str] = mapped_column(String(60), server_default=text("''"))
    outcome: Mapped[CallOutcome] = mapped_column(text_enum(CallOutcome))
    queued_at: Mapped[Instant]
    answered_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    wait: Mapped[float] = mapped_column(Float)
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))


class LiveCall(Base):
    """A call as the telephone system tells of it while it rings and is spoken, for the desk of the agent it is at.

    It is forgotten some hours later; ``Call``, by the same source and id, is the record. rang_at: when it began to ring
    at this agent (``user_id``); none as long as no ringing was told of. settled_at: when an order (``order_id``) came of it, or
    the agent said that none will.
    """

    __tablename__ = "live_call"
    __table_args__ = (
        UniqueConstraint("source", "call_id"),
        CheckConstraint("answered_at >= rang_at", name="answered_after_ringing"),
        CheckConstraint("ended_at >= rang_at", name="ended_after_ringing"),
        CheckConstraint("order_id IS NULL OR settled_at IS NOT NULL", name="an_order_settles_it"),
        Index("ix_live_call_user", "user_id", "queued_at"),
        Index("ix_live_call_queued_at", "queued_at"),
    )

    id: Mapped[Key]
    source: Mapped[str] = mapped_column(String(40))
    call_id: Mapped[str] = mapped_column(String(100))
    queue: Mapped[str] = mapped_column(String(60), server_default=text("''"))
    phone: Mapped[str] = mapped_column(String(30), server_default=text("''"))
    agent: Mapped[str] = mapped_column(String(60), server_default=text("''"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    queued_at: Mapped[Instant]
    rang_at: Mapped[Instant | None]
    answered_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    settled_at: Mapped[Instant | None]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    order: Mapped[Order | None] = relationship()
