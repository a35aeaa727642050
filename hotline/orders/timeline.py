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
from hotline.policy.calendar import TimeUnit
from hotline.policy.clock import city_time, spoken
from hotline.policy.triggers import Supervision

NAMELESS = frozenset({Role.SYSTEM, Role.CITIZEN})
UNSAID = frozenset(
    {"round", "row_id", "threshold", "facts", "rule", "appeal", "against", "person"}
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
        moved_to=event.to_state if event.to_state != event.from_state else None,
        lines=tuple(_lines(event, told)),
    )


def _lines(event: Event, told: Mapping[str, Callable[[Any], Line]]) -> Iterable[Line]:
    if event.reason:
        yield Line("internal", gettext("Reason"), event.reason)
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
    return city_time(datetime.fromisoformat(written), policies.calendar_now(), ends=True)


def time_in_words(time: Mapping[str, Any]) -> str:
    """How much time is asked for or granted: an amount, or from when to when."""
    if "amount" in time:
        return spoken(time["amount"], TimeUnit(time["unit"]))
    return gettext("%(start)s to %(end)s", start=_instant(time["start"]), end=_instant(time["end"]))


def _tellers(order: Order, names: Names) -> dict[str, Callable[[Any], Line]]:
    """For each thing an event may carry, how it is said."""
    levels = level_names(order.policy_id)
    files = {file.id: file.name for file in order.attachments}
    comma = gettext(", ")

    def plain(title: str, read: Callable[[Any], str]) -> Callable[[Any], Line]:
        return lambda value: Line("plain", title, read(value))

    def several(known: Mapping[Any, str]) -> Callable[[Any], str]:
        return lambda codes: comma.join(known.get(code, str(code)) for code in codes)

    def one(known: Mapping[str, str]) -> Callable[[Any], str]:
        return lambda code: known.get(code, code)

    return {
        "channel": plain(gettext("Came in by"), lambda value: label(Channel(value))),
        "unit": plain(gettext("To"), one(names.units)),
        "assist": plain(gettext("Assisting"), several(names.units)),
        "copy": plain(gettext("Copy to"), several(names.units)),
        "category": plain(gettext("Category"), one(names.categories)),
        "district": plain(gettext("District"), one(names.districts)),
        "nature": plain(gettext("Nature"), lambda value: label(Nature(value))),
        "urgency": plain(gettext("Urgency"), lambda value: label(Urgency(value))),
        "confidence": plain(gettext("Confidence"), lambda value: f"{value:.0%}"),
        "proposed_unit": plain(gettext("Unit proposed"), one(names.units)),
        "result": plain(gettext("Result"), lambda value: label(Result(value))),
        "solved": plain(gettext("Solved"), lambda value: gettext("yes") if value else gettext("no")),
        "satisfaction": plain(gettext("Satisfaction"), one(levels)),
        "kind": plain(gettext("Asked for"), lambda value: label(TimeKind(value))),
        "time": plain(gettext("Time"), time_in_words),
        "next_step": lambda value: Line("internal", gettext("Next step"), value),
        "due": plain(gettext("Due"), _instant),
        "upstream_due": plain(gettext("Upstream deadline"), _instant),
        "master": plain(gettext("Master order"), str),
        "basis": lambda value: Line("internal", gettext("Duty basis"), value),
        "designated": plain(gettext("Designated"), lambda _: gettext("yes; it cannot be handed back")),
        "part": plain(gettext("Part"), lambda value: label(Part(value))),
        "part_unit": plain(gettext("Unit"), one(names.units)),
        "person_name": plain(gettext("Done by"), str),
        "task": lambda value: Line("internal", gettext("Task"), value),
        "how": plain(gettext("Settled by"), lambda value: label(Ruling(value))),
        "responsible": plain(gettext("Responsible from now on"), one(names.units)),
        "truth": plain(gettext("Whether it is so"), lambda value: label(Truth(value))),
        "spoken_at": plain(gettext("Spoken at"), _instant),
        "number": plain(gettext("Number called"), str),
        "exit": plain(gettext("Not accepted because of"), lambda value: label(Exit(value))),
        "service": plain(gettext("Put through to"), lambda value: label(Service(value))),
        "supervision": plain(gettext("Supervision"), lambda value: label(Supervision(value))),
        "other": plain(gettext("Linked with"), str),
        "ask": plain(gettext("Asks"), lambda value: label(Ask(value))),
        "known_by": plain(gettext("Known by"), lambda _: gettext("number and last digits of the phone")),
        "anonymous": plain(gettext("Anonymous"), lambda _: gettext("yes; there is no callback")),
        "missing": plain(gettext("Not said"), lambda names: comma.join(label(Element(name)) for name in names)),
        "article": plain(
            gettext("Article"),
            lambda one: gettext("%(code)s, revision %(n)s", code=one["code"], n=one["revision"]),
        ),
        "stood": plain(gettext("Sent although found"), lambda rules: comma.join(label(Rule(rule)) for rule in rules)),
        "scope": plain(gettext("Should not count"), lambda value: label(Scope(value))),
        "ground": plain(gettext("Reason of the appeal"), lambda value: label(Ground(value))),
        "agrees": plain(gettext("Decision"), lambda value: gettext("not counted") if value else gettext("counted")),
        "attachments": plain(gettext("Files"), several(files)),
        "public_reply": lambda value: Line("public", gettext("Public reply"), value),
        "unsolved_reason": lambda value: Line("internal", gettext("Why it is not solved"), value),
        "note": lambda value: Line("internal", gettext("Note"), value),
    }
