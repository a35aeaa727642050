"""What waits for a dispatcher, row by row: what is suggested, and why it was not sent on without a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from hotline.base.db import db
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.names import Names
from hotline.orders.sheet import next_clock
from hotline.orders.suggested import Suggested, read_suggestion
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.transfer.catalogue_queries import catalogue_rows
from hotline.transfer.models import CatalogueRow
from hotline.transfer.suggestion import Doubt, why_queued

# What decisions on where an order goes race against; the unit's clocks run on meanwhile.
DECIDED = (Clock.DISPATCH, Clock.RETURN_REVIEW, Clock.RULING)
ASKED = (Action.REQUEST_RETURN, Action.PROPOSE_EXIT)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order in the queue.

    row: the row of the dispatch catalogue the suggestion rests on; None where it rests on none.
    fits: whether the suggestion can be taken as it is. doubt: why nobody took it so far; None where something
    else held it up. asked: the unit's request, where it wants to hand the order back.
    """

    order: Order
    suggested: Suggested
    row: CatalogueRow | None
    fits: bool
    doubt: Doubt | None
    clock: Deadline | None
    asked: Event | None
    proposed: str


def waiting_rows(orders: Iterable[Order], actor: Actor) -> list[Waiting]:
    """The rows of the queue for some orders."""
    orders, names = list(orders), Names()
    asked = return_requests(order.id for order in orders)
    suggestions = [read_suggestion(order.suggestion, names) for order in orders]
    rows = catalogue_rows(suggested.row_id for suggested in suggestions)
    return [
        _row(order, actor, names, suggested, rows.get(suggested.row_id or 0), asked.get(order.id))
        for order, suggested in zip(orders, suggestions, strict=True)
    ]


def _row(
    order: Order, actor: Actor, names: Names, suggested: Suggested, row: CatalogueRow | None, asked: Event | None
) -> Waiting:
    proposed = (asked.payload.get("proposed_unit") if asked else None) or ""
    return Waiting(
        order,
        suggested,
        row,
        fits=suggested.fits(order),
        doubt=why_queued(order, policies.policy(order.policy_id).auto_confidence),
        clock=next_clock(order, actor, DECIDED),
        asked=asked,
        proposed=names.units.get(proposed, proposed),
    )


def return_requests(order_ids: Iterable[int]) -> dict[int, Event]:
    """The latest request to hand an order back, or not to accept it, by the order's id."""
    return _latest(order_ids, ASKED)


def arguments(order_ids: Iterable[int]) -> dict[int, Event]:
    """What a unit disputes, by the order's id."""
    return _latest(order_ids, (Action.DISPUTE,))


def _latest(order_ids: Iterable[int], actions: tuple[Action, ...]) -> dict[int, Event]:
    wanted = select(Event).where(Event.order_id.in_(list(order_ids)), Event.action.in_(actions))
    return {event.order_id: event for event in db.session.scalars(wanted.order_by(Event.seq))}
