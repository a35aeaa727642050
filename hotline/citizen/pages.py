"""The citizen's own pages: complain, follow, add, urge, withdraw, rate, ask again. No account, plain words, a phone first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    flash,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_limiter import RequestLimit
from flask_limiter.util import get_remote_address

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotFound, both
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.base.web import limiter
from hotline.citizen import following
from hotline.citizen.operations import place_complaint, read_complaint
from hotline.citizen.photos import PICTURES, read_photos
from hotline.citizen.places import places_like
from hotline.citizen.rating import order_by_token, rating_view
from hotline.citizen.schemas import CALLABLE, NOT_CALLABLE, FollowBody
from hotline.citizen.steps import BY_NAME, CitizenStep, button, warning
from hotline.citizen.view import not_said, order_view
from hotline.handle.operations import rate_by_link
from hotline.handle.schemas import RatingBody
from hotline.orders.attachments import Upload, stored_path
from hotline.orders.forms import form_data
from hotline.orders.models import Order
from hotline.orders.vocabulary import Nature
from hotline.people.actors import CITIZEN
from hotline.people.queries import all_districts
from hotline.policy import queries as policies
from hotline.receive.once import new_key

pages = Blueprint("citizen", __name__, template_folder="templates")

LONGEST_NUMBER = 30  # what is counted by must not grow with what is sent
ERRORS = 400  # the first status that says something was refused
SEE_OTHER = 303
Errors = Mapping[str, list[str]]
NO_ERRORS: Errors = {}


@pages.after_request
def onward(response: Response) -> Response:
    """Tell a script where to go on: were it to follow by itself, what is said once would be said to nobody."""
    by_script = request.accept_mimetypes.best == "application/json"
    return jsonify({"to": response.location}) if by_script and response.status_code == SEE_OTHER else response


@pages.get("/citizen")
def home() -> ResponseReturnValue:
    """Where a citizen begins."""
    return render_template("citizen/home.html")


@pages.get("/citizen/new")
def new() -> ResponseReturnValue:
    """A complaint to fill in."""
    return _blank({}, {}, new_key())


def _blank(form: Mapping[str, str], errors: Errors, key: str, *, again: bool = False) -> str:
    return render_template(
        "citizen/new.html",
        form=form,
        errors=errors,
        key=key,
        again=again,
        natures=list(Nature),
        districts=all_districts(),
        photos=policies.policy_at(utc_now()).citizens.photos,
        pictures=PICTURES,
        callable_number=CALLABLE,
        not_callable=NOT_CALLABLE,
    )


@pages.post("/citizen/hints")
@limiter.limit("60 per minute")
def hints() -> ResponseReturnValue:
    """What the citizen has not said yet, as far as the form is filled. Nothing is kept, and nothing waits for it."""
    return render_template("citizen/_hints.html", missing=not_said(request.form))


@pages.post("/citizen/places")
@limiter.limit("60 per minute")
def places() -> ResponseReturnValue:
    """Places that may be meant. By POST: where somebody is has no place in a log."""
    return jsonify(
        [
            {"name": one.name, "district": one.district, "in": one.district_name}
            for one in places_like(request.form.get("q", ""))
        ]
    )


def _too_many_placed(_: RequestLimit) -> Response:
    wait = gettext(
        "Too many have been sent from here. Please wait an hour, or call us; what you wrote is kept on this page."
    )
    form = request.form.to_dict()
    return make_response(_blank(form, {"_": [wait]}, form.get("key") or new_key()), 429)


def _is_refused(answer: Response) -> bool:
    return answer.status_code >= ERRORS


@pages.post("/citizen/new")
@limiter.limit("60 per hour", on_breach=_too_many_placed)
@limiter.limit("10 per hour", deduct_when=lambda answer: not _is_refused(answer), on_breach=_too_many_placed)
def place() -> ResponseReturnValue:
    """Place a complaint."""
    form, now = request.form.to_dict(), utc_now()
    try:
        most = policies.policy_at(now).citizens.photos
        intake, photos = both(lambda: read_complaint(form), lambda: _photos_sent(most))
        with db.session.begin_nested():
            placed = place_complaint(form, intake, photos, now)
    except Invalid as wrong:
        return _blank(form, wrong.errors, form.get("key") or new_key()), wrong.status
    if placed.changed:
        return _blank(form, {}, new_key(), again=True), 409
    following.remember_placed(placed.order.number)
    return redirect(url_for("citizen.done", number=placed.order.number), 303)


@pages.get("/citizen/done/<number>")
def done(number: str) -> ResponseReturnValue:
    """The number of the complaint just placed, and what happens next."""
    return render_template("citizen/done.html", **order_view(following.just_placed(number), utc_now()))


@pages.get("/citizen/follow")
def follow() -> ResponseReturnValue:
    """Ask for the number and the phone."""
    return render_template("citizen/follow.html", form={}, errors={}, wrong="")


def _asked_again(wrong: str, status: int, errors: Errors = NO_ERRORS) -> Response:
    page = render_template("citizen/follow.html", form=request.form, errors=errors, wrong=wrong)
    return make_response(page, status)


def _too_many_asked(_: RequestLimit) -> Response:
    return _asked_again(gettext("Too many attempts. Please wait an hour, or call us."), 429)


def _number_asked() -> str:
    return "".join(request.form.get("number", "").split())[:LONGEST_NUMBER]


def _number_asked_here() -> str:
    return f"number {_number_asked()} {get_remote_address()}"


# Only what does not fit counts: who knows their own number is kept from it by nobody who tries it out elsewhere.
@pages.post("/citizen/follow")
@limiter.limit("20 per hour", deduct_when=_is_refused, on_breach=_too_many_asked)
@limiter.limit("10 per hour", key_func=_number_asked_here, deduct_when=_is_refused, on_breach=_too_many_asked)
@limiter.limit(
    "60 per hour",
    key_func=lambda: f"number {_number_asked()}",
    deduct_when=_is_refused,
    on_breach=_too_many_asked,
)
def find() -> ResponseReturnValue:
    """Find the order a citizen asks about. Of a pair that does not fit nobody is told which of the two is wrong."""
    given = {"number": _number_asked(), "tail": "".join(request.form.get("tail", "").split())}
    try:
        following.follow(**FollowBody().read(given))
    except Invalid as wrong:
        return _asked_again("", wrong.status, wrong.errors)
    except NotFound as wrong:
        return _asked_again(wrong.message, wrong.status)
    return redirect(url_for("citizen.order"), 303)


@pages.get("/citizen/order")
def order() -> ResponseReturnValue:
    """How far a complaint has come."""
    followed = following.followed()
    if followed is None:
        return redirect(url_for("citizen.follow"))
    return render_template("citizen/order.html", errors={}, **order_view(followed, utc_now()))


def _of_order() -> str:
    return f"order {following.followed_number()}"


def _step_page(step: CitizenStep, order: Order, errors: Errors) -> str:
    return render_template(
        "citizen/step.html",
        step=step,
        order=order,
        warning=warning(step, order),
        button=button(step, order),
        errors=errors,
        photos=policies.policy(order.policy_id).citizens.photos if step.photos else 0,
        pictures=PICTURES,
    )


def _too_many_steps(_: RequestLimit) -> Response:
    step, order = BY_NAME[(request.view_args or {})["name"]], following.followed()
    if order is None:
        return _asked_again(gettext("Too many attempts. Please wait an hour, or call us."), 429)
    wait = gettext("Too much has been sent from here. Please wait an hour, or call us; your words are still below.")
    return make_response(_step_page(step, order, {"note": [wait]}), 429)


STEP = f"/citizen/<any({', '.join(BY_NAME)}):name>"


@pages.get(STEP)
def step(name: str) -> ResponseReturnValue:
    """One thing a citizen can do with their order: what is asked, and one button."""
    followed, wanted = following.followed(), BY_NAME[name]
    if followed is None:
        return redirect(url_for("citizen.follow"))
    if not wanted.is_open(followed, utc_now()):
        flash(gettext("That is not possible with this complaint now."))
        return redirect(url_for("citizen.order"))
    return _step_page(wanted, followed, {})


@pages.post(STEP)
@limiter.limit("20 per hour", on_breach=_too_many_steps)
@limiter.limit("20 per hour", key_func=_of_order, on_breach=_too_many_steps)
def take(name: str) -> ResponseReturnValue:
    """Do it."""
    followed, wanted = following.followed(), BY_NAME[name]
    if followed is None:
        raise NotFound(gettext("There is nothing at this address."))
    try:
        said, sent = both(lambda: wanted.schema().read(form_data(wanted.schema)), lambda: _sent(wanted, followed))
        with db.session.begin_nested():
            wanted.take(followed, CITIZEN, utc_now(), **said, **sent)
    except Invalid as wrong:
        return _step_page(wanted, followed, wrong.errors), wrong.status
    except Conflict as too_late:
        flash(too_late.message)
        return redirect(url_for("citizen.order"), 303)
    flash(gettext(wanted.done), "done")
    return redirect(url_for("citizen.order"), 303)


def _sent(step: CitizenStep, order: Order) -> dict[str, tuple[Upload, ...]]:
    return {"photos": _photos_sent(policies.policy(order.policy_id).citizens.photos)} if step.photos else {}


def _photos_sent(most: int) -> tuple[Upload, ...]:
    return read_photos(request.files.getlist("photos"), most)


@pages.get("/citizen/file/<int:file_id>")
def file(file_id: int) -> ResponseReturnValue:
    """A file that came with the answer, as a download; a citizen's own photo, to be looked at."""
    found = following.file_followed(file_id)
    path = stored_path(found.sha256)
    if not path.exists():
        raise NotFound(gettext("There is no such file."))
    to_look_at = found.from_citizen and found.media_type in PICTURES
    return send_file(path, mimetype=found.media_type, as_attachment=not to_look_at, download_name=found.name)


@pages.post("/citizen/leave")
def leave() -> ResponseReturnValue:
    """Forget the complaint in this browser, which may not be the citizen's own."""
    following.forget()
    return redirect(url_for("citizen.home"), 303)


@pages.get("/rate/<uuid:token>")
@limiter.limit("60 per minute")
def rate(token: UUID) -> ResponseReturnValue:
    """A citizen's own page: is it solved, and are you satisfied."""
    return _rating(order_by_token(token), {})


def _too_many_rated(_: RequestLimit) -> Response:
    token = (request.view_args or {}).get("token")
    order = order_by_token(token) if token else following.followed()
    wait = gettext("Too much has been sent from here. Please wait an hour, or call us; your words are still below.")
    if order is None:
        return _asked_again(wait, 429)
    return make_response(_rating(order, {"_": [wait]}), 429)


@pages.post("/rate/<uuid:token>")
@limiter.limit("10 per minute", on_breach=_too_many_rated)
def rated(token: UUID) -> ResponseReturnValue:
    """Record what the citizen says by the link that was sent to them."""
    return _rate(order_by_token(token), url_for("citizen.rate", token=token))


@pages.post("/citizen/rate")
@limiter.limit("20 per hour", on_breach=_too_many_rated)
@limiter.limit("20 per hour", key_func=_of_order, on_breach=_too_many_rated)
def rate_followed() -> ResponseReturnValue:
    """Record what the citizen says on the page of their order."""
    followed = following.followed()
    if followed is None:
        raise NotFound(gettext("There is nothing at this address."))
    known_by = None if following.is_placed_here(followed.number) else "number"
    thanks = gettext("Thank you. Your answer is recorded.")
    return _rate(followed, url_for("citizen.order"), thanks=thanks, known_by=known_by)


def _rate(order: Order, address: str, *, thanks: str = "", **given: Any) -> ResponseReturnValue:
    try:
        with db.session.begin_nested():
            rate_by_link(order, CITIZEN, utc_now(), **RatingBody().read(form_data(RatingBody)), **given)
    except Invalid as wrong:
        return _rating(order, wrong.errors), wrong.status
    except Conflict as too_late:
        return _rating(order, {}), too_late.status
    if thanks:  # the page of a link says it by itself
        flash(thanks, "done")
    return redirect(address, 303)


def _rating(order: Order, errors: Errors) -> str:
    return render_template("citizen/rate.html", errors=errors, **rating_view(order))
