"""What stands against taking a unit or a category out of use: it is told with where to mend it, and refused till then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for
from sqlalchemy import Select, func, select, text

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.knowledge.queries import city_day
from hotline.knowledge.queries import in_force as articles_in_force
from hotline.notices.models import Subscription
from hotline.orders.categories import LEVEL, hold_category, switch_category
from hotline.orders.lifecycle import OPEN_STATES
from hotline.orders.models import PARTS, Category, Deadline, Order
from hotline.people.actors import Actor
from hotline.people.models import Unit, User
from hotline.people.units import hold_unit, switch_unit
from hotline.transfer.catalogue_queries import in_force, rows_at
from hotline.transfer.models import CatalogueRow, Keyword

COUNTED = 1000  # beyond it, it is only "many"


@dataclass(frozen=True, slots=True)
class Standing:
    """Something that still names it: what, how many, where it is mended. hinders: it cannot be left standing."""

    words: str
    count: int
    address: str
    hinders: bool = True

    @property
    def number(self) -> str:
        """How many, up to where it is counted."""
        return f"{COUNTED}+" if self.count >= COUNTED else str(self.count)


def against_unit(code: str) -> list[Standing]:
    """What still names a unit."""
    now = utc_now()
    open_orders = select(Order.id).where(Order.lead_unit == code, Order.state.in_(OPEN_STATES))
    parts = select(Deadline.id).where(text(PARTS), Deadline.unit_code == code)
    articles = articles_in_force(city_day(now)).subquery()
    named = select(articles.c.id).where(articles.c.unit_code == code)
    return _standing(
        (
            gettext("units below it"),
            select(Unit.code).filter_by(parent_code=code, active=True),
            url_for("admin.units.listed"),
        ),
        (
            gettext("users"),
            select(User.id).filter_by(unit_code=code, active=True),
            url_for("admin.users.listed", unit=code),
        ),
        (gettext("open orders it leads"), open_orders, url_for("orders.listed", unit=code)),
        (gettext("open orders it assists with"), parts, url_for("orders.listed", unit=code)),
        (gettext("rows of the dispatch catalogue"), rows_at(now, unit=code), url_for("catalogue.listed", unit=code)),
        (
            gettext("categories it is the default unit of"),
            select(Category.code).filter_by(default_unit=code, active=True),
            url_for("admin.categories.listed", q=code),
        ),
        (gettext("articles it answers for"), named, url_for("articles.listed")),
        (
            gettext("channels"),
            select(Subscription.id).filter_by(unit_code=code, active=True),
            url_for("deliveries.listed"),
        ),
    )


def against_category(code: str) -> list[Standing]:
    """What still names a category. Open orders keep it: they do not hinder."""
    below = select(Category.code).where(
        Category.code.startswith(code, autoescape=True), Category.code != code, Category.active
    )
    words = select(Keyword.id).filter_by(category_code=code, valid_to=None)
    rows = select(CatalogueRow.id).where(
        in_force(CatalogueRow, utc_now()), CatalogueRow.lead != "", CatalogueRow.category_code == code
    )
    found = _standing(
        (gettext("categories below it"), below, url_for("admin.categories.listed", top=code[:LEVEL])),
        (gettext("keywords"), words, url_for("admin.keywords.listed", category=code)),
        (gettext("rows of the dispatch catalogue"), rows, url_for("catalogue.listed", matter=code)),
    )
    orders = select(Order.id).where(Order.category_code == code, Order.state.in_(OPEN_STATES))
    address = url_for("orders.listed", category=code)
    return found + _standing((gettext("open orders, which keep it"), orders, address), hinders=False)


def retire_unit(code: str, *, actor: Actor, now: datetime, active: bool, expected: int | None) -> Unit:
    """Take a unit out of use or into use again; raise Conflict where something still names it."""
    if not active:
        hold_unit(code, actor, expected)  # first: what comes to name it meanwhile is seen
        _require_nothing(against_unit(code))
    return switch_unit(code, actor, now, active=active, expected=expected)


def retire_category(code: str, *, actor: Actor, now: datetime, active: bool, expected: int | None) -> Category:
    """Take a category out of use or into use again; raise Conflict where something would still lead to it."""
    if not active:
        hold_category(code, actor, expected)
        _require_nothing(against_category(code))
    return switch_category(code, actor, now, active=active, expected=expected)


def _standing(*questions: tuple[str, Select[Any], str], hinders: bool = True) -> list[Standing]:
    counted = [(words, _count(query), address) for words, query, address in questions]
    return [Standing(words, count, address, hinders) for words, count, address in counted if count]


def _count(query: Select[Any]) -> int:
    found = query.order_by(None).limit(COUNTED).subquery()
    return db.session.scalars(select(func.count()).select_from(found)).one()


def _require_nothing(standing: Iterable[Standing]) -> None:
    if hindering := [one for one in standing if one.hinders]:
        told = gettext(", ").join(f"{one.words} {one.number}" for one in hindering)
        raise Conflict(gettext("It is still named by: %(what)s. Change those first.", what=told))
