"""Writes orders, clocks, evaluations and calls straight into the tables, each as a test wants it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, insert, select, true

from hotline.base.db import db
from hotline.base.time import Period, week_of
from hotline.calls.models import Call, CallOutcome
from hotline.handle.models import Evaluation
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Order
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.policy.counting import TimeUnit
from hotline.policy.limits import Clock
from hotline.policy.models import CalendarVersion, PolicyVersion
from hotline.policy.operations import adopt_policy

ZONE = ZoneInfo("Asia/Shanghai")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The week before the tests' NOW (Tuesday, 17 November 2026).
WEEK: Period = week_of(datetime(2026, 11, 12, tzinfo=ZONE).date(), ZONE)
MONDAY = WEEK.start
_numbers = count(1)


def at(day: int, hour: float = 12) -> datetime:
    """An instant of November 2026 in city time."""
    return (datetime(2026, 11, day, tzinfo=ZONE) + timedelta(hours=hour)).astimezone(UTC)


def order(unit: str = "housing", dispatched: datetime = MONDAY, **changes: Any) -> Order:
    """A dispatched order, without clocks and without a log."""
    given: dict[str, Any] = {
        "number": f"R{next(_numbers):012d}",
        "version": 1,
        "state": State.HANDLING,
        "nature": Nature.COMPLAINT,
        "urgency": Urgency.NORMAL,
        "channel": Channel.PHONE,
        "title": "一件事",
        "text": "一件事",
        "lead_unit": unit,
        "policy_id": db.session.scalars(select(PolicyVersion.id)).first(),
        "received_at": dispatched,
        "dispatched_at": dispatched,
    }
    made = Order(**{**given, **changes})
    db.session.add(made)
    db.session.flush()
    return made


def clock(
    due: datetime,
    ended: datetime | None = None,
    *,
    unit: str = "housing",
    outcome: str | None = None,
    original: datetime | None = None,
    started: datetime | None = None,
    of: Clock = Clock.HANDLE,
) -> Deadline:
    """An order with one clock."""
    start = started or due - 5 * DAY
    made = Deadline(
        order=order(unit, start),
        clock=of,
        unit_code=unit,
        round=1,
        amount=5,
        unit=TimeUnit.WORKING_DAYS,
        row="handle",
        basis="test",
        calendar_id=db.session.scalars(select(CalendarVersion.id)).first(),
        started_at=start,
        due_at=due,
        original_due_at=original or due,
        provisional=False,
        paused=[],
        ended_at=ended,
        outcome=outcome or ("met" if ended else None),
    )
    db.session.add(made)
    db.session.flush()
    return made


def evaluation(
    asked: datetime,
    ended: datetime | None = None,
    satisfaction: str | None = None,
    *,
    unit: str = "housing",
    solved: bool | None = None,
    of: Order | None = None,
    turn: int = 1,
) -> Evaluation:
    """An asking: waiting without ``ended``, nobody reached without ``satisfaction``."""
    reached = None if ended is None else satisfaction is not None
    made = Evaluation(
        order=of or order(unit, asked - DAY),
        round=turn,
        unit_code=unit,
        asked_at=asked,
        ended_at=ended,
        reached=reached,
        solved=(satisfaction != "dissatisfied" if solved is None else solved) if reached else None,
        satisfaction=satisfaction,
        by="callback" if ended else None,
    )
    db.session.add(made)
    db.session.flush()
    return made


def many(row: Order | Deadline | Evaluation, n: int) -> None:
    """So many more of a row; but for orders themselves, of the same order."""
    table, copy = type(row).__table__, func.generate_series(1, n).table_valued("n").render_derived(name="copy")
    own: dict[str, Any] = {"number": func.concat("N", row.id, "-", copy.c.n), "rating_token": func.gen_random_uuid()}
    if isinstance(row, Evaluation):
        own["round"] = copy.c.n + 1  # one asking a round
    columns = {
        column.key: own.get(column.key, column) for column in table.columns if column.key not in {"id", "search"}
    }
    rows = select(*columns.values()).select_from(table).join(copy, true()).where(table.c.id == row.id)
    db.session.execute(insert(table).from_select(list(columns), rows))


def call_values(
    queued: datetime,
    outcome: CallOutcome = CallOutcome.ANSWERED,
    wait: float = 10,
    *,
    queue: str = "main",
    talk: float = 60,
) -> dict[str, Any]:
    """The columns of one call."""
    answered = queued + timedelta(seconds=wait) if outcome in {CallOutcome.ANSWERED, CallOutcome.TALKING} else None
    over = queued + timedelta(seconds=wait + (talk if answered else 0))
    return {
        "source": "test",
        "call_id": f"c{next(_numbers)}",
        "queue": queue,
        "phone": "13912345678",
        "outcome": outcome,
        "queued_at": queued,
        "answered_at": answered,
        "ended_at": None if outcome in {CallOutcome.QUEUED, CallOutcome.TALKING} else over,
        "wait": wait,
    }


def calls(rows: Iterable[dict[str, Any]]) -> None:
    """Write calls."""
    db.session.execute(insert(Call), list(rows))


def with_weights(weights: dict[str, float], effective: datetime) -> None:
    """Put a policy in force whose satisfaction levels have these weights."""
    first = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).first()
    assert first is not None
    levels = [{"code": code, "label": code, "label_en": code, "weight": weight} for code, weight in weights.items()]
    adopt_policy({**first.document, "satisfaction": {"evidence": "I", "levels": levels}}, effective, effective)
