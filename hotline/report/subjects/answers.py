"""The measures of what citizens say of a reply, and of what the reply itself says.

One reply is one asking: an order that is redone is asked about again and counts again. What the citizen says counts
on the day it was said, what the unit says on the day it replied.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from hotline.base.i18n import mark
from hotline.handle.models import COUNTS_ON, Evaluation
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event
from hotline.orders.vocabulary import Result
from hotline.policy.document import Policy
from hotline.policy.limits import Clock
from hotline.report.measure import Bucket, Expression, Frame, Measure, Subject, number, worth
from hotline.report.subjects.asof import ran_out, time_of
from hotline.report.subjects.exclusions import answer_ground, is_answer_excluded

LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


def asked(frame: Frame) -> ColumnElement[bool]:
    """Ended by the cut-off or waiting since: by COUNTS_ON. Ended after the cut-off: then it was still waiting."""
    on, since = COUNTS_ON, Evaluation.asked_at
    return or_(
        and_(frame.has(on), on <= frame.cutoff),
        and_(frame.has(since), since <= frame.cutoff, on > frame.cutoff),
    )


def asked_on(frame: Frame) -> ColumnElement[Any]:
    """The instant an evaluation counts on, as of the cut-off."""
    return case((frame.cutoff >= COUNTS_ON, COUNTS_ON), else_=Evaluation.asked_at)


def replied(frame: Frame) -> ColumnElement[bool]:
    """The replies of a period."""
    return and_(frame.has(Evaluation.asked_at), Evaluation.asked_at <= frame.cutoff)


def _waits(frame: Frame) -> ColumnElement[bool]:
    return func.coalesce(Evaluation.ended_at > frame.cutoff, True)


def _said(counts: ColumnElement[bool], frame: Frame) -> ColumnElement[Any]:
    return case(
        (_waits(frame), Bucket.NOT_DUE.value),
        (is_answer_excluded(frame), Bucket.EXCLUDED.value),
        (and_(Evaluation.reached.is_(True), counts), Bucket.COUNTED.value),
        else_=Bucket.EXCLUDED.value,
    )


def _satisfied_bucket(frame: Frame) -> ColumnElement[Any]:
    # A level the policy does not know has no weight: left out in the open rather than counted as 0.
    return _said(Evaluation.satisfaction.in_(list(frame.policy.weights)), frame)


def _satisfied_weight(frame: Frame) -> ColumnElement[Decimal]:
    levels = [
        (Evaluation.satisfaction == code, number(Decimal(str(weight)))) for code, weight in frame.policy.weights.items()
    ]
    return case(*levels, else_=number(0))


def _weights(policy: Policy) -> Any:
    return sorted(policy.weights.items())


def _solved_bucket(frame: Frame) -> ColumnElement[Any]:
    return _said(Evaluation.solved.is_not(None), frame)


def _reached_bucket(frame: Frame) -> ColumnElement[Any]:
    return case((_waits(frame), Bucket.NOT_DUE.value), else_=Bucket.COUNTED.value)


# Whether the unit spoke with the citizen


def _logged(*actions: Action, also: Any = ()) -> ColumnElement[bool]:
    """Whether the order's log has a step of some kind. also: what holds of it, given the step."""
    step = aliased(Event)
    return exists().where(step.order_id == Evaluation.order_id, step.action.in_(actions), *also(step))


def _contacted() -> ColumnElement[bool]:
    """Whether the unit recorded that it spoke with the citizen, since the reply before this one."""
    earlier = aliased(Evaluation)
    before = select(func.max(earlier.asked_at)).where(
        earlier.order_id == Evaluation.order_id, earlier.round < Evaluation.round
    )
    since = func.coalesce(before.correlate_except(earlier).scalar_subquery(), LONG_AGO)
    return _logged(Action.CONTACT, also=lambda step: (step.at <= Evaluation.asked_at, step.at > since))


def _followed() -> ColumnElement[bool]:
    """Whether the reply was that to another order, which this one was merged into."""
    return _logged(Action.FOLLOW, also=lambda step: (step.at == Evaluation.asked_at,))


def _responded_bucket(frame: Frame) -> ColumnElement[Any]:
    said = _said(Evaluation.solved.is_not(None), frame)
    return case((and_(said == Bucket.COUNTED.value, _followed()), Bucket.EXCLUDED.value), else_=said)


# Replies


def _result() -> ColumnElement[Any]:
    """What the unit says came of it."""
    step = aliased(Event)
    replies = step.action.in_([Action.REPLY, Action.APPROVE_REPLY, Action.FOLLOW])
    results = select(step.payload["result"].astext).where(
        step.order_id == Evaluation.order_id, replies, step.at == Evaluation.asked_at
    )
    return results.order_by(step.seq.desc()).limit(1).scalar_subquery()


def _result_bucket(_: Frame) -> ColumnElement[Any]:
    counts = _result().in_([Result.SOLVED.value, Result.EXPLAINED.value])
    return case((counts, Bucket.COUNTED.value), else_=Bucket.EXCLUDED.value)


def _called(frame: Frame) -> ColumnElement[bool]:
    """Whether somebody had tried to ask the citizen, or the citizen had answered by their own link."""
    ended = func.coalesce(Evaluation.ended_at <= frame.cutoff, False)
    tried = _logged(Action.ATTEMPT, also=lambda step: (step.at >= Evaluation.asked_at, step.at <= frame.cutoff))
    return or_(ended, tried)


def _called_bucket(frame: Frame) -> ColumnElement[Any]:
    due = Evaluation.asked_at <= ran_out(Clock.CALLBACK, frame.cutoff, frame.policy)
    return case((or_(due, _called(frame)), Bucket.COUNTED.value), else_=Bucket.NOT_DUE.value)


def _of_answers(
    name: str, label: str, meaning: str, source: str, *, bucket: Expression, weight: Expression, **more: Any
) -> Measure:
    given: dict[str, Any] = {
        "subject": Subject.EVALUATIONS,
        "instant": COUNTS_ON,
        "unit": lambda _: Evaluation.unit_code.expression,
        "within": asked,
        "dated": asked_on,
        "ground": answer_ground,
        **more,
    }
    return Measure(name=name, label=label, meaning=meaning, source=source, bucket=bucket, weight=weight, **given)


_OF_REPLIES: dict[str, Any] = {
    "subject": Subject.REPLIES,
    "instant": Evaluation.asked_at,
    "within": replied,
    "dated": None,
    "ground": None,
}

ANSWER_MEASURES = (
    _of_answers(
        "called_back",
        mark("Called back"),
        mark(
            "Of the replies sent in the period, the share whose citizen somebody has tried to call by the time of the "
            "report, reached or not, or who has answered by their own link. A reply counts once its citizen was called, "
            "or the policy's time for it is over. It is the center's own work and belongs to no unit."
        ),
        mark("回访率: callbacks begun, of those to be made."),
        bucket=_called_bucket,
        weight=lambda frame: worth(_called(frame)),
        exclusion="",
        hit=mark("called back"),
        missed=mark("not called back"),
        **{**_OF_REPLIES, "unit": None},
        ripens=lambda cutoff, policy: ran_out(Clock.CALLBACK, cutoff, policy),
        reads=lambda policy: time_of(Clock.CALLBACK, policy),
    ),
    _of_answers(
        "valid_callback",
        mark("Callbacks answered"),
        mark(
            "Of the citizens whose callback ended in the period, the share that said how it is. The others could not be "
            "reached; what they think is unknown."
        ),
        mark(
            "有效回访率（参评率）: evaluated of those called back (Nantong: 3,500 of 4,403 = 79.49 %). "
            "Every satisfaction rate rests on these alone."
        ),
        bucket=_reached_bucket,
        weight=lambda _: worth(Evaluation.reached.is_(True)),
        exclusion="",
        hit=mark("answered"),
        missed=mark("could not be reached"),
        ground=None,
    ),
    _of_answers(
        "responded",
        mark("Response"),
        mark(
            "Of the citizens who answered in the period, the share whose unit had recorded that it spoke with them "
            "before it replied; of a reply that was redone, since the reply before. Citizens are not asked about it: the "
            "unit's record of the contact is what counts, which callbacks can check."
        ),
        mark("响应率: citizens contacted, of effective callbacks (有效回访), as Beijing counts it."),
        bucket=_responded_bucket,
        weight=lambda _: worth(_contacted()),
        exclusion=mark(
            "could not be reached, was answered together with another order, or two reviewers have agreed with the unit's appeal"
        ),
        hit=mark("contacted"),
        missed=mark("not contacted"),
    ),
    _of_answers(
        "solved",
        mark("Resolution rate"),
        mark(
            "Of the citizens who answered in the period whether their matter is solved, the share that said yes. "
            "Whoever could not be reached is unknown and left out."
        ),
        mark("解决率: solved of effective callbacks (有效回访), kept apart from satisfaction as Beijing does."),
        bucket=_solved_bucket,
        weight=lambda _: worth(Evaluation.solved.is_(True)),
        exclusion=mark("could not be reached, or two reviewers have agreed with the unit's appeal"),
        hit=mark("solved"),
        missed=mark("not solved"),
    ),
    _of_answers(
        "actually_solved",
        mark("Solved rather than explained"),
        mark(
            "Of the replies sent in the period by which the matter is solved or was explained, the share by which it is "
            "solved. It is what the unit says, not the citizen: to be read beside the resolution rate. A signed reply "
            "counts when it is signed."
        ),
        mark("实际解决率: solved, of solved and explained (解释说明), as Shanghai tells the two apart."),
        bucket=_result_bucket,
        weight=lambda _: worth(_result() == Result.SOLVED),
        exclusion=mark("the reply promises, or says that it is beyond the unit's duty"),
        hit=mark("solved"),
        missed=mark("explained"),
        **_OF_REPLIES,
    ),
    _of_answers(
        "satisfied",
        mark("Satisfaction rate"),
        mark(
            "Of the citizens who answered in the period how satisfied they are, the share that is satisfied, each "
            "answer with the weight the policy gives it. Whoever could not be reached is unknown, never satisfied."
        ),
        mark(
            "满意率: by effective callbacks (有效回访); the weights of the levels differ by city "
            "(Beijing counts “basically satisfied” as 0.9) and come from the policy."
        ),
        bucket=_satisfied_bucket,
        weight=_satisfied_weight,
        exclusion=mark(
            "could not be reached, gave an answer the policy does not weigh, or two reviewers have agreed with the unit's appeal"
        ),
        hit=mark("satisfied"),
        missed=mark("not satisfied"),
        reads=_weights,
    ),
)
