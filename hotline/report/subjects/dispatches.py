"""The measures of dispatching: how often the system does it alone, how often a first dispatch was right, what is returned.

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

from sqlalchemy import ColumnElement, and_, case, func, literal, null, or_, select
from sqlalchemy.orm import aliased

from hotline.base.i18n import mark
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.people.roles import Role
from hotline.policy.document import Policy
from hotline.policy.limits import Clock
from hotline.report.measure import Bucket, Expression, Frame, Measure, Subject, worth
from hotline.report.subjects.asof import MOVES, is_step, ran_out, time_of

BY_SYSTEM: ColumnElement[bool] = Event.actor_role == Role.SYSTEM
BY_PEOPLE: ColumnElement[bool] = Event.actor_role != Role.SYSTEM


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
    """The last instant from whose dispatches no return could be asked for any more at the cut-off."""
    return ran_out(Clock.RETURN_REQUEST, frame.cutoff, frame.policy)


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


def _ripe(cutoff: datetime, policy: Policy) -> datetime:
    return ran_out(Clock.RETURN_REQUEST, cutoff, policy)


def _return_time(policy: Policy) -> Any:
    return time_of(Clock.RETURN_REQUEST, policy)


ROUTE_MARK = ">"


def overturned_route(frame: Frame) -> ColumnElement[Any]:
    """The category, the unit first sent to and the one it was moved to, of what was overturned; empty for the rest."""
    parts = (func.coalesce(part, "") for part in (Order.category_code, sent_to(frame), moved_to(frame)))
    return case((_overturned(frame), func.concat_ws(ROUTE_MARK, *parts)), else_=literal(""))


def _accuracy(name: str, label: str, meaning: str, source: str, within: Expression) -> Measure:
    return Measure(
        name=name,
        label=label,
        meaning=meaning,
        source=source,
        exclusion="",
        hit=mark("stayed with its unit"),
        missed=mark("returned and sent on"),
        subject=Subject.DISPATCHES,
        instant=Event.at,
        unit=sent_to,
        within=within,
        bucket=_settled,
        weight=_stood,
        moved_to=moved_to,
        ripens=_ripe,
        reads=_return_time,
        splits={"route": overturned_route} if within is sent else {},
    )


# Every dispatch, the first and those after it


def every_sent(frame: Frame) -> ColumnElement[bool]:
    """All dispatches of a period (派单次): the first of an order, and each by which it was sent on."""
    return and_(is_step(Event, Action.DISPATCH, *MOVES), frame.has(Event.at), Event.at <= frame.cutoff)


def _after(frame: Frame, *actions: Action, last: bool = False) -> ColumnElement[Any]:
    """The first (or last) of some steps after a dispatch, by the cut-off; NULL where there is none."""
    step = aliased(Event)
    steps = select(step.action).where(
        step.order_id == Event.order_id, step.seq > Event.seq, step.action.in_(actions), step.at <= frame.cutoff
    )
    return steps.order_by(step.seq.desc() if last else step.seq).limit(1).scalar_subquery()


def _asked_back(frame: Frame) -> ColumnElement[Any]:
    """Whether the unit has asked to hand it back, before it was taken from it otherwise."""
    return worth(_after(frame, Action.REQUEST_RETURN, *MOVES) == Action.REQUEST_RETURN)


def _given_back(frame: Frame) -> ColumnElement[Any]:
    """Whether it was sent on because the center agreed to its return."""
    return worth(_after(frame, *MOVES) == Action.REDISPATCH)


def _asked_bucket(frame: Frame) -> ColumnElement[Any]:
    return case((Event.at > settled_until(frame), Bucket.NOT_DUE.value), else_=Bucket.COUNTED.value)


def _given_bucket(frame: Frame) -> ColumnElement[Any]:
    word = _after(frame, Action.REQUEST_RETURN, Action.REFUSE_RETURN, last=True)
    under_review = and_(_after(frame, *MOVES).is_(None), word == Action.REQUEST_RETURN)
    return case((under_review, Bucket.NOT_DUE.value), else_=_asked_bucket(frame))


def _returns(
    name: str, label: str, meaning: str, source: str, bucket: Expression, weight: Expression, hit: str, missed: str
) -> Measure:
    return Measure(
        name=name,
        label=label,
        meaning=meaning,
        source=source,
        exclusion="",
        hit=hit,
        missed=missed,
        subject=Subject.DISPATCHES,
        instant=Event.at,
        unit=sent_to,
        within=every_sent,
        bucket=bucket,
        weight=weight,
        less_is_better=True,
        ripens=_ripe,
        reads=_return_time,
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
        hit=mark("by the system"),
        missed=mark("by a person"),
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
    _returns(
        "returned",
        mark("Returns asked for"),
        mark(
            "Of all dispatches in the period, the first of an order and those by which it was sent on, the share the unit "
            "asked to hand back, whatever the center decided. A dispatch counts once the time to ask is over."
        ),
        mark("退单率: returns asked for, of dispatches; those agreed to are counted apart."),
        _asked_bucket,
        _asked_back,
        mark("asked to hand it back"),
        mark("kept"),
    ),
    _returns(
        "returned_agreed",
        mark("Returns agreed to"),
        mark(
            "Of all dispatches in the period, the first of an order and those by which it was sent on, the share the "
            "center took back because it agreed with the unit's return. A dispatch counts once the time to ask is over and "
            "no return is under review. A dispute that is ruled on is no return."
        ),
        mark("退单率(成立): returns agreed to, of dispatches; with those asked for it shows how many are refused."),
        _given_bucket,
        _given_back,
        mark("handed back"),
        mark("stayed with its unit"),
    ),
)
