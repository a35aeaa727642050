"""Verbs of ledgers. The ledger is held while one is carried out, and each leaves an entry in its log."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import func, select

from hotline.base.db import db, take_turns
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext, label
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.counting import Standing, missing, tally
from hotline.ledgers.models import Ledger, LedgerEvent, LedgerItem
from hotline.ledgers.queries import get_ledger, line_now, lines_now
from hotline.ledgers.sheets import produce_sheets_of
from hotline.ledgers.vocabulary import Deed, Kind
from hotline.orders.models import Order
from hotline.orders.operations import Intake
from hotline.orders.vocabulary import Channel
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.policy import queries as policies
from hotline.receive.operations import receive_complaint

SOURCE_LENGTH = 40  # of an order's source
BETWEEN = re.compile(r"[\s,，、;；]+")


def open_ledger(
    actor: Actor,
    now: datetime,
    *,
    kind: Kind,
    title: str,
    held_on: date,
    host: str = "",
    series: str = "",
    issue: int | None = None,
    due_on: date | None = None,
    announced: int | None = None,
    cadence: Cadence = Cadence.NONE,
    note: str = "",
) -> Ledger:
    """Open a ledger.

    Raises Invalid where series and issue do not come together, or such an issue has a ledger already.
    """
    _check_issue(series, issue)
    if due_on is not None and due_on < held_on:
        raise Invalid.field("due_on", gettext("lies before the day it was held; choose a later one"))
    ledger = Ledger(
        code=_next_code(now),
        kind=kind,
        title=title,
        host=host,
        series=series,
        issue=issue,
        held_on=held_on,
        due_on=due_on,
        announced=announced,
        note=note,
        cadence=cadence,
        cadence_since=now,
    )
    db.session.add(ledger)
    db.session.flush()
    _log(ledger, Deed.OPEN, actor, now)
    return ledger


def add_item(
    ledger: Ledger,
    actor: Actor,
    now: datetime,
    *,
    matter: str = "",
    order: str = "",
    promise: str = "",
    due_on: date | None = None,
    external_id: str = "",
) -> LedgerItem:
    """Write a matter down. order: the number of the order it is already; without a matter the order's title is it.

    Raises Conflict where the ledger has ended, Invalid where there is no such order or it is in the ledger already.
    """
    _hold(ledger)
    found = _order_to_give(ledger, order) if order else None
    if not matter and found is None:
        raise Invalid.field("matter", gettext("say what it is about, or give the number of an order"))
    item = LedgerItem(
        ledger=ledger,
        position=_positions(ledger) + 1,
        matter=matter or (found.title if found else ""),
        promise=promise,
        due_on=due_on,
        external_id=external_id,
    )
    db.session.add(item)
    db.session.flush()
    _log(ledger, Deed.ADD, actor, now, item=item)
    if found:
        _give(item, found, actor, now, "")
    return item


def add_orders(ledger: Ledger, actor: Actor, now: datetime, *, numbers: str) -> list[LedgerItem]:
    """Write several orders down, each an item: their numbers, with blanks or commas between. All of them, or none.

    Raises Conflict where the ledger has ended, Invalid naming the first that cannot be written down.
    """
    items = []
    for number in dict.fromkeys(filter(None, BETWEEN.split(numbers))):
        try:
            items.append(add_item(ledger, actor, now, order=number))
        except Invalid as wrong:
            raise Invalid.field("numbers", f"{number} {' '.join(wrong.errors['order'])}") from wrong
    return items


def give_order(item: LedgerItem, actor: Actor, now: datetime, *, order: str, reason: str = "") -> None:
    """Say which order a matter has become. One that had another needs a reason: the log keeps both.

    Raises Conflict where the item is struck off or the ledger has ended, Invalid where the order cannot be given.
    """
    _hold_item(item)
    _refuse_struck_off(item, now)
    if item.order_id is not None and not reason:
        raise Invalid.field("reason", gettext("say why the item gets another order"))
    _give(item, _order_to_give(item.ledger, order), actor, now, reason)


def take_in(item: LedgerItem, actor: Actor, now: datetime, *, intake: Intake) -> Order:
    """Make an order of a matter. What a platform upstream has sent keeps its id; it cannot come in twice.

    Raises Conflict where the matter is an order already, is struck off, or the ledger has ended.
    """
    actor.require(Permission.PLACE_ORDERS)
    _hold_item(item)
    _refuse_struck_off(item, now)
    if item.order is not None:
        raise Conflict(gettext("This matter is an order already: %(number)s.", number=item.order.number))
    intake = replace(intake, channel=Channel.PHONE)
    if item.external_id:
        intake = replace(intake, source=item.ledger.host[:SOURCE_LENGTH], external_id=item.external_id)
    order = receive_complaint(intake, actor, now)
    _give(item, order, actor, now, "")
    return order


def strike_off(item: LedgerItem, actor: Actor, now: datetime, *, note: str) -> None:
    """Strike an item off (销号): its order has ended, and somebody says what was achieved.

    Once more where the order was taken up again since, also in a ledger that had ended. Raises Conflict where its
    order has not ended, there is none, or the item is struck off already.
    """
    _hold_item(item, ended=True)
    _refuse_struck_off(item, now)
    line = line_now(item, now)
    if line.standing is Standing.WAITING:
        raise Conflict(gettext("This matter is not yet an order. It can be struck off once its order has ended."))
    if line.standing is not Standing.ENDED:
        raise Conflict(
            gettext(
                "Order %(number)s is “%(state)s”. The item can be struck off once it has ended.",
                number=line.number,
                state=label(line.state),
            )
        )
    _log(item.ledger, Deed.STRIKE_OFF, actor, now, item=item, note=note)


def restore(item: LedgerItem, actor: Actor, now: datetime, *, reason: str) -> None:
    """Undo a strike-off. A ledger that had ended is open again: not every item is struck off any more.

    Raises Conflict where the item is not struck off.
    """
    _hold_item(item, ended=True)
    if line_now(item, now).standing is not Standing.STRUCK_OFF:
        raise Conflict(gettext("This item is not struck off."))
    item.ledger.ended_at = None
    _log(item.ledger, Deed.RESTORE, actor, now, item=item, note=reason)


def set_cadence(ledger: Ledger, actor: Actor, now: datetime, *, cadence: Cadence) -> None:
    """Say how often progress sheets are made, from the present period on; those due so far are made first."""
    _hold(ledger)
    produce_sheets_of(get_ledger(ledger.code), now)
    ledger.cadence, ledger.cadence_since = cadence, now
    _log(ledger, Deed.SET_CADENCE, actor, now, note=cadence)


def end_ledger(ledger: Ledger, actor: Actor, now: datetime) -> None:
    """End a ledger whose every matter is struck off.

    Raises Conflict where some are not, or where it has fewer or more matters than were made public.
    """
    _hold(ledger)
    counted = tally(lines_now(get_ledger(ledger.code), now))
    if counted.left:
        raise Conflict(
            gettext("%(left)s of %(total)s items are not struck off yet.", left=counted.left, total=counted.total)
        )
    if ledger.announced is not None and missing(ledger.announced, counted.parts.values()):
        raise Conflict(
            gettext(
                "%(announced)s matters were made public, and the ledger has %(total)s: they must be the same.",
                announced=ledger.announced,
                total=counted.total,
            )
        )
    ledger.ended_at = now
    _log(ledger, Deed.END, actor, now)


def _check_issue(series: str, issue: int | None) -> None:
    if bool(series) != (issue is not None):
        name, said = (
            ("issue", gettext("give the number of the issue")) if series else ("series", gettext("name the programme"))
        )
        raise Invalid.field(name, said)
    known = db.session.scalar(select(Ledger.code).filter_by(series=series, issue=issue)) if series else None
    if known:
        raise Invalid.field("issue", gettext("has a ledger already: %(code)s", code=known))


def _next_code(now: datetime) -> str:
    """The year and a number that counts from 1 in it: ledgers are few, so one may wait for another."""
    take_turns("ledgers")
    year = policies.calendar_now().city_day(now).year
    before = db.session.scalars(select(func.count()).where(Ledger.code.startswith(f"{year}-"))).one()
    return f"{year}-{before + 1:03d}"


def _hold(ledger: Ledger, *, ended: bool = False) -> None:
    """Hold the ledger until the transaction ends, and read it again. ended: one that has ended will do, too."""
    held = select(Ledger).where(Ledger.id == ledger.id).with_for_update()
    db.session.scalars(held.execution_options(populate_existing=True)).one()
    if ledger.ended_at is not None and not ended:
        raise Conflict(gettext("This ledger has ended."))


def _hold_item(item: LedgerItem, *, ended: bool = False) -> None:
    _hold(item.ledger, ended=ended)
    db.session.refresh(item)


def _positions(ledger: Ledger) -> int:
    last = select(func.max(LedgerItem.position)).where(LedgerItem.ledger_id == ledger.id)
    return db.session.scalar(last) or 0


def _refuse_struck_off(item: LedgerItem, now: datetime) -> None:
    if line_now(item, now).standing is Standing.STRUCK_OFF:
        raise Conflict(gettext("This item is struck off already."))


def _order_to_give(ledger: Ledger, number: str) -> Order:
    order = db.session.scalar(select(Order).where(Order.number == number.strip()))
    if order is None:
        raise Invalid.field("order", gettext("is not the number of an order; check it"))
    known = db.session.scalar(select(LedgerItem.position).filter_by(ledger_id=ledger.id, order_id=order.id))
    if known:
        raise Invalid.field("order", gettext("is in this ledger already, as item %(n)s", n=known))
    return order


def _give(item: LedgerItem, order: Order, actor: Actor, now: datetime, reason: str) -> None:
    item.order = order
    _log(item.ledger, Deed.GIVE_ORDER, actor, now, item=item, order=order, note=reason)


def _log(
    ledger: Ledger,
    deed: Deed,
    actor: Actor,
    now: datetime,
    *,
    item: LedgerItem | None = None,
    order: Order | None = None,
    note: str = "",
) -> None:
    event = LedgerEvent(
        ledger_id=ledger.id,
        item_id=item.id if item else None,
        order=order,
        at=now,
        deed=deed,
        actor_id=actor.user_id,
        actor_name=actor.name,
        note=note,
    )
    db.session.add(event)
    db.session.flush()
    for one in (ledger, item):
        if one is not None:
            db.session.expire(one, ["events"])
