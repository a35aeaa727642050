"""What the desks of handling show: the inbox, requests for time, the call, the citizen's rating page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.web import whole_number
from hotline.handle.appeal_queries import TABS, appeals_in
from hotline.handle.operations import current_evaluation
from hotline.handle.queries import (
    INBOX_STATES,
    PARTS_VIEW,
    STEP_CLOCKS,
    Due,
    Rating,
    contacts_since_reply,
    inbox_counts,
    latest_reply,
    orders_that_ask_for_time,
    parts_inbox,
    running,
    running_part,
    time_records,
    time_requests_of,
    to_call,
    unit_inbox,
    waiting_time,
)
from hotline.handle.time import due_if_granted, extension_left
from hotline.orders.lifecycle import ENDED_STATES, Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.names import Names, level_names
from hotline.orders.queries import UNIT_CLOCKS, UNIT_WORK, Filter, callback_queue, order_for
from hotline.orders.sheet import sheet
from hotline.orders.timeline import entries, time_in_words
from hotline.orders.vocabulary import TimeKind
from hotline.people.actors import Actor
from hotline.policy import queries as policies

NEXT_CALLS = 12
TIME_STEPS = frozenset({Action.REQUEST_TIME, Action.GRANT_TIME, Action.REFUSE_TIME, Action.RESUME})


@dataclass(frozen=True, slots=True)
class Task:
    """An order in a unit's inbox: the clock of its next step (sign, contact) and the one of the whole work."""

    order: Order
    step: Deadline | None
    work: Deadline | None


def inbox_view(actor: Actor, asked: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The inbox, narrowed by state and by what is due."""
    state = next((one for one in INBOX_STATES if one == asked.get("state")), None)
    due = next((one for one in Due if one == asked.get("due")), None)
    parts = asked.get("state") == PARTS_VIEW
    query = parts_inbox(actor) if parts else unit_inbox(actor, (state,) if state else UNIT_WORK, due, now)
    page = page_of(query, whole_number(asked.get("page", "")) or 1)
    return {
        "page": page,
        "tasks": [_task(order, actor, parts=parts) for order in page.rows],
        "counts": inbox_counts(actor, now),
        "state": PARTS_VIEW if parts else state,
        "due": due,
        "states": INBOX_STATES,
        "dues": list(Due),
        "now": now,
    }


def _task(order: Order, actor: Actor, *, parts: bool) -> Task:
    step = running_part(order, actor) if parts else running(order, STEP_CLOCKS)
    return Task(order, step, running(order, UNIT_CLOCKS))


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
    words = time_in_words(asked.payload["time"])
    return TimeAsked(order, asked, TimeKind(asked.payload["kind"]), words, work, due_then)


def appeals_desk(tab: str, page: int) -> dict[str, Any]:
    """A page of the appeals of one tab, with how many wait in the others."""
    titles = {"first": gettext("First review"), "second": gettext("Second review"), "decided": gettext("Decided")}
    found = {name: page_of(appeals_in(states), page if name == tab else 1) for name, states in TABS.items()}
    tabs = [(name, titles[name], None if name == "decided" else found[name].total) for name in TABS]
    return {"tab": tab, "tabs": tabs, "page": found[tab], "names": Names()}


def call_sheet(number: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """The call to make now, with the order's whole sheet; only the queue where nobody waits."""
    queue = page_of(callback_queue(Filter()), size=NEXT_CALLS)
    number = to_call(number)
    if not number:
        return {"order": None, "queue": queue, "now": now}
    order = order_for(number, actor)
    policy = policies.policy(order.policy_id)
    return {
        **sheet(order, actor, now),
        "queue": queue,
        "reply": latest_reply(order),
        "touched": len(contacts_since_reply(order)),
        "names_of_levels": level_names(order.policy_id),
        "last_attempt": order.attempts + 1 >= policy.callback_attempts,
    }


def rating_view(order: Order) -> dict[str, Any]:
    """What the citizen is shown by their own link."""
    return {
        "order": order,
        "reply": latest_reply(order),
        "standing": standing(order),
        "levels": level_names(order.policy_id),
    }


def standing(order: Order) -> Rating:
    """Whether the citizen can rate now, has rated, or has to wait."""
    asked = current_evaluation(order)
    if asked is not None and asked.solved is not None:
        return Rating.DONE
    if order.state in ENDED_STATES:
        return Rating.CLOSED
    return Rating.OPEN if order.state is State.CALLBACK else Rating.EARLY
