"""What the desks of handling show: requests for time, appeals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.handle.appeal_queries import TABS, appeals_in
from hotline.handle.queries import (
    orders_that_ask_for_time,
    running,
    time_records,
    time_requests_of,
    waiting_time,
)
from hotline.handle.time import due_if_granted, extension_left
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.names import Names
from hotline.orders.queries import UNIT_CLOCKS, order_for
from hotline.orders.sheet import sheet
from hotline.orders.timeline import entries, time_in_words
from hotline.orders.vocabulary import TimeKind
from hotline.people.actors import Actor

TIME_STEPS = frozenset({Action.REQUEST_TIME, Action.GRANT_TIME, Action.REFUSE_TIME, Action.RESUME})


@dataclass(frozen=True, slots=True)
class TimeAsked:
    """A request for time as whoever decides it reads it: what is asked, and when the work is due without it and with it.

    due_then is None where granting is of no use: a platform upstream has set the deadline.
    """

    order: Order
    asked: Event
    kind: TimeKind
    time: str
    work: Deadline | None
    due_then: datetime | None


def time_asked(order: Order, now: datetime) -> TimeAsked | None:
    """The request of an order that waits for a decision."""
    asked = waiting_time(order)
    return None if asked is None else _time_asked(order, asked, now)


def time_case(number: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """The request of one order with all that speaks for it and against it; nothing to decide where none waits."""
    order = order_for(number, actor)
    names, events = Names(), [event for event in order.events if event.action in TIME_STEPS]
    return {
        **sheet(order, actor, now),
        "waiting": time_asked(order, now),
        "left": extension_left(order),
        "record": time_records([order.lead_unit], now).get(order.lead_unit),
        "before": entries(order, reversed(events), actor, names),
        "on_desk": True,
        "back": "",
    }


def time_desk(page: int, now: datetime) -> dict[str, Any]:
    """All requests for time that wait, who has waited longest first."""
    found = page_of(orders_that_ask_for_time(), page)
    asked = time_requests_of(order.id for order in found.rows)
    return {
        "page": found,
        "rows": [_time_asked(order, asked[order.id], now) for order in found.rows],
        "records": time_records((order.lead_unit for order in found.rows), now),
        "now": now,
    }


def _time_asked(order: Order, asked: Event, now: datetime) -> TimeAsked:
    work = running(order, UNIT_CLOCKS)
    useful = work is not None and work.upstream_at is None
    due_then = due_if_granted(order, asked, now) if useful else None
    words = time_in_words(asked.payload["time"], brief=True)
    return TimeAsked(order, asked, TimeKind(asked.payload["kind"]), words, work, due_then)


def appeals_desk(tab: str, page: int) -> dict[str, Any]:
    """A page of the appeals of one tab, with how many wait in the others."""
    titles = {"first": gettext("First review"), "second": gettext("Second review"), "decided": gettext("Decided")}
    found = {name: page_of(appeals_in(states), page if name == tab else 1) for name, states in TABS.items()}
    tabs = [(name, titles[name], None if name == "decided" else found[name].total) for name in TABS]
    return {"tab": tab, "tabs": tabs, "page": found[tab], "names": Names()}
