"""The page of notices."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.paging import page_of
from hotline.base.time import utc_now
from hotline.notices.operations import mark_read
from hotline.notices.queries import in_words, notices_for
from hotline.orders.forms import SEES_ORDERS
from hotline.people.signin import current_actor, needs

pages = Blueprint("notices", __name__, template_folder="templates")
LONGEST_ID = 18  # digits of an id that the database can hold for sure


@pages.get("/notices")
@needs(*SEES_ORDERS)
def listed() -> ResponseReturnValue:
    """What the reader's units or role are told, newest first."""
    actor, asked = current_actor(), request.args.get("page", "")
    page = page_of(notices_for(actor), int(asked) if asked.isdecimal() and len(asked) < LONGEST_ID else 1)
    return render_template("notices/listed.html", page=page, rows=in_words(page.rows, actor))


@pages.post("/notices/read")
@needs(*SEES_ORDERS)
def read() -> ResponseReturnValue:
    """Mark the notices that were shown as read."""
    shown = {int(text) for text in request.form.getlist("notice") if text.isdecimal() and len(text) <= LONGEST_ID}
    mark_read(shown, current_actor(), utc_now())
    return redirect(url_for("notices.listed"), 303)
