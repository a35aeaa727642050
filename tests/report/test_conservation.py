"""The checks of the rollup: what differs is told with its day, unit and measure."""

from __future__ import annotations

import random
from datetime import date

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete, update

from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.cli import cli
from hotline.report.rollup.conservation import verify_measures
from hotline.report.rollup.models import DailyFigure, RollupTouch
from hotline.report.rollup.rolling import roll_up
from tests import factories
from tests.report.rows import DAY, at, call_values, calls, clock, order
from tests.report.test_rollup import NOW

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
def rolled(session: None) -> None:
    """A rolled-up month."""
    dice = random.Random(11)
    for day in range(3, 20):
        clock(at(day), dice.choice([None, at(day), at(day + 1)]), unit=dice.choice(["d01", "housing"]))
    calls([call_values(at(day)) for day in range(3, 20)])
    clock(at(11), unit="d01")
    clock(at(11), unit="housing")
    roll_up(NOW)


def found() -> list[str]:
    return [str(one) for one in verify_measures(FIRST, LAST)]


def test_a_rollup_agrees_with_its_rows(rolled: None) -> None:
    assert found() == []


def test_a_changed_number_is_told_with_day_unit_and_measure(rolled: None) -> None:
    of_unit = (DailyFigure.measure == "on_time", DailyFigure.key == "d01", DailyFigure.day == date(2026, 11, 11))
    db.session.execute(update(DailyFigure).where(*of_unit).values(denominator=DailyFigure.denominator + 1))
    told = found()
    for said in ("2026-11-11 unit d01 on_time: ", "2026-11-11 unit  on_time: "):
        assert sum(one.startswith(said) for one in told) == 1


def test_a_day_that_was_lost_is_told(rolled: None) -> None:
    db.session.execute(delete(DailyFigure).where(DailyFigure.measure == "on_time", DailyFigure.by == "channel"))
    assert {one.split(" ")[1] for one in found()} == {"channel"}


def test_an_order_without_a_fate_is_told(rolled: None) -> None:
    lost = order("d01", at(11))
    roll_up(NOW)
    assert f"2026-11-11 unit d01 dispatched: order {lost.number}, counted 0 times" in found()


def test_before_the_first_rollup_there_is_nothing_to_check(session: None) -> None:
    assert found() == []


def test_the_command_tells_each_mismatch(app: Flask, committed: None) -> None:
    def verify() -> Result:
        return CliRunner().invoke(cli, ["verify", "measures", "--days", "3", "--at-once", "3"], obj=lambda: app)

    with app.app_context(), unit_of_work():
        factories.closed(utc_now() - DAY)
    result = verify()
    assert (result.exit_code, result.stdout.partition(", ")[2]) == (0, "0 mismatches\n")
    with app.app_context(), unit_of_work():
        db.session.execute(update(DailyFigure).where(DailyFigure.measure == "received").values(numerator=7))
        db.session.execute(delete(RollupTouch))  # else the days of the order are counted anew, and right, before
    result = verify()
    assert result.exit_code == 1
    assert " received: 7/1/0/0/1/0, counted 1/1/0/0/1/0\n" in result.stdout
