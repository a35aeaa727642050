"""Stories of orders and calls by chance: told as plain data first, written into the tables as far as an instant.

From the data comes what each measure should count (``model``), without a line of the report's own.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from hotline.base.db import db
from hotline.calls.models import CallOutcome
from hotline.handle.models import Evaluation
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.people.roles import Role
from hotline.policy.counting import TimeUnit
from hotline.policy.limits import Clock
from hotline.policy.models import CalendarVersion
from hotline.transfer.models import OrderLink
from tests.report import rows
from tests.report.rows import DAY, HOUR, MONDAY

UNITS = ("housing", "d01", "dev-reform")
PHONES = ("", *(f"139000000{n:02d}" for n in range(30)))
LEVELS = ("satisfied", "basically", "neutral", "dissatisfied")
ENDS = {
    Action.ANSWER: State.ANSWERED,
    Action.WITHDRAW: State.WITHDRAWN,
    Action.PUT_THROUGH: State.EMERGENCY,
    Action.PROPOSE_EXIT: State.EXITING,
}


@dataclass
class Step:
    """A step of a log."""

    at: datetime
    action: Action
    state: State
    said: dict[str, Any]
    by: Role


@dataclass
class Ran:
    """A clock that ran."""

    clock: Clock
    unit: str | None
    start: datetime
    due: datetime
    ended: datetime | None = None
    outcome: str | None = None
    first_due: datetime | None = None
    extended: datetime | None = None


@dataclass
class Asked:
    """An asking; what was said, once it ended."""

    turn: int
    unit: str
    at: datetime
    ended: datetime | None = None
    level: str | None = None
    solved: bool | None = None


@dataclass
class Told:
    """An order's story."""

    number: str
    at: datetime
    phone: str
    nature: str
    urgency: str
    steps: list[Step] = field(default_factory=list)
    clocks: list[Ran] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    id: int = 0

    def step(self, at: datetime, action: Action, state: State, by: Role = Role.HANDLER, **said: Any) -> None:
        """It takes a step."""
        self.steps.append(Step(at, action, state, said, by))

    def seen(self, cutoff: datetime, *actions: Action) -> list[Step]:
        """Its steps of some kinds by an instant, in order."""
        return [step for step in self.steps if step.at <= cutoff and step.action in actions]

    def state(self, cutoff: datetime) -> State:
        """Where it stood at an instant."""
        return [step for step in self.steps if step.at <= cutoff][-1].state

    def unit(self, cutoff: datetime) -> str | None:
        """Who had it at an instant."""
        sent = self.seen(cutoff, Action.DISPATCH, Action.REDISPATCH)
        return sent[-1].said["unit"] if sent else None

    def master(self, until: datetime) -> str:
        """The number of what it was merged into; its own where it was not."""
        word = self.seen(until, Action.MERGE, Action.UNMERGE)
        return word[-1].said["master"] if word and word[-1].action is Action.MERGE else self.number


@dataclass
class Rang:
    """A call."""

    at: datetime
    outcome: CallOutcome
    wait: float
    phone: str
    queue: str
    order: Told | None

    @property
    def over(self) -> datetime:
        """When the wait was over."""
        return self.at + timedelta(seconds=self.wait)


@dataclass
class Story:
    """Orders, who was linked with whom and when, calls."""

    orders: list[Told]
    links: list[tuple[Told, Told, datetime]]
    calls: list[Rang]


def story(seed: int, orders: int = 40, calls: int = 50) -> Story:
    """What happened in and around the week, by chance."""
    dice = random.Random(seed)
    moments = sorted(MONDAY + timedelta(minutes=dice.randrange(-4 * 1440, 9 * 1440)) for _ in range(orders))
    told: list[Told] = []
    for n, at in enumerate(moments):
        told.append(_order(dice, f"S{seed:05d}{n:06d}", at, told))
    links = []
    for n, one in enumerate(told):
        later = [other for other in told[n + 1 :] if other.phone == one.phone]
        if later and dice.random() < 0.4:
            links.append((one, later[0], later[0].at + dice.choice([1, 30, 800]) * HOUR))
    return Story(told, links, [_call(dice, told) for _ in range(calls)])


def _call(dice: random.Random, told: list[Told]) -> Rang:
    at = MONDAY + timedelta(minutes=dice.randrange(-2 * 1440, 9 * 1440))
    outcome = dice.choice(
        [CallOutcome.ANSWERED] * 3 + [CallOutcome.ABANDONED, CallOutcome.ABANDONED, CallOutcome.TIMEOUT]
    )
    known = [one for one in told if one.at <= at]
    about = dice.choice([None, dice.choice(known)]) if known else None
    return Rang(at, outcome, dice.choice([0, 4.9, 5, 15, 15.5, 60]), dice.choice(PHONES), dice.choice("ab"), about)


def _order(dice: random.Random, number: str, at: datetime, before: list[Told]) -> Told:
    told = Told(
        number,
        at,
        dice.choice(PHONES[:9]),
        dice.choice(["complaint", "report", "help"]),
        dice.choice(["normal", "urgent"]),
    )
    told.step(at, Action.REGISTER, State.RECEIVED, Role.AGENT)
    out = Ran(Clock.DISPATCH, None, at, at + 2 * HOUR)
    told.clocks.append(out)
    then = at + dice.choice([1, 2, 5]) * HOUR
    masters = [one for one in before if one.seen(then, Action.DISPATCH)]
    what = dice.randrange(8)
    if what == 0:
        return told
    if what == 1:
        action = dice.choice(list(ENDS))
        told.step(then, action, ENDS[action], Role.AGENT)
        if action is Action.PROPOSE_EXIT:
            then += HOUR
            told.step(then, Action.CONFIRM_EXIT, State.DECLINED, Role.DISPATCHER)
        out.ended, out.outcome = then, "dropped" if action is Action.WITHDRAW else "met"
        return told
    if what == 2 and masters:
        master = next((one for one in masters if one.phone == told.phone), masters[-1])
        told.step(then, Action.MERGE, State.MERGED, Role.AGENT, master=master.number)
        out.ended, out.outcome = then, "dropped"
        if dice.random() < 0.3:
            told.step(then + DAY, Action.UNMERGE, State.RECEIVED, Role.DISPATCHER, master=master.number)
        return told
    out.ended, out.outcome = then, "met"
    _handled(dice, told, then)
    return told


def _handled(dice: random.Random, told: Told, at: datetime) -> None:
    unit, by = dice.choice(UNITS), dice.choice([Role.SYSTEM, Role.DISPATCHER])
    told.step(at, Action.DISPATCH, State.DISPATCHED, by, unit=unit)
    handle = Ran(Clock.HANDLE, unit, at, at + dice.choice([2, 3]) * DAY)
    handle.first_due = handle.due - dice.choice([0, 1]) * DAY
    handle.extended = handle.first_due - HOUR if handle.first_due < handle.due else None
    contact, sign = Ran(Clock.CONTACT, unit, at, at + DAY), Ran(Clock.SIGN, unit, at, at + 4 * HOUR)
    told.clocks += [handle, contact, sign]
    if dice.random() < 0.4:
        at += dice.choice([1, 3, 9]) * HOUR
        told.step(at, Action.REQUEST_RETURN, State.RETURNING)
        at += HOUR
        word = dice.choice([None, Action.REFUSE_RETURN, Action.REDISPATCH])
        if word is None:
            return
        if word is Action.REDISPATCH:
            unit = dice.choice([one for one in UNITS if one != unit])
            told.step(at, word, State.DISPATCHED, Role.DISPATCHER, unit=unit)
            sign.ended, sign.outcome = at, "dropped"
            sign = Ran(Clock.SIGN, unit, at, at + 4 * HOUR)
            told.clocks.append(sign)
            handle.unit = contact.unit = unit
        else:
            told.step(at, word, State.HANDLING, Role.DISPATCHER)
            sign.ended, sign.outcome = at, "met"
    if sign.ended is None:
        at += dice.choice([1, 4, 8]) * HOUR
        told.step(at, Action.SIGN, State.HANDLING)
        sign.ended, sign.outcome = at, "met"
    if dice.random() < 0.6:
        at += dice.choice([1, 30]) * HOUR
        told.step(at, Action.CONTACT, State.HANDLING)
        contact.ended, contact.outcome = at, "met"
    if dice.random() < 0.85:
        at = _replied(dice, told, unit, at + dice.choice([1, 3]) * DAY)
        handle.ended, handle.outcome = at, "met"
        if contact.ended is None:
            contact.ended, contact.outcome = at, "dropped"
        _asked(dice, told, unit, at)


def _replied(dice: random.Random, told: Told, unit: str, at: datetime) -> datetime:
    result = dice.choice(["solved", "solved", "explained", "promised", "beyond"])
    told.step(at, Action.REPLY, State.CALLBACK, result=result)
    told.asked.append(Asked(len(told.asked) + 1, unit, at))
    return at


def _asked(dice: random.Random, told: Told, unit: str, at: datetime) -> None:
    if dice.random() < 0.4:
        at += dice.choice([2, 40]) * HOUR
        told.step(at, Action.ATTEMPT, State.CALLBACK, Role.CALLBACK)
    if dice.random() < 0.2:
        return
    asked, at = told.asked[-1], at + dice.choice([1, 30]) * HOUR
    asked.ended = at
    if dice.random() < 0.75:
        asked.level, asked.solved = dice.choice(LEVELS), dice.random() < 0.7
        told.step(at, Action.EVALUATE, State.CALLBACK, Role.CALLBACK)
        if dice.random() < 0.3 and len(told.asked) < 3:
            told.step(at, Action.REDO, State.HANDLING, Role.CALLBACK)
            _again(dice, told, unit, at)
            return
    told.step(at, Action.CLOSE, State.CLOSED, Role.CALLBACK)
    if dice.random() < 0.3 and len(told.asked) < 3:
        at += dice.choice([1, 4, 31]) * DAY
        told.step(at, Action.REACTIVATE, State.HANDLING, Role.AGENT)
        _again(dice, told, unit, at)


def _again(dice: random.Random, told: Told, unit: str, at: datetime) -> None:
    if dice.random() < 0.5:
        at += HOUR
        told.step(at, Action.CONTACT, State.HANDLING)
    if dice.random() < 0.8:
        _asked(dice, told, unit, _replied(dice, told, unit, at + DAY))


# Written down


def write(told: Story, until: datetime) -> None:
    """Write a story as far as it had come at an instant."""
    for one in told.orders:
        if one.at <= until:
            _write_order(one, until)
    numbers = {one.number: one.id for one in told.orders}
    for one in told.orders:
        master = one.master(until) if one.at <= until else one.number
        if master != one.number:
            db.session.get_one(Order, one.id).parent_id = numbers[master]
    for earlier, later, at in told.links:
        if at <= until:
            pair = sorted((earlier.id, later.id))
            db.session.add(OrderLink(order_id=pair[0], other_id=pair[1], reason="", linked_at=at, linked_by="员"))
    db.session.flush()
    rows.calls([_call_values(call, until) for call in told.calls if call.at <= until])


def _call_values(call: Rang, until: datetime) -> dict[str, Any]:
    over = call.over <= until
    values = rows.call_values(call.at, call.outcome if over else CallOutcome.QUEUED, call.wait if over else 0)
    about = call.order.id if call.order and call.order.at <= until else None
    return {**values, "queue": call.queue, "phone": call.phone, "order_id": about}


def _write_order(one: Told, until: datetime) -> None:
    state = one.state(until)
    closed = one.seen(until, Action.CLOSE)
    sent = one.seen(until, Action.DISPATCH)
    made = rows.order(
        one.unit(until),  # type: ignore[arg-type]  # none before its dispatch
        sent[0].at if sent else None,  # type: ignore[arg-type]  # likewise
        number=one.number,
        received_at=one.at,
        state=state,
        requester_phone=one.phone,
        nature=one.nature,
        urgency=one.urgency,
        closed_at=closed[-1].at if state is State.CLOSED else None,
    )
    one.id = made.id
    steps = [step for step in one.steps if step.at <= until]
    db.session.execute(insert(Event), [_event(one, n, step) for n, step in enumerate(steps, start=1)])
    db.session.execute(insert(Deadline), [_clock(one, ran, until) for ran in one.clocks if ran.start <= until])
    asked = [_evaluation(one, asked, until) for asked in one.asked if asked.at <= until]
    if asked:
        db.session.execute(insert(Evaluation), asked)


def _event(one: Told, seq: int, step: Step) -> dict[str, Any]:
    return {
        "order_id": one.id,
        "seq": seq,
        "at": step.at,
        "action": step.action,
        "to_state": step.state,
        "actor_role": step.by,
        "actor_name": "员",
        "reason": "",
        "payload": step.said,
        "hash": "",
    }


def _clock(one: Told, ran: Ran, until: datetime) -> dict[str, Any]:
    ended = ran.ended if ran.ended and ran.ended <= until else None
    agreed = ran.extended if ran.extended and ran.extended <= until else None
    lead = ran.unit if ran.clock in {Clock.SIGN, Clock.DISPATCH} else one.unit(min(ran.ended or until, until))
    return {
        "order_id": one.id,
        "clock": ran.clock,
        "unit_code": lead,
        "round": 1,
        "amount": 1,
        "unit": TimeUnit.WORKING_DAYS,
        "row": "",
        "basis": "",
        "calendar_id": db.session.scalars(select(CalendarVersion.id)).first(),
        "started_at": ran.start,
        "due_at": ran.due,
        "original_due_at": ran.first_due or ran.due,
        "provisional": False,
        "paused": [],
        "extended": [[1, "working_days", agreed.isoformat()]] if agreed else [],
        "ended_at": ended,
        "outcome": ran.outcome if ended else None,
    }


def _evaluation(one: Told, asked: Asked, until: datetime) -> dict[str, Any]:
    ended = asked.ended if asked.ended and asked.ended <= until else None
    return {
        "order_id": one.id,
        "round": asked.turn,
        "unit_code": asked.unit,
        "asked_at": asked.at,
        "ended_at": ended,
        "reached": asked.level is not None if ended else None,
        "solved": asked.solved if ended else None,
        "satisfaction": asked.level if ended else None,
        "by": "callback" if ended else None,
    }
