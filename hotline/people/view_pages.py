"""The forms of saved views; they stand above the lists they are of."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from hotline.base.i18n import gettext
from hotline.base.schemas import Schema, words
from hotline.base.time import utc_now
from hotline.people import views
from hotline.people.models import SavedView
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs

pages = Blueprint("views", __name__, template_folder="templates", url_prefix="/views")
pages.add_app_template_global(lambda view: f"{url_for(view.page)}?{view.query}", "view_address")
SEES_LISTS = (Permission.SEE_ALL_ORDERS, Permission.SEE_UNIT_ORDERS)


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
    """Keep what a list is narrowed to."""
    view = views.keep_view(current_actor(), utc_now(), **ViewBody().read(_given("name", "page", "query")))
    flash(gettext("“%(name)s” is kept among your views.", name=view.name), "done")
    return _to(view)


@pages.post("/<int:view_id>/rename")
@needs(*SEES_LISTS)
def rename(view_id: int) -> ResponseReturnValue:
    """Give a view another name."""
    return _to(views.rename_view(current_actor(), view_id, **NameBody().read(_given("name"))))


@pages.post("/<int:view_id>/drop")
@needs(*SEES_LISTS)
def drop(view_id: int) -> ResponseReturnValue:
    """Keep a view no longer; the list stays as it is."""
    view = views.drop_view(current_actor(), view_id)
    flash(gettext("“%(name)s” is deleted.", name=view.name), "done")
    return redirect(f"{url_for(view.page)}?{view.query}")


def _given(*names: str) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in names}


def _to(view: SavedView) -> ResponseReturnValue:
    return redirect(f"{url_for(view.page)}?{view.query}")
