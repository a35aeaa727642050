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
FEW = 3  # others of a role say too little of what is usual


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who read in the last seven days, and how that compares. before: in the seven days before those.

    usual: the middle of what the others of the same role read, those who read nothing among them; where they are few,
    what the reader read before, if that is more.
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
    """Who read in the last seven days, those who read unusually much first, then those who read most."""
    counts, before = _counts(now - WEEK, now), _counts(now - 2 * WEEK, now - WEEK)
    users = {user.id: user for user in db.session.scalars(select(User).where(User.active | User.id.in_(counts)))}
    by_role: dict[Role, list[int]] = {}
    for user in users.values():
        by_role.setdefault(user.role, []).append(counts.get(user.id, 0))
    found = []
    for user_id, count in counts.items():
        user, earlier = users[user_id], before.get(user_id, 0)
        found.append(Reader(user, count, earlier, _usual(count, by_role[user.role], earlier)))
    return sorted(found, key=lambda one: (not one.unusual, -one.count, one.user.name))


def _counts(since: datetime, until: datetime) -> dict[int, int]:
    query = select(ReadRecord.user_id, func.count()).where(ReadRecord.at >= since, ReadRecord.at < until)
    return {row[0]: row[1] for row in db.session.execute(query.group_by(ReadRecord.user_id))}


def _usual(own: int, of_role: list[int], before: int) -> float:
    """What is usual for one of a role: of_role is what each of it read, the reader among them."""
    others = list(of_role)
    others.remove(own)
    return float(max(before, _middle(others))) if len(others) < FEW else _middle(others)


def _middle(counts: list[int]) -> float:
    if not counts:
        return 0.0
    ordered = sorted(counts)
    half = len(ordered) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
