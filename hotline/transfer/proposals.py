"""Verbs of learning: propose what corrections speak for, accept it, refuse it. Nothing is learned without a person."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from hotline.base.changes import Subject, record_change
from hotline.base.db import db, forget_kept, take_turns
from hotline.base.errors import Conflict, Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.people.actors import Actor
from hotline.transfer.classifier import SILENT
from hotline.transfer.keywords import key_of
from hotline.transfer.lessons import lessons
from hotline.transfer.models import Keyword, Origin, Proposal
from hotline.transfer.proposing import Lesson, Proposed, propose_keywords, propose_rows
from hotline.transfer.queries import routing
from hotline.transfer.revise import hold_catalogue, revise_row
from hotline.transfer.scan import fold

LOOKS_BACK = timedelta(days=90)
LEAST = 3  # corrected orders a proposal needs; one alone is an exception


def propose(now: datetime, *, since: datetime | None = None, least: int = LEAST) -> list[Proposal]:
    """Propose what the corrections since an instant (90 days ago) speak for; give the open proposals that changed.

    What a person has decided is proposed again only for orders that came in after that.
    """
    if least < 1:
        raise Invalid.field("least", gettext("must be at least 1"))
    # One look at a time: two would lay the same proposal open.
    take_turns("proposals")
    decided = _decided()
    known = lessons(since or now - LOOKS_BACK)
    found = [*_keywords(known, least), *_rows(known, least)]
    received = {lesson.id: lesson.received_at for lesson in known}
    fresh = (_after(one, decided.get(one.key), received) for one in found)
    open_ones = {one.key: one for one in db.session.scalars(select(Proposal).where(Proposal.decided_at.is_(None)))}
    enough = (one for one in fresh if len(one.orders) >= least or (one.orders and one.body.get("ruled")))
    changed = [_lay_open(one, open_ones.get(one.key), now) for one in enough]
    db.session.flush()
    return changed


def _keywords(known: list[Lesson], least: int) -> list[Proposed]:
    speaks: dict[str, set[str]] = defaultdict(set)
    for keyword, category in db.session.execute(
        select(Keyword.keyword, Keyword.category_code).where(Keyword.valid_to.is_(None))
    ):
        speaks[fold(keyword)].add(category)
    places = routing().gazetteer

    def is_known(word: str, category: str) -> bool:
        return category in speaks[word] or bool(places.find(word).names)

    return propose_keywords(known, words_of, is_known, least)


def words_of(text: str) -> set[str]:
    """The words of a text that may be keywords: jieba's, without what everybody writes."""
    import jieba

    jieba.setLogLevel(60)
    words = jieba.cut(SILENT.sub("\n", fold(text)))
    return {word for word in words if word.isalnum() and not word.isdigit()}


def _rows(known: list[Lesson], least: int) -> list[Proposed]:
    catalogue = routing().catalogue
    return propose_rows(known, lambda category, district: catalogue.assign(category, district, None), least)


def _decided() -> dict[str, datetime]:
    """When each proposal was last decided."""
    last = select(Proposal.key, func.max(Proposal.decided_at)).group_by(Proposal.key)
    return {key: at for key, at in db.session.execute(last) if at is not None}


def _after(one: Proposed, decided: datetime | None, received: dict[int, datetime]) -> Proposed:
    if decided is None:
        return one
    return Proposed(one.kind, one.key, one.body, tuple(id_ for id_ in one.orders if received[id_] > decided))


def _lay_open(one: Proposed, before: Proposal | None, now: datetime) -> Proposal:
    proposal = before or Proposal(kind=one.kind, key=one.key, made_at=now)
    proposal.body, proposal.orders = dict(one.body), list(one.orders)
    db.session.add(proposal)
    return proposal


def open_proposals() -> list[Proposal]:
    """What waits for a decision, the most orders first."""
    waiting = select(Proposal).where(Proposal.decided_at.is_(None))
    return list(db.session.scalars(waiting.order_by(func.cardinality(Proposal.orders).desc(), Proposal.id)))


def decided_proposals(limit: int) -> list[Proposal]:
    """What was decided last."""
    past = select(Proposal).where(Proposal.decided_at.is_not(None))
    return list(db.session.scalars(past.order_by(Proposal.decided_at.desc(), Proposal.id.desc()).limit(limit)))


def accept(proposal_id: int, actor: Actor, now: datetime, *, reason: str = "") -> Proposal:
    """Put what is proposed in force: a keyword, or a row of the catalogue with the orders as its precedent.

    Raises NotFound, Conflict where it has been decided, Invalid where the catalogue cannot take the row.
    """
    proposal = _held(proposal_id)
    if proposal.kind == "keyword":
        _accept_keyword(proposal.body, actor, now)
    else:
        _accept_row(proposal.body, actor, now, reason)
    return _decide(proposal, "accepted", actor, now, reason)


def refuse(proposal_id: int, actor: Actor, now: datetime, *, reason: str) -> Proposal:
    """Decide that it stays as it is. Raises NotFound, Conflict where it has been decided, Invalid without a reason."""
    if not reason.strip():
        raise Invalid.field("reason", gettext("is required"))
    return _decide(_held(proposal_id), "refused", actor, now, reason)


def _accept_keyword(body: dict[str, Any], actor: Actor, now: datetime) -> None:
    current = select(Keyword.id).filter_by(keyword=body["keyword"], category_code=body["category"], valid_to=None)
    if db.session.scalar(current) is None:
        word = Keyword(keyword=body["keyword"], category_code=body["category"], weight=body["weight"])
        word.origin, word.valid_from = "learned", now
        db.session.add(word)
        db.session.flush()
        forget_kept()
        after = {"weight": word.weight, "origin": word.origin}
        record_change(actor, Subject.KEYWORD, key_of(word.category_code, word.keyword), word.keyword, now, after=after)


def _accept_row(body: dict[str, Any], actor: Actor, now: datetime, reason: str) -> None:
    hold_catalogue()
    forget_kept()
    catalogue = routing().catalogue
    led = catalogue.assign(body["category"], body["district"], None)
    if (led.lead if led else "") != body["before"]:
        raise Conflict(gettext("The catalogue has been changed since this was proposed; refuse it, or change the row."))
    row = catalogue.entry(body["category"], body["district"])
    ruled = gettext(", ").join(body["ruled"])
    precedent = gettext("Rulings: %(orders)s", orders=ruled) if ruled else gettext("Dispatchers' corrections")
    revise_row(
        body["category"],
        body["district"],
        lead=body["lead"],
        assist=[code for code in row.assist if code != body["lead"]] if row else (),
        copy=[code for code in row.copy if code != body["lead"]] if row else (),
        power=row.power if row else "",
        basis=precedent[:200],
        actor=actor,
        now=now,
        reason=reason.strip() or precedent[:500],
        origin=Origin.RULING,
    )


def _held(proposal_id: int) -> Proposal:
    """An open proposal nobody else can decide now."""
    proposal = db.session.get(Proposal, proposal_id, with_for_update=True, populate_existing=True)
    if proposal is None:
        raise NotFound(gettext("There is no such proposal."))
    if proposal.decided_at is not None:
        raise Conflict(gettext("This proposal has been decided by %(name)s.", name=proposal.decided_by))
    return proposal


def _decide(proposal: Proposal, decision: str, actor: Actor, now: datetime, reason: str) -> Proposal:
    proposal.decision, proposal.decided_at, proposal.decided_by = decision, now, actor.name
    proposal.reason = reason.strip()
    db.session.flush()
    return proposal
