"""The policy's triggers about orders, each one statement that finds what it has not fired for yet.

A round of work is the period of most: what is sent back to be redone may fire again. Days are working days, counted
as warnings count them: from the beginning of the so-many-th working day after.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from hotline.base.db import db
from hotline.base.time import DAY
from hotline.handle.alarms import Found, fire
from hotline.handle.models import COUNTS_ON, Alarm, Appeal, Appealed, Evaluation
from hotline.handle.supervision import WITH_UNIT
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.queries import UNIT_CLOCKS, runs_at
from hotline.people.roles import UNIT_ROLES
from hotline.policy import queries as policies
from hotline.policy.appeals import Scope
from hotline.policy.limits import Clock
from hotline.policy.triggers import Kind, Supervision, Trigger

# The unit is at work from these on, though somebody else took the step.
SETS_TO_WORK = (
    Action.REDO,
    Action.REACTIVATE,
    Action.REFUSE_RETURN,
    Action.GRANT_TIME,
    Action.REFUSE_TIME,
    Action.RESUME,
)
LOOKED_BACK = timedelta(days=30)  # evaluations older than this call for nothing any more
LATELY = timedelta(days=3)  # a citizen who told something again has done so since then
AT_ONCE = 500  # of one trigger in one sweep

ROUND = cast(Order.round, String)


def sweep_orders(now: datetime) -> int:
    """Fire the triggers about orders, by the policy in force; return how often."""
    triggers = policies.policy_at(now).triggers
    return sum(fire(trigger, list(_found(trigger, now)), now) for trigger in triggers if trigger.kind in FINDERS)


def _found(trigger: Trigger, now: datetime) -> Iterator[Found]:
    """Which are found first is left to the database: sorting would have it walk all orders, and a sweep follows soon."""
    rows = db.session.execute(FINDERS[trigger.kind](trigger, now).limit(AT_ONCE)).all()
    for order_id, number, unit, period, facts in sorted(rows, key=lambda row: row.id):
        said = dict(facts or {})
        yield Found(number, period, said.pop("orders", [number]), unit, order_id, said)


def _orders(trigger: Trigger, period: Any, **facts: Any) -> Select[Any]:
    """The orders a trigger has not fired for in a period, with facts about each."""
    fired = exists().where(Alarm.rule == trigger.name, Alarm.subject == Order.number, Alarm.period == period)
    said = func.jsonb_build_object(*(part for pair in facts.items() for part in pair))
    columns = (Order.id, Order.number, Order.lead_unit, period.label("period"), said.label("facts"))
    return select(*columns).where(~fired)


def working_days_before(days: int, now: datetime) -> datetime:
    """What happened before this instant did so at least so many working days ago."""
    calendar = policies.calendar_now()
    latest = calendar.rank(calendar.city_day(now) + DAY) - 1  # the number of the last working day, today's if it is one
    return calendar.instant(calendar.nth(latest - days + 1))


def _running(*clocks: Clock) -> ColumnElement[bool]:
    return and_(Deadline.order_id == Order.id, Deadline.clock.in_(clocks), Deadline.ended_at.is_(None))


def _overdue(trigger: Trigger, now: datetime) -> Select[Any]:
    query = _orders(trigger, ROUND, due_at=Deadline.due_at).join(Deadline, _running(*UNIT_CLOCKS))
    return query.where(Deadline.due_at <= working_days_before(trigger.days, now), Order.state.in_(WITH_UNIT))


def _stalled(trigger: Trigger, now: datetime) -> Select[Any]:
    """Being handled, on a clock that runs, and nothing by the unit for so long."""
    since = working_days_before(trigger.days, now)
    at_work = or_(Event.actor_role.in_(UNIT_ROLES), Event.action.in_(SETS_TO_WORK))
    moved = exists().where(Event.order_id == Order.id, Event.at >= since, at_work)
    runs = exists().where(_running(*UNIT_CLOCKS), runs_at(since))  # a pause that ran out must have done so before
    given = func.coalesce(Order.dispatched_at, Order.replied_at)  # what followed its master was never dispatched
    handled = (Order.state == State.HANDLING, given < since)
    return _orders(trigger, ROUND, since=since).where(*handled, runs, ~moved)


def _urged(trigger: Trigger, _: datetime) -> Select[Any]:
    return _orders(trigger, ROUND, urges=Order.urges).where(Order.urges >= trigger.count, Order.state.in_(WITH_UNIT))


def _slip_overdue(trigger: Trigger, now: datetime) -> Select[Any]:
    """The last step, unanswered. A reply that waits for its signature is an answer that is on its way."""
    query = _orders(trigger, cast(Deadline.id, String), due_at=Deadline.due_at)
    query = query.join(Deadline, _running(Clock.SUPERVISE))
    return query.where(Order.supervision == Supervision.RED, Deadline.due_at < now, Order.state != State.REVIEWING)


def _dissatisfied_again(trigger: Trigger, now: datetime) -> Select[Any]:
    """So many replies the citizen called unsolved or is not satisfied with, once the callback desk has decided."""
    earlier = aliased(Evaluation)
    times = (
        select(func.count())
        .where(earlier.order_id == Order.id, earlier.round <= Evaluation.round, _poor(earlier, now))
        .correlate(Order, Evaluation)
        .scalar_subquery()
    )
    query = _orders(trigger, cast(Evaluation.round, String), times=times)
    query = query.join(Evaluation, Evaluation.order_id == Order.id)
    query = query.where(COUNTS_ON.between(now - LOOKED_BACK, now), Evaluation.round >= trigger.count)
    return query.where(_poor(Evaluation, now), times >= trigger.count, Order.state != State.CALLBACK)


def _poor(said: Any, now: datetime) -> ColumnElement[bool]:
    """Not solved or not satisfied, and not left out on appeal."""
    excluded = exists().where(Appeal.order_id == said.order_id, Appeal.round == said.round)
    excluded = excluded.where(Appeal.scope == Scope.EVALUATION, Appeal.state == Appealed.NOT_COUNTED)
    worthless = [level.code for level in policies.policy_at(now).levels if not level.weight]
    return and_(said.reached.is_(True), or_(said.solved.is_(False), said.satisfaction.in_(worthless)), ~excluded)


def _repeated(trigger: Trigger, now: datetime) -> Select[Any]:
    """The newest of several orders of one citizen and category, where the citizen's last few have not fired yet.

    Secret orders are left out: that a citizen told of two would say who the secret one is from.
    """
    since = now - timedelta(days=trigger.days)
    other, newer, before = aliased(Order), aliased(Order), aliased(Order)
    told = (
        select(func.jsonb_agg(aggregate_order_by(other.number, other.number.desc())))
        .where(_same_citizen(other), other.received_at > since, other.received_at <= now, other.secret.is_(False))
        .correlate(Order)
        .scalar_subquery()
    )
    fired = exists().where(_same_citizen(before), Alarm.order_id == before.id)
    fired = fired.where(Alarm.rule == trigger.name, Alarm.fired_at > since)
    is_newest = ~exists().where(_same_citizen(newer), newer.id > Order.id, *_with_unit(newer))
    query = _orders(trigger, literal(""), orders=told).where(Order.received_at > now - LATELY, *_with_unit(Order))
    enough = (Order.requester_phone != "", func.jsonb_array_length(told) >= trigger.count)
    return query.where(*enough, is_newest, ~fired)


def _same_citizen(other: Any) -> ColumnElement[bool]:
    return and_(other.requester_phone == Order.requester_phone, other.category_code == Order.category_code)


def _with_unit(order: Any) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return order.state.in_(WITH_UNIT), order.secret.is_(False)


FINDERS: dict[Kind, Callable[[Trigger, datetime], Select[Any]]] = {
    Kind.OVERDUE: _overdue,
    Kind.STALLED: _stalled,
    Kind.URGED: _urged,
    Kind.SLIP_OVERDUE: _slip_overdue,
    Kind.DISSATISFIED_AGAIN: _dissatisfied_again,
    Kind.REPEATED: _repeated,
}
