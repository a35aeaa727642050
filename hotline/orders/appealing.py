"""What of an order counts against a unit and may still be appealed against (考核申诉), by its clocks and its log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from hotline.base.db import db
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.policy import queries as policies
from hotline.policy.appeals import Scope
from hotline.policy.calendar import TimeUnit, add_working
from hotline.policy.limits import Clock

Against = tuple[Scope, int]  # what counts against a unit; of an answer of the citizen, in which round


def may_appeal(order: Order, now: datetime) -> bool:
    """Whether something counts against a unit, and the policy's time to appeal against it is not over."""
    policy = policies.policy(order.policy_id)
    if not policy.appeals.days:
        return False
    if order.closed_at is not None:
        calendar = policies.calendar_now()
        last = add_working(order.closed_at, policy.appeals.days, TimeUnit.WORKING_DAYS, calendar, policy.counting)
        if now > last.at:
            return False
    return bool(counts_against(order))


def counts_against(order: Order) -> list[Against]:
    """What counts against a unit and has not been appealed against: the latest answer before the earlier ones."""
    late = any(row.clock is Clock.HANDLE and row.ended_late for row in order.deadlines)
    found: list[Against] = [(Scope.DEADLINE, 1)] if late else []
    said = select(Event).where(Event.order_id == order.id, Event.action.in_([Action.EVALUATE, Action.APPEAL]))
    events = list(db.session.scalars(said.order_by(Event.seq.desc())))
    for event in events:
        said_so = event.payload
        if event.action is Action.EVALUATE and not is_content(order, said_so["solved"], said_so["satisfaction"]):
            found.append((Scope.EVALUATION, said_so.get("round", 1)))
    before = {
        (event.payload["scope"], event.payload.get("round", 1)) for event in events if event.action is Action.APPEAL
    }
    return [one for one in found if one not in before]


def is_content(order: Order, solved: bool | None, satisfaction: str | None) -> bool:  # noqa: FBT001 # an answer
    """Whether the citizen said that it is solved, and a level that counts in full."""
    weights = policies.policy(order.policy_id).weights
    return solved is True and weights.get(satisfaction or "", 0.0) == 1.0
