"""The pages people sit before, at the server, with a million orders: the median and the slowest in twenty of sixty askings.

Run: python -m bench.pages [ORDERS]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bench.city import bench_city, fill, let_wait
from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.people.models import User
from hotline.people.operations import create_user
from hotline.people.roles import Role
from hotline.report.rollup.rolling import roll_up
from hotline.transfer.suggestion import suggest
from hotline.warm import warm_up

ROUNDS = 60
WAITING, ASKED = 500, 3_000  # orders before the dispatchers, and before the callback desk
HEARD = "锦绣花园小区从昨天晚上开始停水，到现在还没有来水"
PASSWORD = "bench password"  # noqa: S105 # of a database that lives as long as the bench
UNIT = "d01"
ROLES = {Role.AGENT: None, Role.DISPATCHER: None, Role.HANDLER: UNIT, Role.CALLBACK: None, Role.MANAGER: None}


@dataclass(frozen=True)
class Asked:
    """A page: what it is called, who asks, and how."""

    name: str
    role: Role
    ask: Callable[[FlaskClient], TestResponse]


def get(path: str) -> Callable[[FlaskClient], TestResponse]:
    """A page by its address."""
    return lambda client: client.get(path, follow_redirects=True)


def find(words: str) -> Callable[[FlaskClient], TestResponse]:
    """A search as the box at the top sends it."""
    return lambda client: client.post("/orders/find", data={"q": words}, follow_redirects=True)


def pages(number: str, phone: str) -> list[Asked]:
    """What is measured."""
    heard = {"text": HEARD, "phone": phone}
    return [
        Asked("desk", Role.AGENT, get("/desk")),
        Asked(
            "desk: suggestion, duplicates, danger",
            Role.AGENT,
            lambda client: client.post("/desk/suggestion", data=heard),
        ),
        Asked("desk: the caller before", Role.AGENT, lambda client: client.post("/desk/caller", data=heard)),
        Asked("dispatcher's queue", Role.DISPATCHER, get("/dispatch")),
        Asked("inbox", Role.HANDLER, get("/inbox")),
        Asked("order", Role.HANDLER, get(f"/orders/{number}")),
        Asked("callbacks", Role.CALLBACK, get("/callbacks")),
        Asked("orders, the newest", Role.DISPATCHER, get("/orders")),
        Asked("search: a number", Role.DISPATCHER, find(number)),
        Asked("search: a phone's end", Role.DISPATCHER, find(phone[-4:])),
        Asked("search: a word of every order", Role.DISPATCHER, find("bench")),
        Asked("search: a word of one order", Role.DISPATCHER, find("777777")),
        Asked("search: a word of every order, a unit's", Role.HANDLER, find("bench")),
        Asked("week", Role.MANAGER, get("/week")),
        Asked("wall", Role.MANAGER, get("/wall")),
    ]


def additions() -> float:
    """Seconds for ten million additions: how fast the machine is while it measures, since it is shared with others."""
    started, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - started


def measure(app: Flask) -> None:
    """Ask for each page as its people do, and print how long the server takes."""
    app.config["WTF_CSRF_ENABLED"] = False
    warm_up(app)
    clients = {}
    with app.app_context():
        with unit_of_work():
            for role, unit in ROLES.items():
                if db.session.scalar(select(User.id).filter_by(login=f"bench-{role}")) is None:
                    create_user(f"bench-{role}", role, role, PASSWORD, utc_now(), unit_code=unit)
        open_orders = select(Order).filter_by(lead_unit=UNIT, state=State.HANDLING).limit(1)
        order = db.session.scalars(open_orders).one()
        number, phone = order.number, order.requester_phone
        db.session.remove()
    for role in ROLES:
        clients[role] = app.test_client()
        clients[role].post("/sign-in", data={"login": f"bench-{role}", "password": PASSWORD})
    print(f"this machine, now: ten million additions in {additions():.2f} s")
    print(f"{'page':<46}{'median':>8}{'p95':>8}  ms")
    for page in pages(number, phone):
        client, took = clients[page.role], []
        for turn in range(ROUNDS + 1):
            started = time.perf_counter()
            answer = page.ask(client)
            if turn:  # the first one warms up
                took.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, (page.name, answer.status)
        print(f"{page.name:<46}{statistics.median(took):>8.0f}{statistics.quantiles(took, n=20)[-1]:>8.0f}")


def main() -> None:
    """Fill a city, measure."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with bench_city() as (app, _):
        with app.app_context():
            fill(orders)
            let_wait(WAITING, ASKED, suggest("", HEARD).as_json())
            with unit_of_work():
                roll_up(utc_now())
        measure(app)


if __name__ == "__main__":
    main()
