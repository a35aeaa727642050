"""Routing tables from a city's files: categories, keywords, the gazetteer, the dispatch catalogue."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db, forget_kept
from hotline.base.errors import Invalid
from hotline.orders.models import Category
from hotline.people.models import District, Unit
from hotline.transfer.catalogue import ANYWHERE, STREET, TERRITORY
from hotline.transfer.models import CatalogueRow, Keyword, PlaceName


def load_categories(rows: Iterable[Mapping[str, str]]) -> int:
    """Insert or update categories by code; return how many rows were read.

    Raises Invalid for a default unit the city does not have.
    """
    values = [{name: row[name] for name in ("code", "name", "name_en", "default_unit")} for row in rows]
    units = _units()
    for value in values:
        if value["default_unit"]:
            _require_known(f"category {value['code']}", "unit", value["default_unit"], units)
    statement = insert(Category)
    changes = {name: statement.excluded[name] for name in ("name", "name_en", "default_unit")}
    db.session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changes), values)
    forget_kept()
    return len(values)


def load_keywords(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put hand-written keywords in force; those no longer listed end now."""
    values = [
        {"keyword": row["keyword"], "category_code": row["category"], "weight": float(row["weight"]), "origin": "hand"}
        for row in rows
    ]
    return _replace(Keyword, values, now)


def load_places(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put the gazetteer in force; names no longer listed end now."""
    values = [
        {
            "name": row["name"],
            "kind": row["kind"],
            "district_code": row["district"],
            "street_code": row["street"] or None,
        }
        for row in rows
    ]
    return _replace(PlaceName, values, now)


def load_catalogue(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put the dispatch catalogue in force; rows no longer listed end now.

    Raises Invalid for a row that names a category, district or unit the city does not have.
    """
    values: list[dict[str, Any]] = [
        {
            "category_code": row["category"],
            "district": row["district"],
            "lead": row["lead"],
            "assist": [code for code in row["assist"].split(";") if code],
            "copy": [code for code in row["copy"].split(";") if code],
            "basis": row["basis"],
            "power": row["power"],
        }
        for row in rows
    ]
    units, categories, districts = _units(), _codes(Category), _codes(District) | {ANYWHERE}
    for value in values:
        row_name = f"catalogue row {value['category_code']} {value['district']}"
        _require_known(row_name, "category", value["category_code"], categories)
        _require_known(row_name, "district", value["district"], districts)
        for unit in filter(None, (value["lead"], *value["assist"], *value["copy"])):
            _require_known(row_name, "unit", unit, units)
    return _replace(CatalogueRow, values, now)


def _codes(table: type[Category | District | Unit]) -> set[str]:
    return set(db.session.scalars(select(table.code)))


def _units() -> set[str]:
    """What may stand for a unit in a routing table."""
    return _codes(Unit) | {TERRITORY, STREET}


def _require_known(row_name: str, what: str, code: str, known: Container[str]) -> None:
    if code not in known:
        raise Invalid.field(row_name, f"{code} is not a {what} of this city; mend the row or load the {what} first")


def _replace(table: Any, values: list[dict[str, Any]], now: datetime) -> int:
    """End the rows that changed or went, add those that changed or came, leave the rest as they are."""
    names = list(values[0]) if values else []
    wanted = {_identity(value, names): value for value in values}
    ended = []
    for row in db.session.scalars(select(table).where(table.valid_to.is_(None))):
        same = wanted.pop(_identity({name: getattr(row, name) for name in names}, names), None)
        if same is None:
            ended.append(row.id)
    if ended:
        db.session.execute(update(table).where(table.id.in_(ended)).values(valid_to=now))
    if wanted:
        db.session.execute(insert(table), [{**value, "valid_from": now} for value in wanted.values()])
    forget_kept()
    return len(values)


def _identity(value: Mapping[str, Any], names: list[str]) -> tuple[Any, ...]:
    return tuple(tuple(value[name]) if isinstance(value[name], list) else value[name] for name in names)
