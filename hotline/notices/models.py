"""Tables of notices."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, Key
from hotline.orders.models import Event


class Notice(Base):
    """One thing a unit or a role is told in the app. ``delivery_id`` makes a repeated delivery appear once."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_unit", "unit_code", "id"),
        Index("ix_notice_role", "role", "id"),
        Index("ix_notice_unread_unit", "unit_code", "id", postgresql_where=text("read_at IS NULL")),
        Index("ix_notice_unread_role", "role", "id", postgresql_where=text("read_at IS NULL")),
    )

    id: Mapped[Key]
    delivery_id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    role: Mapped[str | None] = mapped_column(String(20))
    event_id: Mapped[int] = mapped_column(ForeignKey("order_event.id"))
    created_at: Mapped[Instant]
    read_at: Mapped[Instant | None]
    event: Mapped[Event] = relationship()
