"""Checks of what is stored against what the logs say: every clock replayed, every chain of hashes followed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import defer, selectinload

from hotline.base.db import db
from hotline.orders.chain import broken_link
from hotline.orders.clocks import ClockRow, Replayed, goes_by_calendar, reckoning, replay
from hotline.orders.models import Deadline, Order
from hotline.orders.operations import facts_of
from hotline.orders.watched import Watched, watched
from hotline.policy import queries as policies

BATCH = 500
COMPARED = tuple(field.name for field in fields(Replayed))


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an order's record is not what its log says; clock and round are empty where it is the order's own.

    field: a column; "missing" for a clock of the log that is not stored, "unlogged" for one that only is stored;
    "log" where the log cannot be replayed.
    """

    number: str
    clock: str
    round: int | None
    field: str
    stored: Any
    replayed: Any

    def __str__(self) -> str:
        clock = f" {self.clock} (round {self.round})" if self.clock else ""
        return f"{self.number}{clock} {self.field}: stored {self.stored}, by the log {self.replayed}"


def every_order() -> Iterator[Order]:
    """All orders with their logs and clocks, by id, in batches; forgotten when the next batch is read."""
    last = 0
    query = (
        select(Order)
        .options(selectinload(Order.events), selectinload(Order.deadlines), defer(Order.text), defer(Order.suggestion))
        .order_by(Order.id)
        .limit(BATCH)
        .execution_options(populate_existing=True)
    )
    while orders := db.session.scalars(query.where(Order.id > last)).all():
        yield from orders
        last = orders[-1].id
        db.session.expunge_all()


def clock_differences(order: Order) -> list[Difference]:
    """Where the order's clocks, its state or its version are not what its events make them."""
    try:
        said = replay(order.events, policies.policy(order.policy_id).limits, facts_of(order))
    except (ValueError, KeyError, TypeError) as broken:
        return [Difference(order.number, "", None, "log", "", broken)]
    stored, logged = _in_turn(order.deadlines), _in_turn(said)
    alone = [
        *(_alone(order, one, "missing", None, one.started_at) for turn, one in logged.items() if turn not in stored),
        *(_alone(order, one, "unlogged", one.started_at, None) for turn, one in stored.items() if turn not in logged),
    ]
    pairs = [(stored[turn], one) for turn, one in logged.items() if turn in stored]
    return [*_own(order), *alone, *chain.from_iterable(_compare(order, row, one) for row, one in pairs)]


def _own(order: Order) -> Iterator[Difference]:
    state = order.events[-1].to_state if order.events else None
    seen = Watched()
    for event in order.events:
        seen = watched(seen, event.action, event.payload)
    for name, said in (("state", state), ("version", len(order.events)), *seen._asdict().items()):
        if getattr(order, name) != said:
            yield Difference(order.number, "", None, name, getattr(order, name), said)


R = TypeVar("R", bound=ClockRow)


def _in_turn(rows: Iterable[R]) -> dict[tuple[str, int], R]:
    """Clocks by kind and by how many of the kind came before: a missing one shifts no others."""
    turns: Counter[str] = Counter()
    named = {}
    for row in rows:
        named[row.clock, turns[row.clock]] = row
        turns[row.clock] += 1
    return named


def _alone(order: Order, one: ClockRow, field: str, stored: Any, replayed: Any) -> Difference:
    return Difference(order.number, one.clock, one.round, field, stored, replayed)


def _compare(order: Order, row: Deadline, said: Replayed) -> Iterator[Difference]:
    due = reckoning(said, policies.calendar(row.calendar_id), policies.policy(order.policy_id).counting)
    expected = {name: getattr(said, name) for name in COMPARED}
    expected |= {"due_at": due.at, "original_due_at": due.original, "provisional": due.provisional}
    if goes_by_calendar(row):
        expected["calendar_id"] = policies.calendar_id()
    for name, value in expected.items():
        if getattr(row, name) != value:
            yield Difference(order.number, row.clock, row.round, name, getattr(row, name), value)


def chain_differences(order: Order) -> list[Difference]:
    """Where the order's log is broken."""
    broken = broken_link(order, order.events)
    return [] if broken is None else [Difference(order.number, "", None, "event", broken, "an unbroken chain")]
