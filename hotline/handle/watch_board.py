"""The board of supervision: what needs somebody today, most pressing first; each number opens its list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from hotline.base.db import db
from hotline.base.i18n import mark
from hotline.base.paging import page_of
from hotline.handle.alarms import alarms_for, count_open, trigger_of
from hotline.handle.appeal_queries import count_appeals
from hotline.handle.audits import count_audits
from hotline.handle.models import Alarm
from hotline.handle.queries import count_time_requests, running
from hotline.handle.watch_desk import RUNNING, Line, count_slips_late, count_supervised, lines
from hotline.orders.models import Deadline, Order
from hotline.orders.queries import UNIT_CLOCKS, count_disputed, is_overdue, visible
from hotline.people.actors import Actor
from hotline.people.queries import unit_names
from hotline.people.roles import Permission
from hotline.policy.limits import Clock
from hotline.policy.triggers import Does

LINES_OF_A_RULE, SLIPS_SHOWN, OVERDUE_SHOWN = 2, 7, 7
PRESSING = (Does.INTERVIEW, Does.SUPERVISE, Does.ALARM)


@dataclass(frozen=True, slots=True)
class Decision:
    """A desk where decisions wait: by which permission they are somebody's to take, and how they are counted."""

    title: str
    endpoint: str
    permission: Permission
    count: Callable[[Actor], int]


# The rail has these desks too, and takes from here what it says of them.
TIME_ASKED = Decision(
    mark("Time asked"), "handle.time_requests", Permission.DECIDE_TIME, lambda _: count_time_requests()
)
DISPUTES = Decision(mark("Disputes"), "transfer.disputed_orders", Permission.RULE_DISPUTES, lambda _: count_disputed())
APPEALS = Decision(mark("Appeals"), "handle.appeals", Permission.REVIEW_APPEALS, count_appeals)
AUDITS = Decision(mark("Audits"), "audits.listed", Permission.AUDIT_CALLBACKS, lambda _: count_audits())
DECISIONS = (TIME_ASKED, DISPUTES, APPEALS, AUDITS)


@dataclass(frozen=True, slots=True)
class Fired:
    """The open alarms of a rule: how many, and the latest."""

    rule: str
    number: int
    latest: list[Line]

    @property
    def line(self) -> Line:
        """One of them, which says what the rule is."""
        return self.latest[0]


def board(actor: Actor, now: datetime) -> dict[str, Any]:
    """What the board shows its reader. Alarms are not for everybody; a unit's people see what is theirs."""
    slips = page_of(slips_by_due(actor), size=SLIPS_SHOWN)
    late = page_of(overdue(actor, now), size=OVERDUE_SHOWN)
    fired = fired_now(actor) if actor.may(Permission.SEE_REPORTS) else None
    return {
        "fired": fired,
        "open_alarms": None if fired is None else sum(one.number for one in fired),
        "needs": [(one, one.count(actor)) for one in DECISIONS if actor.may(one.permission)],
        "slips": [(order, running(order, (Clock.SUPERVISE,))) for order in slips.rows],
        "steps": count_supervised(actor),
        "slips_late": count_slips_late(actor, now),
        "late": late,
        "redo_late": count_overdue(actor, now)[Clock.REDO],
        "units": unit_names(),
        "now": now,
    }


def fired_now(actor: Actor) -> list[Fired]:
    """The open alarms by rule: interviews first, then what is to be supervised; of each the latest."""
    counts = count_open(actor)
    latest: dict[str, list[Alarm]] = {
        rule: list(db.session.scalars(alarms_for(actor, rule=rule).limit(LINES_OF_A_RULE))) for rule in counts
    }
    told = {line.alarm.id: line for line in lines((one for some in latest.values() for one in some), actor)}
    found = [Fired(rule, number, [told[one.id] for one in latest[rule]]) for rule, number in counts.items()]
    return sorted(found, key=lambda one: (PRESSING.index(trigger_of(one.line.alarm).does), -one.number))


def slips_by_due(actor: Actor) -> Select[tuple[Order]]:
    """The orders under supervision the actor may see, whose report is due first."""
    clocks = selectinload(Order.deadlines.and_(Deadline.ended_at.is_(None)))
    query = visible(select(Order), actor).where(Order.supervision.is_not(None)).outerjoin(Deadline, RUNNING)
    return query.options(clocks, joinedload(Order.unit)).order_by(Deadline.due_at.nulls_last(), Order.id)


def overdue(actor: Actor, now: datetime, clock: Clock = Clock.HANDLE) -> Select[tuple[Deadline]]:
    """The work past its due time that the actor may see, the worst first.

    By the handle clock, as the wall and the reports count it; what is being redone has a clock, and a list, of its own.
    """
    query = visible(select(Deadline).join(Deadline.order), actor).where(is_overdue(now, (clock,)))
    with_unit = contains_eager(Deadline.order).joinedload(Order.unit)
    return query.options(with_unit).order_by(Deadline.due_at, Deadline.id)


def count_overdue(actor: Actor, now: datetime) -> dict[Clock, int]:
    """How much work the actor sees past its due time: of the first round, and what is being redone."""
    counted: Any = select(Deadline.clock, func.count()).join(Deadline.order)
    query = visible(counted, actor).where(is_overdue(now)).group_by(Deadline.clock)
    return {**dict.fromkeys(UNIT_CLOCKS, 0), **dict(db.session.execute(query).all())}
