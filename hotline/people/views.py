"""Saved views (常用视图): a list as somebody has narrowed it, kept under a name of their own."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.base.privacy import holds_phone
from hotline.people.actors import Actor
from hotline.people.models import SavedView

PAGES = ("handle.inbox",)  # endpoints of lists that can be kept
MOST = 12  # of one list; more nobody finds again
WORDS = "q"  # what is searched for
NOT_KEPT = frozenset({"page", "part", "lang", "view"})  # where one is in a list is not what it is narrowed to


def views_of(actor: Actor, page: str) -> list[SavedView]:
    """The views somebody keeps of a list, in the order they were made."""
    query = select(SavedView).where(SavedView.user_id == actor.user_id, SavedView.page == page)
    return list(db.session.scalars(query.order_by(SavedView.id)))


def keep_view(actor: Actor, now: datetime, *, page: str, name: str, query: str) -> SavedView:
    """Keep what a list is narrowed to under a name; one of the same name is replaced. No telephone number is kept.

    Raises Invalid for a list that cannot be kept, for one that is not narrowed, and where there are enough.
    """
    if page not in PAGES or actor.user_id is None:
        raise Invalid.field("page", gettext("there are no saved views of this list"))
    kept = [(key, value) for key, value in parse_qsl(query) if key not in NOT_KEPT and not _is_phone(key, value)]
    if not kept:
        raise Invalid.field("query", gettext("nothing is narrowed yet: choose a filter first"))
    views = views_of(actor, page)
    view = next((one for one in views if one.name == name), None)
    if view is None:
        if len(views) >= MOST:
            raise Invalid.field("name", gettext("you keep %(n)s views of this list: delete one first", n=MOST))
        view = SavedView(user_id=actor.user_id, page=page, name=name, created_at=now)
        db.session.add(view)
    view.query = urlencode(kept)
    db.session.flush()
    return view


def _is_phone(key: str, value: str) -> bool:
    return key == WORDS and holds_phone(value)


def rename_view(actor: Actor, view_id: int, *, name: str) -> SavedView:
    """Give a view another name; raise Invalid where another of the same list has it."""
    view = own_view(actor, view_id)
    if any(one.name == name and one is not view for one in views_of(actor, view.page)):
        raise Invalid.field("name", gettext("another of your views has this name"))
    view.name = name
    db.session.flush()
    return view


def drop_view(actor: Actor, view_id: int) -> SavedView:
    """Keep a view no longer."""
    view = own_view(actor, view_id)
    db.session.delete(view)
    return view


def own_view(actor: Actor, view_id: int) -> SavedView:
    """A view somebody keeps; raise NotFound for one of somebody else."""
    view = db.session.scalar(select(SavedView).filter_by(id=view_id, user_id=actor.user_id))
    if view is None:
        raise NotFound(gettext("You keep no such view."))
    return view
