"""The measures: one row each, and everything said of a measure is read from its row.

The figures, the list behind every number, the rollup, the sheet and the page of definitions use the same expressions,
so a number and its list cannot differ. Everything is seen as of one instant, the cut-off: what ended after it was still
running then, what began after it was not there, what two people agreed later not to count still counted. A period seen
as of a later cut-off takes in what happened since; seen again as of the same one it is what it was, but for what is
recorded after the fact: calls and orders brought in afterwards, a due time that is moved, a reply rejected later
(which counts as made until then), a policy put in force in arrears.

A row belongs to the day of its ``instant``, and how it counts depends on the cut-off alone, not on the period asked for.
So a period is the sum of its days, which is what the rollup rests on.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, null, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from hotline.base.errors import NotFound
from hotline.base.i18n import gettext, mark, name_members
from hotline.calls.models import Call, CallOutcome
from hotline.handle.models import COUNTS_ON, Evaluation
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.policy.limits import Clock
from hotline.report.closings import FALSE_CLOSE
from hotline.report.dispatches import DISPATCH_MEASURES, MOVES, is_step
from hotline.report.exclusions import answer_ground, deadline_ground, is_answer_excluded, is_excluded
from hotline.report.measure import Bucket, Expression, Frame, Measure, Subject, number, worth


class Fate(StrEnum):
    """What has become of a dispatched order at a cut-off. Each is in exactly one."""

    NOT_DUE = "not_due"
    ON_TIME = "on_time"
    LATE = "late"
    OVERDUE = "overdue"
    EXCLUDED = "excluded"


name_members(
    {
        Fate.NOT_DUE: mark("Not yet due"),
        Fate.ON_TIME: mark("Handled on time"),
        Fate.LATE: mark("Handled late"),
        Fate.OVERDUE: mark("Overdue and open"),
        Fate.EXCLUDED: mark("Excluded"),
    }
)


# Units


def lead_at(cutoff: datetime) -> ColumnElement[Any]:
    """The unit an order was with at a cut-off, None before its dispatch."""
    moved = select(Event.order_id).where(is_step(Event, *MOVES), Event.at > cutoff)
    then = case((Order.id.in_(moved), _sent_by(Order.id, literal(cutoff), Order.lead_unit)), else_=Order.lead_unit)
    return case((Order.dispatched_at > cutoff, null()), else_=then)


def _due_unit(due: InstrumentedAttribute[datetime]) -> Expression:
    """The unit a clock ran for when it fell due, or until it ended, or at the cut-off, whichever came first.

    A unit that is sent what is overdue already is not the one that let it become so.
    """

    def unit(frame: Frame) -> ColumnElement[Any]:
        # None falls due before the period, none is seen later than the cut-off: older moves change nothing.
        since = min(frame.period.start, frame.cutoff)
        moved = select(Event.order_id).where(is_step(Event, *MOVES), Event.at > since)
        then = func.least(due, func.coalesce(Deadline.ended_at, due), frame.cutoff)
        had = _sent_by(Deadline.order_id, then, Deadline.unit_code)
        return case((Deadline.order_id.in_(moved), had), else_=Deadline.unit_code)

    return unit


def _sent_by(
    order_id: InstrumentedAttribute[int], instant: ColumnElement[Any], present: InstrumentedAttribute[str | None]
) -> ColumnElement[Any]:
    """The unit an order was last sent to by an instant, as its log says; the present one where it says nothing."""
    sent = Event.action.in_([Action.DISPATCH, *MOVES])
    units = select(Event.payload["unit"].astext).where(Event.order_id == order_id, sent, Event.at <= instant)
    return func.coalesce(units.order_by(Event.seq.desc()).limit(1).scalar_subquery(), present)


# Calls


def _queued(frame: Frame) -> ColumnElement[bool]:
    return and_(frame.has(Call.queued_at), Call.queued_at <= frame.cutoff)


def _answered(frame: Frame) -> ColumnElement[bool]:
    return func.coalesce(Call.answered_at <= frame.cutoff, False)


def _connection_bucket(frame: Frame) -> ColumnElement[Any]:
    # Over only after the cut-off: at the cut-off it was waiting, whatever became of it.
    over = func.coalesce(Call.answered_at, Call.ended_at, Call.queued_at)
    waited = or_(Call.outcome == CallOutcome.QUEUED, over > frame.cutoff)
    short = and_(Call.outcome == CallOutcome.ABANDONED, Call.wait < frame.policy.short_abandon)
    return case(
        (_answered(frame), Bucket.COUNTED.value),
        (waited, Bucket.NOT_DUE.value),
        (short, Bucket.EXCLUDED.value),
        else_=Bucket.COUNTED.value,
    )


# Deadlines


def fate(due: InstrumentedAttribute[datetime], frame: Frame) -> ColumnElement[str]:
    """The Fate of a handle clock by one of its due instants. What is not due cannot be excluded on appeal."""
    became = _became(due, frame.cutoff)
    excluded = and_(became != Fate.NOT_DUE, is_excluded(Deadline.order_id, frame))
    return case((excluded, Fate.EXCLUDED.value), else_=became)


def _became(due: InstrumentedAttribute[datetime], cutoff: datetime) -> ColumnElement[str]:
    """What became of a handle clock, whether or not it counts. A due instant itself is still in time."""
    ended = Deadline.ended_at <= cutoff
    return case(
        (and_(ended, Deadline.outcome == "dropped"), Fate.EXCLUDED.value),
        (and_(ended, Deadline.ended_at <= due), Fate.ON_TIME.value),
        (ended, Fate.LATE.value),
        (due > cutoff, Fate.NOT_DUE.value),
        else_=Fate.OVERDUE.value,
    )


def _due(due: InstrumentedAttribute[datetime]) -> Expression:
    """Handle clocks that fall due in the period (应结案)."""

    def within(frame: Frame) -> ColumnElement[bool]:
        return and_(Deadline.clock == Clock.HANDLE, frame.has(due), Deadline.started_at <= frame.cutoff)

    return within


def _due_bucket(due: InstrumentedAttribute[datetime]) -> Expression:
    def bucket(frame: Frame) -> ColumnElement[Any]:
        became = _became(due, frame.cutoff)
        return case(
            (became == Fate.EXCLUDED, null()),
            (became == Fate.NOT_DUE, Bucket.NOT_DUE.value),
            (is_excluded(Deadline.order_id, frame), Bucket.EXCLUDED.value),
            else_=Bucket.COUNTED.value,
        )

    return bucket


def _due_weight(due: InstrumentedAttribute[datetime]) -> Expression:
    return lambda frame: worth(_became(due, frame.cutoff) == Fate.ON_TIME)


def _exclusion_bucket(frame: Frame) -> ColumnElement[Any]:
    """Of the same rows as ``on_time``, all that are due count, the excluded ones too."""
    kept = _due_bucket(Deadline.due_at)(frame)
    return case((kept == Bucket.EXCLUDED.value, Bucket.COUNTED.value), else_=kept)


# Evaluations


def _asked(frame: Frame) -> ColumnElement[bool]:
    """Ended by the cut-off or waiting since: by COUNTS_ON. Ended after the cut-off: then it was still waiting."""
    on, asked = COUNTS_ON, Evaluation.asked_at
    return or_(
        and_(frame.has(on), on <= frame.cutoff),
        and_(frame.has(asked), asked <= frame.cutoff, on > frame.cutoff),
    )


def _asked_on(frame: Frame) -> ColumnElement[Any]:
    return case((frame.cutoff >= COUNTS_ON, COUNTS_ON), else_=Evaluation.asked_at)


def _said(counts: ColumnElement[bool], frame: Frame) -> ColumnElement[Any]:
    waiting = func.coalesce(Evaluation.ended_at > frame.cutoff, True)
    return case(
        (waiting, Bucket.NOT_DUE.value),
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


def _solved_bucket(frame: Frame) -> ColumnElement[Any]:
    return _said(Evaluation.solved.is_not(None), frame)


def _solved_weight(_: Frame) -> ColumnElement[Decimal]:
    return worth(Evaluation.solved.is_(True))


MEASURES: tuple[Measure, ...] = (
    Measure(
        name="connection",
        label=mark("Calls answered"),
        meaning=mark(
            "Of the calls that came into a queue in the period and are no longer waiting, the share that was "
            "answered. A call still talking is answered. Callers who hung up at once are excluded; the rate with "
            "them is shown beside it."
        ),
        source=mark(
            "接通率: calls answered of calls in, as cities publish it (Binzhou, July 2021: 16,365 of 16,567 = 98.78 %)."
        ),
        exclusion=mark("hung up within %(seconds)s s"),
        subject=Subject.CALLS,
        instant=Call.queued_at,
        unit=None,
        within=_queued,
        bucket=_connection_bucket,
        weight=lambda frame: worth(_answered(frame)),
        reads=lambda policy: policy.short_abandon,
    ),
    Measure(
        name="on_time",
        label=mark("On-time completion"),
        meaning=mark(
            "Of the orders that fall due in the period, granted extensions included, the share its unit answered "
            "by the due time. Handled late or overdue and open counts against it; what is not yet due does not count. "
            "Only the first answer counts: work a citizen sends back to be redone has a deadline of its own and "
            "enters no on-time figure."
        ),
        source=mark(
            "按时办结率: handled on time of those due (应结案), the practice of Lianyungang "
            "(April 2017: 22,345 of 24,932 = 89.62 %)."
        ),
        exclusion=mark("two reviewers have agreed with the unit's appeal"),
        subject=Subject.DEADLINES,
        instant=Deadline.due_at,
        unit=_due_unit(Deadline.due_at),
        within=_due(Deadline.due_at),
        bucket=_due_bucket(Deadline.due_at),
        weight=_due_weight(Deadline.due_at),
        ground=deadline_ground,
    ),
    Measure(
        name="on_time_original",
        label=mark("On-time completion, first deadline"),
        meaning=mark(
            "As “on-time completion”, but by the due time the order first had: extensions do not help. "
            "The difference between the two is what extensions add."
        ),
        source=mark("按时办结率(原时限): published beside the rate with extensions, so that neither hides the other."),
        exclusion=mark("two reviewers have agreed with the unit's appeal"),
        subject=Subject.DEADLINES,
        instant=Deadline.original_due_at,
        unit=_due_unit(Deadline.original_due_at),
        within=_due(Deadline.original_due_at),
        bucket=_due_bucket(Deadline.original_due_at),
        weight=_due_weight(Deadline.original_due_at),
        ground=deadline_ground,
    ),
    Measure(
        name="excluded_on_appeal",
        label=mark("Excluded on appeal"),
        meaning=mark(
            "Of the orders that fall due in the period, the share that does not count in “on-time completion”, because "
            "the unit appealed with a reason and evidence and two reviewers agreed."
        ),
        source=mark(
            "剔除率: what is excluded is itself counted for each unit, and the rate with it is published beside."
        ),
        exclusion="",
        subject=Subject.DEADLINES,
        instant=Deadline.due_at,
        unit=_due_unit(Deadline.due_at),
        within=_due(Deadline.due_at),
        bucket=_exclusion_bucket,
        weight=lambda frame: worth(is_excluded(Deadline.order_id, frame)),
        ground=deadline_ground,
        less_is_better=True,
    ),
    Measure(
        name="satisfied",
        label=mark("Satisfaction rate"),
        meaning=mark(
            "Of the citizens who answered in the period how satisfied they are, the share that is satisfied, each "
            "answer with the weight the policy gives it. Whoever could not be reached is unknown, never satisfied."
        ),
        source=mark(
            "满意率: by effective callbacks (有效回访); the weights of the levels differ by city "
            "(Beijing counts “basically satisfied” as 0.9) and come from the policy."
        ),
        exclusion=mark(
            "could not be reached, gave an answer the policy does not weigh, or two reviewers have agreed with the unit's appeal"
        ),
        subject=Subject.EVALUATIONS,
        instant=COUNTS_ON,
        unit=lambda _: Evaluation.unit_code.expression,
        within=_asked,
        bucket=_satisfied_bucket,
        weight=_satisfied_weight,
        reads=lambda policy: policy.weights,
        ground=answer_ground,
        dated=_asked_on,
    ),
    Measure(
        name="solved",
        label=mark("Resolution rate"),
        meaning=mark(
            "Of the citizens who answered in the period whether their matter is solved, the share that said yes. "
            "Whoever could not be reached is unknown and left out."
        ),
        source=mark("解决率: solved of effective callbacks (有效回访), kept apart from satisfaction as Beijing does."),
        exclusion=mark("could not be reached, or two reviewers have agreed with the unit's appeal"),
        subject=Subject.EVALUATIONS,
        instant=COUNTS_ON,
        unit=lambda _: Evaluation.unit_code.expression,
        within=_asked,
        bucket=_solved_bucket,
        weight=_solved_weight,
        ground=answer_ground,
        dated=_asked_on,
    ),
    FALSE_CLOSE,
    *DISPATCH_MEASURES,
)

BY_NAME = {measure.name: measure for measure in MEASURES}


def measure_named(name: str) -> Measure:
    """The measure with this name; raise NotFound."""
    if name not in BY_NAME:
        raise NotFound(gettext("There is no measure with this name."))
    return BY_NAME[name]
