"""Calls while they ring and are spoken: what the telephone system tells, and what the agent's desk makes of it.

Each event is also a report to the log of calls (``operations.record_calls``), so that the import of the telephone
system's own log later meets the same row. Events come late, twice and in any order: an event from before the last
ringing is of an earlier agent, and one that is known changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from hotline.base.db import db
from hotline.base.errors import Invalid, NotFound
from hotline.base.i18n import gettext
from hotline.calls.models import Call, LiveCall
from hotline.calls.operations import CLOCKS_MAY_DIFFER, record_calls
from hotline.calls.records import CallOutcome, CallRecord
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.queries import actor_for
from hotline.people.roles import Permission

# A call whose end was never told must not stand at a desk for ever, nor ring on.
RINGS_FOR = timedelta(minutes=10)
SHOWN_FOR = timedelta(hours=4)
KEPT_FOR = timedelta(hours=12)
MOST_IN_LINE = 5


class CallEvent(StrEnum):
    """What happens to a call. RING without an agent: it waits in the queue."""

    RING = "ring"
    ANSWER = "answer"
    HANG_UP = "hang_up"


@dataclass(frozen=True, slots=True)
class Told:
    """One event, as the telephone system tells of it. agent: a user's login or extension."""

    call_id: str
    event: CallEvent
    at: datetime
    agent: str = ""
    phone: str = ""
    queue: str = ""


def hear_event(told: Told, source: str, now: datetime) -> LiveCall:
    """Take in what the telephone system tells of a call. Raises Invalid for the future, and where it rings at nobody.

    That a call was answered or ended is never refused for its agent: it stays where it is, and does not ring for ever.
    """
    if told.at > now + CLOCKS_MAY_DIFFER:
        raise Invalid.field("at", gettext("lies in the future; set the telephone system's clock"))
    user = _agent(told.agent) if told.agent else None
    if told.agent and user is None and told.event is CallEvent.RING:
        raise Invalid.field("agent", gettext("is no agent's login or extension; see hotline user extension"))
    call = _locked(told, source)
    call.phone, call.queue = call.phone or told.phone, call.queue or told.queue
    call.queued_at = min(call.queued_at, told.at)
    if call.rang_at is None or told.at >= call.rang_at:
        HEARD[told.event](call, told.at)
    if user is not None and (call.user_id is None or told.at >= _last_at_an_agent(call)):
        call.user_id, call.agent = user.id, told.agent
    db.session.flush()
    record_calls([_record(call)], source, now)
    return call


def _agent(named: str) -> User | None:
    """The agent with this login or extension; None where nobody who takes calls has it."""
    called = or_(User.login == named, User.extension == named)
    found: User | None = db.session.scalar(select(User).where(called, User.active))
    return found if found is not None and actor_for(found).may(Permission.TAKE_CALLS) else None


def _locked(told: Told, source: str) -> LiveCall:
    row = {"source": source, "call_id": told.call_id, "queued_at": told.at}
    db.session.execute(insert(LiveCall).values(row).on_conflict_do_nothing(index_elements=["source", "call_id"]))
    found = select(LiveCall).filter_by(source=source, call_id=told.call_id).with_for_update()
    return db.session.scalars(found.execution_options(populate_existing=True)).one()


def _last_at_an_agent(call: LiveCall) -> datetime:
    return max(filter(None, (call.rang_at, call.answered_at)), default=call.queued_at)


def _ring(call: LiveCall, at: datetime) -> None:
    """It rings at somebody: anew, where it was answered or over before."""
    call.rang_at = at
    for name in ("answered_at", "ended_at"):
        known = getattr(call, name)
        if known is not None and known < at:
            setattr(call, name, None)
            call.settled_at = call.order_id = None


def _answer(call: LiveCall, at: datetime) -> None:
    call.answered_at = min(call.answered_at or at, at)


def _hang_up(call: LiveCall, at: datetime) -> None:
    call.ended_at = min(call.ended_at or at, at)


HEARD = {CallEvent.RING: _ring, CallEvent.ANSWER: _answer, CallEvent.HANG_UP: _hang_up}


def _record(call: LiveCall) -> CallRecord:
    """The call as the log of calls has it: who answered it, not at whom it rang."""
    spoken, over = call.answered_at is not None, call.ended_at is not None
    talked = CallOutcome.ANSWERED if over else CallOutcome.TALKING
    return CallRecord(
        call.call_id,
        call.queue,
        talked if spoken else CallOutcome.ABANDONED if over else CallOutcome.QUEUED,
        call.queued_at,
        call.answered_at,
        call.ended_at,
        phone=call.phone,
        agent=call.agent if spoken else "",
    )


def calls_at(actor: Actor, now: datetime) -> list[LiveCall]:
    """The calls at an agent's desk, the first to ring first: ringing, spoken, or over and not written down yet."""
    rings = and_(LiveCall.ended_at.is_(None), LiveCall.rang_at > now - RINGS_FOR)
    # One an order has come of stays while it is spoken: the caller may have another matter.
    done = and_(LiveCall.settled_at.is_not(None), or_(LiveCall.order_id.is_(None), LiveCall.ended_at.is_not(None)))
    query = (
        select(LiveCall)
        .where(LiveCall.user_id == actor.user_id, LiveCall.queued_at > now - SHOWN_FOR)
        .where(or_(LiveCall.answered_at.is_not(None), rings), ~done)
        .options(joinedload(LiveCall.order))
        .order_by(LiveCall.queued_at, LiveCall.id)
        .limit(MOST_IN_LINE)
    )
    return list(db.session.scalars(query))


def print_of(calls: Iterable[LiveCall]) -> str:
    """What tells whether calls have changed since they were looked at."""
    said = [(one.id, one.rang_at, one.answered_at, one.ended_at, one.phone, one.order_id) for one in calls]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:32]


def call_at(actor: Actor, call_id: int) -> LiveCall | None:
    """A call by its row, where it is at this agent."""
    return db.session.scalar(select(LiveCall).filter_by(id=call_id, user_id=actor.user_id))


def put_away(call_id: int, actor: Actor, now: datetime) -> None:
    """Say that no order comes of a call: it leaves the desk. Raises NotFound for a call at somebody else."""
    call = call_at(actor, call_id)
    if call is None:
        raise NotFound(gettext("There is no such call."))
    call.settled_at = call.settled_at or now


def tie(order: Order, call_id: int, actor: Actor, now: datetime) -> None:
    """Tie an order to the call it was told in; a call that is not at this agent is passed over: the order counts.

    A call of which two orders come keeps the first.
    """
    call = call_at(actor, call_id)
    if call is None or call.order_id is not None:
        return
    call.order_id, call.settled_at = order.id, now
    same = (Call.source == call.source, Call.call_id == call.call_id, Call.order_id.is_(None))
    db.session.execute(update(Call).where(*same).values(order_id=order.id))


def forget_calls(now: datetime) -> int:
    """Forget live calls some hours after they came in; the log of calls keeps what it knows. How many."""
    gone = delete(LiveCall).where(LiveCall.queued_at < now - KEPT_FOR).returning(LiveCall.id)
    return len(list(db.session.scalars(gone)))
