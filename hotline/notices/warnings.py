"""Warnings about deadlines (黄牌、红牌、催办、通报): swept, each given once, told as one digest per unit.

A warning counts in working days of the calendar in force: until the due time, or from the day after it. It is given once for
each due time a deadline has had, so an extension arms it anew, and to each unit that has the order. Where a deadline has gone through several stages
since the last sweep all are given and the digest shows the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, exists, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db
from hotline.base.time import DAY
from hotline.notices.models import GivenWarning, Notice
from hotline.notices.outside import leave_for_digest
from hotline.orders.clocks import standing
from hotline.orders.lifecycle import State
from hotline.orders.models import GOES_BY_CALENDAR, Deadline, Order
from hotline.orders.vocabulary import Urgency
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.calendar import Calendar
from hotline.policy.document import WarningRule, Warnings
from hotline.policy.limits import Clock


def sweep(now: datetime) -> int:
    """Give every warning that may be given now, by the policy in force; return of how many deadlines.

    At quiet times only urgent orders are warned about; the others wait for the morning.
    """
    warnings, calendar = policies.policy_at(now).warnings, policies.calendar_now()
    urgent_only = is_quiet(warnings, calendar, now)
    found = [
        (rule, row)
        for rule in warnings.rules
        for row in _candidates(rule, calendar, now, urgent_only=urgent_only)
        if not standing(row, now)
    ]
    given = _give(_timely(found, warnings, now), now)
    _tell(given, now)
    return len({warning.deadline_id for warning in given})


def is_quiet(warnings: Warnings, calendar: Calendar, now: datetime) -> bool:
    """Whether only urgent orders are warned about: by night, and on days off."""
    at = now.astimezone(calendar.zone).time()
    return not calendar.is_working_day(calendar.city_day(now)) or _between(
        at, warnings.quiet_from, warnings.quiet_until
    )


def _between(at: time, first: time, last: time) -> bool:
    """Whether a time of day lies from ``first`` on and before ``last``, be it past midnight."""
    return first <= at < last if first <= last else at >= first or at < last


def _candidates(rule: WarningRule, calendar: Calendar, now: datetime, *, urgent_only: bool) -> Sequence[Any]:
    """The running deadlines a rule speaks of that it has not warned about yet."""
    given = exists().where(
        GivenWarning.deadline_id == Deadline.id,
        GivenWarning.kind == rule.kind,
        GivenWarning.unit_code == Deadline.unit_code,
        # One given when the present due time was over already was one for it: a calendar may move what is overdue.
        or_(GivenWarning.due_at == Deadline.due_at, GivenWarning.given_at > Deadline.due_at),
    )
    by_old_calendar = and_(text(GOES_BY_CALENDAR), Deadline.calendar_id < policies.calendar_id())
    # Found first and then joined: what has been warned of and is open still is many, what is new is few.
    new = (
        select(
            Deadline.id,
            Deadline.clock,
            Deadline.order_id,
            Deadline.due_at,
            Deadline.unit_code,
            Deadline.paused,
            Deadline.upstream_at,
        )
        .where(Deadline.ended_at.is_(None), Deadline.clock.in_(rule.clocks), _applies(rule, calendar, now))
        .where(Deadline.unit_code.is_not(None), ~given, ~by_old_calendar)
        .cte("new")
        .prefix_with("MATERIALIZED")
    )
    query = select(new, Order.urgency).join(Order, Order.id == new.c.order_id)
    # While its return is reviewed a unit cannot sign.
    query = query.where(or_(new.c.clock != Clock.SIGN, Order.state != State.RETURNING))
    return db.session.execute(query.where(Order.urgency == Urgency.URGENT) if urgent_only else query).all()


def _applies(rule: WarningRule, calendar: Calendar, now: datetime) -> ColumnElement[bool]:
    """Whether a rule speaks of a due time now; see ``WarningRule``."""
    today = calendar.city_day(now)
    if rule.days < 0:
        left = -rule.days * calendar.day_length(today)
        return and_(Deadline.due_at <= calendar.resumed(calendar.elapsed(now) + left), Deadline.due_at >= now)
    if rule.days == 0:
        return Deadline.due_at < now
    latest = calendar.rank(today + DAY) - 1  # the number of the last working day, today's where it is one
    return Deadline.due_at <= calendar.instant(calendar.nth(latest - rule.days + 1))


Found = tuple[WarningRule, Any]


def _timely(found: list[Found], warnings: Warnings, now: datetime) -> list[Found]:
    """What is for units that may be told now: because their last digest is long ago, or something is urgent.

    A unit that is told of an urgent order is told of the others in the same digest; they would wait for ever
    behind urgent ones that come often.
    """
    since = now - timedelta(hours=warnings.gap_hours)
    lately = set(db.session.scalars(select(GivenWarning.unit_code).where(GivenWarning.given_at > since).distinct()))
    at_once = {row.unit_code for _, row in found if row.urgency is Urgency.URGENT}
    return [(rule, row) for rule, row in found if row.unit_code not in lately - at_once]


def _give(found: Iterable[Found], now: datetime) -> Sequence[Any]:
    """Write the warnings down; return those that nobody else has given meanwhile."""
    rows = [
        {
            "deadline_id": row.id,
            "kind": rule.kind,
            "due_at": row.due_at,
            "unit_code": row.unit_code,
            "to_center": rule.to_center,
            "given_at": now,
        }
        for rule, row in found
    ]
    if not rows:
        return []
    rows.sort(
        key=lambda row: (row["deadline_id"], row["kind"])
    )  # one order for all, so that no two sweeps block each other
    statement = (
        insert(GivenWarning)
        .on_conflict_do_nothing(index_elements=["deadline_id", "kind", "due_at", "unit_code"])
        .returning(GivenWarning.deadline_id, GivenWarning.unit_code, GivenWarning.to_center)
    )
    return db.session.execute(statement, rows).all()


def _tell(given: Sequence[Any], now: datetime) -> None:
    """Leave one digest for each unit, and one for the center, in the app and for whoever is told outside it."""
    units = sorted({warning.unit_code for warning in given})
    digests = [Notice(delivery_id=uuid4(), unit_code=unit, created_at=now) for unit in units]
    if any(warning.to_center for warning in given):
        digests.append(Notice(delivery_id=uuid4(), role=Role.SUPERVISOR, created_at=now))
    db.session.add_all(digests)
    db.session.flush()
    for digest in digests:
        leave_for_digest(digest, now)
