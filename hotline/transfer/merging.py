"""Verbs of merging (并单): one matter told by many is handled once, and each citizen is answered and asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext, label
from hotline.orders.clocks import WORK_CLOCKS
from hotline.orders.lifecycle import Action, State, find
from hotline.orders.models import Event, Order
from hotline.orders.operations import act, hold
from hotline.people.actors import Actor
from hotline.policy.clock import city_time
from hotline.policy.queries import calendar_now

TAKES_CHILDREN = (State.DISPATCHED, State.HANDLING, State.RETURNING)


def merge(order: Order, actor: Actor, now: datetime, *, master: str, reason: str, version: int | None = None) -> Event:
    """Merge an order that is not dispatched yet into its master, which a unit works on.

    Raises Invalid where the number given cannot be its master, Conflict where the order is a master itself.
    """
    found = db.session.scalar(select(Order).where(Order.number == master.strip()))
    if found is None or found.id == order.id:
        raise Invalid.field("master", gettext("is not the number of another order; check it"))
    if find(order.state, Action.MERGE) is None:  # before anything is held: its master may be answering it
        raise Conflict(gettext("An order that is “%(state)s” cannot be merged.", state=label(order.state)))
    for one in sorted((order, found), key=lambda one: one.id):  # always in this order: nobody waits for ever
        hold(one)
    if found.state not in TAKES_CHILDREN:
        raise Invalid.field("master", gettext("is not with a unit now; choose an order that is being worked on"))
    if db.session.scalar(select(exists().where(Order.parent_id == order.id))):
        raise Conflict(gettext("Other orders are merged into this one; dispatch it instead."))
    _require_in_time(order, found)
    event = act(order, Action.MERGE, actor, now, version=version, reason=reason, master=found.number)
    order.parent_id = found.id
    db.session.flush()
    return event


def _require_in_time(order: Order, master: Order) -> None:
    """Nothing would run to a deadline of the child's own that comes before the master's."""
    work = next((one for one in master.deadlines if one.clock in WORK_CLOCKS and one.ended_at is None), None)
    if order.upstream_due_at and work and order.upstream_due_at < work.due_at:
        due = city_time(order.upstream_due_at, calendar_now(), ends=True)
        raise Invalid.field(
            "master",
            gettext("is due later than the platform wants this one (%(due)s); set that deadline on it first", due=due),
        )


def children(order: Order) -> list[Order]:
    """The orders that wait for this one's answer."""
    query = select(Order).where(Order.parent_id == order.id, Order.state == State.MERGED).order_by(Order.id)
    return list(db.session.scalars(query))


def set_upstream(
    order: Order, actor: Actor, now: datetime, *, due: datetime, reason: str, version: int | None = None
) -> Event:
    """Record the deadline the platform the order came from has set; it goes before the limit here.

    Raises Invalid for one before the order came in: a slip, which would make it overdue at once.
    """
    if due < order.received_at:
        raise Invalid.field("due", gettext("give a time after the order came in"))
    return act(order, Action.SET_UPSTREAM, actor, now, version=version, reason=reason, due=due.isoformat())
