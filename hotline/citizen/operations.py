"""A citizen's own pages: a complaint is placed once, and whoever knows its number and the phone may follow it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import session
from marshmallow import ValidationError, validates_schema

from hotline.base.errors import Invalid, NotFound
from hotline.base.i18n import DEFAULT, gettext, speaking
from hotline.base.privacy import PHONE_TAIL
from hotline.citizen.progress import ahead, happened, present
from hotline.orders.deadlines import going_by
from hotline.orders.lifecycle import ENDED_STATES, State
from hotline.orders.models import Attachment, Order
from hotline.orders.names import Names
from hotline.orders.operations import get_order
from hotline.orders.sheet import evaluated
from hotline.orders.urging import citizen_may_urge, urge
from hotline.orders.vocabulary import Channel, Element, Nature
from hotline.people.actors import CITIZEN
from hotline.receive.elements import missing_elements
from hotline.receive.once import Placed, place_once
from hotline.receive.operations import receive_complaint
from hotline.receive.schemas import IntakeSchema, UrgeBody

FIELDS = ("text", "address", "phone", "name", "requester", "secret", "nature")
TRAP = "website"  # a field people do not see; what fills it in is a program
FOLLOWED = "followed"
PLACED = "placed"
REMEMBERED = 5


class CitizenSchema(IntakeSchema):
    """A complaint placed by its citizen, who must be within reach of an answer."""

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def within_reach(self, _: dict[str, Any], original: Mapping[str, str], **__: Any) -> None:
        """Ask for a telephone number."""
        if not original.get("phone"):
            raise ValidationError(gettext("give your phone number, so that we can answer you"), "phone")


def place_complaint(form: Mapping[str, str], now: datetime) -> Placed:
    """Place what a citizen has written, once. Raises Invalid."""
    if form.get(TRAP):
        raise Invalid.field(TRAP, gettext("leave this field empty"))
    said = {name: text for name in FIELDS if (text := form.get(name, "").strip())}
    intake = replace(CitizenSchema().read(said), channel=Channel.WEB)
    return place_once("citizen", form.get("key", ""), said, now, lambda: receive_complaint(intake, CITIZEN, now))


def not_said(form: Mapping[str, str]) -> tuple[Element, ...]:
    """Which of the five elements a citizen has not said yet; none before they have begun. The form asks for who."""
    text, nature = form.get("text", "").strip(), form.get("nature", "")
    chosen = Nature(nature) if nature in set(Nature) else None
    return missing_elements(text, who=True, address=form.get("address", ""), nature=chosen) if text else ()


def remember_placed(number: str) -> None:
    """Let this browser see the order it has just placed."""
    session[PLACED] = [number, *session.get(PLACED, [])][:REMEMBERED]
    session[FOLLOWED] = number


def just_placed(number: str) -> Order:
    """The order, where this browser has placed it; raise NotFound."""
    if not _placed_here(number):
        raise NotFound(gettext("There is nothing at this address."))
    return get_order(number)


def _placed_here(number: str) -> bool:
    return number in session.get(PLACED, [])


def followed() -> Order | None:
    """The order this browser may follow: the one placed last, or the one number and phone were given for."""
    number = session.get(FOLLOWED)
    return get_order(number) if number else None


def forget() -> None:
    """Show nothing in this browser any more."""
    session.pop(FOLLOWED, None)
    session.pop(PLACED, None)


def urge_followed(words: str, now: datetime) -> bool:
    """Urge the unit that has the order followed; raise NotFound where none is. False where today it has been already.

    A merged order is handled with its master, so that is where its citizen presses.
    """
    order = followed()
    if order is None:
        raise NotFound(gettext("There is nothing at this address."))
    if not citizen_may_urge(order.followed, now):
        return False
    with speaking(DEFAULT):  # for the unit, which reads the city's language
        usual = gettext("The citizen asks on their page how far it is.")
    urge(order.followed, CITIZEN, now, note=UrgeBody().read({"note": words})["note"] or usual)
    return True


def public_file(file_id: int) -> Attachment:
    """A file of the order followed that its citizen may see; raise NotFound."""
    order = followed()
    files = order.attachments if order else []
    file = next((one for one in files if one.id == file_id and one.public), None)
    if file is None:
        raise NotFound(gettext("There is no such file."))
    return file


def order_view(order: Order, now: datetime) -> dict[str, Any]:
    """An order as its citizen sees it."""
    names = Names()
    unit = names.units.get(order.followed.lead_unit or "", "")
    rated = evaluated(order) is not None
    asked = order.state is State.CALLBACK and not rated
    # The rating is the citizen's alone; number and four digits of the phone are known to others too.
    is_theirs = _placed_here(order.number)
    return {
        "order": order,
        "present": present(order.state, unit, rated=rated),
        "ahead": ahead(going_by(order), unit, now),
        "happened": happened(order.events, names.units),
        "files": [file for file in order.attachments if file.public],
        "may_urge": citizen_may_urge(order.followed, now),
        "may_rate": asked and is_theirs,
        "rates_elsewhere": asked and not is_theirs,
        "over": order.state in ENDED_STATES,
        "tail": order.requester_phone[-PHONE_TAIL:],
    }
