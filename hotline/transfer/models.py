"""Tables of routing, whose rows end and are not deleted; places and links of orders."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Json, Key, one_of, text_enum
from hotline.base.i18n import mark, name_members
from hotline.transfer.catalogue import RowKey, Terms


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
    """A name on the map, and what else people call the place."""

    __tablename__ = "place_name"
    __table_args__ = (Index("ix_place_name_name", "name"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    aliases: Mapped[list[str]] = mapped_column(ARRAY(String(60)), server_default=text("'{}'"))
    kind: Mapped[str] = mapped_column(String(20))
    district_code: Mapped[str] = mapped_column(ForeignKey("district.code"))
    street_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    valid_from: Mapped[Instant]
    valid_to: Mapped[Instant | None]


class Origin(StrEnum):
    """Who says what a row of the catalogue says: the city's file, somebody on a page, or the ruling of a dispute."""

    FILE = "file"
    PAGE = "page"
    RULING = "ruling"


name_members({Origin.FILE: mark("City file"), Origin.PAGE: mark("Edited"), Origin.RULING: mark("Ruling")})


class CatalogueRow(Base):
    """A row of the dispatch catalogue, in force from ``valid_from`` until ``valid_to``. Every change adds one.

    A row without a lead says that from then on there is none. One that was withdrawn before it came into force is
    valid for no time at all. changed_by, reason: who made the row and why, empty where the file did.
    """

    __tablename__ = "catalogue_row"
    __table_args__ = (
        Index(
            "uq_catalogue_row_current",
            "category_code",
            "district",
            unique=True,
            postgresql_where=text("valid_to IS NULL"),
        ),
        Index("ix_catalogue_row_valid_from", "valid_from"),
        one_of("origin", Origin),
        CheckConstraint("origin = 'file' OR (reason <> '' AND changed_by <> '')", name="people_say_why"),
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
    origin: Mapped[Origin] = mapped_column(text_enum(Origin))
    reason: Mapped[str] = mapped_column(String(500))
    changed_by: Mapped[str] = mapped_column(String(60))
    changed_at: Mapped[Instant]

    @property
    def key(self) -> RowKey:
        """The matter and the district it is for."""
        return self.category_code, self.district

    @property
    def terms(self) -> Terms | None:
        """What it lays down; None where it ends the row before it."""
        if not self.lead:
            return None
        return Terms(self.lead, tuple(self.assist), tuple(self.copy), self.basis, self.power)

    @property
    def withdrawn(self) -> bool:
        """Whether it was planned, and given up before it came into force."""
        return self.valid_to == self.valid_from and self.valid_from > self.changed_at

    def holds_at(self, instant: datetime) -> bool:
        """Whether it is the row of its matter and district at an instant."""
        return self.valid_from <= instant and (self.valid_to is None or self.valid_to > instant)


class DangerSignal(Base):
    """Words that mean somebody is to be called now (``110``, ``119``, ``120``, ``122``) or that it is ``urgent``."""

    __tablename__ = "danger_signal"

    id: Mapped[Key]
    call: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(60))
    words: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    unless: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    valid_from: Mapped[Instant]
    valid_to: Mapped[Instant | None]


class RoutingModel(Base):
    """What was learned from texts, as its file has it. The newest of a subject is in force; none is changed.

    origin: ``file`` for the one a city's folder came with, ``adopted`` for one a person put in force.
    """

    __tablename__ = "routing_model"
    __table_args__ = (
        CheckConstraint("subject IN ('category', 'nature')", name="subject_known"),
        CheckConstraint("origin IN ('file', 'adopted')", name="origin_known"),
        Index("ix_routing_model_subject", "subject", "id"),
    )

    id: Mapped[Key]
    subject: Mapped[str] = mapped_column(String(10))
    origin: Mapped[str] = mapped_column(String(10))
    document: Mapped[str] = mapped_column(Text, deferred=True)
    digest: Mapped[str] = mapped_column(String(64))
    adopted_at: Mapped[Instant]
    adopted_by: Mapped[str] = mapped_column(String(60))


class Proposal(Base):
    """A keyword or a catalogue row that corrections speak for, until a person has decided.

    key: what it proposes, in one string: the same is not proposed twice. orders: the ids of the orders behind it.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        CheckConstraint("kind IN ('keyword', 'catalogue')", name="kind_known"),
        CheckConstraint("decision IN ('accepted', 'refused')", name="decision_known"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_has_instant"),
        Index("uq_proposal_open", "key", unique=True, postgresql_where=text("decided_at IS NULL")),
        Index("ix_proposal_key", "key"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))
    key: Mapped[str] = mapped_column(String(200))
    body: Mapped[Json]
    orders: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    made_at: Mapped[Instant]
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[str] = mapped_column(String(60), server_default=text("''"))
    reason: Mapped[str] = mapped_column(String(500), server_default=text("''"))


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
