"""Verbs of review: the unit's head signs a reply before it goes to the citizen (审核、审签), where the policy asks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hotline.base.errors import NotAllowed
from hotline.base.i18n import gettext
from hotline.handle.queries import reply_in_review
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act, ready
from hotline.people.actors import Actor

SAID = ("result", "truth", "public_reply", "unsolved_reason", "attachments")


def approve_reply(order: Order, actor: Actor, now: datetime, *, note: str = "", version: int | None = None) -> Event:
    """Sign the reply: it goes to the citizen as it was handed in, and counts as made then. Not by who wrote it."""
    ready(order, Action.APPROVE_REPLY, actor, now, version=version)
    handed_in = reply_in_review(order)
    if actor.user_id is not None and handed_in.actor_id == actor.user_id:
        raise NotAllowed(gettext("Nobody signs what they wrote themselves."))
    said: dict[str, Any] = {name: handed_in.payload.get(name) for name in SAID}
    return act(order, Action.APPROVE_REPLY, actor, now, version=version, note=note.strip(), **said)


def reject_reply(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Give the reply back to who works on it. The clock goes on as if it had never been handed in."""
    return act(order, Action.REJECT_REPLY, actor, now, version=version, reason=reason)
