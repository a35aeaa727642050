"""Alarms: what the policy's triggers found, each once, and what was done about it.

An alarm that asks for supervision is carried out at once by the system, which is then the record of what was done.
Where nothing can be done with the order now, and for every other alarm, somebody settles it and says how.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from hotline.base.db import db
from hotline.base.errors import Conflict, HotlineError, Invalid, NotAllowed, NotFound
from hotline.base.i18n import DEFAULT, gettext, label, speaking
from hotline.handle.models import Alarm
from hotline.handle.supervision import escalate, supervise
from hotline.orders.holding import hold
from hotline.orders.models import Order
from hotline.orders.names import Names
from hotline.orders.queries import visible
from hotline.people.actors import SYSTEM, Actor
from hotline.people.roles import Permission
from hotline.policy import queries as policies
from hotline.policy.triggers import Does, Trigger

MOST_ORDERS = 200  # numbers kept with an alarm


@dataclass(frozen=True, slots=True)
class Found:
    """What a trigger found: about what, in which period, and the facts. See ``Alarm``."""

    subject: str
    period: str
    orders: list[str]
    unit: str | None = None
    order_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def fire(trigger: Trigger, found: Iterable[Found], now: datetime) -> int:
    """Raise the alarms that were not raised before, and do what the trigger says; return how many.

    Where it supervises, what somebody is at work on is left for the next sweep, which finds it again.
    """
    if trigger.does is Does.SUPERVISE:
        found = _free(found)
    rows = [
        {
            "rule": trigger.name,
            "subject": one.subject,
            "period": one.period,
            "policy_id": policies.policy_id_at(now),
            "unit_code": one.unit,
            "order_id": one.order_id,
            "fired_at": now,
            "facts": {**one.facts, "orders": one.orders[:MOST_ORDERS]},
        }
        for one in found
    ]
    if not rows:
        return 0
    statement = insert(Alarm).on_conflict_do_nothing(index_elements=["rule", "subject", "period"]).returning(Alarm.id)
    new = db.session.scalars(statement, rows).all()
    if trigger.does is Does.SUPERVISE:
        for alarm in db.session.scalars(select(Alarm).where(Alarm.id.in_(new)).order_by(Alarm.order_id)).all():
            _carry_out(alarm, trigger, now)
    return len(new)


def _free(found: Iterable[Found]) -> list[Found]:
    """Those whose orders nobody holds, held from now on: a sweep waits for nobody, so that nothing can lock it up."""
    found = list(found)
    orders = select(Order.id).where(Order.id.in_([one.order_id for one in found])).order_by(Order.id)
    held = set(db.session.scalars(orders.with_for_update(skip_locked=True)))
    return [one for one in found if one.order_id in held]


def _carry_out(alarm: Alarm, trigger: Trigger, now: datetime) -> None:
    """Put the order on the trigger's step, unless it stands there or above; where it cannot be, somebody has to look."""
    order, step = db.session.get_one(Order, alarm.order_id), trigger.supervision
    try:
        with db.session.begin_nested():
            hold(order)
            if step and order.supervision is None:
                supervise(order, SYSTEM, now, reason=trigger.basis, supervision=step, rule=trigger.name)
            elif step and order.supervision and step in order.supervision.above:
                escalate(order, SYSTEM, now, reason=trigger.basis, supervision=step)
    except HotlineError:
        return
    with speaking(DEFAULT):
        alarm.note = gettext("Under supervision: %(step)s", step=label(order.supervision))
        alarm.handled_by, alarm.handled_at = label(SYSTEM.role), now
    db.session.flush()


def settle(
    alarm: Alarm, actor: Actor, now: datetime, *, note: str, held_on: date | None = None, whom: str = ""
) -> None:
    """Settle an alarm: what was done. held_on, whom: of an interview, the day it was held and with whom.

    An interview that is not held is settled by the note alone, which says why. Raises Conflict where it is settled.
    """
    actor.require(Permission.SETTLE_ALARMS)
    db.session.refresh(alarm, with_for_update=True)
    if alarm.handled_at is not None:
        raise Conflict(gettext("This alarm has been settled already."))
    _check_held(alarm, now, held_on=held_on, whom=whom)
    if not note.strip():
        raise Invalid.field("note", gettext("say what was done"))
    alarm.note, alarm.handled_by, alarm.handled_at = note.strip(), actor.name, now
    alarm.held_on, alarm.whom = held_on, whom.strip() or None
    db.session.flush()


def _check_held(alarm: Alarm, now: datetime, *, held_on: date | None, whom: str) -> None:
    given = held_on is not None or bool(whom.strip())
    if given and trigger_of(alarm).does is not Does.INTERVIEW:
        raise Invalid.field("held_on", gettext("only an interview is held; leave it empty"))
    if given and (held_on is None or not whom.strip()):
        missing = "held_on" if held_on is None else "whom"
        raise Invalid.field(missing, gettext("say both on which day it was held and with whom"))
    if held_on is not None and held_on > policies.calendar_now().city_day(now):
        raise Invalid.field("held_on", gettext("give the day it was held, not one to come"))


def trigger_of(alarm: Alarm) -> Trigger:
    """The rule as it was when it fired."""
    return policies.policy(alarm.policy_id).trigger(alarm.rule)


# Reads


def alarms_for(actor: Actor, *, rule: str = "", settled: bool = False) -> Select[tuple[Alarm]]:
    """The alarms the actor may see, the latest first: a unit's people those about their units."""
    query = _seen(select(Alarm), actor).where(Alarm.handled_at.is_not(None) if settled else Alarm.handled_at.is_(None))
    if rule:
        query = query.where(Alarm.rule == rule)
    return query.options(joinedload(Alarm.order)).order_by(Alarm.fired_at.desc(), Alarm.id.desc())


def count_open(actor: Actor) -> dict[str, int]:
    """How many open alarms the actor sees, by rule."""
    counted: Any = select(Alarm.rule, func.count())
    query = _seen(counted, actor).where(Alarm.handled_at.is_(None))
    return dict(db.session.execute(query.group_by(Alarm.rule).order_by(Alarm.rule)).all())


def alarm_for(alarm_id: int, actor: Actor) -> Alarm:
    """One alarm; raise NotFound where the actor may not see it."""
    alarm: Alarm | None = db.session.scalar(_seen(select(Alarm).where(Alarm.id == alarm_id), actor))
    if alarm is None:
        raise NotFound(gettext("There is no such alarm."))
    return alarm


def orders_behind(alarm: Alarm, actor: Actor) -> Select[tuple[Order]]:
    """The orders behind an alarm, as far as the actor may see them, the latest first."""
    query = visible(select(Order).where(Order.number.in_(alarm.facts["orders"])), actor)
    return query.options(joinedload(Order.unit), joinedload(Order.category)).order_by(Order.number.desc())


def numbers_seen(alarms: Iterable[Alarm], actor: Actor) -> frozenset[str]:
    """Of the orders behind some alarms, the numbers of those the actor may see."""
    numbers = {number for alarm in alarms for number in alarm.facts["orders"]}
    return frozenset(db.session.scalars(visible(select(Order.number).where(Order.number.in_(numbers)), actor)))


def _seen(query: Select[Any], actor: Actor) -> Select[Any]:
    if not actor.may(Permission.SEE_REPORTS):
        raise NotAllowed(gettext("Your role does not allow this."))
    return query if actor.may(Permission.SEE_ALL_ORDERS) else query.where(Alarm.unit_code.in_(actor.units))


def about_words(alarm: Alarm, names: Names) -> str:
    """What an alarm of no single order is about: a topic with its place, a jump with its day, a unit with its month."""
    facts = alarm.facts
    if "place" in facts:
        district = names.districts.get(facts["district"], facts["district"])
        category = names.categories.get(facts["category"], facts["category"])
        return " · ".join(part for part in (facts["place"], district, category) if part)
    if "history" in facts:
        names_of = {"category": names.categories, "district": names.districts}.get(facts["of"], {})
        return f"{names_of.get(facts['code'], facts['code']) or gettext('The whole city')} · {facts['day']}"
    unit = names.units.get(alarm.unit_code or "", alarm.unit_code or "")
    return f"{unit} · {facts['month']}" if "month" in facts else unit
