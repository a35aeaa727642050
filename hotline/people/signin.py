"""Who is asking: the session of a page or the key of an API call, as an actor. Used by doors only."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from werkzeug.exceptions import Unauthorized

from hotline.base.db import db
from hotline.base.errors import NotAllowed
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.base.web import wants_json
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.queries import actor_for, key_in_use
from hotline.people.roles import Permission

P = ParamSpec("P")
R = TypeVar("R")

logins = LoginManager()

# Where somebody may go who has to change their password first.
CHOOSE_FIRST = "people.own_password"
FREE = frozenset({None, "static", "bootstrap.static", CHOOSE_FIRST, "people.keep_password", "people.sign_out"})


def init_app(app: Flask) -> None:
    """Install sign-in."""
    logins.init_app(app)
    logins.login_view = "people.sign_in"
    logins.login_message = None
    logins.user_loader(_user)
    app.before_request(_demand_actor)
    app.before_request(_demand_own_password)
    app.context_processor(lambda: {"actor": actor_or_none()})


def _demand_actor() -> None:
    # Of the API only its description is public: who nobody knows learns that first, before form tokens and fields.
    if wants_json() and request.endpoint not in {None, "api-docs.openapi_json"}:
        current_actor()


def _demand_own_password() -> ResponseReturnValue | None:
    # Whoever came in with a one-time password, which somebody else knows, first chooses one of their own.
    if request.endpoint in FREE or _scheme() == "Bearer":
        return None
    if not (current_user and current_user.is_authenticated and current_user.must_change_password):
        return None
    if wants_json():
        raise NotAllowed(gettext("Choose a password of your own first."))
    return redirect(url_for(CHOOSE_FIRST), 303)


def _user(kept: str) -> User | None:
    """Whom a session is of (see ``User.get_id``); None where it has ended."""
    user_id, _, number = kept.partition(".")
    user = db.session.get(User, int(user_id))
    return user if user and user.active and str(user.session_number) == number else None


def actor_or_none() -> Actor | None:
    """Whoever is asking, or None for a citizen who has not signed in."""
    if "actor" not in g:
        g.actor = _find_actor()
    found: Actor | None = g.actor
    return found


def _find_actor() -> Actor | None:
    if _scheme() == "Bearer":
        found = key_in_use(request.headers["Authorization"].partition(" ")[2].strip(), utc_now())
        return actor_for(found.user, found) if found else None
    user = db.session.get(User, current_user.id) if current_user and current_user.is_authenticated else None
    return actor_for(user) if user else None


def _scheme() -> str:
    return request.headers.get("Authorization", "").partition(" ")[0]


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
