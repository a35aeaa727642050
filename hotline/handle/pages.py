"""Pages of handling: a unit's inbox, the callback desk, and the steps between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext, label, ngettext
from hotline.base.schemas import Schema
from hotline.base.time import utc_now
from hotline.base.web import own_address
from hotline.handle import appeals as appealing
from hotline.handle import operations as handle
from hotline.handle import review, supervision, time
from hotline.handle.appeal_queries import TABS, appealable_by, appeals_waiting
from hotline.handle.call_desk import call_sheet
from hotline.handle.calling import has_another, look, take
from hotline.handle.desk import appeals_desk, time_asked, time_case, time_desk
from hotline.handle.entrusting import colleagues, entrust, entrust_many
from hotline.handle.inbox import inbox_rows, inbox_view
from hotline.handle.narrowing import asked_of
from hotline.handle.queries import reply_in_review
from hotline.handle.schemas import (
    AppealForm,
    AttemptBody,
    CallBody,
    ClosingBody,
    ContactBody,
    EntrustBody,
    EscalateBody,
    GrantBody,
    NoteBody,
    NothingBody,
    ProgressBody,
    RedoBody,
    ReplyBody,
    ReviewBody,
    SuperviseBody,
    TimeBody,
)
from hotline.orders.attachments import Upload
from hotline.orders.bulk import Refusal
from hotline.orders.forms import form_data, form_version, hang_form, picked_orders, read_form, step_done, tried_of
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Event
from hotline.orders.names import Names
from hotline.orders.operations import reveal_phone
from hotline.orders.queries import order_for
from hotline.orders.urging import urge
from hotline.people.actors import Actor
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
    picked = picked_orders()
    refused = handle.sign_many(picked, actor, now)
    signed = len(picked) - len(refused)
    if signed:
        flash(ngettext("%(num)d order signed.", "%(num)d orders signed.", signed), "done")
    return _back_to_inbox(actor, refused, now)


@pages.post("/inbox/entrust")
@needs(Permission.UNIT_INBOX)
def entrust_selected() -> ResponseReturnValue:
    """Give the selected orders to a colleague, each for itself; what could not be given is told row by row."""
    actor, now = current_actor(), utc_now()
    person = EntrustBody().read(form_data(EntrustBody))["person"]
    picked = picked_orders()
    refused = entrust_many(picked, person, actor, now)
    given = len(picked) - len(refused)
    if given:
        flash(ngettext("%(num)d order given on.", "%(num)d orders given on.", given), "done")
    return _back_to_inbox(actor, refused, now)


def _back_to_inbox(actor: Actor, refused: list[Refusal], now: datetime) -> ResponseReturnValue:
    """Where the list was; or the list with what was refused above it."""
    if not refused:
        return redirect(own_address(request.form.get("back", "")) or url_for("handle.inbox"))
    return render_template("handle/inbox.html", refused=refused, **inbox_view(actor, request.args, now))


@pages.get("/time-requests")
@needs(Permission.DECIDE_TIME)
def time_requests() -> ResponseReturnValue:
    """What units ask of the clock, to be granted or refused."""
    template = "handle/_time_rows.html" if request.args.get("part") == "rows" else "handle/time_requests.html"
    return render_template(template, **time_desk(request.args.get("page", 1, int), utc_now()))


@pages.post("/time-requests")
@needs(Permission.DECIDE_TIME)
def grant_selected() -> ResponseReturnValue:
    """Grant what the selected orders ask, each for itself; what could not be granted is told row by row."""
    actor, now, picked = current_actor(), utc_now(), picked_orders()
    note = GrantBody().read(form_data(GrantBody))["note"]
    refused = time.grant_many(picked, actor, now, note=note)
    granted = len(picked) - len(refused)
    if granted or not refused:
        flash(ngettext("%(num)d request granted.", "%(num)d requests granted.", granted), "done")
    if not refused:
        return redirect(url_for("handle.time_requests"))
    return render_template("handle/time_requests.html", refused=refused, **time_desk(1, now))


@pages.get("/time-requests/<number>")
@needs(Permission.DECIDE_TIME)
def time_request(number: str) -> ResponseReturnValue:
    """One request for time: why, what remains, what was asked before, and the decision."""
    template = "handle/_time_case.html" if request.args.get("part") else "handle/time_case.html"
    return render_template(template, **time_case(number, current_actor(), utc_now()))


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
    """The citizen to call now, what to ask, and where to write the answer. They are the caller's for some minutes.

    A link lets go of nobody: where the caller has a citizen before them, another is only looked at.
    """
    actor, now = current_actor(), utc_now()
    try:
        number = look(request.args.get("order", ""), actor, now)
    except Conflict as taken:
        return _taken(taken, actor, now)
    looks = has_another(number, actor, now)
    return render_template("handle/callbacks.html", looks=looks, **call_sheet(number, actor, now))


@pages.post("/callbacks")
@needs(Permission.CALLBACK_QUEUE)
def choose_citizen() -> ResponseReturnValue:
    """Take another citizen than the one before the caller: the one they choose, or the next where they leave theirs."""
    actor, now = current_actor(), utc_now()
    try:
        number = take(request.form.get("order", ""), actor, now, leave=request.form.get("leave", ""))
    except Conflict as taken:
        return _taken(taken, actor, now)
    if not number:  # going back to the desk would take the one that was left
        return render_template("handle/callbacks.html", **call_sheet("", actor, now))
    return redirect(url_for("handle.callbacks"), 303)


def _taken(taken: Conflict, actor: Actor, now: datetime) -> ResponseReturnValue:
    """The desk without a call: somebody else calls this citizen."""
    return render_template("handle/callbacks.html", taken=taken.message, **call_sheet("", actor, now)), taken.status


@pages.post("/callbacks/<number>/phone")
@needs(Permission.CALLBACK_QUEUE)
def callback_phone(number: str) -> ResponseReturnValue:
    """The callback desk with the citizen's full number: the citizen is the caller's from now on, the read is recorded."""
    actor, now = current_actor(), utc_now()
    order = order_for(number, actor)
    if order.state is State.CALLBACK:
        try:
            take(number, actor, now)
        except Conflict as taken:
            return _taken(taken, actor, now)
    phone = reveal_phone(order, actor, now, purpose=gettext("Callback"))
    return render_template("handle/callbacks.html", **{**call_sheet(number, actor, now), "phone": phone})


@pages.post("/callbacks/<number>/answer")
@needs(Permission.CALLBACK_QUEUE)
def callback_answer(number: str) -> ResponseReturnValue:
    """Record what the citizen says, and go on with the next one."""
    return _call_step(number, Action.EVALUATE, CallBody, handle.call_back)


@pages.post("/callbacks/<number>/missed")
@needs(Permission.CALLBACK_QUEUE)
def callback_missed(number: str) -> ResponseReturnValue:
    """Record a call nobody answered, or one to be made at another time, and go on with the next one."""
    return _call_step(number, Action.ATTEMPT, AttemptBody, handle.not_reached)


def _call_step(
    number: str, action: Action, schema: type[Schema], operation: Callable[..., Event]
) -> ResponseReturnValue:
    """Take a step of a call; where it is refused, the call stays with what was typed."""
    actor, now, order = current_actor(), utc_now(), order_for(number, current_actor())
    try:
        with db.session.begin_nested():
            given = read_form(order, schema)
            operation(order, actor, now, version=form_version(), **given)
    except (Invalid, Conflict) as refusal:
        view = call_sheet(number, actor, now, tried_of(action, refusal))
        return render_template("handle/callbacks.html", **view), refusal.status
    flash(step_done(order, action, given["note"] if action is Action.ATTEMPT else label(action)), "done")
    return redirect(url_for("handle.callbacks"))


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
hang_form(pages, "attempt", Action.ATTEMPT, AttemptBody, handle.not_reached)
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
