"""催办: somebody presses the unit to get on with an order. It stays where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.i18n import gettext
from hotline.base.time import DAY
from hotline.orders.holding import hold
from hotline.orders.lifecycle import Action, find
from hotline.orders.models import Event, Order
from hotline.orders.operations import act
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies


def urge(order: Order, actor: Actor, now: datetime, *, note: str, version: int | None = None) -> Event:
    """Urge the unit: who presses for it and what they say. Raises Conflict for a citizen's second of a working day."""
    hold(order)
    if actor.role is Role.CITIZEN and not citizen_may_urge(order, now):
        raise Conflict(gettext("It has been urged today already; the office knows of it."))
    return act(order, Action.URGE, actor, now, version=version, note=note.strip())


def citizen_may_urge(order: Order, now: datetime) -> bool:
    """Whether a citizen can urge now: a unit has the order, and no citizen has urged since this working day began."""
    return find(order.state, Action.URGE) is not None and urged(order, now) is None


@dataclass(frozen=True, slots=True)
class Urged:
    """When a citizen has urged last, and the day from which one may again."""

    at: datetime
    again: date


def urged(order: Order, now: datetime) -> Urged | None:
    """The urging by a citizen since this working day began; None where there is none."""
    by_citizen = select(func.max(Event.at)).where(
        Event.order_id == order.id, Event.action == Action.URGE, Event.actor_role == Role.CITIZEN
    )
    last = db.session.scalar(by_citizen)
    if last is None or _working_day(last) < _working_day(now):
        return None
    return Urged(last, policies.calendar_now().nth(_working_day(now) + 1))


def _working_day(instant: datetime) -> int:
    """The number of the working day an instant lies in; of a day off, the one before it."""
    calendar = policies.calendar_now()
    return calendar.rank(calendar.city_day(instant) + DAY) - 1
