"""What is told outside the app: one delivery for each subscription, and a text message to the citizen.

A delivery names ids only. What it says is composed when it is sent, as far as its reader may see the order then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from flask import current_app
from sqlalchemy import and_, func, or_, select

from config.settings import Settings
from hotline.base.db import db
from hotline.base.i18n import mark
from hotline.base.outbox import Later, Queue, Unreachable, leave_once
from hotline.notices import messages
from hotline.notices.channels import SEND, Message, Target
from hotline.notices.models import REPORTS, WARNINGS, Medium, Notice, Subscription
from hotline.notices.queries import Digest, in_words
from hotline.orders.models import Event, Order
from hotline.orders.queries import visible
from hotline.orders.sight import sees_event
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import Actor
from hotline.people.queries import units_above, units_under
from hotline.people.roles import Role

TOLD_OF_REPORTS = (Role.SUPERVISOR, Role.MANAGER)
REST = timedelta(seconds=30)  # a server that did not answer is left alone for so long

Addressed = tuple[Medium, Target, Message]


# What is to go out


def leave_for_event(
    event: Event, units: Collection[str], roles: Collection[Role], delivery_id: UUID, now: datetime
) -> None:
    """Leave what goes out because of an event that some units and roles are told of."""
    order = db.session.get_one(Order, event.order_id)
    found = _subscriptions(units, roles, event.action)
    going: list[tuple[UUID, dict[str, Any]]] = [
        (uuid5(delivery_id, str(one)), {"event_id": event.id, "subscription_id": one}) for one in found
    ]
    if _settings().sms_url and messages.is_for_citizen(event, order):
        going.append((uuid5(delivery_id, "citizen"), {"event_id": event.id}))
    leave_once("send", now, Queue.URGENT if order.urgency is Urgency.URGENT else Queue.DEFAULT, going)


def leave_for_digest(notice: Notice, now: datetime) -> None:
    """Leave a digest of warnings for the subscriptions of its unit or role."""
    found = _subscriptions(
        [notice.unit_code] if notice.unit_code else [], [notice.role] if notice.role else [], WARNINGS, to_systems=False
    )
    arguments = [{"notice_id": notice.id, "subscription_id": one} for one in found]
    ids = [uuid5(notice.delivery_id, str(one)) for one in found]
    leave_once("send", now, Queue.DEFAULT, zip(ids, arguments, strict=True))


def leave_for_report(report_id: int, delivery_id: UUID, now: datetime) -> None:
    """Leave a periodic report for the subscriptions of who reads reports; a text message has no room for one."""
    found = _subscriptions([], TOLD_OF_REPORTS, REPORTS, to_systems=False, without=Medium.SMS)
    going = [(uuid5(delivery_id, str(one)), {"report_id": report_id, "subscription_id": one}) for one in found]
    leave_once("send_report", now, Queue.DEFAULT, going)


def _subscriptions(
    units: Collection[str],
    roles: Collection[str],
    action: str,
    *,
    to_systems: bool = True,
    without: Medium | None = None,
) -> Sequence[int]:
    """Ids of the active subscriptions of some units and those above them, of roles, and of the center's own systems."""
    whom = [and_(Subscription.unit_code.is_(None), Subscription.role.is_(None))] if to_systems else []
    above = {one for unit in units for one in units_above(unit)}
    whom += [Subscription.unit_code.in_(above), Subscription.role.in_(roles)]
    wanted = or_(func.cardinality(Subscription.actions) == 0, Subscription.actions.contains([action]))
    query = select(Subscription.id).where(Subscription.active, or_(*whom), wanted)
    if without is not None:
        query = query.where(Subscription.medium != without)
    return db.session.scalars(query.order_by(Subscription.id)).all()


# Sending it


def send(delivery_id: UUID, arguments: Mapping[str, Any], now: datetime) -> None:
    """Send one delivery, unless there is nothing to say to its reader any more; raise Undelivered or Later."""
    addressed = addressed_by(arguments)
    if addressed is not None:
        _send(*addressed, delivery_id, now)


def send_to(subscription_id: int, message: Message, delivery_id: UUID, now: datetime) -> None:
    """Send a message to a subscription, unless it is paused; raise Undelivered or Later."""
    to = db.session.get_one(Subscription, subscription_id)
    if to.active:
        _send(to.medium, Target(to.target, to.secret), message, delivery_id, now)


def _send(medium: Medium, target: Target, message: Message, delivery_id: UUID, now: datetime) -> None:
    settings = _settings()
    server = {Medium.WEBHOOK: target.address, Medium.MAIL: settings.smtp_url, Medium.SMS: settings.sms_url}[medium]
    if now < (until := _resting.get(server, now)):
        raise Later(mark("not tried: there was no answer a moment ago"), until)
    try:
        SEND[medium](message, target, delivery_id, now, settings)
    except Unreachable:
        _resting[server] = now + REST
        raise
    _resting.pop(server, None)


_resting: dict[str, datetime] = {}  # servers this process has found away, until when each is left alone


def addressed_by(arguments: Mapping[str, Any]) -> Addressed | None:
    """Who is told what by a delivery with these arguments; None where there is nothing to say to them any more."""
    if "subscription_id" not in arguments:
        event = db.session.get_one(Event, arguments["event_id"])
        order = db.session.get_one(Order, event.order_id)
        return Medium.SMS, Target(order.requester_phone), messages.to_citizen(event, order)
    to = db.session.get_one(Subscription, arguments["subscription_id"])
    message = _message(arguments, _reader(to)) if to.active else None
    return (to.medium, Target(to.target, to.secret), message) if message else None


def _message(arguments: Mapping[str, Any], reader: Actor) -> Message | None:
    if "notice_id" in arguments:
        notice = db.session.get_one(Notice, arguments["notice_id"])
        return next(
            (messages.of_digest(one) for one in in_words([notice], reader) if isinstance(one, Digest) and one.kinds),
            None,
        )
    event = db.session.get_one(Event, arguments["event_id"])
    order: Order | None = db.session.scalar(visible(select(Order).where(Order.id == event.order_id), reader))
    return messages.of_event(event, order, reader) if order and sees_event(event, reader) else None


def _reader(to: Subscription) -> Actor:
    """Who reads what goes to a subscription: somebody of its unit or role; the center's systems see all orders."""
    if to.unit_code is not None:
        return Actor(Role.HANDLER, to.target, units=units_under(to.unit_code))
    return Actor(to.role or Role.MANAGER, to.target)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
