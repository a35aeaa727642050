"""Verbs of time: a unit asks for more (延期), or that the clock stand still (暂停、承诺); the center decides.

How much may be asked for is the policy's matter: its ``TimeRules``, and its rows for EXTENSION (the most all
extensions of a clock together may add) and PROMISE (the longest a promise may reach).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hotline.base.errors import Conflict, Invalid, NotAllowed
from hotline.base.i18n import gettext, label
from hotline.base.time import DAY
from hotline.handle.queries import latest_time_request
from hotline.orders.bulk import Refusal, each
from hotline.orders.clocks import WORK_CLOCKS, extensions, pauses, reckoning, standing
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.operations import act, facts_of, ready
from hotline.orders.vocabulary import TimeKind
from hotline.people.actors import SYSTEM, Actor
from hotline.policy import queries as policies
from hotline.policy.calendar import Calendar
from hotline.policy.clock import Extension, Pause, PauseReason, Reckoning, city_time, spoken
from hotline.policy.counting import TimeUnit, add_working
from hotline.policy.document import TimeRules
from hotline.policy.limits import Clock, Limit, choose
from hotline.transfer.merging import require_for_children


def request_time(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    kind: TimeKind,
    reason: str,
    next_step: str,
    amount: int | None = None,
    until: date | None = None,
    version: int | None = None,
) -> Event:
    """Ask for an extension of ``amount``, or for a pause until the end of a city day; before the work is due.

    amount: in the unit of the policy's EXTENSION row. The first extensions need nobody's leave where the policy
    says so. Raises Conflict where nothing can be asked for, Invalid where it is more than the policy gives.
    """
    ready(order, Action.REQUEST_TIME, actor, now, version=version)
    clock = _askable(order, now)
    time = _extension(order, clock, amount) if kind is TimeKind.EXTENSION else _pause(order, kind, until, now)
    event = act(
        order,
        Action.REQUEST_TIME,
        actor,
        now,
        version=version,
        reason=reason,
        kind=kind,
        next_step=next_step.strip(),
        time=time,
    )
    if kind is TimeKind.EXTENSION and _extended(order) < _rules(order).self_granted:
        return grant_time(order, SYSTEM, now)
    return event


def grant_time(order: Order, actor: Actor, now: datetime, *, note: str = "", version: int | None = None) -> Event:
    """Grant what the unit asked for. A pause starts when it was asked for: a slow decision costs the unit nothing."""
    asked = _to_decide(order, Action.GRANT_TIME, actor, now, version)
    _require_own_limit(_work_clock(order))
    require_for_children(order, due_if_granted(order, asked, now))
    kind, time = asked.payload["kind"], asked.payload["time"]
    return act(order, Action.GRANT_TIME, actor, now, version=version, kind=kind, time=time, note=note.strip())


def grant_many(picked: Mapping[str, int], actor: Actor, now: datetime, *, note: str = "") -> list[Refusal]:
    """Grant what several orders ask for (number → version read), each for itself; return those it could not be."""
    return each(picked, actor, lambda order, version: grant_time(order, actor, now, note=note, version=version))


def refuse_time(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Refuse what the unit asked for, with the reason; the clock has gone on."""
    _to_decide(order, Action.REFUSE_TIME, actor, now, version)
    return act(order, Action.REFUSE_TIME, actor, now, version=version, reason=reason)


def resume(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Let a paused clock run on before its planned day, because what it waited for is there."""
    return act(order, Action.RESUME, actor, now, version=version, reason=reason)


def _to_decide(order: Order, action: Action, actor: Actor, now: datetime, version: int | None) -> Event:
    ready(order, action, actor, now, version=version)
    asked = latest_time_request(order)
    if actor.user_id is not None and asked.actor_id == actor.user_id:
        raise NotAllowed(gettext("Nobody decides on what they asked for themselves."))
    return asked


# What may be asked for


def why_none(order: Order, now: datetime) -> str:
    """Why no time at all can be asked for now, in words; empty where some can."""
    try:
        _askable(order, now)
    except Conflict as refusal:
        return refusal.message
    return ""


def offers(order: Order, now: datetime) -> dict[TimeKind, str]:
    """For each kind of time, how much of it may be asked for now, or why none, in words."""
    return {kind: _offer(order, kind, now) for kind in TimeKind}


def extension_left(order: Order) -> str:
    """How much longer the order may be made by extensions, in words; empty where not at all."""
    try:
        return spoken(*_extension_left(order, _work_clock(order)))
    except Conflict:
        return ""


def extension_unit(order: Order) -> str:
    """What an extension is counted in, in words; empty where the policy gives none."""
    limit = _limit(order, Clock.EXTENSION)
    return label(limit.unit) if limit else ""


def _offer(order: Order, kind: TimeKind, now: datetime) -> str:
    try:
        clock = _askable(order, now)
        if kind is TimeKind.EXTENSION:
            left, unit = _extension_left(order, clock)
            return gettext("at most %(most)s", most=spoken(left, unit))
        return gettext("until %(day)s at the latest", day=_last_day(order, kind, now).isoformat())
    except Conflict as refusal:
        return refusal.message


def _askable(order: Order, now: datetime) -> Deadline:
    """The clock time can be asked for; raise Conflict where there is none, or not now."""
    clock = _work_clock(order)
    _require_own_limit(clock)
    calendar = policies.calendar(clock.calendar_id)
    if now > clock.due_at:
        due = city_time(clock.due_at, calendar, ends=True)
        raise Conflict(gettext("Time is asked for before the work is due; it was due %(due)s.", due=due))
    if pause := standing(clock, now):
        end = city_time(pause.end, calendar, ends=True)
        raise Conflict(gettext("The clock stands still until %(end)s; let it run on first.", end=end))
    return clock


def _work_clock(order: Order) -> Deadline:
    for row in order.deadlines:
        if row.ended_at is None and row.clock in WORK_CLOCKS:
            return row
    raise Conflict(gettext("No clock runs for this work, so there is no time to ask for."))


def _require_own_limit(clock: Deadline) -> None:
    if clock.upstream_at is not None:
        raise Conflict(gettext("The platform the order came from has set its deadline: ask there for time."))


def _extension(order: Order, clock: Deadline, amount: int | None) -> dict[str, Any]:
    left, unit = _extension_left(order, clock)
    if amount is None or not 0 < amount <= left:
        most = spoken(left, unit)
        raise Invalid.field("amount", gettext("give a whole number above 0; at most %(most)s are left", most=most))
    return {"amount": amount, "unit": unit}


def _extension_left(order: Order, clock: Deadline) -> tuple[float, TimeUnit]:
    """How much longer the clock may be made; raise Conflict where it may not."""
    limit, times = _limit(order, Clock.EXTENSION), _rules(order).extensions
    if limit is None or not times:
        raise Conflict(gettext("The policy gives no extension for such an order."))
    if _extended(order) >= times:
        raise Conflict(gettext("An order is extended %(times)s times at most, and it has been.", times=times))
    left = limit.amount - sum(one.amount for one in extensions(clock))
    if left < 1:
        most = spoken(limit.amount, limit.unit)
        raise Conflict(gettext("All extensions together add %(most)s at most, and they have.", most=most))
    return left, limit.unit


def _pause(order: Order, kind: TimeKind, until: date | None, now: datetime) -> dict[str, Any]:
    calendar = policies.calendar_now()
    first, last = calendar.city_day(now) + DAY, _last_day(order, kind, now)
    if until is None or not first <= until <= last:
        days = {"first": first.isoformat(), "last": last.isoformat()}
        raise Invalid.field("until", gettext("give a day from %(first)s to %(last)s", **days))
    return {"start": now.isoformat(), "end": _end_of(until, calendar).isoformat()}


def _last_day(order: Order, kind: TimeKind, now: datetime) -> date:
    """The last city day a pause may reach; raise Conflict where the policy gives none."""
    amount, unit = _longest(order, kind)
    counting = policies.policy(order.policy_id).counting
    calendar = policies.calendar_now()
    since = _first_promise(order, now) if kind is TimeKind.PROMISE else now
    last = add_working(since, amount, unit, calendar, counting).last_day
    if last <= calendar.city_day(now):
        raise Conflict(gettext("A promise lasts %(most)s at most, and it has.", most=spoken(amount, unit)))
    return last


def _first_promise(order: Order, now: datetime) -> datetime:
    """Since when the promises of this round run: promising again does not promise longer."""
    given = pauses(_work_clock(order))
    return min((pause.start for pause in given if pause.reason is PauseReason.PROMISE), default=now)


def _longest(order: Order, kind: TimeKind) -> tuple[float, TimeUnit]:
    if kind is TimeKind.PROMISE:
        limit = _limit(order, Clock.PROMISE)
        if limit is None:
            raise Conflict(gettext("The policy knows no promise for such an order."))
        return limit.amount, limit.unit
    rules = _rules(order)
    if not rules.pauses or not rules.pause_days:
        raise Conflict(gettext("The policy lets no clock stand still for this."))
    if _paused(order) >= rules.pauses:
        raise Conflict(gettext("A clock is paused %(times)s times at most, and it has been.", times=rules.pauses))
    return rules.pause_days, TimeUnit.WORKING_DAYS


def _end_of(day: date, calendar: Calendar) -> datetime:
    return calendar.close_of(day) if calendar.is_working_day(day) else calendar.instant(day + timedelta(days=1))


def _extended(order: Order) -> int:
    """How many extensions the order has been given."""
    return sum(len(row.extended) for row in order.deadlines)


def _paused(order: Order) -> int:
    """How many pauses the order has been given, promises apart."""
    given = (pause for row in order.deadlines for pause in pauses(row))
    return sum(pause.reason is not PauseReason.PROMISE for pause in given)


def _rules(order: Order) -> TimeRules:
    return policies.policy(order.policy_id).time_rules


def _limit(order: Order, clock: Clock) -> Limit | None:
    return choose(policies.policy(order.policy_id).limits, clock, facts_of(order))


# What a decision would do


def due_if_granted(order: Order, asked: Event, now: datetime) -> datetime:
    """When the work would be due were the request granted now."""
    clock, counting = _work_clock(order), policies.policy(order.policy_id).counting
    calendar = policies.calendar_now()
    course, time = reckoning(clock, calendar, counting).course, asked.payload["time"]
    if asked.payload["kind"] == TimeKind.EXTENSION:
        more = Extension(time["amount"], TimeUnit(time["unit"]), now)
        course = replace(course, extensions=(*course.extensions, more))
    else:
        start, end = (datetime.fromisoformat(time[edge]) for edge in ("start", "end"))
        pause = Pause(start, end, PauseReason(asked.payload["kind"]))
        course = replace(course, pauses=(*course.pauses, pause))
    return Reckoning(course, calendar).at
