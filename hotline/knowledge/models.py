"""Tables of knowledge: articles, never overwritten, and what became of looking for one."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, Key
from hotline.orders.models import Category
from hotline.people.models import Unit


class Article(Base):
    """One revision of an article (知识条目): what may be answered to a question, who answers for it, and by which source.

    Revisions of an article share its code and are numbered from 1; none is changed. The newest whose first day has
    come counts, where it is active and its last day has not passed. review_on: the day its unit looks at it again.
    source: titles of documents, several by semicolons; source_number: theirs (国办发〔2020〕53号). origin: ``file`` where
    the city's file says it, ``page`` where a person did, for a reason.
    """

    __tablename__ = "knowledge_article"
    __table_args__ = (
        UniqueConstraint("code", "revision"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="valid_until_after"),
        CheckConstraint("origin IN ('file', 'page')", name="origin_known"),
        Index("ix_knowledge_article_search", "search", postgresql_using="gin"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(40))
    revision: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    category_code: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"))
    source: Mapped[str] = mapped_column(String(300), server_default=text("''"))
    source_number: Mapped[str] = mapped_column(String(100), server_default=text("''"))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    review_on: Mapped[date] = mapped_column(Date)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    origin: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(500), server_default=text("''"))
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[Instant]
    search: Mapped[Any] = mapped_column(TSVECTOR, deferred=True)

    category: Mapped[Category | None] = relationship()
    unit: Mapped[Unit] = relationship()

    @property
    def key(self) -> str:
        """This revision in one word, as forms carry it."""
        return f"{self.code}:{self.revision}"

    def holds_on(self, day: date) -> bool:
        """Whether it may be answered from on a day, as far as this revision says."""
        return self.active and self.valid_from <= day and (self.valid_until is None or self.valid_until >= day)


class Use(Base):
    """An article looked for: the one a citizen was answered from, or none (a miss). offered: how many were shown."""

    __tablename__ = "knowledge_use"
    __table_args__ = (Index("ix_knowledge_use_article", "article_id", "at"), Index("ix_knowledge_use_at", "at"))

    id: Mapped[Key]
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    words: Mapped[str] = mapped_column(String(200))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("knowledge_article.id"))
    offered: Mapped[int]
    by: Mapped[str] = mapped_column(String(60))
    at: Mapped[Instant]
