"""A row behind a number as lists show it: on pages, in the API, in the sheet. Telephone numbers are masked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hotline.base.i18n import pick
from hotline.base.privacy import mask_phone
from hotline.calls.models import Call, CallOutcome
from hotline.handle.models import Evaluation
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Order
from hotline.policy.document import Policy
from hotline.report.measures import Bucket, Frame, Measure
from hotline.report.queries import Row, Verdict


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order behind a number as it stood at the cut-off; only its state is the present one.

    started_at: when the clock counted started, the citizen was to be asked, or the order was received.
    due_at: of the clock counted; None where there is none.
    reached, solved, satisfaction: what the citizen said, None while (or where) nothing is known.
    bucket, weight: how it counts; None in lists that belong to no measure.
    """

    number: str
    title: str
    state: State
    unit: str | None
    started_at: datetime
    due_at: datetime | None = None
    ended_at: datetime | None = None
    reached: bool | None = None
    solved: bool | None = None
    satisfaction: str | None = None
    bucket: Bucket | None = None
    weight: Decimal | None = None


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


AnyLine = OrderLine | CallLine


@dataclass(frozen=True, slots=True)
class View:
    """How rows are looked at: as of when, by which policy, and by which due time of a clock (the first or the last)."""

    cutoff: datetime
    policy: Policy
    first_due: bool = False

    @classmethod
    def of(cls, measure: Measure, frame: Frame) -> View:
        """The view of a measure's rows."""
        return cls(frame.cutoff, frame.policy, first_due=measure.instant is Deadline.original_due_at)

    def line(self, row: Row, verdict: Verdict | None = None) -> AnyLine:
        """A row as a line."""
        bucket, weight = (verdict.bucket, verdict.weight) if verdict else (None, None)
        match row:
            case Call():
                return self._call(row, bucket, weight)
            case Deadline():
                return self._deadline(row, bucket, weight)
            case Evaluation():
                return self._evaluation(row, bucket, weight)
            case Order():
                ended = self._seen(row.closed_at)
                return OrderLine(row.number, row.title, row.state, row.lead_unit, row.received_at, ended_at=ended)

    def lines(self, rows: Iterable[Row], counts: dict[int, Verdict]) -> list[AnyLine]:
        """Rows as lines. counts: how each counts, by its id."""
        return [self.line(row, counts.get(row.id)) for row in rows]

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

    def _deadline(self, clock: Deadline, bucket: Bucket | None, weight: Decimal | None) -> OrderLine:
        order = clock.order
        return OrderLine(
            order.number,
            order.title,
            order.state,
            order.lead_unit,
            started_at=clock.started_at,
            due_at=clock.original_due_at if self.first_due else clock.due_at,
            ended_at=self._seen(clock.ended_at),
            bucket=bucket,
            weight=weight,
        )

    def _evaluation(self, asked: Evaluation, bucket: Bucket | None, weight: Decimal | None) -> OrderLine:
        order = asked.order
        ended = self._seen(asked.ended_at)
        return OrderLine(
            order.number,
            order.title,
            order.state,
            asked.unit_code,
            started_at=asked.asked_at,
            ended_at=ended,
            reached=asked.reached if ended else None,
            solved=asked.solved if ended else None,
            satisfaction=self._level(asked.satisfaction) if ended else None,
            bucket=bucket,
            weight=weight,
        )

    def _level(self, code: str | None) -> str | None:
        """What a satisfaction level is called; one the policy does not know by its code."""
        for level in self.policy.levels:
            if level.code == code:
                return pick(level.label, level.label_en)
        return code
