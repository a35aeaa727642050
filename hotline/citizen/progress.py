"""An order's way in a citizen's words: what happened, who has it, what comes next. No staff names, no internal text. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hotline.base.i18n import gettext, mark
from hotline.orders.clocks import SENDS
from hotline.orders.lifecycle import ENDED_STATES, Action, State
from hotline.orders.models import Deadline, Event
from hotline.orders.vocabulary import Ask, TimeKind
from hotline.people.roles import Role
from hotline.policy.limits import Clock

# What a citizen is told of a step; a step that is not here is the government's own business.
TOLD = {
    Action.REGISTER: mark("We received your complaint."),
    Action.ANSWER: mark("We answered you."),
    Action.DISPATCH: mark("We sent it to %(unit)s."),
    Action.REDISPATCH: mark("We sent it on to %(unit)s, which is responsible for it."),
    Action.SIGN: mark("%(unit)s took it on."),
    Action.CONTACT: mark("%(unit)s got in touch with you."),
    Action.REQUEST_RETURN: mark("%(unit)s asked us to check which office is responsible."),
    Action.REFUSE_RETURN: mark("We checked: %(unit)s is responsible and goes on with it."),
    Action.REPLY: mark("%(unit)s answered you."),
    Action.ATTEMPT: mark("We called you to ask about the answer, and did not reach you."),
    Action.APPROVE_REPLY: mark("%(unit)s answered you."),
    Action.REPORT_PROGRESS: mark("%(unit)s told you how far it is."),
    Action.RULE_MOVES: mark("We decided that %(unit)s is responsible, and sent it there."),
    Action.REACTIVATE: mark("You told us that it is not settled: %(unit)s works on it again."),
    Action.EVALUATE: mark("You told us what you think of the answer."),
    Action.REDO: mark("It is not settled: %(unit)s works on it again."),
    Action.CLOSE: mark("Your complaint is closed."),
    Action.GRANT_TIME: mark("%(unit)s was given more time."),
    Action.RESUME: mark("%(unit)s goes on with it."),
    Action.SUPERVISE: mark("The hotline is watching that %(unit)s gets on with it."),
    Action.URGE: mark("%(unit)s was urged to get on with it."),
    Action.MERGE: mark(
        "Others have told us of the same matter. It is handled together with theirs, and you get the answer too."
    ),
    Action.FOLLOW: mark("%(unit)s answered you."),
    Action.UNMERGE: mark("We looked again: yours is another matter, and is handled by itself."),
    Action.PUT_THROUGH: mark("We put you through to the emergency number."),
    Action.WITHDRAW: mark("We ended it, as you wished."),
    Action.ASK_CENTER: mark("You asked us to look at it again."),
    Action.ANSWER_CITIZEN: mark("We looked at what you asked us, and answered."),
    Action.CONFIRM_EXIT: mark("The hotline cannot deal with it; we tell you why, and what you can do."),
}
# What citizens do themselves on their page; their own words stand below it.
THEIRS = {
    Action.NOTE: mark("You added something."),
    Action.EVALUATE: mark("You told us what you think of the answer."),
    Action.ASK_CENTER: mark("You asked us to look at it again."),
}
WITHDRAWS = mark("You asked us to withdraw it. The hotline will look at it and tell you.")
POSTPONED = mark("We called you to ask about the answer, and call again at another time, as you wished.")
# What time was granted for, where it is not simply more time.
WAITS: Mapping[Any, str] = {
    TimeKind.SUPPLEMENT: mark("%(unit)s waits for what you are to bring, and goes on when it is there."),
    TimeKind.PROCEDURE: mark("%(unit)s has to wait for a procedure the law asks for, and goes on after it."),
    TimeKind.PROMISE: mark("%(unit)s has promised to settle it; it takes longer."),
}
PRESENT = {
    State.RECEIVED: mark("The hotline is choosing the office that is responsible."),
    State.DISPATCHED: mark("It is with %(unit)s, which has yet to take it on."),
    State.HANDLING: mark("%(unit)s is working on it."),
    State.RETURNING: mark("The hotline is checking which office is responsible."),
    State.REVIEWING: mark("%(unit)s has an answer; whoever is responsible there reads it first."),
    State.CALLBACK: mark("You have an answer. The hotline will call you and ask whether it helped."),
    State.CLOSED: mark("It is closed."),
    State.MERGED: mark("%(unit)s is working on it, together with the same matter told by others."),
    State.EXITING: mark("The hotline is checking whether it can deal with this."),
    State.DECLINED: mark("The hotline cannot deal with it. Nothing more is to be done here."),
    State.WITHDRAWN: mark("It has been withdrawn."),
    State.EMERGENCY: mark("It is with the emergency service."),
    State.ANSWERED: mark("You have an answer. Nothing more is to be done."),
}
ASKED = mark("The hotline is looking at what you asked, and will tell you.")
RATED = mark("The hotline is looking at what you said about the answer.")
COMING = {
    Clock.DISPATCH: mark("We send it to the office that is responsible."),
    Clock.SIGN: mark("%(unit)s takes it on."),
    Clock.CONTACT: mark("%(unit)s gets in touch with you."),
    Clock.HANDLE: mark("%(unit)s answers you."),
    Clock.REDO: mark("%(unit)s answers you."),
    Clock.PROGRESS: mark("%(unit)s tells you how far it is."),
    Clock.RETURN_REVIEW: mark("We decide which office is responsible."),
    Clock.CALLBACK: mark("We call you and ask whether it is solved."),
}


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something that happened. reply: what the citizen was answered with it; own: what they wrote themselves.

    rated: what they said of the answer.
    files: ids of the files that came with it. sends: whether it was sent to a unit with it.
    """

    at: datetime
    words: str
    reply: str = ""
    own: str = ""
    rated: str = ""
    files: tuple[int, ...] = ()
    sends: bool = False


@dataclass(frozen=True, slots=True)
class Ahead:
    """Something that is to happen, and by when; deadline: None where that is not known yet."""

    deadline: Deadline | None
    words: str
    late: bool = False


# The way every order goes, by the clocks that say when.
WAY = (Clock.DISPATCH, Clock.SIGN, Clock.HANDLE, Clock.CALLBACK)


def happened(
    events: Iterable[Event], units: Mapping[str, str], levels: Mapping[str, str] | None = None
) -> list[Milestone]:
    """What a citizen is told of the events, oldest first. units, levels: names of units and of satisfaction, by code."""
    told = []
    unit = ""
    for event in events:
        unit = units.get(event.payload.get("unit", ""), unit)
        if words := _words(event):
            told.append(_milestone(event, gettext(words, unit=unit), levels or {}))
    return told


def _words(event: Event) -> str:
    """What is said of an event; nothing where it is the government's own, or came to a master from another citizen."""
    said = event.payload
    if event.actor_role is Role.CITIZEN and event.action in THEIRS:
        if said.get("other"):
            return ""
        return WITHDRAWS if said.get("ask") == Ask.WITHDRAW else THEIRS[event.action]
    if event.action is Action.ATTEMPT and said.get("later"):
        return POSTPONED
    return WAITS.get(said.get("kind"), TOLD.get(event.action, "")) if event.action in TOLD else ""


def _milestone(event: Event, words: str, levels: Mapping[str, str]) -> Milestone:
    said = event.payload
    theirs = event.actor_role is Role.CITIZEN and event.action in THEIRS
    return Milestone(
        event.at,
        words,
        reply=said.get("public_reply", ""),
        own=(said.get("note") or event.reason) if theirs else "",
        rated=_rated(said, levels) if event.action is Action.EVALUATE else "",
        files=tuple(said.get("attachments") or ()),
        sends=event.action in SENDS,
    )


def _rated(said: Mapping[str, Any], levels: Mapping[str, str]) -> str:
    solved = gettext("Yes, solved") if said["solved"] else gettext("No, not solved")
    return f"{solved} · {levels.get(said['satisfaction'], said['satisfaction'])}"


def present(state: State, unit: str, *, rated: bool, asked: bool = False) -> str:
    """Who has it now, and what they are doing.

    rated: the citizen has said what they think of the answer. asked: they wait for what they have asked the center.
    """
    if asked and state in ENDED_STATES:
        return gettext(ASKED)
    return gettext(RATED) if rated and state is State.CALLBACK else gettext(PRESENT[state], unit=unit)


def ahead(deadlines: Iterable[Deadline], unit: str, now: datetime) -> list[Ahead]:
    """What is to happen next, the soonest first; then the rest of the way, which has no date yet."""
    running = [one for one in deadlines if one.ended_at is None and one.clock in COMING]
    dated = [
        Ahead(one, gettext(COMING[one.clock], unit=unit), one.is_late(now))
        for one in sorted(running, key=lambda one: one.due_at)
    ]
    return [*dated, *_rest({one.clock for one in running}, unit)]


def _rest(clocks: set[Clock], unit: str) -> list[Ahead]:
    on_the_way = {Clock.HANDLE if clock is Clock.REDO else clock for clock in clocks} & set(WAY)
    if not on_the_way:
        return []
    last = max(WAY.index(clock) for clock in on_the_way)
    whose = unit or gettext("The office")
    return [Ahead(None, gettext(COMING[clock], unit=whose)) for clock in WAY[last + 1 :]]
