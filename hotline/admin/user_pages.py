"""Pages of users and their API keys."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.admin.forms import NOTHING_TRIED, Tried, asked, attempt, saved, version_seen
from hotline.admin.schemas import KeyForm, NewUserForm, NothingForm, SwitchForm, UserForm, UsersQuery
from hotline.admin.words import ChangeWords
from hotline.base.changes import Subject, history_of, version_of
from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.orders.names import Names
from hotline.people.models import User
from hotline.people.queries import all_keys, keys_of, users_by
from hotline.people.roles import UNIT_ROLES, USER_ROLES, Permission
from hotline.people.signin import needs
from hotline.people.users import add_user, change_user, make_key, reset_password, revoke_key, switch_user

pages = Blueprint("users", __name__, url_prefix="/users", template_folder="templates")


@pages.get("")
@needs(Permission.ADMINISTER)
def listed() -> ResponseReturnValue:
    """The users, narrowed by what the address says."""
    given = asked(UsersQuery)
    page = page_of(users_by(given["q"], given["role"], given["unit"], given["active"]), given["page"])
    return render_template("admin/users.html", page=page, asked=given, roles=USER_ROLES, names=Names())


@pages.get("/new")
@needs(Permission.ADMINISTER)
def new() -> ResponseReturnValue:
    """A user to fill in."""
    return _blank(NOTHING_TRIED)


@pages.post("/new")
@needs(Permission.ADMINISTER)
def add() -> ResponseReturnValue:
    """Add a user; the one-time password is shown with this answer and never again."""
    done = attempt("new", NewUserForm, add_user)
    if isinstance(done, Tried):
        return _blank(done), done.status
    user, password = done
    return _shown(user.id, secret=("password", password)), 201


@pages.get("/<int:user_id>")
@needs(Permission.ADMINISTER)
def shown(user_id: int) -> ResponseReturnValue:
    """One user: what they are, their keys, the forms that change them, what was changed."""
    return _shown(user_id)


@pages.post("/<int:user_id>")
@needs(Permission.ADMINISTER)
def change(user_id: int) -> ResponseReturnValue:
    """Change name, role or unit."""
    return _done(user_id, attempt("change", UserForm, change_user, user_id=user_id, expected=version_seen()))


@pages.post("/<int:user_id>/active")
@needs(Permission.ADMINISTER)
def switch(user_id: int) -> ResponseReturnValue:
    """Let somebody sign in no more, or again."""
    return _done(user_id, attempt("switch", SwitchForm, switch_user, user_id=user_id, expected=version_seen()))


@pages.post("/<int:user_id>/password")
@needs(Permission.ADMINISTER)
def reset(user_id: int) -> ResponseReturnValue:
    """Give a one-time password, shown with this answer and never again."""
    done = attempt("reset", NothingForm, reset_password, user_id=user_id, expected=version_seen())
    if isinstance(done, Tried):
        return _shown(user_id, done), done.status
    return _shown(user_id, secret=("password", done[1]))


@pages.post("/<int:user_id>/keys")
@needs(Permission.ADMINISTER)
def add_key(user_id: int) -> ResponseReturnValue:
    """Make an API key, shown with this answer and never again."""
    done = attempt("key", KeyForm, make_key, user_id=user_id)
    if isinstance(done, Tried):
        return _shown(user_id, done), done.status
    return _shown(user_id, secret=("key", done)), 201


@pages.get("/keys")
@needs(Permission.ADMINISTER)
def keys() -> ResponseReturnValue:
    """All API keys, those in use first."""
    return render_template("admin/keys.html", page=page_of(all_keys(), asked(UsersQuery)["page"]))


@pages.post("/keys/<int:key_id>/revoke")
@needs(Permission.ADMINISTER)
def revoke(key_id: int) -> ResponseReturnValue:
    """End an API key."""
    done = attempt("revoke", NothingForm, revoke_key, key_id=key_id)
    flash(done.message if isinstance(done, Tried) else gettext("The key has ended."), "done")
    to_user = request.form.get("user") and not isinstance(done, Tried)
    return redirect(url_for(".shown", user_id=done.user_id) if to_user else url_for(".keys"), 303)  # type: ignore[union-attr]  # a key where it is not refused


def _done(user_id: int, done: User | Tried) -> ResponseReturnValue:
    if isinstance(done, Tried):
        return _shown(user_id, done), done.status
    return saved(user_id=user_id)


def _blank(tried: Tried) -> str:
    return render_template("admin/user_new.html", tried=tried, roles=USER_ROLES, unit_roles=UNIT_ROLES, names=Names())


def _shown(user_id: int, tried: Tried = NOTHING_TRIED, secret: tuple[str, str] | None = None) -> str:
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound(gettext("There is no such user."))
    keys = keys_of(user)
    history = history_of(Subject.USER, str(user_id)) + history_of(Subject.API_KEY, *(str(key.id) for key in keys))
    return render_template(
        "admin/user.html",
        user=user,
        keys=keys,
        secret=secret,
        version=version_of(Subject.USER, str(user_id)),
        history=sorted(history, key=lambda one: -one.id),
        words=ChangeWords(),
        tried=tried,
        roles=USER_ROLES,
        names=Names(),
    )
