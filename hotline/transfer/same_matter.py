"""Open and recent orders that may be of the same matter as a text being typed, or as an order: reads only.

Three bounded ways lead to them, each by an index: the newest orders of each place named, the newest of the category
in the district, and those of the citizen. What they find is then compared by ``duplicates.likeness``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import exists, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from hotline.base.db import db
from hotline.base.i18n import gettext, label, mark, name_members
from hotline.orders.lifecycle import OPEN_STATES, State
from hotline.orders.models import Order
from hotline.orders.open_steps import may_be_taken_up
from hotline.policy import queries as policies
from hotline.transfer.duplicates import (
    READ,
    SAME_MATTER,
    Likeness,
    Matter,
    Rarity,
    likeness,
    matter,
    rarity,
    shared_words,
)
from hotline.transfer.merging import TAKES_CHILDREN
from hotline.transfer.models import OrderPlace
from hotline.transfer.place import Gazetteer
from hotline.transfer.place_names import PlaceNames, named
from hotline.transfer.queries import routing

MOST_NAMES = 8  # names of a text that are followed
COMPARED = 120  # orders whose texts are read, those that share most names first
SHOWN = 5
AT_ONCE = 500  # orders held in memory


class Offer(StrEnum):
    """What can be made of an order of the same matter.

    Append to it (追加), take it up again (重新激活), merge into it (并单), link with it (关联).
    """

    APPEND = "append"
    REACTIVATE = "take_up"
    MERGE = "merge"
    LINK = "link"


name_members(
    {
        Offer.APPEND: mark("Append"),
        Offer.REACTIVATE: mark("Take up again"),
        Offer.MERGE: mark("Merge"),
        Offer.LINK: mark("Link"),
    }
)


@dataclass(frozen=True, slots=True)
class Alike:
    """An order that may be of the same matter, and why.

    words: what both say, to be marked. citizens: how many have told of it, those merged into it included.
    offers: what can be made of it now, the likeliest first.
    """

    order: Order
    likeness: Likeness
    words: tuple[str, ...]
    citizens: int
    offers: tuple[Offer, ...]


def told(
    title: str, said: str, address: str = "", *, district: str | None, category: str | None, caller: str = ""
) -> Matter:
    """A text as it is compared, with the names the gazetteer knows."""
    known = known_places(routing().gazetteer, address, title, said[:READ])
    return matter(title, said, address, district=district, category=category, caller=caller, known=known)


def known_places(gazetteer: Gazetteer, *texts: str) -> PlaceNames:
    """The names a gazetteer finds in some texts."""
    return named(mention for text in texts for mention in gazetteer.mentions(text))


def matter_of(order: Order) -> Matter:
    """An order as it is compared."""
    return told(
        order.title,
        order.text,
        order.address,
        district=order.district_code,
        category=order.category_code,
        caller=order.requester_phone,
    )


def note_places(order: Order) -> None:
    """Keep which places a new order speaks of, so that it is found by them."""
    names = matter_of(order).names
    rows = [{"name": name, "order_id": order.id} for name in sorted(names.spots | names.ways)]
    if rows:
        db.session.execute(insert(OrderPlace).on_conflict_do_nothing(), rows)


def note_missing_places(now: datetime) -> int:
    """Keep the places of open and recent orders that have none; return how many were read."""
    has_some = exists().where(OrderPlace.order_id == Order.id)
    wanted = or_(Order.state.in_(OPEN_STATES), Order.received_at >= _since(now))
    read = 0
    for order in db.session.scalars(select(Order).where(wanted, ~has_some).execution_options(yield_per=AT_ONCE)):
        note_places(order)
        read += 1
    return read


def _since(now: datetime) -> datetime:
    """When an order that has ended must have come in to be looked at."""
    return now - timedelta(days=policies.policy_at(now).duplicate_days)


def same_matter(asked: Matter, now: datetime, *, but: Order | None = None) -> list[Alike]:
    """The orders most likely of the same matter, best first; a merged one is stood for by its master.

    but: the order asked for, where it is one already.
    """
    rows = candidates(asked, now, but=but.id if but else None)
    gazetteer = routing().gazetteer
    found = {row.id: _as_matter(row, gazetteer) for row in rows}
    weights = rarity([asked, *found.values()])
    likes = {key: likeness(asked, one, weights) for key, one in found.items()}
    best = sorted((key for key, like in likes.items() if like.score >= SAME_MATTER), key=lambda key: -likes[key].score)
    # A citizen's own order stands for itself once it is answered: it may be taken up again.
    own = {row.id for row in rows if asked.caller and row.requester_phone == asked.caller and row.state != State.MERGED}
    stands = {
        row.id: row.id if row.state in TAKES_CHILDREN or row.id in own else row.parent_id or row.id for row in rows
    }
    firsts = {stands[key]: key for key in reversed(best)}  # the best of those one master stands for
    firsts.pop(but.id if but else None, None)
    shown = sorted(firsts.items(), key=lambda pair: -likes[pair[1]].score)[:SHOWN]
    return _alike(asked, shown, found, likes, weights, now) if shown else []


def _alike(
    asked: Matter,
    shown: Sequence[tuple[int, int]],
    found: Mapping[int, Matter],
    likes: Mapping[int, Likeness],
    weights: Rarity,
    now: datetime,
) -> list[Alike]:
    ids = [order_id for order_id, _ in shown]
    query = select(Order).where(Order.id.in_(ids)).options(joinedload(Order.unit), joinedload(Order.district))
    orders = {order.id: order for order in db.session.scalars(query)}
    citizens = _citizens(ids)
    own = {order.id for order in orders.values() if asked.caller and order.requester_phone == asked.caller}
    return [
        Alike(
            order=orders[order_id],
            likeness=replace(likes[key], same_caller=order_id in own),
            words=shared_words(asked, found[key], weights),
            citizens=citizens[order_id],
            offers=offers(orders[order_id], now, same_caller=order_id in own),
        )
        for order_id, key in shown
    ]


def offers(order: Order, now: datetime, *, same_caller: bool) -> tuple[Offer, ...]:
    """What can be made of an order of the same matter. A citizen's own order takes what they add to it."""
    fits = {
        Offer.APPEND: same_caller and order.state in OPEN_STATES,
        Offer.REACTIVATE: same_caller and may_be_taken_up(order, now),
        Offer.MERGE: order.state in TAKES_CHILDREN,
        Offer.LINK: True,
    }
    return tuple(offer for offer, fit in fits.items() if fit)


def because(like: Likeness, *, logged: bool = False) -> list[str]:
    """Why two are taken for the same matter, besides their words.

    logged: for a log units read; that one citizen told of both would say who a secret order is from.
    """
    said = [label(like.place) + gettext(": ") + gettext(", ").join(like.shared) if like.shared else label(like.place)]
    if like.same_category:
        said.append(gettext("same category"))
    if like.same_caller and not logged:
        said.append(gettext("same citizen"))
    return said


def _citizens(ids: Sequence[int]) -> dict[int, int]:
    """How many citizens have told of each of some orders; who gave no number counts as another one."""
    who = func.coalesce(func.nullif(Order.requester_phone, ""), Order.number).label("who")
    own = select(Order.id.label("master"), who).where(Order.id.in_(ids))
    merged = select(Order.parent_id, who).where(Order.parent_id.in_(ids))
    everyone = own.union(merged).subquery()
    query = select(everyone.c.master, func.count(everyone.c.who)).group_by(everyone.c.master)
    return dict(db.session.execute(query).all())


# Each way is cut off by its own LIMIT inside an index scan: what it costs does not follow what the database holds.
_CANDIDATES = text("""
WITH named AS (
  SELECT recent.order_id AS id, count(*) AS names
  FROM unnest(CAST(:names AS text[])) AS wanted (name)
  CROSS JOIN LATERAL (
    SELECT order_id FROM order_place WHERE name = wanted.name ORDER BY order_id DESC LIMIT :per_name
  ) AS recent
  GROUP BY 1
), near AS (
  SELECT recent.id
  FROM (SELECT code FROM district WHERE CAST(:district AS text) IS NULL OR code = :district) AS area
  CROSS JOIN LATERAL (
    SELECT id FROM work_order WHERE category_code = :category AND district_code = area.code
    ORDER BY received_at DESC LIMIT :per_district
  ) AS recent
  UNION ALL (
    SELECT id FROM work_order WHERE category_code = :category AND district_code IS NULL
    ORDER BY received_at DESC LIMIT :placeless)
), own AS (
  SELECT id FROM work_order WHERE requester_phone = :caller AND :caller <> '' ORDER BY received_at DESC LIMIT :own
), every AS (
  SELECT id, max(names) AS names
  FROM (SELECT id, names FROM named UNION ALL SELECT id, 0 FROM near UNION ALL SELECT id, 9 FROM own) AS ways
  GROUP BY id
)
SELECT work_order.id, state, parent_id, title, left(text, :read) AS text, address, district_code, category_code,
  requester_phone
FROM every JOIN work_order USING (id)
WHERE (state = ANY(:open) OR received_at >= :since OR closed_at >= :closed_since) AND received_at <= :now AND id IS DISTINCT FROM :but
ORDER BY names DESC, (category_code = :category) DESC NULLS LAST, received_at DESC
LIMIT :compared
""")
PER_NAME, PER_CATEGORY, PLACELESS, OWN = 60, 120, 30, 20


def candidates(asked: Matter, now: datetime, *, but: int | None = None) -> Sequence[Any]:
    """The orders a text is compared with: open, or received within the policy's days of duplicates."""
    names = sorted(asked.names.spots) + sorted(asked.names.ways)
    given = {
        "names": names[:MOST_NAMES],
        "per_name": PER_NAME,
        "category": asked.category,
        "district": asked.district,
        "per_district": PER_CATEGORY if asked.district else PER_CATEGORY // 10,
        "placeless": PLACELESS,
        "caller": asked.caller,
        "own": OWN,
        "read": READ,
        "open": list(OPEN_STATES),
        "since": _since(now),
        "closed_since": now - timedelta(days=policies.policy_at(now).reactivate_days),
        "now": now,
        "but": but,
        "compared": COMPARED,
    }
    return db.session.execute(_CANDIDATES, given).all()


def _as_matter(row: Any, gazetteer: Gazetteer) -> Matter:
    return matter(
        row.title,
        row.text,
        row.address,
        district=row.district_code,
        category=row.category_code,
        caller=row.requester_phone,
        known=known_places(gazetteer, row.address, row.title, row.text),
    )
