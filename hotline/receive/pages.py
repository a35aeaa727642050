"""Pages of receiving: the agent's desk with its panes, and the citizen's own pages, which need no sign-in."""

from __future__ import annotations

from http import HTTPStatus

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
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_limiter import RequestLimit

from hotline.base.db import db
from hotline.base.errors import Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.base.web import limiter
from hotline.calls.live import calls_at, print_of, put_away
from hotline.orders.attachments import stored_path
from hotline.orders.names import Names
from hotline.orders.queries import order_by_number_and_tail, order_for
from hotline.orders.vocabulary import Nature
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.receive import citizen as citizens
from hotline.receive.desk import (
    CALL,
    advise,
    articles_found,
    desk_view,
    earlier_orders,
    form_of_call,
    outcome,
    outcomes,
    ringing,
    save_call,
)
from hotline.receive.drafts import keep_draft
from hotline.receive.elements import question
from hotline.receive.joining import ADDS, joining
from hotline.receive.once import Placed, new_key
from hotline.receive.queries import saved_today
from hotline.receive.schemas import DraftSchema

pages = Blueprint("receive", __name__, template_folder="templates")
pages.add_app_template_global(question, "element_question")

LONGEST_NUMBER = 30  # what is counted by must not grow with what is sent
ERRORS = 400  # the first status that says something was refused; only what was placed counts towards a limit


@pages.get("/desk")
@needs(Permission.TAKE_CALLS)
def desk() -> ResponseReturnValue:
    """One call: what the caller says, who it goes to, what the caller said before."""
    actor = current_actor()
    view = desk_view(actor, utc_now(), form_of_call(request.args.get(CALL, ""), actor), {})
    number = request.args.get("saved", "")
    chosen = joining({"same": number, "how": request.args.get("how", "")})
    done = next((one for one in view["saved"] if one.order.number == number), None)
    if chosen:  # an order of any day, and whoever took it
        done = outcome(order_for(number, actor), Names())
    return render_template("receive/desk.html", done=done, joined=chosen, **view)


@pages.post("/desk")
@needs(Permission.TAKE_CALLS)
def save() -> ResponseReturnValue:
    """Save a call."""
    try:
        with db.session.begin_nested():
            placed = save_call(request.form, current_actor(), utc_now())
    except Invalid as wrong:
        return _not_saved(wrong)
    if _by_script():
        return _told(placed)
    if placed.changed:
        return _desk_again({}, placed), 409
    chosen = joining(request.form)
    how = chosen.offer if chosen and chosen.offer in ADDS else None
    return redirect(url_for("receive.desk", saved=placed.order.number, how=how), 303)


def _by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _told(placed: Placed) -> ResponseReturnValue:
    """What the script puts on the page after saving."""
    names = Names()
    chosen = joining(request.form)
    bar = render_template("receive/_bar.html", done=outcome(placed.order, names), changed=placed.changed, joined=chosen)
    saved = outcomes(saved_today(current_actor(), utc_now()), names)
    told = {"number": placed.order.number, "bar": bar, "saved": render_template("receive/_saved.html", saved=saved)}
    return jsonify(told), 409 if placed.changed else 201


def _not_saved(wrong: Invalid) -> ResponseReturnValue:
    errors = {field: [str(text) for text in texts] for field, texts in wrong.errors.items()}
    if _by_script():
        return jsonify({"errors": errors}), wrong.status
    return _desk_again(errors), wrong.status


def _desk_again(errors: dict[str, list[str]], placed: Placed | None = None) -> str:
    done = outcome(placed.order, Names()) if placed else None
    view = desk_view(current_actor(), utc_now(), request.form, errors)
    return render_template("receive/desk.html", done=done, changed=placed is not None, **view)


@pages.post("/desk/draft")
@needs(Permission.TAKE_CALLS)
def draft() -> ResponseReturnValue:
    """Keep the call as far as it is written down; say which order it is where it was saved before."""
    order = keep_draft(DraftSchema().read(request.form.to_dict()), current_actor(), utc_now())
    return _told(Placed(order, changed=True)) if order else ("", 204)


# The panes are asked for by POST: a text is too long for an address, and a phone number has no place in a log.
@pages.post("/desk/suggestion")
@needs(Permission.TAKE_CALLS)
def suggestion() -> ResponseReturnValue:
    """The pane with what is suggested for the text so far."""
    return render_template("receive/_suggestion.html", advice=advise(request.form, utc_now()), names=Names())


@pages.post("/desk/caller")
@needs(Permission.TAKE_CALLS)
def caller() -> ResponseReturnValue:
    """The pane with the caller's earlier orders."""
    return render_template("receive/_caller.html", earlier=earlier_orders(request.form.get("phone", "")))


@pages.post("/desk/knowledge")
@needs(Permission.TAKE_CALLS)
def knowledge() -> ResponseReturnValue:
    """The pane with the articles that fit what is looked for."""
    now = utc_now()
    return render_template("receive/_knowledge.html", **articles_found(request.form.get("look_for", ""), now))


@pages.get("/desk/calls")
@needs(Permission.TAKE_CALLS)
def calls() -> ResponseReturnValue:
    """The calls at this desk. Asked every few seconds: where nothing has changed, nothing is read and sent."""
    here = calls_at(current_actor(), utc_now())
    response = Response(headers={"Cache-Control": "private, no-cache"})
    response.set_etag(print_of(here))
    if response.make_conditional(request).status_code == HTTPStatus.OK:
        response.set_data(render_template("receive/_calls.html", calls=ringing(here)))
    return response


@pages.post("/desk/calls/<int:call_id>/put-away")
@needs(Permission.TAKE_CALLS)
def put_call_away(call_id: int) -> ResponseReturnValue:
    """No order comes of a call."""
    put_away(call_id, current_actor(), utc_now())
    return ("", 204) if _by_script() else redirect(url_for("receive.desk"), 303)


@pages.get("/citizen")
def citizen() -> ResponseReturnValue:
    """Where a citizen begins."""
    return render_template("receive/citizen.html")


@pages.get("/citizen/new")
def new() -> ResponseReturnValue:
    """A complaint to fill in."""
    return _blank({}, {}, new_key())


def _blank(form: dict[str, str], errors: dict[str, list[str]], key: str, *, again: bool = False) -> str:
    return render_template(
        "receive/citizen_new.html", form=form, errors=errors, key=key, again=again, natures=list(Nature)
    )


@pages.post("/citizen/hints")
@limiter.limit("60 per minute")
def hints() -> ResponseReturnValue:
    """What the citizen has not said yet, as far as the form is filled. Nothing is kept, and nothing waits for it."""
    return render_template("receive/_hints.html", missing=citizens.not_said(request.form))


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
    return redirect(url_for("receive.done", number=placed.order.number), 303)


@pages.get("/citizen/done/<number>")
def done(number: str) -> ResponseReturnValue:
    """The number of the complaint just placed, and what happens next."""
    view = citizens.order_view(citizens.just_placed(number), utc_now())
    return render_template("receive/citizen_done.html", **view)


@pages.get("/citizen/follow")
def follow() -> ResponseReturnValue:
    """Ask for the number and the phone."""
    return render_template("receive/citizen_follow.html", form={}, wrong="")


def _asked_again(wrong: str, status: int) -> Response:
    return make_response(render_template("receive/citizen_follow.html", form=request.form, wrong=wrong), status)


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
    return redirect(url_for("receive.order"), 303)


@pages.get("/citizen/order")
def order() -> ResponseReturnValue:
    """How far a complaint has come."""
    followed = citizens.followed()
    if followed is None:
        return redirect(url_for("receive.follow"))
    return render_template("receive/citizen_order.html", **citizens.order_view(followed, utc_now()))


@pages.post("/citizen/urge")
@limiter.limit("20 per hour")
def urge() -> ResponseReturnValue:
    """Press the office that has the order, once a working day."""
    try:
        urged = citizens.urge_followed(request.form.get("note", ""), utc_now())
    except Invalid as wrong:
        flash(" ".join(text for texts in wrong.errors.values() for text in texts))
        return redirect(url_for("receive.order"), 303)
    said = gettext("We have told the office that you are waiting.")
    flash(said if urged else gettext("It has been urged today already; the office knows of it."), "done")
    return redirect(url_for("receive.order"), 303)


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
    return redirect(url_for("receive.citizen"), 303)
