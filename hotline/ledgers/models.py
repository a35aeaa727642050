"""Tables of ledgers: the ledger, its items, its log, its progress sheets."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Instant, JsonList, Key, one_of, text_enum
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.vocabulary import Deed, Kind
from hotline.orders.models import Order


class Ledger(Base):
    """Matters taken on together (台账): at a leader's phone session, in a programme, by a campaign or a meeting.

    host: who sat at the phone, which meeting, which platform. series and issue: the programme and its episode
    (直通12345, 55), unique. announced: how many matters were made public. due_on: the last day for all of them.
    cadence_since: when the cadence was set; earlier periods get no sheets by it.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        one_of("kind", Kind),
        one_of("cadence", Cadence),
        CheckConstraint("(series = '') = (issue IS NULL)", name="series_has_issue"),
        UniqueConstraint("series", "issue"),
        Index("ix_ledger_held_on", "held_on"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    kind: Mapped[Kind] = mapped_column(text_enum(Kind))
    title: Mapped[str] = mapped_column(String(200))
    host: Mapped[str] = mapped_column(String(100))
    series: Mapped[str] = mapped_column(String(60))
    issue: Mapped[int | None]
    held_on: Mapped[date]
    due_on: Mapped[date | None]
    announced: Mapped[int | None]
    note: Mapped[str] = mapped_column(Text)
    cadence: Mapped[Cadence] = mapped_column(text_enum(Cadence))
    cadence_since: Mapped[Instant]
    ended_at: Mapped[Instant | None]

    items: Mapped[list[LedgerItem]] = relationship(order_by="LedgerItem.position", back_populates="ledger")
    events: Mapped[list[LedgerEvent]] = relationship(order_by="LedgerEvent.id", viewonly=True)
    sheets: Mapped[list[LedgerSheet]] = relationship(order_by="LedgerSheet.last.desc()", viewonly=True)


class LedgerItem(Base):
    """A matter of a ledger, numbered in it; it may be written down before it is an order.

    Whether it is struck off, and which order it had when, its events say. promise: what was said on air, or laid down.
    """

    __tablename__ = "ledger_item"
    __table_args__ = (
        UniqueConstraint("ledger_id", "position"),
        UniqueConstraint("ledger_id", "order_id"),
        Index("ix_ledger_item_order", "order_id", postgresql_where=sql("order_id IS NOT NULL")),
    )

    id: Mapped[Key]
    ledger_id: Mapped[int] = mapped_column(ForeignKey("ledger.id"))
    position: Mapped[int]
    matter: Mapped[str] = mapped_column(String(200))
    promise: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    external_id: Mapped[str] = mapped_column(String(100))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))

    ledger: Mapped[Ledger] = relationship(back_populates="items")
    order: Mapped[Order | None] = relationship()
    events: Mapped[list[LedgerEvent]] = relationship(order_by="LedgerEvent.id", viewonly=True)


class LedgerEvent(Base):
    """What was done with a ledger or one of its items. Append-only: the database refuses update and delete.

    order_id: the order an item was given.
    """

    __tablename__ = "ledger_event"
    __table_args__ = (
        one_of("deed", Deed),
        Index("ix_ledger_event_ledger", "ledger_id"),
        Index("ix_ledger_event_item", "item_id"),
    )

    id: Mapped[Key]
    ledger_id: Mapped[int] = mapped_column(ForeignKey("ledger.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_item.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    at: Mapped[Instant]
    deed: Mapped[Deed] = mapped_column(text_enum(Deed))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    note: Mapped[str] = mapped_column(Text)

    item: Mapped[LedgerItem | None] = relationship(viewonly=True)
    order: Mapped[Order | None] = relationship()


class LedgerSheet(Base):
    """A progress sheet: every item as it stood at the end of a day, and the first day it reports. Append-only."""

    __tablename__ = "ledger_sheet"
    __table_args__ = (UniqueConstraint("ledger_id", "last"),)

    id: Mapped[Key]
    ledger_id: Mapped[int] = mapped_column(ForeignKey("ledger.id"))
    first: Mapped[date]
    last: Mapped[date]
    lines: Mapped[JsonList] = mapped_column(deferred=True)
    produced_at: Mapped[Instant]
