"""Tables of hot topics: the topic, its orders, what leads to them, the campaigns it was taken on by."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, JsonList, Key
from hotline.ledgers.models import Ledger
from hotline.orders.models import Category, Order
from hotline.people.models import District
from hotline.report.topics.clustering import label_of

LONGEST_KEY = 60


class Topic(Base):
    """Orders about the same matter at the same place. What stands here follows from them and is kept for lists.

    place: the name most of them give it. words: of their titles, those that tell it from the rest and several use. district and
    category: of most of its orders.
    """

    __tablename__ = "topic"
    __table_args__ = (Index("ix_topic_last_at", "last_at"),)

    id: Mapped[Key]
    place: Mapped[str] = mapped_column(String(LONGEST_KEY))
    words: Mapped[JsonList]
    district_code: Mapped[str | None] = mapped_column(ForeignKey("district.code"))
    category_code: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    first_at: Mapped[Instant]
    last_at: Mapped[Instant]

    district: Mapped[District | None] = relationship()
    category: Mapped[Category | None] = relationship()
    campaigns: Mapped[list[TopicLedger]] = relationship(order_by="TopicLedger.ledger_id.desc()", viewonly=True)

    @property
    def label(self) -> str:
        """What it is called: by its category where no word can be quoted."""
        return label_of(self.place, self.words or ([self.category.title] if self.category else []))


class TopicOrder(Base):
    """An order that has been looked at, and the topic it joined; none while it is the only one of its matter."""

    __tablename__ = "topic_order"
    __table_args__ = (Index("ix_topic_order_topic", "topic_id", postgresql_where=sql("topic_id IS NOT NULL")),)

    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True, autoincrement=False)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topic.id"))
    order: Mapped[Order] = relationship()


class TopicKey(Base):
    """A place an order names, or a rare word of its title: by these the orders it is compared with are found."""

    __tablename__ = "topic_key"

    key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True)


class TopicLedger(Base):
    """A ledger by which a topic was taken on (每月一题、未诉先办)."""

    __tablename__ = "topic_ledger"

    topic_id: Mapped[int] = mapped_column(ForeignKey("topic.id"), primary_key=True)
    ledger_id: Mapped[int] = mapped_column(ForeignKey("ledger.id"), primary_key=True, unique=True)
    ledger: Mapped[Ledger] = relationship()
