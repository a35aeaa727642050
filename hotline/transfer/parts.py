"""Verbs of parts: what the lead unit hands down its own tree (下派), what the center adds (加派), what comes back."""

from __future__ import annotations

from datetime import datetime

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.orders.clocks import WORK_CLOCKS
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order, OrderUnit
from hotline.orders.open_steps import parts_open
from hotline.orders.operations import act, ready
from hotline.orders.vocabulary import Part
from hotline.people.actors import Actor
from hotline.people.queries import require_units, units_under
from hotline.people.roles import UNIT_ROLES
from hotline.policy.clock import city_time
from hotline.policy.queries import calendar_now


def assign_part(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    part_unit: str,
    task: str,
    due: datetime,
    version: int | None = None,
) -> Event:
    """Give a unit a part of the work, due no later than the whole.

    The lead unit gives it to a unit of its own tree, the center to any. Raises Invalid for another unit's tree, a unit
    that has a part already, and a due time after the order's own.
    """
    ready(order, Action.ASSIGN, actor, now, version=version)
    part = Part.SUB if actor.role in UNIT_ROLES else Part.ASSIST
    require_units(part_unit, field="part_unit")
    if part_unit == order.lead_unit:
        raise Invalid.field("part_unit", gettext("leads the order; choose another unit"))
    if part is Part.SUB and part_unit not in units_under(order.lead_unit or ""):
        raise Invalid.field("part_unit", gettext("is not below your unit; ask the hotline center to add it"))
    if part_unit in parts_open(order):
        raise Invalid.field("part_unit", gettext("has a part in the order already"))
    _require_within_the_whole(order, due, now)
    event = act(
        order, Action.ASSIGN, actor, now, part=part, part_unit=part_unit, task=task.strip(), due=due.isoformat()
    )
    helper = next((one for one in order.helpers if one.unit_code == part_unit), None)
    if helper is None:
        helper = OrderUnit(order_id=order.id, unit_code=part_unit)
        order.helpers.append(helper)
    helper.part, helper.task = part, task.strip()
    db.session.flush()
    return event


def _require_within_the_whole(order: Order, due: datetime, now: datetime) -> None:
    """A part is due after now and no later than the whole; where that is overdue already, nothing holds it back."""
    if due <= now:
        raise Invalid.field("due", gettext("give a time that is still to come"))
    work = next((row for row in order.deadlines if row.clock in WORK_CLOCKS and row.ended_at is None), None)
    if work and now < work.due_at < due:
        latest = city_time(work.due_at, calendar_now(), ends=True)
        raise Invalid.field("due", gettext("the whole order is due %(latest)s; give no later time", latest=latest))


def finish_part(
    order: Order, actor: Actor, now: datetime, *, note: str, part_unit: str = "", version: int | None = None
) -> Event:
    """Hand in what a unit did for its part, or that it has read its copy.

    part_unit: whose part it is; may be left out by whoever works for one such unit only.
    """
    ready(order, Action.FINISH_PART, actor, now, version=version)
    theirs = parts_of(order, actor)
    if not part_unit and len(theirs) == 1:
        part_unit = theirs[0]
    if part_unit not in theirs:
        raise Invalid.field("part_unit", gettext("choose one of: %(units)s", units=", ".join(theirs)))
    return act(order, Action.FINISH_PART, actor, now, version=version, part_unit=part_unit, note=note.strip())


def parts_of(order: Order, actor: Actor) -> list[str]:
    """The units with a part still to do for which the actor works."""
    return [unit for unit in parts_open(order) if actor.handles(unit)]
