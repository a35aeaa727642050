"""What the citizen's pages show of an order, in plain words: who has it, what happened, what comes, what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hotline.base.privacy import PHONE_TAIL
from hotline.citizen.progress import ahead, happened, present
from hotline.citizen.rating import Rating, rating_view
from hotline.citizen.steps import steps_open
from hotline.orders.deadlines import going_by
from hotline.orders.lifecycle import ENDED_STATES, Action, find
from hotline.orders.models import Order
from hotline.orders.names import Names
from hotline.orders.sheet import evaluated
from hotline.orders.urging import urged
from hotline.orders.vocabulary import Element, Nature
from hotline.receive.elements import missing_elements


def not_said(form: Mapping[str, str]) -> tuple[Element, ...]:
    """Which of the five elements a citizen has not said yet; none before they have begun. The form asks for who."""
    text, nature = form.get("text", "").strip(), form.get("nature", "")
    chosen = Nature(nature) if nature in set(Nature) else None
    return missing_elements(text, who=True, address=form.get("address", ""), nature=chosen) if text else ()


def order_view(order: Order, now: datetime) -> dict[str, Any]:
    """An order as its citizen sees it."""
    names = Names()
    unit = names.units.get(order.followed.lead_unit or "", "")
    over = order.state in ENDED_STATES
    rated = evaluated(order) is not None
    rating = rating_view(order)
    told = happened(order.events, names.units, rating["levels"])
    with_it = {number for one in told for number in one.files}
    own = [file for file in order.attachments if file.from_citizen]
    return {
        **rating,
        "may_rate": rating["standing"] is Rating.OPEN,
        "present": present(order.state, unit, rated=rated, asked=order.asked_at is not None),
        "holder": unit if not over else "",
        "ahead": [] if over else ahead(going_by(order), unit, now),
        "happened": told,
        "about": names.categories.get(order.category_code or "", ""),
        "place": names.districts.get(order.district_code or "", ""),
        "files": {file.id: file for file in order.attachments if file.public or file.from_citizen},
        "own_files": [file for file in own if file.id not in with_it],
        "answer_files": [file for file in order.attachments if file.public and file.id not in with_it],
        "steps": steps_open(order, now),
        "urged": urged(order.followed, now) if find(order.followed.state, Action.URGE) else None,
        "over": over,
        "tail": order.requester_phone[-PHONE_TAIL:],
    }
