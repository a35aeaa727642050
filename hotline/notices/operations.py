"""Verbs of notices: tell whom it concerns about an event of an order, mark as read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db
from hotline.notices.models import Notice
from hotline.notices.queries import tells
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.people.actors import Actor
from hotline.people.roles import Role

# Who is told of what. A unit hears of what is sent to it; a desk hears of what now waits there.
TELLS_UNIT = frozenset(
    {
        Action.DISPATCH,
        Action.REDISPATCH,
        Action.REFUSE_RETURN,
        Action.REDO,
        Action.CLOSE,
        Action.GRANT_TIME,
        Action.REFUSE_TIME,
        Action.SUPERVISE,
        Action.SET_UPSTREAM,
        Action.ASSIGN,
        Action.RULE,
        Action.RULE_MOVES,
        Action.SUBMIT_REPLY,
        Action.REJECT_REPLY,
        Action.FINISH_PART,
        Action.REACTIVATE,
        Action.REVIEW_APPEAL,
        Action.DECIDE_APPEAL,
    }
)
TELLS_ROLE = {
    Action.REQUEST_RETURN: Role.DISPATCHER,
    Action.PROPOSE_EXIT: Role.DISPATCHER,
    Action.REQUEST_TIME: Role.DISPATCHER,
    Action.FEED_BACK: Role.SUPERVISOR,
    Action.REPLY: Role.CALLBACK,
    Action.APPROVE_REPLY: Role.CALLBACK,
    Action.DISPUTE: Role.SUPERVISOR,
    Action.FOLLOW: Role.CALLBACK,
    Action.APPEAL: Role.DISPATCHER,
}


def tell(event_id: int, delivery_id: UUID, now: datetime) -> None:
    """Leave the notice an event asks for. May run twice: a delivery id appears once."""
    event = db.session.get_one(Event, event_id)
    unit = None
    # What an agent notes is what the citizen has added on the phone.
    if event.action in TELLS_UNIT or (event.action is Action.NOTE and event.actor_role is Role.AGENT):
        # An event that names a unit is for that one, whoever has the order by the time this runs.
        lead = select(Order.lead_unit).where(Order.id == event.order_id)
        unit = event.payload.get("unit") or db.session.scalar(lead)
    role = TELLS_ROLE.get(event.action)
    if event.action is Action.REQUEST_TIME and not _waits(event):
        return  # granted at once, or decided since: nothing waits at the desk
    if unit is None and role is None:
        return
    db.session.execute(
        insert(Notice)
        .values(delivery_id=delivery_id, unit_code=unit, role=role, event_id=event_id, created_at=now)
        .on_conflict_do_nothing(index_elements=["delivery_id"])
    )


def _waits(asked: Event) -> bool:
    return db.session.scalar(select(Order.time_asked_at).where(Order.id == asked.order_id)) == asked.at


def mark_read(ids: Collection[int], actor: Actor, now: datetime) -> None:
    """Mark notices as read, for everybody who is told the same; those that are for others are left alone."""
    unread = Notice.id.in_(ids), Notice.read_at.is_(None), tells(actor)
    db.session.execute(update(Notice).where(*unread).values(read_at=now))
