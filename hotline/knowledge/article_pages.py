"""Pages of the articles: search and list, one with its history and its form, what is due, what nobody found."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_hex
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.time import utc_now
from hotline.base.web import whole_number
from hotline.knowledge import queries
from hotline.knowledge.models import Article
from hotline.knowledge.operations import record_use, retire, write_article
from hotline.knowledge.schemas import ArticleBody, KnowledgeQuery, MissBody, RetireBody
from hotline.orders.forms import SEES_ORDERS, form_data
from hotline.orders.names import Names
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs

pages = Blueprint("articles", __name__, template_folder="templates", url_prefix="/knowledge")

KEEPS = Permission.KEEP_KNOWLEDGE
SOON = timedelta(days=30)  # reviews that come up
LOOKED_BACK = timedelta(days=90)


@pages.get("")
@needs(*SEES_ORDERS)
def listed() -> ResponseReturnValue:
    """The articles in force, or those that fit what is asked for."""
    asked = KnowledgeQuery().read(
        {name: text for name in ("q", "category", "page") if (text := request.args.get(name))}
    )
    day = queries.city_day(utc_now())
    if asked["q"]:
        found = queries.look_up(asked["q"], day)
        return _page("listed", asked=asked, rows=found, page=None, day=day)
    query = queries.in_force(day).order_by(Article.category_code, Article.code)
    page = page_of(
        query.where(Article.category_code.startswith(asked["category"], autoescape=True))
        if asked["category"]
        else query,
        asked["page"],
    )
    return _page("listed", asked=asked, rows=page.rows, page=page, day=day)


@pages.get("/due")
@needs(KEEPS)
def due() -> ResponseReturnValue:
    """The articles whose unit is to look at them again, and those that come up."""
    day = queries.city_day(utc_now())
    page = page_of(queries.due_for_review(day + SOON, day), request.args.get("page", 1, int))
    return _page("due", page=page, day=day)


@pages.get("/misses")
@needs(KEEPS)
def misses() -> ResponseReturnValue:
    """The questions nobody found an article for."""
    return _page("misses", rows=queries.misses(utc_now() - LOOKED_BACK))


@pages.post("/misses")
@needs(*SEES_ORDERS)
def miss() -> ResponseReturnValue:
    """Keep that something was looked for in vain."""
    record_use(MissBody().read(form_data(MissBody))["words"], current_actor(), utc_now())
    flash(gettext("Noted: there is no article for it yet."), "done")
    return redirect(url_for("articles.listed"))


@pages.get("/new")
@needs(KEEPS)
def new() -> ResponseReturnValue:
    """A new article to fill in; its title may be the question nobody found an answer to."""
    return _form("", 0, MultiDict({"title": request.args.get("title", "")}), {})


@pages.post("/new")
@needs(KEEPS)
def add() -> ResponseReturnValue:
    """Write a new article."""
    return _write("")


@pages.get("/<code>")
@needs(*SEES_ORDERS)
def shown(code: str) -> ResponseReturnValue:
    """One article: what it says now, and all it has said."""
    return _shown(code, {})


@pages.get("/<code>/edit")
@needs(KEEPS)
def edit(code: str) -> ResponseReturnValue:
    """The form for a new revision, filled with the newest."""
    newest = queries.revisions(code)[0]
    said = {
        "title": newest.title,
        "body": newest.body,
        "unit": newest.unit_code,
        "category": newest.category_code or "",
        "source": newest.source,
        "source_number": newest.source_number,
        "valid_until": newest.valid_until.isoformat() if newest.valid_until else "",
        "review_on": newest.review_on.isoformat(),
    }
    return _form(code, newest.revision, MultiDict(said), {})


@pages.post("/<code>/edit")
@needs(KEEPS)
def revise(code: str) -> ResponseReturnValue:
    """Write a new revision."""
    queries.revisions(code)
    return _write(code)


@pages.post("/<code>/retire")
@needs(KEEPS)
def end(code: str) -> ResponseReturnValue:
    """Answer from it no more."""
    try:
        given = RetireBody().read(form_data(RetireBody))
        retire(code, current_actor(), utc_now(), revision=_read(), **given)
    except Invalid as wrong:
        return _shown(code, wrong.errors), wrong.status
    except Conflict as over:
        return _shown(code, {"reason": [over.message]}), over.status
    flash(gettext("Retired: nobody is answered from it any more."), "done")
    return redirect(url_for("articles.shown", code=code))


def _write(code: str) -> ResponseReturnValue:
    """Write a revision with what the form says, or a new article where there is no code yet."""
    try:
        with db.session.begin_nested():
            given = ArticleBody().read(form_data(ArticleBody))
            article = write_article(code or token_hex(4), current_actor(), utc_now(), revision=_read(), **given)
    except Invalid as wrong:
        return _form(code, _read(), request.form, wrong.errors), wrong.status
    except Conflict as stale:
        return _form(code, _read(), request.form, {"_": [stale.message]}), stale.status
    flash(gettext("Saved."), "done")
    return redirect(url_for("articles.shown", code=article.code))


def _read() -> int:
    """The newest revision the form was made from; 0 for an article that is new."""
    return whole_number(request.form.get("revision", "")) or 0


def _shown(code: str, errors: dict[str, list[str]]) -> str:
    day = queries.city_day(utc_now())
    past = queries.revisions(code)
    counts = queries.article_that_counts(code, day)
    return _page("article", past=past, counts=counts, day=day, used=queries.times_used(code), errors=errors)


def _form(code: str, revision: int, form: MultiDict[str, str], errors: dict[str, list[str]]) -> str:
    return _page("edit", code=code, revision=revision, given=form, errors=errors)


def _page(name: str, **shown_on_it: Any) -> str:
    may_keep = current_actor().may(KEEPS)
    return render_template(f"knowledge/{name}.html", names=Names(), may_keep=may_keep, **shown_on_it)
