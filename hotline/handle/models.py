"""Tables of handling: what the citizen said of a reply, and what a trigger found."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, Json, Key
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


class Alarm(Base):
    """A trigger of the policy that fired: once for what it is about (subject) and each period.

    rule: the trigger's name in the policy version ``policy_id``. unit_code: whose it is; None for a place.
    order_id: the order, where it is about one. facts: what was counted, and "orders", the numbers behind it.
    handled_at, handled_by, note: what was done, which settles it. held_on, whom: an interview (约谈) that was held.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("rule", "subject", "period"),
        CheckConstraint(
            "(handled_at IS NULL) = (handled_by IS NULL) AND (handled_at IS NULL) = (note IS NULL)",
            name="settled_says_what",
        ),
        CheckConstraint("(held_on IS NULL) = (whom IS NULL)", name="held_says_whom"),
        CheckConstraint("held_on IS NULL OR handled_at IS NOT NULL", name="held_is_settled"),
        Index("ix_alarm_open", "fired_at", "unit_code", postgresql_where=text("handled_at IS NULL")),
        Index("ix_alarm_fired_at", "fired_at"),
    )

    id: Mapped[Key]
    rule: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(160))
    period: Mapped[str] = mapped_column(String(20))
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"))
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"), index=True)
    fired_at: Mapped[Instant]
    facts: Mapped[Json]
    handled_at: Mapped[Instant | None]
    handled_by: Mapped[str | None] = mapped_column(String(60))
    note: Mapped[str | None] = mapped_column(Text)
    held_on: Mapped[date | None]
    whom: Mapped[str | None] = mapped_column(String(200))
    order: Mapped[Order | None] = relationship()
