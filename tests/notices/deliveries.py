"""Makes and reads deliveries for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.notices.models import Medium, Subscription
from hotline.notices.subscriptions import subscribe
from hotline.people.actors import Actor
from hotline.people.roles import Role
from tests.conftest import NOW
from tests.receivers import Receiver
from workers.relay import relay

ADMIN = Actor(Role.ADMIN, "管理员")
LATER = timedelta(hours=3)
Configure = Callable[..., None]


def webhook(receiver: Receiver, **whom: Any) -> Subscription:
    return subscribe(Medium.WEBHOOK, f"{receiver.url}/hook?key=7", ADMIN, NOW, **whom)


def run(now: datetime = NOW + LATER) -> None:
    """Work the outbox off: what is told, and then what that leaves."""
    db.session.commit()
    relay(now)
    relay(now)
    db.session.expire_all()


def open_sends() -> list[Delivery]:
    return list(db.session.scalars(select(Delivery).filter_by(job="send", done_at=None).order_by(Delivery.id)))


def numbers(receiver: Receiver, action: str = "") -> list[str]:
    return [one.json["number"] for one in receiver.posted if not action or one.json["action"] == action]
