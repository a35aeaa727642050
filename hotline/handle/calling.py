"""Who calls whom: the queue of the callback desk, and the short claim by which two do not call the same citizen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Interval, Select, and_, case, cast, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.i18n import gettext
from hotline.handle.models import CallClaim
from hotline.handle.queries import gap_of
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.queries import listed
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.policy import queries as policies
from hotline.policy.limits import Clock

CLAIMED_FOR = timedelta(minutes=15)  # longer than a callback lasts; whoever is away longer lets others call
TRIED_FOR = 20  # how many citizens are looked at for one that nobody else has


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order of the queue. again_at: before when nobody is to call again; None where they may now.

    by: who has this citizen before them now; empty where nobody has, or the reader.
    """

    order: Order
    again_at: datetime | None
    by: str


def callback_queue(now: datetime) -> Select[tuple[Order]]:
    """Whom to call: those who may be called now, whose callback is due first; then those to be tried again later.

    Who left no number comes after all that can be called.
    """
    return listed(select(Order)).where(Order.state == State.CALLBACK).order_by(may_call(now).desc(), *_turn())


def _turn() -> tuple[ColumnElement[Any], ...]:
    """Whose turn it is among those who may be called."""
    running = select(func.min(Deadline.due_at)).where(
        Deadline.order_id == Order.id, Deadline.clock == Clock.CALLBACK, Deadline.ended_at.is_(None)
    )
    due = running.correlate(Order).scalar_subquery()
    return Order.requester_phone == "", due.nulls_last(), Order.replied_at.expression, Order.id.expression


def may_call(now: datetime) -> ColumnElement[bool]:
    """Whether an order's citizen may be called now: long enough after the last call in which nothing was asked."""
    return func.coalesce(_again_at() <= now, True)


def _again_at() -> ColumnElement[datetime]:
    """When an order's citizen may be called again, by the hours of its own policy: ``may_call_from`` of many at once."""
    tried = and_(Event.order_id == Order.id, Event.action == Action.ATTEMPT, Event.at > Order.replied_at)
    last = select(func.max(Event.at)).where(tried)
    gaps = {version: cast(gap_of(version), Interval) for version in policies.policy_ids()}
    gap = case(gaps, value=Order.policy_id)
    return cast(last.correlate(Order).scalar_subquery() + gap, DateTime(timezone=True))


def waiting_rows(orders: Iterable[Order], reader: Actor, now: datetime) -> list[Waiting]:
    """What the list beside the call says of each order of the queue."""
    orders = list(orders)
    tried = select(Order.id, _again_at()).where(Order.id.in_([one.id for one in orders]))
    again: dict[int, datetime | None] = dict(db.session.execute(tried).all())
    callers = callers_of(orders, reader, now)
    rows = []
    for order in orders:
        at = again.get(order.id)
        rows.append(Waiting(order, at if at and at > now else None, callers.get(order.id, "")))
    return rows


def callers_of(orders: Iterable[Order], reader: Actor, now: datetime) -> Mapping[int, str]:
    """Who else has some orders' citizens before them now, by the orders' ids."""
    query = select(CallClaim.order_id, User.name).join(User, User.id == CallClaim.user_id)
    held = query.where(CallClaim.until > now, CallClaim.user_id != reader.user_id)
    return dict(db.session.execute(held.where(CallClaim.order_id.in_([one.id for one in orders]))).all())


def take(number: str, actor: Actor, now: datetime, *, leave: str = "") -> str:
    """Whose citizen somebody calls now: the order asked for, else the one they have, else the next; empty where none waits.

    It is theirs for some minutes, and what they had before is free. leave: the order they do not want now. Raises
    Conflict where somebody else is calling the citizen asked for.
    """
    order = _to_call(number)
    if order is not None and not _claim(order.id, actor, now):
        raise _taken(callers_of([order], actor, now).get(order.id, ""))
    if order is None:
        order = _next(actor, now, leave)
    others = delete(CallClaim).where(CallClaim.user_id == actor.user_id)
    db.session.execute(others.where(CallClaim.order_id != (order.id if order else 0)))
    return order.number if order else ""


def look(number: str, actor: Actor, now: datetime) -> str:
    """Whose citizen the desk shows, by a link or looked at again: no citizen somebody has before them is let go for it.

    Where they have none, as ``take``. Where they have another than the order asked for, that one is only looked at.
    Raises Conflict where somebody else is calling the citizen asked for.
    """
    order = _to_call(number)
    if order is None or _has(actor, now) in {None, order.id}:
        return take(number, actor, now)
    if who := callers_of([order], actor, now).get(order.id):
        raise _taken(who)
    return order.number


def has_another(number: str, actor: Actor, now: datetime) -> bool:
    """Whether somebody has another citizen before them than an order's."""
    order, mine = _to_call(number), _has(actor, now)
    return order is not None and mine not in {None, order.id}


def release(order: Order, actor: Actor) -> None:
    """Somebody is done with a call: whoever it is that calls next, the citizen is free."""
    db.session.execute(delete(CallClaim).where(CallClaim.order_id == order.id, CallClaim.user_id == actor.user_id))


def _to_call(number: str) -> Order | None:
    """The order with this number, where its citizen is to be called."""
    asked = select(Order).where(Order.number == number, Order.state == State.CALLBACK)
    return db.session.scalar(asked) if number else None


def _has(actor: Actor, now: datetime) -> int | None:
    """The id of the order whose citizen somebody has before them."""
    mine = select(Order.id).join(CallClaim, CallClaim.order_id == Order.id).where(Order.state == State.CALLBACK)
    return db.session.scalar(mine.where(CallClaim.user_id == actor.user_id, CallClaim.until > now))


def _taken(who: str) -> Conflict:
    return Conflict(gettext("%(name)s is calling this citizen. Go on with the next one.", name=who))


def _next(actor: Actor, now: datetime, leave: str) -> Order | None:
    """Whom they have themselves; else the first whom they may call now and nobody else has before them."""
    mine = select(CallClaim.order_id).where(CallClaim.user_id == actor.user_id, CallClaim.until > now)
    others = select(CallClaim.order_id).where(CallClaim.user_id != actor.user_id, CallClaim.until > now)
    free = select(Order).where(Order.state == State.CALLBACK, or_(may_call(now), Order.id.in_(mine)))
    free = free.where(Order.id.not_in(others), Order.number != leave).order_by(Order.id.in_(mine).desc(), *_turn())
    queue = free.limit(TRIED_FOR)
    return next((order for order in db.session.scalars(queue) if _claim(order.id, actor, now)), None)


def _claim(order_id: int, actor: Actor, now: datetime) -> bool:
    """Claim an order's citizen; False where somebody else has. Two at once: the second waits for the first and sees it."""
    claim = insert(CallClaim).values(order_id=order_id, user_id=actor.user_id, until=now + CLAIMED_FOR)
    free = or_(CallClaim.user_id == actor.user_id, CallClaim.until <= now)
    claim = claim.on_conflict_do_update(
        index_elements=["order_id"], set_={"user_id": actor.user_id, "until": now + CLAIMED_FOR}, where=free
    )
    return db.session.scalar(claim.returning(CallClaim.order_id)) is not None
