"""Search over orders: by number, telephone and words, each hit with where it was hit, and help where nothing was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from markupsafe import Markup
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select

from hotline.base.db import db
from hotline.base.paging import LAST_PAGE, Page
from hotline.base.privacy import PHONE_TAIL, closed_up, holds_phone
from hotline.base.time import DAY
from hotline.orders import search
from hotline.orders.indexing import answers
from hotline.orders.marking import marked, snippet
from hotline.orders.models import Deadline, Order, OrderUnit
from hotline.orders.queries import Filter, is_overdue, listed, narrowed, visible
from hotline.orders.sheet import next_clock
from hotline.people.actors import Actor
from hotline.people.roles import UNIT_ROLES, Permission
from hotline.policy.limits import Clock

MOST = 1000  # a list that is longer is to be narrowed, not read to its end
PAGE_SIZE = 50
LOOKED_AT, MANY = 3000, 0.02  # of the newest orders; the share of them that says that many fit
NEAR_SHOWN = 20
NEAR_WORDS = 6  # the longest say most; each is looked for on its own

NARROWS = ("unit", "district", "category", "nature", "channel", "since", "upto", "late", "urgent", "supervised")
NUMBER_LENGTH = 14
SERIAL_LENGTH, SERIAL_DAYS = 6, 92  # of a number; and how far back its end alone finds it
SERIALS = range(4, SERIAL_LENGTH + 1)  # digits; fewer are no number of anything
PHONE = re.compile(r"(?!\d{14}$)\+?\d{7,}", re.ASCII)
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


def found_page(actor: Actor, narrow: Filter, words: str, now: datetime, number: int) -> Page[Order]:
    """A page of the newest orders that fit, of MOST: found at once, so that counting costs nothing beside."""
    found = _newest(actor, narrow, words, now)
    number = min(max(1, number), LAST_PAGE)
    ids = found[:MOST][(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return Page(_orders(ids), number, PAGE_SIZE, min(len(found), MOST), len(found) > MOST)


def _newest(actor: Actor, narrow: Filter, words: str, now: datetime) -> list[int]:
    """The ids of the newest orders that fit, one more than MOST where there are more."""
    is_narrowed = words.strip() or narrow != Filter()
    found: set[tuple[datetime, int]] = set()
    for scope in _scopes(actor):
        fitting = narrowed(scope, narrow).where(*_wanted(narrow, words, actor, now))
        rows = _newest_of(_in_time(scope, narrow), fitting) if is_narrowed else _first(scope)
        found.update((row.received_at, row.id) for row in rows)
    return [order_id for _, order_id in sorted(found, reverse=True)[: MOST + 1]]


def _scopes(actor: Actor) -> list[Select[Any]]:
    """What the actor may see: all; or what their units lead, and what they have a part in, each by its own index."""
    every = cast("Select[Any]", select(Order.received_at, Order.id))
    if actor.may(Permission.SEE_ALL_ORDERS):
        return [every]
    visible(every, actor)  # refuses who may see none
    helps = every.join(OrderUnit, OrderUnit.order_id == Order.id).where(OrderUnit.unit_code.in_(actor.units))
    return [every.where(Order.lead_unit.in_(actor.units)), helps]


def _in_time(scope: Select[Any], narrow: Filter) -> Select[Any]:
    """A scope narrowed to the time that is asked for, so that the newest are looked at of those that may fit at all."""
    return narrowed(scope, Filter(since=narrow.since, before=narrow.before, upto=narrow.upto))


def _newest_of(scope: Select[Any], fitting: Select[Any]) -> Sequence[Row[Any]]:
    """The newest of a scope that fit, whatever the database guesses of how many do. scope: see ``_in_time``.

    It is looked at how many of the newest fit. Many: then going down from the newest soon finds enough. Few: then all
    that fit are gathered, by the index of what is rarest, and sorted.
    """
    instants = scope.with_only_columns(Order.received_at).order_by(Order.received_at.desc())
    edge = db.session.scalar(instants.offset(LOOKED_AT).limit(1))
    if edge is None:
        return _first(fitting)
    near = _first(fitting.where(Order.received_at >= edge))
    if len(near) > MOST:
        return near
    if len(near) >= LOOKED_AT * MANY:
        return _first(fitting)
    found = fitting.cte("found").prefix_with("MATERIALIZED")
    return db.session.execute(select(found).order_by(found.c.received_at.desc()).limit(MOST + 1)).all()


def _first(query: Select[Any]) -> Sequence[Row[Any]]:
    return db.session.execute(_newest_first(query).limit(MOST + 1)).all()


def _newest_first(query: Select[Any]) -> Select[Any]:
    return query.order_by(Order.received_at.desc(), Order.id.desc())


def _wanted(narrow: Filter, words: str, actor: Actor, now: datetime) -> list[ColumnElement[bool]]:
    sought = [_sought(words.strip(), actor, now)] if words.strip() else []
    return [*sought, _is_late(actor, now)] if narrow.late else sought


def _is_late(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Whether a clock runs past its due time. They are few beside all orders: found first, and then their orders."""
    # A unit does not know whose citizens are being asked.
    clocks = [clock for clock in Clock if clock is not Clock.CALLBACK or actor.role not in UNIT_ROLES]
    late = select(Deadline.order_id).where(is_overdue(now, clocks))
    return Order.id == func.any(func.array(late.scalar_subquery()))


def has_words(words: str) -> ColumnElement[bool]:
    """Whether an order has this number (or one that begins so), or these words in its text."""
    if DIGITS.fullmatch(words):
        return Order.number.startswith(words)
    return search.matches(Order.search, words)


def phone_in(words: str) -> str:
    """The telephone number the words may be; nothing for the number of an order and for fewer digits."""
    plain = closed_up(words)
    return plain if PHONE.fullmatch(plain) else ""


def order_named(words: str, actor: Actor) -> str:
    """The number of the order the words name in full, where the actor may see it; else nothing."""
    number = words.strip()
    if len(number) != NUMBER_LENGTH or not DIGITS.fullmatch(number):
        return ""
    return db.session.scalar(visible(select(Order.number).where(Order.number == number), actor)) or ""


def _sought(words: str, actor: Actor, now: datetime) -> ColumnElement[bool]:
    """The number of an order or its serial of a day, a telephone number, or words of the text.

    The end of a telephone number is for the center only; and a unit does not find out whose a secret order is.
    """
    digits = phone_in(words) or words
    if not DIGITS.fullmatch(digits):
        return search.matches(Order.search, words)
    is_unit = actor.role in UNIT_ROLES
    by_phone = Order.requester_phone == digits
    first, last = (digits[:NUMBER_LENGTH].ljust(NUMBER_LENGTH, edge) for edge in "09")
    ways = [Order.number.between(first, last), and_(by_phone, Order.secret.is_(False)) if is_unit else by_phone]
    if len(digits) == PHONE_TAIL and not is_unit:
        ways.append(func.right(Order.requester_phone, PHONE_TAIL) == digits)
    if len(digits) in SERIALS:
        ways.append(Order.number.in_(_numbers_of_serial(digits, now)))
    if not phone_in(words):
        ways.append(search.matches(Order.search, words))
    return or_(*ways)


def _numbers_of_serial(digits: str, now: datetime) -> list[str]:
    """The numbers of the last days with this serial, as it is read out without its zeros: 1501 for 20261129001501."""
    days = (now + DAY - ago * DAY for ago in range(SERIAL_DAYS))  # a day more: the city's may have begun
    return [f"{day:%Y%m%d}{digits:0>{SERIAL_LENGTH}}" for day in days]


def hits(orders: Iterable[Order], words: str, actor: Actor) -> list[Hit]:
    """The rows of the list for some orders: with what was searched for marked, in the answer where nowhere else."""
    orders, wanted = list(orders), _markable(words)
    around = {order.id: snippet(order.text, wanted) for order in orders} if wanted else {}
    silent = [
        one.id for one in orders if wanted and not around[one.id] and not snippet(one.title + one.address, wanted)
    ]
    for order_id, texts in answers(silent).items():
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
    """What is marked: what was typed and its words, where they are worth a look, so that not every 的 shines."""
    found = [] if phone_in(words) else [*words.split(), *search.words(words)]
    return [word for word in found if len(word) > 1] or found


def near(actor: Actor, narrow: Filter, words: str) -> Near | None:
    """Help for words no order has together, by the longest of them; None for a number."""
    wanted = [] if DIGITS.fullmatch(phone_in(words) or words) else search.words(words)
    telling = [word for word in wanted if len(word) > 1] or wanted  # 不, 的 … stand in half of all texts
    wanted = sorted(telling, key=len, reverse=True)[:NEAR_WORDS]
    if not wanted:
        return None
    having = {word: _with_word(actor, narrow, word) for word in wanted}
    missing = [word for word in wanted if not (having[word] or _with_word(actor, Filter(), word))]
    others = " ".join(word for word in wanted if word not in missing)
    whole = tuple(word for word in missing if not any(word in other for other in missing if other != word))
    how_many = Counter(row for rows in having.values() for row in rows)
    best = sorted(how_many, key=lambda row: (how_many[row], row), reverse=True)[:NEAR_SHOWN]
    orders = {one.id: one for one in _orders(order_id for _, order_id in best)}
    said = "" if holds_phone(others) else others  # these come into an address
    return Near(whole, said, tuple(hits([orders[order_id] for _, order_id in best], others, actor)))


def _with_word(actor: Actor, narrow: Filter, word: str) -> set[tuple[datetime, int]]:
    """The newest orders that fit and have a word: when they were received, and their ids."""
    has = Order.search.op("@@")(search.any_of([word]))
    return {
        (row.received_at, row.id)
        for scope in _scopes(actor)
        for row in _newest_of(_in_time(scope, narrow), narrowed(scope, narrow).where(has))
    }


def _orders(ids: Iterable[int]) -> list[Order]:
    """Some orders with what a row of a list shows, newest first."""
    query: Select[Any] = listed(select(Order).where(Order.id.in_(list(ids))))
    return list(db.session.scalars(_newest_first(query)).unique())
