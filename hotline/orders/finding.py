"""Search over orders: by number, telephone and words, each hit with where it was hit, and help where nothing was."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select, true, union

from hotline.base.db import db
from hotline.base.privacy import PHONE_TAIL
from hotline.base.time import DAY
from hotline.orders import search
from hotline.orders.marking import marked, snippet
from hotline.orders.models import Deadline, Event, Order, OrderUnit
from hotline.orders.queries import Filter, listed, narrowed, runs_at, visible
from hotline.orders.sheet import next_clock
from hotline.people.actors import Actor
from hotline.people.roles import UNIT_ROLES, Permission
from hotline.policy.limits import Clock

MOST = 1000  # a list that is longer is to be narrowed, not read to its end
NEAR_LOOKED_AT, NEAR_SHOWN = 300, 20

NARROWS = ("unit", "district", "category", "nature", "channel", "since", "late", "urgent", "supervised")
NUMBER_LENGTH = 14
PHONE = re.compile(r"(?!\d{14}$)\+?\d{7,}", re.ASCII)
NOT_DIALLED = re.compile(r"[ ()-]")
DIGITS = re.compile(r"\+?\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hit:
    """A row of the list: the order, the clock that is due first, and the texts in which its words are marked.

    around: the words of the citizen, or of the answer, about the hit; None where none was searched for there.
    """

    order: Order
    clock: Deadline | None
    title: Markup
    place: Markup
    around: Markup | None


@dataclass(frozen=True, slots=True)
class Near:
    """Help where no order has all the words: those no order has at all, the others, and where some are."""

    missing: tuple[str, ...]
    others: str
    hits: tuple[Hit, ...]


def filter_of(asked: Mapping[str, Any]) -> Filter:
    """The filter a list's address asks for (see OrderQuery)."""
    return Filter(
        states=(asked["state"],) if asked["state"] else (),
        before=asked["until"] and asked["until"] + DAY,
        **{name: asked[name] for name in NARROWS},
    )


def find_orders(
    actor: Actor, narrow: Filter, words: str, now: datetime, *, bound: int | None = None
) -> Select[tuple[Order]]:
    """Orders the actor may see that fit a filter and have every word, newest first; of a bound at most the newest."""
    wanted = (_sought(words, actor), _is_late(actor, now) if narrow.late else true())
    if bound is not None and not actor.may(Permission.SEE_ALL_ORDERS):
        return _newest_first(listed(select(Order)).where(Order.id.in_(_theirs(actor, narrow, wanted, bound))))
    return _newest_first(narrowed(listed(visible(select(Order), actor)), narrow).where(*wanted))


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(Order.received_at.desc(), Order.id.desc())


def _theirs(actor: Actor, narrow: Filter, wanted: Iterable[ColumnElement[bool]], bound: int) -> Any:
    """The ids of the newest orders a unit leads, and of the newest it has a part in: each by its own index."""
    leads = select(Order.id).where(Order.lead_unit.in_(actor.units))
    helps = select(Order.id).join(OrderUnit, OrderUnit.order_id == Order.id).where(OrderUnit.unit_code.in_(actor.units))
    visible(leads, actor)  # refuses who may see none
    newest = [_newest_first(narrowed(query, narrow).where(*wanted)).limit(bound + 1) for query in (leads, helps)]
    return union(*(select(query.subquery().c.id) for query in newest))


def _is_late(actor: Actor, now: datetime) -> ColumnElement[bool]:
    late = [Deadline.order_id == Order.id, Deadline.ended_at.is_(None), Deadline.due_at < now, runs_at(now)]
    if actor.role in UNIT_ROLES:
        late.append(Deadline.clock != Clock.CALLBACK)  # a unit does not know whose citizens are being asked
    return exists().where(*late)


def has_words(words: str) -> ColumnElement[bool]:
    """Whether an order has this number (or one that begins so), or these words in its text."""
    if DIGITS.fullmatch(words):
        return Order.number.startswith(words)
    return search.matches(Order.search, words)


def phone_in(words: str) -> str:
    """The telephone number the words may be; nothing for the number of an order and for fewer digits."""
    plain = NOT_DIALLED.sub("", words)
    return plain if PHONE.fullmatch(plain) else ""


def order_named(words: str, actor: Actor) -> str:
    """The number of the order the words name in full, where the actor may see it; else nothing."""
    number = words.strip()
    if len(number) != NUMBER_LENGTH or not DIGITS.fullmatch(number):
        return ""
    return db.session.scalar(visible(select(Order.number).where(Order.number == number), actor)) or ""


def _sought(words: str, actor: Actor) -> ColumnElement[bool]:
    """The number of an order, a telephone number, or words of the text.

    The end of a telephone number is for the center only; and a unit does not find out whose a secret order is.
    """
    words = words.strip()
    if not words:
        return true()
    digits = phone_in(words) or words
    if not DIGITS.fullmatch(digits):
        return search.matches(Order.search, words)
    is_unit = actor.role in UNIT_ROLES
    by_phone = Order.requester_phone == digits
    first, last = (digits[:NUMBER_LENGTH].ljust(NUMBER_LENGTH, edge) for edge in "09")
    ways = [Order.number.between(first, last), and_(by_phone, Order.secret.is_(False)) if is_unit else by_phone]
    if len(digits) == PHONE_TAIL and not is_unit:
        ways.append(func.right(Order.requester_phone, PHONE_TAIL) == digits)
    if not phone_in(words):
        ways.append(search.matches(Order.search, words))
    return or_(*ways)


def hits(orders: Iterable[Order], words: str, actor: Actor) -> list[Hit]:
    """The rows of the list for some orders: with what was searched for marked, in the answer where nowhere else."""
    orders, wanted = list(orders), _markable(words)
    around = {order.id: snippet(order.text, wanted) for order in orders} if wanted else {}
    silent = [
        one.id for one in orders if wanted and not around[one.id] and not snippet(one.title + one.address, wanted)
    ]
    for order_id, texts in _answers(silent).items():
        around[order_id] = next((piece for text in texts if (piece := snippet(text, wanted))), None)
    return [
        Hit(
            order,
            next_clock(order, actor),
            marked(order.title, wanted),
            marked(order.address or (order.district.title if order.district else ""), wanted),
            around.get(order.id),
        )
        for order in orders
    ]


def _markable(words: str) -> list[str]:
    """What is marked: the words worth a look, so that not every 的 shines."""
    found = [] if phone_in(words) else search.words(words)
    return [word for word in found if len(word) > 1] or found


def _answers(order_ids: Iterable[int]) -> dict[int, list[str]]:
    said = select(Event.order_id, Event.payload["public_reply"].astext).where(
        Event.order_id.in_(list(order_ids)), Event.payload.has_key("public_reply")
    )
    found: dict[int, list[str]] = defaultdict(list)
    for order_id, text in db.session.execute(said.order_by(Event.seq.desc())):
        found[order_id].append(text)
    return found


def near(actor: Actor, narrow: Filter, words: str) -> Near | None:
    """Help for words no order has together; None for a single word, and for a number."""
    wanted = [] if DIGITS.fullmatch(phone_in(words) or words) else search.words(words)
    if len(wanted) < 2:  # noqa: PLR2004 # of one word there is no part
        return None
    seen = visible(select(Order.id), actor)
    missing = tuple(word for word in wanted if not db.session.scalar(select(seen.where(_has(word)).exists())))
    others = [word for word in wanted if word not in missing]
    some = _with_some(actor, narrow, others) if others else ()
    return Near(missing, " ".join(others), tuple(hits(some, " ".join(others), actor)))


def _has(word: str) -> ColumnElement[bool]:
    return Order.search.op("@@")(search.any_of([word]))


def _with_some(actor: Actor, narrow: Filter, wanted: list[str]) -> Iterable[Order]:
    """Of the newest orders that have any of the words, those that have most."""
    newest = narrowed(visible(select(Order.id), actor), narrow).where(Order.search.op("@@")(search.any_of(wanted)))
    newest = _newest_first(newest).limit(NEAR_LOOKED_AT)
    score: Any = sum(case((_has(word), 1), else_=0) for word in wanted)
    query = listed(select(Order)).where(Order.id.in_(select(newest.subquery().c.id)))
    return db.session.scalars(query.order_by(score.desc(), Order.received_at.desc()).limit(NEAR_SHOWN)).unique()
