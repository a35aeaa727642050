"""What runs by the clock: on time, once, whatever fails."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from hotline.base.db import db
from hotline.base.outbox import Queue
from hotline.base.work import unit_of_work
from hotline.calls.live import forget_calls
from hotline.handle.supervision import escalate_overdue
from hotline.handle.triggers import sweep_orders
from hotline.ledgers.sheets import produce_sheets
from hotline.notices.warnings import sweep
from hotline.orders.recompute import follow_calendar
from hotline.report.papers.operations import plan_reports
from hotline.report.rollup.rolling import roll_up
from hotline.report.topics.assigning import assign_topics
from hotline.report.triggers import sweep_units
from hotline.transfer.proposals import propose
from tests.conftest import NOW
from workers import process
from workers.schedule import DAY, HOUR, MINUTE, PERIODIC, Periodic, Schedule

SECOND = timedelta(seconds=1)


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    """An app context like a worker's: what it commits stays."""
    with app.app_context():
        yield
        db.session.remove()


def noted(runs: list[datetime], name: str = "note") -> Periodic:
    return Periodic(name, MINUTE, runs.append)


def test_the_warnings_and_the_calendar_are_on_the_schedule() -> None:
    assert [(thing.every, thing.run, thing.queue) for thing in PERIODIC] == [
        (MINUTE, follow_calendar, Queue.URGENT),
        (MINUTE, sweep, Queue.URGENT),
        (MINUTE, escalate_overdue, Queue.URGENT),
        (5 * MINUTE, sweep_orders, Queue.URGENT),
        (5 * MINUTE, roll_up, Queue.DEFAULT),
        (5 * MINUTE, assign_topics, Queue.REPORTS),
        (HOUR, sweep_units, Queue.REPORTS),
        (HOUR, forget_calls, Queue.DEFAULT),
        (DAY, propose, Queue.REPORTS),
        (HOUR, produce_sheets, Queue.REPORTS),
        (5 * MINUTE, plan_reports, Queue.REPORTS),
    ]


def test_the_schedule_runs_on_the_real_things(session: None, caplog: pytest.LogCaptureFixture) -> None:
    Schedule().run_due(NOW)
    assert caplog.records == []


def test_at_once_and_then_each_minute(context: None) -> None:
    runs: list[datetime] = []
    schedule = Schedule([noted(runs)])
    for later in (timedelta(), SECOND, MINUTE - SECOND, MINUTE, MINUTE + SECOND, MINUTE * 5):
        schedule.run_due(NOW + later)
    assert runs == [NOW, NOW + MINUTE, NOW + MINUTE * 5]


def test_a_clock_set_back_does_not_stop_it(context: None) -> None:
    runs: list[datetime] = []
    schedule = Schedule([noted(runs)])
    before = NOW - timedelta(hours=1)
    for now in (NOW, before, before + SECOND, before + MINUTE):
        schedule.run_due(now)
    assert runs == [NOW, before, before + MINUTE]


def test_what_it_does_is_committed(context: None) -> None:
    schedule = Schedule(
        [Periodic("number", MINUTE, lambda _now: db.session.execute(text("CREATE TABLE made (n int)")))]
    )
    schedule.run_due(NOW)
    db.session.rollback()
    with unit_of_work():
        db.session.execute(text("DROP TABLE made"))


def test_a_failure_stops_nothing_and_tells_nobodys_data(context: None, caplog: pytest.LogCaptureFixture) -> None:
    runs: list[datetime] = []

    def fail(_now: datetime) -> None:
        db.session.execute(text("CREATE TABLE made (n int)"))
        raise RuntimeError("13912345678 王女士")

    schedule = Schedule([Periodic("fails", MINUTE, fail), noted(runs)])
    with caplog.at_level(logging.DEBUG):
        schedule.run_due(NOW)
        schedule.run_due(NOW + MINUTE)
    assert runs == [NOW, NOW + MINUTE]
    assert [record.getMessage() for record in caplog.records] == ["fails failed: RuntimeError"] * 2
    assert "13912345678" not in caplog.text
    assert db.session.scalar(text("SELECT to_regclass('made')")) is None, "half of it is undone"


def test_a_database_that_goes_away_is_waited_for(context: None, caplog: pytest.LogCaptureFixture) -> None:
    runs: list[datetime] = []

    def lose_it(now: datetime) -> None:
        if now == NOW:
            db.session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        runs.append(now)

    schedule = Schedule([Periodic("lost", MINUTE, lose_it)])
    schedule.run_due(NOW)
    assert runs == []
    assert [record.getMessage() for record in caplog.records] == ["lost waits: OperationalError"]
    schedule.run_due(NOW + MINUTE)
    assert runs == [NOW + MINUTE]


def test_two_workers_do_it_once(app: Flask, context: None) -> None:
    runs: list[str] = []

    def outer(now: datetime) -> None:
        runs.append("first")
        with app.app_context():  # another worker, while the first is at it: another connection
            Schedule([Periodic("shared", MINUTE, lambda _now: runs.append("second"))]).run_due(now)
            Schedule([Periodic("other", MINUTE, lambda _now: runs.append("other"))]).run_due(now)
            db.session.remove()

    schedule = Schedule([Periodic("shared", MINUTE, outer)])
    schedule.run_due(NOW)
    assert runs == ["first", "other"]
    assert (
        db.session.scalar(select(func.count()).select_from(text("pg_locks")).where(text("locktype = 'advisory'"))) == 0
    )


def test_the_worker_runs_the_schedule(app: Flask, context: None, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[datetime] = []

    def once(now: datetime) -> None:
        runs.append(now)
        signal.raise_signal(signal.SIGTERM)

    kept: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(process, "worker_app", lambda: app)
    monkeypatch.setattr(process, "Schedule", lambda: Schedule([Periodic("once", MINUTE, once)]))
    try:
        process.run()
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert len(runs) == 1
