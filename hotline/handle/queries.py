"""Reads of handling: a unit's inbox by what is due, requests for time."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, text, true
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db
from hotline.handle.narrowing import INBOX_STATES, PARTS_VIEW, Asked, Due, Mark, has_clock, has_mark, is_due
from hotline.orders.clocks import PART_CLOCKS, is_part
from hotline.orders.finding import has_words
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import PARTS, TIME_ASKED, Deadline, Event, Order
from hotline.orders.queries import UNIT_WORK, Filter, inbox, listed, narrowed
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.policy import queries as policies
from hotline.policy.limits import Clock


def unit_inbox(actor: Actor, asked: Asked, now: datetime) -> Select[tuple[Order]]:
    """The orders of the actor's units that are asked for, what is due first at the top."""
    states = (State(asked.state),) if asked.state else UNIT_WORK
    query = inbox(actor.units, Filter(states, asked.unit, asked.district, asked.category))
    if asked.due:
        query = query.where(has_clock(Due(asked.due), now))
    return with_people(_picked(query, asked, actor, now))


def _picked(query: Select[tuple[Order]], asked: Asked, actor: Actor, now: datetime) -> Select[tuple[Order]]:
    """The orders that bear the mark and the words asked for, and that a colleague does."""
    if asked.mark:
        query = query.where(has_mark(Mark(asked.mark), actor, now))
    if asked.who:
        query = query.join(Order.handler).where(User.login == asked.who)
    if asked.q:
        query = query.where(has_words(asked.q))
    return query


def with_people(query: Select[tuple[Order]]) -> Select[tuple[Order]]:
    """Read with each order who in the unit does it."""
    return query.options(joinedload(Order.handler).lazyload(User.unit))


def parts_inbox(actor: Actor, asked: Asked, now: datetime) -> Select[tuple[Order]]:
    """The orders asked for in which the actor's units have a part still to do, what is due first at the top.

    The unit and the time asked for are those of the part, not those of the whole order.
    """
    theirs = and_(Deadline.order_id == Order.id, text(PARTS), Deadline.unit_code.in_(units_asked(asked, actor)))
    if asked.due:
        theirs = and_(theirs, is_due(Due(asked.due), now, PART_CLOCKS))
    due = select(func.min(Deadline.due_at)).where(theirs).correlate(Order).scalar_subquery()
    query = listed(select(Order)).where(exists().where(theirs)).order_by(due, Order.id)
    query = narrowed(query, Filter(district=asked.district, category=asked.category))
    return with_people(_picked(query, asked, actor, now))


def units_asked(asked: Asked, actor: Actor) -> frozenset[str]:
    """Of which of their units somebody asks."""
    return frozenset({asked.unit}) if asked.unit else actor.units


def running_part(order: Order, units: Collection[str]) -> Deadline | None:
    """The clock of the part some units have in an order, what is due first."""
    theirs = [row for row in order.deadlines if is_part(row) and row.unit_code in units]
    return min(theirs, key=lambda row: row.due_at, default=None)


def inbox_counts(actor: Actor, now: datetime) -> dict[str, int]:
    """How many orders each view of the inbox holds, by the name of the state, of what is due, or of the mark.

    All in one look at the unit's open orders, and at the clocks of each.
    """
    work = Order.state.in_(UNIT_WORK)
    clocks = (
        select(*(func.bool_or(is_due(due, now)).label(due.value) for due in Due))
        .where(Deadline.order_id == Order.id, Deadline.ended_at.is_(None))
        .lateral()
    )
    wanted: dict[str, ColumnElement[bool]] = {state.value: Order.state == state for state in INBOX_STATES}
    wanted |= {due.value: and_(work, clocks.c[due.value]) for due in Due}
    wanted |= {one.value: and_(work, has_mark(one, actor, now)) for one in Mark}
    counted = [func.count().filter(condition).label(name) for name, condition in wanted.items()]
    query = select(*counted).select_from(Order).join(clocks, true())
    query = query.where(Order.lead_unit.in_(actor.units), Order.state.in_(INBOX_STATES))
    theirs = select(func.count(Deadline.order_id.distinct())).where(text(PARTS), Deadline.unit_code.in_(actor.units))
    counts: dict[str, int] = dict(db.session.execute(query).mappings().one())
    return {**counts, PARTS_VIEW: db.session.scalars(theirs).one()}


def sign_next(actor: Actor) -> datetime | None:
    """When the first of the orders that wait for the unit's signature is due to be signed."""
    waits = and_(Order.id == Deadline.order_id, Order.state == State.DISPATCHED, Order.lead_unit.in_(actor.units))
    query = select(func.min(Deadline.due_at)).join(Order, waits)
    return db.session.scalar(query.where(Deadline.clock == Clock.SIGN, Deadline.ended_at.is_(None)))


def started_since(actor: Actor, since: datetime) -> dict[Clock, int]:
    """How many clocks of the unit started: of orders sent back to it, and of those it has answered."""
    counted: Any = select(Deadline.clock, func.count()).where(
        Deadline.clock.in_((Clock.REDO, Clock.CALLBACK)),
        Deadline.started_at >= since,
        Deadline.unit_code.in_(actor.units),
    )
    started: dict[Clock, int] = dict(db.session.execute(counted.group_by(Deadline.clock)).all())
    return started


def running(order: Order, clocks: Iterable[Clock]) -> Deadline | None:
    """The running clock of some that is due first."""
    wanted = [one for one in order.deadlines if one.ended_at is None and one.clock in tuple(clocks)]
    return min(wanted, key=lambda one: one.due_at, default=None)


ANSWERS = (Action.REPLY, Action.APPROVE_REPLY, Action.FOLLOW)


def latest_reply(order: Order) -> Event | None:
    """The unit's latest answer that went to the citizen."""
    return latest(order, *ANSWERS)


def latest(order: Order, *actions: Action) -> Event | None:
    """The last time one of some steps was taken."""
    return db.session.scalar(_last_of(order, actions))


def reply_in_review(order: Order) -> Event:
    """The reply that waits for the head's signature; there must be one."""
    return db.session.scalars(_last_of(order, (Action.SUBMIT_REPLY,))).one()


def _last_of(order: Order, actions: Iterable[Action]) -> Select[Event]:
    query = select(Event).where(Event.order_id == order.id, Event.action.in_(tuple(actions)))
    return query.order_by(Event.seq.desc()).limit(1)


def may_call_from(order: Order) -> datetime | None:
    """From when on a citizen who could not be asked may be called again; None where none was called about the latest reply."""
    last = latest(order, Action.ATTEMPT, *ANSWERS)
    return last.at + gap_of(order.policy_id) if last and last.action is Action.ATTEMPT else None


def gap_of(policy_id: int) -> timedelta:
    """How long at least lies between two calls of one citizen."""
    return timedelta(hours=policies.policy(policy_id).attempt_gap_hours)


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
