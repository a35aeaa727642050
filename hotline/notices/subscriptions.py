"""Verbs on subscriptions: who is told outside the app. Only an administrator says so.

A webhook is called from inside the city's network, at whatever address it names: an administrator can have any
machine there called, by POST and without seeing what it answers. Nobody else may add one, and none is redirected.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import select

from hotline.base.changes import Subject, record_change
from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.base.outbox import Later, Undelivered
from hotline.notices.channels import Message
from hotline.notices.deliveries import MASK, failure_in_words
from hotline.notices.messages import MOBILE
from hotline.notices.models import REPORTS, WARNINGS, Medium, Subscription
from hotline.notices.operations import TELLS_ROLE, TELLS_UNIT
from hotline.notices.outside import TOLD_OF_REPORTS, send_to
from hotline.orders.lifecycle import Action
from hotline.people.actors import Actor
from hotline.people.queries import require_units
from hotline.people.roles import Permission, Role

MAIL = re.compile(r"[^\s@<>,;:\"]+@[\w-]+(\.[\w-]+)+", re.ASCII)
TOLD_ROLES = (
    *dict.fromkeys(role for roles in TELLS_ROLE.values() for role in roles),
)  # the roles a subscription may be for


def subscriptions() -> list[Subscription]:
    """All subscriptions, the newest first."""
    return list(db.session.scalars(select(Subscription).order_by(Subscription.id.desc())))


def heard(unit_code: str | None, role: Role | None) -> list[str]:
    """What a unit, a role or, without either, the center's own systems can be told of."""
    if unit_code is not None:
        return [action for action in Action if action in TELLS_UNIT or action is Action.NOTE] + [WARNINGS]
    if role is not None:
        told: list[str] = [action for action, of in TELLS_ROLE.items() if role in of]
        told += [WARNINGS] if role is Role.SUPERVISOR else []
        return [*told, REPORTS] if role in TOLD_OF_REPORTS else told
    return list(Action)


def subscribe(
    medium: Medium,
    target: str,
    actor: Actor,
    now: datetime,
    *,
    unit_code: str | None = None,
    role: Role | None = None,
    actions: Collection[str] = (),
) -> Subscription:
    """Tell somebody outside the app what a unit, a role or every system of the center is told.

    actions: of these only; empty for all. A webhook gets a secret, to be shown now and never again.
    Raises Invalid for a target the medium does not reach, and for what such a reader is not told of.
    """
    actor.require(Permission.ADMINISTER)
    _check_target(medium, target)
    if unit_code is not None and role is not None:
        raise Invalid.field("role", gettext("choose a unit or a role, not both"))
    if unit_code is not None:
        require_units(unit_code)
    if role is not None and role not in TOLD_ROLES:
        raise Invalid.field("role", gettext("nothing is told to this role; choose another"))
    if unknown := [action for action in actions if action not in heard(unit_code, role)]:
        raise Invalid.field("actions", gettext("these are told to others only: %(names)s", names=", ".join(unknown)))
    made = Subscription(
        medium=medium,
        target=target,
        secret=secrets.token_urlsafe(32) if medium is Medium.WEBHOOK else "",
        unit_code=unit_code,
        role=role,
        actions=sorted(actions),
        active=True,
        created_at=now,
        created_by=actor.name,
    )
    db.session.add(made)
    db.session.flush()
    told: dict[str, Any] = {"medium": medium.value, "target": title_of(made), "unit": unit_code, "role": role}
    after = {**told, "actions": made.actions}
    record_change(actor, Subject.CHANNEL, str(made.id), title_of(made), now, after=after)
    return made


def title_of(one: Subscription) -> str:
    """Its target as it may be shown: nobody needs the whole number or an address with a key in it."""
    return MASK[one.medium](one.target)


def switch(subscription_id: int, actor: Actor, now: datetime, *, active: bool) -> Subscription:
    """Pause a subscription, or let it go on. While it is paused nothing is left for it, and what waits is dropped."""
    actor.require(Permission.ADMINISTER)
    found = _held(subscription_id)
    before, found.active = {"active": found.active}, active
    record_change(actor, Subject.CHANNEL, str(found.id), title_of(found), now, before=before, after={"active": active})
    return found


def try_out(subscription_id: int, actor: Actor, now: datetime) -> Subscription:
    """Send a message that says nothing but that it is a test. Raises Conflict with the reason where it does not arrive."""
    actor.require(Permission.ADMINISTER)
    found = _held(subscription_id)
    if not found.active:
        raise Conflict(gettext("This channel is paused; let it go on first."))
    words = gettext("This is a test of the 12345 hotline. Nothing needs to be done.")
    message = Message(gettext("Test"), words, {"event": "test", "text": words})
    try:
        send_to(found.id, message, uuid4(), now)
    except (Undelivered, Later) as away:
        why = failure_in_words(str(away))
        raise Conflict(gettext("The test did not arrive: %(why)s", why=why)) from away
    return found


def _held(subscription_id: int) -> Subscription:
    found = db.session.get(Subscription, subscription_id, with_for_update={"of": Subscription})
    if found is None:
        raise NotFound(gettext("There is no such subscription."))
    return found


def _check_target(medium: Medium, target: str) -> None:
    wrong = {
        Medium.WEBHOOK: gettext("give an address that begins with https:// or http://, without a user name"),
        Medium.MAIL: gettext("is not a mail address; give one, e.g. office@example.gov.cn"),
        Medium.SMS: gettext("is not a mobile number; give one, e.g. 13800000000"),
    }
    pattern = {Medium.MAIL: MAIL, Medium.SMS: MOBILE}.get(medium)
    usable = pattern.fullmatch(target) if pattern else _is_address(target)
    if not usable:
        raise Invalid.field("target", wrong[medium])


def _is_address(target: str) -> bool:
    try:
        parts = urlsplit(target)
        _ = parts.port
    except ValueError:
        return False
    plain = target.isascii() and target.isprintable() and " " not in target
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
