"""The board on the wall: the numbers of the week's page, nothing about a person, put together once for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import event

from hotline.base.db import db
from hotline.base.paging import page_of
from hotline.base.time import Kind
from hotline.calls.models import CallOutcome
from hotline.handle import operations as handle
from hotline.orders.vocabulary import Result, Urgency
from hotline.report import wall as walls
from hotline.report.inflow import overdue_rows
from hotline.report.overview import overview
from hotline.report.queries import period_at
from tests import factories
from tests.factories import HANDLER
from tests.report.rows import call_values, calls

Signer = Callable[[str], FlaskClient]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    walls.forget()
    yield
    walls.forget()


@pytest.fixture
def city(session: None, now: datetime) -> datetime:
    """Some days of a city; return an hour of its last."""
    factories.handling(now - 20 * DAY, title="早就超期")
    factories.closed(now - 3 * HOUR)
    factories.dispatched(now - 2 * HOUR, urgency=Urgency.URGENT)
    factories.replied(now - 2 * DAY)
    factories.received(now - 7 * DAY + 2 * HOUR)
    factories.dispatched(now - HOUR, title="机密内容", secret=True, requester_name="赵举报")
    calls([call_values(now - HOUR), call_values(now - timedelta(seconds=30), CallOutcome.QUEUED)])
    return now


def test_every_number_is_the_one_of_the_report(city: datetime) -> None:
    board = walls.compose(city)
    day = overview(period_at(city, Kind.DAY), city)
    week = overview(period_at(city, Kind.WEEK), board.week_at)
    assert board.calls == day.city["connection"].figure
    assert board.calls.not_due == 1
    assert board.orders["received"] == day.inflow.total == 3
    assert board.orders["dispatched"] == day.dispatched.total == 3
    assert board.orders["redo"] == 1
    assert board.on_time == week.city["on_time"].figure
    assert board.overdue == page_of(overdue_rows(board.today, city)).total == 1
    assert board.urgent == 1


def test_the_numbers_open_exactly_their_rows(sign_in: Signer, city: datetime) -> None:
    db.session.commit()
    client = sign_in("manager")
    page = client.get("/wall").text
    for measure, count in {
        "received": "3 orders",
        "dispatched": "3 orders",
        "redo": "1 order",
        "open_overdue": "1 order",
    }.items():
        address = next(part for part in page.split('href="') if f"measure={measure}" in part).split('"')[0]
        assert count in client.get(address.replace("&amp;", "&")).text


def test_nothing_on_it_is_about_a_person(sign_in: Signer, city: datetime) -> None:
    db.session.commit()
    page = sign_in("manager").get("/wall").text
    for told in ("机密", "赵举报", "早就超期", "一件事", "王女士", "139", "20261117"):
        assert told not in page
    assert page.count("Housing") >= 1


def test_the_hours_stand_beside_the_same_day_a_week_before(city: datetime) -> None:
    hours = walls.compose(city).hours
    assert [hour.hour for hour in hours] == list(range(24))
    assert {hour.hour: hour.now for hour in hours if hour.now} == {7: 1, 8: 1, 9: 1}
    assert hours[11].now is None  # has not come
    assert {hour.hour for hour in hours if hour.week_before} == {12}


def test_ten_walls_cost_one(sign_in: Signer, city: datetime) -> None:
    db.session.commit()
    client = sign_in("manager")
    client.get("/wall")
    asked: list[str] = []
    listen = ("before_cursor_execute", lambda *given: asked.append(given[2]))
    event.listen(db.engine, *listen)
    try:
        for _ in range(10):
            assert client.get("/wall?part=numbers").status_code == 200
    finally:
        event.remove(db.engine, *listen)
    assert not [statement for statement in asked if "work_order" in statement or "deadline" in statement]
    with time_machine.travel(city + walls.KEPT, tick=False):
        assert walls.wall(city + walls.KEPT).at == city + walls.KEPT


def test_who_may_see_it(sign_in: Signer, now: datetime) -> None:
    for login, status in {"manager": 200, "supervisor": 200, "unit_head": 403, "agent": 403}.items():
        assert sign_in(login).get("/wall").status_code == status


def test_a_quiet_day_is_a_day(sign_in: Signer, now: datetime) -> None:
    page = sign_in("manager").get("/wall").text
    assert "Nothing yet." in page
    assert "No topic is hot." in page


def test_what_is_answered_late_is_no_longer_overdue(city: datetime) -> None:
    late = factories.handling(city - 30 * DAY)
    assert walls.compose(city).overdue == 2
    handle.reply(late, HANDLER, city, result=Result.SOLVED, public_reply="已经处理完毕。")
    assert walls.compose(city).overdue == 1
