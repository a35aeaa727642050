"""Tables of handling: what citizens said of replies, whom somebody calls, what triggers found, what units appeal against."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, Json, Key, one_of, text_enum
from hotline.base.i18n import mark, name_members
from hotline.orders.models import Category, Event, Order
from hotline.people.models import Unit
from hotline.policy.appeals import Ground, Scope


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


class CallClaim(Base):
    """Whom somebody at the callback desk has before them: until then nobody else is offered this citizen."""

    __tablename__ = "call_claim"

    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    until: Mapped[Instant]


class ReplyTemplate(Base):
    """One revision of a text replies begin with (答复模板). Revisions share a code; the newest counts, while it is active.

    unit_code: whose it is; None for the whole city's. category_code: the matter it is for; None for any.
    In the text 【…】 is a place to fill: by the order where its name is known (see ``filled``), else by the writer.
    """

    __tablename__ = "reply_template"
    __table_args__ = (UniqueConstraint("code", "revision"), Index("ix_reply_template_unit", "unit_code"))

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    category_code: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    title: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=sql("true"))
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[Instant]

    unit: Mapped[Unit | None] = relationship()
    category: Mapped[Category | None] = relationship()


class Alarm(Base):
    """A trigger of the policy that fired: once for what it is about (subject) and each period.

    rule: the trigger's name in the policy version ``policy_id``. unit_code: whose it is; None for a place or a day.
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
        Index("ix_alarm_open", "fired_at", "unit_code", postgresql_where=sql("handled_at IS NULL")),
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


class EvaluationAudit(Base):
    """An answer in the sample that is audited; what was found, once it has been.

    agrees: the citizen says what was recorded. solved, satisfaction: what they really say, where that differs.
    """

    __tablename__ = "evaluation_audit"
    __table_args__ = (
        CheckConstraint("(audited_at IS NULL) = (agrees IS NULL)", name="audited_found_something"),
        CheckConstraint("(agrees IS FALSE) = (solved IS NOT NULL)", name="differing_says_solved"),
        CheckConstraint("(agrees IS FALSE) = (satisfaction IS NOT NULL)", name="differing_says_satisfaction"),
        Index("ix_evaluation_audit_waiting", "evaluation_id", postgresql_where=sql("audited_at IS NULL")),
        Index("ix_evaluation_audit_audited_at", "audited_at"),
    )

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"), primary_key=True)
    audited_at: Mapped[Instant | None]
    audited_by: Mapped[str] = mapped_column(String(60), server_default=sql("''"))
    agrees: Mapped[bool | None]
    solved: Mapped[bool | None]
    satisfaction: Mapped[str | None] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text, server_default=sql("''"))
    evaluation: Mapped[Evaluation] = relationship()


class Appealed(StrEnum):
    """Where an appeal stands."""

    NEW = "new"
    REVIEWED = "reviewed"
    COUNTED = "counted"
    NOT_COUNTED = "not_counted"


name_members(
    {
        Appealed.NEW: mark("First review"),
        Appealed.REVIEWED: mark("Second review"),
        Appealed.COUNTED: mark("It counts"),
        Appealed.NOT_COUNTED: mark("It does not count"),
    }
)

NOT_COUNTED = "state = 'not_counted'"


class Appeal(Base):
    """A unit's appeal (考核申诉) that something should not count in its assessment; once for each thing.

    scope, round: what it is about, the order's handle clock (round 1) or the citizen's answer of a round.
    unit_code: whose clock or reply it is. ``made`` and, once there, ``review`` and ``decision`` are the steps in the
    order's log: who, when, why, with which evidence stands there and cannot be changed.
    settled_at: since when it counts, or does not count, for good.
    """

    __tablename__ = "appeal"
    __table_args__ = (
        one_of("scope", Scope),
        one_of("ground", Ground),
        one_of("state", Appealed),
        UniqueConstraint("order_id", "scope", "round"),
        CheckConstraint("(state IN ('counted', 'not_counted')) = (settled_at IS NOT NULL)", name="settled_has_instant"),
        CheckConstraint("(state = 'new') = (review_id IS NULL)", name="reviewed_has_review"),
        CheckConstraint("decision_id IS NOT NULL OR state <> 'not_counted'", name="not_counted_needs_two"),
        CheckConstraint("review_id <> decision_id", name="reviewed_twice"),
        Index("ix_appeal_state", "state", "id"),
        Index("ix_appeal_not_counted", "scope", "settled_at", "order_id", postgresql_where=sql(NOT_COUNTED)),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    scope: Mapped[Scope] = mapped_column(text_enum(Scope))
    round: Mapped[int]
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    ground: Mapped[Ground] = mapped_column(text_enum(Ground))
    state: Mapped[Appealed] = mapped_column(text_enum(Appealed))
    made_id: Mapped[int] = mapped_column(ForeignKey("order_event.id"))
    review_id: Mapped[int | None] = mapped_column(ForeignKey("order_event.id"))
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("order_event.id"))
    settled_at: Mapped[Instant | None]
    order: Mapped[Order] = relationship()
    made: Mapped[Event] = relationship(foreign_keys=made_id)
    review: Mapped[Event | None] = relationship(foreign_keys=review_id)
    decision: Mapped[Event | None] = relationship(foreign_keys=decision_id)
