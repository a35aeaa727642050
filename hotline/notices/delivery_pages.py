"""The administrator's page of deliveries: what is stuck and is to be sent again, and who is told outside the app."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext, ngettext
from hotline.base.paging import page_of
from hotline.base.time import utc_now
from hotline.base.web import whole_number
from hotline.notices.deliveries import MASK, give_up, held_up, in_list, send_again
from hotline.notices.models import REPORTS, WARNINGS, Medium, Subscription
from hotline.notices.schemas import SubscriptionForm
from hotline.notices.subscriptions import TOLD_ROLES, subscribe, subscriptions, switch, try_out
from hotline.orders.forms import form_data
from hotline.orders.lifecycle import Action
from hotline.people.queries import all_units
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs

pages = Blueprint("deliveries", __name__, template_folder="templates")


@pages.get("/deliveries")
@needs(Permission.ADMINISTER)
def listed() -> ResponseReturnValue:
    """What does not arrive, and who is told."""
    return _page()


@pages.post("/deliveries/again")
@needs(Permission.ADMINISTER)
def again() -> ResponseReturnValue:
    """Send one again, or all."""
    one = whole_number(request.form.get("delivery", ""))
    which = None if request.form.get("all") else [] if one is None else [one]
    count = send_again(current_actor(), utc_now(), which)
    flash(ngettext("%(num)d delivery is sent again now.", "%(num)d deliveries are sent again now.", count), "done")
    return redirect(url_for(".listed"), 303)


@pages.post("/deliveries/<int:delivery_id>/give-up")
@needs(Permission.ADMINISTER)
def given_up(delivery_id: int) -> ResponseReturnValue:
    """Send one no more."""
    try:
        give_up(delivery_id, current_actor(), utc_now())
    except Conflict as arrived:
        flash(arrived.message, "error")
    else:
        flash(gettext("It is not sent any more."), "done")
    return redirect(url_for(".listed"), 303)


@pages.post("/deliveries/subscriptions")
@needs(Permission.ADMINISTER)
def add() -> ResponseReturnValue:
    """Add a subscription; a webhook's secret is shown with this answer and never again."""
    try:
        with db.session.begin_nested():
            given = SubscriptionForm().read(form_data(SubscriptionForm))
            added = subscribe(given.pop("medium"), given.pop("target"), current_actor(), utc_now(), **given)
    except Invalid as wrong:
        return _page(errors=wrong.errors), wrong.status
    if added.secret:
        return _page(added=added), 201
    flash(gettext("Saved."), "done")
    return redirect(url_for(".listed"), 303)


@pages.post("/deliveries/subscriptions/<int:subscription_id>")
@needs(Permission.ADMINISTER)
def switched(subscription_id: int) -> ResponseReturnValue:
    """Pause a subscription, or let it go on."""
    switch(subscription_id, current_actor(), utc_now(), active=request.form.get("active") == "1")
    flash(gettext("Saved."), "done")
    return redirect(url_for(".listed"), 303)


@pages.post("/deliveries/subscriptions/<int:subscription_id>/try")
@needs(Permission.ADMINISTER)
def tried(subscription_id: int) -> ResponseReturnValue:
    """Send a test."""
    try:
        try_out(subscription_id, current_actor(), utc_now())
    except Conflict as away:
        flash(away.message, "error")
    else:
        flash(gettext("The test has arrived."), "done")
    return redirect(url_for(".listed"), 303)


def _page(*, added: Subscription | None = None, errors: dict[str, list[str]] | None = None) -> str:
    now = utc_now()
    page = page_of(held_up(now), whole_number(request.args.get("page", "")) or 1)
    given: dict[str, Any] = {"page": page, "rows": in_list(page.rows), "subscriptions": subscriptions(), "now": now}
    choices = {"media": list(Medium), "units": all_units(), "roles": TOLD_ROLES, "actions": list(Action)}
    return render_template(
        "notices/deliveries.html",
        **given,
        **choices,
        digests={WARNINGS: gettext("Deadline warnings"), REPORTS: gettext("Periodic reports")},
        mask=lambda one: MASK[one.medium](one.target),
        names={action.value: action for action in Action},
        added=added,
        errors=errors or {},
        form=request.form if errors else {},
        chosen=request.form.getlist("actions") if errors else [],
    )
