"""Verbs on people: load units, create users, give keys, record reads."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import or_, select

from hotline.base.changes import CONSOLE, Author, Subject, record_change
from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.people.actors import Actor
from hotline.people.models import ApiKey, ReadRecord, User
from hotline.people.roles import UNIT_ROLES, Role

SHORTEST_PASSWORD = 10

hasher = PasswordHasher()
# Verified when the login is unknown, so that the answer takes as long as for a known one.
_NOBODY = hasher.hash(secrets.token_hex(16))


def create_user(
    login: str,
    name: str,
    role: Role,
    password: str,
    now: datetime,
    *,
    unit_code: str | None = None,
    by: Author = CONSOLE,
    one_time: bool = False,
) -> User:
    """Create somebody who can sign in; raise Invalid for a taken login, a short password or a missing unit.

    A login that is somebody's extension is taken: the telephone system would mean two by it.

    one_time: the password is to be changed at the first sign-in.
    """
    password_hash = hashed(password)
    require_unit_of(role, unit_code)
    if db.session.scalar(select(User.id).where(or_(User.login == login, User.extension == login))) is not None:
        raise Invalid.field("login", gettext("is taken; choose another"))
    user = User(
        login=login,
        name=name,
        role=role,
        unit_code=unit_code,
        password_hash=password_hash,
        active=True,
        created_at=now,
        must_change_password=one_time,
        session_number=0,
    )
    db.session.add(user)
    db.session.flush()
    record_change(by, Subject.USER, str(user.id), user.name, now, after=user_facts(user))
    return user


def user_facts(user: User) -> dict[str, Any]:
    """What the record of changes says of a user."""
    facts = {"login": user.login, "name": user.name, "role": user.role.value, "unit": user.unit_code}
    return {**facts, "active": user.active}


def require_unit_of(role: Role, unit_code: str | None) -> None:
    """Raise Invalid unless a role that has a unit has one, and no other has."""
    if (role in UNIT_ROLES) != (unit_code is not None):
        raise Invalid.field("unit", gettext("handlers and unit heads have a unit, the others have none"))


def hashed(password: str) -> str:
    """What is stored of a password; raise Invalid for one that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid.field(
            "password", gettext("is too short; give at least %(least)s characters", least=SHORTEST_PASSWORD)
        )
    return hasher.hash(password)


def check_password(login: str, password: str) -> User | None:
    """The active user with this login and password, or None."""
    user = db.session.scalar(select(User).filter_by(login=login, active=True))
    try:
        hasher.verify(user.password_hash if user else _NOBODY, password)
    except VerifyMismatchError:
        return None
    return user


def give_api_key(user: User, name: str, now: datetime, by: Author = CONSOLE) -> str:
    """Make an API key for a user and return it; it cannot be shown again."""
    key = secrets.token_urlsafe(32)
    made = ApiKey(name=name, user_id=user.id, key_hash=hash_key(key), created_at=now)
    db.session.add(made)
    db.session.flush()
    record_change(by, Subject.API_KEY, str(made.id), name, now, after={"user": user.login})
    return key


def give_extension(user: User, extension: str | None) -> None:
    """Say what the telephone system calls a user; None takes it back. Raises Invalid for one that another user has."""
    held = select(User.login).where(or_(User.extension == extension, User.login == extension), User.id != user.id)
    if extension and (other := db.session.scalar(held)):
        raise Invalid.field("extension", f"is {other}'s")
    user.extension = extension


def hash_key(key: str) -> str:
    """What is stored of an API key. A plain hash will do: the key is random, not a password."""
    return hashlib.sha256(key.encode()).hexdigest()


def record_read(actor: Actor, subject: str, purpose: str, now: datetime) -> None:
    """Record that the actor reads a citizen's full number, and with which API key if with one."""
    if actor.user_id is None:
        raise Invalid.field("actor", "only somebody who has signed in may read a full number")
    db.session.add(ReadRecord(at=now, user_id=actor.user_id, subject=subject, purpose=purpose, key_id=actor.key_id))
