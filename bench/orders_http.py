"""Orders accepted per second over HTTP, beside a bare view that inserts the same rows (bench/bare.py).

Two web processes, PostgreSQL with synchronous_commit on, one client and eight; product and reference take turns.
Run: python -m bench.orders_http
"""

from __future__ import annotations

import http.client
import json
import statistics
import threading
import time
from collections.abc import Callable

from sqlalchemy import text

from bench.city import agent_key, bench_city, served
from hotline.base.db import db

SECONDS = 6.0
ROUNDS = 3
BODY = {
    "title": "望江区停水",
    "text": "望江区锦绣花园从昨天晚上开始停水,到现在还没有来水,打供水公司电话一直占线,家里有老人和孩子,请尽快恢复供水。",
    "phone": "19900001234",
}


def load(port: int, path: str, headers: dict[str, str], clients: int) -> float:
    """Requests answered with 201 per second, from some clients with one connection each."""
    stop = time.perf_counter() + SECONDS
    counts = [0] * clients

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        body = json.dumps(BODY)
        while time.perf_counter() < stop:
            connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 201, answer.status
            counts[number] += 1

    started = time.perf_counter()
    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - started)


def main() -> None:
    """Measure and print."""
    with bench_city() as (app, settings):
        key = {"Authorization": f"Bearer {agent_key(app)}"}
        with app.app_context():
            durable = db.session.scalar(text("SHOW synchronous_commit"))
            version = db.session.scalar(text("SHOW server_version"))
            db.session.remove()
        print(f"PostgreSQL {version}, synchronous_commit {durable}")
        with served("wsgi:app", settings, 8471), served("bench.bare:app", settings, 8472):
            product: Callable[[int], float] = lambda n: load(8471, "/api/v1/orders", key, n)  # noqa: E731 # a name for the table below
            bare: Callable[[int], float] = lambda n: load(8472, "/bare/orders", {}, n)  # noqa: E731 # likewise
            product(2), bare(2)  # warm
            for clients in (1, 8):
                pairs = [(product(clients), bare(clients)) for _ in range(ROUNDS)]
                ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
                ratio = statistics.median(one / other for one, other in pairs)
                print(f"{clients} clients: product {ours:7.1f}/s   bare view {theirs:7.1f}/s   ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
