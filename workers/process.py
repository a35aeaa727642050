"""The worker process: the relay and the schedule in a loop, with RQ behind the relay where Redis is set."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import TYPE_CHECKING

from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from config.settings import Settings
from hotline.base.outbox import Queue
from hotline.base.time import utc_now
from workers.app import worker_app
from workers.leader import Leader
from workers.relay import BATCH, relay
from workers.schedule import Schedule, cron_on

if TYPE_CHECKING:
    import rq

log = logging.getLogger(__name__)

RESTART_PAUSE = 5.0  # seconds between two starts of the RQ worker
PAUSE = 0.5  # seconds between looks at an empty outbox


def queues_on(redis_url: str) -> dict[Queue, rq.Queue]:
    """RQ's queues on a Redis server."""
    import rq
    from redis import Redis

    connection = Redis.from_url(redis_url)
    return {name: rq.Queue(name, connection=connection) for name in Queue}


def run() -> None:
    """Relay, and do what the schedule says, until told to stop (SIGTERM or SIGINT).

    With Redis, an RQ worker runs beside the relay, and RQ's cron takes the place of the schedule.
    """
    stop = threading.Event()

    def asked_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, asked_to_stop)
    settings: Settings = worker_app().config["SETTINGS"]
    through = ThroughRq(settings.redis_url) if settings.redis_url else None
    schedule = Schedule()
    try:
        while not stop.is_set():
            with worker_app().app_context():
                if through is None:
                    schedule.run_due(utc_now())
                else:
                    through.keep_going()
            if _turn(through.queues if through else None) < BATCH:
                stop.wait(PAUSE)
    finally:
        if through is not None:
            through.stop()


def _turn(queues: Mapping[Queue, rq.Queue] | None) -> int:
    with worker_app().app_context():
        try:
            return relay(utc_now(), queues)
        except (OperationalError, RedisError) as away:
            # The database or Redis is away for a moment; nothing is lost, the next turn tries again.
            log.warning("relay waits: %s", type(away).__name__)
            return 0


class ThroughRq:
    """RQ around the relay: the queues, a worker beside this process, and the cron of whichever process leads."""

    def __init__(self, redis_url: str) -> None:
        self.queues = queues_on(redis_url)
        self._worker = RqWorker(redis_url)
        self._cron = cron_on(self.queues[Queue.DEFAULT].connection)
        self._leader = Leader()

    def keep_going(self) -> None:
        """Start the worker where it has ended; enqueue what is due by the clock, if this process leads."""
        self._worker.keep_running()
        try:
            if self._leader.leads() and self._cron.enqueue_jobs():
                self._cron.save()
                self._cron.heartbeat()
        except RedisError as away:
            log.warning("cron waits: %s", type(away).__name__)

    def stop(self) -> None:
        """Let the worker finish what it does, and another process lead."""
        self._worker.stop()
        self._leader.resign()


def rq_command(redis_url: str, *options: str) -> list[str]:
    """The command that runs an RQ worker: what is urgent first. It does not fork for each job: ours are short, and a fork costs an app."""
    worker = ["worker", "--worker-class", "rq.SimpleWorker", "--url", redis_url, "--quiet"]
    return [sys.executable, "-m", "workers.beside", *worker, *options, *Queue]


class RqWorker:
    """The RQ worker beside the relay. It ends when Redis goes away or something kills it; then it is started again."""

    def __init__(self, redis_url: str) -> None:
        self._command = rq_command(redis_url)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0

    def keep_running(self) -> None:
        """Start the worker unless it runs; at most once in RESTART_PAUSE seconds."""
        runs = self._process is not None and self._process.poll() is None
        if runs or time.monotonic() - self._started < RESTART_PAUSE:
            return
        self.stop()
        self._started = time.monotonic()
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603 # our own interpreter and words

    def stop(self) -> None:
        """Let the worker finish what it does and end."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=30)  # closes its input, and waits
