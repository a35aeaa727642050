"""Whether a citizen can rate, by their own link or on the page of their order, and what they are shown then."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.handle.operations import current_evaluation
from hotline.handle.queries import latest_reply
from hotline.orders.appealing import is_content
from hotline.orders.lifecycle import ENDED_STATES, State
from hotline.orders.models import Order
from hotline.orders.names import level_names


class Rating(StrEnum):
    """Whether a citizen can rate now."""

    EARLY = "early"
    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"


def order_by_token(token: UUID) -> Order:
    """The order a citizen's own link leads to; raise NotFound."""
    order = db.session.scalar(select(Order).where(Order.rating_token == token))
    if order is None:
        raise NotFound(gettext("This link leads nowhere. Please check that it is complete."))
    return order


def rating_view(order: Order) -> dict[str, Any]:
    """What the citizen is shown to rate by."""
    asked = current_evaluation(order)
    return {
        "order": order,
        "content": asked is not None and is_content(order, asked.solved, asked.satisfaction),
        "reply": latest_reply(order),
        "standing": standing(order),
        "levels": level_names(order.policy_id),
    }


def standing(order: Order) -> Rating:
    """Whether the citizen can rate now, has rated, or has to wait."""
    asked = current_evaluation(order)
    if asked is not None and asked.solved is not None:
        return Rating.DONE
    if order.state in ENDED_STATES:
        return Rating.CLOSED
    return Rating.OPEN if order.state is State.CALLBACK else Rating.EARLY
