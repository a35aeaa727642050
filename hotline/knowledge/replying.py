"""The check of replies, with what an order and the city's words give it."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import current_app

from hotline.base.errors import Invalid
from hotline.base.i18n import gettext, label
from hotline.knowledge.queries import city_day, known_sources
from hotline.orders.models import Order
from hotline.orders.reply_check import WHY, Asked, Hit, Rule, Words, check_reply, read_words
from hotline.orders.sight import hides_requester
from hotline.people.actors import Actor
from hotline.transfer.merging import children


def reply_hits(order: Order, reply: str, actor: Actor, now: datetime) -> tuple[Hit, ...]:
    """What is wrong with a reply to an order, as far as its writer may know what it is compared with."""
    return check_reply(reply, _asked(order, actor), _words(), known_sources(city_day(now))) if reply.strip() else ()


def stand_by(order: Order, reply: str, actor: Actor, now: datetime, *, anyway: bool) -> dict[str, Any]:
    """What its event keeps of a reply's check: the rules its writer stands against. Raises Invalid where it cannot be sent.

    anyway: the writer has seen what was found, and sends it as it is; personal data is not sent even then.
    """
    hits = reply_hits(order, reply, actor, now)
    blocked = any(hit.blocks for hit in hits)
    if hits and (blocked or not anyway):
        errors = {"public_reply": [hit_in_words(hit) for hit in hits]}
        if not blocked:
            errors["anyway"] = [gettext("change the reply, or say that it is to be sent as it is")]
        raise Invalid(errors)
    return {"stood": sorted({hit.rule for hit in hits})} if hits else {}


def hit_in_words(hit: Hit) -> str:
    """A hit as it explains itself: the rule, the words, why it matters and how to mend it."""
    words = hit.words if len(hit.words) <= SHOWN else hit.words[:SHOWN] + "…"
    return gettext("%(rule)s: “%(words)s”. %(why)s", rule=label(hit.rule), words=words, why=why_found(hit.rule))


def why_found(rule: Rule) -> str:
    """Why it matters what a rule finds, and how to mend it."""
    return gettext(WHY[rule])


SHOWN = 30  # characters of the words; a hit may be the whole reply


def _asked(order: Order, actor: Actor) -> Asked:
    hidden = hides_requester(order, actor)
    return Asked(
        title=order.title,
        text=order.text,
        name="" if hidden else order.requester_name,
        phone="" if hidden else order.requester_phone,
        address="" if hidden else order.address,
        private=order.secret or bool(children(order)),
    )


def _words() -> Words:
    own = Path(current_app.config["SETTINGS"].city_dir) / "reply_rules.toml"
    return _read(own, own.stat().st_mtime_ns) if own.exists() else read_words({})


@lru_cache(maxsize=1)
def _read(file: Path, _changed: int) -> Words:
    """The words of a file as it was at an instant: an edit is in force at once."""
    return read_words(tomllib.loads(file.read_text(encoding="utf-8")))
