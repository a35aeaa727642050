"""Reads of what citizens have asked the center for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, func, select

from hotline.base.db import db
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.queries import listed


def orders_asked() -> Select[Any]:
    """The orders whose citizen waits for the center's word, who has waited longest first."""
    return listed(select(Order)).where(Order.asked_at.is_not(None)).order_by(Order.asked_at, Order.id)


def count_asked() -> int:
    """How many citizens wait for the center's word."""
    return db.session.scalars(select(func.count()).select_from(Order).where(Order.asked_at.is_not(None))).one()


def requests_of(order_ids: Iterable[int]) -> dict[int, Event]:
    """What each citizen has asked last, by the order's id."""
    wanted = select(Event).where(Event.order_id.in_(list(order_ids)), Event.action == Action.ASK_CENTER)
    return {event.order_id: event for event in db.session.scalars(wanted.order_by(Event.seq))}


def request_of(order: Order) -> Event | None:
    """What the citizen of an order waits for; None where they wait for nothing."""
    return requests_of([order.id])[order.id] if order.asked_at else None
