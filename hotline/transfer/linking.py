"""The verb of linking (关联): two orders that have to do with each other, each going its own way."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.orders.holding import hold
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act
from hotline.orders.queries import visible
from hotline.people.actors import Actor
from hotline.transfer.models import OrderLink


def link(
    order: Order, actor: Actor, now: datetime, *, other: str, reason: str = "", version: int | None = None
) -> Event:
    """Link an order with another; both logs say so.

    Raises Invalid where the number is not another order's, or where the two are linked already.
    """
    found = db.session.scalar(select(Order).where(Order.number == other.strip()))
    if found is None or found.id == order.id:
        raise Invalid.field("other", gettext("is not the number of another order; check it"))
    if order.id == found.parent_id or found.id == order.parent_id:
        raise Invalid.field("other", gettext("is merged with this order already"))
    earlier, later = sorted((order, found), key=lambda one: one.id)
    for one in (earlier, later):  # always in this order: nobody waits for ever
        hold(one)
    row = {"order_id": earlier.id, "other_id": later.id, "reason": reason, "linked_at": now, "linked_by": actor.name}
    event = act(order, Action.LINK, actor, now, version=version, reason=reason, other=found.number)
    if not db.session.scalar(insert(OrderLink).values(row).on_conflict_do_nothing().returning(OrderLink.order_id)):
        raise Invalid.field("other", gettext("is linked with this order already"))
    act(found, Action.LINK, actor, now, reason=reason, other=order.number)
    return event


def linked(order: Order, actor: Actor) -> list[Order]:
    """The orders linked with one, as far as the actor may see them, oldest first."""
    ids = select(OrderLink.other_id).where(OrderLink.order_id == order.id)
    others = ids.union(select(OrderLink.order_id).where(OrderLink.other_id == order.id))
    return list(db.session.scalars(visible(select(Order).where(Order.id.in_(others)), actor).order_by(Order.id)))
