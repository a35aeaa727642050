"""Verbs of topics."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict, NotFound
from hotline.base.i18n import gettext
from hotline.ledgers import operations as keep
from hotline.ledgers.models import Ledger
from hotline.ledgers.vocabulary import Kind
from hotline.orders.lifecycle import OPEN_STATES
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.models import Unit
from hotline.people.queries import require_units
from hotline.people.roles import Permission
from hotline.policy import queries as policies
from hotline.report.topics.models import Topic, TopicLedger, TopicOrder

MOST_ITEMS = 200  # orders a campaign begins with, the newest


def open_campaign(
    topic: Topic, actor: Actor, now: datetime, *, title: str, measures: str, owner: str, due_on: date
) -> Ledger:
    """Take a topic on (专项整治): a ledger with the topic's open orders as its items.

    measures: what is to be done. owner: code of the unit that answers for it. Raises Invalid where there is no such
    unit, or the deadline lies before today; Conflict where a campaign on the topic is open.
    """
    actor.require(Permission.KEEP_LEDGERS)
    _must_be_free(topic)
    require_units(owner, field="owner")
    ledger = keep.open_ledger(
        actor,
        now,
        kind=Kind.CAMPAIGN,
        title=title,
        host=db.session.scalars(select(Unit).filter_by(code=owner)).one().name,
        held_on=policies.calendar_now().city_day(now),
        due_on=due_on,
        note=measures,
    )
    running = select(Order.number).join(TopicOrder, TopicOrder.order_id == Order.id)
    running = running.where(TopicOrder.topic_id == topic.id, Order.state.in_(OPEN_STATES))
    numbers = db.session.scalars(running.order_by(Order.received_at.desc(), Order.id.desc()).limit(MOST_ITEMS)).all()
    keep.add_orders(ledger, actor, now, numbers=" ".join(numbers))
    db.session.add(TopicLedger(topic_id=topic.id, ledger_id=ledger.id))
    db.session.flush()
    return ledger


def _must_be_free(topic: Topic) -> None:
    """Hold the topic until the transaction ends: two people open one campaign."""
    if db.session.scalar(select(Topic.id).where(Topic.id == topic.id).with_for_update()) is None:
        raise NotFound(gettext("There is no topic with this number."))
    open_ones = select(Ledger.code).join(TopicLedger, TopicLedger.ledger_id == Ledger.id)
    code = db.session.scalar(open_ones.where(TopicLedger.topic_id == topic.id, Ledger.ended_at.is_(None)))
    if code is not None:
        raise Conflict(gettext("A campaign on this topic is open: ledger %(code)s.", code=code))
