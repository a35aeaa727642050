"""Reads of orders: one order as far as an actor may see it, and the lists people work from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Float, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db, kept
from hotline.base.errors import Invalid, NotAllowed, NotFound
from hotline.base.i18n import gettext, mark, name_members, pick_all
from hotline.base.pieces import Choice
from hotline.base.privacy import PHONE_TAIL
from hotline.orders.lifecycle import State
from hotline.orders.models import Category, Deadline, Order, OrderUnit
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.policy.limits import Clock


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to. Every part may be empty. since, before, upto: when it was received.

    late: a step is late, by any clock the reader is to see.
    """

    states: tuple[State, ...] = ()
    unit: str = ""
    district: str = ""
    category: str = ""
    nature: Nature | None = None
    channel: Channel | None = None
    since: datetime | None = None
    before: datetime | None = None
    upto: datetime | None = None
    late: bool = False
    urgent: bool = False
    supervised: bool = False


def visible(query: Select[Any], actor: Actor) -> Select[Any]:
    """A query of orders narrowed to those the actor may see: all, or those of their own units."""
    if actor.may(Permission.SEE_ALL_ORDERS):
        return query
    if not actor.may(Permission.SEE_UNIT_ORDERS):
        raise NotAllowed(gettext("Your role does not allow this."))
    helps = exists().where(OrderUnit.order_id == Order.id, OrderUnit.unit_code.in_(actor.units))
    return query.where(or_(Order.lead_unit.in_(actor.units), helps))


def order_for(number: str, actor: Actor) -> Order:
    """The order with this number, with all that its page shows; raise NotFound where the actor may not see it."""
    query = visible(select(Order).where(Order.number == number), actor).options(
        joinedload(Order.category),
        joinedload(Order.district),
        joinedload(Order.unit),
        joinedload(Order.handler),
        selectinload(Order.events),
        selectinload(Order.deadlines),
        selectinload(Order.attachments),
        selectinload(Order.helpers).joinedload(OrderUnit.unit),
    )
    order: Order | None = db.session.scalar(query.execution_options(populate_existing=True))
    if order is None:
        raise NotFound(gettext("There is no order with this number."))
    return order


class Sure(StrEnum):
    """How sure the suggestion is by which an order waits."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"
    NONE = "none"


name_members(
    {
        Sure.HIGH: mark("Suggestion 80 % and above"),
        Sure.MIDDLE: mark("Suggestion 50 to 80 %"),
        Sure.LOW: mark("Suggestion below 50 %"),
        Sure.NONE: mark("No unit suggested"),
    }
)
LEAST = {Sure.HIGH: (0.8, 1.01), Sure.MIDDLE: (0.5, 0.8), Sure.LOW: (0.0, 0.5)}


def as_sure(sure: Sure) -> ColumnElement[bool]:
    """Whether the suggestion of an order is so sure."""
    unit: ColumnElement[Any] = Order.suggestion["assignment"]["lead"].astext
    if sure is Sure.NONE:
        return unit.is_(None)
    least, below = LEAST[sure]
    share: ColumnElement[Any] = Order.suggestion["confidence"].astext.cast(Float)
    return and_(unit.is_not(None), share >= least, share < below)


def dispatch_queue(narrow: Filter, sure: Sure | None = None) -> Select[tuple[Order]]:
    """What waits for a dispatcher: urgent first, then danger words, then what has waited longest."""
    states = narrow.states or (State.RECEIVED, State.RETURNING, State.EXITING)
    query = listed(select(Order)).where(Order.state.in_(states))
    danger = func.coalesce(func.jsonb_array_length(Order.suggestion["signals"]), 0) > 0
    first = (Order.urgency == Urgency.URGENT).desc(), danger.desc()
    query = narrowed(query, narrow).where(as_sure(sure)) if sure else narrowed(query, narrow)
    return query.order_by(*first, Order.received_at, Order.id)


UNIT_WORK = (State.DISPATCHED, State.HANDLING)
# The clocks a unit races against: the next to run out decides where an order stands in the inbox.
UNIT_CLOCKS = (Clock.HANDLE, Clock.REDO)


def is_overdue(now: datetime, clocks: Iterable[Clock] = UNIT_CLOCKS) -> ColumnElement[bool]:
    """Whether a clock is one of some and runs past its due time; wherever something is called late now, this says so.

    An order is overdue by HANDLE, as reports count it, or while it is redone by REDO; the other clocks are its steps'.
    """
    wanted = Deadline.clock.in_(tuple(clocks))
    return and_(wanted, Deadline.ended_at.is_(None), Deadline.due_at < now, runs_at(now))


def inbox(units: Iterable[str], narrow: Filter) -> Select[tuple[Order]]:
    """A unit's orders, what is due first at the top."""
    states = narrow.states or UNIT_WORK
    running = and_(Deadline.order_id == Order.id, Deadline.ended_at.is_(None), Deadline.clock.in_(UNIT_CLOCKS))
    due = select(func.min(Deadline.due_at)).where(running).correlate(Order).scalar_subquery()
    query = listed(select(Order)).where(Order.lead_unit.in_(tuple(units)), Order.state.in_(states))
    return narrowed(query, narrow).order_by(due.nulls_last(), Order.id)


def disputed() -> Select[tuple[Order]]:
    """The orders about which units dispute whose they are, who has waited longest for a ruling first."""
    return listed(select(Order)).where(Order.disputed_at.is_not(None)).order_by(Order.disputed_at, Order.id)


def count_disputed() -> int:
    """How many disputes wait for a ruling."""
    return db.session.scalars(select(func.count()).select_from(Order).where(Order.disputed_at.is_not(None))).one()


def orders_of_phone(phone: str, limit: int = 10) -> list[Order]:
    """Earlier orders of a telephone number, newest first."""
    query = listed(select(Order)).where(Order.requester_phone == phone).order_by(Order.received_at.desc()).limit(limit)
    return list(db.session.scalars(query).unique()) if phone else []


def order_by_number_and_tail(number: str, tail: str) -> Order:
    """The order a citizen asks about; raise NotFound unless number and the phone's last four digits both fit."""
    order = db.session.scalar(select(Order).where(Order.number == number))
    if order is None or len(tail) != PHONE_TAIL or order.requester_phone[-PHONE_TAIL:] != tail:
        raise NotFound(gettext("No complaint fits this number and these four digits. Please check both."))
    return order


def count_waiting(states: Iterable[State], units: Iterable[str] | None = None) -> int:
    """How many orders are in some states, of some units."""
    query = select(func.count()).select_from(Order).where(Order.state.in_(tuple(states)))
    if units is not None:
        query = query.where(Order.lead_unit.in_(tuple(units)))
    return db.session.scalars(query).one()


def categories() -> list[Category]:
    """The category tree, parents before children."""
    return list(db.session.scalars(select(Category).filter_by(active=True).order_by(Category.code)))


def category_names() -> dict[str, str]:
    """Each category's name by its code, in the reader's language, those no longer active too."""
    return pick_all((row.code, row.name, row.name_en) for row in _category_rows())


def category_choices() -> list[Choice]:
    """The active categories to choose from, parents before children."""
    names = category_names()
    return [Choice(row.code, names[row.code]) for row in _category_rows() if row.active]


def _category_rows() -> Sequence[Row[str, str, str, bool]]:
    query = select(Category.code, Category.name, Category.name_en, Category.active).order_by(Category.code)
    return kept("category rows", lambda: db.session.execute(query).all())


def require_category(code: str) -> None:
    """Raise Invalid unless the code is an active category's."""
    if db.session.scalar(select(Category.code).filter_by(code=code, active=True)) is None:
        raise Invalid.field("category", gettext("%(code)s is not a category; choose one from the list", code=code))


def listed(query: Select[Any]) -> Select[Any]:
    """Read with each order what a row of a list shows."""
    return query.options(
        joinedload(Order.category),
        joinedload(Order.district),
        joinedload(Order.unit),
        selectinload(Order.deadlines.and_(Deadline.ended_at.is_(None))),
    )


def narrowed(query: Select[Any], narrow: Filter) -> Select[Any]:
    """A query of orders narrowed by what of a filter goes by the order alone: all but its clocks."""
    exact = {
        Order.lead_unit: narrow.unit,
        Order.district_code: narrow.district,
        Order.nature: narrow.nature,
        Order.channel: narrow.channel,
        Order.urgency: Urgency.URGENT if narrow.urgent else None,
    }
    query = query.where(*(column == value for column, value in exact.items() if value))
    if narrow.states:
        query = query.where(Order.state.in_(narrow.states))
    if narrow.category:
        query = query.where(Order.category_code.in_(_below(narrow.category)))
    if narrow.since:
        query = query.where(Order.received_at >= narrow.since)
    if narrow.before:
        query = query.where(Order.received_at < narrow.before)
    if narrow.upto:
        query = query.where(Order.received_at <= narrow.upto)
    return query.where(Order.supervision.is_not(None)) if narrow.supervised else query


def _below(category: str) -> list[str]:
    """A category and all below it: by name the database knows how many orders each has, by a prefix it guesses."""
    return [code for code in category_names() if code.startswith(category)]


def runs_at(now: datetime) -> ColumnElement[bool]:
    """Whether a clock is in no pause, as ``clocks.standing`` says; pauses follow one another, so the last one tells."""
    paused_until = Deadline.paused[-1][1].astext.cast(DateTime(timezone=True))
    return or_(paused_until.is_(None), paused_until <= now, Deadline.upstream_at.is_not(None))
