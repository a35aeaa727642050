"""Duplicates while typing: from a text to the orders of the same matter, with 1,000,000 orders over two years.

The orders are the sample's texts at the sample's places, some matters far more frequent than others. The reference is
the same comparison with every order of the last 30 days in the district, whatever its category.
Run: python -m bench.duplicates [ORDERS]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable

from sqlalchemy import select, text

from bench.city import bench_city
from config.settings import HERE
from hotline.base.db import db
from hotline.base.files import read_csv
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.orders.models import Order
from hotline.transfer.alike import RECENT, alike_orders
from hotline.transfer.duplicates import likeness, matter
from hotline.transfer.suggestion import suggest

QUERIES, REFERENCE_QUERIES = 400, 10
DAYS = 730

_TEXTS = "CREATE TEMPORARY TABLE told (n int, category text, title text, said text)"
_FILL = """
  INSERT INTO work_order (number, version, state, nature, urgency, channel, title, text, address, district_code,
    category_code, lead_unit, requester_phone, policy_id, rating_token, received_at, dispatched_at, closed_at)
  SELECT 'B' || i, 6, CASE WHEN received < now() - interval '8 days' THEN 'closed' ELSE 'handling' END, 'complaint',
    'normal', 'phone', replace(replace(title, '{estate}', estate), '{road}', road),
    replace(replace(replace(said, '{estate}', estate), '{road}', road), '{place}', estate), estate, made.district, category,
    'housing', '199' || lpad(i::text, 8, '0'), (SELECT max(id) FROM policy_version), gen_random_uuid(), received,
    received + interval '10 minutes', CASE WHEN received < now() - interval '8 days' THEN received + interval '5 days' END
  FROM (
    SELECT i, now() - random() * :days * interval '1 day' AS received, 1 + floor(:texts * random() ^ 3)::int AS n,
      'd' || lpad((1 + i % 12)::text, 2, '0') AS district, floor(random() * 12)::int AS at
    FROM generate_series(1, :orders) AS i
  ) AS made
  JOIN told USING (n)
  JOIN (SELECT district_code AS district, array_agg(name) FILTER (WHERE kind = 'estate') AS estates,
      array_agg(name) FILTER (WHERE kind = 'road') AS roads FROM place_name GROUP BY 1) AS places USING (district)
  CROSS JOIN LATERAL (SELECT coalesce(estates[1 + at % cardinality(estates)], '') AS estate,
      coalesce(roads[1 + at % cardinality(roads)], '') AS road) AS chosen
"""


def fill(orders: int, told: list[dict[str, str]]) -> None:
    """Write the orders."""
    with unit_of_work():
        db.session.execute(text(_TEXTS))
        rows = [{"n": n, "c": row["category"], "t": row["title"], "s": row["text"]} for n, row in enumerate(told, 1)]
        db.session.execute(text("INSERT INTO told VALUES (:n, :c, :t, :s)"), rows)
        db.session.execute(text(_FILL), {"orders": orders, "texts": len(told), "days": DAYS})
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE work_order"))


def typed(title: str, said: str, address: str) -> int:
    """What the desk does while an agent types: suggest, then look for the same matter. How many are found."""
    found = suggest(title, said, address)
    categories = [row.category for row in found.ranked]
    return len(alike_orders(title, said, address, categories=categories, district=found.place.district, now=utc_now()))


def everything(title: str, said: str, address: str) -> int:
    """The reference: compare with every recent order of the district."""
    district = suggest(title, said, address).place.district
    told = matter(title, said, address, district)
    query = select(Order.title, Order.text, Order.address, Order.district_code).where(
        Order.received_at >= utc_now() - RECENT, Order.district_code == district
    )
    return sum(likeness(told, matter(*row)).same for row in db.session.execute(query))


def milliseconds(work: Callable[[str, str, str], int], calls: list[tuple[str, str, str]]) -> tuple[list[float], int]:
    """How long each call takes, and in how many something was found."""
    taken, found = [], 0
    for call in calls:
        started = time.perf_counter()
        found += bool(work(*call))
        taken.append((time.perf_counter() - started) * 1000)
        db.session.rollback()
    return taken, found


def main() -> None:
    """Measure and print."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    told = list(read_csv(HERE / "sample" / "texts.csv"))
    chance = random.Random(12345)  # noqa: S311 # which texts are typed is no secret
    chance.shuffle(told)
    with bench_city() as (app, _), app.app_context():
        fill(orders, told)
        places = [row["name"] for row in read_csv(HERE / "city" / "places.csv") if row["kind"] == "estate"]
        calls = []
        for _ in range(QUERIES):
            row, place = told[int(len(told) * chance.random() ** 3)], chance.choice(places)
            said = row["text"].replace("{estate}", place).replace("{place}", place)
            calls.append((row["title"].replace("{estate}", place), said, place))
        typed(*calls[0])
        taken, found = milliseconds(typed, calls)
        slow, _ = milliseconds(everything, calls[:REFERENCE_QUERIES])
    cuts = statistics.quantiles(taken, n=100)
    print(f"{orders} orders, {QUERIES} texts, {found} with at least one order of the same matter")
    print(f"p50 {cuts[49]:.1f} ms   p95 {cuts[94]:.1f} ms   longest {max(taken):.1f} ms")
    print(f"every recent order of the district: median {statistics.median(slow):.0f} ms")


if __name__ == "__main__":
    main()
