"""What the board on the hall's wall shows (大屏): the day so far, the week's rate, what is overdue, what was sent out last.

Its figures are the measures of the report: what is of today is counted as of now, the week's rate as of when the week's
page is seen. Nothing on it is about a person. However many walls hang, it is put together once in some seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import Integer, Select, cast, func, select
from sqlalchemy.orm import joinedload

from hotline.base.db import database_name, db
from hotline.base.i18n import language
from hotline.base.time import DAY, Kind, Period
from hotline.orders.lifecycle import ENDED_STATES, State
from hotline.orders.models import Deadline, Order
from hotline.orders.queries import is_overdue
from hotline.orders.vocabulary import Urgency
from hotline.policy.limits import Clock
from hotline.report.figures import Figure
from hotline.report.measures import BY_NAME
from hotline.report.queries import figures, latest, period_at
from hotline.report.rollup.counting import count
from hotline.report.schemas import instant
from hotline.report.subjects.tallies import DISPATCHED, RECEIVED
from hotline.report.topics.queries import hot_topics

KEPT = timedelta(seconds=10)
HOUR, HOURS = timedelta(hours=1), range(24)
MOST_SENT, MOST_TOPICS = 7, 6
ORDERS = {"received": RECEIVED, "dispatched": DISPATCHED, "redo": BY_NAME["redo"]}  # of the last: every closing counts


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the day: how many orders came in, and a week before. now: None for an hour to come."""

    hour: int
    now: int | None
    week_before: int


@dataclass(frozen=True, slots=True)
class Sent:
    """An order as it was sent out, without anything that is a person's: no words, no number, no secret ones."""

    at: datetime
    category: str
    district: str
    unit: str


@dataclass(frozen=True, slots=True)
class Told:
    """A hot topic: its district and matter, and how many citizens tell of it today."""

    matter: str
    district: str
    citizens: int


@dataclass(frozen=True, slots=True)
class Wall:
    """The board. at: as of when the day is counted; week_at: as of when the week is."""

    at: datetime
    week_at: datetime
    today: Period
    week: Period
    calls: Figure
    orders: Mapping[str, int]
    on_time: Figure
    overdue: int
    urgent: int
    topics: list[Told]
    hours: list[Hour]
    sent: list[Sent]

    @property
    def of_today(self) -> dict[str, str]:
        """What names the day in the address of a list, seen as the board has it."""
        return {"period": "day", "day": self.today.first.isoformat(), "cutoff": instant(self.at)}

    @property
    def of_week(self) -> dict[str, str]:
        """What names the week, likewise."""
        return {"day": self.week.first.isoformat(), "cutoff": instant(self.week_at)}


_kept: dict[tuple[str, str], Wall] = {}
_one_at_a_time = Lock()


def wall(now: datetime) -> Wall:
    """The board, at most some seconds old."""
    key = database_name(), language()
    with _one_at_a_time:
        found = _kept.get(key)
        if found is None or not found.at <= now < found.at + KEPT:
            found = _kept[key] = compose(now)
    return found


def forget() -> None:
    """Put the board together anew the next time it is asked for."""
    _kept.clear()


def compose(now: datetime) -> Wall:
    """The board as of now."""
    today, week, week_at = period_at(now, Kind.DAY), period_at(now, Kind.WEEK), latest(now)
    on_time = BY_NAME["on_time"]
    return Wall(
        at=now,
        week_at=week_at,
        today=today,
        week=week,
        calls=figures(BY_NAME["connection"], today, now)[None],
        orders={name: figures(one, today, now)[None].denominator for name, one in ORDERS.items()},
        on_time=count([on_time], [week], week_at)[on_time, week][None],
        overdue=_count(overdue_now(now)),
        urgent=_count(urgent_open()),
        topics=_topics(now),
        hours=_hours(today, now),
        sent=_sent(),
    )


def _count(query: Select[Any]) -> int:
    return db.session.scalars(query.with_only_columns(func.count(), maintain_column_froms=True)).one()


def overdue_now(now: datetime) -> Select[Any]:
    """The handle clocks that run past their due time: what ``overdue_rows`` has as of now, read from what is open."""
    return select(Deadline.id).where(is_overdue(now, (Clock.HANDLE,)), Deadline.started_at <= now)


def urgent_open() -> Select[Any]:
    """The urgent orders that have not ended."""
    is_open = Order.state.in_([state for state in State if state not in ENDED_STATES])
    return select(Order.id).where(is_open, Order.urgency == Urgency.URGENT)


def _topics(now: datetime) -> list[Told]:
    """What grows most today, by matter and district: a topic's own words are its citizens'."""
    found = [(one.topic, one.growth.citizens) for one in hot_topics(now, 1, most=MOST_TOPICS)]
    return [
        Told(topic.category.title if topic.category else "", topic.district.title if topic.district else "", citizens)
        for topic, citizens in found
    ]


def _hours(today: Period, now: datetime) -> list[Hour]:
    """What came in hour by hour, beside the same day a week before."""
    counted = _by_hour(today)
    earlier = _by_hour(today.within(today.first - 7 * DAY, today.last - 7 * DAY))
    begun, first = int((now - today.start) / HOUR), today.start.astimezone(today.zone).hour
    return [
        Hour((first + at) % len(HOURS), counted.get(at, 0) if at <= begun else None, earlier.get(at, 0)) for at in HOURS
    ]


def _by_hour(day: Period) -> dict[int, int]:
    """How many orders came in, by the hours of a day."""
    hour = cast(func.floor(func.extract("epoch", Order.received_at - day.start) / HOUR.total_seconds()), Integer)
    inside = (Order.received_at >= day.start, Order.received_at < day.end)
    return dict(db.session.execute(select(hour, func.count()).where(*inside).group_by(hour)).all())


def _sent() -> list[Sent]:
    """What was sent to units last."""
    query = select(Order).where(Order.dispatched_at.is_not(None), Order.secret.is_(False))
    query = query.options(joinedload(Order.category), joinedload(Order.district), joinedload(Order.unit))
    found = db.session.scalars(query.order_by(Order.dispatched_at.desc()).limit(MOST_SENT))
    return [
        Sent(
            order.dispatched_at or order.received_at,
            order.category.title if order.category else "",
            order.district.title if order.district else "",
            order.unit.title if order.unit else "",
        )
        for order in found
    ]
