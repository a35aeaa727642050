"""The words that leave the app. Staff and systems learn number, step and unit, and read the rest in the app."""

from __future__ import annotations

import re
from datetime import datetime

from hotline.base.i18n import gettext, label, mark
from hotline.base.links import address_outside
from hotline.notices.channels.message import Message
from hotline.notices.queries import Digest
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.sight import sees_when
from hotline.orders.vocabulary import Channel
from hotline.people.actors import Actor
from hotline.people.queries import unit_names
from hotline.policy.queries import calendar_now

MOBILE = re.compile(r"(\+?86)?1[3-9]\d{9}", re.ASCII)  # what a text message reaches
ANSWER_SHOWN = 100  # characters of an answer in a text message

# What a citizen is told by text message. Of a secret order nothing of its matter stands on a screen others may see.
TO_CITIZEN = {
    Action.REGISTER: mark(
        "We received your appeal. Its number is %(number)s. To follow it, open %(follow)s and give this number and the last four digits of your phone."
    ),
    Action.REPLY: mark(
        "%(unit)s has answered your appeal %(number)s: %(answer)s Read it, and tell us whether it is solved: %(rate)s"
    ),
    Action.APPROVE_REPLY: mark(
        "%(unit)s has answered your appeal %(number)s: %(answer)s Read it, and tell us whether it is solved: %(rate)s"
    ),
    Action.REPORT_PROGRESS: mark(
        "%(unit)s tells you how far your appeal %(number)s is: %(answer)s Read it at %(follow)s"
    ),
    Action.FOLLOW: mark(
        "%(unit)s has answered your appeal %(number)s: %(answer)s Read it, and tell us whether it is solved: %(rate)s"
    ),
    Action.ANSWER: mark("We have answered your appeal %(number)s: %(answer)s Read it at %(follow)s"),
    Action.ANSWER_CITIZEN: mark(
        "We have looked at what you asked about your appeal %(number)s: %(answer)s Read it at %(follow)s"
    ),
    Action.CONFIRM_EXIT: mark(
        "The hotline cannot deal with your appeal %(number)s. Why, and what you can do, is told at %(follow)s"
    ),
}
TO_SECRET = {
    Action.ANSWER_CITIZEN: mark("There is news of your appeal %(number)s. Read it at %(follow)s"),
    Action.APPROVE_REPLY: mark(
        "Your appeal %(number)s has been answered. Read it, and tell us whether it is solved: %(rate)s"
    ),
    Action.REPORT_PROGRESS: mark("There is news of your appeal %(number)s. Read it at %(follow)s"),
    Action.REPLY: mark("Your appeal %(number)s has been answered. Read it, and tell us whether it is solved: %(rate)s"),
    Action.FOLLOW: mark(
        "Your appeal %(number)s has been answered. Read it, and tell us whether it is solved: %(rate)s"
    ),
    Action.ANSWER: mark("Your appeal %(number)s has been answered. Read it at %(follow)s"),
}


def is_for_citizen(event: Event, order: Order) -> bool:
    """Whether the citizen gets a text message: who left a mobile number and did not hear it on the phone."""
    if order.channel is Channel.IMPORT or not MOBILE.fullmatch(order.requester_phone):
        return False
    return event.action in TO_CITIZEN and not (event.action is Action.ANSWER and order.channel is Channel.PHONE)


def to_citizen(event: Event, order: Order) -> Message:
    """The text message to the order's citizen."""
    words = (TO_SECRET if order.secret else {}).get(event.action, TO_CITIZEN[event.action])
    answer = event.payload.get("public_reply", "")
    text = gettext(
        words,
        number=order.number,
        unit=_unit(event, order),
        answer=answer if len(answer) <= ANSWER_SHOWN else f"{answer[:ANSWER_SHOWN]}…",
        follow=address_outside("citizen.follow"),
        rate=address_outside("citizen.rate", token=order.rating_token),
    )
    return Message("", text)


def of_event(event: Event, order: Order, reader: Actor) -> Message:
    """An event as a subscription is told of it: nothing of its text, nor of the citizen."""
    at = event.at if sees_when(event, reader) else None
    link = address_outside("orders.shown", number=order.number)
    lines = [
        f"{order.number} {label(event.action)}",
        _line(gettext("State"), label(event.to_state)),
        _line(gettext("Unit"), _unit(event, order)),
        _line(gettext("When"), _when(at)),
        link,
    ]
    facts = {
        "number": order.number,
        "action": event.action,
        "state": event.to_state,
        "unit": event.payload.get("unit") or order.lead_unit,
        "at": at.isoformat() if at else None,
        "link": link,
    }
    return Message(lines[0], "\n".join(line for line in lines if line), facts)


def of_digest(digest: Digest) -> Message:
    """A digest of warnings: the numbers of the orders, the worst kind first."""
    lines, warnings = [], []
    for warned in digest.kinds:
        lines.append(label(warned.kind) + gettext(": ") + str(len(warned.deadlines) + warned.more))
        for deadline in warned.deadlines:
            number = deadline.order.number
            lines.append(f"  {number} {label(deadline.clock)} {_when(deadline.due_at)}")
            due = deadline.due_at.isoformat()
            warnings.append({"kind": warned.kind, "number": number, "clock": deadline.clock, "due": due})
    link = address_outside("notices.listed")
    facts = {"action": "warnings", "at": digest.at.isoformat(), "warnings": warnings, "link": link}
    return Message(gettext("Deadline warnings"), "\n".join([*lines, link]), facts)


def _line(name: str, value: str) -> str:
    return name + gettext(": ") + value if value else ""


def _unit(event: Event, order: Order) -> str:
    code = event.payload.get("unit") or order.lead_unit
    return unit_names().get(code, "") if code else ""


def _when(instant: datetime | None) -> str:
    return f"{instant.astimezone(calendar_now().zone):%Y-%m-%d %H:%M}" if instant else ""
