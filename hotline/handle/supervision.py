"""Verbs of supervision (督办): beside the work, on a clock of its own.

A slip not answered in time goes up from blue to orange to red by itself. Special supervision (专项督办) and listing
(挂牌督办) are for people to choose: nothing leads there by itself.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from hotline.base.db import db
from hotline.base.errors import HotlineError, Invalid
from hotline.base.i18n import DEFAULT, gettext, speaking
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.operations import act, ready
from hotline.people.actors import SYSTEM, Actor
from hotline.policy.limits import Clock
from hotline.policy.triggers import Supervision

GOES_UP = {Supervision.BLUE: Supervision.ORANGE, Supervision.ORANGE: Supervision.RED}
WITH_UNIT = (State.DISPATCHED, State.HANDLING, State.RETURNING, State.REVIEWING)
AT_ONCE = 500  # escalated in one sweep


def supervise(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    reason: str,
    supervision: Supervision = Supervision.BLUE,
    rule: str = "",
    version: int | None = None,
) -> Event:
    """Put an order under supervision; its unit has to report within the policy's time. rule: the trigger's, if one did."""
    return act(order, Action.SUPERVISE, actor, now, version=version, reason=reason, supervision=supervision, rule=rule)


def feed_back(order: Order, actor: Actor, now: datetime, *, note: str, version: int | None = None) -> Event:
    """The unit tells the supervisor what has been done."""
    return act(order, Action.FEED_BACK, actor, now, version=version, note=note)


def escalate(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    reason: str,
    supervision: Supervision | None = None,
    version: int | None = None,
) -> Event:
    """Step supervision up (升级), by default by one rung; the unit has to report anew. Raises Invalid for a step down."""
    ready(order, Action.ESCALATE, actor, now, version=version)
    above = order.supervision.above if order.supervision else ()
    to = supervision or next(iter(above), None)
    if to not in above:
        raise Invalid.field("supervision", gettext("choose a step above the present one"))
    return act(order, Action.ESCALATE, actor, now, version=version, reason=reason, supervision=to)


def unlist(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Take a listed order off the list (摘牌), because the matter is settled."""
    return act(order, Action.UNLIST, actor, now, version=version, reason=reason)


def escalate_overdue(now: datetime) -> int:
    """Step up the slips whose unit has not reported in time; return how many.

    Each for itself: what somebody is at work on is left for the next sweep, and one that fails stops no other.
    """
    overdue = exists().where(
        Deadline.order_id == Order.id,
        Deadline.clock == Clock.SUPERVISE,
        Deadline.ended_at.is_(None),
        Deadline.due_at < now,
    )
    found = (
        select(Order)
        .where(Order.supervision.in_(GOES_UP), Order.state.in_(WITH_UNIT))
        .where(overdue)
        .order_by(Order.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    with speaking(DEFAULT):
        reason = gettext("The unit has not reported in time.")
    return sum(_stepped_up(order, reason, now) for order in db.session.scalars(found).all())


def _stepped_up(order: Order, reason: str, now: datetime) -> bool:
    try:
        with db.session.begin_nested():
            escalate(order, SYSTEM, now, reason=reason)
    except HotlineError:
        return False
    return True
