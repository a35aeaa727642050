"""Verbs of notices: tell whom it concerns about an event of an order, mark as read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db
from hotline.notices.models import Notice
from hotline.notices.outside import leave_for_event
from hotline.notices.queries import tells
from hotline.orders.clocks import parts
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.triggers import Supervision

# Who is told of what. A unit hears of what is sent to it; a desk hears of what now waits there.
TELLS_UNIT = frozenset(
    {
        Action.DISPATCH,
        Action.ASSIGN,
        Action.REDISPATCH,
        Action.REFUSE_RETURN,
        Action.REDO,
        Action.CLOSE,
        Action.GRANT_TIME,
        Action.REFUSE_TIME,
        Action.SUPERVISE,
        Action.SET_UPSTREAM,
        Action.RULE,
        Action.RULE_MOVES,
        Action.SUBMIT_REPLY,
        Action.REJECT_REPLY,
        Action.FINISH_PART,
        Action.REACTIVATE,
        Action.URGE,
        Action.ESCALATE,
        Action.UNLIST,
        Action.REVIEW_APPEAL,
        Action.DECIDE_APPEAL,
    }
)
# Who hears of supervision besides the unit; the higher the rung, the higher up. Of what they do themselves, too: the
# colleagues of a supervisor read the same notices.
TELLS_OF_RUNG = {
    Supervision.ORANGE: (Role.SUPERVISOR,),
    Supervision.RED: (Role.SUPERVISOR, Role.MANAGER),
    Supervision.SPECIAL: (Role.SUPERVISOR,),
    Supervision.LISTED: (Role.SUPERVISOR, Role.MANAGER),
}
OF_RUNGS = (*dict.fromkeys(role for roles in TELLS_OF_RUNG.values() for role in roles),)
# At most these: of a rung, of an appeal and of a request for time, it depends on what the event says.
TELLS_ROLE = {
    Action.REQUEST_RETURN: (Role.DISPATCHER,),
    Action.PROPOSE_EXIT: (Role.DISPATCHER,),
    Action.REQUEST_TIME: (Role.DISPATCHER,),
    Action.SUPERVISE: OF_RUNGS,
    Action.ESCALATE: OF_RUNGS,
    Action.FEED_BACK: (Role.SUPERVISOR,),
    Action.REPLY: (Role.CALLBACK,),
    Action.APPROVE_REPLY: (Role.CALLBACK,),
    Action.DISPUTE: (Role.SUPERVISOR,),
    Action.FOLLOW: (Role.CALLBACK,),
    Action.APPEAL: (Role.DISPATCHER,),
    Action.REVIEW_APPEAL: (Role.SUPERVISOR, Role.MANAGER),
    Action.ASK_CENTER: (Role.DISPATCHER, Role.CALLBACK),
}


ADDS = frozenset({Role.AGENT, Role.CITIZEN})


def tell(event_id: int, delivery_id: UUID, now: datetime) -> None:
    """Leave a notice for each who is told of an event, and what goes out of the app. May run twice: an id appears once."""
    event = db.session.get_one(Event, event_id)
    units, roles = _units(event), _roles(event)
    told: list[dict[str, str]] = [{"unit_code": unit} for unit in units]
    told += [{"role": role} for role in roles]
    for n, whom in enumerate(told):
        key = uuid5(delivery_id, str(n)) if n else delivery_id
        db.session.execute(
            insert(Notice)
            .values(delivery_id=key, event_id=event_id, created_at=now, **whom)
            .on_conflict_do_nothing(index_elements=["delivery_id"])
        )
    leave_for_event(event, units, roles, delivery_id, now)


def _units(event: Event) -> tuple[str, ...]:
    """The units that are told: the one an event names, whoever has the order by the time this runs, else the lead.

    Of what becomes of an appeal the unit that made it, which need not lead the order any more.
    """
    said = event.payload
    if event.action is Action.ASSIGN:
        return (said["part_unit"],)
    if "against" in said:
        return (said["against"],)
    # What an agent notes is what the citizen has added on the phone.
    if event.action not in TELLS_UNIT and not (event.action is Action.NOTE and event.actor_role in ADDS):
        return ()
    lead = said.get("unit") or db.session.scalar(select(Order.lead_unit).where(Order.id == event.order_id))
    return (lead, *parts(said.get("assist", ()), said.get("copy", ()), lead)) if lead else ()


def _roles(event: Event) -> tuple[Role, ...]:
    if event.action in {Action.SUPERVISE, Action.ESCALATE}:
        return TELLS_OF_RUNG.get(event.payload.get("supervision", Supervision.BLUE), ())
    if event.action is Action.REQUEST_TIME and not _waits(event):
        return ()  # granted at once, or decided since: nothing waits at the desk
    if event.action is Action.REVIEW_APPEAL and not event.payload["agrees"]:
        return ()  # it counts: nobody decides on it any more
    return TELLS_ROLE.get(event.action, ())


def _waits(asked: Event) -> bool:
    return db.session.scalar(select(Order.time_asked_at).where(Order.id == asked.order_id)) == asked.at


def mark_read(ids: Collection[int], actor: Actor, now: datetime) -> None:
    """Mark notices as read, for everybody who is told the same; those that are for others are left alone."""
    unread = Notice.id.in_(ids), Notice.read_at.is_(None), tells(actor)
    db.session.execute(update(Notice).where(*unread).values(read_at=now))
