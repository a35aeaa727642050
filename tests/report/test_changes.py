"""What changed and where to look: only what is more than chance, whose it is, and each number with its rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from hotline.base.db import db
from hotline.base.time import Kind
from hotline.handle.alarms import Found, fire
from hotline.orders.vocabulary import Channel
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.report.changes import changes, growing
from hotline.report.charts import columns
from hotline.report.figures import Cell, Figure, compared, is_beyond_chance
from hotline.report.look import behind_the_city, look, places
from hotline.report.overview import Overview, overview
from hotline.report.papers.paper import Number, spoken, text
from hotline.report.queries import period_at
from tests import factories
from tests.report.rows import DAY, MONDAY, WEEK, clock, many

Signer = Callable[[str], FlaskClient]
AFTER = MONDAY + 9 * DAY  # the week after is running: a Wednesday


def handled(unit: str, week: datetime, met: int, missed: int) -> None:
    """So many clocks of a unit that were due in a week, in time and not."""
    for number, ended in ((met, week + DAY), (missed, week + 3 * DAY)):
        if number:
            many(clock(week + 2 * DAY, ended, unit=unit), number - 1)


def weeks(housing: tuple[int, int], water: tuple[int, int]) -> Overview:
    """A week in which two units did worse than in the one before, when all was done in time."""
    handled("housing", MONDAY - 7 * DAY, 50, 0)
    handled("water", MONDAY - 7 * DAY, 50, 0)
    handled("housing", MONDAY, *housing)
    handled("water", MONDAY, *water)
    return overview(WEEK, MONDAY + 8 * DAY)


def said(week: Overview) -> list[str]:
    return [text(one) for one in changes(week)]


def test_a_rate_that_fell_is_told_with_whose_it_is(session: None) -> None:
    week = weeks((20, 30), (48, 2))
    (rate, whose, *_) = changes(week)
    numbers = [one for part in (rate, whose) for one in spoken(part) if isinstance(one, Number)]
    assert [one.shown for one in numbers] == ["68.00%", "68", "100", "32.00", "20", "50"]
    assert "住房和城乡建设局" in text(whose)
    assert numbers[1].behind == {"measure": "on_time", "numerator": "true"}
    assert numbers[4].behind == {"measure": "on_time", "unit": "housing", "numerator": "true"}


def test_what_may_be_chance_is_not_told_as_a_change(session: None) -> None:
    week = weeks((48, 2), (50, 0))
    assert not any("98.00%" in one for one in said(week))
    assert said(week)[-1].startswith("按时办结率")


def test_chance_depends_on_how_many() -> None:
    def cell(now: tuple[int, int], before: tuple[int, int]) -> Cell:
        this, last = (Figure(hits, of, weighted=Decimal(hits)) for hits, of in (now, before))
        return compared(this, last, 30)

    assert is_beyond_chance(cell((60, 100), (90, 100)))
    assert not is_beyond_chance(cell((6, 10), (9, 10)))
    assert not is_beyond_chance(cell((6, 10), (0, 0)))


def test_what_grew_is_told_the_most_first() -> None:
    now, then = {"01": 40, "02": 30, "03": 5, "04": 4, "-": 90}, {"01": 30, "02": 10, "03": 0, "-": 1}
    assert growing(now, then) == ["02", "03"]


def test_a_running_week_is_held_against_as_many_days(session: None, now: datetime) -> None:
    for day in (0, 1, 2, 7, 8, 9, 9):
        factories.received(MONDAY + day * DAY + timedelta(hours=3), channel=Channel.WEB)
    week = overview(period_at(AFTER + timedelta(hours=4), Kind.WEEK), AFTER + timedelta(hours=4))
    received = changes(week)[0]
    assert text(received).count("2") == 2  # two days, two orders: what came in today is not held against a whole day
    assert next(one.behind for one in spoken(received) if isinstance(one, Number) and one.behind) == {
        "measure": "received",
        "first": "2026-11-16",
        "last": "2026-11-17",
    }


@pytest.mark.parametrize(("began", "told"), [(-8, False), (-5, True)])
def test_a_period_the_record_begins_within_is_no_measure(session: None, began: int, told: bool) -> None:  # noqa: FBT001 # parametrized
    factories.received(MONDAY + began * DAY)
    factories.received(MONDAY)
    said = changes(overview(WEEK, MONDAY + 8 * DAY))
    assert any("The record begins on" in one.message for one in said) == told


def test_where_to_look_names_each_unit_once_the_sure_ones_first(session: None) -> None:
    week = weeks((20, 30), (48, 2))
    assert [(one.line.code, one.name, one.surely) for one in behind_the_city(week)] == [("housing", "on_time", True)]
    handled("urban", MONDAY, 0, 1)
    found = behind_the_city(overview(WEEK, MONDAY + 8 * DAY))
    assert [(one.line.code, one.surely) for one in found] == [("housing", True), ("urban", False)]


def test_the_districts_stand_with_what_came_in(session: None, now: datetime) -> None:
    factories.received(now, district_code="d01")
    factories.received(now, district_code="d01")
    factories.received(now, district_code="d02")
    factories.received(now - 7 * DAY, district_code="d02")
    found = {one.code: one for one in places(overview(period_at(now, Kind.WEEK), now))}
    assert [(found[code].received, found[code].before, found[code].shade) for code in ("d01", "d02", "d03")] == [
        (2, 0, 4),
        (1, 1, 2),
        (0, 0, 0),
    ]


def test_a_unit_is_told_of_no_single_day(session: None, actor: Callable[[str], Actor], now: datetime) -> None:
    factories.dispatched(now)
    head = actor("unit_head")
    week = overview(period_at(now, Kind.WEEK), now, head.units)
    seen = look(week, head, now)
    assert (seen.days, seen.rates, seen.drawn, seen.topics) == ([], [], None, [])
    assert look(overview(period_at(now, Kind.WEEK), now), actor("manager"), now).days[1].received == 1


def test_a_place_that_stands_out_is_told(sign_in: Signer, now: datetime) -> None:
    factories.dispatched(now)
    found = Found(
        "topic/1",
        "2026-11-17",
        [factories.received(now).number],
        facts={"place": "锦绣花园", "district": "", "category": "", "count": 7},
    )
    fire(policies.policy_at(now).trigger("cluster"), [found], now)
    db.session.commit()
    page = sign_in("manager").get("/week").text
    assert "锦绣花园" in page.split("What changed")[1].split("</section>")[0]
    assert "What changed" in sign_in("unit_head").get("/week").text
    assert "锦绣花园" not in sign_in("unit_head").get("/week").text


def test_columns_stand_on_zero_and_a_day_to_come_has_none() -> None:
    drawn = columns([10, 0, None], [20, 5, 5], 90, 60)
    assert [(one.at, one.height) for one in drawn.columns] == [(0, 9.0), (1, 0.0)]
    assert {one.y + one.height for one in drawn.columns} == {drawn.foot}
    assert drawn.before == "15.0,18.0 45.0,31.5 75.0,31.5"
    assert drawn.peak == 0
    assert columns([], []).peak is None
