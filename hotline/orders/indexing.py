"""The search words of orders, made anew: of the title, the text, the address, and of what was answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select, update

from hotline.base.db import db
from hotline.orders import search
from hotline.orders.models import Event, Order


def index_orders(after: int, size: int) -> int | None:
    """Make the search words of the next orders behind an id anew; return the last one's id, None behind the last."""
    columns = (Order.id, Order.title, Order.text, Order.address)
    # Held, so that an answer given meanwhile waits and adds its words to these.
    found = db.session.execute(
        select(*columns).where(Order.id > after).order_by(Order.id).limit(size).with_for_update()
    ).all()
    said = answers(row.id for row in found)
    for row in found:
        words = search.vector(row.title, row.text, row.address, *said[row.id])
        db.session.execute(update(Order).where(Order.id == row.id).values(search=words))
    return found[-1].id if found else None


def answers(order_ids: Iterable[int]) -> dict[int, list[str]]:
    """What was answered in some orders, by the order's id, newest first."""
    said = select(Event.order_id, Event.payload["public_reply"].astext).where(
        Event.order_id.in_(list(order_ids)), Event.payload["public_reply"].is_not(None)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for order_id, text in db.session.execute(said.order_by(Event.seq.desc())):
        if text:
            found[order_id].append(text)
    return found
