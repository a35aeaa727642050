"""Reads of handling: a unit's inbox by what is due, requests for time, whom to call, what a citizen may rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext, mark, name_members
from hotline.base.paging import page_of
from hotline.orders.clocks import is_part
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import PARTS, TIME_ASKED, Deadline, Event, Order
from hotline.orders.queries import UNIT_CLOCKS, UNIT_WORK, Filter, callback_queue, count_waiting, inbox, listed, runs_at
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.policy.calendar import WORKING, add_worked
from hotline.policy.limits import Clock

PARTS_VIEW = "parts"  # of the inbox: what the unit has a part in, beside the one that leads
STEP_CLOCKS = (Clock.SIGN, Clock.CONTACT, Clock.REVIEW, Clock.PROGRESS)
INBOX_STATES = (*UNIT_WORK, State.RETURNING, State.REVIEWING)


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


def parts_inbox(actor: Actor) -> Select[tuple[Order]]:
    """The orders in which the actor's units have a part still to do, what is due first at the top."""
    due = select(func.min(Deadline.due_at)).where(_their_parts(actor)).correlate(Order).scalar_subquery()
    return listed(select(Order)).where(exists().where(_their_parts(actor))).order_by(due, Order.id)


def running_part(order: Order, actor: Actor) -> Deadline | None:
    """The clock of the part the actor's units have in an order, what is due first."""
    theirs = [row for row in order.deadlines if is_part(row) and actor.handles(row.unit_code)]
    return min(theirs, key=lambda row: row.due_at, default=None)


def _their_parts(actor: Actor) -> ColumnElement[bool]:
    return and_(Deadline.order_id == Order.id, text(PARTS), Deadline.unit_code.in_(actor.units))


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
    theirs = select(func.count(Deadline.order_id.distinct())).where(text(PARTS), Deadline.unit_code.in_(actor.units))
    counts[PARTS_VIEW] = db.session.scalars(theirs).one()
    return counts


def _has_clock(due: Due, now: datetime) -> ColumnElement[bool]:
    """Whether a running clock of the unit is overdue, or due soon: by the same count as its light."""
    is_theirs = and_(
        Deadline.order_id == Order.id,
        Deadline.ended_at.is_(None),
        Deadline.clock.in_(UNIT_CLOCKS + STEP_CLOCKS),
        runs_at(now),
    )
    if due is Due.OVERDUE:
        return exists().where(is_theirs, Deadline.due_at < now)
    calendar = policies.calendar_now()
    until = add_worked(now, calendar.day_length(calendar.city_day(now)), calendar)
    counts_working = Deadline.unit.in_(WORKING)
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
    """The unit's latest answer that went to the citizen."""
    return latest(order, Action.REPLY, Action.APPROVE_REPLY, Action.FOLLOW)


def latest(order: Order, *actions: Action) -> Event | None:
    """The last time one of some steps was taken."""
    return db.session.scalar(_last_of(order, actions))


def reply_in_review(order: Order) -> Event:
    """The reply that waits for the head's signature; there must be one."""
    return db.session.scalars(_last_of(order, (Action.SUBMIT_REPLY,))).one()


def _last_of(order: Order, actions: Iterable[Action]) -> Select[Event]:
    query = select(Event).where(Event.order_id == order.id, Event.action.in_(tuple(actions)))
    return query.order_by(Event.seq.desc()).limit(1)


def last_attempt(order: Order) -> datetime | None:
    """When nobody answered last, of the calls about the latest reply."""
    if not order.attempts:
        return None
    found = latest(order, Action.ATTEMPT)
    return found.at if found else None


def contacts_since_reply(order: Order) -> list[Event]:
    """When the unit got in touch with the citizen after its reply, before they were asked about it."""
    return [event for event in order.events if event.action is Action.CONTACT and event.from_state is State.CALLBACK]


def latest_time_request(order: Order) -> Event:
    """What the unit last asked of the clock; there must be something it asked."""
    return time_requests_of([order.id])[order.id]


def waiting_time(order: Order) -> Event | None:
    """What the unit asks of the clock and the center has not decided yet."""
    return None if order.time_asked_at is None else latest_time_request(order)


def time_requests_of(order_ids: Iterable[int]) -> dict[int, Event]:
    """The latest request for time, by the order's id."""
    wanted = select(Event).where(Event.order_id.in_(list(order_ids)), Event.action == Action.REQUEST_TIME)
    return {event.order_id: event for event in db.session.scalars(wanted.order_by(Event.seq))}


@dataclass(frozen=True, slots=True)
class TimeRecord:
    """What a unit asked of the clock of late, and what became of it."""

    asked: int = 0
    granted: int = 0
    refused: int = 0


RECORD_DAYS = timedelta(days=90)


def time_records(units: Iterable[str | None], now: datetime) -> dict[str | None, TimeRecord]:
    """What some units asked of the clock in the last 90 days, by the unit that leads the order now."""
    steps = (Action.REQUEST_TIME, Action.GRANT_TIME, Action.REFUSE_TIME)
    counts = [func.count().filter(Event.action == step) for step in steps]
    query = (
        select(Order.lead_unit, *counts)
        .join(Event, Event.order_id == Order.id)
        .where(text(TIME_ASKED), Event.at >= now - RECORD_DAYS, Order.lead_unit.in_(set(units)))
        .group_by(Order.lead_unit)
    )
    return {unit: TimeRecord(*found) for unit, *found in db.session.execute(query)}


TIME_WAITS = and_(Order.time_asked_at.is_not(None), Order.state == State.HANDLING)


def orders_that_ask_for_time() -> Select[tuple[Order]]:
    """The orders whose request for time can be decided now, who has waited longest first."""
    query: Select[Any] = select(Order).where(TIME_WAITS).order_by(Order.time_asked_at, Order.id)
    return query.options(joinedload(Order.unit), selectinload(Order.deadlines))


def count_time_requests() -> int:
    """How many requests for time wait."""
    return db.session.scalars(select(func.count()).select_from(Order).where(TIME_WAITS)).one()


def order_by_token(token: UUID) -> Order:
    """The order a citizen's own link leads to; raise NotFound."""
    order = db.session.scalar(select(Order).where(Order.rating_token == token))
    if order is None:
        raise NotFound(gettext("This link leads nowhere. Please check that it is complete."))
    return order
