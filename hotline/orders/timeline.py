"""An order's events in words: who, when, what, why; what citizens may read is kept apart from what is internal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from hotline.base.i18n import gettext, label
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Event, Order
from hotline.orders.names import Names, level_names
from hotline.orders.reply_check import Rule
from hotline.orders.sight import sees_event, sees_when, sees_who
from hotline.orders.vocabulary import (
    Ask,
    Channel,
    Element,
    Exit,
    Nature,
    Part,
    Result,
    Ruling,
    Service,
    TimeKind,
    Truth,
    Urgency,
)
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.appeals import Ground, Scope
from hotline.policy.clock import spoken
from hotline.policy.counting import TimeUnit
from hotline.policy.plain import plain_time
from hotline.policy.triggers import Supervision

NAMELESS = frozenset({Role.SYSTEM, Role.CITIZEN})
UNSAID = frozenset(
    {"round", "row_id", "threshold", "facts", "rule", "appeal", "against", "person", "later"}
)  # kept for those who check, not for those who read


@dataclass(frozen=True, slots=True)
class Line:
    """One thing an event says. ground: ``public`` (the citizen reads it), ``internal``, or ``plain`` (a fact)."""

    ground: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as its reader sees it. ``at`` is None where the reader is not to know when."""

    seq: int
    at: datetime | None
    who: str
    role: Role
    action: Action
    title: str
    moved_to: State | None
    lines: tuple[Line, ...]


def timeline(order: Order, reader: Actor, names: Names) -> list[Entry]:
    """The order's events, newest first, as far as the reader is to know them."""
    return entries(order, reversed(order.events), reader, names)


def changes_since(order: Order, version: int, reader: Actor, names: Names) -> list[Entry]:
    """What happened after a version of the order was read, oldest first."""
    return entries(order, (event for event in order.events if event.seq > version), reader, names)


def entries(order: Order, events: Iterable[Event], reader: Actor, names: Names) -> list[Entry]:
    """Events in words, without those that are not for the reader."""
    told = _tellers(order, names)
    return [_entry(event, told, reader) for event in events if sees_event(event, reader)]


def _entry(event: Event, told: Mapping[str, Callable[[Any], Line]], reader: Actor) -> Entry:
    nameless = event.actor_role in NAMELESS or not sees_who(event, reader)
    return Entry(
        seq=event.seq,
        at=event.at if sees_when(event, reader) else None,
        who=label(event.actor_role) if nameless else event.actor_name,
        role=event.actor_role,
        action=event.action,
        title=title_of(event.action, event.payload),
        moved_to=event.to_state if event.to_state != event.from_state else None,
        lines=tuple(_lines(event, told)),
    )


def title_of(action: Action, said: Mapping[str, Any]) -> str:
    """What a step is called, given what was said with it."""
    is_postponed = action is Action.ATTEMPT and said.get("later")
    return gettext("To be called at another time") if is_postponed else label(action)


def _lines(event: Event, told: Mapping[str, Callable[[Any], Line]]) -> Iterable[Line]:
    if event.reason:
        own = event.actor_role is Role.CITIZEN  # their own words are nothing to keep from them
        yield Line("plain" if own else "internal", gettext("Reason"), event.reason)
    said = {key: value for key, value in event.payload.items() if value not in (None, "", []) and key not in UNSAID}
    for key in [*(key for key in told if key in said), *(key for key in said if key not in told)]:
        line = told[key](said[key]) if key in told else Line("plain", key, str(said[key]))
        # What waits for a signature is not the citizen's to read, and perhaps never will be.
        yield (
            replace(line, ground="internal", label=gettext("Reply handed in"))
            if event.action is Action.SUBMIT_REPLY and line.ground == "public"
            else line
        )


def _instant(written: str) -> str:
    return plain_time(datetime.fromisoformat(written), policies.calendar_now())


def time_in_words(time: Mapping[str, Any], *, brief: bool = False) -> str:
    """How much time is asked for or granted: an amount, or from when to when. brief: until when."""
    if "amount" in time:
        return spoken(time["amount"], TimeUnit(time["unit"]))
    if brief:
        return gettext("until %(end)s", end=_instant(time["end"]))
    return gettext("%(start)s to %(end)s", start=_instant(time["start"]), end=_instant(time["end"]))


Teller = Callable[[Any], Line]


def _plain(title: str, read: Callable[[Any], str]) -> Teller:
    return lambda value: Line("plain", title, read(value))


def _prose(ground: str, title: str) -> Teller:
    return lambda value: Line(ground, title, value)


def _several(known: Mapping[Any, str]) -> Callable[[Any], str]:
    return lambda codes: gettext(", ").join(known.get(code, str(code)) for code in codes)


def _one(known: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda code: known.get(code, code)


def _tellers(order: Order, names: Names) -> dict[str, Teller]:
    """For each thing an event may carry, how it is said, in the order it is told in."""
    return {**_of_the_matter(order, names), **_of_the_way(names), **_of_the_word(order)}


def _of_the_matter(order: Order, names: Names) -> dict[str, Teller]:
    """What it is, where it goes, what was said of it and until when it is due."""
    levels = level_names(order.policy_id)
    return {
        "channel": _plain(gettext("Came in by"), lambda value: label(Channel(value))),
        "unit": _plain(gettext("To"), _one(names.units)),
        "assist": _plain(gettext("Assisting"), _several(names.units)),
        "copy": _plain(gettext("Copy to"), _several(names.units)),
        "category": _plain(gettext("Category"), _one(names.categories)),
        "district": _plain(gettext("District"), _one(names.districts)),
        "nature": _plain(gettext("Nature"), lambda value: label(Nature(value))),
        "urgency": _plain(gettext("Urgency"), lambda value: label(Urgency(value))),
        "confidence": _plain(gettext("Confidence"), lambda value: f"{value:.0%}"),
        "proposed_unit": _plain(gettext("Unit proposed"), _one(names.units)),
        "result": _plain(gettext("Result"), lambda value: label(Result(value))),
        "solved": _plain(gettext("Solved"), lambda value: gettext("yes") if value else gettext("no")),
        "satisfaction": _plain(gettext("Satisfaction"), _one(levels)),
        "kind": _plain(gettext("Asked for"), lambda value: label(TimeKind(value))),
        "time": _plain(gettext("Time"), time_in_words),
        "next_step": _prose("internal", gettext("Next step")),
        "due": _plain(gettext("Due"), _instant),
        "upstream_due": _plain(gettext("Upstream deadline"), _instant),
    }


def _of_the_way(names: Names) -> dict[str, Teller]:
    """Merged, parted, disputed, put through, supervised."""
    return {
        "master": _plain(gettext("Master order"), str),
        "basis": _prose("internal", gettext("Duty basis")),
        "designated": _plain(gettext("Designated"), lambda _: gettext("yes; it cannot be handed back")),
        "part": _plain(gettext("Part"), lambda value: label(Part(value))),
        "part_unit": _plain(gettext("Unit"), _one(names.units)),
        "person_name": _plain(gettext("Done by"), str),
        "task": _prose("internal", gettext("Task")),
        "how": _plain(gettext("Settled by"), lambda value: label(Ruling(value))),
        "responsible": _plain(gettext("Responsible from now on"), _one(names.units)),
        "truth": _plain(gettext("Whether it is so"), lambda value: label(Truth(value))),
        "spoken_at": _plain(gettext("Spoken at"), _instant),
        "number": _plain(gettext("Number called"), str),
        "exit": _plain(gettext("Not accepted because of"), lambda value: label(Exit(value))),
        "service": _plain(gettext("Put through to"), lambda value: label(Service(value))),
        "supervision": _plain(gettext("Supervision"), lambda value: label(Supervision(value))),
        "other": _plain(gettext("Linked with"), str),
    }


def _of_the_word(order: Order) -> dict[str, Teller]:
    """What is asked, appealed and written."""
    files = {file.id: file.name for file in order.attachments}
    return {
        "ask": _plain(gettext("Asks"), lambda value: label(Ask(value))),
        "known_by": _plain(gettext("Known by"), lambda _: gettext("number and last digits of the phone")),
        "anonymous": _plain(gettext("Anonymous"), lambda _: gettext("yes; there is no callback")),
        "missing": _plain(
            gettext("Not said"), lambda names: gettext(", ").join(label(Element(name)) for name in names)
        ),
        "article": _plain(
            gettext("Article"),
            lambda one: gettext("%(code)s, revision %(n)s", code=one["code"], n=one["revision"]),
        ),
        "stood": _plain(
            gettext("Sent although found"), lambda rules: gettext(", ").join(label(Rule(rule)) for rule in rules)
        ),
        "scope": _plain(gettext("Should not count"), lambda value: label(Scope(value))),
        "ground": _plain(gettext("Reason of the appeal"), lambda value: label(Ground(value))),
        "agrees": _plain(gettext("Decision"), lambda value: gettext("not counted") if value else gettext("counted")),
        "attachments": _plain(gettext("Files"), _several(files)),
        "public_reply": _prose("public", gettext("Public reply")),
        "unsolved_reason": _prose("internal", gettext("Why it is not solved")),
        "note": _prose("internal", gettext("Note")),
    }
