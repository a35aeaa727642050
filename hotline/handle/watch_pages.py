"""Pages of supervision: the board, the orders under it, what is overdue, the alarms and what was done about each."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.time import utc_now
from hotline.base.web import whole_number
from hotline.handle.alarms import alarm_for, settle
from hotline.handle.schemas import SettleBody
from hotline.handle.watch_board import board, count_overdue, overdue
from hotline.handle.watch_desk import alarm_view, alarms_view, supervision_view
from hotline.orders.forms import form_data
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.policy.limits import Clock

pages = Blueprint("watch", __name__, template_folder="templates")


@pages.get("/supervision")
@needs(Permission.SEE_REPORTS, Permission.UNIT_INBOX)
def supervision() -> ResponseReturnValue:
    """The board: what needs somebody today. A unit's people see what is theirs."""
    return render_template("watch/board.html", **board(current_actor(), utc_now()))


@pages.get("/supervision/orders")
@needs(Permission.SEE_REPORTS, Permission.UNIT_INBOX)
def orders() -> ResponseReturnValue:
    """The orders under supervision, the highest step first. A unit's people see their own."""
    return render_template("watch/orders.html", **supervision_view(current_actor(), request.args, _page(), utc_now()))


@pages.get("/supervision/overdue")
@needs(Permission.SEE_REPORTS, Permission.UNIT_INBOX)
def overdue_orders() -> ResponseReturnValue:
    """The orders past their due time, the worst first; ``again``: those being redone. A unit's people see their own."""
    actor, now, redone = current_actor(), utc_now(), request.args.get("again") == "1"
    found = page_of(overdue(actor, now, Clock.REDO if redone else Clock.HANDLE), _page())
    counts = count_overdue(actor, now)
    return render_template("watch/overdue.html", page=found, counts=counts, redone=redone, now=now)


@pages.get("/alarms")
@needs(Permission.SEE_REPORTS)
def alarms() -> ResponseReturnValue:
    """What the policy's triggers found. A unit's head sees what is about their units."""
    return render_template("watch/alarms.html", **alarms_view(current_actor(), request.args, _page(), utc_now()))


@pages.get("/alarms/<int:alarm_id>")
@needs(Permission.SEE_REPORTS)
def alarm(alarm_id: int) -> ResponseReturnValue:
    """One alarm with the orders behind it."""
    actor = current_actor()
    return render_template(
        "watch/alarm.html", errors={}, refused="", **alarm_view(alarm_for(alarm_id, actor), actor, _page())
    )


@pages.post("/alarms/<int:alarm_id>/settle")
@needs(Permission.SETTLE_ALARMS)
def settled(alarm_id: int) -> ResponseReturnValue:
    """Say what was done about an alarm."""
    actor = current_actor()
    found = alarm_for(alarm_id, actor)
    try:
        with db.session.begin_nested():
            settle(found, actor, utc_now(), **SettleBody().read(form_data(SettleBody)))
    except (Invalid, Conflict) as refusal:
        errors = refusal.errors if isinstance(refusal, Invalid) else {}
        refused = "" if errors else refusal.message
        page = render_template("watch/alarm.html", errors=errors, refused=refused, **alarm_view(found, actor, 1))
        return page, refusal.status
    flash(gettext("Settled."), "done")
    return redirect(url_for("watch.alarms"))


def _page() -> int:
    return whole_number(request.args.get("page", "")) or 1
