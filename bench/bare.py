"""The reference for orders over HTTP: a bare Flask and SQLAlchemy view that inserts the same rows, and nothing else.

No sign-in, no check of the input, no classification, no lifecycle, no clock arithmetic, no hash: what any
product on this stack would have to pay at least.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from config.settings import Settings
from hotline import create_app
from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.base.time import utc_now
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order, OrderUnit
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.people.roles import Role
from hotline.policy.counting import TimeUnit
from hotline.policy.limits import Clock

app = create_app(Settings.from_env())
app.before_request_funcs.clear()
app.after_request_funcs.clear()


@app.post("/bare/orders")
def place() -> ResponseReturnValue:
    """Insert an order, two events, four clocks, two helpers and two outbox rows."""
    body, now = request.get_json(), utc_now()
    order = Order(
        number=f"N{db.session.scalar(select(func.nextval('order_number')))}",
        version=2,
        head="0" * 64,
        state=State.DISPATCHED,
        nature=Nature.COMPLAINT,
        urgency=Urgency.NORMAL,
        channel=Channel.API,
        title=body["title"],
        text=body["text"],
        requester_phone=body["phone"],
        district_code="d01",
        category_code="050101",
        lead_unit="water-supply",
        policy_id=1,
        suggestion={"categories": []},
        received_at=now,
        dispatched_at=now,
    )
    db.session.add(order)
    db.session.flush()
    _events(order, now)
    for clock in (Clock.DISPATCH, Clock.SIGN, Clock.CONTACT, Clock.HANDLE):
        db.session.add(_deadline(order, clock))
    db.session.add_all(OrderUnit(order_id=order.id, unit_code=code, part="copy") for code in ("d01", "water"))
    db.session.flush()
    return jsonify(number=order.number), 201


def _events(order: Order, now: datetime) -> None:
    for seq, action in enumerate((Action.REGISTER, Action.DISPATCH), start=1):
        event = Event(
            order_id=order.id,
            seq=seq,
            at=now,
            action=action,
            to_state=State.DISPATCHED,
            actor_role=Role.AGENT,
            actor_name="bare",
            reason="",
            payload={"unit": "water-supply"},
            hash="0" * 64,
        )
        db.session.add(event)
        db.session.flush()
        db.session.add(
            Delivery(
                delivery_id=uuid4(),
                job="tell",
                arguments={"event_id": event.id},
                created_at=now,
                due_at=now,
                attempts=0,
            )
        )


def _deadline(order: Order, clock: Clock) -> Deadline:
    ended = order.received_at if clock is Clock.DISPATCH else None
    return Deadline(
        order_id=order.id,
        clock=clock,
        unit_code=None if clock is Clock.DISPATCH else order.lead_unit,
        round=1,
        amount=5,
        unit=TimeUnit.WORKING_DAYS,
        row="handle",
        basis="bare",
        calendar_id=1,
        started_at=order.received_at,
        due_at=order.received_at + timedelta(days=7),
        original_due_at=order.received_at + timedelta(days=7),
        provisional=False,
        paused=[],
        ended_at=ended,
        outcome="met" if ended else None,
    )
