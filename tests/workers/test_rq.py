"""With Redis: a real server, a real RQ worker in a process of its own; Redis may lose everything."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from config.settings import Settings
from hotline import create_app
from hotline.base.db import db
from hotline.base.outbox import Delivery, Queue, leave
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.notices.models import Notice
from tests import factories
from tests.servers import REDIS, redis_server
from workers import process
from workers.jobs import LONGEST_RUN
from workers.process import RqWorker, queues_on, rq_command
from workers.relay import ENOUGH_IN_QUEUE, relay

LOST_AFTER = timedelta(minutes=2)

pytestmark = pytest.mark.skipif(REDIS is None and not os.environ.get("CI"), reason="redis-server is not installed")


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def waiting(app: Flask, committed: None) -> Iterator[int]:
    """Orders whose events are committed and not yet told; how many deliveries wait."""
    now = utc_now()
    with app.app_context():
        with unit_of_work():
            db.session.execute(delete(Delivery))
            for _ in range(5):
                factories.dispatched(now - timedelta(hours=1))
        count = db.session.scalar(select(func.count()).select_from(Delivery)) or 0
        db.session.remove()
        yield count
        with unit_of_work():
            db.session.execute(delete(Delivery))
        db.session.remove()


def work_off(redis_url: str, settings: Settings, home: Path) -> None:
    """An RQ worker process that ends when the queue is empty."""
    environment = {
        **os.environ,
        "DATABASE_URL": str(settings.database_url),
        "REDIS_URL": redis_url,
        "HOTLINE_HOME": str(home),
    }
    command = rq_command(redis_url, "--burst")
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE) as worker:
        assert worker.wait(timeout=120) == 0


def undone() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Delivery).where(Delivery.done_at.is_(None))) or 0


def test_rq_does_what_the_outbox_holds_also_after_redis_lost_it(
    app: Flask, waiting: int, redis_url: str, settings: Settings, home: Path
) -> None:
    queues = queues_on(redis_url)
    queue = queues[Queue.DEFAULT]
    with app.app_context():
        now = utc_now()
        assert relay(now, queues) == waiting
        assert len(queue) == waiting
        assert relay(now, queues) == 0, "what is handed out is not handed out twice"
        queue.connection.flushall()
        assert undone() == waiting
        assert relay(now + LOST_AFTER, queues) == waiting, "what Redis lost is handed out again"
        relay(now + LOST_AFTER * 3, queues)
        assert len(queue) == waiting * 2, "and so may be a repeat"
        db.session.remove()
    work_off(redis_url, settings, home)
    with app.app_context():
        assert undone() == 0
        told = db.session.scalars(select(Notice.delivery_id)).all()
        assert len(told) == len(set(told))
        assert db.session.scalar(select(func.max(Delivery.attempts))) == 1
        db.session.remove()
    queue.connection.close()


def test_the_rq_worker_is_started_again_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "RESTART_PAUSE", 0.0)
    worker = RqWorker("redis://127.0.0.1:1/0")
    worker.keep_running()
    first = worker._process
    assert first is not None
    first.kill()
    first.wait(timeout=30)
    worker.keep_running()
    second = worker._process
    assert second is not None
    assert second.pid != first.pid
    worker.stop()
    assert second.poll() is not None


def test_the_rq_worker_ends_with_the_process_that_started_it(redis_url: str) -> None:
    with subprocess.Popen(rq_command(redis_url), stdin=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        worker.stdin.close()  # as the system does for a process that is killed
        worker.wait(timeout=60)


def test_a_queue_nobody_works_off_is_not_filled_for_ever(app: Flask, waiting: int, redis_url: str) -> None:
    queues = queues_on(redis_url)
    queue = queues[Queue.DEFAULT]
    queue.empty()
    with app.app_context():
        queue.connection.rpush(queue.key, *[f"job-{n}" for n in range(ENOUGH_IN_QUEUE)])
        assert relay(utc_now(), queues) == 0
        queue.connection.delete(queue.key)
        assert relay(utc_now(), queues) == waiting
        db.session.remove()
    queue.empty()
    queue.connection.close()


def test_without_redis_people_still_sign_in(settings: Settings) -> None:
    away = create_app(replace(settings, redis_url="redis://127.0.0.1:1/0", rate_limits=True))
    away.config["WTF_CSRF_ENABLED"] = False
    browser = away.test_client()
    assert browser.post("/sign-in", data={"login": "agent", "password": "wrong"}).status_code == 401
    with away.app_context():
        db.session.remove()
        db.engine.dispose()
    assert create_app(replace(settings, redis_url="unix:///run/redis.sock")) is not None


def test_a_report_may_take_long(app: Flask, waiting: int, redis_url: str) -> None:
    queues, now = queues_on(redis_url), utc_now()
    with app.app_context():
        with unit_of_work():
            leave("make_report", now, queue=Queue.REPORTS, report_id=0)
        relay(now, queues)
    assert {job.timeout for job in queues[Queue.REPORTS].jobs} == {LONGEST_RUN}
    assert LONGEST_RUN not in {job.timeout for job in queues[Queue.DEFAULT].jobs}
    for queue in queues.values():
        queue.empty()
