"""Templates of replies (答复模板): kept by units for themselves and by the center for all, filled in from the order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased, joinedload

from hotline.base.changes import Subject, record_change
from hotline.base.db import db
from hotline.base.errors import NotAllowed, NotFound, Stale
from hotline.base.i18n import gettext
from hotline.handle.models import ReplyTemplate
from hotline.orders.models import Order
from hotline.orders.queries import require_category
from hotline.orders.reply_check import BLANK
from hotline.people.actors import SYSTEM, Actor
from hotline.people.queries import require_units, units_above
from hotline.people.roles import UNIT_ROLES, Permission
from hotline.policy import queries as policies
from hotline.policy.calendar import Calendar

KEEPS = Permission.KEEP_REPLY_TEMPLATES


@dataclass(frozen=True, slots=True)
class Filled:
    """A template as an order fills it: what the order knows stands in it, what the writer has to say is still 【…】."""

    code: str
    title: str
    body: str
    common: bool


def in_force() -> Select[ReplyTemplate]:
    """The templates that may be used, each in its newest revision: the city's own first, then by title."""
    newest = select(ReplyTemplate).ext(distinct_on(ReplyTemplate.code))
    counts = aliased(ReplyTemplate, newest.order_by(ReplyTemplate.code, ReplyTemplate.revision.desc()).subquery())
    query = select(ReplyTemplate).join(counts, ReplyTemplate.id == counts.id).where(counts.active)
    named = query.options(joinedload(ReplyTemplate.unit), joinedload(ReplyTemplate.category))
    return named.order_by(ReplyTemplate.unit_code.nulls_first(), ReplyTemplate.title, ReplyTemplate.code)


def templates_seen(actor: Actor) -> list[ReplyTemplate]:
    """The templates somebody sees: a unit the city's, its own and those of the units above it; the center all."""
    query = in_force()
    if actor.role in UNIT_ROLES:
        above = ReplyTemplate.unit_code.in_(units_above(*actor.units))
        query = query.where(or_(ReplyTemplate.unit_code.is_(None), above))
    return list(db.session.scalars(query))


def templates_for(order: Order, now: datetime) -> list[Filled]:
    """The templates that fit an order, filled in from it: those of its matter first, the unit's own before the city's."""
    theirs = or_(ReplyTemplate.unit_code.is_(None), ReplyTemplate.unit_code.in_(units_above(order.lead_unit or "")))
    found = db.session.scalars(in_force().where(theirs))
    matter = order.category_code or ""
    fits = [one for one in found if matter.startswith(one.category_code or "")]
    calendar = policies.calendar_now()
    return [
        Filled(one.code, one.title, filled(one.body, order, now, calendar), one.unit_code is None)
        for one in sorted(fits, key=lambda one: (-len(one.category_code or ""), one.unit_code is None))
    ]


def filled(body: str, order: Order, now: datetime, calendar: Calendar) -> str:
    """A text with what the order knows put into its places. Of a secret order nothing is put in that tells whose it is."""
    day, received = (at.astimezone(calendar.zone) for at in (now, order.received_at))
    known = {
        "工单编号": order.number,
        "标题": order.title,
        "地址": "" if order.secret else order.address,
        "单位": order.unit.name if order.unit else "",
        "日期": f"{day.year}年{day.month}月{day.day}日",
        "来电日期": f"{received.month}月{received.day}日",
    }
    return BLANK.sub(lambda place: known.get(place[0][1:-1]) or place[0], body)


PLACES = ("工单编号", "标题", "地址", "单位", "日期", "来电日期")  # the names ``filled`` knows


def revisions(code: str, actor: Actor) -> list[ReplyTemplate]:
    """All a template has said, the newest first; raise NotFound where there is none for the actor to see."""
    query = select(ReplyTemplate).filter_by(code=code).order_by(ReplyTemplate.revision.desc())
    found = list(db.session.scalars(query))
    if not found or not _sees(actor, found[0].unit_code):
        raise NotFound(gettext("There is no such template."))
    return found


def may_write(actor: Actor, unit: str | None) -> bool:
    """Whether somebody keeps the templates of a unit (None: the city's): a head their own, the center the city's."""
    if not actor.may(KEEPS):
        return False
    return actor.handles(unit) if actor.role in UNIT_ROLES else unit is None


def write_template(
    actor: Actor,
    now: datetime,
    *,
    title: str,
    body: str,
    unit: str = "",
    category: str = "",
    code: str = "",
    active: bool = True,
    revision: int = 0,
) -> ReplyTemplate:
    """Write a template, or a new revision of one; those before it stay.

    revision: the newest one the writer has read, 0 for a new template; Stale where another has come since.
    Raises NotAllowed for a unit that is not the actor's.
    """
    if not may_write(actor, unit or None):
        raise NotAllowed(gettext("You keep the templates of your own unit; the city's are kept by the hotline center."))
    if category:
        require_category(category)
    if unit:
        require_units(unit)
    before = revisions(code, actor)[0] if code else None
    if before is not None and not may_write(actor, before.unit_code):
        raise NotAllowed(gettext("You keep the templates of your own unit; the city's are kept by the hotline center."))
    if before is not None and before.revision != revision:
        raise Stale(gettext("Somebody has changed this template meanwhile. Look at it again."), before.revision)
    said = {"title": title, "body": body, "unit_code": unit or None, "category_code": category or None}
    template = _revise(before, actor, now, {**said, "active": active})
    facts = [_facts(one) if one else None for one in (before, template)]
    record_change(actor, Subject.TEMPLATE, template.code, title, now, before=facts[0], after=facts[1])
    return template


def _facts(template: ReplyTemplate) -> dict[str, Any]:
    """What the record of changes says of a template; what its text said, its revisions keep."""
    facts = {"revision": template.revision, "name": template.title, "active": template.active}
    return {**facts, "unit": template.unit_code, "category": template.category_code}


def _revise(before: ReplyTemplate | None, actor: Actor, now: datetime, said: Mapping[str, Any]) -> ReplyTemplate:
    template = ReplyTemplate(
        code=before.code if before else token_hex(5),
        revision=before.revision + 1 if before else 1,
        changed_by=actor.name,
        changed_at=now,
        **said,
    )
    try:
        with db.session.begin_nested():
            db.session.add(template)
            db.session.flush()
    except IntegrityError as same_number:  # two have written at the same moment
        message = gettext("Somebody has changed this template meanwhile. Look at it again.")
        raise Stale(message, template.revision) from same_number
    return template


def load_templates(rows: Iterable[Mapping[str, str]], now: datetime) -> int:
    """Write the templates of a file; return how many there were."""
    said = [
        {
            "title": row["title"],
            "body": row["body"].replace("\\n", "\n"),
            "unit_code": row["unit"] or None,
            "category_code": row["category"] or None,
            "active": True,
        }
        for row in rows
    ]
    for one in said:
        _revise(None, SYSTEM, now, one)
    return len(said)


def _sees(actor: Actor, unit: str | None) -> bool:
    return unit is None or actor.role not in UNIT_ROLES or unit in units_above(*actor.units)
