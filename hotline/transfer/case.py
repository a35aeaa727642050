"""One order as whoever decides where it goes reads it: what the choice rests on, and both sides of a return or dispute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.names import Names
from hotline.orders.open_steps import open_steps
from hotline.orders.queries import order_for
from hotline.orders.sheet import next_clock, sheet
from hotline.orders.suggested import Suggested
from hotline.orders.timeline import Entry, entries
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.transfer.catalogue_queries import catalogue_row
from hotline.transfer.models import CatalogueRow
from hotline.transfer.queries import routing
from hotline.transfer.suggestion import why_queued
from hotline.transfer.waiting import DECIDED

MOVES = (
    *(Action.DISPATCH, Action.REQUEST_RETURN, Action.REDISPATCH, Action.REFUSE_RETURN),
    *(Action.DISPUTE, Action.RULE, Action.RULE_MOVES),
)
SENT = (Action.DISPATCH, Action.REDISPATCH, Action.RULE_MOVES)
ASKED = (Action.REQUEST_RETURN, Action.DISPUTE)
DECISIONS = (Action.REDISPATCH, Action.REFUSE_RETURN, Action.RULE, Action.RULE_MOVES)


@dataclass(frozen=True, slots=True)
class Case:
    """Both sides of a return or a dispute.

    sent: the dispatch that gave it to the unit that has it; row and row_unit: what the catalogue says of this matter
    and place now, None and empty where nothing; asked: what that unit says against it. other: the unit it says is responsible; theirs:
    what that one said against having the order earlier. moves: all that was said before, newest first.
    """

    sent: Event | None
    row: CatalogueRow | None
    row_unit: str
    asked: Event | None
    other: str
    theirs: Event | None
    moves: list[Entry]


def case_of(order: Order, actor: Actor, names: Names) -> Case:
    """Both sides of whose an order is."""
    asked = _last(order, ASKED)
    other = (asked.payload.get("proposed_unit") if asked else None) or ""
    row, row_unit = _catalogue_now(order, names)
    earlier = [event for event in order.events if event.action in MOVES and event is not asked]
    return Case(
        sent=_last(order, SENT),
        row=row,
        row_unit=row_unit,
        asked=asked,
        other=names.units.get(other, other),
        theirs=_said_by(order, other),
        moves=entries(order, reversed(earlier), actor, names),
    )


def case_sheet(number: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything the drawer of an order shows whoever decides where it goes."""
    order = order_for(number, actor)
    shown = sheet(order, actor, now)
    deciding = [step.action for step in open_steps(order, actor, now) if step.action in DECISIONS]
    return {
        **shown,
        "case": case_of(order, actor, shown["names"]),
        "leads": _leads(order, shown["suggested"]),
        "row": catalogue_row(shown["suggested"].row_id),
        "doubt": why_queued(order, policies.policy(order.policy_id).auto_confidence),
        "clock": next_clock(order, actor, DECIDED),
        "deciding": deciding,
        "on_desk": True,
        "back": "",
    }


def _last(order: Order, actions: tuple[Action, ...]) -> Event | None:
    return next((event for event in reversed(order.events) if event.action in actions), None)


def _catalogue_now(order: Order, names: Names) -> tuple[CatalogueRow | None, str]:
    """The row the catalogue has for the order's matter and place now, and the unit it comes to."""
    assigned = routing().catalogue.assign(order.category_code or "", order.district_code, None)
    if assigned is None:
        return None, ""
    return catalogue_row(assigned.row_id), names.units.get(assigned.lead, assigned.lead)


def _leads(order: Order, suggested: Suggested) -> dict[str, str]:
    """The unit each category that was suggested comes to at the order's place; none where the catalogue has none."""
    assign = routing().catalogue.assign
    found = {guess.code: assign(guess.code, order.district_code, None) for guess in suggested.guesses}
    return {code: assigned.lead for code, assigned in found.items() if assigned}


def _said_by(order: Order, unit: str) -> Event | None:
    """What a unit said against having the order while it had it."""
    holder = ""
    said = None
    for event in order.events:
        if event.action in ASKED and holder == unit:
            said = event
        holder = event.payload["unit"] if event.action in SENT else holder
    return said if unit else None
