"""Verbs on districts and handling units: loaded from a city's files, kept by whoever administers them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hotline.base.changes import Subject, kept_by_people, record_change, record_file, require_version
from hotline.base.db import db, forget_kept, take_turns
from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.people.actors import Actor
from hotline.people.models import District, Unit, UnitKind
from hotline.people.queries import require_district, units_under
from hotline.people.roles import Permission

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


def unit_facts(unit: Unit) -> dict[str, Any]:
    """What the record of changes says of a unit."""
    return {
        "name": unit.name,
        "name_en": unit.name_en,
        "kind": unit.kind.value,
        "parent": unit.parent_code,
        "district": unit.district_code,
        "powers": unit.powers,
        "contact": unit.contact,
        "active": unit.active,
    }


def load_districts(rows: Iterable[Mapping[str, str]]) -> int:
    """Insert or update districts by code; return how many rows were read."""
    values = [
        {
            "code": row["code"],
            "name": row["name"],
            "name_en": row["name_en"],
            "population": int(row["population"]) if row.get("population") else None,
        }
        for row in rows
    ]
    statement = insert(District)
    changes = {name: statement.excluded[name] for name in ("name", "name_en", "population")}
    db.session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changes), values)
    return len(values)


def load_units(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Insert or update units by code, parents before children; return how many rows were read.

    A unit somebody has changed on a page stays as it is.

    Raises Invalid for a parent that is no unit, and for a unit that would stand above itself.
    """
    values = [
        {
            "code": row["code"],
            "name": row["name"],
            "name_en": row["name_en"],
            "kind": row["kind"],
            "parent_code": row["parent"] or None,
            "district_code": row["district"] or None,
            "powers": row["powers"],
        }
        for row in rows
    ]
    mine = kept_by_people(Subject.UNIT)
    kept, values = len(values), [value for value in values if value["code"] not in mine]
    if not values:
        return kept
    _check_tree(values)
    statement = insert(Unit)
    changes = {
        name: statement.excluded[name] for name in ("name", "name_en", "kind", "parent_code", "district_code", "powers")
    }
    with record_file(Subject.UNIT, _all_facts, now):
        db.session.execute(statement.on_conflict_do_update(index_elements=["code"], set_=changes), values)
    forget_kept()
    return kept


def _all_facts() -> dict[str, tuple[str, dict[str, Any]]]:
    units = db.session.scalars(select(Unit).execution_options(populate_existing=True))
    return {unit.code: (unit.name, unit_facts(unit)) for unit in units}


def _check_tree(values: Iterable[Mapping[str, str | None]]) -> None:
    """Raise Invalid where a unit's parent is no unit, or a unit stands above itself."""
    found = db.session.execute(select(Unit.code, Unit.parent_code))
    parents = {unit.code: unit.parent_code for unit in found}
    for value in values:
        code, listed = str(value["code"]), value["parent_code"]
        if listed is not None and listed not in parents:
            raise Invalid.field(f"unit {code}", f"its parent {listed} is not a unit; list the parent before it")
        parents[code] = listed
    for code, parent in parents.items():
        above, passed = parent, {code}
        while above is not None:
            if above in passed:
                raise Invalid.field(f"unit {code}", f"{above} stands above itself; mend the parents")
            passed.add(above)
            above = parents[above]


def add_unit(code: str, actor: Actor, now: datetime, **said: Any) -> Unit:
    """Add a unit (see ``change_unit`` for what is said of it). Raises Invalid for a code or a name that is taken."""
    actor.require(Permission.ADMINISTER)
    take_turns("units")
    if not CODE.fullmatch(code):
        raise Invalid.field("code", gettext("give small letters, digits and hyphens, e.g. d03-s1"))
    if db.session.get(Unit, code) is not None:
        raise Invalid.field("code", gettext("this code is taken; choose another"))
    unit = Unit(code=code, active=True, powers="")
    _write(unit, **said)
    db.session.add(unit)
    db.session.flush()
    forget_kept()
    record_change(actor, Subject.UNIT, code, unit.name, now, after=unit_facts(unit))
    return unit


def change_unit(code: str, actor: Actor, now: datetime, *, expected: int | None = None, **said: Any) -> Unit:
    """Change a unit: name, name_en, kind, parent, district, powers, contact.

    Raises Invalid where it would stand above itself, Stale where somebody changed it since.
    """
    unit = hold_unit(code, actor, expected)
    before = unit_facts(unit)
    with db.session.no_autoflush:
        _write(unit, **said)
    _keep(unit, before, actor, now)
    return unit


def switch_unit(code: str, actor: Actor, now: datetime, *, active: bool, expected: int | None = None) -> Unit:
    """Take a unit out of use, or into use again. What stands against it, rooms above know."""
    unit = hold_unit(code, actor, expected)
    if active and unit.parent_code and not db.session.get_one(Unit, unit.parent_code).active:
        raise Conflict(gettext("The unit above it is not in use; take that one into use first."))
    before = unit_facts(unit)
    unit.active = active
    _keep(unit, before, actor, now)
    return unit


def _write(
    unit: Unit,
    *,
    name: str,
    name_en: str,
    kind: UnitKind,
    parent: str | None = None,
    district: str | None = None,
    powers: str = "",
    contact: str = "",
) -> None:
    same = select(Unit.code).where(Unit.name == name, Unit.code != unit.code)
    if db.session.scalar(same) is not None:
        raise Invalid.field("name", gettext("is the name of another unit"))
    if parent is not None:
        above = db.session.get(Unit, parent)
        if above is None or not above.active:
            raise Invalid.field("parent", gettext("%(code)s is not a unit; choose one from the list", code=parent))
        if parent in units_under(unit.code):
            raise Invalid.field("parent", gettext("a unit does not stand above itself"))
    if district is not None:
        require_district(district)
    unit.name, unit.name_en, unit.kind = name, name_en, kind
    unit.parent_code, unit.district_code, unit.powers, unit.contact = parent, district, powers, contact


def _keep(unit: Unit, before: dict[str, Any], actor: Actor, now: datetime) -> None:
    db.session.flush()
    forget_kept()
    record_change(actor, Subject.UNIT, unit.code, unit.name, now, before=before, after=unit_facts(unit))


def hold_unit(code: str, actor: Actor, expected: int | None) -> Unit:
    """A unit nobody else changes, nor comes to name, until the transaction ends; raise Stale where somebody has."""
    actor.require(Permission.ADMINISTER)
    take_turns("units")
    unit = db.session.get(Unit, code, with_for_update=True, populate_existing=True)
    if unit is None:
        raise NotFound(gettext("There is no such unit."))
    require_version(Subject.UNIT, code, expected)
    return unit
