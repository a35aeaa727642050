"""Whose an order was, and where it stood, at an instant that is past: what its log says."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, null, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.policy import queries as policies
from hotline.policy.counting import add_working
from hotline.policy.document import Policy
from hotline.policy.limits import Clock
from hotline.report.measure import MOMENT, Expression, Frame

MOVES = (Action.REDISPATCH, Action.RULE_MOVES)  # steps that take an order from the unit it was sent to


def is_step(entity: Any, *actions: Action) -> ColumnElement[bool]:
    """Whether an event is one of some steps, said so that an index of these steps serves."""
    wanted: ColumnElement[bool] = entity.action.in_([literal(one.value, literal_execute=True) for one in actions])
    return wanted


def lead_at(cutoff: datetime) -> ColumnElement[Any]:
    """The unit an order was with at a cut-off, None before its dispatch."""
    moved = aliased(Event)
    since = select(moved.order_id).where(is_step(moved, *MOVES), moved.at > cutoff)
    then = case((Order.id.in_(since), _sent_by(Order.id, literal(cutoff), Order.lead_unit)), else_=Order.lead_unit)
    return case((Order.dispatched_at > cutoff, null()), else_=then)


def state_at(cutoff: datetime) -> ColumnElement[Any]:
    """The state an order was in: the present one, or where something happened later, what its log says."""
    step, later = aliased(Event), aliased(Event)
    changed = select(later.order_id).where(later.at > cutoff)
    states = select(step.to_state).where(step.order_id == Order.id, step.at <= cutoff).order_by(step.seq.desc())
    then = func.coalesce(states.limit(1).correlate(Order).scalar_subquery(), Order.state)
    return case((Order.id.in_(changed), then), else_=Order.state)


def due_unit(due: InstrumentedAttribute[datetime]) -> Expression:
    """The unit a clock ran for when it fell due, or until it ended, or at the cut-off, whichever came first.

    A unit that is sent what is overdue already is not the one that let it become so.
    """

    def unit(frame: Frame) -> ColumnElement[Any]:
        # None falls due before the period, none is seen later than the cut-off: older moves change nothing.
        since, step = min(frame.period.start, frame.cutoff), aliased(Event)
        moved = select(step.order_id).where(is_step(step, *MOVES), step.at > since)
        then = func.least(due, func.coalesce(Deadline.ended_at, due), frame.cutoff)
        had = _sent_by(Deadline.order_id, then, Deadline.unit_code)
        return case((Deadline.order_id.in_(moved), had), else_=Deadline.unit_code)

    return unit


def _sent_by(
    order_id: InstrumentedAttribute[int], instant: ColumnElement[Any], present: InstrumentedAttribute[str | None]
) -> ColumnElement[Any]:
    """The unit an order was last sent to by an instant, as its log says; the present one where it says nothing."""
    step = aliased(Event)
    sent = step.action.in_([Action.DISPATCH, *MOVES])
    units = select(step.payload["unit"].astext).where(step.order_id == order_id, sent, step.at <= instant)
    return func.coalesce(units.order_by(step.seq.desc()).limit(1).scalar_subquery(), present)


# What time has run out


def ran_out(clock: Clock, cutoff: datetime, policy: Policy) -> datetime:
    """The last instant such that what began by then had had the time of a limit before the cut-off.

    By the longest time the policy gives; where it sets no limit, none is to be waited for.
    """
    limits = [limit for limit in policy.limits if limit.clock is clock]
    calendar, counting = policies.calendar_now(), policy.counting

    def is_over(began: datetime) -> bool:
        ends = (add_working(began, limit.amount, limit.unit, calendar, counting).at for limit in limits)
        return max(ends, default=began) < cutoff

    first, last, step = cutoff - MOMENT, cutoff, timedelta(days=1)
    if is_over(first):
        return first
    while not is_over(first):
        first, last, step = first - step, first, step * 2
    # Found by halving: what begins later never ends sooner, and no rule of counting need be turned round.
    while last - first > MOMENT:
        middle = first + (last - first) // 2
        first, last = (middle, last) if is_over(middle) else (first, middle)
    return first


def time_of(clock: Clock, policy: Policy) -> Any:
    """What ``ran_out`` reads."""
    limits = sorted((limit.amount, limit.unit.value) for limit in policy.limits if limit.clock is clock)
    return limits, str(policy.counting), policies.calendar_id()
