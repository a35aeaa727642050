"""Ledgers and items for tests, through the operations the product itself uses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hotline.ledgers import operations as keep
from hotline.ledgers.models import Ledger, LedgerItem
from hotline.ledgers.queries import get_ledger, lines_now
from hotline.ledgers.vocabulary import Kind
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.roles import Role
from tests import factories
from tests.conftest import NOW

SUPERVISOR = Actor(Role.SUPERVISOR, "督办员")
DISPATCHER = Actor(Role.DISPATCHER, "派单员")


def ledger(now: datetime = NOW, **changes: Any) -> Ledger:
    """A leader's phone session without items."""
    given: dict[str, Any] = {
        "kind": Kind.LEADER_SESSION,
        "title": "市长接听12345热线",
        "held_on": now.date(),
        "host": "市长",
    }
    return keep.open_ledger(SUPERVISOR, now, **{**given, **changes})


def item(book: Ledger, now: datetime = NOW, order: Order | None = None, **given: Any) -> LedgerItem:
    """An item of a ledger, of an order where one is given."""
    given.setdefault("matter", "" if order else "路灯不亮")
    return keep.add_item(book, SUPERVISOR, now, order=order.number if order else "", **given)


def ended(now: datetime = NOW) -> Order:
    """An order that is closed two hours after an instant."""
    return factories.closed(now)


def struck(book: Ledger, now: datetime = NOW) -> LedgerItem:
    """An item that was written down, handled and struck off within three hours of an instant."""
    made = item(book, now, ended(now))
    keep.strike_off(made, SUPERVISOR, now + timedelta(hours=3), note="路灯已修复。")
    return made


def standings(book: Ledger, now: datetime) -> list[str]:
    """Where the items stand, in their order."""
    return [line.standing.value for line in lines_now(get_ledger(book.code), now)]
