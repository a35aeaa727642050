"""Tables of the work order: categories, the order, its events, its deadlines, its attachments."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Sequence,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hotline.base.db import Base, Code, Instant, Json, Key, one_of, text_enum
from hotline.base.i18n import pick
from hotline.orders.lifecycle import Action, State
from hotline.orders.vocabulary import Channel, Nature, Part, Urgency
from hotline.people.models import District, Unit, User
from hotline.people.roles import Role
from hotline.policy.counting import TimeUnit
from hotline.policy.limits import Clock, Requester
from hotline.policy.triggers import Supervision

order_numbers = Sequence("order_number", metadata=Base.metadata)


class Category(Base):
    """What an order is about: a node of the three-level tree, its level told by the code's length (2, 4, 6)."""

    __tablename__ = "category"

    code: Mapped[Code] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_en: Mapped[str] = mapped_column(String(120))
    default_unit: Mapped[str] = mapped_column(String(40))
    active: Mapped[bool] = mapped_column(server_default=sql("true"))

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return pick(self.name, self.name_en)


class Order(Base):
    """A work order (工单): what a citizen wants, where it stands, who has it.

    ``state`` and the instants beside it follow from the events and are kept for lists and measures.
    ``time_asked_at`` is set while a unit waits for the center's word on its request for time, ``disputed_at`` while a
    dispute about whose it is waits for a ruling; ``ruled_at`` says that one has settled it. ``asked_at`` is set while the
    citizen waits for what they have asked the center. ``handler_id`` is who in the lead unit does it, where that has been
    said. ``latitude``, ``longitude``: where the citizen stood, where they said so.
    ``supervision`` is how it is supervised (督办), ``urges`` how often it was urged (催办) in this round.
    ``appeals_new`` and ``appeals_reviewed`` count the appeals that wait for their first and their second reviewer.
    ``version`` counts the events; an edit that names an older one is refused. ``head`` is the hash of the
    last event, so that a log cut short at its end is noticed too.
    """

    __tablename__ = "work_order"
    __table_args__ = (
        one_of("state", State),
        one_of("nature", Nature),
        one_of("urgency", Urgency),
        one_of("channel", Channel),
        one_of("requester_kind", Requester),
        one_of("supervision", Supervision),
        UniqueConstraint("source", "external_id"),
        CheckConstraint("(dispatched_at IS NULL) OR (lead_unit IS NOT NULL)", name="dispatched_has_unit"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_instant"),
        Index("ix_work_order_requester_phone", "requester_phone", "received_at"),
        Index("ix_work_order_state", "state", "received_at"),
        Index("ix_work_order_received_at", "received_at"),
        Index("ix_work_order_dispatched_at", "dispatched_at"),
        Index("ix_work_order_lead_unit", "lead_unit", "state"),
        Index("ix_work_order_time_asked_at", "time_asked_at", postgresql_where=sql("time_asked_at IS NOT NULL")),
        Index("ix_work_order_disputed_at", "disputed_at", postgresql_where=sql("disputed_at IS NOT NULL")),
        Index("ix_work_order_supervision", "supervision", "lead_unit", postgresql_where=sql("supervision IS NOT NULL")),
        CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name="position_whole"),
        CheckConstraint("latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name="position_on_earth"),
        Index("ix_work_order_asked_at", "asked_at", postgresql_where=sql("asked_at IS NOT NULL")),
        Index("ix_work_order_urges", "urges", postgresql_where=sql("urges > 0")),
        Index("ix_work_order_urgent_state", "state", postgresql_where=sql("urgency = 'urgent'")),
        Index("ix_work_order_parent", "parent_id", postgresql_where=sql("parent_id IS NOT NULL")),
        Index("ix_work_order_matter", "category_code", "district_code", "received_at"),
        Index("ix_work_order_lead_unit_received_at", "lead_unit", "received_at"),
        Index("ix_work_order_district_received_at", "district_code", "received_at"),
        Index("ix_work_order_nature", "nature", "received_at"),
        Index("ix_work_order_urgent", "received_at", postgresql_where=sql("urgency = 'urgent'")),
        Index("ix_work_order_channel", "channel", "received_at", postgresql_where=sql("channel <> 'phone'")),
        Index("ix_work_order_phone_tail", sql("right(requester_phone, 4)"), "received_at"),
        Index("ix_work_order_search", "search", postgresql_using="gin"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(20), unique=True)
    version: Mapped[int]
    head: Mapped[str] = mapped_column(String(64), server_default=sql("''"))
    state: Mapped[State] = mapped_column(text_enum(State))
    nature: Mapped[Nature] = mapped_column(text_enum(Nature))
    urgency: Mapped[Urgency] = mapped_column(text_enum(Urgency))
    channel: Mapped[Channel] = mapped_column(text_enum(Channel))
    source: Mapped[str] = mapped_column(String(40), server_default=sql("''"))
    external_id: Mapped[str | None] = mapped_column(String(100))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(200), server_default=sql("''"))
    latitude: Mapped[float | None] = mapped_column(Float)
    longitude: Mapped[float | None] = mapped_column(Float)
    district_code: Mapped[str | None] = mapped_column(ForeignKey("district.code"))
    category_code: Mapped[str | None] = mapped_column(ForeignKey("category.code"))
    lead_unit: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    requester_name: Mapped[str] = mapped_column(String(60), server_default=sql("''"))
    requester_phone: Mapped[str] = mapped_column(String(30), server_default=sql("''"))
    requester_kind: Mapped[Requester] = mapped_column(text_enum(Requester), server_default=sql("'person'"))
    secret: Mapped[bool] = mapped_column(server_default=sql("false"))
    round: Mapped[int] = mapped_column(server_default=sql("1"))
    returns: Mapped[int] = mapped_column(server_default=sql("0"))
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    supervision: Mapped[Supervision | None] = mapped_column(text_enum(Supervision))
    urges: Mapped[int] = mapped_column(server_default=sql("0"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("work_order.id"))
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"))
    suggestion: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    upstream_due_at: Mapped[Instant | None]
    time_asked_at: Mapped[Instant | None]
    asked_at: Mapped[Instant | None]
    disputed_at: Mapped[Instant | None]
    ruled_at: Mapped[Instant | None]
    appeals_new: Mapped[int] = mapped_column(server_default=sql("0"))
    appeals_reviewed: Mapped[int] = mapped_column(server_default=sql("0"))
    rating_token: Mapped[UUID] = mapped_column(Uuid, default=uuid4, unique=True)
    received_at: Mapped[Instant]
    dispatched_at: Mapped[Instant | None]
    replied_at: Mapped[Instant | None]
    closed_at: Mapped[Instant | None]
    search: Mapped[Any] = mapped_column(TSVECTOR, nullable=True, deferred=True)

    category: Mapped[Category | None] = relationship()
    district: Mapped[District | None] = relationship()
    unit: Mapped[Unit | None] = relationship()
    handler: Mapped[User | None] = relationship()
    helpers: Mapped[list[OrderUnit]] = relationship(cascade="all, delete-orphan", order_by="OrderUnit.unit_code")
    events: Mapped[list[Event]] = relationship(order_by="Event.seq", viewonly=True)
    deadlines: Mapped[list[Deadline]] = relationship(order_by="Deadline.id", back_populates="order")
    attachments: Mapped[list[Attachment]] = relationship(order_by="Attachment.id", viewonly=True)
    parent: Mapped[Order | None] = relationship(remote_side="Order.id")

    @property
    def followed(self) -> Order:
        """The order by whose clocks this one goes: its master while it is merged into one, else itself."""
        return self.parent if self.state is State.MERGED and self.parent else self


class OrderUnit(Base):
    """A unit beside the lead unit and its part in the order; its clock is a deadline with its code."""

    __tablename__ = "order_unit"
    __table_args__ = (one_of("part", Part), Index("ix_order_unit_unit_code", "unit_code", "order_id"))

    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), primary_key=True)
    unit_code: Mapped[str] = mapped_column(ForeignKey("unit.code"), primary_key=True)
    part: Mapped[Part] = mapped_column(text_enum(Part))
    task: Mapped[str] = mapped_column(Text, server_default=sql("''"))
    unit: Mapped[Unit] = relationship()


# What the report reads of every week's dispatches. Rare enough to index, unlike all that happens to orders.
ROUTING = "action IN ('dispatch', 'request_return', 'redispatch', 'rule_moves', 'dispute')"

CLOSING = "action IN ('close', 'reactivate')"

TIME_ASKED = "action IN ('request_time', 'grant_time', 'refuse_time')"


class Event(Base):
    """One thing that happened to an order. Append-only: the database refuses update and delete.

    Numbered per order and chained: ``hash`` covers the event and the hash before it.
    """

    __tablename__ = "order_event"
    __table_args__ = (
        UniqueConstraint("order_id", "seq"),
        one_of("action", Action),
        one_of("actor_role", Role),
        Index("ix_order_event_at", "at"),
        Index("ix_order_event_routing", "action", "at", "order_id", "actor_role", postgresql_where=sql(ROUTING)),
        Index("ix_order_event_closing", "action", "at", "order_id", "seq", postgresql_where=sql(CLOSING)),
        Index("ix_order_event_attempt", "order_id", "at", postgresql_where=sql("action = 'attempt'")),
        Index("ix_order_event_time_asked", "action", "at", "order_id", postgresql_where=sql(TIME_ASKED)),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    seq: Mapped[int]
    at: Mapped[Instant]
    action: Mapped[Action] = mapped_column(text_enum(Action))
    from_state: Mapped[State | None] = mapped_column(text_enum(State))
    to_state: Mapped[State] = mapped_column(text_enum(State))
    actor_role: Mapped[Role] = mapped_column(text_enum(Role))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    actor_name: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(Text)
    payload: Mapped[Json]
    hash: Mapped[str] = mapped_column(String(64))
    order: Mapped[Order] = relationship(viewonly=True)


# Which deadlines may move with the calendar: all that run, but for hours that run straight through.
GOES_BY_CALENDAR = "ended_at IS NULL AND (unit <> 'natural_hours' OR extended <> '[]')"


PARTS = "ended_at IS NULL AND clock IN ('assist', 'read')"
LEADS = "ended_at IS NULL AND clock NOT IN ('assist', 'read')"


class Deadline(Base):
    """One clock of an order: when it started, when it is due, how it ended.

    outcome: "met" (what it waited for happened, in time or late) or "dropped" (nobody waits any more);
    None while it runs. ``original_due_at`` is the due time without extensions. ``row`` names the row of the
    order's policy it got its limit from. extended: rows of amount, unit, instant agreed. paused: rows of start,
    end, reason; the end is the planned one until the clock runs on. upstream_at: set by the platform the order
    came from, upstream_first_at: the first time it did. ``due_at`` follows from all these, by the calendar named (see ``clocks.reckoning``).
    unit_code: the unit that leads the order while it runs, and led it when it ended; None before the dispatch. Of a
    part: the unit whose part it is; what whoever gave it has set as its due time stands in upstream_at.
    """

    __tablename__ = "deadline"
    __table_args__ = (
        one_of("clock", Clock),
        one_of("unit", TimeUnit),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended_has_outcome"),
        CheckConstraint("outcome IN ('met', 'dropped')", name="outcome_known"),
        # One clock of a kind runs at a time, but for those of the units beside the lead: one for each.
        Index("uq_deadline_running", "order_id", "clock", unique=True, postgresql_where=sql(LEADS)),
        Index("uq_deadline_part", "order_id", "clock", "unit_code", unique=True, postgresql_where=sql(PARTS)),
        Index("ix_deadline_part", "unit_code", "due_at", postgresql_where=sql(PARTS)),
        Index("ix_deadline_open_due_at", "clock", "due_at", postgresql_where=sql("ended_at IS NULL")),
        Index("ix_deadline_by_calendar", "calendar_id", "id", postgresql_where=sql(GOES_BY_CALENDAR)),
        Index("ix_deadline_clock_due_at", "clock", "due_at"),
        Index("ix_deadline_clock_ended_at", "clock", "ended_at", postgresql_where=sql("ended_at IS NOT NULL")),
        Index("ix_deadline_clock_started_at", "clock", "started_at"),
        Index("ix_deadline_clock_original_due_at", "clock", "original_due_at"),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    clock: Mapped[Clock] = mapped_column(text_enum(Clock))
    unit_code: Mapped[str | None] = mapped_column(ForeignKey("unit.code"))
    round: Mapped[int]
    amount: Mapped[float] = mapped_column(Float)
    unit: Mapped[TimeUnit] = mapped_column(text_enum(TimeUnit))
    row: Mapped[str] = mapped_column(String(200))
    basis: Mapped[str] = mapped_column(String(200))
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar_version.id"))
    started_at: Mapped[Instant]
    due_at: Mapped[Instant]
    original_due_at: Mapped[Instant]
    provisional: Mapped[bool]
    extended: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'"))
    paused: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'"))
    upstream_at: Mapped[Instant | None]
    upstream_first_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    outcome: Mapped[str | None] = mapped_column(String(10))
    order: Mapped[Order] = relationship(back_populates="deadlines")

    def is_late(self, now: datetime) -> bool:
        """Whether it ended, or still runs, past its due time."""
        return (self.ended_at or now) > self.due_at

    @property
    def ended_late(self) -> bool:
        """Whether it ended past its due time, or past the one it first had."""
        return self.ended_at is not None and self.ended_at > min(self.due_at, self.original_due_at)


class DeadlineMove(Base):
    """A due time that moved because the calendar changed: from when to when, between which calendars.

    Both calendars are ones its deadline has had, which were checked then: a calendar can move 100,000 at once.
    """

    __tablename__ = "deadline_move"
    __table_args__ = (
        Index("ix_deadline_move_to_calendar", "to_calendar"),
        Index("ix_deadline_move_deadline", "deadline_id"),
    )

    id: Mapped[Key]
    deadline_id: Mapped[int] = mapped_column(ForeignKey("deadline.id"))
    from_calendar: Mapped[int] = mapped_column(BigInteger)
    to_calendar: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[Instant]
    after: Mapped[Instant]
    moved_at: Mapped[Instant]
    deadline: Mapped[Deadline] = relationship()


class Attachment(Base):
    """A file that belongs to an order. The bytes lie outside the web root, under a name of our own.

    public: the citizen may read it. from_citizen: they have sent it themselves, and see it again.
    """

    __tablename__ = "attachment"

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    public: Mapped[bool]
    from_citizen: Mapped[bool] = mapped_column(server_default=sql("false"))
    added_at: Mapped[Instant]
    added_by: Mapped[str] = mapped_column(String(60))
