"""The sample city's past: some weeks of calls and orders, ending now, every step through the real operations.

The same ``now`` gives the same data apart from UUIDs: all chance comes from one seeded generator.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from hotline.base.db import db
from hotline.base.files import read_csv
from hotline.base.outbox import Delivery
from hotline.base.time import DAY
from hotline.base.work import unit_of_work
from hotline.handle.reply_templates import load_templates
from hotline.orders.vocabulary import Channel
from hotline.sample.appeals import Aftermath
from hotline.sample.calls import Taken, write_calls
from hotline.sample.cast import Cast, read_cast
from hotline.sample.drafts import Draft, Plan
from hotline.sample.ledgers import keep_ledgers
from hotline.sample.town import FOLDER, Town, read_town
from hotline.sample.walk import walk
from hotline.sample.watch import watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SEED = 12345
BATCH = 100


def fill(now: datetime, *, weeks: int, orders: int, progress: Callable[[int], object]) -> None:
    """Fill an empty database that has its city loaded; commits by itself, in batches.

    progress: told after each batch how many more orders are done.
    """
    rng = Random(SEED)
    with unit_of_work():
        town, cast = read_town(now), read_cast(rng)
        drafts = Plan(town, cast, rng, now, weeks).drafts(orders)
        news_before = db.session.scalar(select(func.max(Delivery.id))) or 0
    taken: list[Taken] = []
    numbers: dict[Draft | None, str] = {}
    for first in range(0, len(drafts), BATCH):
        batch = drafts[first : first + BATCH]
        with unit_of_work():
            taken += _live(batch, numbers, town, cast, rng=rng, now=now)
            _settle_news(news_before, now)
        progress(len(batch))
    with unit_of_work():
        write_calls(taken, town, cast, rng, now=now, weeks=weeks, orders=orders)
    with unit_of_work():
        db.session.expire_all()  # an order opened here knows none of its later events
        load_templates(read_csv(FOLDER / "reply_templates.csv"), now)
        keep_ledgers(town, cast, rng, now=now, weeks=weeks)
        watch(town, cast, rng, now)
        db.session.flush()
        db.session.expire_all()  # what is asked next is asked of the database, whatever was still remembered
        Aftermath(town, cast, Random(SEED), now).run()
        _settle_news(news_before, now)


def _live(
    batch: list[Draft], numbers: dict[Draft | None, str], town: Town, cast: Cast, *, rng: Random, now: datetime
) -> list[Taken]:
    """Walk some orders up to now, and keep their numbers; return those that came in by phone."""
    taken = []
    for draft in batch:
        order = walk(draft, town, cast, rng, now, master=numbers.get(draft.master, ""))
        numbers[draft] = order.number
        if draft.intake.channel is Channel.PHONE:
            taken.append(Taken(order.id, draft.intake.requester_phone, draft.actor.name, draft.at))
    return taken


def _settle_news(after: int, now: datetime) -> None:
    """Mark deliveries older than a day as done: sample history is not news. In each batch, so that no relay sees it."""
    db.session.execute(
        update(Delivery)
        .where(Delivery.id > after, Delivery.done_at.is_(None), Delivery.created_at < now - DAY)
        .values(done_at=Delivery.created_at)
    )
