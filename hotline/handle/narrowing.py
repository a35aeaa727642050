"""What an inbox may be narrowed by: all of it stands in the address, so that a colleague can be sent the link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, tuple_

from hotline.base.i18n import mark, name_members
from hotline.base.privacy import holds_phone
from hotline.base.time import midnight
from hotline.base.web import whole_number
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Order
from hotline.orders.queries import UNIT_CLOCKS, UNIT_WORK, is_overdue, runs_at
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import Actor
from hotline.people.queries import workers_for
from hotline.policy import queries as policies
from hotline.policy.counting import WORKING, add_worked
from hotline.policy.limits import Clock

PARTS_VIEW = "parts"  # of the inbox: what the unit has a part in, beside the one that leads
STEP_CLOCKS = (Clock.SIGN, Clock.CONTACT, Clock.REVIEW, Clock.PROGRESS)
INBOX_STATES = (*UNIT_WORK, State.RETURNING, State.REVIEWING)
LONGEST = 60  # characters of the words looked for


class Due(StrEnum):
    """What an inbox may be narrowed to by its clocks."""

    OVERDUE = "overdue"
    TODAY = "today"
    SOON = "soon"


class Mark(StrEnum):
    """What an order of an inbox may be marked by."""

    NEW = "new"
    URGED = "urged"
    AGAIN = "again"
    URGENT = "urgent"
    SUPERVISED = "supervised"
    MINE = "mine"
    NOBODYS = "nobodys"


name_members(
    {
        Due.OVERDUE: mark("A step is late"),
        Due.TODAY: mark("Due today"),
        Due.SOON: mark("Due soon"),
        Mark.NEW: mark("New since yesterday"),
        Mark.URGED: mark("Urged"),
        Mark.AGAIN: mark("To redo"),
        Mark.URGENT: mark("Urgent"),
        Mark.SUPERVISED: mark("Supervised"),
        Mark.MINE: mark("Mine"),
        Mark.NOBODYS: mark("Nobody's yet"),
    }
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks of their inbox. state: empty for all that is to do, or ``parts``. who: a colleague's login."""

    state: str = ""
    due: str = ""
    mark: str = ""
    category: str = ""
    district: str = ""
    unit: str = ""
    who: str = ""
    q: str = ""
    page: int = 1

    def address(self, **changes: str | int) -> dict[str, Any]:
        """The arguments of the address that asks for this, with some changed; the first page unless one is named."""
        other = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]  # names of fields, given by our templates
        said = {field.name: getattr(other, field.name) for field in fields(other)}
        if other.is_phone:
            del said["q"]
        return {name: value for name, value in said.items() if value and (name, value) != ("page", 1)}

    @property
    def is_phone(self) -> bool:
        """Whether a telephone number is looked for: none stands in an address, so it is not looked for here."""
        return holds_phone(self.q)

    @property
    def narrows(self) -> bool:
        """Whether anything but the state is asked for."""
        return bool(self.address(state=""))


def asked_of(given: Mapping[str, str], actor: Actor) -> Asked:
    """What an address asks for; what an inbox does not know is left alone."""
    said = {field.name: given.get(field.name, "").strip()[:LONGEST] for field in fields(Asked) if field.name != "page"}
    known = {
        "state": (*INBOX_STATES, PARTS_VIEW),
        "due": tuple(Due),
        "mark": tuple(Mark),
        "unit": tuple(actor.units),
    }
    for name, values in known.items():
        if said[name] not in values:
            said[name] = ""
    return Asked(**said, page=whole_number(given.get("page", "")) or 1)


def has_mark(one: Mark, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Whether an order bears a mark."""
    if one is Mark.NOBODYS:
        return _is_nobodys(actor)
    conditions: dict[Mark, Any] = {
        Mark.NEW: Order.dispatched_at >= yesterday(now),
        Mark.URGED: Order.urges > 0,
        Mark.AGAIN: Order.round > 1,
        Mark.URGENT: Order.urgency == Urgency.URGENT,
        Mark.SUPERVISED: Order.supervision.is_not(None),
        Mark.MINE: Order.handler_id == actor.user_id,
    }
    condition: ColumnElement[bool] = conditions[one]
    return condition


def _is_nobodys(actor: Actor) -> ColumnElement[bool]:
    """Whether nobody does an order of the actor's units: nobody was told to, or whoever was has left the unit since."""
    able = tuple_(Order.lead_unit, Order.handler_id).in_(workers_for(actor.units))
    return or_(Order.handler_id.is_(None), ~able)


def has_clock(due: Due, now: datetime) -> ColumnElement[bool]:
    """Whether a running clock of the unit, of the work or of a step, is due so."""
    return exists().where(Deadline.order_id == Order.id, is_due(due, now))


def is_due(due: Due, now: datetime, clocks: tuple[Clock, ...] = UNIT_CLOCKS + STEP_CLOCKS) -> ColumnElement[bool]:
    """Whether a clock of some runs and is late, ends today, or is due soon by the same count as its light."""
    if due is Due.OVERDUE:
        return is_overdue(now, clocks)
    is_theirs = and_(Deadline.ended_at.is_(None), Deadline.clock.in_(clocks), runs_at(now), Deadline.due_at >= now)
    if due is Due.TODAY:
        return and_(is_theirs, Deadline.due_at < _day_start(now, 1))
    calendar = policies.calendar_now()
    until = add_worked(now, calendar.day_length(calendar.city_day(now)), calendar)
    counts_working = Deadline.unit.in_(WORKING)
    soon = or_(
        and_(counts_working, Deadline.due_at <= until),
        and_(~counts_working, Deadline.due_at <= now + timedelta(days=1)),
    )
    return and_(is_theirs, soon)


def yesterday(now: datetime) -> datetime:
    """The first instant of the city's day before."""
    return _day_start(now, -1)


def _day_start(now: datetime, days: int) -> datetime:
    zone = policies.calendar_now().zone
    return midnight(now.astimezone(zone).date() + timedelta(days=days), zone)
