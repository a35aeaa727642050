"""The measures of closings: how often an order had to be done again before (重办), or after (虚假办结) it was closed.

A closing counts as false or not once the policy's days to take it up again are over. Until then it counts for neither side, even if
it has been taken up already: false closings show by and by, and of the newest ones only those that show at once
would be there. Once it counts it is settled for good; what is taken up again later, under a policy that allowed
longer, changes nothing. A period is therefore whole only when its last day's closings have had their time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal, select
from sqlalchemy.orm import aliased

from hotline.base.i18n import mark
from hotline.handle.models import Evaluation
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event
from hotline.report.measure import Bucket, Frame, Measure, Subject, worth
from hotline.report.subjects.asof import is_step


def closed(frame: Frame) -> ColumnElement[bool]:
    """The closings of a period: an order that was taken up again may be closed again."""
    return and_(is_step(Event, Action.CLOSE), frame.has(Event.at), Event.at <= frame.cutoff)


def closed_by(_: Frame) -> ColumnElement[Any]:
    """The unit whose reply was closed with, whoever has the order by now."""
    asked = select(Evaluation.unit_code).where(Evaluation.order_id == Event.order_id, Evaluation.asked_at <= Event.at)
    return asked.order_by(Evaluation.round.desc()).limit(1).scalar_subquery()


def taken_up(frame: Frame) -> ColumnElement[bool]:
    """Whether what was closed has been taken up again by the cut-off, in time. It is closed only once in between."""
    again = aliased(Event)
    return exists().where(
        again.order_id == Event.order_id,
        again.seq > Event.seq,
        is_step(again, Action.REACTIVATE),
        again.at <= Event.at + _days(frame),
        again.at <= frame.cutoff,
    )


def _settled(frame: Frame) -> ColumnElement[Any]:
    over = Event.at + _days(frame) < frame.cutoff
    return case((over, Bucket.COUNTED.value), else_=Bucket.NOT_DUE.value)


def _days(frame: Frame) -> timedelta:
    return timedelta(days=frame.policy.reactivate_days)


def redone(_: Frame) -> ColumnElement[bool]:
    """Whether what was closed had been handled a second time or more."""
    again = aliased(Event)
    actions = again.action.in_([Action.REDO, Action.REACTIVATE])
    return exists().where(again.order_id == Event.order_id, again.seq < Event.seq, actions)


FALSE_CLOSE = Measure(
    name="false_close",
    label=mark("Closed falsely"),
    meaning=mark(
        "Of the orders closed in the period, the share that was taken up again, because the same citizen told within "
        "the policy's days that it is not settled. A closing counts once these days are over, so the last weeks "
        "count late. It counts for the unit whose reply it was closed with."
    ),
    source=mark(
        "虚假办结率: closings followed by the same citizen with the same matter, of all closings; the policy's days to take "
        "an order up again (30 by default) are the watch."
    ),
    exclusion="",
    hit=mark("taken up again"),
    missed=mark("stayed closed"),
    subject=Subject.CLOSINGS,
    instant=Event.at,
    unit=closed_by,
    within=closed,
    bucket=_settled,
    weight=lambda frame: worth(taken_up(frame)),
    less_is_better=True,
    ripens=lambda cutoff, policy: cutoff - timedelta(days=policy.reactivate_days),
    reads=lambda policy: policy.reactivate_days,
)

REDO = Measure(
    name="redo",
    label=mark("Redone"),
    meaning=mark(
        "Of the orders closed in the period, the share that had been handled a second time or more before: sent back "
        "after the callback, or taken up again. An order that is closed twice counts twice. It counts for the unit whose "
        "reply it was closed with."
    ),
    source=mark("重办率: handled twice or more, of those closed, as Yulin and Shanghai publish it."),
    exclusion="",
    hit=mark("redone"),
    missed=mark("done once"),
    subject=Subject.CLOSINGS,
    instant=Event.at,
    unit=closed_by,
    within=closed,
    bucket=lambda _: literal(Bucket.COUNTED.value),
    weight=lambda frame: worth(redone(frame)),
    less_is_better=True,
)

CLOSING_MEASURES = (FALSE_CLOSE, REDO)
