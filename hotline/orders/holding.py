"""Two at one order: who changes it holds it, and whoever has read an older one is told."""

from __future__ import annotations

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Stale
from hotline.base.i18n import gettext
from hotline.orders.models import Order


def hold(order: Order) -> None:
    """Hold the order until the transaction ends, and read it again if somebody changed it meanwhile."""
    present = db.session.scalar(select(Order.version).where(Order.id == order.id).with_for_update())
    if present != order.version:
        for deadline in order.deadlines:
            db.session.expire(deadline)  # whoever holds one must not go on with what it was
        db.session.refresh(order)


def require_as_read(order: Order, version: int | None) -> None:
    """Raise Stale where the order is no longer the version that was read, if one is named. It is not held by this."""
    if version is not None and version != order.version:
        raise Stale(
            gettext("Somebody has changed this order meanwhile. Look at what is new, then try again."), order.version
        )
