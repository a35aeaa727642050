"""The measures of what came in: how much is answered at once, and what is told of again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_
from sqlalchemy.orm import aliased

from hotline.base.i18n import mark
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Event, Order
from hotline.report.measure import Bucket, Frame, Measure, Subject, worth
from hotline.report.subjects.asof import lead_at, state_at
from hotline.report.subjects.matters import same_matter

NOT_VALID = dict.fromkeys((State.DECLINED, State.WITHDRAWN, State.EMERGENCY), Bucket.EXCLUDED)
INVALID = mark("not accepted, withdrawn, or passed on to 110, 119, 120 or 122")


def received(frame: Frame) -> ColumnElement[bool]:
    """The orders received in a period."""
    return and_(frame.has(Order.received_at), Order.received_at <= frame.cutoff)


def _by_state(frame: Frame, falls: Mapping[State, Bucket]) -> ColumnElement[Any]:
    """The bucket of the state an order was in, looked up once; COUNTED where nothing is said of it."""
    buckets = {state.value: bucket.value for state, bucket in falls.items()}
    return case(buckets, value=state_at(frame.cutoff), else_=Bucket.COUNTED.value)


def _answered_bucket(frame: Frame) -> ColumnElement[Any]:
    return _by_state(frame, {**NOT_VALID, State.RECEIVED: Bucket.NOT_DUE, State.EXITING: Bucket.NOT_DUE})


def _days(frame: Frame) -> timedelta:
    return timedelta(days=frame.policy.repeat_days)


def told_again(frame: Frame) -> ColumnElement[bool]:
    """Whether the citizen has told of the matter again within the policy's days, as was found within them too.

    By another order of the same number that was linked with it, or merged into the same one; or because it was taken
    up again.
    """
    until = func.least(Order.received_at + _days(frame), frame.cutoff)
    later, step = aliased(Order), aliased(Event)
    another = exists().where(
        later.requester_phone == Order.requester_phone,
        later.requester_phone != "",
        later.received_at > Order.received_at,
        later.received_at <= until,
        same_matter(Order.id, later.id, until=until),
    )
    taken_up = exists().where(step.order_id == Order.id, step.action == Action.REACTIVATE, step.at <= until)
    return or_(another, taken_up)


def _repeat_bucket(frame: Frame) -> ColumnElement[Any]:
    over = Order.received_at + _days(frame) < frame.cutoff
    return case((over, _by_state(frame, NOT_VALID)), else_=Bucket.NOT_DUE.value)


ORDER_MEASURES = (
    Measure(
        name="direct_answer",
        label=mark("Answered directly"),
        meaning=mark(
            "Of the orders received in the period and accepted, the share the center answered itself, without a unit. "
            "What is not dispatched yet, or may not be accepted, does not count yet. What is merged into another counts, "
            "as not answered directly. It is the center's own work and belongs to no unit."
        ),
        source=mark(
            "直接办结率（即时办结率）: answered on line, of those validly accepted "
            "(Jinan, week 28 of 2024: 37,527 of 71,184 = 52.72 %)."
        ),
        exclusion=INVALID,
        hit=mark("answered directly"),
        missed=mark("sent to a unit"),
        subject=Subject.ORDERS,
        instant=Order.received_at,
        unit=None,
        within=received,
        bucket=_answered_bucket,
        weight=lambda frame: worth(state_at(frame.cutoff) == State.ANSWERED.value),
    ),
    Measure(
        name="repeat",
        label=mark("Told of again"),
        meaning=mark(
            "Of the orders received in the period and accepted, the share whose citizen told of the same matter again "
            "within %(repeat)s days. The same matter is what people found to be one within these days: an order of the "
            "same number that was linked with it or merged into the same one, or the order itself taken up again; calls "
            "of the same number about other matters do not count. An order counts once these days are over, for the unit "
            "it was with at the time of the report."
        ),
        source=mark(
            "重复诉求率: the same citizen with the same matter within 30 days, of valid orders; by matter, not by number alone."
        ),
        exclusion=INVALID,
        hit=mark("told of again"),
        missed=mark("told of once"),
        pending=mark("may still be told of again"),
        subject=Subject.ORDERS,
        instant=Order.received_at,
        unit=lambda frame: lead_at(frame.cutoff),
        within=received,
        bucket=_repeat_bucket,
        weight=lambda frame: worth(told_again(frame)),
        less_is_better=True,
        ripens=lambda cutoff, policy: cutoff - timedelta(days=policy.repeat_days),
        reads=lambda policy: policy.repeat_days,
        reach=lambda policy: timedelta(days=policy.repeat_days),
    ),
)
