"""What orders teach: closed ones how texts are labelled, corrected ones where routing went wrong. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, or_, select

from hotline.base.db import db
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Event, Order
from hotline.transfer.proposing import Lesson

RECENT = 20_000  # the newest dispatched orders that are compared


def lessons(since: datetime) -> list[Lesson]:
    """The dispatched orders received since an instant, newest first, as many as are compared."""
    returned = select(Event.order_id).where(Event.action == Action.REDISPATCH)
    named = select(Event.payload["responsible"].astext).where(Event.order_id == Order.id, Event.action == Action.RULE)
    ruling = case((Order.ruled_at.is_not(None), named.scalar_subquery()), else_=None)
    query = (
        select(
            Order.id,
            Order.number,
            Order.title,
            Order.text,
            func.coalesce(Order.suggestion["categories"][0]["category"].astext, "").label("suggested"),
            Order.category_code.label("category"),
            func.coalesce(Order.district_code, "").label("district"),
            func.coalesce(Order.suggestion["assignment"]["lead"].astext, "").label("first"),
            func.coalesce(ruling, Order.lead_unit).label("unit"),
            or_(Order.id.in_(returned), Order.ruled_at.is_not(None)).label("ruled"),
            Order.received_at,
        )
        .where(Order.received_at >= since, Order.dispatched_at.is_not(None), Order.category_code.is_not(None))
        .order_by(Order.received_at.desc())
        .limit(RECENT)
    )
    return [Lesson(**row._mapping) for row in db.session.execute(query)]  # noqa: SLF001 # SQLAlchemy's public name


def closed_texts(subject: str, since: datetime | None = None) -> Iterable[tuple[str, str, str]]:
    """Title, text and label of the orders that are closed: what a city's own model is trained on.

    subject: ``category`` or ``nature``. A closed order's category has been seen by its unit, which did not return it;
    what was merged into another before any unit had it is left out.
    """
    label: Any = Order.category_code if subject == "category" else Order.nature
    seen = (Order.state == State.CLOSED, Order.dispatched_at.is_not(None), label.is_not(None))
    query: Select[Any] = select(Order.title, Order.text, label).where(*seen)
    if since is not None:
        query = query.where(Order.received_at >= since)
    for title, text, name in db.session.execute(query.order_by(Order.id).execution_options(yield_per=1000)):
        yield title, text, str(name)


def numbers_of(ids: Iterable[int]) -> dict[int, str]:
    """The numbers of some orders, by id."""
    query = select(Order.id, Order.number).where(Order.id.in_(list(ids)))
    return {row.id: row.number for row in db.session.execute(query)}
