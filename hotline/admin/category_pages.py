"""Pages of the categories."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from hotline.admin.forms import NOTHING_TRIED, Tried, asked, attempt, saved, version_seen
from hotline.admin.leaving import against_category, retire_category
from hotline.admin.schemas import CategoryForm, NewCategoryForm, SwitchForm, TreeQuery
from hotline.admin.words import ChangeWords
from hotline.base.changes import Subject, history_of, version_of
from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.orders.categories import LEVEL, add_category, change_category, next_code
from hotline.orders.models import Category
from hotline.people.roles import Permission
from hotline.people.signin import needs
from hotline.transfer.catalogue_check import require_default_unit
from hotline.transfer.catalogue_words import CatalogueNames
from hotline.transfer.models import Keyword

pages = Blueprint("categories", __name__, url_prefix="/categories", template_folder="templates")
DEEPEST = 3 * LEVEL


@pages.get("")
@needs(Permission.ADMINISTER)
def listed() -> ResponseReturnValue:
    """The tree of categories, one of the first level at a time; or those that fit words, or the code of a default unit."""
    given, every = asked(TreeQuery), list(db.session.scalars(select(Category).order_by(Category.code)))
    tops = [one for one in every if len(one.code) == LEVEL]
    top = given["top"] or ("" if given["q"] else next((one.code for one in tops), ""))
    rows = [
        one
        for one in every
        if one.code.startswith(top) and (one.active or given["out"]) and _fits(one, given["q"].casefold())
    ]
    return render_template(
        "admin/categories.html", rows=rows, tops=tops, top=top, asked=given, words=_keywords(), names=CatalogueNames()
    )


def _fits(category: Category, words: str) -> bool:
    if not words or words == category.default_unit:
        return True
    return category.code.startswith(words) or words in f"{category.name} {category.name_en}".casefold()


def _keywords() -> dict[str, int]:
    """How many keywords speak for each category."""
    query = select(Keyword.category_code, func.count()).where(Keyword.valid_to.is_(None))
    return {str(row[0]): int(row[1]) for row in db.session.execute(query.group_by(Keyword.category_code))}


@pages.get("/new")
@needs(Permission.ADMINISTER)
def new() -> ResponseReturnValue:
    """A category to fill in, below the one the address names."""
    return _blank(NOTHING_TRIED)


@pages.post("/new")
@needs(Permission.ADMINISTER)
def add() -> ResponseReturnValue:
    """Add a category."""
    done = attempt("new", NewCategoryForm, _add)
    return (_blank(done), done.status) if isinstance(done, Tried) else _done(done.code, done)


def _add(*, default_unit: str, **given: object) -> Category:
    require_default_unit(default_unit)
    return add_category(default_unit=default_unit, **given)  # type: ignore[arg-type]  # what the form has read


@pages.get("/<code>")
@needs(Permission.ADMINISTER)
def shown(code: str) -> ResponseReturnValue:
    """One category: what it is, what leads to it, the forms that change it, what was changed."""
    return _shown(code)


@pages.post("/<code>")
@needs(Permission.ADMINISTER)
def change(code: str) -> ResponseReturnValue:
    """Change a category."""
    return _done(code, attempt("change", CategoryForm, _change, code=code, expected=version_seen()))


def _change(*, default_unit: str, **given: object) -> Category:
    require_default_unit(default_unit)
    return change_category(default_unit=default_unit, **given)  # type: ignore[arg-type]  # what the form has read


@pages.post("/<code>/active")
@needs(Permission.ADMINISTER)
def switch(code: str) -> ResponseReturnValue:
    """Take a category out of use, or into use again."""
    return _done(code, attempt("switch", SwitchForm, retire_category, code=code, expected=version_seen()))


def _done(code: str, done: Category | Tried) -> ResponseReturnValue:
    if isinstance(done, Tried):
        return _shown(code, done), done.status
    return saved(code=code)


def _blank(tried: Tried) -> str:
    above = request.args.get("above", "")[: DEEPEST - LEVEL]
    return render_template(
        "admin/category_new.html", tried=tried, above=above, code=next_code(above), names=CatalogueNames()
    )


def _shown(code: str, tried: Tried = NOTHING_TRIED) -> str:
    category = db.session.get(Category, code)
    if category is None:
        raise NotFound(gettext("There is no such category."))
    return render_template(
        "admin/category.html",
        category=category,
        deepest=len(code) == DEEPEST,
        standing=against_category(code),
        version=version_of(Subject.CATEGORY, code),
        history=history_of(Subject.CATEGORY, code),
        words=ChangeWords(),
        tried=tried,
        names=CatalogueNames(),
    )
