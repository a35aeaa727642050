"""Reads of the dispatch catalogue: the rows at an instant, and the whole history of one matter and district."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from hotline.base.db import db
from hotline.orders.models import Category
from hotline.transfer.catalogue import RowKey, Terms
from hotline.transfer.models import CatalogueRow, Keyword, Origin, PlaceName


@dataclass(frozen=True, slots=True)
class Change:
    """A row of a history, and what was laid down before it."""

    row: CatalogueRow
    before: Terms | None


@dataclass(frozen=True, slots=True)
class History:
    """Every row of one matter and district, in the order they were made."""

    rows: tuple[CatalogueRow, ...] = ()

    @property
    def version(self) -> int:
        """A number that grows with every change; 0 where there never was a row."""
        return self.rows[-1].id if self.rows else 0

    def at(self, instant: datetime) -> CatalogueRow | None:
        """The row that is in force at an instant, one that ends the matter included."""
        return next((row for row in self.rows if row.holds_at(instant)), None)

    def terms_at(self, instant: datetime) -> Terms | None:
        """What is laid down at an instant."""
        row = self.at(instant)
        return row.terms if row else None

    def planned(self, now: datetime) -> CatalogueRow | None:
        """The row that comes into force later."""
        return next((row for row in self.rows if row.valid_from > now and not row.withdrawn), None)

    def of_file(self) -> CatalogueRow | None:
        """What the city's file said last."""
        return next((row for row in reversed(self.rows) if row.origin is Origin.FILE), None)

    def changes(self) -> list[Change]:
        """The rows, the newest first, each with what was laid down before it."""
        return [Change(row, self._before(row)) for row in reversed(self.rows)]

    def _before(self, row: CatalogueRow) -> Terms | None:
        earlier = [
            other
            for other in self.rows
            if other.id < row.id and other.valid_from <= row.valid_from and not other.withdrawn
        ]
        latest = max(earlier, key=lambda other: (other.valid_from, other.id), default=None)
        return latest.terms if latest else None


def in_force(table: type[CatalogueRow | Keyword | PlaceName], instant: datetime) -> ColumnElement[bool]:
    """Whether a row of a routing table is in force at an instant."""
    return and_(table.valid_from <= instant, or_(table.valid_to.is_(None), table.valid_to > instant))


def rows_at(instant: datetime, *, matter: str = "", district: str = "", unit: str = "") -> Select[tuple[CatalogueRow]]:
    """The rows in force at an instant. matter: the beginning of a category's code, or words of its name.

    unit: its code, whatever its part in the row.
    """
    query: Select[Any] = select(CatalogueRow).where(in_force(CatalogueRow, instant), CatalogueRow.lead != "")
    if matter.isdecimal():
        query = query.where(CatalogueRow.category_code.startswith(matter, autoescape=True))
    elif matter:
        named = or_(
            Category.name.icontains(matter, autoescape=True), Category.name_en.icontains(matter, autoescape=True)
        )
        # A row of a matter below the one that is named is meant too.
        query = query.where(exists().where(func.starts_with(CatalogueRow.category_code, Category.code), named))
    if district:
        query = query.where(CatalogueRow.district == district)
    if unit:
        parts = CatalogueRow.assist.contains([unit]), CatalogueRow.copy.contains([unit])
        query = query.where(or_(CatalogueRow.lead == unit, *parts))
    return query.order_by(CatalogueRow.category_code, CatalogueRow.district)


def history(category: str, district: str) -> History:
    """Everything that was ever laid down for a matter and district."""
    return histories(CatalogueRow.category_code == category, CatalogueRow.district == district).get(
        (category, district), History()
    )


def histories(*narrowed: ColumnElement[bool]) -> Mapping[RowKey, History]:
    """The histories of the catalogue, as the database has them now."""
    query = select(CatalogueRow).where(*narrowed).order_by(CatalogueRow.id).execution_options(populate_existing=True)
    found: dict[RowKey, list[CatalogueRow]] = defaultdict(list)
    for row in db.session.scalars(query):
        found[row.key].append(row)
    return {key: History(tuple(rows)) for key, rows in found.items()}


def catalogue_version() -> int:
    """A number that grows with every change of the catalogue."""
    return db.session.scalar(select(func.max(CatalogueRow.id))) or 0


def catalogue_rows(ids: Iterable[int | None]) -> dict[int, CatalogueRow]:
    """Rows by id, those no longer in force too."""
    wanted = select(CatalogueRow).where(CatalogueRow.id.in_({row_id for row_id in ids if row_id is not None}))
    return {row.id: row for row in db.session.scalars(wanted)}


def catalogue_row(row_id: int | None) -> CatalogueRow | None:
    """The row a suggestion rests on; None where it rests on none."""
    return db.session.get(CatalogueRow, row_id) if row_id is not None else None


def plans(now: datetime) -> dict[RowKey, CatalogueRow]:
    """The rows that come into force later, by matter and district."""
    later = or_(CatalogueRow.valid_to.is_(None), CatalogueRow.valid_to > CatalogueRow.valid_from)
    return {
        row.key: row for row in db.session.scalars(select(CatalogueRow).where(CatalogueRow.valid_from > now, later))
    }
