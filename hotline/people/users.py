"""Verbs on users, for whoever administers them; and everybody's own password."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import func, select

from hotline.base.changes import Subject, record_change, require_version
from hotline.base.db import db, take_turns
from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.people.actors import Actor
from hotline.people.models import ApiKey, User
from hotline.people.operations import (
    SHORTEST_PASSWORD,
    check_password,
    create_user,
    give_api_key,
    hashed,
    require_unit_of,
    user_facts,
)
from hotline.people.queries import require_units
from hotline.people.roles import Permission, Role

ONE_TIME_BYTES = 9  # 12 characters: typed once, and then changed


def add_user(
    login: str, name: str, role: Role, actor: Actor, now: datetime, *, unit: str | None = None
) -> tuple[User, str]:
    """Add somebody who signs in; give them and the one-time password, which is to be changed at the first sign-in."""
    actor.require(Permission.ADMINISTER)
    require_unit_of(role, unit)
    if unit is not None:
        require_units(unit)
    password = _one_time()
    return create_user(login, name, role, password, now, unit_code=unit, by=actor, one_time=True), password


def change_user(
    user_id: int,
    actor: Actor,
    now: datetime,
    *,
    name: str,
    role: Role,
    unit: str | None = None,
    expected: int | None = None,
) -> User:
    """Change somebody's name, role or unit. What they may do follows at their next page.

    Raises Conflict for one's own role and for the last administrator's, Stale where somebody changed it since.
    """
    user = _held(user_id, actor, expected)
    require_unit_of(role, unit)
    if unit is not None and unit != user.unit_code:
        require_units(unit)
    if role is not user.role:
        _require_spared(user, actor)
    before = user_facts(user)
    user.name, user.role, user.unit_code = name, role, unit
    _keep(user, before, actor, now)
    return user


def switch_user(user_id: int, actor: Actor, now: datetime, *, active: bool, expected: int | None = None) -> User:
    """Let somebody sign in no more, or again. Their sessions and their API keys end at once and stay ended."""
    user = _held(user_id, actor, expected)
    before = user_facts(user)
    if not active:
        _require_spared(user, actor)
        user.session_number += 1
        _revoke_all(user, actor, now)
    user.active = active
    _keep(user, before, actor, now)
    return user


def reset_password(user_id: int, actor: Actor, now: datetime, *, expected: int | None = None) -> tuple[User, str]:
    """Give somebody a one-time password, to be shown now and never again. Their sessions and API keys end at once."""
    user = _held(user_id, actor, expected)
    if user.id == actor.user_id:
        raise Conflict(gettext("Change your own password on its own page: you know the present one."))
    password = _one_time()
    user.password_hash, user.must_change_password = hashed(password), True
    user.session_number += 1
    _revoke_all(user, actor, now)
    _tell_password(user, "reset", actor, now)
    return user, password


def change_own_password(actor: Actor, now: datetime, *, present: str, password: str, again: str) -> User:
    """Change one's own password; sessions elsewhere end. Raises Invalid beside the field that is wrong."""
    user = db.session.get_one(User, actor.user_id, with_for_update={"of": User})
    if check_password(user.login, present) is None:
        raise Invalid.field("present", gettext("is not your present password"))
    if password != again:
        raise Invalid.field("again", gettext("is not the same"))
    if password == present or user.login.casefold() in password.casefold():
        raise Invalid.field("password", gettext("choose another than the present one, without your login in it"))
    user.password_hash, user.must_change_password = hashed(password), False
    user.session_number += 1
    _tell_password(user, "own", actor, now)
    return user


def note_sign_in(user: User, now: datetime) -> None:
    """Keep when somebody last signed in."""
    user.signed_in_at = now


def make_key(user_id: int, name: str, actor: Actor, now: datetime) -> str:
    """Make an API key for a user and give it, to be shown now and never again. name: what it is for."""
    user = _held(user_id, actor, None)
    if not user.active:
        raise Conflict(gettext("This user cannot sign in; activate them first."))
    return give_api_key(user, name, now, actor)


def revoke_key(key_id: int, actor: Actor, now: datetime) -> ApiKey:
    """End an API key at once. Raises Conflict where it has ended."""
    actor.require(Permission.ADMINISTER)
    key = db.session.get(ApiKey, key_id, with_for_update={"of": ApiKey})
    if key is None:
        raise NotFound(gettext("There is no such key."))
    if key.revoked_at is not None:
        raise Conflict(gettext("This key has been revoked already."))
    _revoke(key, actor, now)
    return key


def _held(user_id: int, actor: Actor, expected: int | None) -> User:
    """A user nobody else can change now; administrators one after the other, so that the last one is never lost."""
    actor.require(Permission.ADMINISTER)
    take_turns("users")
    user = db.session.get(User, user_id, with_for_update={"of": User}, populate_existing=True)
    if user is None:
        raise NotFound(gettext("There is no such user."))
    require_version(Subject.USER, str(user_id), expected)
    return user


def _require_spared(user: User, actor: Actor) -> None:
    """Raise Conflict where somebody would take from themselves, or from the last administrator, what they may do."""
    if user.id == actor.user_id:
        raise Conflict(gettext("Nobody changes their own role or locks themselves out; ask another administrator."))
    others = select(func.count()).select_from(User).where(User.role == Role.ADMIN, User.active, User.id != user.id)
    if user.role is Role.ADMIN and user.active and not db.session.scalars(others).one():
        raise Conflict(gettext("This is the last administrator; make another one first."))


def _keep(user: User, before: dict[str, object], actor: Actor, now: datetime) -> None:
    db.session.flush()
    record_change(actor, Subject.USER, str(user.id), user.name, now, before=before, after=user_facts(user))


def _tell_password(user: User, how: str, actor: Actor, now: datetime) -> None:
    said = {"sign_in": how}
    record_change(actor, Subject.USER, str(user.id), user.name, now, before={}, after=said)


def _revoke_all(user: User, actor: Actor, now: datetime) -> None:
    for key in db.session.scalars(select(ApiKey).filter_by(user_id=user.id, revoked_at=None)):
        _revoke(key, actor, now)


def _revoke(key: ApiKey, actor: Actor, now: datetime) -> None:
    key.revoked_at = now
    record_change(actor, Subject.API_KEY, str(key.id), key.name, now, before={"user": key.user.login})


def _one_time() -> str:
    """A password that is long enough and is typed once."""
    password = secrets.token_urlsafe(ONE_TIME_BYTES)
    return password if len(password) >= SHORTEST_PASSWORD else _one_time()
