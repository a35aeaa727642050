"""Pages of the templates of replies: the list, and one with its form and all it has said."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.base.time import utc_now
from hotline.base.web import whole_number
from hotline.handle import reply_templates as keep
from hotline.handle.schemas import TemplateBody
from hotline.orders.forms import form_data
from hotline.orders.names import Names
from hotline.people.queries import all_units
from hotline.people.roles import UNIT_ROLES, Permission
from hotline.people.signin import current_actor, needs

pages = Blueprint("reply_templates", __name__, template_folder="templates", url_prefix="/reply-templates")
# What the reply's form needs on the order's page, which is made in a room below.
pages.add_app_template_global(keep.templates_for, "reply_templates_for")

SEES = (Permission.UNIT_INBOX, keep.KEEPS)


@pages.get("")
@needs(*SEES)
def listed() -> ResponseReturnValue:
    """The templates somebody may use."""
    actor = current_actor()
    rows = keep.templates_seen(actor)
    return _page("templates", rows=rows, may_add=actor.may(keep.KEEPS))


@pages.get("/new")
@needs(keep.KEEPS)
def new() -> ResponseReturnValue:
    """A new template to write."""
    own = _own_units()
    return _form("", 0, MultiDict({"unit": own[0] if own else ""}), {})


@pages.post("/new")
@needs(keep.KEEPS)
def add() -> ResponseReturnValue:
    """Write a new template."""
    return _write("")


@pages.get("/<code>")
@needs(*SEES)
def shown(code: str) -> ResponseReturnValue:
    """One template: its form for who keeps it, and all it has said."""
    newest = keep.revisions(code, current_actor())[0]
    said = {"title": newest.title, "body": newest.body, "unit": newest.unit_code, "category": newest.category_code}
    given = MultiDict({name: value or "" for name, value in said.items()})
    return _form(code, newest.revision, given, {})


@pages.post("/<code>")
@needs(keep.KEEPS)
def revise(code: str) -> ResponseReturnValue:
    """Write a new revision of a template, or take it out of use."""
    return _write(code)


def _write(code: str) -> ResponseReturnValue:
    read = whole_number(request.form.get("revision", "")) or 0
    try:
        with db.session.begin_nested():
            given = TemplateBody().read(form_data(TemplateBody))
            template = keep.write_template(current_actor(), utc_now(), code=code, revision=read, **given)
    except Invalid as wrong:
        return _form(code, read, request.form, wrong.errors), wrong.status
    except Conflict as stale:
        return _form(code, read, request.form, {"_": [stale.message]}), stale.status
    flash(gettext("Saved.") if template.active else gettext("Taken out of use: nobody is offered it any more."), "done")
    return redirect(url_for("reply_templates.listed"))


def _own_units() -> list[str]:
    """The units whose templates the reader keeps, the one above the others first; none for the center."""
    actor = current_actor()
    if actor.role not in UNIT_ROLES:
        return []
    own = [unit for unit in all_units() if unit.code in actor.units]
    return [unit.code for unit in sorted(own, key=lambda unit: (unit.parent_code in actor.units, unit.code))]


def _form(code: str, revision: int, given: MultiDict[str, str], errors: dict[str, list[str]]) -> str:
    actor = current_actor()
    past = keep.revisions(code, actor) if code else []
    return _page(
        "template",
        code=code,
        revision=revision,
        given=given,
        errors=errors,
        past=past,
        own_units=_own_units(),
        may_write=keep.may_write(actor, past[0].unit_code) if past else True,
        places=keep.PLACES,
    )


def _page(name: str, **shown_on_it: Any) -> str:
    return render_template(f"handle/{name}.html", names=Names(), **shown_on_it)
