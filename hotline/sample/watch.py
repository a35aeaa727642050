"""The supervision of a sample: slips that went up, orders urged and listed, alarms open and settled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from hotline.base.db import db
from hotline.handle.alarms import settle, trigger_of
from hotline.handle.models import Alarm
from hotline.handle.supervision import GOES_UP, escalate, supervise
from hotline.handle.triggers import sweep_orders
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.orders.urging import urge
from hotline.people.actors import SYSTEM
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.policy.triggers import Does, Supervision
from hotline.report.topics.assigning import assign_topics
from hotline.report.triggers import sweep_units

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from hotline.sample.cast import Cast
    from hotline.sample.town import Town

MINUTE = timedelta(minutes=1)
URGED = (3, 2, 1, 1)  # how often, of the orders urged
SETTLED = 3  # one alarm of so many is settled
CHOSEN = (Supervision.RED, Supervision.LISTED, Supervision.SPECIAL, Supervision.ORANGE)


def watch(town: Town, cast: Cast, rng: Random, now: datetime) -> None:
    """Do what the clock, the supervisors and the policy's rules would have done by now."""
    _step_up(town, now)
    _choose(town, cast, rng, now)
    _urge(town, cast, rng, now)
    sweep_orders(now)
    while assign_topics(now):
        pass
    sweep_units(now)
    _settle(town, cast, rng, now)


def _step_up(town: Town, now: datetime) -> None:
    """Step up the slips that were not answered, each when it was due."""
    for order in db.session.scalars(select(Order).where(Order.supervision.in_(GOES_UP)).order_by(Order.id)).all():
        while order.supervision in GOES_UP and (at := _slip_due(order) + MINUTE) < now:
            reason = town.phrases.all("supervision", "stepped_up")[0]
            escalate(order, SYSTEM, max(at, _last(order) + MINUTE), reason=reason)


def _choose(town: Town, cast: Cast, rng: Random, now: datetime) -> None:
    """Put some orders under supervision by hand, one on each higher step."""
    for step, order in zip(CHOSEN, _unwatched()[:: len(CHOSEN)], strict=False):
        actor = cast.member(Role.SUPERVISOR, town.phrases, "supervisors")
        reason = town.phrases.pick(rng, "supervision", "reasons")
        supervise(order, actor, _since(order, rng, now), reason=reason, supervision=step)


def _urge(town: Town, cast: Cast, rng: Random, now: datetime) -> None:
    for count, order in zip(URGED, _unwatched()[1::3], strict=False):
        for _ in range(count):
            actor = cast.member(Role.AGENT, town.phrases, "agents")
            urge(order, actor, _since(order, rng, now), note=town.phrases.pick(rng, "supervision", "urges"))


def _settle(town: Town, cast: Cast, rng: Random, now: datetime) -> None:
    # Not by id: in which order a sweep finds them is the database's matter.
    order = (Alarm.rule, Alarm.order_id, Alarm.unit_code, Alarm.subject)
    alarms = db.session.scalars(select(Alarm).where(Alarm.handled_at.is_(None)).order_by(*order)).all()
    for alarm in alarms[::SETTLED]:
        actor = cast.member(Role.SUPERVISOR, town.phrases, "supervisors")
        if trigger_of(alarm).does is Does.INTERVIEW:
            whom, note = (town.phrases.pick(rng, "supervision", name) for name in ("whom", "interviews"))
            settle(alarm, actor, now, note=note, held_on=town.calendar.city_day(now), whom=whom)
        else:
            settle(alarm, actor, now, note=town.phrases.pick(rng, "supervision", "settled"))


def _unwatched() -> list[Order]:
    """The orders units work on that nobody watches, those first of which nothing was heard for longest."""
    wanted = (Order.state == State.HANDLING, Order.supervision.is_(None), Order.urges == 0)
    return sorted(db.session.scalars(select(Order).where(*wanted)), key=lambda order: (_last(order), order.id))


def _slip_due(order: Order) -> datetime:
    return next(row.due_at for row in order.deadlines if row.clock is Clock.SUPERVISE and row.ended_at is None)


def _last(order: Order) -> datetime:
    db.session.expire(order, ["events"])
    return order.events[-1].at


def _since(order: Order, rng: Random, now: datetime) -> datetime:
    """Some instant not long after the last step."""
    last = _last(order)
    return last + rng.uniform(0.01, 0.05) * (now - last)
