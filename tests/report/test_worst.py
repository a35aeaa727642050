"""The worst overdue, read without the others: the first of the list behind them, and as many as it has."""

from __future__ import annotations

import random

import pytest

from hotline.base.paging import page_of
from hotline.base.time import DAY, Kind
from hotline.report.inflow import overdue_rows, worst_overdue
from hotline.report.queries import period_at
from tests.conftest import NOW
from tests.report.rows import clock

FEW = 3


@pytest.mark.parametrize("units", [None, frozenset({"d01"}), frozenset({"nowhere"})])
@pytest.mark.parametrize("back", [0, 3])
def test_the_worst_are_the_first_of_their_list(session: None, units: frozenset[str] | None, back: int) -> None:
    dice = random.Random(7)
    for _ in range(30):
        due = NOW - dice.randint(-2, 12) * DAY
        clock(due, dice.choice([None, due - DAY, due + DAY, NOW - DAY]), unit=dice.choice(["d01", "housing"]))
    cutoff = NOW - back * DAY
    period = period_at(cutoff, Kind.WEEK)
    listed = page_of(overdue_rows(period, cutoff, units))
    worst = worst_overdue(period, cutoff, FEW, units)
    assert worst.rows == listed.rows[:FEW]
    assert worst.total == listed.total
    assert bool(listed.total > FEW) == (units != frozenset({"nowhere"}))
