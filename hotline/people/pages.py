"""Pages of sign-in, and the way home: each to the desk of their role."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user, logout_user

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.base.web import limiter, own_address
from hotline.base.work import FIRST_ERROR
from hotline.people.operations import SHORTEST_PASSWORD, check_password
from hotline.people.signin import current_actor
from hotline.people.users import change_own_password, note_sign_in

pages = Blueprint("people", __name__, template_folder="templates")

LONGEST_LOGIN = 100  # what is counted by must not grow with what is sent


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in form."""
    return render_template("people/sign_in.html", login="", wrong="")


def _failed(answer: Response) -> bool:
    return answer.status_code >= FIRST_ERROR


def _login() -> str:
    return "login " + request.form.get("login", "").strip()[:LONGEST_LOGIN]


# Only failures count: a whole office signs in at shift start from behind one address.
@pages.post("/sign-in")
@limiter.limit("10 per minute", deduct_when=_failed)
@limiter.limit("10 per 10 minutes", key_func=_login, deduct_when=_failed)
def check() -> ResponseReturnValue:
    """Sign in."""
    login = request.form.get("login", "").strip()
    user = check_password(login, request.form.get("password", ""))
    if user is None:
        wrong = gettext("Login and password do not fit. Please check both.")
        return render_template("people/sign_in.html", login=login, wrong=wrong), 401
    note_sign_in(user, utc_now())
    login_user(user)
    return redirect(own_address(request.args.get("next", "")) or url_for("home"))


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign out."""
    logout_user()
    return redirect(url_for("people.sign_in"))


@pages.get("/password")
@login_required  # type: ignore[untyped-decorator]  # flask-login has no types
def own_password() -> ResponseReturnValue:
    """The form for one's own password."""
    return _password_form({})


@pages.post("/password")
@login_required  # type: ignore[untyped-decorator]  # flask-login has no types
@limiter.limit("10 per 10 minutes", deduct_when=_failed)
def keep_password() -> ResponseReturnValue:
    """Change one's own password, and go on with this session."""
    given = {name: request.form.get(name, "") for name in ("present", "password", "again")}
    try:
        with db.session.begin_nested():
            user = change_own_password(current_actor(), utc_now(), **given)
    except Invalid as wrong:
        return _password_form(wrong.errors), wrong.status
    login_user(user)
    flash(gettext("Your password is changed. Sessions elsewhere have ended."), "done")
    return redirect(url_for("home"), 303)


def _password_form(errors: dict[str, list[str]]) -> str:
    demanded = current_user.must_change_password
    return render_template("people/password.html", errors=errors, demanded=demanded, least=SHORTEST_PASSWORD)
