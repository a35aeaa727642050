"""Reads of topics: those that are hot now, one topic, what its citizens told of it before and after a campaign.

What counts: orders that are matters, not those declined or withdrawn. Citizens count once each in a window, by their
telephone number; an order without one counts as one more citizen. An order merged into another is no second order,
but its citizen counts. Windows are of city days, the last of them today, as far as it has come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, Integer, Select, and_, cast, func, literal, or_, select, type_coerce
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.base.time import DAY, Period
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.orders.queries import listed
from hotline.policy import queries as policies
from hotline.report.measure import MOMENT
from hotline.report.topics.growth import BASELINE, LEAST, Growth, growth
from hotline.report.topics.models import Topic, TopicLedger, TopicOrder
from hotline.transfer.models import OrderPlace

NO_MATTER = (State.DECLINED, State.WITHDRAWN)
WEEK = timedelta(days=7)
TREND_WEEKS = 13
MOST_TOPICS = 100
SHOWN_UNITS, SHOWN_PLACES = 3, 8
LONGEST_COMPARED = 90  # days before and after a campaign

# What nobody can say the place of, or what it is about, is no hot topic: 有件事想反映一下 is said everywhere.
SOMEWHERE = or_(Topic.place != "", and_(Topic.district_code.is_not(None), Topic.category_code.is_not(None)))
MATTER = Order.state.not_in(NO_MATTER)
CITIZEN = func.coalesce(func.nullif(Order.requester_phone, ""), Order.number)
_citizens = func.count(CITIZEN.distinct())
_orders = func.count().filter(Order.state != State.MERGED)


@dataclass(frozen=True, slots=True)
class Hot:
    """A topic in a window. trend: citizens by week, the present one last. units: who leads its orders, with how many."""

    topic: Topic
    orders: int
    growth: Growth
    trend: list[int]
    units: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Counted:
    """What was told within some days, both counted."""

    period: Period
    orders: int
    citizens: int


@dataclass(frozen=True, slots=True)
class Effect:
    """A campaign, and what was told as long before it began as after it ended (or began, while it is not ended).

    before and after: whole days, as many of the one as of the other; None while there is no day to compare.
    """

    link: TopicLedger
    before: Counted | None
    after: Counted | None


def city_days(first: date, last: date, now: datetime) -> Period:
    """Some days, as the policy in force has them begin."""
    return Period(first, last, policies.calendar_now().zone, windows=policies.policy_at(now).windows)


def day_of(instant: datetime, now: datetime) -> date:
    """The city day of an instant, as the policy in force has days begin."""
    return policies.policy_at(now).windows.day_of(instant, policies.calendar_now().zone)


def window(until: datetime, days: int) -> Period:
    """So many days up to an instant: the last is the day it lies in, or the one it ends."""
    last = day_of(until - MOMENT, until)
    return city_days(last - (days - 1) * DAY, last, until)


def get_topic(topic_id: int) -> Topic:
    """The topic with this number; raise NotFound."""
    query = select(Topic).where(Topic.id == topic_id).options(*_NAMES)
    topic = db.session.scalar(query.execution_options(populate_existing=True))
    if topic is None:
        raise NotFound(gettext("There is no topic with this number."))
    return topic


_NAMES = (
    joinedload(Topic.district),
    joinedload(Topic.category),
    selectinload(Topic.campaigns).joinedload(TopicLedger.ledger),
)


def hot_topics(
    now: datetime,
    days: int,
    *,
    district: str = "",
    categories: Collection[str] | None = None,
    most: int = MOST_TOPICS,
) -> list[Hot]:
    """The topics that grow, those most above their usual first. categories: their codes; of all where None."""
    start = window(now, days).start
    query = _told(start, now).add_columns(TopicOrder.topic_id, _orders.label("orders"))
    query = query.join(Topic).where(SOMEWHERE)
    if district:
        query = query.where(Topic.district_code == district)
    if categories is not None:
        query = query.where(Topic.category_code.in_(categories))
    query = query.group_by(TopicOrder.topic_id).having(_citizens >= LEAST)
    orders: dict[int, int] = {row.topic_id: row.orders for row in db.session.execute(query)}
    if not orders:
        return []
    grown = {topic: one for topic, one in growths(orders, now, days).items() if one.hot}
    best = sorted(grown, key=lambda topic: (-grown[topic].excess, -grown[topic].citizens, topic))[:most]
    found = {one.id: one for one in db.session.scalars(select(Topic).where(Topic.id.in_(best)).options(*_NAMES))}
    trends = citizens_by_window(best, now, WEEK.days, TREND_WEEKS)
    units = units_of(best, start, now)
    return [Hot(found[one], orders[one], grown[one], trends[one], units[one]) for one in best]


def _told(start: datetime, end: datetime) -> Select[Any]:
    """Citizens of topics' orders received from one instant to before another."""
    received = and_(Order.received_at >= start, Order.received_at < end)
    query = select(_citizens.label("citizens")).select_from(TopicOrder).join(Order, Order.id == TopicOrder.order_id)
    return query.where(received, MATTER)


def growths(topics: Collection[int], now: datetime, days: int) -> dict[int, Growth]:
    """How each of some topics grows in the window up to now."""
    known = _windows_known(window(now, days).start, timedelta(days))
    counted = citizens_by_window(topics, now, days, 1 + BASELINE)
    return {topic: growth(windows, known) for topic, windows in counted.items()}


def _windows_known(start: datetime, length: timedelta) -> int:
    """How many whole windows before an instant the city has orders of."""
    first = first_received()
    return max(0, (start - first) // length) if first else 0


def first_received() -> datetime | None:
    """When the first order the city has records of came in."""
    return db.session.scalar(select(func.min(Order.received_at)))


def citizens_by_window(topics: Collection[int], now: datetime, days: int, windows: int) -> dict[int, list[int]]:
    """Distinct citizens of each topic in each of some windows of so many days, the last one up to now."""
    whole = window(now, windows * days)
    day = cast(func.timezone(whole.zone.key, Order.received_at) - whole.windows.shift, Date)
    back = (type_coerce(literal(whole.last) - day, Integer) // days).label("back")
    query = _told(whole.start, now).add_columns(TopicOrder.topic_id, back)
    query = query.where(TopicOrder.topic_id.in_(topics)).group_by(TopicOrder.topic_id, back)
    counted = {topic: [0] * windows for topic in topics}
    for row in db.session.execute(query):
        counted[row.topic_id][windows - 1 - row.back] = row.citizens
    return counted


def units_of(topics: Collection[int], start: datetime, end: datetime) -> dict[int, list[tuple[str, int]]]:
    """The units that lead orders of each topic within a time, with how many, most first."""
    query = _told(start, end).add_columns(TopicOrder.topic_id, Order.lead_unit, _orders.label("orders"))
    query = query.where(TopicOrder.topic_id.in_(topics), Order.lead_unit.is_not(None), Order.state != State.MERGED)
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in db.session.execute(
        query.group_by(TopicOrder.topic_id, Order.lead_unit).order_by(_orders.desc(), Order.lead_unit)
    ):
        found[row.topic_id].append((row.lead_unit, row.orders))
    return {topic: found[topic] for topic in topics}


def places_of(topic: Topic) -> list[tuple[str, int]]:
    """The names of places a topic's orders give most, with how many do."""
    orders = select(TopicOrder.order_id).where(TopicOrder.topic_id == topic.id)
    query = select(OrderPlace.name, func.count()).where(OrderPlace.order_id.in_(orders)).group_by(OrderPlace.name)
    rows = db.session.execute(query.order_by(func.count().desc(), OrderPlace.name).limit(SHOWN_PLACES))
    return [(name, count) for name, count in rows]


def waiting(now: datetime) -> int:
    """How many orders have come in since the last that was looked at; older ones of an import are not among them."""
    looked_at = select(Order.received_at).join(TopicOrder, TopicOrder.order_id == Order.id)
    last = db.session.scalar(looked_at.order_by(Order.received_at.desc()).limit(1))
    query = select(func.count()).where(Order.received_at <= now)
    return db.session.scalars(query.where(Order.received_at > last) if last else query).one()


def orders_of(
    topic: Topic, now: datetime, first: date | None = None, last: date | None = None, *, merged: bool = True
) -> Select[tuple[Order]]:
    """The orders of a topic that count, the newest first; received within some days, both counted.

    merged: with those merged into others, as citizens are counted; without them, as orders are.
    """
    query = listed(select(Order)).join(TopicOrder, TopicOrder.order_id == Order.id)
    query = query.where(TopicOrder.topic_id == topic.id, MATTER)
    if not merged:
        query = query.where(Order.state != State.MERGED)
    if first:
        query = query.where(Order.received_at >= city_days(first, first, now).start)
    if last:
        query = query.where(Order.received_at < city_days(last, last, now).end)
    return query.order_by(Order.received_at.desc(), Order.id.desc())


def counted(topic: Topic, period: Period) -> Counted:
    """What was told of a topic in a period."""
    query = select(_citizens.label("citizens"), _orders.label("orders")).select_from(TopicOrder)
    query = query.join(Order, Order.id == TopicOrder.order_id).where(TopicOrder.topic_id == topic.id, MATTER)
    row = db.session.execute(query.where(Order.received_at >= period.start, Order.received_at < period.end)).one()
    return Counted(period, row.orders, row.citizens)


def effects(topic: Topic, now: datetime) -> list[Effect]:
    """The campaigns of a topic with the volume before and after, the newest first."""
    return [_effect(topic, link, now) for link in topic.campaigns]


def _effect(topic: Topic, link: TopicLedger, now: datetime) -> Effect:
    """Today is not over, and before the city's first order nobody could be heard: neither can be compared."""
    ledger, first = link.ledger, first_received()
    turned = day_of(ledger.ended_at, now) if ledger.ended_at else ledger.held_on
    known = (ledger.held_on - day_of(first, now)).days if first else 0
    days = min(LONGEST_COMPARED, (day_of(now, now) - DAY - turned).days, known)
    if days < 1:
        return Effect(link, None, None)
    before = city_days(ledger.held_on - days * DAY, ledger.held_on - DAY, now)
    after = city_days(turned + DAY, turned + days * DAY, now)
    return Effect(link, counted(topic, before), counted(topic, after))


def bursts(count: int, days: int, now: datetime) -> list[tuple[Topic, list[str], int]]:
    """The topics that so many citizens have told of within so many times 24 hours: with the orders' numbers, and how many."""
    numbers = func.array_agg(Order.number.distinct()).label("numbers")
    start, end = now - timedelta(days) + MOMENT, now + MOMENT  # with what came in at this very instant
    query = _told(start, end).add_columns(TopicOrder.topic_id, numbers).join(Topic).where(SOMEWHERE)
    query = (
        query.group_by(TopicOrder.topic_id).having(_citizens >= count).order_by(_citizens.desc(), TopicOrder.topic_id)
    )
    rows = db.session.execute(query).all()
    found = {
        topic.id: topic
        for topic in db.session.scalars(select(Topic).where(Topic.id.in_([row.topic_id for row in rows])))
    }
    return [(found[row.topic_id], row.numbers, row.citizens) for row in rows]
