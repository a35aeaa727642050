"""The sample city: every state, the same data for the same instant, records that hold."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.calls.models import Call, CallOutcome
from hotline.handle.alarms import trigger_of
from hotline.handle.models import Alarm, Appeal, Appealed, EvaluationAudit
from hotline.ledgers.counting import tally
from hotline.ledgers.models import LedgerEvent
from hotline.ledgers.queries import ledgers, lines_now
from hotline.ledgers.vocabulary import Kind as LedgerKind
from hotline.orders.chain import broken_link
from hotline.orders.clocks import standing
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.verify import clock_differences, every_order
from hotline.orders.vocabulary import Channel
from hotline.people.roles import Role
from hotline.policy.clock import PauseReason
from hotline.policy.limits import Clock, Requester
from hotline.policy.triggers import Kind, Supervision
from hotline.report.topics.queries import hot_topics
from hotline.sample import fill
from hotline.transfer.merging import TAKES_CHILDREN
from tests import conftest
from tests.conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

ORDERS = 160


@dataclass(frozen=True)
class Sample:
    """A small sample, made twice: what its progress was told, and the fingerprint of the first."""

    told: list[int]
    first: list[tuple[object, ...]]


@pytest.fixture(scope="module")
def sample(app: Flask) -> Iterator[Sample]:
    """Make it; the tests of this module only read it."""
    with empty_session(app):
        made()
        first = fingerprint()
    with empty_session(app):
        yield Sample(made(), first)


def made() -> list[int]:
    told: list[int] = []
    fill(NOW, weeks=3, orders=ORDERS, progress=told.append)
    db.session.expire_all()  # an order opened here knows none of its later events
    return told


@contextmanager
def empty_session(app: Flask) -> Iterator[None]:
    """Give the session fixture, to be had twice."""
    with pytest.MonkeyPatch.context() as patch:
        steps = conftest.session.__wrapped__(app, patch)  # type: ignore[attr-defined]  # a fixture keeps its function
        next(steps)
        try:
            yield
        finally:
            next(steps, None)


def orders() -> list[Order]:
    return list(db.session.scalars(select(Order).order_by(Order.id)))


def fingerprint() -> list[tuple[object, ...]]:
    """All that must repeat: orders and events without ids and UUIDs, calls, and ledgers."""
    said: list[tuple[object, ...]] = [
        (row.state, row.title, row.text, row.address, row.requester_phone, row.lead_unit, row.received_at)
        for row in orders()
    ]
    said += db.session.execute(
        select(Event.seq, Event.at, Event.action, Event.actor_name, Event.reason).order_by(Event.order_id, Event.seq)
    ).all()
    said += db.session.execute(
        select(Call.call_id, Call.queued_at, Call.outcome, Call.phone, Call.agent).order_by(Call.call_id)
    ).all()
    said += db.session.execute(
        select(LedgerEvent.at, LedgerEvent.deed, LedgerEvent.actor_name, LedgerEvent.note).order_by(LedgerEvent.id)
    ).all()
    return said


def test_every_state_has_a_handful(sample: Sample) -> None:
    counts = Counter(row.state for row in orders())
    assert sum(counts.values()) == sum(sample.told) == ORDERS
    assert all(counts[state] >= 3 for state in State), counts


def test_something_waits_for_the_signature_of_the_sample_head(sample: Sample) -> None:
    assert any(row.state is State.REVIEWING and row.lead_unit == "housing" for row in orders())


def test_nothing_happens_in_the_future_or_backwards(sample: Sample) -> None:
    for row in orders():
        instants = [event.at for event in row.events]
        assert instants == sorted(instants)
        assert instants[-1] <= NOW


def test_the_records_hold(sample: Sample) -> None:
    for row in every_order():
        assert broken_link(row, row.events) is None
        assert clock_differences(row) == []


def test_clocks_are_extended_paused_promised_supervised_and_set_upstream(sample: Sample) -> None:
    granted = Counter(
        (event.payload["kind"], event.actor_role)
        for event in db.session.scalars(select(Event).filter_by(action=Action.GRANT_TIME))
    )
    assert granted["extension", Role.SYSTEM]
    assert granted["extension", Role.SUPERVISOR]
    running = list(db.session.scalars(select(Deadline).where(Deadline.ended_at.is_(None))))
    reasons = {pause.reason for row in running if (pause := standing(row, NOW))}
    assert reasons == {PauseReason.SUPPLEMENT, PauseReason.PROMISE}
    assert {row.is_late(NOW) for row in running if row.clock is Clock.SUPERVISE} == {True, False}
    assert any(row.upstream_at for row in running)
    found = orders()
    assert any(row.time_asked_at for row in found)
    assert any(row.requester_kind is Requester.ENTERPRISE for row in found)
    assert all(row.parent and row.parent.state in TAKES_CHILDREN for row in found if row.state is State.MERGED)


def test_orders_are_supervised_on_every_step_and_urged(sample: Sample) -> None:
    found = orders()
    assert {row.supervision for row in found} == {None, *Supervision}
    assert any(row.urges for row in found)
    by_system = db.session.scalars(select(Event).filter_by(action=Action.ESCALATE, actor_role=Role.SYSTEM)).all()
    assert {event.payload["supervision"] for event in by_system} >= {"orange"}


def test_alarms_are_open_and_settled(sample: Sample) -> None:
    alarms = list(db.session.scalars(select(Alarm)))
    by_people = [row for row in alarms if row.handled_by not in {None, "系统"}]
    assert by_people
    assert all(row.note for row in by_people)
    assert any(row.handled_at is None for row in alarms)
    assert {trigger_of(row).kind for row in alarms} >= {Kind.URGED, Kind.SLIP_OVERDUE}


def test_the_buckets_add_up(sample: Sample) -> None:
    clocks = list(db.session.scalars(select(Deadline).filter_by(clock=Clock.HANDLE)))
    buckets = Counter(
        ("closed late" if row.is_late(NOW) else "closed on time")
        if row.ended_at
        else ("overdue open" if row.is_late(NOW) else "not yet due")
        for row in clocks
    )
    dispatched = db.session.scalar(select(func.count()).where(Order.dispatched_at.is_not(None)))
    assert sum(buckets.values()) == dispatched
    assert len(buckets) == 4, buckets


@pytest.mark.parametrize("unit", ["housing", "d01"])
def test_an_inbox_is_full(sample: Sample, unit: str) -> None:
    due = list(
        db.session.scalars(
            select(Deadline.due_at)
            .join(Order)
            .where(Order.lead_unit == unit, Deadline.clock == Clock.HANDLE, Deadline.ended_at.is_(None))
        )
    )
    soon = NOW + timedelta(days=2)
    assert any(at <= NOW for at in due)
    assert any(NOW < at <= soon for at in due)
    assert any(at > soon for at in due)


def test_the_same_instant_gives_the_same_sample(sample: Sample) -> None:
    assert fingerprint() == sample.first


def test_ledgers_are_at_different_points_and_their_parts_add_up(sample: Sample) -> None:
    found = list(db.session.scalars(ledgers()).unique())
    assert {one.kind for one in found} == {
        LedgerKind.LEADER_SESSION,
        LedgerKind.MEDIA,
        LedgerKind.CAMPAIGN,
        LedgerKind.MEETING,
    }
    tallies = {one: tally(lines_now(one, NOW)) for one in found}
    assert all(counted.total == len(one.items) > 0 for one, counted in tallies.items())
    together = tally(line for one in found for line in lines_now(one, NOW))
    assert all(number > 0 for number in together.parts.values()), together
    assert together.overdue
    session = next(one for one in found if one.kind is LedgerKind.LEADER_SESSION)
    assert tallies[session].total == session.announced == 12
    assert 0 < tallies[session].struck_off < 12
    for one in found:
        instants = [event.at for event in one.events]
        assert instants == sorted(instants)
        assert instants[-1] <= NOW
    assert any(one.sheets for one in found)


def test_phone_orders_have_an_answered_call_of_the_same_phone(sample: Sample) -> None:
    by_order = {row.order_id: row for row in db.session.scalars(select(Call).where(Call.order_id.is_not(None)))}
    phone_orders = [row for row in orders() if row.channel is Channel.PHONE]
    assert len(phone_orders) == len(by_order)
    for row in phone_orders:
        call = by_order[row.id]
        assert call.phone == row.requester_phone
        assert call.outcome in {CallOutcome.ANSWERED, CallOutcome.TALKING}
    outcomes = Counter(db.session.scalars(select(Call.outcome)))
    assert outcomes[CallOutcome.TALKING] >= 3
    assert outcomes[CallOutcome.QUEUED] >= 3


def test_appeals_stand_in_every_state(sample: Sample) -> None:
    found = list(db.session.scalars(select(Appeal)))
    assert {one.state for one in found} >= {Appealed.NEW, Appealed.REVIEWED}
    assert any(one.settled_at for one in found)
    assert all(one.made.payload["attachments"] for one in found)


def test_what_was_audited_was_drawn(sample: Sample) -> None:
    for one in db.session.scalars(select(EvaluationAudit)):
        assert one.evaluation.by == "callback"
        assert one.audited_at is None or one.evaluation.ended_at < one.audited_at <= NOW


def test_only_the_last_day_is_news(sample: Sample) -> None:
    old = Delivery.created_at < NOW - timedelta(days=1)
    assert db.session.scalar(select(func.count()).where(old, Delivery.done_at.is_(None))) == 0
    assert db.session.scalar(select(func.count()).where(~old, Delivery.done_at.is_(None)))


def test_some_topics_are_hot(sample: Sample) -> None:
    found = hot_topics(NOW, 7)
    assert len(found) >= 2
    assert all(one.topic.place and one.topic.words for one in found)
