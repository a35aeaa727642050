"""What runs by the clock with Redis: RQ's cron in one process at a time, and the lead that passes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from redis import Redis
from rq import Queue as RqQueue
from rq import SimpleWorker
from rq.cron import CronScheduler
from sqlalchemy import func, select, text

from hotline.base.db import db
from hotline.base.outbox import Queue
from tests.conftest import NOW
from tests.servers import REDIS, redis_server
from workers import schedule
from workers.leader import Leader
from workers.process import ThroughRq
from workers.schedule import DAY, MINUTE, PERIODIC, Periodic, cron_on

needs_redis = pytest.mark.skipif(REDIS is None and not os.environ.get("CI"), reason="redis-server is not installed")


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield
        db.session.remove()


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    """An empty Redis."""
    with Redis.from_url(redis_url) as client:
        client.flushall()
        yield client


OFTEN = ["calendar", "warnings", "escalation", "order triggers"]  # what runs every few minutes
BETWEEN = ["rollup", "live calls"]
SELDOM = ["topics", "unit triggers", "proposals", "ledgers", "reports"]


def waiting(redis: Redis) -> dict[str, list[str]]:
    """The arguments of the jobs in each queue."""
    return {name: [job.args[0] for job in RqQueue(name, connection=redis).jobs] for name in Queue}


def locks() -> int:
    query = select(func.count()).select_from(text("pg_locks")).where(text("locktype = 'advisory'"))
    found = db.session.scalars(query).one()
    db.session.rollback()
    return found


def test_one_process_leads_and_another_takes_over_when_it_goes(context: None) -> None:
    first, second = Leader(), Leader()
    assert [first.leads(), second.leads(), first.leads(), second.leads()] == [True, False, True, False]
    first.resign()
    assert [second.leads(), first.leads()] == [True, False]
    second.resign()
    assert locks() == 0, "no lock stays behind in a pooled connection"


def test_the_lead_is_lost_with_the_connection(context: None) -> None:
    first, second = Leader(), Leader()
    assert first.leads()
    holder = select(func.pg_terminate_backend(text("pid"))).select_from(text("pg_locks"))
    db.session.execute(holder.where(text("locktype = 'advisory'")))
    db.session.commit()
    assert not first.leads(), "it notices at its next turn, before it enqueues anything"
    assert second.leads()
    assert not first.leads()
    second.resign()


@needs_redis
def test_the_cron_enqueues_the_same_things_as_the_schedule(redis: Redis) -> None:
    cron = cron_on(redis)
    assert [job.args for job in cron.get_jobs()] == [(thing.name,) for thing in PERIODIC]
    with time_machine.travel(NOW, tick=False):
        assert len(cron.enqueue_jobs()) == len(PERIODIC)
        assert cron.enqueue_jobs() == []
    assert waiting(redis) == {"urgent": OFTEN, "default": BETWEEN, "reports": SELDOM}
    with time_machine.travel(NOW + MINUTE, tick=False):
        cron.enqueue_jobs()
    assert waiting(redis)["urgent"] == OFTEN + OFTEN[:3]
    with time_machine.travel(NOW + DAY, tick=False):
        cron.enqueue_jobs()
    assert waiting(redis)["reports"] == SELDOM * 2


@needs_redis
def test_what_runs_often_goes_first_and_nothing_lapses(
    app: Flask, context: None, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(schedule, "worker_app", lambda: app)
    monkeypatch.setattr(schedule, "run", lambda thing, _: ran.append(thing.name))
    with time_machine.travel(NOW, tick=False):
        cron_on(redis).enqueue_jobs()
    assert {job.ttl for name in Queue for job in RqQueue(name, connection=redis).jobs} == {None}
    with time_machine.travel(NOW + 2 * DAY, tick=False):
        worker = SimpleWorker([RqQueue(name, connection=redis) for name in Queue], connection=redis)
        worker.work(burst=True, logging_level="ERROR")
    assert ran == [*OFTEN, *BETWEEN, *SELDOM]


@needs_redis
def test_an_rq_worker_runs_it(app: Flask, context: None, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[datetime] = []
    monkeypatch.setattr(schedule, "PERIODIC", (Periodic("note", timedelta(hours=1), runs.append, Queue.REPORTS),))
    monkeypatch.setattr(schedule, "worker_app", lambda: app)
    cron_on(redis).enqueue_jobs()
    worker = SimpleWorker([RqQueue(name, connection=redis) for name in Queue], connection=redis)
    worker.work(burst=True, logging_level="ERROR")
    assert len(runs) == 1


@needs_redis
def test_of_two_processes_one_enqueues(
    context: None, redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.process.RqWorker.keep_running", lambda _: None)
    first, second = ThroughRq(redis_url), ThroughRq(redis_url)
    for _ in range(3):
        first.keep_going()
        second.keep_going()
    assert waiting(redis) == {"urgent": OFTEN, "default": BETWEEN, "reports": SELDOM}
    assert len(CronScheduler.all(redis)) == 1, "and it is known to RQ"
    first.stop()
    second.keep_going()
    assert waiting(redis)["urgent"] == OFTEN * 2, "the one that takes over begins at once"
    second.stop()
    for one in (first, second):
        one.queues[Queue.DEFAULT].connection.close()


def test_without_redis_to_reach_the_process_waits(
    context: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setattr("workers.process.RqWorker.keep_running", lambda _: None)
    away = ThroughRq(f"unix://{tmp_path}/nothing.sock")
    away.keep_going()
    assert [record.getMessage() for record in caplog.records] == ["cron waits: ConnectionError"]
    away.stop()
