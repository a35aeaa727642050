"""Verbs of supervision (督办): beside the work, on a clock of its own."""

from __future__ import annotations

from datetime import datetime

from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act
from hotline.people.actors import Actor


def supervise(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Put an order under supervision; its unit has to report within the policy's time."""
    return act(order, Action.SUPERVISE, actor, now, version=version, reason=reason)


def feed_back(order: Order, actor: Actor, now: datetime, *, note: str, version: int | None = None) -> Event:
    """The unit tells the supervisor what has been done."""
    return act(order, Action.FEED_BACK, actor, now, version=version, note=note)
