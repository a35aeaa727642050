"""Reads of orders: one order as far as an actor may see it, and the lists people work from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db
from hotline.base.errors import Invalid, NotAllowed, NotFound
from hotline.base.i18n import gettext
from hotline.base.privacy import PHONE_TAIL
from hotline.orders import search
from hotline.orders.lifecycle import State
from hotline.orders.models import Category, Deadline, Order, OrderUnit
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import Actor
from hotline.people.roles import UNIT_ROLES, Permission
from hotline.policy.limits import Clock

NUMBER_LENGTH = 14
PHONE = re.compile(r"(?!\d{14}$)\+?\d{7,}", re.ASCII)
NOT_DIALLED = re.compile(r"[ ()-]")
DIGITS = re.compile(r"\+?\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filter:
    """What a list is narrowed to. Every part may be empty. words: looked for by find_orders only."""

    states: tuple[State, ...] = ()
    unit: str = ""
    district: str = ""
    category: str = ""
    words: str = ""


def filter_from(asked: Mapping[str, Any]) -> Filter:
    """The filter a list's address asks for (see OrderQuery); raise Invalid for a state there is not."""
    if asked["state"] and asked["state"] not in list(State):
        raise Invalid.field("state", gettext("choose one of: %(choices)s", choices=", ".join(State)))
    states = (State(asked["state"]),) if asked["state"] else ()
    return Filter(states, asked["unit"], asked["district"], asked["category"], asked["q"])


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


def find_orders(actor: Actor, narrow: Filter) -> Select[tuple[Order]]:
    """Orders the actor may see, newest first."""
    query = _narrowed(listed(visible(select(Order), actor)), narrow)
    words = narrow.words.strip()
    found = _searched(query, words, actor) if words else query
    return found.order_by(Order.received_at.desc(), Order.id.desc())


def dispatch_queue(narrow: Filter) -> Select[tuple[Order]]:
    """What waits for a dispatcher: danger words and urgent first, then what has waited longest."""
    states = narrow.states or (State.RECEIVED, State.RETURNING, State.EXITING)
    query = listed(select(Order)).where(Order.state.in_(states))
    danger = func.coalesce(func.jsonb_array_length(Order.suggestion["signals"]), 0) > 0
    urgent_first = or_(Order.urgency == Urgency.URGENT, danger).desc()
    return _narrowed(query, narrow).order_by(urgent_first, Order.received_at, Order.id)


UNIT_WORK = (State.DISPATCHED, State.HANDLING)
# The clocks a unit races against: the next to run out decides where an order stands in the inbox.
UNIT_CLOCKS = (Clock.HANDLE, Clock.REDO)


def inbox(units: Iterable[str], narrow: Filter) -> Select[tuple[Order]]:
    """A unit's orders, what is due first at the top."""
    states = narrow.states or UNIT_WORK
    running = and_(Deadline.order_id == Order.id, Deadline.ended_at.is_(None), Deadline.clock.in_(UNIT_CLOCKS))
    due = select(func.min(Deadline.due_at)).where(running).correlate(Order).scalar_subquery()
    query = listed(select(Order)).where(Order.lead_unit.in_(tuple(units)), Order.state.in_(states))
    return _narrowed(query, narrow).order_by(due.nulls_last(), Order.id)


def disputed() -> Select[tuple[Order]]:
    """The orders about which units dispute whose they are, who has waited longest for a ruling first."""
    return listed(select(Order)).where(Order.disputed_at.is_not(None)).order_by(Order.disputed_at, Order.id)


def count_disputed() -> int:
    """How many disputes wait for a ruling."""
    return db.session.scalars(select(func.count()).select_from(Order).where(Order.disputed_at.is_not(None))).one()


def callback_queue(narrow: Filter) -> Select[tuple[Order]]:
    """Whom to call back: whoever was replied to first, and those with fewer attempts before the others."""
    query = listed(select(Order)).where(Order.state == State.CALLBACK)
    return _narrowed(query, narrow).order_by(Order.attempts, Order.replied_at, Order.id)


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
    return {category.code: category.title for category in db.session.scalars(select(Category))}


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


def _narrowed(query: Select[Any], narrow: Filter) -> Select[Any]:
    if narrow.states:
        query = query.where(Order.state.in_(narrow.states))
    if narrow.unit:
        query = query.where(Order.lead_unit == narrow.unit)
    if narrow.district:
        query = query.where(Order.district_code == narrow.district)
    if narrow.category:
        query = query.where(Order.category_code.startswith(narrow.category, autoescape=True))
    return query


def has_words(words: str) -> ColumnElement[bool]:
    """Whether an order has this number (or one that begins so), or these words in its text."""
    if DIGITS.fullmatch(words):
        return Order.number.startswith(words)
    return search.matches(Order.search, words)


def phone_in(words: str) -> str:
    """The telephone number the words may be; nothing for the number of an order and for fewer digits."""
    plain = NOT_DIALLED.sub("", words)
    return plain if PHONE.fullmatch(plain) else ""


def _searched(query: Select[Any], words: str, actor: Actor) -> Select[Any]:
    """The number of an order, a telephone number, or words of the text.

    The end of a telephone number is for the center only; and a unit does not find out whose a secret order is.
    """
    digits = phone_in(words) or words
    if not DIGITS.fullmatch(digits):
        return query.where(search.matches(Order.search, words))
    of_unit = actor.role in UNIT_ROLES
    by_phone = Order.requester_phone == digits
    by_end = func.right(Order.requester_phone, PHONE_TAIL) == digits
    known = and_(by_phone, Order.secret.is_(False)) if of_unit else or_(by_phone, by_end)
    return query.where(or_(Order.number.startswith(digits), known))
