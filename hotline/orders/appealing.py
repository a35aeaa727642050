"""What of an order counts against a unit and may still be appealed against (考核申诉), by its clocks and its log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from hotline.base.db import db
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.policy import queries as policies
from hotline.policy.appeals import Scope
from hotline.policy.counting import TimeUnit, add_working
from hotline.policy.limits import Clock

Against = tuple[Scope, int]  # what counts against a unit; of an answer of the citizen, in which round


def may_appeal(order: Order, now: datetime) -> bool:
    """Whether something counts against a unit, and the policy's time to appeal against it is not over."""
    policy = policies.policy(order.policy_id)
    if not policy.appeals.days:
        return False
    return bool(appealable(order, now))


def appealable(order: Order, now: datetime) -> list[Against]:
    """What may still be appealed against: the policy's days run from the first closing after it."""
    policy, calendar = policies.policy(order.policy_id), policies.calendar_now()
    closings = select(Event.at).where(Event.order_id == order.id, Event.action == Action.CLOSE)
    closed = list(db.session.scalars(closings.order_by(Event.seq)))

    def in_time(at: datetime) -> bool:
        first = next((one for one in closed if one >= at), None)
        if first is None:
            return True
        return now <= add_working(first, policy.appeals.days, TimeUnit.WORKING_DAYS, calendar, policy.counting).at

    return [one for one, at in counts_against(order).items() if in_time(at)]


def counts_against(order: Order) -> dict[Against, datetime]:
    """What counts against a unit and has not been appealed against, and since when: the latest answer first."""
    late = [row.ended_at for row in order.deadlines if row.clock is Clock.HANDLE and row.ended_late]
    found: dict[Against, datetime] = {(Scope.DEADLINE, 1): at for at in late[:1] if at}  # noqa: B035 # at most one
    appealed: set[Against] = set()
    said = select(Event).where(Event.order_id == order.id, Event.action.in_([Action.EVALUATE, Action.APPEAL]))
    for event in db.session.scalars(said.order_by(Event.seq.desc())):
        turn = event.payload.get("round", 1)
        if event.action is Action.APPEAL:
            appealed.add((Scope(event.payload["scope"]), turn))
        elif not is_content(order, event.payload["solved"], event.payload["satisfaction"]):
            found[Scope.EVALUATION, turn] = event.at
    return {one: at for one, at in found.items() if one not in appealed}


def is_content(order: Order, solved: bool | None, satisfaction: str | None) -> bool:  # noqa: FBT001 # an answer
    """Whether the citizen said that it is solved, and a level that counts in full."""
    weights = policies.policy(order.policy_id).weights
    return solved is True and weights.get(satisfaction or "", 0.0) == 1.0
