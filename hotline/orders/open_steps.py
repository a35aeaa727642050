"""Which steps are open to somebody with an order now: what the table allows, and there is something they are for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hotline.orders.appealing import may_appeal
from hotline.orders.clocks import is_part, standing
from hotline.orders.lifecycle import ENDED_STATES, Action, Step, choices
from hotline.orders.models import Order
from hotline.orders.vocabulary import Ask
from hotline.people.actors import Actor
from hotline.people.queries import units_under
from hotline.people.roles import UNIT_ROLES, Role
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.policy.triggers import Supervision


def is_open(action: Action, order: Order, actor: Actor, now: datetime) -> bool:
    """Whether there is something a step is for, where the table alone does not tell: a request, a pause, a slip."""
    running = [row for row in order.deadlines if row.ended_at is None]
    clocks = {row.clock for row in running}
    supervised = Clock.SUPERVISE in clocks
    policy = policies.policy(order.policy_id)
    is_argued = order.disputed_at is not None
    asks: dict[Action, Callable[[], bool]] = {
        Action.REQUEST_RETURN: lambda: not (is_argued or order.ruled_at) and order.returns < policy.most_returns,
        Action.DISPUTE: lambda: not (is_argued or order.ruled_at),
        Action.RULE: lambda: is_argued,
        Action.RULE_MOVES: lambda: is_argued,
        Action.REPORT_PROGRESS: lambda: Clock.PROGRESS in clocks,
        Action.REACTIVATE: lambda: may_be_taken_up(order, now),
        Action.APPEAL: lambda: may_appeal(order, now),
        Action.REVIEW_APPEAL: lambda: order.appeals_new > 0,
        Action.DECIDE_APPEAL: lambda: order.appeals_reviewed > 0,
        Action.ASK_CENTER: lambda: may_ask(order, now),
        Action.ANSWER_CITIZEN: lambda: order.asked_at is not None,
        Action.REPLY: lambda: not needs_signature(order, actor),
        Action.SUBMIT_REPLY: lambda: needs_signature(order, actor),
        Action.REQUEST_TIME: lambda: order.time_asked_at is None,
        Action.GRANT_TIME: lambda: order.time_asked_at is not None,
        Action.REFUSE_TIME: lambda: order.time_asked_at is not None,
        Action.ASSIGN: lambda: _has_units_to_give_to(order, actor),
        Action.RESUME: lambda: any(standing(row, now) for row in running),
        Action.SUPERVISE: lambda: not supervised,
        Action.FEED_BACK: lambda: supervised,
        Action.ESCALATE: lambda: supervised and order.supervision is not Supervision.LISTED,
        Action.UNLIST: lambda: order.supervision is Supervision.LISTED,
    }
    return asks[action]() if action in asks else True


def _has_units_to_give_to(order: Order, actor: Actor) -> bool:
    """Whether there is a unit to give a part to: for a unit one below it, for the center any."""
    return actor.role not in UNIT_ROLES or len(units_under(order.lead_unit or "")) > 1


def may_be_taken_up(order: Order, now: datetime) -> bool:
    """Whether an order was closed so lately that it is taken up again rather than told anew.

    What its citizen has asked for in time stays possible until they have their answer.
    """
    days = policies.policy(order.policy_id).reactivate_days
    return order.closed_at is not None and (order.asked_at or now) <= order.closed_at + timedelta(days=days)


def asked_for(order: Order) -> Ask:
    """What a citizen can ask the center for: to look again at what is over, else to end it."""
    return Ask.AGAIN if order.state in ENDED_STATES else Ask.WITHDRAW


def may_ask(order: Order, now: datetime) -> bool:
    """Whether a citizen can ask the center now: once for each answer, and of what is over as long as it is taken up.

    Of what has ended otherwise than by closing it is not asked again: the center has no step to take it up with.
    """
    ask = asked_for(order)
    asked = (one.payload for one in order.events if one.action is Action.ASK_CENTER)
    if any((one["ask"], one["round"]) == (ask, order.round) for one in asked):
        return False
    return ask is Ask.WITHDRAW or may_be_taken_up(order, now)


def needs_signature(order: Order, actor: Actor) -> bool:
    """Whether the actor's reply waits for the head's signature (审签); what the head writes is signed with that."""
    reviews = policies.policy(order.policy_id).reviews
    return actor.role is Role.HANDLER and reviews.asks(order.nature, order.urgency, order.round)


def open_steps(order: Order, actor: Actor, now: datetime) -> list[Step]:
    """The steps the actor can take with the order now."""
    steps = choices(order.state, actor, order.lead_unit, parts_open(order))
    return [step for step in steps if is_open(step.action, order, actor, now)]


def parts_open(order: Order) -> list[str]:
    """The units that still have a part to do in the order."""
    return [row.unit_code for row in order.deadlines if is_part(row) and row.unit_code]
