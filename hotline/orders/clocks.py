"""What an event does to an order's clocks. Pure: the same rules move the rows in the database and replay a log.

The total clock (HANDLE) starts at dispatch, and a return does not reset it. An extension or a pause is for
whichever of HANDLE and REDO runs. A unit beside the lead has a clock for its part. Supervision has a clock of its own, which nothing but its own end touches. A
deadline an upstream platform sets is the due time of whichever of the two runs; the first one set stays the original.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from hotline.orders.lifecycle import Action, Step, find
from hotline.orders.vocabulary import Nature, Part, TimeKind, Urgency
from hotline.policy.calendar import Calendar
from hotline.policy.clock import Course, Extension, Pause, PauseReason, Reckoning
from hotline.policy.counting import Counting, TimeUnit
from hotline.policy.limits import Clock, Facts, Limit, choose

WORK_CLOCKS = (Clock.HANDLE, Clock.REDO)  # a unit's working time: what extensions and pauses are for
PART_CLOCKS = (Clock.ASSIST, Clock.READ)  # of the units beside the lead, one for each
SENDS = frozenset({Action.DISPATCH, Action.REDISPATCH, Action.RULE_MOVES, Action.FOLLOW})  # they say whose it is
AGAIN = frozenset({Action.REDO, Action.REACTIVATE})  # a new round begins
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
    return [row for row in rows if _moves(row, step, heard)]


def _moves(row: ClockRow, step: Step, heard: Heard) -> bool:
    if row.ended_at is not None:
        if row.clock not in step.resumes or row.round != heard.round or row.outcome != MET:
            return False
        row.ended_at = row.outcome = None
        return True  # the calendar may have moved on meanwhile
    outcome = _part_outcome(row, step, heard) if row.clock in PART_CLOCKS else _outcome(row, step)
    if outcome:
        row.ended_at, row.outcome = heard.at, outcome
        return False
    if row.clock not in PART_CLOCKS:
        row.unit_code = heard.lead_unit  # it goes on for whoever leads now
    return _change(row, heard)


def _outcome(row: ClockRow, step: Step) -> str:
    if row.clock in step.meets:
        return MET
    return DROPPED if row.clock in step.drops else ""


def _part_outcome(row: ClockRow, step: Step, heard: Heard) -> str:
    """How a part's clock ends: its unit has done it, nobody waits for it, or another choice of units leaves it out."""
    if heard.action is Action.FINISH_PART:
        return MET if heard.payload["part_unit"] == row.unit_code else ""
    if heard.action in SENDS and PART_CLOCK.get(parts_given(heard).get(row.unit_code or "")) is not row.clock:
        return DROPPED
    return DROPPED if row.clock in step.drops else ""


PART_CLOCK: Mapping[Part | None, Clock] = {Part.ASSIST: Clock.ASSIST, Part.SUB: Clock.ASSIST, Part.COPY: Clock.READ}


def parts_given(heard: Heard) -> dict[str, Part]:
    """The units an event gives a part, beside the one that leads."""
    said = heard.payload
    if heard.action is Action.ASSIGN:
        return {said["part_unit"]: Part(said["part"])}
    if heard.action not in SENDS:
        return {}
    return parts(said.get("assist", ()), said.get("copy", ()), heard.lead_unit)


def parts(assist: Iterable[str], copy: Iterable[str], lead: str | None) -> dict[str, Part]:
    """Each unit's part, but for the one that leads; one that assists needs no copy."""
    found = dict.fromkeys(copy, Part.COPY) | dict.fromkeys(assist, Part.ASSIST)
    return {unit: part for unit, part in found.items() if unit != lead}


@dataclass(frozen=True, slots=True)
class Start:
    """A clock that starts: its limit, the unit it runs for, and the due time where somebody above has set one."""

    clock: Clock
    limit: Limit
    unit: str | None
    set_due: datetime | None


def starting(step: Step, heard: Heard, limits: Iterable[Limit], rows: Iterable[ClockRow]) -> list[Start]:
    """The clocks a step starts; one the policy sets no limit for does not run, and one that runs does not start again.

    rows: the order's clocks, after ``move``.
    """
    limits, running = tuple(limits), [row for row in rows if row.ended_at is None]
    clocks = {row.clock for row in running}
    own = [
        Start(clock, limit, heard.lead_unit, heard.upstream if clock is Clock.HANDLE else None)
        for clock in step.starts
        if clock not in clocks and _wanted(clock, heard) and (limit := choose(limits, clock, heard.facts))
    ]
    return own + _parts_starting(heard, limits, {row.unit_code for row in running if is_part(row)})


def is_part(row: ClockRow) -> bool:
    """Whether a clock is that of a part some unit still works on."""
    return row.clock in PART_CLOCKS and row.ended_at is None


def _parts_starting(heard: Heard, limits: tuple[Limit, ...], going_on: Collection[str | None]) -> list[Start]:
    due = heard.payload.get("due") if heard.action is Action.ASSIGN else None
    return [
        Start(clock, limit, unit, datetime.fromisoformat(due) if due else None)
        for unit, part in parts_given(heard).items()
        for clock in (PART_CLOCK[part],)
        if unit not in going_on
        and (limit := choose(limits, clock, heard.facts) or (due and choose(limits, Clock.HANDLE, heard.facts)))
    ]


def _wanted(clock: Clock, heard: Heard) -> bool:
    """Of what is granted, only a promise has to be told of again and again."""
    return clock is not Clock.PROGRESS or heard.payload.get("kind", TimeKind.PROMISE) == TimeKind.PROMISE


def _change(row: ClockRow, heard: Heard) -> bool:
    said = heard.payload
    match heard.action:
        case Action.GRANT_TIME if row.clock in WORK_CLOCKS and said["kind"] == "extension":
            row.extended = [*row.extended, [said["time"]["amount"], said["time"]["unit"], _written(heard.at)]]
        case Action.GRANT_TIME if row.clock in WORK_CLOCKS:
            row.paused = [*row.paused, [said["time"]["start"], said["time"]["end"], said["kind"]]]
        # A promise is the unit's that made it: whoever has the order now has its time, not its leave to wait.
        case Action.RESUME | Action.REDISPATCH | Action.RULE_MOVES if row.clock in WORK_CLOCKS and standing(
            row, heard.at
        ):
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
                start.clock,
                heard.round,
                start.unit,
                start.limit.key,
                start.limit.amount,
                start.limit.unit,
                heard.at,
                start.set_due,
                start.set_due,
            )
            for start in starting(step, heard, limits, rows)
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
        before.round + (event.action in AGAIN),
        facts,
        datetime.fromisoformat(upstream) if upstream else before.upstream,
    )
