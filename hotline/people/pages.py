"""Pages of sign-in, and the way home: each to the desk of their role."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user, logout_user

from hotline.base.i18n import gettext
from hotline.base.web import limiter, own_address
from hotline.base.work import FIRST_ERROR
from hotline.people.operations import check_password

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
    login_user(user)
    return redirect(own_address(request.args.get("next", "")) or url_for("home"))


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Sign out."""
    logout_user()
    return redirect(url_for("people.sign_in"))
