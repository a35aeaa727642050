"""What each measure counts, worked out from a story in plain Python, by the definitions and nothing of the report's own.

The numbers are those of the default policy. A row is: the instant it is dated by, whose it is, its bucket, its weight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from hotline.base.time import Period
from hotline.calls.models import CallOutcome
from hotline.orders.lifecycle import Action, State
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.counting import TimeUnit, add_working
from hotline.policy.limits import Clock
from hotline.report.figures import Figure
from tests.report.rows import DAY, HOUR
from tests.report.stories import Asked, Ran, Rang, Story, Told

COUNTED, NOT_DUE, EXCLUDED = "counted", "not_due", "excluded"
SHORT, SOON, HOURS, DAYS = 5, 15, 72 * HOUR, 30 * DAY
ONE, HUNG_UP = CallOutcome.ANSWERED, CallOutcome.ABANDONED


@dataclass(frozen=True)
class Row:
    """A row of a measure."""

    at: datetime
    whose: str | None
    bucket: str | None
    weight: Decimal


def figures(name: str, told: Story, period: Period, cutoff: datetime) -> dict[str | None, Figure]:
    """A measure of a story, by unit."""
    found: dict[str | None, Figure] = {}
    for row in ROWS[name](told, cutoff):
        if period.start <= row.at < period.end and row.bucket:
            found[row.whose] = found.get(row.whose, Figure()) + figure_of(row.bucket, row.weight)
    return found


def figure_of(bucket: str, weight: Decimal) -> Figure:
    """One row as a figure."""
    if bucket == COUNTED:
        return Figure(int(weight > 0), 1, weighted=weight)
    return Figure(not_due=1) if bucket == NOT_DUE else Figure(excluded=1, weighted_excluded=weight)


def _one(*, hit: bool) -> Decimal:
    return Decimal(int(hit))


def _a_day_later(at: datetime) -> datetime:
    """The end of the first working day after: what the default policy gives for returns and callbacks."""
    return add_working(at, 1, TimeUnit.WORKING_DAYS, policies.calendar_now(), policies.policy_at(at).counting).at


# Calls

Judged = Callable[[Rang], tuple[str | None, Decimal]]


def _calls(judge: Judged) -> Callable[[Story, datetime], Iterator[Row]]:
    def rows(told: Story, cutoff: datetime) -> Iterator[Row]:
        for call in told.calls:
            if call.at > cutoff:
                continue
            bucket, weight = (NOT_DUE, Decimal(0)) if call.over > cutoff else judge(call)
            yield Row(call.at, call.queue, bucket, weight)

    return rows


def _short(call: Rang) -> bool:
    return call.outcome is HUNG_UP and call.wait < SHORT


def _all_but_short(hit: Callable[[Rang], bool]) -> Judged:
    return lambda call: (EXCLUDED if _short(call) else COUNTED, _one(hit=hit(call)))


def _in_time(call: Rang) -> bool:
    return call.outcome is ONE and call.wait <= SOON


def _level_1(call: Rang) -> tuple[str | None, Decimal]:
    return COUNTED, _one(hit=call.wait <= SOON and call.outcome is not CallOutcome.TIMEOUT)


def _level_4(call: Rang) -> tuple[str | None, Decimal]:
    return EXCLUDED if call.outcome is HUNG_UP and call.wait <= SOON else COUNTED, _one(hit=_in_time(call))


def _gave_up(call: Rang) -> tuple[str | None, Decimal]:
    bucket = None if call.outcome is not HUNG_UP else EXCLUDED if _short(call) else COUNTED
    return bucket, Decimal(str(call.wait))


def _first_calls(told: Story, cutoff: datetime) -> Iterator[Row]:
    def may_be_same(one: Rang, other: Rang, until: datetime) -> bool:
        return one.order is None or other.order is None or _same(told, one.order, other.order, until)

    for call in (one for one in told.calls if one.at <= cutoff):
        others = [one for one in told.calls if one.phone == call.phone and one is not call]
        before = any(
            call.at - HOURS <= one.at < call.at
            and one.outcome is ONE
            and one.over <= call.at
            and may_be_same(one, call, call.at)
            for one in others
        )
        until = min(cutoff, call.at + HOURS)
        again = any(call.at < one.at <= until and may_be_same(one, call, until) for one in others)
        bucket: str | None
        if call.over > cutoff:
            bucket = NOT_DUE
        elif call.outcome is not ONE:
            bucket = None
        elif not call.phone:
            bucket = EXCLUDED
        else:
            bucket = None if before else COUNTED if call.at + HOURS < cutoff else NOT_DUE
        yield Row(call.at, call.queue, bucket, _one(hit=bool(call.phone) and not again))


# Orders received


def _same(told: Story, one: Told, other: Told, until: datetime) -> bool:
    linked = any(at <= until and {one.number, other.number} == {a.number, b.number} for a, b, at in told.links)
    return one is other or linked or one.master(until) == other.master(until)


INVALID = (State.DECLINED, State.WITHDRAWN, State.EMERGENCY)


def _direct(told: Story, cutoff: datetime) -> Iterator[Row]:
    for one in _known(told, cutoff):
        state = one.state(cutoff)
        open_still = state in (State.RECEIVED, State.EXITING)
        bucket = NOT_DUE if open_still else EXCLUDED if state in INVALID else COUNTED
        yield Row(one.at, None, bucket, _one(hit=state is State.ANSWERED))


def _repeat(told: Story, cutoff: datetime) -> Iterator[Row]:
    for one in _known(told, cutoff):
        until = min(cutoff, one.at + DAYS)
        later = (
            other for other in told.orders if other.phone == one.phone and one.at < other.at <= until and one.phone
        )
        again = any(_same(told, one, other, until) for other in later) or bool(one.seen(until, Action.REACTIVATE))
        valid = COUNTED if one.state(cutoff) not in INVALID else EXCLUDED
        bucket = valid if one.at + DAYS < cutoff else NOT_DUE
        yield Row(one.at, one.unit(cutoff), bucket, _one(hit=again))


def _known(told: Story, cutoff: datetime) -> list[Told]:
    return [one for one in told.orders if one.at <= cutoff]


# Dispatches


def _dispatches(which: Callable[[Any], bool], *, every: bool = False) -> Callable[[Story, datetime], Iterator[Row]]:
    """First dispatches: accuracy, which waits for the return under review."""

    def rows(told: Story, cutoff: datetime) -> Iterator[Row]:
        for one in told.orders:
            for sent in one.seen(cutoff, Action.DISPATCH):
                word = one.seen(cutoff, Action.REQUEST_RETURN, Action.REFUSE_RETURN, Action.REDISPATCH)
                waits = bool(word) and word[-1].action is Action.REQUEST_RETURN
                over = _a_day_later(sent.at) < cutoff and not waits
                moved = bool(one.seen(cutoff, Action.REDISPATCH))
                bucket = (COUNTED if over or every else NOT_DUE) if which(sent) else None
                yield Row(sent.at, sent.said["unit"], bucket, _one(hit=sent.by is Role.SYSTEM if every else not moved))

    return rows


def _returns(told: Story, cutoff: datetime, *, agreed: bool) -> Iterator[Row]:
    for one in told.orders:
        steps = [step for step in one.steps if step.at <= cutoff]
        for n, sent in enumerate(steps):
            if sent.action not in {Action.DISPATCH, Action.REDISPATCH}:
                continue
            after = [step.action for step in steps[n + 1 :]]
            if Action.REDISPATCH in after:
                after = after[: after.index(Action.REDISPATCH) + 1]
            asked, given = Action.REQUEST_RETURN in after, Action.REDISPATCH in after
            waits = asked and not given and Action.REFUSE_RETURN not in after
            over = _a_day_later(sent.at) < cutoff and not (agreed and waits)
            bucket = COUNTED if over else NOT_DUE
            yield Row(sent.at, sent.said["unit"], bucket, _one(hit=given if agreed else asked))


# Clocks


def _clocks(clock: Clock) -> Callable[[Story, datetime], Iterator[Row]]:
    def rows(told: Story, cutoff: datetime) -> Iterator[Row]:
        for one, ran in _ran(told, cutoff, clock):
            ended = ran.ended if ran.ended and ran.ended <= cutoff else None
            bucket: str | None = COUNTED if ended or ran.due <= cutoff else NOT_DUE
            if ended and ended <= ran.due and ran.outcome == "dropped":
                bucket = None
            hit = ended is not None and ended <= ran.due and ran.outcome == "met"
            yield _of_clock(ran.due, one, ran, bucket, cutoff, hit=hit)

    return rows


def _work(hit: Callable[[Ran, datetime | None, datetime], bool], *, first: bool = False) -> Any:
    def rows(told: Story, cutoff: datetime) -> Iterator[Row]:
        for one, ran in _ran(told, cutoff, Clock.HANDLE):
            due = (ran.first_due or ran.due) if first else ran.due
            ended = ran.ended if ran.ended and ran.ended <= cutoff else None
            bucket = COUNTED if ended or due <= cutoff else NOT_DUE
            yield _of_clock(due, one, ran, bucket, cutoff, hit=hit(ran, ended, cutoff))

    return rows


def _of_clock(due: datetime, one: Told, ran: Ran, bucket: str | None, cutoff: datetime, *, hit: bool) -> Row:
    """Dated by its due time, whatever that is; it must have begun by the cut-off."""
    moves = ran.clock in {Clock.HANDLE, Clock.CONTACT}
    whose = one.unit(min(due, ran.ended or due, cutoff)) if moves else ran.unit
    return Row(due, whose, bucket, _one(hit=hit))


def _ran(told: Story, cutoff: datetime, clock: Clock) -> Iterator[tuple[Told, Ran]]:
    for one in told.orders:
        for ran in one.clocks:
            if ran.clock is clock and ran.start <= cutoff:
                yield one, ran


# Answers


def _answers(bucket: Callable[[Told, Asked], str], weight: Callable[[Told, Asked], Decimal]) -> Any:
    def rows(told: Story, cutoff: datetime) -> Iterator[Row]:
        for one in told.orders:
            for asked in one.asked:
                if asked.ended and asked.ended <= cutoff:
                    yield Row(asked.ended, asked.unit, bucket(one, asked), weight(one, asked))
                elif asked.at <= cutoff:
                    yield Row(asked.at, asked.unit, NOT_DUE, Decimal(0))

    return rows


def _scheme(**weights: float) -> Any:
    return _answers(
        lambda _, asked: COUNTED if asked.level in weights else EXCLUDED,
        lambda _, asked: Decimal(str(weights.get(asked.level or "", 0))),
    )


def _said(_: Told, asked: Asked) -> str:
    return COUNTED if asked.level else EXCLUDED


def _contacted(one: Told, asked: Asked) -> Decimal:
    since = max((other.at for other in one.asked if other.turn < asked.turn), default=one.at)
    return _one(hit=any(since < step.at <= asked.at for step in one.seen(asked.at, Action.CONTACT)))


def _results(told: Story, cutoff: datetime) -> Iterator[Row]:
    for one in told.orders:
        for step, asked in zip(one.seen(cutoff, Action.REPLY), one.asked, strict=False):
            result = step.said["result"]
            bucket = COUNTED if result in {"solved", "explained"} else EXCLUDED
            yield Row(step.at, asked.unit, bucket, _one(hit=result == "solved"))


def _called_back(told: Story, cutoff: datetime) -> Iterator[Row]:
    for one in told.orders:
        for asked in (each for each in one.asked if each.at <= cutoff):
            until = asked.ended or cutoff
            tried = [step for step in one.seen(min(cutoff, until), Action.ATTEMPT) if step.at >= asked.at]
            called = bool(tried) or bool(asked.ended and asked.ended <= cutoff)
            over = _a_day_later(asked.at) < cutoff
            yield Row(asked.at, None, COUNTED if over or called else NOT_DUE, _one(hit=called))


# Closings


def _closings(told: Story, cutoff: datetime, *, false: bool) -> Iterator[Row]:
    for one in told.orders:
        for n, step in enumerate(one.steps):
            if step.action is not Action.CLOSE or step.at > cutoff:
                continue
            after = [again.at for again in one.steps[n + 1 :] if again.action is Action.REACTIVATE]
            wrong = bool(after) and after[0] <= min(cutoff, step.at + DAYS)
            redone = any(again.action in {Action.REDO, Action.REACTIVATE} for again in one.steps[:n])
            bucket = COUNTED if not false or step.at + DAYS < cutoff else NOT_DUE
            whose = [asked.unit for asked in one.asked if asked.at <= step.at][-1]
            yield Row(step.at, whose, bucket, _one(hit=wrong if false else redone))


ROWS: dict[str, Callable[[Story, datetime], Iterator[Row]]] = {
    "connection": _calls(_all_but_short(lambda call: call.outcome is ONE)),
    "service_level_1": _calls(_level_1),
    "service_level_2": _calls(lambda call: (COUNTED if call.outcome is ONE else None, _one(hit=call.wait <= SOON))),
    "service_level_3": _calls(_all_but_short(_in_time)),
    "service_level_4": _calls(_level_4),
    "wait": _calls(lambda call: (COUNTED if call.outcome is ONE else None, Decimal(str(call.wait)))),
    "abandoned_wait": _calls(_gave_up),
    "abandonment": _calls(_all_but_short(lambda call: call.outcome is HUNG_UP)),
    "first_call": _first_calls,
    "direct_answer": _direct,
    "repeat": _repeat,
    "auto_dispatch": _dispatches(lambda _: True, every=True),
    "dispatch_accuracy": _dispatches(lambda _: True),
    "auto_dispatch_accuracy": _dispatches(lambda sent: sent.by is Role.SYSTEM),
    "hand_dispatch_accuracy": _dispatches(lambda sent: sent.by is not Role.SYSTEM),
    "returned": lambda told, cutoff: _returns(told, cutoff, agreed=False),
    "returned_agreed": lambda told, cutoff: _returns(told, cutoff, agreed=True),
    "dispatched_on_time": _clocks(Clock.DISPATCH),
    "signed_on_time": _clocks(Clock.SIGN),
    "contacted_on_time": _clocks(Clock.CONTACT),
    "completion": _work(lambda _, ended, __: ended is not None),
    "on_time": _work(lambda ran, ended, _: ended is not None and ended <= ran.due),
    "on_time_original": _work(
        lambda ran, ended, _: ended is not None and ended <= (ran.first_due or ran.due), first=True
    ),
    "overdue": _work(lambda ran, ended, cutoff: ended > ran.due if ended else ran.due <= cutoff),
    "excluded_on_appeal": _work(lambda *_: False),
    "extension": _work(lambda ran, _, cutoff: ran.extended is not None and ran.extended <= cutoff),
    "called_back": _called_back,
    "valid_callback": _answers(lambda *_: COUNTED, lambda _, asked: _one(hit=asked.level is not None)),
    "responded": _answers(_said, _contacted),
    "solved": _answers(_said, lambda _, asked: _one(hit=bool(asked.solved))),
    "actually_solved": _results,
    "satisfied": _scheme(satisfied=1, basically=1, dissatisfied=0),
    "satisfied_binary": _scheme(satisfied=1, dissatisfied=0),
    "satisfied_basically": _scheme(satisfied=1, basically=1, neutral=0, dissatisfied=0),
    "satisfied_09": _scheme(satisfied=1, basically=0.9, dissatisfied=0),
    "satisfied_0806": _scheme(satisfied=1, basically=0.8, neutral=0.6, dissatisfied=0),
    "false_close": lambda told, cutoff: _closings(told, cutoff, false=True),
    "redo": lambda told, cutoff: _closings(told, cutoff, false=False),
}
