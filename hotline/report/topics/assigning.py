"""New orders find their topics: run by the worker, every five minutes, a portion at a time.

Each order is compared only with those its places and the words of its title lead to; nothing of the year is clustered
again. Orders are taken in the order they came in, and how rare words are is counted before the month of an order
began: so the same orders give the same topics whether they are looked at one by one, day by day or all at once. That
holds for orders that are looked at in the order they came in; one that comes in late, by an import, meets the topics
as they are by then.
"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import aliased

from hotline.base.db import database_name, db, take_turns
from hotline.base.time import month_of
from hotline.orders.models import Order
from hotline.policy import queries as policies
from hotline.report.topics.clustering import (
    COMPARED,
    COUNTED,
    NEWEST,
    PER_KEY,
    WINDOW,
    Comparison,
    Told,
    Vocabulary,
    place_of,
    told,
    vocabulary_of,
    words_of,
)
from hotline.report.topics.files import sample_texts
from hotline.report.topics.models import LONGEST_KEY, Topic, TopicKey, TopicLedger, TopicOrder
from hotline.report.topics.queries import CITIZEN
from hotline.transfer.duplicates import READ
from hotline.transfer.queries import routing
from hotline.transfer.same_matter import known_places

log = logging.getLogger(__name__)

LOOKS_BACK = timedelta(days=180)  # how old an order may be that has no topic yet
AT_ONCE = 500  # orders of one run, some 10 seconds of work; the rest waits for the next
HELD = 2_000  # orders read that are kept in memory

_TEXT = (Order.id, Order.received_at, Order.title, func.left(Order.text, READ), Order.address, Order.district_code)


def assign_topics(now: datetime) -> int:
    """Give a portion of the new orders their topics, the oldest first; return how many were looked at.

    One that cannot be looked at is left without a topic, for good: it must not hold up the others.
    """
    take_turns("topics")
    since = now - LOOKS_BACK
    seen = select(TopicOrder.order_id).where(TopicOrder.order_id == Order.id)
    new = select(*_TEXT).where(Order.received_at > since, Order.received_at <= now, ~seen.exists())
    rows = db.session.execute(new.order_by(Order.received_at, Order.id).limit(AT_ONCE)).all()
    assignment = _Assignment()
    for row in rows:
        assignment.try_assign(row)
    assignment.touched |= _follow_masters()
    assignment.describe_touched()
    return len(rows)


class _Assignment:
    """One run: what it has read and weighed so far."""

    def __init__(self) -> None:
        self.read = lru_cache(HELD)(_read)
        self.touched: set[int] = set()
        self._comparison: Comparison | None = None
        self._month: Any = None

    def try_assign(self, row: Row[Any]) -> None:
        """Give one order its topic, or none where that fails; what it says is not logged."""
        compared = self._comparison_at(row.received_at)
        try:
            with db.session.begin_nested():
                self._assign(row, compared)
        except OperationalError:
            raise  # the database is away: no fault of the order
        except Exception as failed:  # noqa: BLE001 # whatever it is, the next order can be looked at
            log.warning("order %s has no topic: %s", row.id, type(failed).__name__)
            db.session.execute(insert(TopicOrder).values(order_id=row.id, topic_id=None))

    def _assign(self, row: Row[Any], compared: Comparison) -> None:
        one = self.read(*row)
        keys = list(dict.fromkeys(key[:LONGEST_KEY] for key in one.keys if compared.vocabulary.leads(key)))
        groups: dict[int, list[Told]] = defaultdict(list)
        for found in _candidates(one, keys) if keys else ():
            groups[found.topic_id or -found.id].append(self.read(*found[:6]))
        joined = compared.choose(one, groups, self._newest)
        topic = self._topic(joined, one) if joined is not None else None
        db.session.execute(insert(TopicOrder).values(order_id=one.id, topic_id=topic))
        if keys:
            db.session.execute(insert(TopicKey), [{"key": key, "order_id": one.id} for key in keys])

    def _newest(self, topic: int) -> list[Told]:
        """The newest orders of a topic; none of one that is so far a single order, which is compared already."""
        return [self.read(*row[:6]) for row in db.session.execute(_members(topic))] if topic > 0 else []

    def _topic(self, joined: int, one: Told) -> int:
        """The topic to join; a new one where it is so far a single order (its number below zero)."""
        topic = joined if joined > 0 else _new_topic(-joined, one.at)
        self.touched.add(topic)
        return topic

    def _comparison_at(self, at: datetime) -> Comparison:
        calendar = policies.calendar_now()
        month = month_of(calendar.city_day(at), calendar.zone)
        if self._comparison is None or month != self._month:
            self._month, self._comparison = month, Comparison(vocabulary_before(month.start))
        return self._comparison

    def describe_touched(self) -> None:
        """Say what the topics that have changed are called now."""
        for topic_id in sorted(self.touched):
            rows = db.session.execute(_members(topic_id)).all()
            if not rows:
                _drop(topic_id)
                continue
            orders = [self.read(*row[:6]) for row in rows]
            place = place_of(orders)
            citizens = {row.id: row.citizen for row in rows if not row.secret}
            words = words_of(orders, place, self._comparison_at(orders[0].at).vocabulary, citizens)
            about = {
                "place": place[:LONGEST_KEY],
                "words": list(words),
                "district_code": _most(row.district_code for row in rows),
                "category_code": _most(row.category_code for row in rows),
                "last_at": orders[0].at,
            }
            db.session.execute(update(Topic).where(Topic.id == topic_id).values(about))


def _read(  # the columns of _TEXT, in their order
    order_id: int, at: datetime, title: str, said: str, address: str, district: str | None
) -> Told:
    """Read an order; one that cannot be read says nothing."""
    gazetteer = routing().gazetteer
    try:
        known = known_places(gazetteer, address, title, said)
        return told(order_id, at, title, said, address, district=district, known=known)
    except (ArithmeticError, LookupError, TypeError, ValueError) as failed:
        log.warning("order %s is not read: %s", order_id, type(failed).__name__)
        return told(order_id, at, "", "")


_CANDIDATES = text("""
SELECT work_order.id, received_at, title, left(text, :read) AS text, address, district_code, topic_order.topic_id
FROM (
  SELECT recent.order_id AS id, count(*) AS shared
  FROM unnest(CAST(:keys AS text[])) AS wanted (key)
  CROSS JOIN LATERAL (
    SELECT order_id FROM topic_key WHERE key = wanted.key ORDER BY order_id DESC LIMIT :per_key
  ) AS recent
  GROUP BY 1
) AS led_to
JOIN work_order USING (id) JOIN topic_order ON topic_order.order_id = work_order.id
WHERE received_at >= :since AND work_order.id <> :own
ORDER BY shared DESC, received_at DESC, work_order.id DESC
LIMIT :compared
""")


def _candidates(one: Told, keys: Sequence[str]) -> Sequence[Row[Any]]:
    """The orders that share most places and words with one, the newest of each."""
    given = {"keys": keys, "per_key": PER_KEY, "compared": COMPARED, "read": READ, "own": one.id}
    return db.session.execute(_CANDIDATES, {**given, "since": one.at - WINDOW}).all()


def _new_topic(first: int, last_at: datetime) -> int:
    """A topic with its first order."""
    first_at = select(Order.received_at).where(Order.id == first).scalar_subquery()
    made = insert(Topic).values(place="", words=[], first_at=first_at, last_at=last_at).returning(Topic.id)
    topic: int = db.session.scalars(made).one()
    db.session.execute(update(TopicOrder).where(TopicOrder.order_id == first).values(topic_id=topic))
    return topic


def _follow_masters() -> set[int]:
    """An order people have merged into another belongs to that one's topic, whatever it says; return those changed."""
    mine, its = aliased(TopicOrder), aliased(TopicOrder)
    apart = (
        select(mine.order_id, mine.topic_id.label("was"), its.topic_id.label("now"))
        .join(Order, Order.id == mine.order_id)
        .join(its, its.order_id == Order.parent_id)
        .where(its.topic_id.is_not(None), mine.topic_id.is_distinct_from(its.topic_id))
    )
    rows = db.session.execute(apart).all()
    for order_id, _, topic in rows:
        db.session.execute(update(TopicOrder).where(TopicOrder.order_id == order_id).values(topic_id=topic))
    return {topic for _, was, now in rows for topic in (was, now) if topic is not None}


def _drop(topic_id: int) -> None:
    """Delete a topic whose orders have all gone to another; one that was taken on stays as its ledger knew it."""
    taken_on = select(TopicLedger.topic_id).where(TopicLedger.topic_id == topic_id)
    db.session.execute(delete(Topic).where(Topic.id == topic_id, ~taken_on.exists()))


def _members(topic_id: int) -> Any:
    """The newest orders of a topic."""
    query = select(*_TEXT, Order.category_code, CITIZEN.label("citizen"), Order.secret).join(
        TopicOrder, TopicOrder.order_id == Order.id
    )
    newest = query.where(TopicOrder.topic_id == topic_id).order_by(Order.received_at.desc(), Order.id.desc())
    return newest.limit(NEWEST)


def _most(codes: Iterable[str | None]) -> str | None:
    """The code at least half of some orders have."""
    codes = list(codes)
    count = Counter(code for code in codes if code)
    best = min(count, key=lambda code: (-count[code], code), default=None)
    return best if best and 2 * count[best] >= len(codes) else None


def vocabulary_before(instant: datetime) -> Vocabulary:
    """How rare words were among the newest orders before an instant."""
    newest = select(Order.id).where(Order.received_at < instant).order_by(Order.received_at.desc(), Order.id.desc())
    return _vocabulary(database_name(), tuple(db.session.scalars(newest.limit(COUNTED))))


@lru_cache(maxsize=2)
def _vocabulary(_database: str, ids: tuple[int, ...]) -> Vocabulary:
    """Kept in this process: a month's orders all go by one."""
    rows = db.session.execute(select(*_TEXT).where(Order.id.in_(ids)).order_by(Order.id))
    return vocabulary_of([_read(*row) for row in rows], sample_texts())
