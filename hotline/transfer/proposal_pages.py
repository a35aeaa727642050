"""Pages of learning: what corrections propose, and a person's decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import HotlineError
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.orders.names import Names
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.transfer import proposals
from hotline.transfer.lessons import numbers_of
from hotline.transfer.models import Proposal

pages = Blueprint("proposals", __name__, url_prefix="/proposals", template_folder="templates")

DECIDED_SHOWN = 30


@pages.get("")
@needs(Permission.MANAGE_ROUTING, Permission.DISPATCH_QUEUE)
def listed() -> ResponseReturnValue:
    """What waits for a decision, and what was decided last."""
    return _page({})


@pages.post("/look")
@needs(Permission.MANAGE_ROUTING)
def look() -> ResponseReturnValue:
    """Look through the corrections now."""
    found = proposals.propose(utc_now())
    flash(gettext("Proposals found or brought up to date: %(n)s", n=len(found)))
    return redirect(url_for("proposals.listed"))


@pages.post("/<int:proposal_id>/accept")
@needs(Permission.MANAGE_ROUTING)
def accept(proposal_id: int) -> ResponseReturnValue:
    """Put a proposal in force."""
    return _decided(proposal_id, proposals.accept, gettext("In force."))


@pages.post("/<int:proposal_id>/refuse")
@needs(Permission.MANAGE_ROUTING)
def refuse(proposal_id: int) -> ResponseReturnValue:
    """Leave it as it is."""
    return _decided(proposal_id, proposals.refuse, gettext("Refused: it stays as it is."))


def _decided(proposal_id: int, verb: Callable[..., Proposal], said: str) -> ResponseReturnValue:
    reason = request.form.get("reason", "")[:500]
    try:
        with db.session.begin_nested():
            verb(proposal_id, current_actor(), utc_now(), reason=reason)
    except HotlineError as refused:
        return _page({proposal_id: str(refused)}), refused.status
    flash(said)
    return redirect(url_for("proposals.listed"))


def _page(errors: dict[int, str]) -> str:
    waiting = proposals.open_proposals()
    past = proposals.decided_proposals(DECIDED_SHOWN)
    given: dict[str, Any] = {"waiting": waiting, "past": past, "errors": errors, "names": Names()}
    numbers = numbers_of(id_ for one in (*waiting, *past) for id_ in one.orders)
    return render_template("transfer/proposals.html", numbers=numbers, form=request.form, **given)
