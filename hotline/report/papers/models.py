"""Tables of the report: the reports that were made, each kept as it was."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Key, one_of, text_enum
from hotline.base.i18n import mark, name_members
from hotline.base.time import Kind

VERSION_LENGTH = 16


class Stage(StrEnum):
    """Where a report stands."""

    MAKING = "making"
    MADE = "made"
    FAILED = "failed"
    SIGNED = "signed"


name_members(
    {
        Stage.MAKING: mark("Being made"),
        Stage.MADE: mark("Made, to be signed"),
        Stage.FAILED: mark("Failed"),
        Stage.SIGNED: mark("Signed"),
    }
)


class PeriodicReport(Base):
    """A report (日报、周报、月报…): an edition of one period, as it was seen at its cut-off.

    content: the paper (``paper.as_json``), written once; files and pages are drawn from it.
    unit_code, category_code, district_code: what a special report is narrowed to. title: of a special report.
    progress, step: while it is made, in percent, and the section that comes next. error: why making failed last.
    remarks: opening words (编者按) of whoever edits it, until it is signed. A later edition replaces an earlier one.
    """

    __tablename__ = "periodic_report"
    __table_args__ = (
        one_of("kind", Kind),
        one_of("stage", Stage),
        UniqueConstraint("kind", "first", "last", "scope", "edition"),
        CheckConstraint("first <= last", name="days_in_order"),
        CheckConstraint("(stage = 'signed') = (signed_at IS NOT NULL)", name="signed_has_instant"),
        CheckConstraint("(signed_at IS NULL) = (signed_by IS NULL)", name="signed_has_name"),
        CheckConstraint("(stage IN ('made', 'signed')) = (content IS NOT NULL)", name="made_has_content"),
        CheckConstraint("(kind = 'range') = (title <> '')", name="range_has_title"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress_in_percent"),
        Index("ix_periodic_report_last", "last", "id"),
    )

    id: Mapped[Key]
    kind: Mapped[Kind] = mapped_column(text_enum(Kind))
    first: Mapped[date]
    last: Mapped[date]
    scope: Mapped[str] = mapped_column(String(160), server_default=text("''"))
    edition: Mapped[int] = mapped_column(server_default=text("1"))
    title: Mapped[str] = mapped_column(String(120), server_default=text("''"))
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    category_code: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    district_code: Mapped[str | None] = mapped_column(ForeignKey("district.code"))
    cutoff: Mapped[Instant]
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy_version.id"))
    stage: Mapped[Stage] = mapped_column(text_enum(Stage))
    progress: Mapped[int] = mapped_column(server_default=text("0"))
    step: Mapped[str] = mapped_column(String(80), server_default=text("''"))
    error: Mapped[str] = mapped_column(Text, server_default=text("''"))
    content: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True), deferred=True)
    remarks: Mapped[str] = mapped_column(Text, server_default=text("''"))
    asked_at: Mapped[Instant]
    asked_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[Instant | None]
    signed_at: Mapped[Instant | None]
    signed_by: Mapped[str | None] = mapped_column(String(60))

    @property
    def remarks_version(self) -> str:
        """What tells opening words from others, so that nobody edits or signs words they have not read."""
        return sha256(self.remarks.encode()).hexdigest()[:VERSION_LENGTH]
