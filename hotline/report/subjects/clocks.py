"""The measures of time: what was done by when it was due, with what extensions, and what never was.

A clock counts on the day it is due. What is not due yet counts for neither side, unless it has ended already.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, case, cast, null
from sqlalchemy.orm import InstrumentedAttribute

from hotline.base.i18n import mark, name_members
from hotline.orders.models import Deadline
from hotline.policy.limits import Clock
from hotline.report.measure import Bucket, Expression, Frame, Measure, Subject, worth
from hotline.report.subjects.asof import due_unit
from hotline.report.subjects.exclusions import deadline_ground, is_excluded


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

Due = InstrumentedAttribute[datetime]
APPEALED = mark("two reviewers have agreed with the unit's appeal")


def fate(due: Due, frame: Frame) -> ColumnElement[str]:
    """The Fate of a handle clock by one of its due instants. What is not due cannot be excluded on appeal."""
    became = _became(due, frame.cutoff)
    excluded = and_(became != Fate.NOT_DUE, is_excluded(Deadline.order_id, frame))
    return case((excluded, Fate.EXCLUDED.value), else_=became)


def _became(due: Due, cutoff: datetime) -> ColumnElement[str]:
    """What became of a handle clock, whether or not it counts. A due instant itself is still in time."""
    ended = Deadline.ended_at <= cutoff
    return case(
        (and_(ended, Deadline.outcome == "dropped"), Fate.EXCLUDED.value),
        (and_(ended, Deadline.ended_at <= due), Fate.ON_TIME.value),
        (ended, Fate.LATE.value),
        (due > cutoff, Fate.NOT_DUE.value),
        else_=Fate.OVERDUE.value,
    )


def _due(clock: Clock, due: Due) -> Expression:
    """Clocks of a kind that fall due in the period (of HANDLE: 应结案)."""

    def within(frame: Frame) -> ColumnElement[bool]:
        return and_(Deadline.clock == clock, frame.has(due), Deadline.started_at <= frame.cutoff)

    return within


# The work itself


def _handled_bucket(due: Due) -> Expression:
    def bucket(frame: Frame) -> ColumnElement[Any]:
        became = _became(due, frame.cutoff)
        return case(
            (became == Fate.EXCLUDED, null()),
            (became == Fate.NOT_DUE, Bucket.NOT_DUE.value),
            (is_excluded(Deadline.order_id, frame), Bucket.EXCLUDED.value),
            else_=Bucket.COUNTED.value,
        )

    return bucket


def _is(*fates: Fate, due: Due = Deadline.due_at) -> Expression:
    return lambda frame: worth(_became(due, frame.cutoff).in_([one.value for one in fates]))


def _exclusion_bucket(frame: Frame) -> ColumnElement[Any]:
    """Of the same rows as ``on_time``, all that are due count, the excluded ones too."""
    kept = _handled_bucket(Deadline.due_at)(frame)
    return case((kept == Bucket.EXCLUDED.value, Bucket.COUNTED.value), else_=kept)


def _extended(frame: Frame) -> ColumnElement[Any]:
    """Whether an extension had been agreed by the cut-off; the first one was agreed first."""
    agreed = cast(Deadline.extended[0][2].astext, DateTime(timezone=True))
    return worth(agreed <= frame.cutoff)


def _of_work(
    name: str, label: str, meaning: str, source: str, weight: Expression, *, due: Due = Deadline.due_at, **more: Any
) -> Measure:
    given = {"exclusion": APPEALED, "bucket": _handled_bucket(due), **more}
    return Measure(
        name=name,
        label=label,
        meaning=meaning,
        source=source,
        subject=Subject.DEADLINES,
        instant=due,
        unit=due_unit(due),
        within=_due(Clock.HANDLE, due),
        weight=weight,
        ground=deadline_ground,
        **given,
    )


# The steps before it


def _step_bucket(frame: Frame) -> ColumnElement[Any]:
    """What nobody waits for any more before it was due is no part; dropped later, it had been missed."""
    ended, dropped = Deadline.ended_at <= frame.cutoff, Deadline.outcome == "dropped"
    return case(
        (and_(ended, dropped, Deadline.ended_at <= Deadline.due_at), null()),
        (ended, Bucket.COUNTED.value),
        (Deadline.due_at > frame.cutoff, Bucket.NOT_DUE.value),
        else_=Bucket.COUNTED.value,
    )


def _step_weight(frame: Frame) -> ColumnElement[Any]:
    met = and_(Deadline.outcome == "met", Deadline.ended_at <= Deadline.due_at)
    return worth(and_(Deadline.ended_at <= frame.cutoff, met))


def _of_step(name: str, clock: Clock, label: str, meaning: str, source: str, unit: Expression | None) -> Measure:
    return Measure(
        name=name,
        label=label,
        meaning=meaning,
        source=source,
        exclusion="",
        hit=mark("on time"),
        missed=mark("late or overdue"),
        subject=Subject.DEADLINES,
        instant=Deadline.due_at,
        unit=unit,
        within=_due(clock, Deadline.due_at),
        bucket=_step_bucket,
        weight=_step_weight,
    )


CLOCK_MEASURES = (
    _of_step(
        "dispatched_on_time",
        Clock.DISPATCH,
        mark("On-time dispatch"),
        mark(
            "Of the orders that were to be dispatched by an instant in the period, the share that was in time, or was "
            "answered directly, put through or found not to be accepted. It is the center's own work and belongs to no "
            "unit."
        ),
        mark("按时转出率（按时派单率）: dispatched within the limit, of those to be dispatched."),
        None,
    ),
    _of_step(
        "signed_on_time",
        Clock.SIGN,
        mark("On-time signing"),
        mark(
            "Of the orders a unit was to sign for by an instant in the period, the share it signed for in time. Handed "
            "back unsigned after that instant, it was missed; before, nobody waits for it."
        ),
        mark(
            "及时签收率: signed within the limit, of those dispatched whose time to sign is over (Lianyungang: 99.64 %)."
        ),
        lambda _: Deadline.unit_code.expression,  # a redispatch starts the clock anew, so it has one unit
    ),
    _of_step(
        "contacted_on_time",
        Clock.CONTACT,
        mark("On-time first contact"),
        mark(
            "Of the orders whose citizen was to be contacted by an instant in the period, the share where the unit "
            "recorded in time that it had. Answered before that instant, nobody waits for it; answered after it without "
            "contact, it was missed."
        ),
        mark(
            "先行联系率: contacted, of contacted and not contacted, within the policy's time (24 hours in most cities)."
        ),
        due_unit(Deadline.due_at),
    ),
    _of_work(
        "completion",
        mark("Completion"),
        mark(
            "Of the orders that fall due in the period, granted extensions included, the share its unit has answered by "
            "the time of the report, in time or late. What is overdue and open stays in the denominator."
        ),
        mark(
            "结案率: completed of those due (应结案), as Lianyungang publishes it (April 2017: 23,974 of 24,932 = 96.16 %)."
        ),
        _is(Fate.ON_TIME, Fate.LATE),
        hit=mark("answered"),
        missed=mark("overdue and open"),
    ),
    _of_work(
        "on_time",
        mark("On-time completion"),
        mark(
            "Of the orders that fall due in the period, granted extensions included, the share its unit answered "
            "by the due time. Handled late or overdue and open counts against it; what is not yet due does not count. "
            "Only the first answer counts: work a citizen sends back to be redone has a deadline of its own and "
            "enters no on-time figure."
        ),
        mark(
            "按时办结率: handled on time of those due (应结案), the practice of Lianyungang "
            "(April 2017: 22,345 of 24,932 = 89.62 %)."
        ),
        _is(Fate.ON_TIME),
        hit=mark("on time"),
        missed=mark("late or overdue"),
    ),
    _of_work(
        "on_time_original",
        mark("On-time completion, first deadline"),
        mark(
            "As “on-time completion”, but by the due time the order first had: extensions do not help. "
            "The difference between the two is what extensions add."
        ),
        mark("按时办结率(原时限): published beside the rate with extensions, so that neither hides the other."),
        _is(Fate.ON_TIME, due=Deadline.original_due_at),
        due=Deadline.original_due_at,
        hit=mark("on time"),
        missed=mark("late or overdue"),
    ),
    _of_work(
        "overdue",
        mark("Overdue"),
        mark(
            "Of the orders that fall due in the period, granted extensions included, the share answered late or overdue "
            "and still open. With “on-time completion” it makes 100 %%."
        ),
        mark("超期率: overdue, completed or open, of those due (应结案)."),
        _is(Fate.LATE, Fate.OVERDUE),
        hit=mark("late or overdue"),
        missed=mark("on time"),
        less_is_better=True,
    ),
    _of_work(
        "excluded_on_appeal",
        mark("Excluded on appeal"),
        mark(
            "Of the orders that fall due in the period, the share that does not count in “on-time completion”, because "
            "the unit appealed with a reason and evidence and two reviewers agreed."
        ),
        mark("剔除率: what is excluded is itself counted for each unit, and the rate with it is published beside."),
        lambda frame: worth(is_excluded(Deadline.order_id, frame)),
        exclusion="",
        bucket=_exclusion_bucket,
        hit=mark("excluded on appeal"),
        missed=mark("counted"),
        less_is_better=True,
    ),
    _of_work(
        "extension",
        mark("Extended"),
        mark(
            "Of the orders that fall due in the period, granted extensions included, the share that was granted one or "
            "more. A pause or a promise is no extension."
        ),
        mark("延期率: orders with an extension granted, of those to be handled; to be read beside both on-time rates."),
        _extended,
        hit=mark("extended"),
        missed=mark("not extended"),
        less_is_better=True,
    ),
)
