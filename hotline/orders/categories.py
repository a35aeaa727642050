"""Verbs on categories (事项), for whoever administers them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from hotline.base.changes import Subject, record_change, require_version
from hotline.base.db import db, forget_kept, take_turns
from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.orders.models import Category
from hotline.people.actors import Actor
from hotline.people.roles import Permission

LEVEL = 2  # digits of a code for each level
CODE = re.compile(r"(\d\d){1,3}", re.ASCII)


def category_facts(category: Category) -> dict[str, Any]:
    """What the record of changes says of a category."""
    facts = {"name": category.name, "name_en": category.name_en, "default_unit": category.default_unit}
    return {**facts, "active": category.active}


def add_category(
    code: str, actor: Actor, now: datetime, *, name: str, name_en: str = "", default_unit: str = ""
) -> Category:
    """Add a category below the one its code begins with. Raises Invalid for a code that cannot be.

    default_unit: who leads where the catalogue says nothing; rooms above know what may stand for a unit.
    """
    actor.require(Permission.ADMINISTER)
    take_turns("categories")
    if not CODE.fullmatch(code):
        raise Invalid.field("code", gettext("give two, four or six digits, e.g. 0601 below 06"))
    if db.session.get(Category, code) is not None:
        raise Invalid.field("code", gettext("this code is taken; choose another"))
    _require_above(code, Invalid.field("code", gettext("there is no category above it; add that one first")))
    category = Category(code=code, name=name, name_en=name_en, default_unit=default_unit, active=True)
    db.session.add(category)
    db.session.flush()
    forget_kept()
    record_change(actor, Subject.CATEGORY, code, name, now, after=category_facts(category))
    return category


def change_category(
    code: str,
    actor: Actor,
    now: datetime,
    *,
    name: str,
    name_en: str = "",
    default_unit: str = "",
    expected: int | None = None,
) -> Category:
    """Change what a category is called and who leads it without a row of the catalogue."""
    category = hold_category(code, actor, expected)
    before = category_facts(category)
    category.name, category.name_en, category.default_unit = name, name_en, default_unit
    return _keep(category, before, actor, now)


def switch_category(code: str, actor: Actor, now: datetime, *, active: bool, expected: int | None = None) -> Category:
    """Let nobody choose a category any more, or again. Orders keep the one they have."""
    category = hold_category(code, actor, expected)
    if active:
        _require_above(code, Conflict(gettext("The category above it is not in use; take that one into use first.")))
    before = category_facts(category)
    category.active = active
    return _keep(category, before, actor, now)


def next_code(above: str) -> str:
    """The first free code below a category, or of the first level; empty where all are taken."""
    query = select(Category.code).where(
        Category.code.startswith(above, autoescape=True), func.length(Category.code) == len(above) + LEVEL
    )
    taken = set(db.session.scalars(query))
    free = (f"{above}{number:02}" for number in range(1, 100))
    return next((code for code in free if code not in taken), "")


def _require_above(code: str, refusal: Invalid | Conflict) -> None:
    above = code[:-LEVEL]
    if above and db.session.scalar(select(Category.code).filter_by(code=above, active=True)) is None:
        raise refusal


def _keep(category: Category, before: dict[str, Any], actor: Actor, now: datetime) -> Category:
    db.session.flush()
    forget_kept()
    record_change(
        actor, Subject.CATEGORY, category.code, category.name, now, before=before, after=category_facts(category)
    )
    return category


def hold_category(code: str, actor: Actor, expected: int | None) -> Category:
    """A category nobody else changes, nor comes to name, until the transaction ends; raise Stale where somebody has."""
    actor.require(Permission.ADMINISTER)
    take_turns("categories")
    category = db.session.get(Category, code, with_for_update=True, populate_existing=True)
    if category is None:
        raise NotFound(gettext("There is no such category."))
    require_version(Subject.CATEGORY, code, expected)
    return category
