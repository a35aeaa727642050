"""Reads of handling: a unit's inbox by what is due, whom to call next, what a citizen may rate."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext, mark, name_members
from hotline.base.paging import page_of
from hotline.orders.deadlines import COUNTS_WORKING
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.queries import UNIT_CLOCKS, UNIT_WORK, Filter, callback_queue, count_waiting, inbox
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.policy.calendar import TimeUnit, add_working
from hotline.policy.limits import Clock

STEP_CLOCKS = (Clock.SIGN, Clock.CONTACT)
INBOX_STATES = (*UNIT_WORK, State.RETURNING)


class Due(StrEnum):
    """What an inbox may be narrowed to by its clocks."""

    OVERDUE = "overdue"
    SOON = "soon"


class Rating(StrEnum):
    """Whether a citizen can rate now."""

    EARLY = "early"
    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"


name_members({Due.OVERDUE: mark("Overdue"), Due.SOON: mark("Due soon")})


def unit_inbox(actor: Actor, states: tuple[State, ...], due: Due | None, now: datetime) -> Select[tuple[Order]]:
    """The orders of the actor's units, what is due first at the top."""
    query = inbox(actor.units, Filter(states))
    return query.where(_has_clock(due, now)) if due else query


def inbox_counts(actor: Actor, now: datetime) -> dict[str, int]:
    """How many orders each view of the inbox holds, by the name of the state or of what is due."""
    counts = {state.value: count_waiting((state,), actor.units) for state in INBOX_STATES}
    for due in Due:
        query = (
            select(func.count())
            .select_from(Order)
            .where(Order.lead_unit.in_(actor.units), Order.state.in_(UNIT_WORK), _has_clock(due, now))
        )
        counts[due.value] = db.session.scalars(query).one()
    return counts


def _has_clock(due: Due, now: datetime) -> ColumnElement[bool]:
    """Whether a running clock of the unit is overdue, or due soon: by the same count as its light."""
    is_theirs = and_(
        Deadline.order_id == Order.id, Deadline.ended_at.is_(None), Deadline.clock.in_(UNIT_CLOCKS + STEP_CLOCKS)
    )
    if due is Due.OVERDUE:
        return exists().where(is_theirs, Deadline.due_at < now)
    calendar = policies.calendar_now()
    working_day = calendar.day_length / timedelta(hours=1)
    until = add_working(now, working_day, TimeUnit.WORKING_HOURS, calendar).at
    counts_working = Deadline.unit.in_(COUNTS_WORKING)
    soon = or_(
        and_(counts_working, Deadline.due_at <= until),
        and_(~counts_working, Deadline.due_at <= now + timedelta(days=1)),
    )
    return exists().where(is_theirs, Deadline.due_at >= now, soon)


def running(order: Order, clocks: Iterable[Clock]) -> Deadline | None:
    """The running clock of some that is due first."""
    wanted = [one for one in order.deadlines if one.ended_at is None and one.clock in tuple(clocks)]
    return min(wanted, key=lambda one: one.due_at, default=None)


def to_call(number: str) -> str:
    """The number of the order whose citizen is called now: the one asked for, else the next; empty where none waits."""
    asked = select(Order.number).where(Order.number == number, Order.state == State.CALLBACK)
    if number and db.session.scalar(asked):
        return number
    first = page_of(callback_queue(Filter()), size=1).rows
    return first[0].number if first else ""


def latest_reply(order: Order) -> Event | None:
    """The unit's latest answer."""
    return next((event for event in reversed(order.events) if event.action is Action.REPLY), None)


def order_by_token(token: UUID) -> Order:
    """The order a citizen's own link leads to; raise NotFound."""
    order = db.session.scalar(select(Order).where(Order.rating_token == token))
    if order is None:
        raise NotFound(gettext("This link leads nowhere. Please check that it is complete."))
    return order
