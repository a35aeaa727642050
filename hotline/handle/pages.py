"""Pages of handling: a unit's inbox, the callback desk, the citizen's own rating page, and the steps between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.base.web import limiter, own_address, whole_number
from hotline.handle import appeals as appealing
from hotline.handle import operations as handle
from hotline.handle import review, supervision, time
from hotline.handle.appeal_queries import TABS, appealable_by, appeals_waiting
from hotline.handle.desk import appeals_desk, call_sheet, rating_view, time_asked, time_desk
from hotline.handle.entrusting import colleagues, entrust, entrust_many
from hotline.handle.inbox import inbox_rows, inbox_view
from hotline.handle.narrowing import asked_of
from hotline.handle.operations import Refusal
from hotline.handle.queries import order_by_token, reply_in_review
from hotline.handle.schemas import (
    AppealForm,
    CallBody,
    ClosingBody,
    ContactBody,
    EntrustBody,
    EscalateBody,
    GrantBody,
    NoteBody,
    NothingBody,
    ProgressBody,
    RatingBody,
    RedoBody,
    ReplyBody,
    ReviewBody,
    SuperviseBody,
    TimeBody,
)
from hotline.orders.attachments import Upload
from hotline.orders.forms import form_data, hang_form
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event
from hotline.orders.names import Names
from hotline.orders.operations import reveal_phone
from hotline.orders.queries import order_for
from hotline.orders.urging import urge
from hotline.people.actors import CITIZEN, Actor
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.transfer.schemas import ReasonBody

pages = Blueprint("handle", __name__, template_folder="templates")
# What the forms of this room need on the order's page, which is made in a room below.
pages.add_app_template_global(time.offers, "time_offers")
pages.add_app_template_global(time.why_none, "why_no_time")
pages.add_app_template_global(time.extension_unit, "extension_unit")
pages.add_app_template_global(time_asked)
pages.add_app_template_global(lambda order: colleagues(order, current_actor()), "colleagues")
pages.add_app_template_global(reply_in_review)
pages.add_app_template_global(appeals_waiting)
pages.add_app_template_global(lambda order: appealable_by(order, current_actor(), utc_now()), "appealable")


@pages.get("/inbox")
@needs(Permission.UNIT_INBOX)
def inbox() -> ResponseReturnValue:
    """A unit's orders, what is due first at the top."""
    actor, now = current_actor(), utc_now()
    if request.args.get("part") == "rows":
        return render_template("handle/_rows.html", **inbox_rows(actor, asked_of(request.args, actor), Names(), now))
    return render_template("handle/inbox.html", **inbox_view(actor, request.args, now))


@pages.post("/inbox")
@needs(Permission.UNIT_INBOX)
def narrow() -> ResponseReturnValue:
    """To the address of what the filters ask for. A telephone number comes into none: that is said beside the field."""
    actor = current_actor()
    asked = asked_of(request.form, actor)
    if asked.is_phone:
        return render_template("handle/inbox.html", **inbox_view(actor, request.form, utc_now())), Invalid.status
    return redirect(url_for("handle.inbox", **asked.address()), 303)


@pages.post("/inbox/sign")
@needs(Permission.UNIT_INBOX)
def sign_selected() -> ResponseReturnValue:
    """Sign the selected orders, each for itself; what could not be signed is told row by row."""
    actor, now = current_actor(), utc_now()
    picked = dict(_picked(value) for value in request.form.getlist("order"))
    refused = handle.sign_many(picked, actor, now)
    signed = len(picked) - len(refused)
    if signed or not refused:
        flash(ngettext("%(num)d order signed.", "%(num)d orders signed.", signed), "done")
    return _back_to_inbox(actor, refused, now)


@pages.post("/inbox/entrust")
@needs(Permission.UNIT_INBOX)
def entrust_selected() -> ResponseReturnValue:
    """Give the selected orders to a colleague, each for itself; what could not be given is told row by row."""
    actor, now = current_actor(), utc_now()
    person = EntrustBody().read(form_data(EntrustBody))["person"]
    picked = dict(_picked(value) for name in ("order", "held") for value in request.form.getlist(name))
    refused = entrust_many(picked, person, actor, now)
    given = len(picked) - len(refused)
    if given or not refused:
        flash(ngettext("%(num)d order given on.", "%(num)d orders given on.", given), "done")
    return _back_to_inbox(actor, refused, now)


def _back_to_inbox(actor: Actor, refused: list[Refusal], now: datetime) -> ResponseReturnValue:
    """Where the list was; or the list with what was refused above it."""
    if not refused:
        return redirect(own_address(request.form.get("back", "")) or url_for("handle.inbox"))
    return render_template("handle/inbox.html", refused=refused, **inbox_view(actor, request.args, now))


def _picked(value: str) -> tuple[str, int]:
    number, _, version = value.partition(":")
    return number, whole_number(version) or 0


@pages.get("/time-requests")
@needs(Permission.DECIDE_TIME)
def time_requests() -> ResponseReturnValue:
    """What units ask of the clock, to be granted or refused."""
    template = "handle/_time_rows.html" if request.args.get("part") == "rows" else "handle/time_requests.html"
    return render_template(template, **time_desk(request.args.get("page", 1, int), utc_now()))


@pages.get("/appeals")
@needs(Permission.REVIEW_APPEALS)
def appeals() -> ResponseReturnValue:
    """Appeals of units: those to review first, those to decide on, those decided."""
    tab = request.args.get("tab", "")
    shown = appeals_desk(tab if tab in TABS else "first", request.args.get("page", 1, int))
    return render_template("handle/appeals.html", **shown)


@pages.get("/callbacks")
@needs(Permission.CALLBACK_QUEUE)
def callbacks() -> ResponseReturnValue:
    """The next citizen to call, what to ask, and where to write the answer."""
    return render_template(
        "handle/callbacks.html", **call_sheet(request.args.get("order", ""), current_actor(), utc_now())
    )


@pages.post("/callbacks/<number>/phone")
@needs(Permission.CALLBACK_QUEUE)
def callback_phone(number: str) -> ResponseReturnValue:
    """The callback desk with the citizen's full number; the read is recorded."""
    actor, now = current_actor(), utc_now()
    phone = reveal_phone(order_for(number, actor), actor, now, purpose=gettext("Callback"))
    return render_template("handle/callbacks.html", phone=phone, **call_sheet(number, actor, now))


def _with_files(operation: Callable[..., Event]) -> Callable[..., Event]:
    """A step with the files that came with its form."""

    def step(**given: Any) -> Event:
        files = [file for file in request.files.getlist("attachments") if file.filename]
        return operation(uploads=tuple(Upload(file.filename or "", file.read()) for file in files), **given)

    return step


hang_form(pages, "sign", Action.SIGN, NothingBody, handle.sign)
hang_form(pages, "entrust", Action.ENTRUST, EntrustBody, entrust)
hang_form(pages, "contact", Action.CONTACT, ContactBody, _with_files(handle.record_contact))
hang_form(pages, "note", Action.NOTE, NoteBody, handle.add_note)
hang_form(pages, "reply", Action.REPLY, ReplyBody, _with_files(handle.reply))
hang_form(pages, "submit-reply", Action.SUBMIT_REPLY, ReplyBody, _with_files(handle.reply))
hang_form(pages, "approve-reply", Action.APPROVE_REPLY, GrantBody, handle.sign_reply)
hang_form(pages, "reject-reply", Action.REJECT_REPLY, ReasonBody, review.reject_reply)
hang_form(pages, "progress", Action.REPORT_PROGRESS, ProgressBody, _with_files(handle.report_progress))
hang_form(pages, "attempt", Action.ATTEMPT, NoteBody, handle.not_reached)
hang_form(pages, "evaluate", Action.EVALUATE, CallBody, handle.call_back)
hang_form(pages, "close", Action.CLOSE, ClosingBody, handle.close)
hang_form(pages, "redo", Action.REDO, RedoBody, handle.redo)
hang_form(pages, "request-time", Action.REQUEST_TIME, TimeBody, time.request_time)
hang_form(pages, "grant-time", Action.GRANT_TIME, GrantBody, time.grant_time)
hang_form(pages, "refuse-time", Action.REFUSE_TIME, ReasonBody, time.refuse_time)
hang_form(pages, "resume", Action.RESUME, ReasonBody, time.resume)
hang_form(pages, "supervise", Action.SUPERVISE, SuperviseBody, supervision.supervise)
hang_form(pages, "escalate", Action.ESCALATE, EscalateBody, supervision.escalate)
hang_form(pages, "unlist", Action.UNLIST, ReasonBody, supervision.unlist)
hang_form(pages, "urge", Action.URGE, NoteBody, urge)
hang_form(pages, "appeal", Action.APPEAL, AppealForm, _with_files(appealing.appeal))
hang_form(pages, "review-appeal", Action.REVIEW_APPEAL, ReviewBody, appealing.review_appeal)
hang_form(pages, "decide-appeal", Action.DECIDE_APPEAL, ReviewBody, appealing.decide_appeal)
hang_form(pages, "feed-back", Action.FEED_BACK, NoteBody, supervision.feed_back)


@pages.get("/rate/<uuid:token>")
@limiter.limit("60 per minute")
def rate(token: UUID) -> ResponseReturnValue:
    """A citizen's own page: is it solved, and are you satisfied."""
    return render_template("handle/rate.html", errors={}, **rating_view(order_by_token(token)))


@pages.post("/rate/<uuid:token>")
@limiter.limit("10 per minute")
def rated(token: UUID) -> ResponseReturnValue:
    """Record what the citizen says."""
    order = order_by_token(token)
    try:
        with db.session.begin_nested():
            handle.rate_by_link(order, CITIZEN, utc_now(), **RatingBody().read(form_data(RatingBody)))
    except Invalid as wrong:
        return render_template("handle/rate.html", errors=wrong.errors, **rating_view(order)), wrong.status
    except Conflict as too_late:
        return render_template("handle/rate.html", errors={}, **rating_view(order)), too_late.status
    return redirect(url_for("handle.rate", token=token))
