"""A complaint becomes one order, whatever happens at the same moment."""

from __future__ import annotations

import threading
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, text

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.work import unit_of_work
from hotline.orders.models import Order, order_numbers
from hotline.orders.operations import NUMBERS_A_DAY
from hotline.people.actors import CITIZEN
from hotline.receive.operations import receive_complaint
from hotline.receive.schemas import TITLE_FROM_TEXT, title_of
from tests import factories
from tests.conftest import NOW

AT_ONCE = 6
LONG = "锦绣花园小区三号楼一单元的电梯坏了三天"  # 19 letters


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("路灯不亮。", "路灯不亮。"),
        (f"{LONG}，物业一直没有人来修也没有说法", LONG),
        (f"急！{LONG}{LONG}", f"急！{LONG}{LONG}"[:TITLE_FROM_TEXT] + "…"),
        (f"{LONG} 共收了1,000元，没有发票。", f"{LONG} 共收了1,000元"),
        ("字" * TITLE_FROM_TEXT + "。还有", "字" * TITLE_FROM_TEXT),
    ],
)
def test_a_title_made_of_the_text_ends_where_the_text_pauses(text: str, title: str) -> None:
    assert title_of("", text) == title
    assert title_of("别的", text) == "别的"


def test_the_same_external_id_at_the_same_moment_is_one_order_and_conflicts(app: Flask, committed: None) -> None:
    outcomes: list[str] = []
    start = threading.Barrier(AT_ONCE)

    def receive() -> None:
        with app.app_context():
            start.wait(timeout=30)
            try:
                with unit_of_work():
                    outcomes.append(
                        receive_complaint(factories.intake(source="province", external_id="S-9"), CITIZEN, NOW).number
                    )
            except Conflict as known:
                outcomes.append(known.message)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=receive) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        (number,) = db.session.scalars(select(Order.number).filter_by(source="province", external_id="S-9"))
        db.session.remove()
    assert len(outcomes) == AT_ONCE
    assert outcomes.count(number) == 1
    assert sum(number in outcome and number != outcome for outcome in outcomes) == AT_ONCE - 1


def test_a_number_that_is_taken_is_passed_over(session: None, now: datetime) -> None:
    taken = [factories.received(now).number for _ in range(2)]
    # As far as the sequence goes in one round: the next serials are those of the two orders again.
    next_serial = select(func.nextval(order_numbers.name))
    behind = int(db.session.scalar(next_serial) or 0) + NUMBERS_A_DAY - 3
    db.session.execute(text("SELECT setval('order_number', :serial)"), {"serial": behind})
    number = factories.received(now).number
    assert number not in taken
    assert len(number) == len(taken[0]) == 14
