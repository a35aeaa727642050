"""Reads of notices: what somebody is told, as far as they may see the orders it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from hotline.base.db import db
from hotline.notices.models import Notice
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.queries import visible
from hotline.orders.sight import sees_event, sees_when
from hotline.people.actors import Actor

COUNTED_UP_TO = 99


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as its reader sees it. ``at`` is when it happened; None where the reader is not to know."""

    id: int
    unread: bool
    action: Action
    at: datetime | None
    order: Order


def tells(actor: Actor) -> ColumnElement[bool]:
    """Whether a notice is for the actor: for one of their units, or for their role."""
    return or_(Notice.role == actor.role, Notice.unit_code.in_(actor.units))


def notices_for(actor: Actor) -> Select[tuple[Notice]]:
    """What the actor is told, newest first; nothing of orders that have gone to other units since."""
    return _of_visible_orders(select(Notice), actor).options(joinedload(Notice.event)).order_by(Notice.id.desc())


def count_unread(actor: Actor) -> int:
    """How many notices the actor has not read, counted up to one more than COUNTED_UP_TO."""
    unread = _of_visible_orders(select(Notice.id), actor).where(Notice.read_at.is_(None))
    return db.session.scalars(select(func.count()).select_from(unread.limit(COUNTED_UP_TO + 1).subquery())).one()


def in_words(notices: Iterable[Notice], reader: Actor) -> list[Told]:
    """Notices with the orders they are about, without those of events the reader is not to know of."""
    seen = [notice for notice in notices if sees_event(notice.event, reader)]
    query = select(Order).where(Order.id.in_({notice.event.order_id for notice in seen}))
    orders = {order.id: order for order in db.session.scalars(query)}
    return [_told(notice, orders[notice.event.order_id], reader) for notice in seen]


def _told(notice: Notice, order: Order, reader: Actor) -> Told:
    event = notice.event
    at = event.at if sees_when(event, reader) else None
    return Told(notice.id, notice.read_at is None, event.action, at, order)


def _of_visible_orders(query: Select[Any], actor: Actor) -> Select[Any]:
    joined = query.join(Event, Event.id == Notice.event_id).join(Order, Order.id == Event.order_id)
    return visible(joined.where(tells(actor)), actor)
