"""What happens to a ledger at the same moment happens one after the other."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.work import unit_of_work
from hotline.ledgers import operations as keep
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.models import Ledger, LedgerItem, LedgerSheet
from hotline.ledgers.queries import get_item, get_ledger
from hotline.ledgers.sheets import produce_sheets
from tests import factories
from tests.conftest import NOW
from tests.ledgers.making import SUPERVISOR, ended, item, ledger

AT_ONCE = 5
LATER = NOW + timedelta(hours=5)


def at_once(app: Flask, do: Callable[[int], Any]) -> Counter[str]:
    """Do something several times at the same moment, each in a transaction of its own; how often it went how."""
    outcomes: Counter[str] = Counter()
    start = threading.Barrier(AT_ONCE)

    def one(turn: int) -> None:
        with app.app_context():
            start.wait(timeout=30)
            try:
                with unit_of_work():
                    do(turn)
                outcomes["done"] += 1
            except Conflict as refused:
                outcomes[type(refused).__name__] += 1
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=(turn,)) for turn in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def made(app: Flask, **given: Any) -> str:
    """A ledger others can see, with one item that may be struck off; its code."""
    with app.app_context():
        with unit_of_work():
            book = ledger(NOW, **given)
            item(book, NOW, ended(NOW))
            code = book.code
        db.session.remove()
    return code


def test_items_are_numbered_without_gaps(app: Flask, committed: None) -> None:
    code = made(app)
    assert at_once(app, lambda turn: item(get_ledger(code), NOW, matter=f"第{turn}件")) == {"done": AT_ONCE}
    with app.app_context():
        positions = db.session.scalars(select(LedgerItem.position).join(Ledger).filter_by(code=code)).all()
        db.session.remove()
    assert sorted(positions) == list(range(1, AT_ONCE + 2))


def test_an_item_is_struck_off_and_made_an_order_once(app: Flask, committed: None) -> None:
    code = made(app)
    outcomes = at_once(app, lambda _: keep.strike_off(get_item(code, 1), SUPERVISOR, LATER, note="已解决。"))
    assert outcomes == {"done": 1, "Conflict": AT_ONCE - 1}
    with app.app_context(), unit_of_work():
        item(get_ledger(code), NOW)
    taken = at_once(
        app, lambda _: keep.take_in(get_item(code, 2), factories.DISPATCHER, NOW, intake=factories.intake())
    )
    assert taken == {"done": 1, "Conflict": AT_ONCE - 1}


def test_ledgers_opened_at_once_have_numbers_of_their_own(app: Flask, committed: None) -> None:
    assert at_once(app, lambda _: ledger(NOW)) == {"done": AT_ONCE}
    with app.app_context():
        assert db.session.scalar(select(func.count(Ledger.code.distinct()))) == AT_ONCE
        db.session.remove()


def test_two_workers_make_a_sheet_once(app: Flask, committed: None) -> None:
    made(app, cadence=Cadence.WEEKLY)
    assert at_once(app, lambda _: produce_sheets(NOW + timedelta(days=14))) == {"done": AT_ONCE}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LedgerSheet)) == 2
        db.session.remove()
