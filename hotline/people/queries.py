"""Reads of people."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.people.actors import Actor
from hotline.people.models import ApiKey, District, Unit, UnitKind, User
from hotline.people.operations import hash_key
from hotline.people.roles import UNIT_ROLES


def units_under(code: str) -> frozenset[str]:
    """Codes of a unit and of all units below it."""
    tree = select(Unit.code).where(Unit.code == code).cte(recursive=True)
    tree = tree.union(select(Unit.code).join(tree, Unit.parent_code == tree.c.code))
    return frozenset(db.session.scalars(select(tree.c.code)))


def units_above(*codes: str) -> frozenset[str]:
    """Codes of some units and of all units above them."""
    tree = select(Unit.code, Unit.parent_code).where(Unit.code.in_(codes)).cte(recursive=True)
    tree = tree.union(select(Unit.code, Unit.parent_code).join(tree, Unit.code == tree.c.parent_code))
    return frozenset(db.session.scalars(select(tree.c.code)))


def actor_for(user: User) -> Actor:
    """The user as an actor, with the units whose work is theirs."""
    units = units_under(user.unit_code) if user.role in UNIT_ROLES and user.unit_code else frozenset()
    return Actor(role=user.role, name=user.name, user_id=user.id, units=units)


def user_by_key(key: str) -> User | None:
    """The active user an API key that is not revoked stands for."""
    found = db.session.scalar(select(ApiKey).filter_by(key_hash=hash_key(key), revoked_at=None))
    return found.user if found and found.user.active else None


def people_of(units: Iterable[str]) -> list[User]:
    """Whoever works for one of some units, by name."""
    query = select(User).where(User.unit_code.in_(tuple(units)), User.role.in_(UNIT_ROLES), User.active)
    return list(db.session.scalars(query.order_by(User.unit_code, User.name)))


def all_units() -> list[Unit]:
    """Every active unit, in the order of their codes."""
    return list(db.session.scalars(select(Unit).filter_by(active=True).order_by(Unit.kind, Unit.code)))


def units_of_kind(kind: UnitKind) -> frozenset[str]:
    """The codes of all units of a kind, whether or not they are in use."""
    return frozenset(db.session.scalars(select(Unit.code).where(Unit.kind == kind)))


def unit_names() -> dict[str, str]:
    """Each unit's name by its code, in the reader's language."""
    return {unit.code: unit.title for unit in db.session.scalars(select(Unit))}


def all_districts() -> list[District]:
    """Every district, in the order of their codes."""
    return list(db.session.scalars(select(District).order_by(District.code)))


def require_units(*codes: str, field: str = "unit") -> None:
    """Raise Invalid of the field unless every code is an active unit's."""
    known = set(db.session.scalars(select(Unit.code).where(Unit.code.in_(codes), Unit.active)))
    if unknown := [code for code in codes if code not in known]:
        raise Invalid.field(field, gettext("%(code)s is not a unit; choose one from the list", code=unknown[0]))


def require_district(code: str) -> None:
    """Raise Invalid unless the code is a district's."""
    if db.session.scalar(select(District.code).filter_by(code=code)) is None:
        raise Invalid.field("district", gettext("%(code)s is not a district; choose one from the list", code=code))
