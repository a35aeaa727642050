"""The measures of the phone: whether somebody answered, how soon, and whether once was enough."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Numeric, and_, case, cast, exists, func, or_
from sqlalchemy.orm import aliased

from hotline.base.i18n import mark
from hotline.calls.models import Call, CallOutcome
from hotline.policy.document import Policy
from hotline.report.measure import Bucket, Expression, Frame, Kind, Measure, Subject, number, worth
from hotline.report.subjects.matters import same_matter

ABANDONED = Call.outcome == CallOutcome.ABANDONED
HUNG_UP = mark("hung up within %(seconds)s s")


def queued(frame: Frame) -> ColumnElement[bool]:
    """The calls of a period."""
    return and_(frame.has(Call.queued_at), Call.queued_at <= frame.cutoff)


def answered(frame: Frame) -> ColumnElement[bool]:
    """Whether a call was answered by the cut-off."""
    return func.coalesce(Call.answered_at <= frame.cutoff, False)


def waiting(frame: Frame) -> ColumnElement[bool]:
    """Whether a call was still waiting. Over only after the cut-off: at the cut-off it was, whatever became of it."""
    over = func.coalesce(Call.answered_at, Call.ended_at, Call.queued_at)
    return or_(Call.outcome == CallOutcome.QUEUED, over > frame.cutoff)


def soon(frame: Frame) -> ColumnElement[bool]:
    """Whether the wait ended within the policy's seconds."""
    return Call.wait <= frame.policy.answer_seconds


def short(frame: Frame) -> ColumnElement[bool]:
    """Whether the caller hung up at once."""
    return and_(ABANDONED, Call.wait < frame.policy.short_abandon)


def _bucket(*cases: Callable[[Frame], tuple[ColumnElement[bool], Bucket]], lost: Bucket | None) -> Expression:
    """The bucket of a call: what waits is not due, what was answered counts, some do as said, the others are lost."""

    def bucket(frame: Frame) -> ColumnElement[Any]:
        said = [(condition, falls.value) for condition, falls in (one(frame) for one in cases)]
        whens = [(waiting(frame), Bucket.NOT_DUE.value), (answered(frame), Bucket.COUNTED.value), *said]
        return case(*whens, else_=lost and lost.value)

    return bucket


def _short_is_out(frame: Frame) -> tuple[ColumnElement[bool], Bucket]:
    return short(frame), Bucket.EXCLUDED


def _soon_is_out(frame: Frame) -> tuple[ColumnElement[bool], Bucket]:
    return and_(ABANDONED, soon(frame)), Bucket.EXCLUDED


_ALL_BUT_SHORT = _bucket(_short_is_out, lost=Bucket.COUNTED)


def _given_up_bucket(frame: Frame) -> ColumnElement[Any]:
    """Who waits is not due, who gave up counts, unless at once; who was answered is no part."""
    return case(
        (waiting(frame), Bucket.NOT_DUE.value),
        (short(frame), Bucket.EXCLUDED.value),
        (ABANDONED, Bucket.COUNTED.value),
    )


def _of_calls(
    name: str,
    label: str,
    meaning: str,
    source: str,
    *,
    bucket: Expression,
    weight: Expression,
    reads: Callable[[Policy], Any] = lambda policy: policy.short_abandon,
    **more: Any,
) -> Measure:
    given = {"exclusion": HUNG_UP, "hit": mark("answered in time"), "missed": mark("not answered in time"), **more}
    return Measure(
        name=name,
        label=label,
        meaning=meaning,
        source=source,
        subject=Subject.CALLS,
        instant=Call.queued_at,
        unit=None,
        within=queued,
        bucket=bucket,
        weight=weight,
        reads=reads,
        **given,
    )


def _waited(_: Frame) -> ColumnElement[Any]:
    """The seconds of the wait; a case, as every weight, so that it is not taken for the column."""
    return case((Call.wait > 0, cast(Call.wait, Numeric)), else_=number(0))


def _answer_time(policy: Policy) -> Any:
    return policy.answer_seconds, policy.short_abandon


# Once was enough


def _calls_again(frame: Frame) -> ColumnElement[bool]:
    """Whether the same number has called again about the same matter by the cut-off, within the policy's hours."""
    again = aliased(Call)
    until = func.least(Call.queued_at + timedelta(hours=frame.policy.first_call_after), frame.cutoff)
    return exists().where(
        again.phone == Call.phone,
        again.queued_at > Call.queued_at,
        again.queued_at <= until,
        _not_another(again, until),
    )


def _called_before(frame: Frame) -> ColumnElement[bool]:
    """Whether the same number was answered about the same matter within the policy's hours before."""
    earlier = aliased(Call)
    return exists().where(
        earlier.phone == Call.phone,
        earlier.queued_at < Call.queued_at,
        earlier.queued_at >= Call.queued_at - timedelta(hours=frame.policy.first_call_before),
        earlier.answered_at <= Call.queued_at,
        _not_another(earlier, Call.queued_at),
    )


def _not_another(other: Any, until: ColumnElement[Any] | Any) -> ColumnElement[bool]:
    """Whether another call may be about the same matter: only two orders that have nothing to do with each other tell."""
    return or_(
        other.order_id.is_(None), Call.order_id.is_(None), same_matter(other.order_id, Call.order_id, until=until)
    )


def _once_bucket(frame: Frame) -> ColumnElement[Any]:
    over = Call.queued_at + timedelta(hours=frame.policy.first_call_after) < frame.cutoff
    return case(
        (waiting(frame), Bucket.NOT_DUE.value),
        (~answered(frame), None),
        (Call.phone == "", Bucket.EXCLUDED.value),
        (_called_before(frame), None),
        (over, Bucket.COUNTED.value),
        else_=Bucket.NOT_DUE.value,
    )


FIRST_CALL = _of_calls(
    "first_call",
    mark("Settled with the first call"),
    mark(
        "Of the first calls answered in the period, the share after which the same number did not call again about the "
        "same matter within %(after)s hours. A call is a first one if none of the number was answered in the %(before)s "
        "hours before. Calls are about different matters only where both have an order, and the two are neither "
        "linked nor merged. A call counts once its hours are over."
    ),
    mark(
        "一次性解决率（首呼解决率）: two windows, no call before and none again after; the policy has the hours of both."
    ),
    bucket=_once_bucket,
    weight=lambda frame: worth(and_(Call.phone != "", ~_calls_again(frame))),
    exclusion=mark("the number is withheld"),
    hit=mark("did not call again"),
    missed=mark("called again"),
    pending=mark("may still call again"),
    ripens=lambda cutoff, policy: cutoff - timedelta(hours=policy.first_call_after),
    reads=lambda policy: (policy.first_call_before, policy.first_call_after),
    reach=lambda policy: timedelta(hours=max(policy.first_call_before, policy.first_call_after)),
)


CALL_MEASURES = (
    _of_calls(
        "connection",
        mark("Calls answered"),
        mark(
            "Of the calls that came into a queue in the period and are no longer waiting, the share that was "
            "answered. A call still talking is answered. Callers who hung up at once are excluded; the rate with "
            "them is shown beside it."
        ),
        mark(
            "接通率: calls answered of calls in, as cities publish it (Binzhou, July 2021: 16,365 of 16,567 = 98.78 %)."
        ),
        bucket=_ALL_BUT_SHORT,
        weight=lambda frame: worth(answered(frame)),
        hit=mark("answered"),
        missed=mark("not answered"),
    ),
    _of_calls(
        "service_level_1",
        mark("Service level ①: answered or hung up in time, of all"),
        mark(
            "Of the calls in that are no longer waiting, the share whose wait ended within %(answer)s s, be it that "
            "somebody answered or that the caller hung up. Who hangs up soon counts as served, so this is the highest "
            "of the four."
        ),
        mark("服务水平①: (answered + abandoned within Y s) / (answered + abandoned)."),
        bucket=_bucket(lost=Bucket.COUNTED),
        weight=lambda frame: worth(and_(soon(frame), or_(answered(frame), ABANDONED))),
        exclusion="",
        reads=lambda policy: policy.answer_seconds,
    ),
    _of_calls(
        "service_level_2",
        mark("Service level ②: answered in time, of those answered"),
        mark(
            "Of the calls in that were answered, the share answered within %(answer)s s. What nobody answered is no part."
        ),
        mark("服务水平②: answered within Y s / answered."),
        bucket=_bucket(lost=None),
        weight=lambda frame: worth(soon(frame)),
        exclusion="",
        reads=lambda policy: policy.answer_seconds,
    ),
    _of_calls(
        "service_level_3",
        mark("Service level ③ (recommended): answered in time, of all"),
        mark(
            "Of the calls in that are no longer waiting, the share answered within %(answer)s s. This variant is the "
            "recommended one: neither who hangs up nor who waits too long helps it."
        ),
        mark(
            "服务水平③: answered within Y s / (answered + abandoned); of the four variants in use the one to be preferred. "
            "Within 15 s by GB/T 33358-2016."
        ),
        bucket=_ALL_BUT_SHORT,
        weight=lambda frame: worth(and_(answered(frame), soon(frame))),
        reads=_answer_time,
    ),
    _of_calls(
        "service_level_4",
        mark("Service level ④: answered in time, of all who waited so long"),
        mark(
            "Of the calls in that are no longer waiting, the share answered within %(answer)s s; who hung up within "
            "this time is excluded."
        ),
        mark("服务水平④: answered within Y s / (answered + abandoned after Y s)."),
        bucket=_bucket(_soon_is_out, lost=Bucket.COUNTED),
        weight=lambda frame: worth(and_(answered(frame), soon(frame))),
        exclusion=mark("hung up within %(answer)s s"),
        reads=lambda policy: policy.answer_seconds,
    ),
    _of_calls(
        "wait",
        mark("Mean wait until the answer"),
        mark("How many seconds the calls in that were answered had waited for it, on average."),
        mark("平均等待(ASA): the waits of the calls answered over their number; who gave up is counted apart."),
        bucket=_bucket(lost=None),
        weight=_waited,
        exclusion="",
        hit=mark("waited"),
        missed=mark("did not wait"),
        kind=Kind.MEAN,
        less_is_better=True,
        reads=lambda _: None,
    ),
    _of_calls(
        "abandoned_wait",
        mark("Mean wait until hanging up"),
        mark("How many seconds the callers in who hung up had waited, on average, without those who did so at once."),
        mark("放弃前平均等待: kept apart from the wait of the calls answered, which it would lower."),
        bucket=_given_up_bucket,
        weight=_waited,
        hit=mark("waited"),
        missed=mark("did not wait"),
        kind=Kind.MEAN,
        less_is_better=True,
    ),
    _of_calls(
        "abandonment",
        mark("Callers who hung up"),
        mark(
            "Of the calls in that are no longer waiting, the share whose caller hung up before the answer. Callers who "
            "hung up at once are excluded. Who was sent away for having waited too long did not hang up; “calls "
            "answered” counts them."
        ),
        mark(
            "放弃率: hung up while queued, of those that came into the queue; the shortest wait that counts is the policy's."
        ),
        bucket=_ALL_BUT_SHORT,
        weight=lambda _: worth(ABANDONED),
        hit=mark("hung up"),
        missed=mark("did not hang up"),
        less_is_better=True,
    ),
    FIRST_CALL,
)
