"""Reads of people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, update

from hotline.base.db import db, kept
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext, pick_all
from hotline.people.actors import Actor
from hotline.people.models import ApiKey, District, Unit, UnitKind, User
from hotline.people.operations import hash_key
from hotline.people.roles import UNIT_ROLES, Role

OF_CENTER = frozenset({UnitKind.CENTER, UnitKind.GOVERNMENT})  # they handle no orders themselves
USED_KEPT = timedelta(hours=1)  # how exact it is kept when a key was used


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


def actor_for(user: User, key: ApiKey | None = None) -> Actor:
    """The user as an actor, with the units whose work is theirs; key: the API key that was shown for them."""
    units = units_under(user.unit_code) if user.role in UNIT_ROLES and user.unit_code else frozenset()
    return Actor(user.role, user.name, user.id, units, key.id if key else None)


def key_in_use(key: str, now: datetime) -> ApiKey | None:
    """An API key that is not revoked, of an active user. That it is used is kept once an hour."""
    found = db.session.scalar(select(ApiKey).filter_by(key_hash=hash_key(key), revoked_at=None))
    if found is None or not found.user.active:
        return None
    if found.used_at is None or found.used_at < now - USED_KEPT:
        # Nobody waits for another call of the same key: who finds it locked leaves it to that one.
        free = select(ApiKey.id).where(ApiKey.id == found.id).with_for_update(skip_locked=True)
        db.session.execute(update(ApiKey).where(ApiKey.id.in_(free)).values(used_at=now))
    return found


def users_by(words: str = "", role: Role | None = None, unit: str = "", active: str = "yes") -> Select[tuple[User]]:
    """The users by unit and name, narrowed. active: yes, no, all; never: who may sign in and never has."""
    query: Select[Any] = select(User)
    if words:
        query = query.where(User.name.icontains(words, autoescape=True) | User.login.icontains(words, autoescape=True))
    if role is not None:
        query = query.where(User.role == role)
    if unit:
        query = query.where(User.unit_code == unit)
    if active != "all":
        query = query.where(User.active == (active != "no"))
    if active == "never":
        query = query.where(User.signed_in_at.is_(None))
    return query.order_by(User.unit_code.is_not(None), User.unit_code, User.role, User.name, User.id)


def count_users() -> dict[str, int]:
    """How many may sign in for each unit."""
    query = select(User.unit_code, func.count()).where(User.active, User.unit_code.is_not(None))
    return {str(code): count for code, count in db.session.execute(query.group_by(User.unit_code))}


def all_keys() -> Select[tuple[ApiKey]]:
    """All API keys, those in use first."""
    query: Select[Any] = select(ApiKey)
    return query.order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())


def units_without_users() -> frozenset[str]:
    """The active units that handle orders and that nobody signs in for, neither of their own nor of a unit above."""
    units, users = {unit.code: unit for unit in db.session.scalars(select(Unit))}, count_users()

    def worked_for(unit: Unit) -> bool:
        above = units.get(unit.parent_code or "")
        return unit.code in users or (above is not None and worked_for(above))

    return frozenset(
        unit.code for unit in units.values() if unit.active and unit.kind not in OF_CENTER and not worked_for(unit)
    )


def keys_of(user: User) -> list[ApiKey]:
    """A user's API keys, those in use first."""
    query = select(ApiKey).filter_by(user_id=user.id)
    return list(db.session.scalars(query.order_by(ApiKey.revoked_at.is_not(None), ApiKey.id.desc())))


def unit_tree() -> list[tuple[Unit, int]]:
    """Every unit, whether or not in use, each below the one above it, with how deep it stands."""
    below: dict[str | None, list[Unit]] = {}
    for unit in db.session.scalars(select(Unit).order_by(Unit.kind, Unit.code)):
        below.setdefault(unit.parent_code, []).append(unit)

    def walk(code: str | None, depth: int) -> Iterator[tuple[Unit, int]]:
        for unit in below.get(code, ()):
            yield unit, depth
            yield from walk(unit.code, depth + 1)

    return list(walk(None, 0))


def people_of(units: Iterable[str]) -> list[User]:
    """Whoever works for one of some units, by name."""
    query = select(User).where(User.unit_code.in_(tuple(units)), User.role.in_(UNIT_ROLES), User.active)
    return list(db.session.scalars(query.order_by(User.unit_code, User.name)))


def workers_for(units: Iterable[str]) -> Select[tuple[str, int]]:
    """Who may work for each of some units: the unit's code, and the id of an active user of it or of one above it."""
    tree = select(Unit.code.label("unit"), Unit.code.label("works"), Unit.parent_code.label("above"))
    steps = tree.where(Unit.code.in_(tuple(units))).cte(recursive=True)
    steps = steps.union(select(steps.c.unit, Unit.code, Unit.parent_code).join(steps, Unit.code == steps.c.above))
    query = select(steps.c.unit, User.id).join(User, User.unit_code == steps.c.works)
    return query.where(User.active, User.role.in_(UNIT_ROLES))


def all_units() -> list[Unit]:
    """Every active unit, in the order of their codes."""
    return list(db.session.scalars(select(Unit).filter_by(active=True).order_by(Unit.kind, Unit.code)))


def units_of_kind(kind: UnitKind) -> frozenset[str]:
    """The codes of all units of a kind, whether or not they are in use."""
    return frozenset(db.session.scalars(select(Unit.code).where(Unit.kind == kind)))


def unit_names() -> dict[str, str]:
    """Each unit's name by its code, in the reader's language."""
    query = select(Unit.code, Unit.name, Unit.name_en)
    return pick_all(kept("unit names", lambda: db.session.execute(query).all()))


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
