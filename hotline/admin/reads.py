"""Who read full telephone numbers: the record, and who reads more than others this week. Never the numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from hotline.base.db import db
from hotline.people.models import ReadRecord, User
from hotline.people.roles import Role

WEEK = timedelta(days=7)
MANY_TIMES = 3.0  # times what is usual for the role
MANY = 20  # and at least so many
LISTED = 12


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who read in the last seven days, and how that compares. before: in the seven days before those.

    usual: the middle of what the readers of the same role read.
    """

    user: User
    count: int
    before: int
    usual: float

    @property
    def unusual(self) -> bool:
        """Whether somebody should ask why."""
        return self.count >= MANY and self.count > MANY_TIMES * max(self.usual, 1.0)


def records(
    person: int | None = None, order: str = "", since: datetime | None = None, until: datetime | None = None
) -> Select[tuple[ReadRecord]]:
    """The reads, the newest first, narrowed."""
    query: Select[Any] = select(ReadRecord).order_by(ReadRecord.at.desc(), ReadRecord.id.desc())
    if person is not None:
        query = query.where(ReadRecord.user_id == person)
    if order:
        query = query.where(ReadRecord.subject == order)
    if since is not None:
        query = query.where(ReadRecord.at >= since)
    if until is not None:
        query = query.where(ReadRecord.at < until)
    return query


def readers(now: datetime) -> list[Reader]:
    """Who read most in the last seven days, those who read unusually much first."""
    counts, before = _counts(now - WEEK, now), _counts(now - 2 * WEEK, now - WEEK)
    users = {user.id: user for user in db.session.scalars(select(User).where(User.id.in_(counts)))}
    by_role: dict[Role, list[int]] = {}
    for user_id, count in counts.items():
        by_role.setdefault(users[user_id].role, []).append(count)
    found = [
        Reader(users[user_id], count, before.get(user_id, 0), _middle(by_role[users[user_id].role]))
        for user_id, count in counts.items()
    ]
    return sorted(found, key=lambda one: (not one.unusual, -one.count, one.user.name))[:LISTED]


def _counts(since: datetime, until: datetime) -> dict[int, int]:
    query = select(ReadRecord.user_id, func.count()).where(ReadRecord.at >= since, ReadRecord.at < until)
    return {row[0]: row[1] for row in db.session.execute(query.group_by(ReadRecord.user_id))}


def _middle(counts: list[int]) -> float:
    ordered = sorted(counts)
    half = len(ordered) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
