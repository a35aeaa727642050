"""What of an order is kept from whom. One place for pages and API.

Units never see who a secret order is from. And a unit must not know when, and by whom, its citizens are asked
about its work: nobody can then be talked round before the call.
"""

from __future__ import annotations

from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.people.actors import Actor
from hotline.people.roles import UNIT_ROLES, Role
from hotline.policy.limits import Clock

ASKING = frozenset({Action.ATTEMPT, Action.EVALUATE, Action.CLOSE})  # closed at the very moment of the call


def hides_requester(order: Order, reader: Actor) -> bool:
    """Whether a secret order's requester stays hidden from the reader."""
    return order.secret and reader.role in UNIT_ROLES


def works_on(order: Order, reader: Actor) -> bool:
    """Whether the reader has something to do with the citizen: of units, the lead and those with a part still to do."""
    if reader.role not in UNIT_ROLES or reader.handles(order.lead_unit):
        return True
    assisting = (row for row in order.deadlines if row.clock is Clock.ASSIST and row.ended_at is None)
    return any(reader.handles(row.unit_code) for row in assisting)


def sees_clock(deadline: Deadline, reader: Actor) -> bool:
    """Whether the reader is to see a clock: a unit sees no callback clock."""
    return reader.role not in UNIT_ROLES or deadline.clock is not Clock.CALLBACK


def sees_event(event: Event, reader: Actor) -> bool:
    """Whether the reader is to know of an event at all: a unit does not of calls nobody answered."""
    return reader.role not in UNIT_ROLES or event.action is not Action.ATTEMPT


def sees_when(event: Event, reader: Actor) -> bool:
    """Whether the reader is to know when it happened."""
    return reader.role not in UNIT_ROLES or event.action not in ASKING


def sees_asking(reader: Actor) -> bool:
    """Whether the reader is to know whose citizens are about to be asked, and when the others were: a unit is not."""
    return reader.role not in UNIT_ROLES


def sees_who(event: Event, reader: Actor) -> bool:
    """Whether the reader is to know by name who did it."""
    return reader.role not in UNIT_ROLES or event.actor_role is not Role.CALLBACK
