"""Reads of notices: what somebody is told, as far as they may see the orders it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from hotline.base.db import db
from hotline.notices.models import GivenWarning, Notice
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.queries import visible
from hotline.orders.sight import sees_event, sees_when
from hotline.people.actors import Actor
from hotline.people.roles import UNIT_ROLES
from hotline.policy.document import WarningKind
from hotline.policy.limits import Clock

COUNTED_UP_TO = 99
LISTED_UP_TO = 100  # orders of one kind in one digest


@dataclass(frozen=True, slots=True)
class Told:
    """A notice of an event as its reader sees it. ``at`` is when it happened; None where the reader is not to know."""

    id: int
    unread: bool
    action: Action
    at: datetime | None
    order: Order


@dataclass(frozen=True, slots=True)
class Warned:
    """The warnings of one kind in a digest, what is due first at the top; ``more`` of them are not listed."""

    kind: WarningKind
    deadlines: list[Deadline]
    more: int


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest of warnings as its reader sees it: the worst kind first."""

    id: int
    unread: bool
    at: datetime
    kinds: list[Warned]


def tells(actor: Actor) -> ColumnElement[bool]:
    """Whether a notice is for the actor: for one of their units, or for their role."""
    return or_(Notice.role == actor.role, Notice.unit_code.in_(actor.units))


def notices_for(actor: Actor) -> Select[tuple[Notice]]:
    """What the actor is told, newest first; nothing of orders that have gone to other units since."""
    return _of_visible_orders(select(Notice), actor).options(joinedload(Notice.event)).order_by(Notice.id.desc())


def count_unread(actor: Actor) -> int:
    """How many notices the actor has not read, counted up to one more than COUNTED_UP_TO."""
    unread = _of_visible_orders(select(Notice.id), actor).where(Notice.read_at.is_(None))
    return db.session.scalars(select(func.count()).select_from(unread.limit(COUNTED_UP_TO + 1).subquery())).one()


def in_words(notices: Iterable[Notice], reader: Actor) -> list[Told | Digest]:
    """Notices with the orders they are about, without those of events the reader is not to know of."""
    seen = [notice for notice in notices if notice.event is None or sees_event(notice.event, reader)]
    query = select(Order).where(Order.id.in_({notice.event.order_id for notice in seen if notice.event}))
    orders = {order.id: order for order in db.session.scalars(query)}
    warned = _warned([notice.id for notice in seen if notice.event is None], reader)
    return [
        _told(notice, event, orders[event.order_id], reader) if (event := notice.event) else _digest(notice, warned)
        for notice in seen
    ]


def _told(notice: Notice, event: Event, order: Order, reader: Actor) -> Told:
    at = event.at if sees_when(event, reader) else None
    return Told(notice.id, notice.read_at is None, event.action, at, order)


def _of_visible_orders(query: Select[Any], actor: Actor) -> Select[Any]:
    events = select(Event.id).join(Order, Order.id == Event.order_id).where(Event.id == Notice.event_id)
    about = or_(visible(events, actor).exists(), _held(actor, GivenWarning.id).exists())
    query = query.where(tells(actor), about)
    return query.where(~_told_before(actor)) if len(actor.units) > 1 else query


def _told_before(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor is told of the same event already, for another of their units."""
    first = aliased(Notice)
    return exists().where(first.event_id == Notice.event_id, first.id < Notice.id, first.unit_code.in_(actor.units))


# Digests

STAGES = list(WarningKind)
_HOLDS = and_(
    Notice.event_id.is_(None),
    GivenWarning.given_at == Notice.created_at,
    or_(GivenWarning.unit_code == Notice.unit_code, and_(GivenWarning.to_center, Notice.role.is_not(None))),
)


def _held(actor: Actor, *columns: Any) -> Select[Any]:
    """A query of the warnings that digests hold, narrowed to what the actor may see (as ``sight.sees_clock`` says)."""
    query = select(*columns).select_from(GivenWarning).join(Deadline, Deadline.id == GivenWarning.deadline_id)
    if actor.role in UNIT_ROLES:
        query = query.where(Deadline.clock != Clock.CALLBACK)
    return visible(query.join(Order, Order.id == Deadline.order_id).where(_HOLDS), actor)


def _warned(ids: Collection[int], reader: Actor) -> dict[int, list[Warned]]:
    """For each digest what it warns of, the worst first."""
    by_kind: dict[tuple[int, WarningKind], list[int]] = {}
    for (notice, deadline), kind in _last_stages(ids, reader).items():
        by_kind.setdefault((notice, kind), []).append(deadline)
    deadlines = _listed({deadline for found in by_kind.values() for deadline in found[:LISTED_UP_TO]})
    warned: dict[int, list[Warned]] = {}
    for (notice, kind), found in sorted(by_kind.items(), key=lambda item: -STAGES.index(item[0][1])):
        listed = [deadlines[deadline] for deadline in found[:LISTED_UP_TO]]
        warned.setdefault(notice, []).append(Warned(kind, listed, len(found) - len(listed)))
    return warned


def _last_stages(ids: Collection[int], reader: Actor) -> dict[tuple[int, int], WarningKind]:
    """Each deadline of each digest, what is due first before the others, at the last stage it is warned of there."""
    held = _held(reader, Notice.id, GivenWarning.deadline_id, GivenWarning.kind).where(Notice.id.in_(ids))
    stages: dict[tuple[int, int], WarningKind] = {}
    for notice, deadline, kind in db.session.execute(held.order_by(GivenWarning.due_at, GivenWarning.deadline_id)):
        stages[notice, deadline] = max(stages.get((notice, deadline), kind), kind, key=STAGES.index)
    return stages


def _listed(ids: Collection[int]) -> dict[int, Deadline]:
    with_order = joinedload(Deadline.order).joinedload(Order.unit)
    query = select(Deadline).where(Deadline.id.in_(ids)).options(with_order)
    return {deadline.id: deadline for deadline in db.session.scalars(query)}


def _digest(notice: Notice, warned: Mapping[int, list[Warned]]) -> Digest:
    return Digest(notice.id, notice.read_at is None, notice.created_at, warned.get(notice.id, []))
