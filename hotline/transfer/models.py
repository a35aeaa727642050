"""Tables of transfer: keywords, place names and the dispatch catalogue, whose rows end and are not deleted; places and links of orders."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Key


class Keyword(Base):
    """A word that speaks for a category, with its weight."""

    __tablename__ = "keyword"
    __table_args__ = (
        Index("uq_keyword_current", "keyword", "category_code", unique=True, postgresql_where=text("valid_to IS NULL")),
        CheckConstraint("origin IN ('hand', 'learned')", name="origin_known"),
    )

    id: Mapped[Key]
    keyword: Mapped[str] = mapped_column(String(40))
    category_code: Mapped[str] = mapped_column(ForeignKey("category.code"))
    weight: Mapped[float] = mapped_column(Float)
    origin: Mapped[str] = mapped_column(String(10))
    valid_from: Mapped[Instant]
    valid_to: Mapped[Instant | None]


class PlaceName(Base):
    """A name on the map."""

    __tablename__ = "place_name"
    __table_args__ = (Index("ix_place_name_name", "name"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    district_code: Mapped[str] = mapped_column(ForeignKey("district.code"))
    street_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    valid_from: Mapped[Instant]
    valid_to: Mapped[Instant | None]


class CatalogueRow(Base):
    """A row of the dispatch catalogue in force from ``valid_from`` until ``valid_to``."""

    __tablename__ = "catalogue_row"
    __table_args__ = (
        Index(
            "uq_catalogue_row_current",
            "category_code",
            "district",
            unique=True,
            postgresql_where=text("valid_to IS NULL"),
        ),
    )

    id: Mapped[Key]
    category_code: Mapped[str] = mapped_column(ForeignKey("category.code"))
    district: Mapped[str] = mapped_column(String(40))
    lead: Mapped[str] = mapped_column(String(40))
    assist: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    copy: Mapped[list[str]] = mapped_column(ARRAY(String(40)))
    basis: Mapped[str] = mapped_column(String(200))
    power: Mapped[str] = mapped_column(String(40))
    valid_from: Mapped[Instant]
    valid_to: Mapped[Instant | None]


class OrderPlace(Base):
    """A place an order speaks of, by its short name: through these the newest orders of a place are found."""

    __tablename__ = "order_place"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True)


class OrderLink(Base):
    """Two orders that have to do with each other (关联), the earlier one first; each goes its own way."""

    __tablename__ = "order_link"
    __table_args__ = (
        CheckConstraint("order_id < other_id", name="earlier_first"),
        Index("ix_order_link_other", "other_id"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    linked_at: Mapped[Instant]
    linked_by: Mapped[str] = mapped_column(String(60))
