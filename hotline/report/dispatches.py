"""The measures of dispatching: how often the system does it alone, and how often a first dispatch was right.

A dispatch was wrong where its unit asked for a return and the center agreed, that is, sent the order to another unit,
or where a dispute was ruled that way.
It counts once it can no longer be overturned: the time to ask for a return is over, no return is under review and no
dispute waits for its ruling.
Until then it counts for neither side, even if it has been overturned already: what is wrong shows sooner than what
is right, and a rate of what shows soon would be too low.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, null, or_, select
from sqlalchemy.orm import aliased

from hotline.base.i18n import mark
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.calendar import add_working
from hotline.policy.limits import Clock
from hotline.report.measure import MOMENT, Bucket, Expression, Frame, Measure, Subject, worth

BY_SYSTEM: ColumnElement[bool] = Event.actor_role == Role.SYSTEM
BY_PEOPLE: ColumnElement[bool] = Event.actor_role != Role.SYSTEM


MOVES = (Action.REDISPATCH, Action.RULE_MOVES)  # steps that take an order from the unit it was sent to


def is_step(entity: Any, *actions: Action) -> ColumnElement[bool]:
    """Whether an event is one of some steps, said so that the index of the routing steps serves."""
    wanted: ColumnElement[bool] = entity.action.in_([literal(one.value, literal_execute=True) for one in actions])
    return wanted


def sent(frame: Frame) -> ColumnElement[bool]:
    """The first dispatches of a period. An order is dispatched once; what may follow is a redispatch."""
    return and_(is_step(Event, Action.DISPATCH), frame.has(Event.at), Event.at <= frame.cutoff)


def sent_to(_: Frame) -> ColumnElement[Any]:
    """The unit an order was first sent to."""
    unit: ColumnElement[Any] = Event.payload["unit"].astext
    return unit


def moved_to(frame: Frame) -> ColumnElement[Any]:
    """The unit an order was with at the cut-off, if it was no longer with the one it was first sent to."""
    moved = aliased(Event)
    steps = select(moved.payload["unit"].astext).where(
        moved.order_id == Event.order_id, moved.action.in_(MOVES), moved.at <= frame.cutoff
    )
    last = steps.order_by(moved.seq.desc()).limit(1).scalar_subquery()
    return case((_overturned(frame), last), else_=null())


def settled_until(frame: Frame) -> datetime:
    """The last instant of the period from whose dispatches no return could be asked for any more at the cut-off.

    By the longest time the policy gives; where it sets no limit, a dispatch counts at once.
    """
    first, last = frame.period.start - MOMENT, frame.period.end
    if _closes(last, frame) < frame.cutoff:
        return last
    # Found by halving: a later dispatch never closes sooner, and no rule of counting need be turned round.
    while last - first > MOMENT:
        middle = first + (last - first) // 2
        first, last = (middle, last) if _closes(middle, frame) < frame.cutoff else (first, middle)
    return first


def _closes(dispatched: datetime, frame: Frame) -> datetime:
    """Until when a return of what was dispatched then may be asked for."""
    limits = [limit for limit in frame.policy.limits if limit.clock is Clock.RETURN_REQUEST]
    calendar, counting = policies.calendar_now(), frame.policy.counting
    ends = (add_working(dispatched, limit.amount, limit.unit, calendar, counting).at for limit in limits)
    return max(ends, default=dispatched)


def _overturned(frame: Frame) -> ColumnElement[bool]:
    moved = aliased(Event)
    steps = select(moved.order_id).where(is_step(moved, *MOVES), *_since_start(moved, frame))
    return Event.order_id.in_(steps)


def _under_review(frame: Frame) -> ColumnElement[bool]:
    asked, decided = aliased(Event), aliased(Event)
    decision = select(decided.id).where(
        decided.order_id == asked.order_id,
        decided.seq > asked.seq,
        decided.action.in_([Action.REDISPATCH, Action.REFUSE_RETURN, Action.RULE, Action.RULE_MOVES]),
        decided.at <= frame.cutoff,
    )
    steps = select(asked.order_id).where(
        is_step(asked, Action.REQUEST_RETURN, Action.DISPUTE), *_since_start(asked, frame)
    )
    return Event.order_id.in_(steps.where(~decision.exists()))


def _since_start(entity: Any, frame: Frame) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Steps that can concern the period's dispatches: none comes before them."""
    return entity.at >= frame.period.start, entity.at <= frame.cutoff


def _settled(frame: Frame) -> ColumnElement[Any]:
    open_still = or_(Event.at > settled_until(frame), _under_review(frame))
    return case((open_still, Bucket.NOT_DUE.value), else_=Bucket.COUNTED.value)


def _stood(frame: Frame) -> ColumnElement[Any]:
    return worth(~_overturned(frame))


def _accuracy(name: str, label: str, meaning: str, source: str, within: Expression) -> Measure:
    return Measure(
        name=name,
        label=label,
        meaning=meaning,
        source=source,
        exclusion="",
        subject=Subject.DISPATCHES,
        instant=Event.at,
        unit=sent_to,
        within=within,
        bucket=_settled,
        weight=_stood,
        moved_to=moved_to,
    )


DISPATCH_MEASURES = (
    Measure(
        name="auto_dispatch",
        label=mark("Dispatched automatically"),
        meaning=mark(
            "Of the orders first dispatched in the period, the share the system sent to a unit without a person, "
            "because it was as sure of the category as the policy asks. Orders answered directly or merged are never "
            "dispatched and do not count."
        ),
        source=mark(
            "自动派单率: from the log; the system's dispatches keep their confidence and the threshold of then."
        ),
        exclusion="",
        subject=Subject.DISPATCHES,
        instant=Event.at,
        unit=sent_to,
        within=sent,
        bucket=lambda _: literal(Bucket.COUNTED.value),
        weight=lambda _: worth(BY_SYSTEM),
        moved_to=moved_to,
    ),
    _accuracy(
        "dispatch_accuracy",
        mark("Dispatch accuracy"),
        mark(
            "Of the orders first dispatched in the period, the share that stayed with the unit they were first sent to: "
            "no return of theirs was agreed to and sent on to another unit. A dispatch counts once the time to ask for a "
            "return is over and none is under review. "
            "A return that is refused counts for the dispatch."
        ),
        mark(
            "派单准确率: first dispatches not overturned by an agreed return, of all first dispatches. By what the center "
            "decided, not by what units ask; cities claim 97 to 98 %."
        ),
        sent,
    ),
    _accuracy(
        "auto_dispatch_accuracy",
        mark("Accuracy of automatic dispatch"),
        mark("As “dispatch accuracy”, of the orders the system dispatched without a person."),
        mark("自动派单准确率: what the policy's threshold is to be judged by."),
        lambda frame: and_(sent(frame), BY_SYSTEM),
    ),
    _accuracy(
        "hand_dispatch_accuracy",
        mark("Accuracy of dispatch by people"),
        mark(
            "As “dispatch accuracy”, of the orders a person dispatched. These are mostly the ones the system was not sure of: "
            "the harder ones, so the two rates are not a contest."
        ),
        mark("人工派单准确率: shown beside the automatic rate, so that neither hides the other."),
        lambda frame: and_(sent(frame), BY_PEOPLE),
    ),
)
