"""Pages of the keywords, and a text to try them on before a change is made."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from hotline.admin.forms import NOTHING_TRIED, Tried, asked, attempt, saved, tried, version_seen
from hotline.admin.schemas import KeywordsQuery, NewKeywordForm, NothingForm, WeightForm
from hotline.admin.words import ChangeWords
from hotline.base.changes import Subject, history_of, version_of
from hotline.base.errors import Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.base.paging import page_of
from hotline.base.schemas import Schema
from hotline.orders.forms import form_data
from hotline.people.roles import Permission
from hotline.people.signin import needs
from hotline.transfer.catalogue_words import CatalogueNames
from hotline.transfer.keywords import (
    add_keyword,
    check,
    end_keyword,
    key_of,
    keyword_rows,
    keywords,
    suggest_with,
    weigh_keyword,
)
from hotline.transfer.models import Keyword
from hotline.transfer.suggestion import Suggestion, suggest

pages = Blueprint("keywords", __name__, url_prefix="/keywords", template_folder="templates")
LONGEST_TRIED = 2000


@dataclass(frozen=True, slots=True)
class Trial:
    """A text tried: what would be suggested now, and with the change a form asks for."""

    text: str
    now: Suggestion
    then: Suggestion | None


@pages.get("")
@needs(Permission.MANAGE_ROUTING)
def listed() -> ResponseReturnValue:
    """The keywords in force, by category and weight."""
    return _listed(None)


@pages.post("/try")
@needs(Permission.MANAGE_ROUTING)
def try_text() -> ResponseReturnValue:
    """What would be suggested for a text now. The text stands in no address."""
    text = _text()
    return _listed(Trial(text, suggest("", text), None) if text else None)


def _listed(trial: Trial | None) -> str:
    given = asked(KeywordsQuery)
    page = page_of(keywords(given["category"], given["q"], lost=bool(given["out"])), given["page"])
    return render_template("admin/keywords.html", page=page, asked=given, trial=trial, names=CatalogueNames())


@pages.get("/new")
@needs(Permission.MANAGE_ROUTING)
def new() -> ResponseReturnValue:
    """A keyword to fill in."""
    return _blank(NOTHING_TRIED)


@pages.post("/new")
@needs(Permission.MANAGE_ROUTING)
def add() -> ResponseReturnValue:
    """Add a keyword, or see first what it would do to a text."""
    if request.form.get("try"):
        return _tried("new", NewKeywordForm, "", "")
    done = attempt("new", NewKeywordForm, add_keyword)
    return (_blank(done), done.status) if isinstance(done, Tried) else _done(done)


@pages.get("/<category>/<word>")
@needs(Permission.MANAGE_ROUTING)
def shown(category: str, word: str) -> ResponseReturnValue:
    """One keyword: its weight, the forms that change it, every row it had, what was changed."""
    return _shown(category, word)


@pages.post("/<category>/<word>")
@needs(Permission.MANAGE_ROUTING)
def weigh(category: str, word: str) -> ResponseReturnValue:
    """Give it another weight, or see first what that would do to a text."""
    if request.form.get("try"):
        return _tried("weigh", WeightForm, category, word)
    known = {"category": category, "word": word, "expected": version_seen()}
    done = attempt("weigh", WeightForm, weigh_keyword, **known)
    return (_shown(category, word, done), done.status) if isinstance(done, Tried) else _done(done)


@pages.post("/<category>/<word>/end")
@needs(Permission.MANAGE_ROUTING)
def end(category: str, word: str) -> ResponseReturnValue:
    """Let it speak for its category no more."""
    done = attempt("end", NothingForm, end_keyword, category=category, word=word, expected=version_seen())
    return (_shown(category, word, done), done.status) if isinstance(done, Tried) else _done(done)


def _tried(name: str, schema: type[Schema], category: str, word: str) -> ResponseReturnValue:
    """The form again, with what its change would do to a text."""
    text = _text()
    try:
        given = {"category": category, "word": word, **schema().read(form_data(schema))}
        check(given["word"], given["weight"])
    except Invalid as wrong:
        refused = tried(name, wrong)
        return (_shown(category, word, refused) if category else _blank(refused)), refused.status
    trial = None
    if text:
        then = suggest_with(text, [(given["word"], given["category"], given["weight"])])
        trial = Trial(text, suggest("", text), then)
    kept = Tried(name, request.form)
    return _shown(category, word, kept, trial) if category else _blank(kept, trial)


def _text() -> str:
    return request.form.get("text", "").strip()[:LONGEST_TRIED]


def _done(row: Keyword) -> ResponseReturnValue:
    return saved(category=row.category_code, word=row.keyword)


def _blank(given: Tried, trial: Trial | None = None) -> str:
    return render_template("admin/keyword_new.html", tried=given, trial=trial, names=CatalogueNames())


def _shown(category: str, word: str, given: Tried = NOTHING_TRIED, trial: Trial | None = None) -> str:
    rows, key = keyword_rows(category, word), key_of(category, word)
    if not rows:
        raise NotFound(gettext("There is no such keyword."))
    return render_template(
        "admin/keyword.html",
        row=rows[0],
        rows=rows,
        version=version_of(Subject.KEYWORD, key),
        history=history_of(Subject.KEYWORD, key),
        words=ChangeWords(),
        tried=given,
        trial=trial,
        names=CatalogueNames(),
    )
