"""Reads of receiving."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db
from hotline.base.time import midnight
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.people.actors import Actor
from hotline.policy import queries as policies


def saved_today(actor: Actor, now: datetime, limit: int = 20) -> list[Order]:
    """The orders an agent has registered since midnight in the city, newest first."""
    zone = policies.calendar_now().zone
    since = midnight(now.astimezone(zone).date(), zone)
    query = (
        select(Order)
        .join(Event)
        .where(Event.at >= since, Event.action == Action.REGISTER, Event.actor_id == actor.user_id)
        .options(joinedload(Order.unit), selectinload(Order.deadlines.and_(Deadline.ended_at.is_(None))))
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query).unique())
