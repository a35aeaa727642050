"""Verbs on keywords: a word speaks for a category with a weight. A row ends, it is not changed or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from hotline.base.changes import Subject, record_change, require_version
from hotline.base.db import db, forget_kept, take_turns
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.orders.models import Category
from hotline.orders.queries import require_category
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.transfer.classifier import Classifier
from hotline.transfer.models import Keyword
from hotline.transfer.queries import category_model, hand_keywords, routing
from hotline.transfer.suggestion import Suggestion, suggest

LEAST, MOST = 0.5, 100.0


def keywords(category: str = "", words: str = "", *, lost: bool = False) -> Select[tuple[Keyword]]:
    """The keywords in force, by category and weight, narrowed to a category with all below it and to a part of the word.

    lost: only those whose category is not in use.
    """
    query: Select[Any] = select(Keyword).where(Keyword.valid_to.is_(None))
    if category:
        query = query.where(Keyword.category_code.startswith(category, autoescape=True))
    if words:
        query = query.where(Keyword.keyword.icontains(words, autoescape=True))
    if lost:
        query = query.where(Keyword.category_code.not_in(select(Category.code).filter_by(active=True)))
    return query.order_by(Keyword.category_code, Keyword.weight.desc(), Keyword.keyword)


def keyword_rows(category: str, word: str) -> list[Keyword]:
    """Every row a word ever had for a category, the newest first."""
    query = select(Keyword).filter_by(category_code=category, keyword=word)
    return list(db.session.scalars(query.order_by(Keyword.valid_from.desc(), Keyword.id.desc())))


def key_of(category: str, word: str) -> str:
    """What the record of changes calls a keyword."""
    return f"{category}:{word}"


def add_keyword(category: str, word: str, weight: float, actor: Actor, now: datetime) -> Keyword:
    """Let a word speak for a category from now on. Raises Invalid where it does already."""
    actor.require(Permission.MANAGE_ROUTING)
    hold_keywords()
    require_category(category)
    check(word, weight)
    if _current(category, word) is not None:
        raise Invalid.field("word", gettext("speaks for this category already; change its weight"))
    return _lay_down(None, Keyword(keyword=word, category_code=category, weight=weight, origin="hand"), actor, now)


def weigh_keyword(
    category: str, word: str, weight: float, actor: Actor, now: datetime, *, expected: int | None = None
) -> Keyword:
    """Give a keyword another weight: its row ends and another begins. Raises Stale where somebody changed it since."""
    current = _held(category, word, actor, expected)
    check(word, weight)
    if current.weight == weight and current.origin == "hand":
        return current
    return _lay_down(current, Keyword(keyword=word, category_code=category, weight=weight, origin="hand"), actor, now)


def end_keyword(category: str, word: str, actor: Actor, now: datetime, *, expected: int | None = None) -> Keyword:
    """Let a word speak for a category no more. Raises Conflict where it does not."""
    current = _held(category, word, actor, expected)
    _end(current, now)
    record_change(actor, Subject.KEYWORD, key_of(category, word), word, now, before=keyword_facts(current))
    return current


def suggest_with(text: str, changed: Iterable[tuple[str, str, float]]) -> Suggestion:
    """What would be suggested for a text, were some keywords of other weights; a weight of zero: were they not there."""
    others = {(word, category): weight for word, category, weight in hand_keywords()}
    others.update({(word, category): weight for word, category, weight in changed})
    rows = [(word, category, weight) for (word, category), weight in others.items() if weight]
    return suggest("", text, tables=replace(routing(), classifier=Classifier(category_model(), rows)))


def keyword_facts(row: Keyword) -> dict[str, Any]:
    """What the record of changes says of a keyword."""
    return {"weight": row.weight, "origin": row.origin}


def check(word: str, weight: float) -> None:
    """Raise Invalid for a word or a weight that would do harm."""
    if len(word) < 2 and word.isascii():  # noqa: PLR2004 # one letter stands in every text
        raise Invalid.field("word", gettext("is too short; it would be found everywhere"))
    if not LEAST <= weight <= MOST:
        raise Invalid.field(
            "weight", gettext("give a number from %(least)s to %(most)s", least=f"{LEAST:g}", most=f"{MOST:g}")
        )


def hold_keywords() -> None:
    """Let nobody else change the keywords until the transaction ends."""
    take_turns("keywords")


def _lay_down(before: Keyword | None, row: Keyword, actor: Actor, now: datetime) -> Keyword:
    if before is not None:
        _end(before, now)
    row.valid_from = now
    db.session.add(row)
    db.session.flush()
    forget_kept()
    old, new = (None if one is None else keyword_facts(one) for one in (before, row))
    key = key_of(row.category_code, row.keyword)
    record_change(actor, Subject.KEYWORD, key, row.keyword, now, before=old, after=new)
    return row


def _end(row: Keyword, now: datetime) -> None:
    row.valid_to = now
    db.session.flush()
    forget_kept()


def _current(category: str, word: str) -> Keyword | None:
    return db.session.scalar(select(Keyword).filter_by(category_code=category, keyword=word, valid_to=None))


def _held(category: str, word: str, actor: Actor, expected: int | None) -> Keyword:
    actor.require(Permission.MANAGE_ROUTING)
    hold_keywords()
    current = _current(category, word)
    require_version(Subject.KEYWORD, key_of(category, word), expected)
    if current is None:
        raise Conflict(gettext("This keyword is not in force any more."))
    return current
