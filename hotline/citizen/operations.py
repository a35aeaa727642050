"""Verbs of the citizen's pages: place, add, urge, withdraw, ask again, rate; and the center's answer to what is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import DEFAULT, gettext, speaking
from hotline.base.time import midnight
from hotline.citizen.schemas import CitizenSchema
from hotline.handle import operations as handle
from hotline.knowledge.replying import stand_by
from hotline.orders.attachments import Upload
from hotline.orders.holding import hold
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Event, Order
from hotline.orders.open_steps import asked_for
from hotline.orders.operations import Intake, act, ready
from hotline.orders.urging import citizen_may_urge, urge
from hotline.orders.vocabulary import Ask, Channel
from hotline.people.actors import CITIZEN, Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.receive.exits import withdraw
from hotline.receive.once import Placed, place_once
from hotline.receive.operations import receive_complaint

FIELDS = (
    *("text", "address", "district", "latitude", "longitude"),
    *("phone", "name", "requester", "secret", "nature"),
)
TRAP = "website"  # a field people do not see; what fills it in is a program


def read_complaint(form: Mapping[str, str]) -> Intake:
    """What a citizen has written. Raises Invalid."""
    if form.get(TRAP):
        raise Invalid.field(TRAP, gettext("leave this field empty"))
    intake: Intake = CitizenSchema().read(_said(form))
    return replace(intake, channel=Channel.WEB)


def _said(form: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name in FIELDS if (text := form.get(name, "").strip())}


def place_complaint(form: Mapping[str, str], intake: Intake, photos: tuple[Upload, ...], now: datetime) -> Placed:
    """Place what was read of a citizen's form, once, with their photos. Raises Invalid."""
    shown = " ".join(hashlib.sha256(photo.content).hexdigest() for photo in photos)
    return place_once(
        "citizen", form.get("key", ""), {**_said(form), "photos": shown}, now, lambda: _place(intake, photos, now)
    )


def _place(intake: Intake, photos: tuple[Upload, ...], now: datetime) -> Order:
    order = receive_complaint(intake, CITIZEN, now)
    with handle.with_files(order, photos, CITIZEN, now, from_citizen=True):
        return order


def add(order: Order, actor: Actor, now: datetime, *, note: str, photos: tuple[Upload, ...] = ()) -> Event:
    """Add the citizen's words and photos to their order (追加); whoever has it is told.

    A merged order is handled with its master, so that it stands in the log of both. Raises Invalid where nothing is
    added, and after as many times in a day as the policy lets.
    """
    if order.followed is not order:
        hold(order.followed)  # the master first, as its answer does, so that two never wait for each other
    hold(order)
    if not (note.strip() or photos):
        raise Invalid.field("note", gettext("write what you want to add, or choose a photo"))
    if added_today(order, now) >= policies.policy(order.policy_id).citizens.adds_a_day:
        raise Invalid.field("note", gettext("you have added several things today; please go on tomorrow, or call us"))
    with speaking(DEFAULT):  # for the unit, which reads the city's language
        said = note.strip() or gettext("The citizen sends photos.")
    if order.followed is not order:
        _note(order.followed, actor, now, said, photos, other=order.number)
    return _note(order, actor, now, said, photos, from_citizen=True)


def _note(
    order: Order,
    actor: Actor,
    now: datetime,
    note: str,
    photos: tuple[Upload, ...],
    *,
    from_citizen: bool = False,
    **more: Any,
) -> Event:
    with handle.with_files(order, photos, actor, now, from_citizen=from_citizen) as files:
        return act(order, Action.NOTE, actor, now, note=note, attachments=files, **more)


def added_today(order: Order, now: datetime) -> int:
    """How often its citizen has added to the order since midnight in the city."""
    zone = policies.calendar_now().zone
    since = midnight(now.astimezone(zone).date(), zone)
    added = (one for one in order.events if one.action is Action.NOTE and one.actor_role is Role.CITIZEN)
    return sum(one.at >= since for one in added)


def urge_once(order: Order, actor: Actor, now: datetime, *, note: str) -> Event:
    """Urge the unit that has the order; raise Conflict where today it has been already.

    A merged order is handled with its master, so that is where its citizen presses.
    """
    if not citizen_may_urge(order.followed, now):
        raise Conflict(gettext("It has been urged today already; the office knows of it."))
    with speaking(DEFAULT):
        usual = gettext("The citizen asks on their page how far it is.")
    return urge(order.followed, actor, now, note=note or usual)


def give_up(order: Order, actor: Actor, now: datetime, *, note: str) -> Event:
    """End the order at its citizen's wish (撤单) while no unit has it; afterwards ask the center for it.

    Number and four digits may be known to a unit, too: it must not be able to end its own work with them.
    """
    if order.state is State.RECEIVED:
        return withdraw(order, actor, now, reason=note)
    return ask_center(order, actor, now, note=note)


def ask_center(order: Order, actor: Actor, now: datetime, *, note: str) -> Event:
    """Ask the center to look at the order again (要求重办), or to withdraw it where a unit has it. Nothing moves yet."""
    ask: Ask = asked_for(order)
    return act(order, Action.ASK_CENTER, actor, now, ask=ask, reason=note, round=order.round)


def answer_citizen(
    order: Order, actor: Actor, now: datetime, *, public_reply: str, anyway: bool = False, version: int | None = None
) -> Event:
    """Tell a citizen what becomes of what they have asked the center for.

    The words are checked as a reply is; anyway: send them although something was found that is only asked about.
    """
    ready(order, Action.ANSWER_CITIZEN, actor, now, version=version)
    stood = stand_by(order, public_reply, actor, now, anyway=anyway)
    said = {"public_reply": public_reply.strip(), **stood}
    return act(order, Action.ANSWER_CITIZEN, actor, now, version=version, **said)
