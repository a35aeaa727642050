"""One step for several orders, each for itself: what could not be done is told order by order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hotline.base.db import db
from hotline.base.errors import HotlineError, Invalid, Stale
from hotline.base.i18n import gettext
from hotline.orders.models import Order
from hotline.orders.names import Names
from hotline.orders.queries import order_for
from hotline.orders.timeline import Entry, changes_since
from hotline.people.actors import Actor


@dataclass(frozen=True, slots=True)
class Refusal:
    """An order of several that did not take a step, and why; since: what others did with it meanwhile."""

    number: str
    why: str
    since: tuple[Entry, ...] = ()


def each(picked: Mapping[str, int], actor: Actor, step: Callable[[Order, int], object]) -> list[Refusal]:
    """Take a step with several orders (number → version read); return those that could not take it.

    In the order of their numbers, so that two who pick the same ones never wait for each other for ever.
    """
    refused = []
    for number, version in sorted(picked.items()):
        try:
            with db.session.begin_nested():
                step(order_for(number, actor), version)
        except Stale as stale:
            since = changes_since(order_for(number, actor), version, actor, Names())
            refused.append(Refusal(number, stale.message, tuple(since)))
        except Invalid as wrong:
            refused.append(
                Refusal(number, gettext("; ").join(text for texts in wrong.errors.values() for text in texts))
            )
        except HotlineError as error:
            refused.append(Refusal(number, error.message))
    return refused
