"""Reads of ledgers: a ledger, its items as they stand now or stood at an instant, the list, an order's ledgers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.ledgers.counting import Line
from hotline.ledgers.models import Ledger, LedgerEvent, LedgerItem
from hotline.ledgers.vocabulary import Deed, Kind
from hotline.orders.clocks import SENDS, WORK_CLOCKS, ClockRow, reckoning, replay
from hotline.orders.deadlines import going_by
from hotline.orders.lifecycle import ENDED_STATES, Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.operations import facts_of, get_order
from hotline.policy import queries as policies

SETTLES = frozenset({Deed.STRIKE_OFF, Deed.RESTORE})


@dataclass(frozen=True, slots=True)
class Glimpse:
    """An order as a ledger sees it: its state, the unit that leads it, when its running work clock is due.

    closed_at: when it was closed, where it is.
    """

    state: State
    unit: str | None
    due_at: datetime | None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the present, with the running work clock behind its due time."""

    item: LedgerItem
    line: Line
    clock: Deadline | None


def get_ledger(code: str) -> Ledger:
    """The ledger with this code, with all that its lines are made of; raise NotFound."""
    query = _whole(select(Ledger).where(Ledger.code == code)).execution_options(populate_existing=True)
    ledger: Ledger | None = db.session.scalar(query)
    if ledger is None:
        raise NotFound(gettext("There is no ledger with this number."))
    return ledger


def get_item(code: str, position: int) -> LedgerItem:
    """An item of a ledger by its number in it; raise NotFound."""
    query = select(LedgerItem).join(Ledger).where(Ledger.code == code, LedgerItem.position == position)
    item = db.session.scalar(query.execution_options(populate_existing=True))
    if item is None:
        raise NotFound(gettext("The ledger has no item with this number."))
    return item


def ledgers(kind: Kind | None = None, series: str = "", *, is_open: bool | None = None) -> Select[tuple[Ledger]]:
    """Ledgers, those that are not ended first, then the newest; with all that their lines are made of."""
    query = _whole(select(Ledger))
    if kind:
        query = query.where(Ledger.kind == kind)
    if series:
        query = query.where(Ledger.series == series)
    if is_open is not None:
        query = query.where(Ledger.ended_at.is_(None) if is_open else Ledger.ended_at.is_not(None))
    return query.order_by(Ledger.ended_at.is_not(None), Ledger.held_on.desc(), Ledger.id.desc())


def open_ledgers() -> list[Ledger]:
    """The ledgers an order may still be put into, the newest first."""
    query = select(Ledger).where(Ledger.ended_at.is_(None)).order_by(Ledger.held_on.desc(), Ledger.id.desc())
    return list(db.session.scalars(query))


def items_of_order(order: Order) -> list[LedgerItem]:
    """The places an order has in ledgers."""
    query = select(LedgerItem).where(LedgerItem.order_id == order.id).order_by(LedgerItem.id)
    return list(db.session.scalars(query.options(joinedload(LedgerItem.ledger), selectinload(LedgerItem.events))))


def rows_now(ledger: Ledger, now: datetime) -> list[Row]:
    """The items of a ledger as they stand now, in their order."""
    return [_row(item, now) for item in ledger.items]


def lines_now(ledger: Ledger, now: datetime) -> list[Line]:
    """The items of a ledger as they stand now, without their clocks."""
    return [row.line for row in rows_now(ledger, now)]


def line_now(item: LedgerItem, now: datetime) -> Line:
    """One item as it stands now."""
    return _row(item, now).line


def lines_at(ledger: Ledger, at: datetime) -> list[Line]:
    """The items of a ledger as they stood at an instant, from the logs of the ledger and of its orders."""
    told = {item: [event for event in item.events if event.at <= at] for item in ledger.items}
    orders = {item: _order(events) for item, events in told.items()}
    logs = _logs({order.id for order in orders.values() if order}, at)
    seen = {
        item: _glimpse_at(order, logs[order.id], at) if order and order.id in logs else None
        for item, order in orders.items()
    }
    return [_line(item, told[item], orders[item], seen[item], at) for item in ledger.items if told[item]]


def _logs(order_ids: Iterable[int], at: datetime) -> dict[int, list[Event]]:
    """What had happened to orders up to an instant."""
    logs: dict[int, list[Event]] = defaultdict(list)
    query = select(Event).where(Event.order_id.in_(list(order_ids)), Event.at <= at).order_by(Event.seq)
    for event in db.session.scalars(query):
        logs[event.order_id].append(event)
    return logs


def _glimpse_at(order: Order, events: list[Event], at: datetime) -> Glimpse:
    """An order as it stood at an instant: its log up to then, replayed. One that was merged goes by its master."""
    state = events[-1].to_state
    if state is State.MERGED:
        merged = next(event for event in reversed(events) if event.action is Action.MERGE)
        master = get_order(merged.payload["master"])
        seen = _glimpse_at(master, _logs([master.id], at)[master.id], at)
        return Glimpse(state, seen.unit, seen.due_at)
    policy = policies.policy(order.policy_id)
    running = [row for row in replay(events, policy.limits, facts_of(order)) if _is_running_work(row)]
    due = [reckoning(row, policies.calendar_now(), policy.counting).at for row in running]
    sent = [event.payload["unit"] for event in events if event.action in SENDS]
    closed = [event.at for event in events if event.action is Action.CLOSE and state is State.CLOSED]
    return Glimpse(state, sent[-1] if sent else None, min(due, default=None), closed[-1] if closed else None)


def _row(item: LedgerItem, now: datetime) -> Row:
    order = item.order
    clock = running_work(order) if order else None
    due_at = clock.due_at if clock else None
    seen = Glimpse(order.state, order.followed.lead_unit, due_at, order.closed_at) if order else None
    return Row(item, _line(item, item.events, order, seen, now), clock)


def running_work(order: Order) -> Deadline | None:
    """The clock of a unit's work that runs for an order."""
    running = (one for one in going_by(order) if _is_running_work(one))
    return min(running, key=lambda one: one.due_at, default=None)


def _is_running_work(clock: ClockRow) -> bool:
    return clock.ended_at is None and clock.clock in WORK_CLOCKS


def _order(events: Iterable[LedgerEvent]) -> Order | None:
    """The order an item has had given to it last."""
    return next((event.order for event in reversed(list(events)) if event.order), None)


def _line(
    item: LedgerItem, events: Iterable[LedgerEvent], order: Order | None, seen: Glimpse | None, at: datetime
) -> Line:
    settled = [event for event in events if event.deed in SETTLES][-1:]
    struck = settled[0] if settled and settled[0].deed is Deed.STRIKE_OFF and _holds(settled[0], seen) else None
    due_at, due_on = seen.due_at if seen else None, item.due_on or item.ledger.due_on
    over = (due_at is not None and due_at < at) or (
        due_on is not None and due_on < policies.calendar_now().city_day(at)
    )
    return Line(
        position=item.position,
        matter=item.matter,
        promise=item.promise,
        external_id=item.external_id,
        number=order.number if order else None,
        state=seen.state if seen else None,
        unit=seen.unit if seen else None,
        due_at=due_at,
        due_on=due_on,
        overdue=over and struck is None,
        struck_off_at=struck.at if struck else None,
        note=struck.note if struck else "",
    )


def _holds(strike: LedgerEvent, seen: Glimpse | None) -> bool:
    """Whether a strike-off still holds: not for an order that was taken up again (重新激活), nor once it is closed anew."""
    if seen is None:
        return True
    return seen.state in ENDED_STATES and (seen.closed_at is None or seen.closed_at <= strike.at)


def _whole(query: Select[Any]) -> Select[Any]:
    """With all that lines of the present are made of; events find their orders among those of the items."""
    items = selectinload(Ledger.items)
    order = items.joinedload(LedgerItem.order)
    running = Order.deadlines.and_(Deadline.ended_at.is_(None))
    return query.options(
        order.selectinload(running),
        order.joinedload(Order.parent).selectinload(running),
        items.selectinload(LedgerItem.events),
    )
