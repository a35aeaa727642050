"""The API of the articles: search, one with its history, write, retire."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.paging import page_of
from hotline.base.rest import answer, expected_version
from hotline.base.time import utc_now
from hotline.knowledge.models import Article
from hotline.knowledge.operations import retire, write_article
from hotline.knowledge.queries import article_that_counts, city_day, in_force, revisions, search_articles
from hotline.knowledge.schemas import ArticleBody, KnowledgeQuery, RetireBody
from hotline.orders.forms import SEES_ORDERS
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs

api = Blueprint("knowledge_api", __name__, url_prefix="/api/v1/knowledge", description="What may be answered")

AT_ONCE = 100  # articles of a page
BEST = 10  # of those that fit a question


@api.get("")
@needs(*SEES_ORDERS)
@api.arguments(KnowledgeQuery, location="query")
@api.response(200)
def list_articles(query: dict[str, Any]) -> Response:
    """The articles in force; with a question, those that fit it, best first, each with its score and the words shared."""
    day = city_day(utc_now())
    if query["q"]:
        fits = search_articles(query["q"], day, category=query["category"] or None, limit=BEST)
        rows = [{**_article(fit.article), "score": fit.score, "words": fit.words} for fit in fits]
        return answer({"articles": rows, "page": 1, "total": len(rows)})
    found = in_force(day).order_by(Article.code)
    if query["category"]:
        found = found.where(Article.category_code.startswith(query["category"], autoescape=True))
    page = page_of(found, query["page"], AT_ONCE)
    return answer({"articles": [_article(one) for one in page.rows], "page": page.number, "total": page.total})


@api.get("/<code>")
@needs(*SEES_ORDERS)
@api.response(200)
def one_article(code: str) -> Response:
    """An article: the revision that counts, and all there are, the newest first. Its ETag is for If-Match."""
    return _answer(code)


@api.put("/<code>")
@needs(Permission.KEEP_KNOWLEDGE)
@api.arguments(ArticleBody)
@api.response(200)
def put_article(body: dict[str, Any], code: str) -> Response:
    """Write an article, or a new revision of it; those before it stay."""
    write_article(code, current_actor(), utc_now(), revision=expected_version(), **body)
    return _answer(code)


@api.delete("/<code>")
@needs(Permission.KEEP_KNOWLEDGE)
@api.arguments(RetireBody, location="query")
@api.response(200)
def delete_article(query: dict[str, Any], code: str) -> Response:
    """Answer from it no more; its history stays."""
    retire(code, current_actor(), utc_now(), revision=expected_version(), **query)
    return _answer(code)


def _answer(code: str) -> Response:
    past = revisions(code)
    counts = article_that_counts(code, city_day(utc_now()))
    return answer(
        {
            "version": past[0].revision,
            "in_force": _article(counts) if counts else None,
            "history": [_article(one) for one in past],
        }
    )


def _article(one: Article) -> dict[str, Any]:
    until = one.valid_until.isoformat() if one.valid_until else None
    return {
        "code": one.code,
        "revision": one.revision,
        "title": one.title,
        "body": one.body,
        "unit": one.unit_code,
        "category": one.category_code,
        "source": one.source,
        "source_number": one.source_number,
        "valid_from": one.valid_from.isoformat(),
        "valid_until": until,
        "review_on": one.review_on.isoformat(),
        "active": one.active,
        "origin": one.origin,
        "reason": one.reason,
        "changed_by": one.changed_by,
        "changed_at": one.changed_at,
    }
