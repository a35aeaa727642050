"""Orders that may tell of the same matter as a text: read by category, district and day, compared in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, true
from sqlalchemy.orm import joinedload

from hotline.base.db import db
from hotline.orders.lifecycle import OPEN_STATES, State
from hotline.orders.models import Order
from hotline.transfer.duplicates import Likeness, likeness, matter
from hotline.transfer.merging import TAKES_CHILDREN

RECENT = timedelta(days=30)  # closed ones are looked through as far back
OPEN_SINCE = timedelta(days=90)  # open ones as far back
CATEGORIES = 3  # the likeliest categories that are looked through
COMPARED = 100  # the newest orders of each that are compared
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Alike:
    """An order that may tell of the same matter.

    own: it is the same citizen's, who may only want to add something (追加). citizens: how many have told of it, those
    merged into it included. takes: whether others can be merged into it (并单).
    """

    order: Order
    likeness: Likeness
    own: bool
    citizens: int
    takes: bool


def alike_orders(
    title: str,
    text: str,
    address: str,
    *,
    categories: Sequence[str],
    district: str | None,
    phone: str = "",
    now: datetime,
    beside: int | None = None,
) -> list[Alike]:
    """The orders of the likeliest categories that tell of the same matter, the most alike first.

    district: narrows to the orders there and those whose place is not known. beside: an order that is not meant.
    """
    told = matter(title, text, address, district)
    found = []
    for id_, said_title, said, said_address, where, caller in _rows(categories, district, now):
        found_likeness = likeness(told, matter(said_title, said, said_address, where))
        if id_ != beside and found_likeness.same:
            found.append((bool(phone) and caller == phone, found_likeness, id_))
    found.sort(key=lambda one: (one[0], one[1].text, one[2]), reverse=True)
    return list(_with_orders(found[:SHOWN]))


def _rows(
    categories: Sequence[str], district: str | None, now: datetime
) -> Iterator[tuple[int, str, str, str, str | None, str]]:
    here = or_(Order.district_code == district, Order.district_code.is_(None)) if district else true()
    for category in categories[:CATEGORIES]:
        query = (
            select(Order.id, Order.title, Order.text, Order.address, Order.district_code, Order.requester_phone)
            .where(Order.category_code == category, Order.received_at >= now - OPEN_SINCE, here)
            .where(or_(Order.state.in_(OPEN_STATES), Order.received_at >= now - RECENT), Order.state != State.MERGED)
            .order_by(Order.received_at.desc())
            .limit(COMPARED)
        )
        yield from db.session.execute(query)


def _with_orders(found: Iterable[tuple[bool, Likeness, int]]) -> Iterator[Alike]:
    found = list(found)
    ids = [id_ for _, _, id_ in found]
    query = select(Order).where(Order.id.in_(ids)).options(joinedload(Order.unit), joinedload(Order.category))
    orders = {order.id: order for order in db.session.scalars(query)}
    merged = select(Order.parent_id, func.count()).where(Order.parent_id.in_(ids)).group_by(Order.parent_id)
    children = {row[0]: row[1] for row in db.session.execute(merged)}
    for own, alike, id_ in found:
        order = orders[id_]
        yield Alike(order, alike, own, 1 + children.get(id_, 0), order.state in TAKES_CHILDREN)
