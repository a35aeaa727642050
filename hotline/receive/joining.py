"""What an agent makes of a call about a matter that is known: appended, merged or linked, always because they say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import Intake, act, get_order
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import Actor
from hotline.transfer.duplicates import likeness
from hotline.transfer.linking import link
from hotline.transfer.merging import merge
from hotline.transfer.same_matter import Offer, because, matter_of


@dataclass(frozen=True, slots=True)
class Joining:
    """The order the agent has chosen, by its number, and what is to be made of it."""

    number: str
    offer: Offer


def joining(form: Mapping[str, str]) -> Joining | None:
    """What the agent has chosen; None where they chose nothing."""
    number, how = form.get("same", "").strip(), form.get("how", "")
    return Joining(number, Offer(how)) if number and how in list(Offer) else None


ADDS = frozenset({Offer.APPEND, Offer.REACTIVATE})  # no new order comes of these


def append(chosen: Joining, intake: Intake, actor: Actor, now: datetime) -> Order:
    """Add the caller's words to an order of their own (追加), or take it up again with them (重新激活).

    Raises Invalid where it is not theirs, or where a note could not carry what they ask for now.
    """
    with _said_of(chosen.number):
        order = get_order(chosen.number)
        if not intake.requester_phone or order.requester_phone != intake.requester_phone:
            raise Invalid.field("_", gettext("is another citizen's; merge or link instead"))
        if intake.secret and not order.secret:
            raise Invalid.field("_", gettext("is not secret, and this call is to be; link instead"))
        if intake.urgency is Urgency.URGENT and order.urgency is not Urgency.URGENT:
            raise Invalid.field("_", gettext("is not urgent, and this call is; merge or link instead"))
        words = "\n".join(filter(None, (intake.text, intake.address)))
        if chosen.offer is Offer.REACTIVATE:
            reactivate(order, actor, now, reason=gettext("The citizen calls again: %(words)s", words=words))
        else:
            act(order, Action.NOTE, actor, now, note=gettext("The citizen adds: %(words)s", words=words))
    return order


def reactivate(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Take a closed order up again (重新激活): the citizen says soon after that it is not settled.

    It goes back to its unit on a redo clock, and its closing counts as a false one. Raises Conflict once the policy's
    days are over: then it is a new order, linked with the old one.
    """
    return act(order, Action.REACTIVATE, actor, now, version=version, reason=reason)


def join(order: Order, chosen: Joining, actor: Actor, now: datetime) -> None:
    """Merge a new order into the one chosen, or link both; the reason says what speaks for it. Raises Invalid."""
    with _said_of(chosen.number):
        why = because(likeness(matter_of(order), matter_of(get_order(chosen.number))), logged=True)
        reason = gettext("Judged the same matter while the call was written down: %(why)s", why=gettext(", ").join(why))
        if chosen.offer is Offer.MERGE:
            merge(order, actor, now, master=chosen.number, reason=reason)
        else:
            link(order, actor, now, other=chosen.number, reason=reason)


@contextmanager
def _said_of(number: str) -> Iterator[None]:
    """What is wrong with the order chosen is said as a whole: the desk has no field for it, and keeps the call."""
    try:
        yield
    except Invalid as wrong:
        said = gettext("; ").join(str(text) for texts in wrong.errors.values() for text in texts)
        raise Invalid.field("_", f"{number} {said}") from wrong
    except (Conflict, NotFound) as wrong:
        raise Invalid.field("_", f"{number}: {wrong.message}") from wrong
