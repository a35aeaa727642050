"""Tables of the rollup: every measure's figures by day, ready to be added up."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, DateTime, Index, Numeric, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Key

WHOLE = ""  # the dimension of the figure of all together, and its key


class DailyFigure(Base):
    """A measure's figure of one city day: of all together (``WHOLE``), or of one key of a dimension."""

    __tablename__ = "daily_figure"

    measure: Mapped[str] = mapped_column(String(60), primary_key=True)
    by: Mapped[str] = mapped_column(String(20), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    numerator: Mapped[int]
    denominator: Mapped[int]
    not_due: Mapped[int]
    excluded: Mapped[int]
    weighted: Mapped[Decimal] = mapped_column(Numeric)
    weighted_excluded: Mapped[Decimal] = mapped_column(Numeric)


class RolledDay(Base):
    """A day a measure has been counted for. reads: what of the policy it was counted by (see ``Measure.reads``)."""

    __tablename__ = "rolled_day"

    measure: Mapped[str] = mapped_column(String(60), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reads: Mapped[str] = mapped_column(Text)


class RolledMeasure(Base):
    """A measure of the rollup: its days are what they were at the cut-off; a day that is not there has no rows."""

    __tablename__ = "rolled_measure"

    measure: Mapped[str] = mapped_column(String(60), primary_key=True)
    cutoff: Mapped[Instant]


class RollupTouch(Base):
    """A row that changed since its days were last counted. Triggers of the database write it, so that none is forgotten.

    subject: the table. order_id: whose row it is; a call is of no order. was: the instants the row had before, which
    may be on other days than those it has now.
    """

    __tablename__ = "rollup_touch"
    __table_args__ = (
        Index("ix_rollup_touch_at", "at"),
        CheckConstraint("order_id IS NOT NULL OR was IS NOT NULL", name="says_what"),
    )

    id: Mapped[Key]
    subject: Mapped[str] = mapped_column(String(20))
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    was: Mapped[list[datetime] | None] = mapped_column(ARRAY(DateTime(timezone=True)))
    at: Mapped[Instant] = mapped_column(server_default=func.now())
