"""What the callback desk shows: the citizen to call with what to say and what was tried, and who waits beside."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hotline.base.i18n import dated, gettext
from hotline.base.paging import page_of
from hotline.handle.calling import callback_queue, waiting_rows
from hotline.handle.queries import contacts_since_reply, latest_reply, may_call_from
from hotline.orders.forms import Tried
from hotline.orders.models import Order
from hotline.orders.names import Names, level_names
from hotline.orders.queries import order_for
from hotline.orders.sheet import sheet
from hotline.orders.timeline import changes_since
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.policy.limits import Requester
from hotline.policy.scripts import filled

SHOWN_BESIDE = 12
TITLED = re.compile(r"(先生|女士|小姐|同志|老师|师傅|阿姨|叔叔|大爷|大妈|医生)$")
DOUBLE = (
    "欧阳",
    "上官",
    "司马",
    "诸葛",
    "夏侯",
    "皇甫",
    "尉迟",
    "司徒",
    "公孙",
    "慕容",
    "令狐",
    "宇文",
    "长孙",
    "东方",
)
LONGEST_NAME = 4  # what is longer, or not in Chinese, is no name with its surname first
HAN = re.compile(r"[一-鿿]+")


def call_sheet(number: str, actor: Actor, now: datetime, tried: Tried | None = None) -> dict[str, Any]:
    """The call to make now with the order's whole sheet and who waits beside; only these where nobody is to be called.

    tried: what was typed of this call and refused.
    """
    queue = page_of(callback_queue(now), size=SHOWN_BESIDE)
    rows = waiting_rows(queue.rows, actor, now)
    beside = {"queue": queue, "rows": rows, "now": now, "tried": tried, "phone": ""}
    if not number:
        return {**beside, "order": None}
    order = order_for(number, actor)
    policy, again_at = policies.policy(order.policy_id), may_call_from(order)
    since = changes_since(order, tried.version, actor, Names()) if tried and tried.version is not None else []
    return {
        **sheet(order, actor, now),
        **beside,
        "since": since,
        "is_next": order.id == next((row.order.id for row in rows if not row.by and not row.again_at), None),
        "reply": latest_reply(order),
        "touched": len(contacts_since_reply(order)),
        "names_of_levels": level_names(order.policy_id),
        "last_attempt": order.attempts + 1 >= policy.callback_attempts,
        "again_at": again_at,
        "too_soon": again_at is not None and now < again_at,
        "script": script_of(order, actor, now),
    }


def script_of(order: Order, caller: Actor, now: datetime) -> Callable[[str, str], list[str]]:
    """What is said on the phone, by the policy in force, line by line, once the page says of which city and number."""
    policy = policies.policy_at(now)
    received = order.received_at.astimezone(policies.calendar_now().zone)
    places = {
        "caller": caller.name,
        "citizen": address_of(order),
        "day": dated(received.date(), "M月d日", "d MMMM"),
        "title": order.title,
        "unit": order.unit.title if order.unit else gettext("the unit"),
        "levels": gettext(", ").join(level_names(order.policy_id).values()),
    }
    return lambda city, hotline: filled(policy.said_on_the_phone, {**places, "city": city, "hotline": hotline})


def address_of(order: Order) -> str:
    """How a citizen is addressed: as they gave their name, else by their surname; the voice tells whether 先生 or 女士."""
    name = order.requester_name.strip()
    if not name:
        return gettext("sir or madam")
    is_name = HAN.fullmatch(name) and len(name) <= LONGEST_NAME and order.requester_kind is Requester.PERSON
    if not is_name or TITLED.search(name):
        return name
    surname = name[:2] if name.startswith(DOUBLE) else name[:1]
    return gettext("Mr or Ms %(surname)s", surname=surname)
