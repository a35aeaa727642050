"""What the pages of supervision show: the orders under supervision, and the alarms with what each is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.handle.alarms import about_words, alarms_for, count_open, numbers_seen, orders_behind, trigger_of
from hotline.handle.models import Alarm
from hotline.handle.queries import running
from hotline.orders.models import Deadline, Order
from hotline.orders.names import Names
from hotline.orders.queries import is_overdue, visible
from hotline.orders.sight import sees_asking
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.policy.triggers import Kind, Supervision, Trigger
from hotline.policy.words import percent, trigger_does, trigger_title, triggered_when

# The highest step first: that is where somebody looks first.
RUNG = case({step: at for at, step in enumerate(Supervision)}, value=Order.supervision)
RUNNING = and_(Deadline.order_id == Order.id, Deadline.clock == Clock.SUPERVISE, Deadline.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class Line:
    """An alarm as its reader sees it. at: None where the reader is to know only the day, which is ``day``.

    title, when, does: the rule in words. about: whom or what. counted: what was counted beside the orders behind it.
    """

    alarm: Alarm
    trigger: Trigger
    title: str
    about: str
    counted: str
    when: str
    does: str
    at: datetime | None
    day: str

    @property
    def behind(self) -> int:
        """How many orders are behind it."""
        return len(self.alarm.facts["orders"])

    @property
    def found(self) -> str:
        """What was found: what was counted, or else how many orders, where there is more than one."""
        return self.counted or (gettext("%(n)s orders", n=self.behind) if self.behind > 1 else "")


def supervised(actor: Actor, step: Supervision | None) -> Select[tuple[Order]]:
    """The orders under supervision the actor may see: the highest step first, then what is due first."""
    query = visible(select(Order), actor).where(Order.supervision.is_not(None))
    if step:
        query = query.where(Order.supervision == step)
    clocks = selectinload(Order.deadlines.and_(Deadline.ended_at.is_(None)))
    query = query.outerjoin(Deadline, RUNNING).options(clocks, joinedload(Order.unit))
    return query.order_by(RUNG.desc(), Deadline.due_at.nulls_last(), Order.id)


def slips_late(actor: Actor, now: datetime) -> Select[tuple[Order]]:
    """The orders under supervision whose report is late."""
    return supervised(actor, None).where(is_overdue(now, (Clock.SUPERVISE,)))


def count_slips_late(actor: Actor, now: datetime) -> int:
    """How many reports on orders under supervision are late."""
    return page_of(slips_late(actor, now), size=1).total


def count_supervised(actor: Actor) -> dict[Supervision, int]:
    """How many orders the actor sees on each step of supervision."""
    counted: Any = select(Order.supervision, func.count())
    query = visible(counted, actor).where(Order.supervision.is_not(None)).group_by(Order.supervision)
    found: dict[Supervision, int] = dict(db.session.execute(query).all())
    return {step: found.get(step, 0) for step in Supervision}


def count_waiting_here(actor: Actor) -> int:
    """What waits at the desk of supervision: alarms for those who settle them, supervised orders for units."""
    if actor.may(Permission.SETTLE_ALARMS):
        return sum(count_open(actor).values())
    return sum(count_supervised(actor).values())


def supervision_view(actor: Actor, asked: Mapping[str, str], page: int, now: datetime) -> dict[str, Any]:
    """The list of orders under supervision, narrowed to a step, or to those whose report is late."""
    late = asked.get("late") == "1"
    step = None if late else next((one for one in Supervision if one == asked.get("step")), None)
    found = page_of(slips_late(actor, now) if late else supervised(actor, step), page)
    return {
        "page": found,
        "rows": [(order, running(order, (Clock.SUPERVISE,))) for order in found.rows],
        "counts": count_supervised(actor),
        "step": step,
        "late": late,
        "count_late": count_slips_late(actor, now),
        "now": now,
    }


def alarms_view(actor: Actor, asked: Mapping[str, str], page: int, now: datetime) -> dict[str, Any]:
    """The list of alarms, open or settled, narrowed to a rule."""
    rule, settled = asked.get("rule", ""), asked.get("settled") == "1"
    found = page_of(alarms_for(actor, rule=rule, settled=settled), page)
    counts = count_open(actor)
    return {
        "page": found,
        "lines": lines(found.rows, actor),
        "counts": counts,
        "titles": {trigger.name: trigger_title(trigger) for trigger in policies.policy_at(now).triggers},
        "rule": rule,
        "settled": settled,
        "open_alarms": sum(counts.values()),
    }


def alarm_view(alarm: Alarm, actor: Actor, page: int) -> dict[str, Any]:
    """One alarm with the orders behind it."""
    (line,) = lines([alarm], actor)
    return {
        "line": line,
        "alarm": alarm,
        "trigger": line.trigger,
        "page": page_of(orders_behind(alarm, actor), page),
        "may_settle": actor.may(Permission.SETTLE_ALARMS) and alarm.handled_at is None,
    }


def lines(alarms: Iterable[Alarm], reader: Actor) -> list[Line]:
    """Alarms in words. A unit is not to know at which moment its citizen was asked, so it is told the day."""
    alarms, names, zone = list(alarms), Names(), policies.calendar_now().zone
    seen = numbers_seen(alarms, reader)
    return [
        Line(
            alarm=alarm,
            trigger=(trigger := trigger_of(alarm)),
            title=trigger_title(trigger),
            about=_about(alarm, names, seen),
            counted=_counted(alarm, trigger),
            when=triggered_when(trigger),
            does=trigger_does(trigger),
            at=alarm.fired_at if sees_asking(reader) else None,
            day=alarm.fired_at.astimezone(zone).date().isoformat(),
        )
        for alarm in alarms
    ]


def _about(alarm: Alarm, names: Names, seen: frozenset[str]) -> str:
    if alarm.order is not None:
        return alarm.order.title if alarm.order.number in seen else gettext("An order that another unit has by now")
    return about_words(alarm, names)


def _counted(alarm: Alarm, trigger: Trigger) -> str:
    facts = alarm.facts
    if trigger.kind is Kind.JUMP:
        history = gettext(", ").join(str(n) for _, n in sorted(facts["history"].items()))
        return gettext(
            "%(n)s orders; in the weeks before: %(history)s; more than %(limit)s is no chance",
            n=facts["count"],
            history=history,
            limit=facts["limit"],
        )
    if trigger.kind is Kind.UNSOLVED_IN_MONTH:
        unsolved = facts["denominator"] - facts["numerator"]
        return gettext("%(n)s of %(all)s not solved", n=unsolved, all=facts["denominator"])
    if facts.get("denominator"):
        rate = percent(round(facts["weighted"] / facts["denominator"], 3))
        return f"{rate} · {facts['numerator']} / {facts['denominator']}"
    return gettext("urged %(n)s×", n=facts["urges"]) if "urges" in facts else ""
