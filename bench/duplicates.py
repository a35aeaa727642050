"""Finding the same matter among 1,000,000 orders, from a text to the ranked list, beside full-text search of its words.

The orders are of two years: the sample texts, told of 3,000 estates and the gazetteer's roads; a tenth of them tell
200 hot matters again and again. Run: python -m bench.duplicates [ORDERS]
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import text

from bench.city import bench_city
from config.settings import HERE
from hotline.base.db import db
from hotline.base.files import read_csv
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.orders import search
from hotline.transfer.same_matter import SHOWN, same_matter, told
from hotline.transfer.suggestion import suggest

DISTINCT, HOT, QUERIES, REFERENCES = 20_000, 200, 400, 40
FIRST, SECOND = "翠锦银金玉秀瑞祥嘉和安福康盛华景明清", "湖江泉峰林岭溪塘桥原湾洲庭轩澜屿"
ENDS = ("花园", "家园", "小区", "雅苑", "名都", "公寓", "新村", "华庭", "嘉园", "山庄")


@dataclass(frozen=True, slots=True)
class Said:
    """A text told of a place."""

    id: int
    title: str
    text: str
    address: str
    district: str
    category: str


def sayings(chance: random.Random) -> list[Said]:
    """The distinct texts."""
    templates = list(read_csv(HERE / "sample" / "texts.csv"))
    places = list(read_csv(HERE / "city" / "places.csv"))
    roads = [(row["name"], row["district"]) for row in places if row["kind"] == "road"]
    known = [(row["name"], row["district"]) for row in places if row["kind"] == "estate"]
    districts = sorted({district for _, district in roads})
    made = [(one + two + end, chance.choice(districts)) for one in FIRST for two in SECOND for end in ENDS]
    estates = known + chance.sample(made, 2_800)
    return [
        _said(number, chance.choice(templates), chance.choice(roads), chance.choice(estates), chance)
        for number in range(DISTINCT)
    ]


def _said(
    number: int, row: dict[str, str], road: tuple[str, str], estate: tuple[str, str], chance: random.Random
) -> Said:
    house = f"{estate[0]}{chance.randint(1, 30)}栋"
    slots = {"road": road[0], "estate": estate[0], "place": house, "time": "昨晚", "days": "5", "person": "王女士"}
    title, body = (row[name].format(**slots, amount="3000") for name in ("title", "text"))
    address = house if chance.random() < 0.6 else ""
    district = estate[1] if address or estate[0] in title + body else road[1]
    return Said(number, title, body, address, district, row["category"])


_TABLES = (
    """CREATE TABLE bench_said (id int PRIMARY KEY, title text, text text, address text, district text, category text,
    words text[])""",
    "CREATE TABLE bench_place (said_id int, name text)",
)
_SAID = "INSERT INTO bench_said VALUES (:id, :title, :text, :address, :district, :category, :words)"
_PLACE = "INSERT INTO bench_place VALUES (:id, :name)"
_WHICH = f"CASE WHEN i % 10 = 0 THEN i / 10 % {HOT} ELSE i::bigint * 7919 % {DISTINCT} END"
_ORDERS = f"""
INSERT INTO work_order (number, version, state, nature, urgency, channel, title, text, address, district_code,
  category_code, lead_unit, requester_phone, policy_id, rating_token, received_at, dispatched_at, closed_at, search)
SELECT 'B' || i, 6, CASE WHEN received < now() - interval '8 days' THEN 'closed' ELSE 'handling' END, 'complaint',
  'normal', 'phone', title, text, address, district, category, 'housing', '199' || lpad((i % 400000)::text, 8, '0'),
  (SELECT max(id) FROM policy_version), gen_random_uuid(), received, received,
  CASE WHEN received < now() - interval '8 days' THEN received + interval '5 days' END, array_to_tsvector(words)
FROM (SELECT i, now() - (:n - i) * (interval '730 days' / :n) AS received, {_WHICH} AS which
      FROM generate_series(1, :n) AS i) AS made
JOIN bench_said ON bench_said.id = which
ORDER BY i
"""
_PLACES = f"""
INSERT INTO order_place (name, order_id)
SELECT DISTINCT name, order_id
FROM (SELECT order_id, {_WHICH} AS which
      FROM (SELECT id AS order_id, substr(number, 2)::int AS i FROM work_order) AS made) AS orders
JOIN bench_place ON said_id = which
"""
_BY_WORDS = """
SELECT id FROM work_order
WHERE search @@ CAST(:words AS tsquery) AND received_at >= now() - interval '30 days'
ORDER BY ts_rank(search, CAST(:words AS tsquery)) DESC LIMIT :shown
"""


def fill(orders: int, said: Iterable[Said]) -> None:
    """Make the orders by SQL from the distinct texts, with the places the product finds in them."""
    with unit_of_work():
        for statement in _TABLES:
            db.session.execute(text(statement))
        for one in said:
            words = search.words(one.title, one.text, one.address)
            db.session.execute(text(_SAID), {**asdict(one), "words": words})
            names = told(one.title, one.text, one.address, district=None, category=None).names
            rows = [{"id": one.id, "name": name} for name in names.spots | names.ways]
            if rows:
                db.session.execute(text(_PLACE), rows)
        db.session.execute(text(_ORDERS), {"n": orders})
        db.session.execute(text(_PLACES))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def product(one: Said) -> int:
    """What the desk asks: the category and the district from the text, then the orders of the same matter."""
    found = suggest(one.title, one.text, one.address)
    asked = told(
        one.title, one.text, one.address, district=found.place.district, category=found.category, caller="19900000123"
    )
    return len(same_matter(asked, utc_now()))


def by_words(one: Said) -> int:
    """The reference: the words of the text joined by or, the best rank first."""
    words = " | ".join("'" + word.replace("'", "''") + "'" for word in search.words(one.title, one.text, one.address))
    return len(db.session.execute(text(_BY_WORDS), {"words": words, "shown": SHOWN}).all())


def measured(name: str, work: Callable[[Said], int], said: Sequence[Said]) -> None:
    """Time one call for each text, and print."""
    taken, found = [], 0
    for one in said:
        started = time.perf_counter()
        found += work(one) > 0
        db.session.rollback()
        taken.append((time.perf_counter() - started) * 1000)
    p50, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[18]
    print(
        f"{name}: {len(said)} texts, p50 {p50:.1f} ms, p95 {p95:.1f} ms, max {max(taken):.1f} ms, {found} with a result"
    )


def main() -> None:
    """Measure and print."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    chance = random.Random(12345)  # noqa: S311 # the same texts each time
    said = sayings(chance)
    with bench_city() as (app, _), app.app_context():
        started = time.perf_counter()
        fill(orders, said)
        print(f"{orders} orders filled in {time.perf_counter() - started:.0f} s")
        hot, usual = chance.sample(said[:HOT], QUERIES // 2), chance.sample(said[HOT:], QUERIES // 2)
        for one in usual[:20]:
            product(one)
        measured("same matter, hot", product, hot)
        measured("same matter, usual", product, usual)
        measured("same matter, all", product, hot + usual)
        measured("full-text search of the words", by_words, chance.sample(hot + usual, REFERENCES))


if __name__ == "__main__":
    main()
