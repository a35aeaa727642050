"""Pages of receiving: the agent's desk with its panes."""

from __future__ import annotations

from http import HTTPStatus

from flask import (
    Blueprint,
    Response,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.time import utc_now
from hotline.calls.live import calls_at, print_of, put_away
from hotline.orders.names import Names
from hotline.orders.queries import order_for
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
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
from hotline.receive.once import Placed
from hotline.receive.queries import saved_today
from hotline.receive.schemas import DraftSchema

pages = Blueprint("receive", __name__, template_folder="templates")
pages.add_app_template_global(question, "element_question")


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
    response.set_etag(print_of(here), weak=True)  # compression changes a strong one, which then never fits again
    if response.make_conditional(request).status_code == HTTPStatus.OK:
        response.set_data(render_template("receive/_calls.html", calls=ringing(here)))
    return response


@pages.post("/desk/calls/<int:call_id>/put-away")
@needs(Permission.TAKE_CALLS)
def put_call_away(call_id: int) -> ResponseReturnValue:
    """No order comes of a call."""
    put_away(call_id, current_actor(), utc_now())
    return ("", 204) if _by_script() else redirect(url_for("receive.desk"), 303)
