"""Verbs of the ways out 出口: passed on at once, withdrawn, not accepted. Each keeps why, in words for the citizen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import NotAllowed
from hotline.base.i18n import DEFAULT, gettext, mark, speaking
from hotline.orders.holding import hold
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act
from hotline.orders.vocabulary import Exit, Service
from hotline.people.actors import Actor

# What the citizen is told where nobody writes anything better: the legal way (法定途径), or the reason.
ROUTES = {
    Exit.LITIGATION: mark("This matter is for the people's court: please bring an action there."),
    Exit.ARBITRATION: mark("This matter is for arbitration: please apply to the arbitration commission."),
    Exit.DISCIPLINE: mark("This matter is for discipline inspection: please report it on 12388."),
    Exit.RECONSIDERATION: mark(
        "This matter is for administrative reconsideration: please apply to the authority for reconsideration."
    ),
    Exit.DISCLOSURE: mark("This is a request for government information: please apply to the authority that holds it."),
    Exit.PETITION: mark("This matter is being dealt with as a petition: please wait for the answer given there."),
    Exit.SECRECY: mark("This matter touches secrets or others' privacy, which the hotline may not deal with."),
    Exit.MORALS: mark("What is asked for is against the law or public order, so that it cannot be done."),
    Exit.ELSEWHERE: mark("This matter belongs to another place: please call 12345 there, with its area code first."),
    Exit.INVALID: mark("We could not find out what you wanted to tell us: please call again if there is something."),
    Exit.HARASSMENT: mark("There was no appeal in this call. Calls that disturb the hotline are recorded."),
}


def put_through(
    order: Order, actor: Actor, now: datetime, *, service: Service, note: str, version: int | None = None
) -> Event:
    """Record that the caller was put through to 110, 119, 120 or 122 (即时转), and who took it there."""
    return act(order, Action.PUT_THROUGH, actor, now, version=version, service=service, note=note.strip())


def withdraw(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """End an order because its citizen wants it so (撤单)."""
    return act(order, Action.WITHDRAW, actor, now, version=version, reason=reason)


def propose_exit(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    exit: Exit,  # noqa: A002 # the trade's word, and the field's name in form and API
    reason: str,
    public_reply: str = "",
    version: int | None = None,
) -> Event:
    """Propose that an order is not accepted (不予受理). public_reply: what the citizen reads; empty for the usual words."""
    with speaking(DEFAULT):
        usual = gettext(ROUTES[exit])
    said = public_reply.strip() or usual
    return act(order, Action.PROPOSE_EXIT, actor, now, version=version, exit=exit, reason=reason, public_reply=said)


def confirm_exit(order: Order, actor: Actor, now: datetime, *, reason: str = "", version: int | None = None) -> Event:
    """Confirm that an order is not accepted. Raises NotAllowed for whoever proposed it: two people decide this."""
    hold(order)
    asked = exit_proposed(order)
    if asked and asked.actor_id is not None and asked.actor_id == actor.user_id:
        raise NotAllowed(gettext("You proposed it: somebody else has to confirm it."))
    reply = asked.payload["public_reply"] if asked else None
    return act(order, Action.CONFIRM_EXIT, actor, now, version=version, reason=reason, public_reply=reply)


def refuse_exit(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Accept an order after all: it goes back to those that wait for dispatch."""
    return act(order, Action.REFUSE_EXIT, actor, now, version=version, reason=reason)


def exit_proposed(order: Order) -> Event | None:
    """The latest proposal not to accept an order."""
    asked = select(Event).where(Event.order_id == order.id, Event.action == Action.PROPOSE_EXIT)
    return db.session.scalar(asked.order_by(Event.seq.desc()).limit(1))
