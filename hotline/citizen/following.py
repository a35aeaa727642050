"""Which order a citizen's browser may see: one it has placed, or one whose number and phone were given."""

from __future__ import annotations

from flask import session

from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.orders.models import Attachment, Order
from hotline.orders.operations import get_order
from hotline.orders.queries import order_by_number_and_tail

FOLLOWED = "followed"
PLACED = "placed"
REMEMBERED = 5


def remember_placed(number: str) -> None:
    """Let this browser see the order it has just placed."""
    session[PLACED] = [number, *session.get(PLACED, [])][:REMEMBERED]
    session[FOLLOWED] = number


def is_placed_here(number: str) -> bool:
    """Whether this browser has placed the order."""
    return number in session.get(PLACED, [])


def just_placed(number: str) -> Order:
    """The order, where this browser has placed it; raise NotFound."""
    if not is_placed_here(number):
        raise NotFound(gettext("There is nothing at this address."))
    return get_order(number)


def follow(number: str, tail: str) -> None:
    """Let this browser follow the order; raise NotFound unless its number and the phone's last digits both fit."""
    session[FOLLOWED] = order_by_number_and_tail(number, tail).number


def followed_number() -> str:
    """The number of the order this browser may follow; empty where there is none."""
    return str(session.get(FOLLOWED, ""))


def followed() -> Order | None:
    """The order this browser may follow: the one placed last, or the one number and phone were given for."""
    number = followed_number()
    return get_order(number) if number else None


def forget() -> None:
    """Show nothing in this browser any more."""
    session.pop(FOLLOWED, None)
    session.pop(PLACED, None)


def file_followed(file_id: int) -> Attachment:
    """A file of the order followed that its citizen may see: of an answer, or their own; raise NotFound."""
    order = followed()
    files = order.attachments if order else []
    file = next((one for one in files if one.id == file_id and (one.public or one.from_citizen)), None)
    if file is None:
        raise NotFound(gettext("There is no such file."))
    return file
