"""Verbs of knowledge: write an article, retire it, answer from it, keep what was looked for in vain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hotline.base.changes import Subject, record_change, record_file
from hotline.base.db import db, forget_kept
from hotline.base.errors import Conflict, Invalid, Stale
from hotline.base.i18n import gettext
from hotline.knowledge.models import Article, Use
from hotline.knowledge.queries import article_that_counts, articles_for, city_day
from hotline.knowledge.replying import stand_by
from hotline.orders import search
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act, ready
from hotline.orders.queries import require_category
from hotline.people.actors import SYSTEM, Actor
from hotline.people.queries import require_units
from hotline.people.roles import Permission

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
RESERVED = frozenset({"new", "due", "misses"})  # pages of the same address
SAID = (
    "title",
    "body",
    "category_code",
    "unit_code",
    "source",
    "source_number",
    "valid_from",
    "valid_until",
    "review_on",
)


def write_article(
    code: str,
    actor: Actor,
    now: datetime,
    *,
    title: str,
    body: str,
    unit: str,
    review_on: date,
    reason: str,
    category: str = "",
    source: str = "",
    source_number: str = "",
    valid_from: date | None = None,
    valid_until: date | None = None,
    revision: int | None = None,
) -> Article:
    """Write an article, or a new revision of one; those before it stay. Without a first day it counts from today.

    revision: the newest one the writer has read, 0 where there was none; Stale where another has come since.
    """
    actor.require(Permission.KEEP_KNOWLEDGE)
    if not CODE.fullmatch(code) or code in RESERVED:
        raise Invalid.field("code", gettext("give letters, digits and hyphens, e.g. gongjijin-01"))
    require_units(unit)
    if category:
        require_category(category)
    first = valid_from or city_day(now)
    if valid_until is not None and valid_until < first:
        raise Invalid.field("valid_until", gettext("it ends before it begins"))
    said = {
        "title": title,
        "body": body,
        "category_code": category or None,
        "unit_code": unit,
        "source": source,
        "source_number": source_number,
        "valid_from": first,
        "valid_until": valid_until,
        "review_on": review_on,
    }
    return _revise(code, _newest(code, revision), actor, now, reason, said)


def retire(code: str, actor: Actor, now: datetime, *, reason: str, revision: int | None = None) -> Article:
    """Answer from an article no more, from now on."""
    actor.require(Permission.KEEP_KNOWLEDGE)
    newest = _newest(code, revision)
    if newest is None or not newest.active:
        raise Conflict(gettext("There is no such article in force."))
    said = {name: getattr(newest, name) for name in SAID}
    ends = {"valid_from": min(newest.valid_from, city_day(now)), "active": False}
    return _revise(code, newest, actor, now, reason, {**said, **ends})


def _newest(code: str, read: int | None) -> Article | None:
    """The newest revision, held until the transaction ends; two that write the first one meet in its unique number."""
    found = db.session.scalar(
        select(Article).filter_by(code=code).order_by(Article.revision.desc()).limit(1).with_for_update()
    )
    present = found.revision if found else 0
    if read is not None and read != present:
        raise Stale(gettext("Somebody has changed this article meanwhile. Look at it again."), present)
    return found


def _revise(
    code: str, before: Article | None, actor: Actor, now: datetime, reason: str, said: Mapping[str, Any]
) -> Article:
    article = Article(
        code=code,
        revision=before.revision + 1 if before else 1,
        origin="file" if actor is SYSTEM else "page",
        reason=reason.strip(),
        changed_by=actor.name,
        changed_at=now,
        search=search.vector(said["title"], said["body"]),
        **{"active": True, **said},
    )
    try:
        with db.session.begin_nested():
            db.session.add(article)
            db.session.flush()
    except IntegrityError as same_number:  # two have written at the same moment
        raise Stale(
            gettext("Somebody has changed this article meanwhile. Look at it again."), article.revision
        ) from same_number
    forget_kept()
    if actor is not SYSTEM:
        facts = [_facts(one) if one else None for one in (before, article)]
        record_change(
            actor, Subject.ARTICLE, code, article.title, now, before=facts[0], after=facts[1], reason=article.reason
        )
    return article


def _facts(article: Article) -> dict[str, Any]:
    """What the record of changes says of an article; what its answer said, its revisions keep."""
    facts = {"revision": article.revision, "title": article.title, "active": article.active}
    facts |= {"category": article.category_code, "unit": article.unit_code, "source": article.source}
    return {**facts, "review_on": article.review_on.isoformat()}


def load_articles(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Write what a city's file says where it says something new; return how many rows were read.

    What people have changed since stands until the file itself changes. Raises Invalid for a row that names a unit or
    category the city does not have, or a day that is none.
    """
    said = [(row["code"], _of_file(row)) for row in rows]
    with record_file(Subject.ARTICLE, _newest_facts, now):
        _write_of_file(said, now)
    return len(said)


def _newest_facts() -> dict[str, tuple[str, dict[str, Any]]]:
    newest = db.session.scalars(select(Article).order_by(Article.code, Article.revision))
    return {article.code: (article.title, _facts(article)) for article in newest}


def _write_of_file(said: Iterable[tuple[str, dict[str, Any]]], now: datetime) -> None:
    for code, article in said:
        old = select(Article).filter_by(code=code, origin="file").order_by(Article.revision.desc()).limit(1)
        before = db.session.scalar(old)
        if before is None or any(getattr(before, name) != article[name] for name in SAID):
            _revise(code, _newest(code, None), SYSTEM, now, "", article)


def _of_file(row: Mapping[str, str]) -> dict[str, Any]:
    try:
        days: dict[str, date | None] = {name: date.fromisoformat(row[name]) for name in ("valid_from", "review_on")}
        days["valid_until"] = date.fromisoformat(row["valid_until"]) if row["valid_until"] else None
    except ValueError as wrong:
        raise Invalid.field(f"article {row['code']}", str(wrong)) from wrong
    require_units(row["unit"])
    if row["category"]:
        require_category(row["category"])
    texts = {name: row[name] for name in ("title", "body", "source", "source_number")}
    return {**texts, "unit_code": row["unit"], "category_code": row["category"] or None, **days}


def record_use(
    words: str,
    actor: Actor,
    now: datetime,
    *,
    order: Order | None = None,
    article: Article | None = None,
    offered: int = 0,
) -> Use:
    """Keep what became of looking for an article: the one used, or none of those offered."""
    use = Use(
        order_id=order.id if order else None,
        words=words[:200],
        article_id=article.id if article else None,
        offered=offered,
        by=actor.name,
        at=now,
    )
    db.session.add(use)
    db.session.flush()
    return use


def answer_directly(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    public_reply: str,
    article: str = "",
    anyway: bool = False,
    version: int | None = None,
) -> Event:
    """Answer at once what needs no unit (直接答复); whether knowledge served is kept.

    article: the revision of an article it was answered from (``code:revision``), if any. anyway: send it although
    something was found in it that is only asked about. Raises Invalid where the answer is not to be sent so.
    """
    ready(order, Action.ANSWER, actor, now, version=version)
    used = _taken(article, now) if article else None
    said = stand_by(order, public_reply, actor, now, anyway=anyway)
    if used is not None:
        said["article"] = {"code": used.code, "revision": used.revision}
    event = act(order, Action.ANSWER, actor, now, version=version, public_reply=public_reply.strip(), **said)
    record_use(order.title, actor, now, order=order, article=used, offered=len(articles_for(order, now)))
    return event


def _taken(key: str, now: datetime) -> Article:
    code, _, revision = key.partition(":")
    article = article_that_counts(code, city_day(now))
    if article is None or str(article.revision) != revision:
        raise Invalid.field("article", gettext("this article has been changed or retired meanwhile; look at it again"))
    return article
