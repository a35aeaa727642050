"""Verbs of knowledge."""

from __future__ import annotations

from datetime import datetime

from hotline.knowledge.replying import stand_by
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act, ready
from hotline.people.actors import Actor


def answer_directly(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    public_reply: str,
    anyway: bool = False,
    version: int | None = None,
) -> Event:
    """Answer at once what needs no unit (直接答复). Raises Invalid where the answer is not to be sent so.

    anyway: send it although something was found in it that is only asked about.
    """
    ready(order, Action.ANSWER, actor, now, version=version)
    stood = stand_by(order, public_reply, actor, anyway=anyway)
    return act(order, Action.ANSWER, actor, now, version=version, public_reply=public_reply.strip(), **stood)
