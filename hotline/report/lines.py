"""A row behind a number as lists show it: on pages, in the API, in the sheet. Telephone numbers are masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from hotline.base.i18n import pick
from hotline.base.privacy import mask_phone
from hotline.calls.models import Call, CallOutcome
from hotline.handle.models import Evaluation
from hotline.orders.deadlines import is_provisional
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.sight import sees_asking
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.appeals import Ground
from hotline.policy.document import Policy
from hotline.report.measure import Bucket, Frame, Measure, Subject
from hotline.report.queries import Row, Verdict


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order behind a number as it stood at the cut-off; only its state is the present one.

    unit: whose it was; None before its dispatch. Of an evaluation: whose reply it is about.
    started_at: when the clock counted started, the citizen was to be asked, or the order was received.
    Times that say when a citizen was asked are None for those who are not to know.
    due_at: of the clock counted; None where there is none. provisional: it may still move with the calendar.
    reached, solved, satisfaction: what the citizen said, None while (or where) nothing is known.
    bucket, weight: how it counts; None in lists that belong to no measure. ground: why it is excluded on appeal.
    """

    number: str
    title: str
    state: State
    unit: str | None
    started_at: datetime | None
    due_at: datetime | None = None
    provisional: bool | None = None
    ended_at: datetime | None = None
    reached: bool | None = None
    solved: bool | None = None
    satisfaction: str | None = None
    bucket: Bucket | None = None
    weight: Decimal | None = None
    ground: Ground | None = None


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call behind a number. wait: seconds."""

    call_id: str
    queue: str
    phone: str
    queued_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: CallOutcome
    wait: float
    bucket: Bucket | None = None
    weight: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DispatchLine:
    """A first dispatch behind a number, with its order; only the order's state is the present one.

    unit: whom it was sent to. category: its code. automatic: without a person; confidence, threshold: how sure the
    system was of the category and had to be, 0 to 1, of automatic ones.
    moved_to: the unit it was with at the cut-off, where a return was agreed to.
    """

    number: str
    title: str
    state: State
    unit: str | None
    category: str | None
    dispatched_at: datetime
    automatic: bool
    confidence: float | None = None
    threshold: float | None = None
    moved_to: str | None = None
    bucket: Bucket | None = None
    weight: Decimal | None = None


AnyLine = OrderLine | CallLine | DispatchLine


@dataclass(frozen=True, slots=True)
class View:
    """How rows are looked at: as of when, by which policy.

    first_due: by the first due time of a clock, not the last. of_answers: whether rows are what citizens said.
    asking: whether the reader is to know when citizens were asked. grounds: why clocks of no measure are excluded.
    """

    cutoff: datetime
    policy: Policy
    first_due: bool = False
    of_answers: bool = True
    asking: bool = False
    grounds: Mapping[int, Ground] = field(default_factory=dict)

    @classmethod
    def of(cls, measure: Measure, frame: Frame, reader: Actor) -> View:
        """A reader's view of a measure's rows."""
        return cls(
            frame.cutoff,
            frame.policy,
            first_due=measure.instant is Deadline.original_due_at,
            of_answers=measure.subject is not Subject.REPLIES,
            asking=sees_asking(reader),
        )

    def line(self, row: Row, unit: str | None, verdict: Verdict | None = None) -> AnyLine:
        """A row as a line. unit: whose it was at the cut-off."""
        bucket, weight = (verdict.bucket, verdict.weight) if verdict else (None, None)
        match row:
            case Call():
                return self._call(row, bucket, weight)
            case Deadline():
                return self._deadline(row, unit, verdict)
            case Evaluation():
                return self._evaluation(row, verdict)
            case Event(action=Action.CLOSE):
                return self._closing(row, unit, verdict)
            case Event():
                return self._dispatch(row, unit, verdict)
            case Order():
                ended = self._seen(row.closed_at) if self.asking else None  # closed as the citizen was asked
                line = OrderLine(row.number, row.title, row.state, unit, row.received_at, ended_at=ended)
                return replace(line, **_counts(verdict)) if verdict else line

    def _seen(self, instant: datetime | None) -> datetime | None:
        return instant if instant is not None and instant <= self.cutoff else None

    def _call(self, call: Call, bucket: Bucket | None, weight: Decimal | None) -> CallLine:
        return CallLine(
            call_id=call.call_id,
            queue=call.queue,
            phone=mask_phone(call.phone),
            queued_at=call.queued_at,
            answered_at=self._seen(call.answered_at),
            ended_at=self._seen(call.ended_at),
            outcome=call.outcome,
            wait=call.wait,
            bucket=bucket,
            weight=weight,
        )

    def _deadline(self, clock: Deadline, unit: str | None, verdict: Verdict | None) -> OrderLine:
        order = clock.order
        due = clock.original_due_at if self.first_due else clock.due_at
        return OrderLine(
            order.number,
            order.title,
            order.state,
            unit,
            started_at=clock.started_at,
            due_at=due,
            provisional=clock.provisional and clock.ended_at is None and is_provisional(due),
            ended_at=self._seen(clock.ended_at),
            **_counts(verdict, self.grounds.get(clock.id)),
        )

    def _evaluation(self, asked: Evaluation, verdict: Verdict | None) -> OrderLine:
        order = asked.order
        ended = self._seen(asked.ended_at) if self.of_answers or self.asking else None
        return OrderLine(
            order.number,
            order.title,
            order.state,
            asked.unit_code,
            started_at=asked.asked_at if self.asking or not self.of_answers else None,
            ended_at=ended if self.asking else None,
            reached=asked.reached if ended else None,
            solved=asked.solved if ended else None,
            satisfaction=self._level(asked.satisfaction) if ended else None,
            **_counts(verdict),
        )

    def _closing(self, closing: Event, unit: str | None, verdict: Verdict | None) -> OrderLine:
        order = closing.order
        ended = closing.at if self.asking else None  # closed as the citizen was asked
        return OrderLine(order.number, order.title, order.state, unit, None, ended_at=ended, **_counts(verdict))

    @staticmethod
    def _dispatch(sent: Event, unit: str | None, verdict: Verdict | None) -> DispatchLine:
        order = sent.order
        return DispatchLine(
            order.number,
            order.title,
            order.state,
            unit,
            order.category_code,
            dispatched_at=sent.at,
            automatic=sent.actor_role is Role.SYSTEM,
            confidence=sent.payload.get("confidence"),
            threshold=sent.payload.get("threshold"),
            moved_to=verdict.moved_to if verdict else None,
            bucket=verdict.bucket if verdict else None,
            weight=verdict.weight if verdict else None,
        )

    def _level(self, code: str | None) -> str | None:
        """What a satisfaction level is called; one the policy does not know by its code."""
        for level in self.policy.levels:
            if level.code == code:
                return pick(level.label, level.label_en)
        return code


def _counts(verdict: Verdict | None, ground: Ground | None = None) -> dict[str, Any]:
    """How an order counts. ground: why it is excluded, where it belongs to no measure."""
    if verdict is None:
        return {"ground": ground}
    return {"bucket": verdict.bucket, "weight": verdict.weight, "ground": verdict.ground}
