"""A form is sent once, however often the browser sends it: each blank form carries a key of its own."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hotline.base import idempotency
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.orders.models import Order
from hotline.orders.operations import get_order


@dataclass(frozen=True, slots=True)
class Placed:
    """The order a form has become. changed: the form says something else than when it became this order."""

    order: Order
    changed: bool = False


def new_key() -> str:
    """A key for a blank form."""
    return secrets.token_hex(16)


def place_once(scope: str, key: str, said: Mapping[str, str], now: datetime, place: Callable[[], Order]) -> Placed:
    """Place an order, or find the one this form's key has placed before.

    A form whose first answer was lost on the way and that was changed since gives the first order, marked
    as changed: its sender must learn that it exists, and must not be given a second one unawares.
    """
    key = key or new_key()
    if len(key) > idempotency.LONGEST_KEY:
        raise Invalid.field("key", gettext("is too long; reload the page"))
    print_of = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    # The words are compared here and not by ``claim``, which would not say which order it was.
    kept = idempotency.claim(scope, key, "form", now)
    if kept is not None:
        return Placed(get_order(kept["number"]), changed=kept["said"] != print_of)
    order = place()
    idempotency.keep(scope, key, {"number": order.number, "said": print_of})
    return Placed(order)


def placed_before(scope: str, key: str) -> Order | None:
    """The order a form's key has become; None as long as it has become none."""
    kept = idempotency.kept_answer(scope, key)
    return get_order(kept["number"]) if kept else None
