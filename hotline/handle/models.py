"""Tables of handling: what the citizen said of a reply."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, Key
from hotline.orders.models import Order


class Evaluation(Base):
    """One asking of the citizen: opened by a unit's reply, ended by an answer or by giving up.

    solved and satisfaction are kept apart. ``reached`` is False where nobody could be reached: that is
    unknown, never satisfied. ``unit_code`` is the unit whose reply it is about. ``by`` says who recorded it:
    callback staff or the citizen's own link.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("order_id", "round"),
        Index("ix_evaluation_asked_at", "asked_at"),
        CheckConstraint("(reached IS NULL) = (ended_at IS NULL)", name="ended_says_reached"),
        CheckConstraint("reached IS TRUE OR (solved IS NULL AND satisfaction IS NULL)", name="unreached_is_unknown"),
        CheckConstraint(
            "reached IS NOT TRUE OR (solved IS NOT NULL AND satisfaction IS NOT NULL)", name="reached_answered"
        ),
        CheckConstraint("by IN ('callback', 'citizen')", name="by_known"),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    round: Mapped[int]
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    asked_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]
    reached: Mapped[bool | None]
    solved: Mapped[bool | None]
    satisfaction: Mapped[str | None] = mapped_column(String(40))
    by: Mapped[str | None] = mapped_column(String(20))
    order: Mapped[Order] = relationship()


# The instant an evaluation counts on: when it ended, or while it waits, when it was asked.
COUNTS_ON = func.coalesce(Evaluation.ended_at, Evaluation.asked_at)
Index("ix_evaluation_counts_on", COUNTS_ON)
