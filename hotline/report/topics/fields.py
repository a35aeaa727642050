"""The fields of livelihood (民生领域): a city's view of its categories, read from its folder's fields.csv.

Each row gives the beginning of a category's code to a field; the longest beginning decides. A city without the file
has no such view.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, func, select

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.files import read_csv
from hotline.base.i18n import gettext, pick
from hotline.orders.lifecycle import State
from hotline.orders.models import Category, Order
from hotline.report.topics.queries import CITIZEN, MATTER, Hot, hot_topics, window


@dataclass(frozen=True, slots=True)
class Field:
    """A field and the beginnings of the categories' codes that are its."""

    name: str
    name_en: str
    codes: tuple[str, ...]

    @property
    def title(self) -> str:
        """The name in the reader's language."""
        return pick(self.name, self.name_en)


@dataclass(frozen=True, slots=True)
class Volume:
    """What was told in a field in a window: orders, citizens, orders of the window before, and its hot topics."""

    field: Field | None
    orders: int
    citizens: int
    before: int
    topics: list[Hot]

    @property
    def change(self) -> float | None:
        """How much more than before, as a share; None where there was nothing before."""
        return self.orders / self.before - 1 if self.before else None


def read_fields(city: Path) -> list[Field]:
    """The fields of a city's folder, in the order of the file; raise ValueError where a code stands twice."""
    file = city / "fields.csv"
    codes: dict[tuple[str, str], list[str]] = {}
    seen: set[str] = set()
    for row in read_csv(file) if file.exists() else ():
        if row["category"] in seen:
            raise ValueError(f"{file.name}: category {row['category']} has two fields; leave one")
        seen.add(row["category"])
        codes.setdefault((row["field"], row["field_en"]), []).append(row["category"])
    return [Field(name, name_en, tuple(theirs)) for (name, name_en), theirs in codes.items()]


def field_of(category: str | None, fields: Collection[Field]) -> Field | None:
    """The field of a category, by the longest beginning of its code that has one."""
    fits = [(len(code), one) for one in fields for code in one.codes if category and category.startswith(code)]
    return max(fits, key=lambda fit: fit[0])[1] if fits else None


def codes_of(name: str, fields: Collection[Field]) -> tuple[str, ...] | None:
    """The codes of a field's categories; None where no field is asked for, Invalid where there is none of this name."""
    if not name:
        return None
    if name not in {one.name for one in fields}:
        choices = ", ".join(one.name for one in fields)
        raise Invalid.field("field", gettext("choose one of: %(choices)s", choices=choices))
    wanted = {code: field_of(code, fields) for code in db.session.scalars(select(Category.code))}
    return tuple(code for code, field in wanted.items() if field and field.name == name)


def volumes(fields: Collection[Field], now: datetime, days: int) -> list[Volume]:
    """What was told in each field in the window up to now, and last in none of them, where there is any."""
    topics = hot_topics(now, days)
    orders, citizens, before = (
        _orders(fields, now, days),
        _citizens(fields, now, days),
        _orders(fields, now - timedelta(days), days),  # up to the same time of day
    )
    rows = [
        Volume(
            one,
            orders.get(one, 0),
            citizens.get(one, 0),
            before.get(one, 0),
            [hot for hot in topics if field_of(hot.topic.category_code, fields) == one],
        )
        for one in (*fields, None)
    ]
    return [row for row in rows if row.field or row.orders or row.before]


def _orders(fields: Collection[Field], until: datetime, days: int) -> Mapping[Field | None, int]:
    query = select(Order.category_code, func.count()).where(*_within(until, days), Order.state != State.MERGED)
    counts: dict[Field | None, int] = {}
    for code, count in db.session.execute(query.group_by(Order.category_code)):
        field = field_of(code, fields)
        counts[field] = counts.get(field, 0) + count
    return counts


def _citizens(fields: Collection[Field], until: datetime, days: int) -> Mapping[Field | None, int]:
    """One citizen may tell of several categories of a field, and counts once in it."""
    query = select(Order.category_code, CITIZEN).where(*_within(until, days)).distinct()
    told: dict[Field | None, set[str]] = {}
    for code, citizen in db.session.execute(query):
        told.setdefault(field_of(code, fields), set()).add(citizen)
    return {field: len(theirs) for field, theirs in told.items()}


def _within(until: datetime, days: int) -> tuple[ColumnElement[bool], ...]:
    return Order.received_at >= window(until, days).start, Order.received_at < until, MATTER
