"""Tables of policy: versions are added, never changed, so that an order can keep the one it was accepted under."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Json, Key


class PolicyVersion(Base):
    """One version of the city's policy, in force from an instant until a later one takes over."""

    __tablename__ = "policy_version"
    __table_args__ = (Index("ix_policy_version_effective_from", "effective_from"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    effective_from: Mapped[Instant]
    document: Mapped[Json]
    created_at: Mapped[Instant]


class CalendarVersion(Base):
    """One version of the city's working calendar; the newest is the one in force."""

    __tablename__ = "calendar_version"

    id: Mapped[Key]
    zone: Mapped[str] = mapped_column(String(60))
    published_until: Mapped[date]
    document: Mapped[Json]
    source: Mapped[str] = mapped_column(String(400))
    created_at: Mapped[Instant]
