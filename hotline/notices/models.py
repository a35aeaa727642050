"""Tables of notices."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, Key, one_of, text_enum
from hotline.base.i18n import mark, name_members
from hotline.orders.models import Deadline, Event
from hotline.people.models import Unit
from hotline.people.roles import Role
from hotline.policy.document import WarningKind


class Notice(Base):
    """One thing a unit or a role is told in the app. ``delivery_id`` makes a repeated delivery appear once.

    Without an event it is a digest of the warnings given at ``created_at``.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_unit", "unit_code", "id"),
        Index("ix_notice_role", "role", "id"),
        Index("ix_notice_event", "event_id", postgresql_where=text("event_id IS NOT NULL")),
        Index("ix_notice_unread_unit", "unit_code", "id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notice_unread_role", "role", "id", postgresql_where=text("read_at IS NULL")),
    )

    id: Mapped[Key]
    delivery_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    role: Mapped[str | None] = mapped_column(String(20))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("order_event.id"))
    created_at: Mapped[Instant]
    read_at: Mapped[Instant | None]
    event: Mapped[Event | None] = relationship()


class GivenWarning(Base):
    """A warning that was given: once for each due time a deadline has had, to each unit that has had the order.

    unit_code: that unit. to_center: the center's supervisors were told, too. All warnings
    of one sweep have the same ``given_at``.
    """

    __tablename__ = "deadline_warning"
    __table_args__ = (
        one_of("kind", WarningKind),
        UniqueConstraint("deadline_id", "kind", "due_at", "unit_code"),
        Index("ix_deadline_warning_given_at", "given_at", "unit_code"),
    )

    id: Mapped[Key]
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    kind: Mapped[WarningKind] = mapped_column(text_enum(WarningKind))
    due_at: Mapped[Instant]
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    to_center: Mapped[bool]
    given_at: Mapped[Instant]
    deadline: Mapped[Deadline] = relationship()


class Medium(StrEnum):
    """How something is told outside the app."""

    WEBHOOK = "webhook"
    MAIL = "mail"
    SMS = "sms"


name_members({Medium.WEBHOOK: mark("Webhook"), Medium.MAIL: mark("Mail"), Medium.SMS: mark("Text message")})

WARNINGS = "warnings"  # among the actions of a subscription: digests of deadline warnings
REPORTS = "reports"  # likewise: the periodic reports


class Subscription(Base):
    """Somebody who is told outside the app what a unit (with all below it) or a role is told in it.

    Without either it is one of the center's own systems and is told of every step. ``actions`` narrows it down;
    empty means all. ``secret`` signs what goes to a webhook.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        one_of("medium", Medium),
        one_of("role", Role),
        CheckConstraint("unit_code IS NULL OR role IS NULL", name="one_audience"),
        CheckConstraint("(medium = 'webhook') = (secret <> '')", name="webhook_has_secret"),
    )

    id: Mapped[Key]
    medium: Mapped[Medium] = mapped_column(text_enum(Medium))
    target: Mapped[str] = mapped_column(String(500))
    secret: Mapped[str] = mapped_column(String(64), server_default=text("''"))
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    role: Mapped[Role | None] = mapped_column(text_enum(Role))
    actions: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Instant]
    created_by: Mapped[str] = mapped_column(String(60))
    unit: Mapped[Unit | None] = relationship()
