"""An order's way in a citizen's words: what happened, who has it, what comes next. No staff names, no internal text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hotline.base.i18n import gettext
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event
from hotline.policy.limits import Clock


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happened. reply: what the citizen was answered with it."""

    at: datetime
    words: str
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something that is to happen, and by when."""

    deadline: Deadline
    words: str
    late: bool


def happened(events: Iterable[Event], units: Mapping[str, str]) -> list[Milestone]:
    """What a citizen is told of the events, oldest first. units: names by code."""
    told = []
    unit = ""
    for event in events:
        unit = units.get(event.payload.get("unit", ""), unit)
        if words := _told(event.action, unit):
            told.append(Milestone(event.at, words, event.payload.get("public_reply", "")))
    return told


def _told(action: Action, unit: str) -> str:
    """One event in plain words; nothing for what is the government's own business."""
    match action:
        case Action.REGISTER:
            return gettext("We received your complaint.")
        case Action.ANSWER:
            return gettext("We answered you.")
        case Action.DISPATCH:
            return gettext("We sent it to %(unit)s.", unit=unit)
        case Action.REDISPATCH:
            return gettext("We sent it on to %(unit)s, which is responsible for it.", unit=unit)
        case Action.SIGN:
            return gettext("%(unit)s took it on.", unit=unit)
        case Action.CONTACT:
            return gettext("%(unit)s got in touch with you.", unit=unit)
        case Action.REQUEST_RETURN:
            return gettext("%(unit)s asked us to check which office is responsible.", unit=unit)
        case Action.REFUSE_RETURN:
            return gettext("We checked: %(unit)s is responsible and goes on with it.", unit=unit)
        case Action.REPLY:
            return gettext("%(unit)s answered you.", unit=unit)
        case Action.ATTEMPT:
            return gettext("We called you to ask about the answer, and did not reach you.")
        case Action.EVALUATE:
            return gettext("You told us what you think of the answer.")
        case Action.REDO:
            return gettext("It is not settled: %(unit)s must work on it again.", unit=unit)
        case Action.CLOSE:
            return gettext("Your complaint is closed.")
        case Action.AMEND | Action.NOTE:
            return ""
    return ""


def present(state: State, unit: str, *, rated: bool) -> str:
    """Who has it now, and what they are doing. rated: the citizen has said what they think of the answer."""
    match state:
        case State.RECEIVED:
            return gettext("The hotline is choosing the office that is responsible.")
        case State.DISPATCHED:
            return gettext("It is with %(unit)s, which has yet to take it on.", unit=unit)
        case State.HANDLING:
            return gettext("%(unit)s is working on it.", unit=unit)
        case State.RETURNING:
            return gettext("The hotline is checking which office is responsible.")
        case State.CALLBACK if rated:
            return gettext("The hotline is looking at what you said.")
        case State.CALLBACK:
            return gettext("You have an answer. The hotline will call you and ask whether it helped.")
        case State.CLOSED:
            return gettext("It is closed.")
        case State.ANSWERED:
            return gettext("You have an answer. Nothing more is to be done.")


def ahead(deadlines: Iterable[Deadline], unit: str, now: datetime) -> list[Ahead]:
    """What is to happen next, the soonest first."""
    running = sorted((one for one in deadlines if one.ended_at is None), key=lambda one: one.due_at)
    coming = [Ahead(one, _coming(one.clock, unit), one.is_late(now)) for one in running]
    return [step for step in coming if step.words]


def _coming(clock: Clock, unit: str) -> str:
    match clock:
        case Clock.DISPATCH:
            return gettext("We send it to the office that is responsible.")
        case Clock.SIGN:
            return gettext("%(unit)s takes it on.", unit=unit)
        case Clock.CONTACT:
            return gettext("%(unit)s gets in touch with you.", unit=unit)
        case Clock.HANDLE | Clock.REDO:
            return gettext("%(unit)s answers you.", unit=unit)
        case Clock.RETURN_REVIEW:
            return gettext("We decide which office is responsible.")
        case Clock.CALLBACK:
            return gettext("We call you and ask whether it is solved.")
        case Clock.SUPERVISE:
            return ""
    return ""
