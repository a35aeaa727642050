"""Routing tables from a city's files: categories, keywords, the gazetteer, the dispatch catalogue."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from hotline.base.changes import Subject, kept_by_people, record_file
from hotline.base.db import db, forget_kept
from hotline.base.errors import Invalid
from hotline.orders.categories import category_facts
from hotline.orders.models import Category
from hotline.people.models import District, Unit
from hotline.transfer.catalogue import ANYWHERE, STREET, TERRITORY, Terms
from hotline.transfer.catalogue_csv import read_terms
from hotline.transfer.catalogue_queries import History, histories
from hotline.transfer.keywords import key_of as keyword_key
from hotline.transfer.keywords import keyword_facts
from hotline.transfer.models import Keyword, Origin, PlaceName
from hotline.transfer.revise import Cause, hold_catalogue, lay_down, same


def load_categories(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Insert or update categories by code; return how many rows were read.

    A category somebody has changed on a page stays as it is. Raises Invalid for a default unit the city does not have.
    """
    mine, rows = kept_by_people(Subject.CATEGORY), list(rows)
    names = ("code", "name", "name_en", "default_unit")
    values = [{name: row[name] for name in names} for row in rows if row["code"] not in mine]
    units = _units()
    for value in values:
        if value["default_unit"]:
            _require_known(f"category {value['code']}", "unit", value["default_unit"], units)
    statement = insert(Category)
    changes = {name: statement.excluded[name] for name in names[1:]}
    if values:
        with record_file(Subject.CATEGORY, _category_facts, now):
            db.session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changes), values)
    forget_kept()
    return len(rows)


def _category_facts() -> dict[str, tuple[str, dict[str, Any]]]:
    categories = db.session.scalars(select(Category).execution_options(populate_existing=True))
    return {category.code: (category.name, category_facts(category)) for category in categories}


def load_keywords(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put hand-written keywords in force; those no longer listed end now.

    Learned keywords stay; where the file lists the same word for the same category, its row takes their place.
    What somebody has changed on a page stays as it is.
    """
    mine, rows = kept_by_people(Subject.KEYWORD), list(rows)
    values = [
        {"keyword": row["keyword"], "category_code": row["category"], "weight": float(row["weight"]), "origin": "hand"}
        for row in rows
        if keyword_key(row["category"], row["keyword"]) not in mine
    ]
    listed = {(value["keyword"], value["category_code"]) for value in values}

    def owned(row: Keyword) -> bool:
        if keyword_key(row.category_code, row.keyword) in mine:
            return False
        return row.origin == "hand" or (row.keyword, row.category_code) in listed

    with record_file(Subject.KEYWORD, _keyword_facts, now):
        replace_rows(Keyword, values, now, owned)
    return len(rows)


def _keyword_facts() -> dict[str, tuple[str, dict[str, Any]]]:
    in_force = db.session.scalars(select(Keyword).where(Keyword.valid_to.is_(None)))
    return {keyword_key(row.category_code, row.keyword): (row.keyword, keyword_facts(row)) for row in in_force}


def load_places(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put the gazetteer in force; names no longer listed end now."""
    values = [
        {
            "name": row["name"],
            "aliases": [alias for alias in row.get("aliases", "").split(";") if alias],
            "kind": row["kind"],
            "district_code": row["district"],
            "street_code": row["street"] or None,
        }
        for row in rows
    ]
    return replace_rows(PlaceName, values, now)


def load_catalogue(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Put what has changed in the file of the dispatch catalogue in force now; return how many rows were read.

    What people have changed since stands: a row of the file counts only where it is not what the file said before, and
    a row it no longer lists ends only where the file itself had laid it down.
    Raises Invalid for a row that names a category, district or unit the city does not have.
    """
    said = {(row["category"], row["district"]): read_terms(row) for row in rows}
    units, categories, districts = _units(), _codes(Category), _codes(District) | {ANYWHERE}
    for (category, district), terms in said.items():
        row_name = f"catalogue row {category} {district}"
        _require_known(row_name, "category", category, categories)
        _require_known(row_name, "district", district, districts)
        for unit in (terms.lead, *terms.assist, *terms.copy):
            _require_known(row_name, "unit", unit, units)
    hold_catalogue()
    past = histories()
    changes = [(key, past.get(key, History()), said.get(key)) for key in [*said, *(past.keys() - said.keys())]]
    changed = [change for change in changes if _file_changed(change[1], change[2], now)]
    with record_file(Subject.CATALOGUE, lambda: _row_facts(now), now):
        lay_down(changed, Cause(Origin.FILE, None, "", now, now), keep_plans=True)
    return len(said)


def _row_facts(now: datetime) -> dict[str, tuple[str, dict[str, Any]]]:
    in_force = {key: terms for key, past in histories().items() if (terms := past.terms_at(now))}
    return {":".join(key): (f"{key[0]} × {key[1]}", asdict(terms)) for key, terms in in_force.items()}


def _file_changed(past: History, terms: Terms | None, now: datetime) -> bool:
    """Whether the file says something of a row now that it did not say when it was last read."""
    before = past.of_file()
    if terms is None:
        row = past.at(now)
        return row is not None and row is before and row.terms is not None
    return before is None or not same(before.terms, terms)


def _codes(table: type[Category | District | Unit]) -> set[str]:
    return set(db.session.scalars(select(table.code)))


def _units() -> set[str]:
    """What may stand for a unit in a routing table."""
    return _codes(Unit) | {TERRITORY, STREET}


def _require_known(row_name: str, what: str, code: str, known: Container[str]) -> None:
    if code not in known:
        raise Invalid.field(row_name, f"{code} is not a {what} of this city; mend the row or load the {what} first")


def replace_rows(
    table: Any, values: list[dict[str, Any]], now: datetime, owned: Callable[[Any], bool] = lambda _: True
) -> int:
    """End the rows that changed or went, add those that changed or came, leave the rest as they are.

    owned: whether a row is the file's to end.
    """
    names = list(values[0]) if values else []
    wanted = {_identity(value, names): value for value in values}
    ended = []
    for row in filter(owned, db.session.scalars(select(table).where(table.valid_to.is_(None)))):
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
