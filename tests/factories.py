"""Makes what tests need, through the operations the product itself uses."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hotline.base.db import db
from hotline.handle import operations as handle
from hotline.orders.models import Order
from hotline.orders.operations import Intake
from hotline.orders.vocabulary import Channel, Nature, Result
from hotline.people.actors import CITIZEN, Actor
from hotline.people.roles import Role
from hotline.receive.operations import receive_complaint
from hotline.transfer.operations import dispatch

DISPATCHER = Actor(Role.DISPATCHER, "派单员")
HANDLER = Actor(Role.HANDLER, "经办人", units=frozenset({"housing"}))
CALLBACK = Actor(Role.CALLBACK, "回访员")


def intake(**changes: Any) -> Intake:
    """A complaint nobody can classify."""
    given: dict[str, Any] = {
        "title": "一件事",
        "text": "想反映一件事情,请帮忙看看。",
        "channel": Channel.PHONE,
        "nature": Nature.COMPLAINT,
        "requester_name": "王女士",
        "requester_phone": "13912345678",
    }
    return Intake(**{**given, **changes})


def accepted(now: datetime, **changes: Any) -> Order:
    """An order as a call makes it: dispatched at once where the product is sure."""
    return receive_complaint(intake(**changes), CITIZEN, now)


def received(now: datetime, **changes: Any) -> Order:
    """An order that waits for dispatch, whatever is said in it."""
    return receive_complaint(intake(**changes), CITIZEN, now, hold=True)


def dispatched(now: datetime, unit: str = "housing", **changes: Any) -> Order:
    """An order that waits for its unit's signature."""
    order = received(now, **changes)
    dispatch(order, unit, DISPATCHER, now, category="060101")
    return order


def handling(now: datetime, **changes: Any) -> Order:
    """An order its unit has signed for."""
    order = dispatched(now, **changes)
    handle.sign(order, HANDLER, now)
    return order


def replied(now: datetime, **changes: Any) -> Order:
    """An order whose citizen is to be called back."""
    order = handling(now, **changes)
    handle.reply(order, HANDLER, now + timedelta(hours=1), result=Result.SOLVED, public_reply="已经处理完毕。")
    return order


def closed(now: datetime, satisfaction: str = "satisfied", **changes: Any) -> Order:
    """An order that is evaluated and closed."""
    order = replied(now, **changes)
    later = now + timedelta(hours=2)
    handle.evaluate(order, CALLBACK, later, solved=satisfaction != "dissatisfied", satisfaction=satisfaction)
    handle.close(order, CALLBACK, later)
    return order


def saved(order: Order) -> Order:
    """Keep the order past a request that is refused."""
    db.session.commit()
    db.session.expire_all()
    return order


def fresh(order: Order) -> Order:
    """The order as it stands now."""
    db.session.expire_all()
    return db.session.get_one(Order, order.id)
