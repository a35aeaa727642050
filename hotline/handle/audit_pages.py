"""Pages of audits: the sample of callbacks that waits to be checked, and what the checks have found."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.time import utc_now
from hotline.handle import audits
from hotline.handle.models import Evaluation
from hotline.handle.schemas import AuditBody
from hotline.orders.forms import form_data
from hotline.orders.names import Names, level_names
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.policy import queries as policies

pages = Blueprint("audits", __name__, template_folder="templates")


@pages.get("/audits")
@needs(Permission.AUDIT_CALLBACKS)
def listed() -> ResponseReturnValue:
    """The answers to be audited, or those that have been."""
    return _page()


@pages.post("/audits/<int:evaluation_id>")
@needs(Permission.AUDIT_CALLBACKS)
def audited(evaluation_id: int) -> ResponseReturnValue:
    """Record what the check of an answer found."""
    evaluation = db.session.get(Evaluation, evaluation_id)
    if evaluation is None:
        raise NotFound(gettext("This answer is not in the sample."))
    try:
        with db.session.begin_nested():
            audits.audit(evaluation, current_actor(), utc_now(), **AuditBody().read(form_data(AuditBody)))
    except (Invalid, Conflict, NotAllowed) as refusal:
        errors = refusal.errors if isinstance(refusal, Invalid) else {}
        tried = {"id": evaluation_id, "form": request.form, "errors": errors, "message": refusal.message}
        return _page(tried), refusal.status
    flash(gettext("The audit is recorded."), "done")
    return redirect(url_for("audits.listed"))


def _page(tried: dict[str, Any] | None = None) -> str:
    done = request.args.get("tab") == "done"
    page = page_of(audits.audits(done=done), request.args.get("page", 1, int))
    return render_template(
        "handle/audits.html",
        page=page,
        done=done,
        tried=tried or {"errors": {}, "form": {}},
        waiting=audits.count_audits(),
        found=audits.found(),
        recorded=audits.recordings(row.evaluation for row in page.rows),
        levels_of=level_names,
        policy_of=policies.policy,
        names=Names(),
    )
