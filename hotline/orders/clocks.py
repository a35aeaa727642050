"""What an event does to an order's clocks. Pure: the same rules move the rows in the database and replay a log.

The total clock (HANDLE) starts at dispatch, and a return does not reset it. An extension or a pause is for
whichever of HANDLE and REDO runs. Supervision has a clock of its own, which nothing but its own end touches. A
deadline an upstream platform sets is the due time of whichever of the two runs; the first one set stays the original.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from hotline.orders.lifecycle import Action, Step, find
from hotline.orders.vocabulary import Nature, Urgency
from hotline.policy.calendar import Calendar, Counting, TimeUnit
from hotline.policy.clock import Course, Extension, Pause, PauseReason, Reckoning
from hotline.policy.limits import Clock, Facts, Limit, choose

WORK_CLOCKS = (Clock.HANDLE, Clock.REDO)  # a unit's working time: what extensions and pauses are for
MET, DROPPED = "met", "dropped"


class ClockRow(Protocol):
    """One clock of an order: a row of the table, or one being replayed. See ``models.Deadline``."""

    clock: Any
    round: Any
    unit_code: Any
    row: Any
    amount: Any
    unit: Any
    started_at: Any
    extended: Any
    paused: Any
    upstream_at: Any
    upstream_first_at: Any
    ended_at: Any
    outcome: Any


@dataclass(frozen=True, slots=True)
class Heard:
    """An event as the clocks hear it: what is so once it has happened."""

    action: Action
    at: datetime
    payload: Mapping[str, Any]
    lead_unit: str | None
    round: int
    facts: Facts
    upstream: datetime | None


R = TypeVar("R", bound=ClockRow)


def move(rows: Iterable[R], step: Step, heard: Heard) -> list[R]:
    """End the running clocks the step ends, and change the others as it says; return those whose due time moves."""
    moved: list[R] = []
    for row in rows:
        if row.ended_at is not None:
            continue
        if row.clock in step.meets + step.drops:
            row.ended_at = heard.at
            row.outcome = MET if row.clock in step.meets else DROPPED
            continue
        row.unit_code = heard.lead_unit  # it goes on for whoever leads now
        if _change(row, heard):
            moved.append(row)
    return moved


def starting(step: Step, heard: Heard, limits: Iterable[Limit]) -> list[Limit]:
    """The limits of the clocks a step starts; a clock the policy sets no limit for does not run."""
    rows = tuple(limits)
    return [limit for clock in step.starts if (limit := choose(rows, clock, heard.facts))]


def _change(row: ClockRow, heard: Heard) -> bool:
    said = heard.payload
    match heard.action:
        case Action.GRANT_TIME if row.clock in WORK_CLOCKS and said["kind"] == "extension":
            row.extended = [*row.extended, [said["time"]["amount"], said["time"]["unit"], _written(heard.at)]]
        case Action.GRANT_TIME if row.clock in WORK_CLOCKS:
            row.paused = [*row.paused, [said["time"]["start"], said["time"]["end"], said["kind"]]]
        case Action.RESUME if row.clock in WORK_CLOCKS and standing(row, heard.at):
            *earlier, (start, _, reason) = row.paused
            row.paused = [*earlier, [start, _written(heard.at), reason]]
        case Action.SET_UPSTREAM if row.clock in WORK_CLOCKS:
            row.upstream_at = datetime.fromisoformat(said["due"])
            row.upstream_first_at = row.upstream_first_at or row.upstream_at
        case _:
            return False
    return True


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()  # the same whatever zone the database answers in


def standing(row: ClockRow, now: datetime) -> Pause | None:
    """The pause a clock is in, if any; none holds up a deadline an upstream platform has set."""
    last = pauses(row)[-1:]
    return last[0] if last and row.upstream_at is None and last[0].start <= now < last[0].end else None


def pauses(row: ClockRow) -> tuple[Pause, ...]:
    """The pauses of a clock."""
    return tuple(
        Pause(datetime.fromisoformat(start), datetime.fromisoformat(end), PauseReason(reason))
        for start, end, reason in row.paused
    )


def extensions(row: ClockRow) -> tuple[Extension, ...]:
    """The extensions of a clock."""
    return tuple(
        Extension(amount, TimeUnit(unit), datetime.fromisoformat(agreed)) for amount, unit, agreed in row.extended
    )


def course(row: ClockRow, counting: Counting) -> Course:
    """All that decides when a clock is due, besides the calendar."""
    return Course(
        row.started_at,
        row.amount,
        row.unit,
        extensions(row),
        pauses(row),
        row.upstream_at,
        row.upstream_first_at,
        counting,
    )


def reckoning(row: ClockRow, calendar: Calendar, counting: Counting) -> Reckoning:
    """When a clock is due, and how that came to be."""
    return Reckoning(course(row, counting), calendar)


def goes_by_calendar(row: ClockRow) -> bool:
    """Whether a clock may move with the calendar; see ``models.GOES_BY_CALENDAR``."""
    return row.ended_at is None and (row.unit is not TimeUnit.NATURAL_HOURS or bool(row.extended))


def upstream_of(clock: Clock, heard: Heard) -> datetime | None:
    """The deadline the upstream platform has set for a clock."""
    return heard.upstream if clock is Clock.HANDLE else None


# Replaying a log


@dataclass(slots=True)
class Replayed:
    """A clock as the log says it is."""

    clock: Clock
    round: int
    unit_code: str | None
    row: str
    amount: float
    unit: TimeUnit
    started_at: datetime
    upstream_at: datetime | None
    upstream_first_at: datetime | None
    extended: list[Any] = field(default_factory=list)
    paused: list[Any] = field(default_factory=list)
    ended_at: datetime | None = None
    outcome: str | None = None


class Logged(Protocol):
    """An event of a log, as far as the clocks are concerned."""

    action: Any
    at: Any
    from_state: Any
    payload: Any


def replay(events: Iterable[Logged], limits: Iterable[Limit], first: Facts) -> list[Replayed]:
    """The clocks of an order as its events make them.

    first: the facts at its registration, where the event does not tell them.
    """
    rows: list[Replayed] = []
    limits = tuple(limits)
    heard = Heard(Action.REGISTER, datetime.min.replace(tzinfo=UTC), {}, None, 1, first, None)
    for event in events:
        step = find(event.from_state, event.action)
        if step is None:
            raise ValueError(f"the log takes a step the table does not have: {event.action} in {event.from_state}")
        heard = _next(heard, event)
        move(rows, step, heard)
        rows += [
            Replayed(
                limit.clock,
                heard.round,
                heard.lead_unit,
                limit.key,
                limit.amount,
                limit.unit,
                heard.at,
                upstream_of(limit.clock, heard),
                upstream_of(limit.clock, heard),
            )
            for limit in starting(step, heard, limits)
        ]
    return rows


def _next(before: Heard, event: Logged) -> Heard:
    said, facts = event.payload, before.facts
    if "facts" in said:
        facts = Facts(**said["facts"])
    facts = Facts(
        Nature(said.get("nature") or facts.nature),
        Urgency(said.get("urgency") or facts.urgency),
        said.get("category") or facts.category,
        facts.requester,
        said.get("district") or facts.region,
    )
    upstream = said.get("upstream_due") or (said["due"] if event.action is Action.SET_UPSTREAM else None)
    return Heard(
        event.action,
        event.at,
        said,
        said["unit"] if event.action in SENDS else before.lead_unit,
        before.round + (event.action is Action.REDO),
        facts,
        datetime.fromisoformat(upstream) if upstream else before.upstream,
    )


SENDS = frozenset({Action.DISPATCH, Action.REDISPATCH, Action.FOLLOW})
