"""The citizen's own pages: complain, follow, add, urge, withdraw, rate, ask again. No account, plain words, a phone first."""

from __future__ import annotations

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_limiter import RequestLimit

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.base.web import limiter
from hotline.citizen import operations as citizens
from hotline.handle import operations as handle
from hotline.handle.desk import rating_view
from hotline.handle.queries import order_by_token
from hotline.handle.schemas import RatingBody
from hotline.orders.attachments import stored_path
from hotline.orders.forms import form_data
from hotline.orders.queries import order_by_number_and_tail
from hotline.orders.vocabulary import Nature
from hotline.people.actors import CITIZEN
from hotline.receive.once import new_key

pages = Blueprint("citizen", __name__, template_folder="templates")

LONGEST_NUMBER = 30  # what is counted by must not grow with what is sent
ERRORS = 400  # the first status that says something was refused; only what was placed counts towards a limit


@pages.get("/citizen")
def home() -> ResponseReturnValue:
    """Where a citizen begins."""
    return render_template("citizen/home.html")


@pages.get("/citizen/new")
def new() -> ResponseReturnValue:
    """A complaint to fill in."""
    return _blank({}, {}, new_key())


def _blank(form: dict[str, str], errors: dict[str, list[str]], key: str, *, again: bool = False) -> str:
    return render_template("citizen/new.html", form=form, errors=errors, key=key, again=again, natures=list(Nature))


@pages.post("/citizen/hints")
@limiter.limit("60 per minute")
def hints() -> ResponseReturnValue:
    """What the citizen has not said yet, as far as the form is filled. Nothing is kept, and nothing waits for it."""
    return render_template("citizen/_hints.html", missing=citizens.not_said(request.form))


def _too_many_placed(_: RequestLimit) -> Response:
    wait = gettext(
        "Too many have been sent from here. Please wait an hour, or call us; what you wrote is kept on this page."
    )
    form = request.form.to_dict()
    return make_response(_blank(form, {"_": [wait]}, form.get("key") or new_key()), 429)


@pages.post("/citizen/new")
@limiter.limit("10 per hour", deduct_when=lambda answer: answer.status_code < ERRORS, on_breach=_too_many_placed)
def place() -> ResponseReturnValue:
    """Place a complaint."""
    form = request.form.to_dict()
    try:
        with db.session.begin_nested():
            placed = citizens.place_complaint(form, utc_now())
    except Invalid as wrong:
        return _blank(form, wrong.errors, form.get("key") or new_key()), wrong.status
    if placed.changed:
        return _blank(form, {}, new_key(), again=True), 409
    citizens.remember_placed(placed.order.number)
    return redirect(url_for("citizen.done", number=placed.order.number), 303)


@pages.get("/citizen/done/<number>")
def done(number: str) -> ResponseReturnValue:
    """The number of the complaint just placed, and what happens next."""
    view = citizens.order_view(citizens.just_placed(number), utc_now())
    return render_template("citizen/done.html", **view)


@pages.get("/citizen/follow")
def follow() -> ResponseReturnValue:
    """Ask for the number and the phone."""
    return render_template("citizen/follow.html", form={}, wrong="")


def _asked_again(wrong: str, status: int) -> Response:
    return make_response(render_template("citizen/follow.html", form=request.form, wrong=wrong), status)


def _too_many_asked(_: RequestLimit) -> Response:
    return _asked_again(gettext("Too many attempts. Please wait an hour, or call us."), 429)


def _number_asked() -> str:
    return "".join(request.form.get("number", "").split())[:LONGEST_NUMBER]


@pages.post("/citizen/follow")
@limiter.limit("20 per hour", on_breach=_too_many_asked)
@limiter.limit("10 per hour", key_func=lambda: f"number {_number_asked()}", on_breach=_too_many_asked)
def find() -> ResponseReturnValue:
    """Find the order a citizen asks about."""
    tail = "".join(request.form.get("tail", "").split())
    try:
        session[citizens.FOLLOWED] = order_by_number_and_tail(_number_asked(), tail).number
    except NotFound as wrong:
        return _asked_again(wrong.message, wrong.status)
    return redirect(url_for("citizen.order"), 303)


@pages.get("/citizen/order")
def order() -> ResponseReturnValue:
    """How far a complaint has come."""
    followed = citizens.followed()
    if followed is None:
        return redirect(url_for("citizen.follow"))
    return render_template("citizen/order.html", **citizens.order_view(followed, utc_now()))


@pages.post("/citizen/urge")
@limiter.limit("20 per hour")
def urge() -> ResponseReturnValue:
    """Press the office that has the order, once a working day."""
    try:
        urged = citizens.urge_followed(request.form.get("note", ""), utc_now())
    except Invalid as wrong:
        flash(" ".join(text for texts in wrong.errors.values() for text in texts))
        return redirect(url_for("citizen.order"), 303)
    said = gettext("We have told the office that you are waiting.")
    flash(said if urged else gettext("It has been urged today already; the office knows of it."), "done")
    return redirect(url_for("citizen.order"), 303)


@pages.get("/citizen/file/<int:file_id>")
def file(file_id: int) -> ResponseReturnValue:
    """A file that came with the answer."""
    found = citizens.public_file(file_id)
    path = stored_path(found.sha256)
    if not path.exists():
        raise NotFound(gettext("There is no such file."))
    return send_file(path, mimetype=found.media_type, as_attachment=True, download_name=found.name)


@pages.post("/citizen/leave")
def leave() -> ResponseReturnValue:
    """Forget the complaint in this browser, which may not be the citizen's own."""
    citizens.forget()
    return redirect(url_for("citizen.home"), 303)


@pages.get("/rate/<uuid:token>")
@limiter.limit("60 per minute")
def rate(token: UUID) -> ResponseReturnValue:
    """A citizen's own page: is it solved, and are you satisfied."""
    return render_template("citizen/rate.html", errors={}, **rating_view(order_by_token(token)))


@pages.post("/rate/<uuid:token>")
@limiter.limit("10 per minute")
def rated(token: UUID) -> ResponseReturnValue:
    """Record what the citizen says."""
    order = order_by_token(token)
    try:
        with db.session.begin_nested():
            handle.rate_by_link(order, CITIZEN, utc_now(), **RatingBody().read(form_data(RatingBody)))
    except Invalid as wrong:
        return render_template("citizen/rate.html", errors=wrong.errors, **rating_view(order)), wrong.status
    except Conflict as too_late:
        return render_template("citizen/rate.html", errors={}, **rating_view(order)), too_late.status
    return redirect(url_for("citizen.rate", token=token))
