"""Who is asking: the session of a page or the key of an API call, as an actor. Used by doors only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, g, request
from flask_login import LoginManager, current_user
from werkzeug.exceptions import Unauthorized

from hotline.base.db import db
from hotline.base.errors import NotAllowed
from hotline.base.i18n import gettext
from hotline.base.web import wants_json
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.queries import actor_for, user_by_key
from hotline.people.roles import Permission

P = ParamSpec("P")
R = TypeVar("R")

logins = LoginManager()


def init_app(app: Flask) -> None:
    """Install sign-in."""
    logins.init_app(app)
    logins.login_view = "people.sign_in"
    logins.login_message = None
    logins.user_loader(_user)
    app.before_request(_demand_actor)
    app.context_processor(lambda: {"actor": actor_or_none()})


def _demand_actor() -> None:
    # Of the API only its description is public: who nobody knows learns that first, before form tokens and fields.
    if wants_json() and request.endpoint not in {None, "api-docs.openapi_json"}:
        current_actor()


def _user(user_id: str) -> User | None:
    user = db.session.get(User, int(user_id))
    return user if user and user.active else None


def actor_or_none() -> Actor | None:
    """Whoever is asking, or None for a citizen who has not signed in."""
    if "actor" not in g:
        g.actor = _find_actor()
    found: Actor | None = g.actor
    return found


def _find_actor() -> Actor | None:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Bearer":
        user = user_by_key(key.strip())
    else:
        user = db.session.get(User, current_user.id) if current_user and current_user.is_authenticated else None
    return actor_for(user) if user else None


def current_actor() -> Actor:
    """Whoever is asking; raise Unauthorized where nobody has signed in."""
    actor = actor_or_none()
    if actor is None:
        raise Unauthorized
    return actor


def needs(*permissions: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Open a view only to roles that have one of some permissions; a page sends those unknown to sign in."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            actor = actor_or_none()
            if actor is None:
                if wants_json():
                    raise Unauthorized
                return logins.unauthorized()  # type: ignore[no-any-return]  # flask-login has no types
            if not any(actor.may(permission) for permission in permissions):
                raise NotAllowed(gettext("Your role does not allow this."))
            return view(*args, **kwargs)

        return guarded

    return guard
