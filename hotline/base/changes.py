"""The record of administration: who changed what of the tables a city keeps, from what to what. Append-only.

Written by the operations that change something, in the same transaction. It never holds a password, a key or a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, String, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Key, db, one_of, text_enum
from hotline.base.errors import Stale
from hotline.base.i18n import gettext, mark, name_members

LONGEST_HISTORY = 100
SECRETS = frozenset({"password", "password_hash", "key_hash", "secret", "token"})


class Subject(StrEnum):
    """What is administered."""

    UNIT = "unit"
    USER = "user"
    API_KEY = "api_key"
    CATEGORY = "category"
    KEYWORD = "keyword"
    CATALOGUE = "catalogue"
    ARTICLE = "article"
    POLICY = "policy"
    CALENDAR = "calendar"
    CHANNEL = "channel"
    DELIVERY = "delivery"
    TEMPLATE = "template"


name_members(
    {
        Subject.UNIT: mark("Unit"),
        Subject.USER: mark("User"),
        Subject.API_KEY: mark("API key"),
        Subject.CATEGORY: mark("Category"),
        Subject.KEYWORD: mark("Keyword"),
        Subject.CATALOGUE: mark("Catalogue row"),
        Subject.ARTICLE: mark("Article"),
        Subject.POLICY: mark("Policy"),
        Subject.CALENDAR: mark("Calendar"),
        Subject.CHANNEL: mark("Channel"),
        Subject.DELIVERY: mark("Delivery"),
        Subject.TEMPLATE: mark("Reply template"),
    }
)


class Change(Base):
    """One change: of which kind of thing, which one (key), what it was called then, and the fields that differ.

    before: None where it is new; after: None where it has ended.
    """

    __tablename__ = "admin_change"
    __table_args__ = (
        one_of("subject", Subject),
        CheckConstraint("before IS NOT NULL OR after IS NOT NULL", name="says_something"),
        Index("ix_admin_change_item", "subject", "key", "id"),
        Index("ix_admin_change_at", "at"),
    )

    id: Mapped[Key]
    at: Mapped[Instant]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    by: Mapped[str] = mapped_column(String(60))
    subject: Mapped[Subject] = mapped_column(text_enum(Subject))
    key: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(200))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    reason: Mapped[str] = mapped_column(String(500), server_default=text("''"))


class Author(Protocol):
    """Who changes something: an actor."""

    @property
    def name(self) -> str:
        """The name that is kept."""

    @property
    def user_id(self) -> int | None:
        """Their user; None for what nobody signed in for."""


@dataclass(frozen=True, slots=True)
class _Console:
    name: str = "system"
    user_id: int | None = None


CONSOLE: Author = _Console()  # a command, or a city's file


def record_change(
    by: Author,
    subject: Subject,
    key: str,
    title: str,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> bool:
    """Keep a change as far as before and after differ; say whether they do."""
    old, new = before, after
    if before is not None and after is not None:
        differing = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        if not differing:
            return False
        old, new = ({name: side.get(name) for name in differing} for side in (before, after))
    if told := SECRETS & {*(old or ()), *(new or ())}:
        raise ValueError(f"a change must not tell {', '.join(sorted(told))}")
    db.session.add(
        Change(
            at=now,
            user_id=by.user_id,
            by=by.name,
            subject=subject,
            key=key,
            title=title[:200],
            before=dict(old) if old is not None else None,
            after=dict(new) if new is not None else None,
            reason=reason,
        )
    )
    return True


Facts = Mapping[str, Any]


@contextmanager
def record_file(subject: Subject, read: Callable[[], Mapping[str, tuple[str, Facts]]], now: datetime) -> Iterator[None]:
    """Keep what a city's file changes inside, row by row; what it lays down where nothing was yet is no change.

    read: all there is of a kind now, by key: what it is called, and what the record says of it.
    """
    before = read()
    yield
    after = read() if before else before
    for key in sorted(before.keys() | after.keys()):
        title, _ = after.get(key) or before[key]
        record_change(CONSOLE, subject, key, title, now, before=_said(before, key), after=_said(after, key))


def _said(rows: Mapping[str, tuple[str, Facts]], key: str) -> Facts | None:
    """What the record says of a row; None where there is none."""
    return rows[key][1] if key in rows else None


def kept_by_people(subject: Subject) -> frozenset[str]:
    """Which of a kind somebody has changed: a city's files leave those as they are."""
    query = select(Change.key).where(Change.subject == subject, Change.user_id.is_not(None))
    return frozenset(db.session.scalars(query.distinct()))


def history_of(subject: Subject, *keys: str) -> list[Change]:
    """What was changed of one thing, or of a few of a kind, the newest first."""
    query = select(Change).where(Change.subject == subject, Change.key.in_(keys))
    query = query.order_by(Change.id.desc()).limit(LONGEST_HISTORY)
    return list(db.session.scalars(query))


def version_of(subject: Subject, key: str) -> int:
    """The version of one thing: its newest change, 0 where it is as a file laid it down."""
    return db.session.scalars(select(func.coalesce(func.max(Change.id), 0)).filter_by(subject=subject, key=key)).one()


def require_version(subject: Subject, key: str, expected: int | None) -> None:
    """Raise Stale where somebody has changed a thing since ``expected`` was its version; None: it does not matter.

    Whoever calls this holds the row, so that nobody changes it between this and the end of the transaction.
    """
    present = version_of(subject, key)
    if expected is not None and expected != present:
        raise Stale(gettext("Somebody has changed this since you opened it."), present)


def changes(
    *,
    by: str = "",
    subjects: Iterable[Subject] = (),
    words: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[tuple[Change]]:
    """The changes, the newest first, narrowed to a person, kinds, words in what it is called, and a time."""
    query: Select[Any] = select(Change).order_by(Change.id.desc())
    if by:
        query = query.where(Change.by == by)
    if chosen := list(subjects):
        query = query.where(Change.subject.in_(chosen))
    if words:
        query = query.where(Change.title.icontains(words, autoescape=True) | (Change.key == words))
    if since is not None:
        query = query.where(Change.at >= since)
    if until is not None:
        query = query.where(Change.at < until)
    return query
