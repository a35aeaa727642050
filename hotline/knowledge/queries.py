"""What knowledge is asked: the article that counts, those that fit a question, what is due, what nobody found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from math import log
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from hotline.base.db import database_name, db, kept
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.knowledge.models import Article, Use
from hotline.orders import search
from hotline.orders.models import Order
from hotline.policy import queries as policies

# A title's words say what an article is for: they weigh more, and how much of them a question speaks of is the fit.
IN_TITLE = 3.0
FITS = 0.45  # the share of the title's weight below which an article is not offered
# Added where the order is of the article's category, of one beside it, or of another altogether.
SAME_MATTER, SAME_FIELD, OTHER_FIELD = 0.2, 0.1, -0.2
COMPARED = 60
SHORTEST = 2  # characters; a single one stands in anything
FIELD = 4  # digits of a category's code that its neighbours share


@dataclass(frozen=True, slots=True)
class Fit:
    """An article that fits a question, how well (about 1: all its title speaks of), and the words they share."""

    article: Article
    score: float
    words: tuple[str, ...]


def city_day(now: datetime) -> date:
    """The day it is in the city."""
    return now.astimezone(policies.calendar_now().zone).date()


def in_force(day: date) -> Select[Any]:
    """The articles that may be answered from on a day, each in the revision that counts."""
    begun = select(Article).where(Article.valid_from <= day).ext(distinct_on(Article.code))
    counts = aliased(Article, begun.order_by(Article.code, Article.revision.desc()).subquery())
    holds = counts.active & (counts.valid_until.is_(None) | (counts.valid_until >= day))
    return select(Article).join(counts, Article.id == counts.id).where(holds)


def revisions(code: str) -> list[Article]:
    """An article's revisions, the newest first; raise NotFound where there is none."""
    found = list(db.session.scalars(select(Article).filter_by(code=code).order_by(Article.revision.desc())))
    if not found:
        raise NotFound(gettext("There is no such article."))
    return found


def article_that_counts(code: str, day: date) -> Article | None:
    """The revision of an article that may be answered from on a day."""
    found: Article | None = db.session.scalar(in_force(day).where(Article.code == code))
    return found


def search_articles(text: str, day: date, *, category: str | None = None, limit: int = 3) -> list[Fit]:
    """The articles in force that fit a question, best first; none where nothing fits well enough."""
    asked = [word for word in search.words(text) if len(word) >= SHORTEST]
    if not asked:
        return []
    found = in_force(day).where(Article.search.op("@@")(search.any_of(asked)))
    near = func.ts_rank(Article.search, search.any_of(asked)).desc()
    candidates = list(db.session.scalars(found.order_by(near, Article.id).limit(COMPARED)))
    weights = _weights()
    fits = (_fit(one, frozenset(asked), weights, category or "") for one in candidates)
    good = [fit for fit in fits if fit.score >= FITS]
    return sorted(good, key=lambda fit: (-fit.score, fit.article.code))[:limit]


def look_up(text: str, day: date, limit: int = 50) -> list[Article]:
    """The articles in force that fit a question, then those that hold every word of it."""
    fits = [fit.article for fit in search_articles(text, day, limit=limit)]
    holds = in_force(day).where(search.matches(Article.search, text)).order_by(Article.code).limit(limit)
    return list(dict.fromkeys([*fits, *db.session.scalars(holds)]))[:limit]


def articles_for(order: Order, now: datetime) -> list[Fit]:
    """The articles an order may be answered from, best first."""
    return search_articles(f"{order.title}。{order.text}", city_day(now), category=order.category_code)


def _fit(article: Article, asked: frozenset[str], weights: Mapping[str, float], category: str) -> Fit:
    title, body = _words(article.title), _words(article.body)
    whole = sum(weights[word] for word in title) or 1.0
    shared = [word for word in asked if word in title]
    score = sum(weights[word] for word in shared) / whole
    if shared:
        score += sum(weights[word] for word in asked & body - title) / whole / IN_TITLE
    if category and (own := article.category_code):
        near = SAME_FIELD if category[:FIELD] == own[:FIELD] else OTHER_FIELD
        score += SAME_MATTER if category == own else near
    return Fit(article, score, tuple(sorted(shared, key=lambda word: -weights[word])))


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in search.words(text) if len(word) >= SHORTEST)


def _weights() -> Mapping[str, float]:
    """How much each word tells: one that stands in every article tells next to nothing."""
    newest = kept("newest article", lambda: db.session.scalar(select(func.max(Article.id))) or 0)
    return _weights_up_to(database_name(), newest)


@lru_cache(maxsize=4)
def _weights_up_to(_database: str, newest: int) -> Mapping[str, float]:
    """Counted over all revisions, once for each that is written."""
    written = select(func.unnest(func.tsvector_to_array(Article.search)).label("word")).where(Article.id <= newest)
    word = written.subquery().c.word
    rows = db.session.execute(select(word, func.count()).group_by(word)).all()
    total = db.session.scalar(select(func.count()).select_from(Article).where(Article.id <= newest)) or 0
    return defaultdict(lambda: log(2 + total), {word: log((2 + total) / (1 + count)) for word, count in rows})


def known_sources(day: date) -> list[str]:
    """The documents the articles in force on a day rest on, by title and by number: what a reply may cite."""

    def read() -> list[str]:
        rows = db.session.execute(in_force(day).with_only_columns(Article.source, Article.source_number).distinct())
        return [one.strip() for row in rows for text in row for one in text.split("；") if one.strip()]

    return kept(f"known sources {day}", read)


def due_for_review(until: date, day: date) -> Select[tuple[Article]]:
    """The articles in force whose unit is to look at them again by a day, the longest due first."""
    return in_force(day).where(Article.review_on <= until).order_by(Article.review_on, Article.code)


@dataclass(frozen=True, slots=True)
class Miss:
    """A question nobody found an article for: how often since, when last, and the newest order with it."""

    words: str
    times: int
    last: datetime
    number: str | None
    offered: int


def misses(since: datetime, limit: int = 100) -> list[Miss]:
    """The questions no article was used for, the most frequent first."""
    found = (
        select(Use.words, func.count(), func.max(Use.at), func.max(Order.number), func.max(Use.offered))
        .outerjoin(Order, Order.id == Use.order_id)
        .where(Use.article_id.is_(None), Use.at >= since)
        .group_by(Use.words)
        .order_by(func.count().desc(), func.max(Use.at).desc())
        .limit(limit)
    )
    return [Miss(*row) for row in db.session.execute(found)]


def times_used(code: str) -> int:
    """How often citizens were answered from an article, in whatever revision."""
    used = select(func.count()).select_from(Use).join(Article).where(Article.code == code)
    return db.session.scalar(used) or 0
