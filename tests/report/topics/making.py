"""Makes orders of the matters in ``texts``, each by another citizen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from hotline.base.db import db
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.report.topics.models import TopicOrder
from tests.report import rows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SUPERVISOR = Actor(Role.SUPERVISOR, "督办员")
_phones = count(13_800_000_001)


def tell(at: datetime, said: tuple[str, str], **changes: Any) -> Order:
    """An order a citizen made of a title and a text."""
    given = {"requester_phone": str(next(_phones)), "district_code": "d01", "category_code": "060101"}
    return rows.order(dispatched=at, title=said[0], text=said[1], **{**given, **changes})


def tell_all(start: datetime, said: Iterable[tuple[str, str]], **changes: Any) -> list[Order]:
    """An order for each, an hour apart."""
    return [tell(start + n * HOUR, one, **changes) for n, one in enumerate(said)]


def topics_now() -> set[frozenset[int]]:
    """Which orders are together."""
    found: dict[int, set[int]] = {}
    for row in db.session.scalars(select(TopicOrder).where(TopicOrder.topic_id.is_not(None))):
        found.setdefault(row.topic_id or 0, set()).add(row.order_id)
    return {frozenset(orders) for orders in found.values()}
