"""What of the outbox is stuck: the list an administrator works from, and the verbs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import joinedload

from hotline.base.changes import Subject, record_change
from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.i18n import gettext
from hotline.base.outbox import Delivery
from hotline.base.privacy import mask_mail, mask_phone, mask_url
from hotline.notices.models import Medium, Subscription
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.people.actors import Actor
from hotline.people.roles import Permission

FAILED_OFTEN = 3
WAITED_LONG = timedelta(minutes=10)
STUCK_AFTER = 12  # failures in nearly three hours; from here on it is tried each hour
LISTED_EACH = 100  # of those sent again at once, so many are told one by one in the record of changes
OUTSIDE = ("send", "send_report")  # jobs that go outside the app
MASK = {Medium.WEBHOOK: mask_url, Medium.MAIL: mask_mail, Medium.SMS: mask_phone}


@dataclass(frozen=True, slots=True)
class Held:
    """A delivery that does not arrive, as the list shows it. Without a medium it is for the app itself.

    action: the step it tells of; None for a digest of warnings. to: its target, masked.
    """

    delivery: Delivery
    order: Order | None
    action: Action | None
    medium: Medium | None
    to: str

    @property
    def stuck(self) -> bool:
        """Whether it has failed so often that somebody has to look why."""
        return self.delivery.attempts >= STUCK_AFTER

    @property
    def reason(self) -> str:
        """Why it failed last, in the reader's language; of a long story the first line."""
        return failure_in_words(self.delivery.error or "")


def failure_in_words(error: str) -> str:
    """Why something did not arrive, in the reader's language; of a long story the first line."""
    words, bracket, detail = error.partition("\n")[0][:200].partition(" (")
    return gettext(words) + bracket + detail if words else ""


def held_up(now: datetime) -> Select[tuple[Delivery]]:
    """Deliveries that failed often or have waited long, those that failed most before the others."""
    query: Select[Any] = select(Delivery).where(_held(now))
    return query.order_by(Delivery.attempts.desc(), Delivery.created_at, Delivery.id)


def count_held_up(now: datetime) -> int:
    """How many there are."""
    return db.session.scalars(select(func.count()).select_from(Delivery).where(_held(now))).one()


def _held(now: datetime) -> ColumnElement[bool]:
    long = Delivery.created_at < now - WAITED_LONG
    return and_(Delivery.done_at.is_(None), or_(Delivery.attempts >= FAILED_OFTEN, long))


def in_list(deliveries: Iterable[Delivery]) -> list[Held]:
    """Deliveries with what they are about and whom they are for."""
    rows = list(deliveries)
    events = _by_id(Event, (row.arguments.get("event_id") for row in rows), joinedload(Event.order))
    subscriptions = _by_id(Subscription, (row.arguments.get("subscription_id") for row in rows))
    return [
        _held_one(
            row, events.get(row.arguments.get("event_id")), subscriptions.get(row.arguments.get("subscription_id"))
        )
        for row in rows
    ]


def _held_one(row: Delivery, event: Event | None, to: Subscription | None) -> Held:
    order, action = (event.order, event.action) if event else (None, None)
    if to is not None:
        return Held(row, order, action, to.medium, MASK[to.medium](to.target))
    if row.job == "send" and order is not None:
        return Held(row, order, action, Medium.SMS, mask_phone(order.requester_phone))
    return Held(row, order, action, None, "")


def _by_id(entity: Any, ids: Iterable[int | None], *options: Any) -> dict[int | None, Any]:
    query = select(entity).where(entity.id.in_({one for one in ids if one is not None})).options(*options)
    return {one.id: one for one in db.session.scalars(query)}


def send_again(actor: Actor, now: datetime, ids: Collection[int] | None = None) -> int:
    """Try some deliveries at once, or all that are held up; return how many. What failed so far stays counted."""
    actor.require(Permission.ADMINISTER)
    which = _held(now) if ids is None else and_(Delivery.id.in_(ids), Delivery.done_at.is_(None))
    due = update(Delivery).where(which).values(due_at=now).returning(Delivery.id)
    sent = db.session.scalars(due).all()
    for one in sent[:LISTED_EACH]:
        record_change(actor, Subject.DELIVERY, str(one), str(one), now, before={}, after={"delivery": "again"})
    return len(sent)


def give_up(delivery_id: int, actor: Actor, now: datetime) -> None:
    """Send a delivery no more, because somebody says so; who, and why it failed, is kept. Raises Conflict."""
    actor.require(Permission.ADMINISTER)
    waiting = Delivery.id == delivery_id, Delivery.done_at.is_(None), Delivery.job.in_(OUTSIDE)
    row = db.session.scalar(select(Delivery).where(*waiting).with_for_update(skip_locked=True))
    if row is None:
        raise Conflict(gettext("It has arrived, or is being sent just now."))
    record_change(actor, Subject.DELIVERY, str(row.id), str(row.id), now, before={}, after={"delivery": "given up"})
    row.done_at, row.error = now, f"given up by {actor.name}: {row.error or 'never tried'}"
