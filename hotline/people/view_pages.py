"""The forms of saved views; they stand above the lists they are of."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.base.schemas import Schema, words
from hotline.base.time import utc_now
from hotline.people import views
from hotline.people.models import SavedView
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs

pages = Blueprint("views", __name__, template_folder="templates", url_prefix="/views")
SEES_LISTS = (Permission.SEE_ALL_ORDERS, Permission.SEE_UNIT_ORDERS)


@pages.app_template_global("view_address")
def _address(view: SavedView) -> str:
    return f"{url_for(view.page)}?{view.query}"


class NameBody(Schema):
    """What a view is called."""

    name = words(30, required=True)


class ViewBody(NameBody):
    """A list and what it is narrowed to."""

    page = words(40, required=True)
    query = words(1000)


@pages.post("")
@needs(*SEES_LISTS)
def keep() -> ResponseReturnValue:
    """Keep what a list is narrowed to; what is refused is told above the list."""
    given = _given("name", "page", "query")
    try:
        view = views.keep_view(current_actor(), utc_now(), **ViewBody().read(given))
    except Invalid as refusal:
        if given["page"] not in views.PAGES:
            raise
        return _refused(refusal, f"{url_for(given['page'])}?{given['query']}")
    flash(gettext("“%(name)s” is kept among your views.", name=view.name), "done")
    return redirect(_address(view))


@pages.post("/<int:view_id>/rename")
@needs(*SEES_LISTS)
def rename(view_id: int) -> ResponseReturnValue:
    """Give a view another name; what is refused is told above the list."""
    actor = current_actor()
    view = views.own_view(actor, view_id)
    try:
        views.rename_view(actor, view_id, **NameBody().read(_given("name")))
    except Invalid as refusal:
        return _refused(refusal, _address(view))
    flash(gettext("The view is now called “%(name)s”.", name=view.name), "done")
    return redirect(_address(view))


@pages.post("/<int:view_id>/drop")
@needs(*SEES_LISTS)
def drop(view_id: int) -> ResponseReturnValue:
    """Keep a view no longer; the list stays as it is."""
    view = views.drop_view(current_actor(), view_id)
    flash(gettext("“%(name)s” is deleted.", name=view.name), "done")
    return redirect(_address(view))


def _given(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in names}


def _refused(refusal: Invalid, back: str) -> ResponseReturnValue:
    """To the list again, which says why."""
    told = gettext("; ").join(text for texts in refusal.errors.values() for text in texts)
    flash(gettext("Nothing was changed: %(why)s.", why=told), "error")
    return redirect(back)
