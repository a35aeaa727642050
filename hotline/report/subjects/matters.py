"""Whether two orders are of one matter, as people have said by an instant: linked, or merged into one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.transfer.models import OrderLink


def same_matter(one: Any, other: Any, *, until: Any) -> ColumnElement[bool]:
    """Whether two orders (columns of their ids) were one, or linked, or merged into one, at an instant."""
    return or_(one == other, _linked(one, other, until), _master(one, until) == _master(other, until))


def _linked(one: Any, other: Any, until: Any) -> ColumnElement[bool]:
    link = aliased(OrderLink)
    pair = and_(link.order_id == func.least(one, other), link.other_id == func.greatest(one, other))
    return exists().where(pair, link.linked_at <= until).correlate_except(link)


def _master(order_id: Any, until: Any) -> ColumnElement[Any]:
    """The order one was merged into, by the last word of its log; itself where it was not."""
    step, master = aliased(Event), aliased(Order)
    merged = step.action.in_([Action.MERGE, Action.UNMERGE])
    last = (
        select(step.action, step.payload["master"].astext.label("number"))
        .where(step.order_id == order_id, merged, step.at <= until)
        .order_by(step.seq.desc())
        .limit(1)
        .correlate_except(step)
        .lateral()
    )
    found = select(master.id).select_from(last).join(master, master.number == last.c.number)
    return func.coalesce(
        found.where(last.c.action == Action.MERGE).correlate_except(master, last).scalar_subquery(), order_id
    )
