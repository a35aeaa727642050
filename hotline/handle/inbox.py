"""What a unit's inbox shows: what is due first, narrowed as its address says, with the day's digest above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hotline.base.paging import Page, page_of
from hotline.base.pieces import Choice
from hotline.handle.narrowing import INBOX_STATES, PARTS_VIEW, STEP_CLOCKS, Asked, Due, Mark, asked_of, yesterday
from hotline.handle.queries import (
    inbox_counts,
    parts_inbox,
    running,
    running_part,
    sign_next,
    started_since,
    unit_inbox,
    units_asked,
)
from hotline.orders.clocks import is_part
from hotline.orders.lifecycle import State
from hotline.orders.models import Deadline, Order
from hotline.orders.names import Names
from hotline.orders.queries import UNIT_CLOCKS
from hotline.people.actors import Actor
from hotline.people.queries import people_of
from hotline.people.views import views_of
from hotline.policy.limits import Clock

PAGE = "handle.inbox"
# Narrower than this nobody looks for in an inbox; the list of orders has the whole tree.
FIELD = 4


@dataclass(frozen=True, slots=True)
class Task:
    """An order in a unit's inbox: the clock of its next step (sign, contact), the one of the whole work, its parts.

    Of an order the unit has only a part in, both are the part's. parts: the units that have a part still to do, by
    code. picks: whether it can be picked, for there is a step to take with several.
    """

    order: Order
    step: Deadline | None
    work: Deadline | None
    parts: tuple[str, ...]
    picks: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """The day at a glance (今日提要): what waits to be signed, and what has gone and come back since yesterday.

    sign_by: when the first signature is due, None where none is wanted. answered, again: since yesterday.
    """

    sign_by: datetime | None
    answered: int
    again: int


def inbox_view(actor: Actor, given: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The inbox as its address asks for it."""
    asked = asked_of(given, actor)
    names = Names()
    return {
        **inbox_rows(actor, asked, names, now),
        "counts": inbox_counts(actor, now),
        "digest": _digest(actor, now),
        "states": INBOX_STATES,
        "dues": list(Due),
        "marks": list(Mark),
        "categories": _fields(names),
        "own_units": sorted(actor.units) if len(actor.units) > 1 else [],
        "views": views_of(actor, PAGE),
    }


def inbox_rows(actor: Actor, asked: Asked, names: Names, now: datetime) -> dict[str, Any]:
    """The rows of a page of the inbox: all that is fetched anew while the page stands open."""
    query = (parts_inbox if asked.state == PARTS_VIEW else unit_inbox)(actor, asked, now)
    page: Page[Order] = Page([], 1, 1, 0) if asked.is_phone else page_of(query, asked.page)
    people = people_of(actor.units)
    tasks = [_task(order, asked, actor, gives=len(people) > 1) for order in page.rows]
    return {"page": page, "tasks": tasks, "people": people, "asked": asked, "names": names, "now": now}


def _task(order: Order, asked: Asked, actor: Actor, *, gives: bool) -> Task:
    helping = tuple(row.unit_code for row in order.deadlines if is_part(row) and row.unit_code)
    if asked.state == PARTS_VIEW:
        part = running_part(order, units_asked(asked, actor))
        return Task(order, part, part, helping, picks=False)
    picks = order.state is State.DISPATCHED or (gives and order.state is State.HANDLING)
    return Task(order, running(order, STEP_CLOCKS), running(order, UNIT_CLOCKS), helping, picks)


def _digest(actor: Actor, now: datetime) -> Digest:
    started = started_since(actor, yesterday(now))
    return Digest(
        sign_by=sign_next(actor),
        answered=started.get(Clock.CALLBACK, 0),
        again=started.get(Clock.REDO, 0),
    )


def _fields(names: Names) -> dict[str, list[Choice]]:
    groups = names.category_groups.items()
    return {top: [row for row in rows if len(row.code) <= FIELD] for top, rows in groups}
