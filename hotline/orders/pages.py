"""Pages of orders: the list, one order, its requester's number, its files, and the steps a dispatcher takes at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from hotline.base.errors import Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.base.privacy import holds_phone
from hotline.base.time import utc_now
from hotline.orders.attachments import stored_path
from hotline.orders.finding import filter_of, found_page, hits, near, order_named
from hotline.orders.forms import SEES_ORDERS, Tried, form_data, show_order, take_step
from hotline.orders.lifecycle import Action, State
from hotline.orders.names import Names
from hotline.orders.operations import amend, reveal_phone
from hotline.orders.queries import order_for
from hotline.orders.schemas import AmendBody, OrderQuery, PurposeBody
from hotline.orders.sheet import sheet
from hotline.orders.vocabulary import Channel, Nature
from hotline.people.signin import current_actor, needs

pages = Blueprint("orders", __name__, template_folder="templates")


@pages.get("/orders")
@needs(*SEES_ORDERS)
def listed() -> ResponseReturnValue:
    """Orders, newest first, narrowed by what the address says."""
    return _list(_asked(request.args))


@pages.route("/orders/find", methods=["GET", "POST"])
@needs(*SEES_ORDERS)
def find() -> ResponseReturnValue:
    """Search: the number of an order opens it, words list those that have them.

    What may hold a telephone number is searched for at once: none stands in an address or a log of addresses.
    """
    given = _asked(request.form)
    words = given.get("q", "")
    if holds_phone(words):
        return _list(given)
    if number := order_named(words, current_actor()):
        return redirect(url_for("orders.shown", number=number), 303)
    return redirect(url_for("orders.listed", **given), 303)


def _list(given: dict[str, Any]) -> ResponseReturnValue:
    """The list as asked for; a filter that cannot be read is told beside its field."""
    lists = {"states": list(State), "natures": list(Nature), "channels": list(Channel), "names": Names()}
    try:
        asked = OrderQuery().read(given)
    except Invalid as wrong:
        return render_template("orders/listed.html", given=given, errors=wrong.errors, page=None, **lists), wrong.status
    return render_template("orders/listed.html", given=given, errors={}, **lists, **_found(asked))


def _found(asked: dict[str, Any]) -> dict[str, Any]:
    actor, narrow, words, now = current_actor(), filter_of(asked), asked["q"], utc_now()
    page = found_page(actor, narrow, words, now, asked["page"])
    if page.number > page.pages:
        page = found_page(actor, narrow, words, now, page.pages)
    return {
        "page": page,
        "hits": hits(page.rows, words, actor),
        "near": near(actor, narrow, words) if words and not page.total else None,
        "now": now,
    }


def _asked(given: Mapping[str, str]) -> dict[str, Any]:
    """What a list is narrowed to; what a list does not know is left alone."""
    return {name: value for name in OrderQuery().fields if (value := given.get(name, "").strip())}


@pages.get("/orders/<number>")
@needs(*SEES_ORDERS)
def shown(number: str) -> ResponseReturnValue:
    """One order: what it is, where it is, what can be done now, what happened; or only its clocks, as they stand now."""
    actor = current_actor()
    if request.args.get("part") == "clocks":
        return render_template("orders/_clocks.html", **sheet(order_for(number, actor), actor, utc_now()))
    return show_order(number, actor)


@pages.get("/orders/<number>/print")
@needs(*SEES_ORDERS)
def printed(number: str) -> ResponseReturnValue:
    """One order on paper, as far as its reader may see it; the number stays masked."""
    actor = current_actor()
    return render_template("orders/print.html", **sheet(order_for(number, actor), actor, utc_now()))


@pages.post("/orders/<number>/phone")
@needs(*SEES_ORDERS)
def phone(number: str) -> ResponseReturnValue:
    """The order with its requester's full number; that it was read, and why, is recorded."""
    actor = current_actor()
    order = order_for(number, actor)
    try:
        given = PurposeBody().read(form_data(PurposeBody))
    except Invalid as missing:
        return show_order(number, actor, tried=Tried(None, request.form, missing.errors, "", None)), missing.status
    return show_order(number, actor, phone=reveal_phone(order, actor, utc_now(), purpose=given["purpose"]))


@pages.get("/orders/<number>/files/<int:file_id>")
@needs(*SEES_ORDERS)
def attachment(number: str, file_id: int) -> ResponseReturnValue:
    """A file of an order, for whoever may see the order; always as a download."""
    order = order_for(number, current_actor())
    file = next((file for file in order.attachments if file.id == file_id), None)
    if file is None or not stored_path(file.sha256).exists():
        raise NotFound(gettext("There is no such file."))
    return send_file(stored_path(file.sha256), mimetype=file.media_type, as_attachment=True, download_name=file.name)


@pages.post("/orders/<number>/amend")
@needs(*SEES_ORDERS)
def correct(number: str) -> ResponseReturnValue:
    """Correct category or district before dispatch."""
    return take_step(number, Action.AMEND, AmendBody, amend)
