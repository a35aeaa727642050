"""Pages of a list. Counting stops at a bound, so that a page costs the same in a list of any length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select

from hotline.base.db import db

T = TypeVar("T")
COUNTED_UP_TO = 10_000
LAST_PAGE = 1_000_000  # beyond it nobody turns pages, and the database no longer counts


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, and where they stand in it. ``total`` stops where counting stops."""

    rows: list[T]
    number: int
    size: int
    total: int
    more_than_counted: bool = False

    @property
    def pages(self) -> int:
        """How many pages there are (at least one)."""
        return max(1, -(-self.total // self.size))


def page_of(query: Select[tuple[T]], number: int = 1, size: int = 50) -> Page[T]:
    """One page of an ordered query of entities."""
    counted: Select[Any] = select(func.count()).select_from(query.order_by(None).limit(COUNTED_UP_TO + 1).subquery())
    total = db.session.execute(counted).scalar_one()
    number = min(max(1, number), LAST_PAGE)
    found: Any = db.session.scalars(query.limit(size).offset((number - 1) * size)).unique().all()
    return Page(list(found), number, size, min(total, COUNTED_UP_TO), total > COUNTED_UP_TO)
