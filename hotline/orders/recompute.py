"""Open deadlines follow the calendar in force; each that moves is told with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, select, text

from hotline.base.db import db
from hotline.base.i18n import gettext
from hotline.orders.clocks import reckoning
from hotline.orders.models import GOES_BY_CALENDAR, Deadline, DeadlineMove, Order
from hotline.policy import queries as policies
from hotline.policy.calendar import MOMENT, Calendar
from hotline.policy.clock import city_time, holiday_name
from hotline.policy.counting import WHOLE
from hotline.policy.limits import Clock

BATCH = 50_000


@dataclass(frozen=True, slots=True)
class Move:
    """A due time that moved at ``at`` with the calendar, of a clock running since ``started_at``."""

    number: str
    clock: Clock
    started_at: datetime
    before: datetime
    after: datetime
    at: datetime
    from_calendar: int
    to_calendar: int

    @property
    def why(self) -> str:
        """What is counted otherwise now between start and due, in the reader's language."""
        old, new = policies.calendar(self.from_calendar), policies.calendar(self.to_calendar)
        last = new.city_day(max(self.before, self.after) - MOMENT)
        return gettext("; ").join(changes(old, new, new.city_day(self.started_at), last))

    @property
    def said(self) -> str:
        """The move in one sentence, in the reader's language."""
        calendar = policies.calendar(self.to_calendar)
        return gettext(
            "Moved from %(before)s to %(after)s on %(day)s: %(why)s.",
            before=city_time(self.before, calendar, ends=True),
            after=city_time(self.after, calendar, ends=True),
            day=calendar.city_day(self.at).isoformat(),
            why=self.why,
        )


def follow_calendar(now: datetime) -> list[Move]:
    """Reckon every running deadline anew that is not by the calendar in force; return those that moved.

    Hours that run straight through are due when they are, whatever the calendar: they keep the one they have.
    It never waits for a lock, so it and ``operations.act`` cannot wait for each other: a deadline that somebody
    is changing is left for the next run.
    """
    newest = policies.calendar_id()
    moved: list[Move] = []
    for older in _left_behind(newest):
        last = 0
        while alike := _alike(older, last):
            moved += _follow(alike, newest, now)
            last = max(row.last for row in alike)
    db.session.expire_all()  # what was read before may have moved
    return moved


_RUNNING = text(GOES_BY_CALENDAR)  # in the words of its index


def _left_behind(newest: int) -> list[int]:
    """The older calendars that running deadlines still go by."""
    query = select(Deadline.calendar_id).where(_RUNNING, Deadline.calendar_id < newest)
    return list(db.session.scalars(query.distinct()))


def _alike(older: int, last: int) -> Sequence[Any]:
    """The next deadlines of a calendar, held until the transaction ends; those due at the same time are one row.

    Days are counted from the day of the start, whatever the hour: it matters only to a pause, and where the policy
    asks whether the day it starts on still counts.
    """
    day = func.date_trunc("day", Deadline.started_at, policies.calendar_now().zone.key)
    asks_hour = [one.id for one in policies.policy_versions() if policies.policy(one.id).counting.start_day_counts]
    by_day = and_(Deadline.unit.in_(WHOLE), Deadline.paused == [], Order.policy_id.not_in(asks_hour))
    stale = (
        select(
            Deadline.id,
            Order.policy_id,
            Deadline.amount,
            Deadline.unit,
            Deadline.extended,
            Deadline.paused,
            Deadline.upstream_at,
            Deadline.upstream_first_at,
            case((by_day, day), else_=Deadline.started_at).label("started_at"),
        )
        .join(Order)
        .where(_RUNNING, Deadline.calendar_id == older, Deadline.id > last)
        .order_by(Deadline.id)
        .limit(BATCH)
        .with_for_update(of=Deadline, key_share=True, skip_locked=True)
        .cte()
    )
    same = [column for column in stale.c if column is not stale.c.id]
    ids = cast(func.array_agg(stale.c.id), Text).label("ids")  # only carried back to the database
    return db.session.execute(select(*same, ids, func.max(stale.c.id).label("last")).group_by(*same)).all()


def _follow(alike: Sequence[Any], newest: int, now: datetime) -> list[Move]:
    calendar = policies.calendar(newest)
    found = [reckoning(row, calendar, policies.policy(row.policy_id).counting) for row in alike]
    values = {
        "ids": [row.ids for row in alike],
        "due": [due.at for due in found],
        "original": [due.original for due in found],
        "provisional": [due.provisional for due in found],
    }
    moved = db.session.execute(_WRITE, {"calendar": newest, "now": now, **values})
    return [Move(*row) for row in moved]


# One statement sees the deadlines as they were, so what has moved is kept by what moves it.
_WRITE = text(
    """
    WITH new AS (
      SELECT id, due, original, one.provisional
      FROM unnest(CAST(:ids AS text[]), CAST(:due AS timestamptz[]), CAST(:original AS timestamptz[]),
        CAST(:provisional AS boolean[])) AS one (ids, due, original, provisional), unnest(CAST(ids AS bigint[])) AS id
    ), written AS (
      UPDATE deadline SET calendar_id = :calendar, due_at = due, original_due_at = original,
        provisional = new.provisional
      FROM new WHERE deadline.id = new.id
    ), kept AS (
      INSERT INTO deadline_move (deadline_id, from_calendar, to_calendar, before, after, moved_at)
      SELECT id, calendar_id, :calendar, due_at, due, :now FROM new JOIN deadline USING (id) WHERE due_at <> due
      RETURNING *
    )
    SELECT number, clock, started_at, before, after, moved_at, from_calendar, to_calendar
    FROM kept JOIN deadline ON deadline.id = deadline_id JOIN work_order ON work_order.id = order_id
    """
).columns(clock=Deadline.clock.type)


# Why


def changes(old: Calendar, new: Calendar, first: date, last: date) -> list[str]:
    """What a calendar says otherwise of the days from ``first`` to ``last`` than the one before it, in words."""
    said = [_changed(day, old, new) for day in _differing(old, new) if first <= day <= last]
    edges = {first, *(hours.since for hours in (*old.hours, *new.hours) if first <= hours.since <= last)}
    if any(old.hours_on(day).spans != new.hours_on(day).spans for day in edges):
        said.append(gettext("the working hours changed"))
    if old.published_until < min(last, new.published_until):
        said.append(gettext("holidays are published until %(day)s now", day=new.published_until.isoformat()))
    return said


def _differing(old: Calendar, new: Calendar) -> list[date]:
    days = {*old.holidays, *old.workdays, *new.holidays, *new.workdays}
    return [day for day in sorted(days) if old.is_working_day(day) != new.is_working_day(day)]


def _changed(day: date, old: Calendar, new: Calendar) -> str:
    works = new.is_working_day(day)
    became, was = (new.workdays, old.holidays) if works else (new.holidays, old.workdays)
    name = holiday_name(became.get(day) or was.get(day, "")).strip("()")
    if works:
        return gettext("%(day)s is a working day now (%(name)s)", day=day.isoformat(), name=name)
    return gettext("%(day)s is a day off now (%(name)s)", day=day.isoformat(), name=name)


# The moves that were kept


def moves(deadline: Deadline) -> list[Move]:
    """Every time a deadline moved with the calendar, the first one first."""
    return _moves(DeadlineMove.deadline_id == deadline.id)


def moves_of_order(order: Order) -> list[Move]:
    """Every time one of an order's deadlines moved with the calendar, the first one first."""
    return _moves(Deadline.order_id == order.id)


def moves_of(calendar_id: int, *, limit: int | None = None) -> list[Move]:
    """What moved when a calendar took over, ``limit`` of them at most."""
    return _moves(DeadlineMove.to_calendar == calendar_id, limit=limit)


def _moves(wanted: ColumnElement[bool], *, limit: int | None = None) -> list[Move]:
    query = (
        select(
            Order.number,
            Deadline.clock,
            Deadline.started_at,
            DeadlineMove.before,
            DeadlineMove.after,
            DeadlineMove.moved_at,
            DeadlineMove.from_calendar,
            DeadlineMove.to_calendar,
        )
        .join(Deadline, Deadline.id == DeadlineMove.deadline_id)
        .join(Order, Order.id == Deadline.order_id)
        .where(wanted)
        .order_by(DeadlineMove.id)
        .limit(limit)
    )
    return [Move(*row) for row in db.session.execute(query)]
