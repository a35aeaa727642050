"""The ledgers of the sample: sessions, programmes, a campaign and a meeting over orders the city has had."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.time import DAY
from hotline.ledgers import operations as keep
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.sheets import produce_sheets
from hotline.ledgers.vocabulary import Kind
from hotline.orders.lifecycle import ENDED_STATES
from hotline.orders.models import Order
from hotline.people.roles import Role
from hotline.sample.town import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from random import Random

    from hotline.ledgers.models import Ledger, LedgerItem
    from hotline.people.actors import Actor
    from hotline.sample.cast import Cast
    from hotline.sample.town import Town

HOUR = timedelta(hours=1)
Step = tuple["datetime", "Callable[[datetime], object]"]


def keep_ledgers(town: Town, cast: Cast, rng: Random, *, now: datetime, weeks: int) -> None:
    """Open the ledgers of the sample, fill them, and strike off what is settled."""
    said = tomllib.loads((FOLDER / "ledgers.toml").read_text(encoding="utf-8"))
    for planned in sorted(said["ledgers"], key=lambda one: -one["held"]):
        keeper = cast.member(Role.SUPERVISOR, town.phrases, "supervisors")
        _Way(planned, said["words"], keeper, rng, now, opened=now - planned["held"] * weeks * 7 * DAY).run()
    produce_sheets(now)


class _Way:
    """A ledger on its way from its opening to now."""

    def __init__(
        self,
        planned: dict[str, Any],
        words: dict[str, list[str]],
        keeper: Actor,
        rng: Random,
        now: datetime,
        *,
        opened: datetime,
    ) -> None:
        self.planned, self.words, self.keeper, self.rng = planned, words, keeper, rng
        self.now, self.opened = now, opened
        self.ledger = self._open()
        self.items: dict[int, LedgerItem] = {}

    def run(self) -> None:
        """Do everything in its turn."""
        steps: list[Step] = []
        for order in self._orders():
            steps += self._steps(order)
        for at, do in sorted(steps, key=lambda step: step[0]):
            do(at)

    def _open(self) -> Ledger:
        planned = self.planned
        given = {
            name: planned[name] for name in ("title", "host", "series", "issue", "announced", "note") if name in planned
        }
        ledger = keep.open_ledger(
            self.keeper,
            self.opened,
            kind=Kind(planned["kind"]),
            held_on=self.opened.date(),
            due_on=self._day(planned.get("days")),
            cadence=Cadence(planned.get("cadence", "none")),
            **given,
        )
        for one in planned.get("promises", ()):
            promised = {"matter": one["matter"], "promise": one["promise"], "due_on": self._day(one["days"])}
            keep.add_item(ledger, self.keeper, self.opened, **promised)
        return ledger

    def _day(self, days: int | None) -> date | None:
        return None if days is None else (self.opened + days * DAY).date()

    def _orders(self) -> list[Order]:
        came = select(Order).where(Order.received_at >= self.opened - DAY, Order.received_at < self.now - HOUR)
        found, wanted = list(db.session.scalars(came.order_by(Order.received_at, Order.id))), self.planned["orders"]
        return found[-1 :: -max(1, len(found) // wanted)][:wanted] if self.planned.get("spread") else found[:wanted]

    def _steps(self, order: Order) -> list[Step]:
        """When an order is put into the ledger and struck off, as far as that is past."""

        def add(at: datetime) -> None:
            self.items[order.id] = keep.add_item(self.ledger, self.keeper, at, order=order.number)

        def strike_off(at: datetime) -> None:
            note = self.rng.choice(self.words["achieved"])
            keep.strike_off(self.items[order.id], self.keeper, at, note=note)

        added = max(self.opened, order.received_at) + HOUR / 2
        steps: list[Step] = [(added, add)]
        ended = max(added, order.events[-1].at)
        struck = ended + self.rng.uniform(1, 30) * HOUR
        if order.state in ENDED_STATES and struck < self.now and self.rng.random() < self.planned["struck"]:
            steps.append((struck, strike_off))
        return steps
