"""Verbs of merging (并单): one matter told by many is handled once, and each citizen is answered and asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext, label
from hotline.orders.clocks import WORK_CLOCKS
from hotline.orders.holding import hold
from hotline.orders.lifecycle import Action, State, find
from hotline.orders.models import Event, Order
from hotline.orders.operations import act
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
    _require_in_time(found, order.upstream_due_at, "master")
    event = act(order, Action.MERGE, actor, now, version=version, reason=reason, master=found.number)
    order.parent_id = found.id
    db.session.flush()
    return event


def unmerge(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Take an order out of its master: it was another matter, and waits for dispatch again on a new clock."""
    if order.parent:  # first, as a reply holds them: it answers the child, or finds it gone
        hold(order.parent)
    hold(order)
    master = order.parent.number if order.parent else None
    event = act(order, Action.UNMERGE, actor, now, version=version, reason=reason, master=master)
    order.parent_id = None
    db.session.flush()
    return event


def _require_in_time(master: Order, wanted: datetime | None, field: str) -> None:
    """Nothing would run to a deadline of a child's own that comes before the master's."""
    work = next((one for one in master.deadlines if one.clock in WORK_CLOCKS and one.ended_at is None), None)
    if wanted and work and wanted < work.due_at:
        due = city_time(work.due_at, calendar_now(), ends=True)
        raise Invalid.field(
            field,
            gettext(
                "%(number)s is due later (%(due)s); set the sooner deadline on it first", number=master.number, due=due
            ),
        )


def require_for_children(order: Order, due: datetime) -> None:
    """Raise Conflict where an order would be due later than the platform of one merged into it wants that one."""
    wanted = [(child.upstream_due_at, child.number) for child in children(order) if child.upstream_due_at]
    if wanted and min(wanted)[0] < due:
        soonest, number = min(wanted)
        by = city_time(soonest, calendar_now(), ends=True)
        raise Conflict(gettext("%(number)s is merged into this order and wanted by %(due)s.", number=number, due=by))


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
    if order.followed is not order:
        _require_in_time(order.followed, due, "due")
    require_for_children(order, due)
    return act(order, Action.SET_UPSTREAM, actor, now, version=version, reason=reason, due=due.isoformat())
