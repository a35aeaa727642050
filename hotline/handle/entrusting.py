"""Who in a unit does an order (交办): said by anybody of the unit, for one order or for several."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.orders.bulk import Refusal, each
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act, ready
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.queries import people_of, units_above


def colleagues(order: Order, actor: Actor) -> list[User]:
    """To whom of their unit somebody can give an order: whoever can work on it."""
    return people_of(units_above(order.lead_unit or "") & actor.units)


def entrust(order: Order, actor: Actor, now: datetime, *, person: str, version: int | None = None) -> Event:
    """Say who in the lead unit does the order. person: their login; raise Invalid for somebody who cannot work on it."""
    ready(order, Action.ENTRUST, actor, now, version=version)
    user = next((one for one in colleagues(order, actor) if one.login == person), None)
    if user is None:
        raise Invalid.field("person", gettext("is nobody of the unit that has the order; choose one from the list"))
    return act(order, Action.ENTRUST, actor, now, version=version, person=user.id, person_name=user.name)


def entrust_many(picked: Mapping[str, int], person: str, actor: Actor, now: datetime) -> list[Refusal]:
    """Give several orders (number → version read) to a colleague, each for itself; return those it could not be done with."""
    return each(picked, actor, lambda order, version: entrust(order, actor, now, person=person, version=version))
