"""The outbox is emptied once, whatever fails on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from hotline.base.db import db
from hotline.base.outbox import Delivery, leave
from hotline.base.work import unit_of_work
from hotline.notices.models import Notice
from hotline.notices.operations import tell
from tests import factories
from workers import relay as relaying
from workers.jobs import JOBS


@pytest.fixture
def ran(session: None, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A job that notes each run; the outbox holds nothing else."""
    db.session.execute(delete(Delivery))
    runs: list[dict[str, Any]] = []

    def note(_delivery_id: UUID, arguments: Mapping[str, Any], _now: datetime) -> None:
        if arguments.get("fail"):
            raise RuntimeError("the gateway is away")
        runs.append(dict(arguments))

    monkeypatch.setitem(JOBS, "note", note)
    return runs


def test_what_is_due_runs_once(ran: list[dict[str, Any]], now: datetime) -> None:
    leave("note", now, n=1)
    leave("note", now, due_at=now + timedelta(minutes=1), n=2)
    db.session.commit()
    assert relaying.relay(now) == 1
    assert relaying.relay(now) == 0
    assert ran == [{"n": 1}]
    relaying.relay(now + timedelta(minutes=1))
    assert ran == [{"n": 1}, {"n": 2}]


def test_a_failure_is_kept_and_tried_again_later(ran: list[dict[str, Any]], now: datetime) -> None:
    row = leave("note", now, fail=True)
    leave("note", now, n=1)
    db.session.commit()
    relaying.relay(now)
    db.session.refresh(row)
    assert ran == [{"n": 1}]
    assert (row.attempts, row.done_at) == (1, None)
    assert row.error == "RuntimeError: the gateway is away"
    assert row.due_at == now + relaying.FIRST_RETRY
    relaying.relay(row.due_at)
    db.session.refresh(row)
    assert row.attempts == 2
    assert row.due_at == now + relaying.FIRST_RETRY * 3


def test_back_off_has_a_bound(ran: list[dict[str, Any]], now: datetime) -> None:
    row = leave("note", now, fail=True)
    db.session.flush()
    row.attempts = 500
    db.session.commit()
    relaying.relay(now)
    db.session.refresh(row)
    assert row.due_at == now + relaying.LONGEST_RETRY


def test_a_failed_job_leaves_nothing_half_done(session: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    db.session.execute(delete(Delivery))
    order = factories.dispatched(now)
    db.session.expire_all()
    event = order.events[-1]
    db.session.execute(delete(Delivery))

    def half(delivery_id: UUID, _arguments: Mapping[str, Any], at: datetime) -> None:
        tell(event.id, delivery_id, at)
        raise RuntimeError("after the first half")

    monkeypatch.setitem(JOBS, "half", half)
    leave("half", now)
    db.session.commit()
    relaying.relay(now)
    assert db.session.scalar(select(func.count()).select_from(Notice).filter_by(event_id=event.id)) == 0


def test_a_repeated_delivery_is_told_once(session: None, now: datetime) -> None:
    db.session.execute(delete(Delivery))
    order = factories.dispatched(now)
    rows = list(db.session.scalars(select(Delivery)))
    db.session.commit()
    relaying.relay(now)
    for row in rows:
        tell(row.arguments["event_id"], row.delivery_id, now)
    notices = list(db.session.scalars(select(Notice).where(Notice.unit_code == order.lead_unit)))
    assert len(notices) == 1


@pytest.fixture
def committed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Forty deliveries that are really committed, for several threads to fight over."""
    runs: list[int] = []
    monkeypatch.setitem(JOBS, "race", lambda _id, arguments, _now: runs.append(arguments["n"]))
    with app.app_context():
        with unit_of_work():
            db.session.execute(delete(Delivery))
            for n in range(40):
                leave("race", datetime.fromisoformat("2026-11-17T02:00:00+00:00"), n=n)
        db.session.remove()
        yield runs
        with unit_of_work():
            db.session.execute(delete(Delivery))


def test_several_workers_share_the_work(app: Flask, committed: list[int], now: datetime) -> None:
    def work() -> None:
        with app.app_context():
            relaying.relay(now)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(committed) == list(range(40))
