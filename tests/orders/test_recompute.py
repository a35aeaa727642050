"""Open deadlines follow the calendar, and nobody's change is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, text

from hotline.base.db import db
from hotline.base.i18n import speaking
from hotline.base.work import unit_of_work
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, DeadlineMove, Order
from hotline.orders.operations import act
from hotline.orders.recompute import Move, follow_calendar, moves, moves_of, moves_of_order
from hotline.orders.verify import clock_differences
from hotline.people.actors import SYSTEM, Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.counting import Counting
from hotline.policy.limits import Clock
from hotline.policy.models import CalendarVersion
from hotline.policy.operations import adopt_calendar, adopt_policy
from tests import factories

ZONE = ZoneInfo("Asia/Shanghai")
SUPERVISOR = Actor(Role.SUPERVISOR, "督办")


def city(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZONE).astimezone(UTC)


def adopt(now: datetime, until: date | None = None, **changed: Any) -> CalendarVersion:
    newest = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())).first()
    assert newest is not None
    return adopt_calendar({**newest.document, **changed}, newest.zone, until or newest.published_until, "test", now)


def clock(order: Order, wanted: Clock = Clock.HANDLE) -> Deadline:
    return next(row for row in order.deadlines if row.clock is wanted)


def of(order: Order, moved: list[Move]) -> list[Move]:
    return [move for move in moved if move.number == order.number]


def differences(order: Order) -> list[str]:
    db.session.flush()
    db.session.expire_all()
    return [found.field for found in clock_differences(db.session.get_one(Order, order.id))]


def test_a_new_day_off_moves_what_is_open_and_says_why(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    assert clock(order).due_at == city("2026-11-24 17:30")
    signed_by = clock(order, Clock.SIGN).due_at
    adopt(now, city=[["2026-11-20", "holiday", "市庆"]])
    assert differences(order) == ["calendar_id", "calendar_id"]  # to sign, and to handle
    moves = follow_calendar(now)
    (move,) = [one for one in moves if one.number == order.number]
    assert (move.clock, move.before, move.after) == (
        Clock.HANDLE,
        city("2026-11-24 17:30"),
        city("2026-11-25 17:30"),
    )
    assert "2026-11-20" in move.why
    assert "市庆" in move.why
    db.session.expire_all()
    assert clock(order).due_at == clock(order).original_due_at == city("2026-11-25 17:30")
    assert clock(order, Clock.SIGN).due_at == signed_by
    assert db.session.scalars(select(DeadlineMove.after).filter_by(deadline_id=clock(order).id)).one() == move.after
    assert follow_calendar(now) == []
    assert differences(order) == []


def test_changed_hours_move_the_close(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    adopt(now, hours=[{"since": "", "spans": [["08:30", "12:00"], ["14:00", "18:00"]]}])
    moves = [one for one in follow_calendar(now) if one.clock is Clock.HANDLE and one.number == order.number]
    assert [(one.after, one.why) for one in moves] == [(city("2026-11-24 18:00"), "工作时间已调整")]


def test_the_next_year_settles_what_was_provisional(session: None) -> None:
    start = city("2026-12-30 10:00")
    order = factories.dispatched(start)
    assert clock(order).provisional
    assert clock(order).due_at == city("2027-01-06 17:30")
    newest = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())).first()
    assert newest is not None
    adopt(start, date(2027, 12, 31), days=[*newest.document["days"], ["2027-01-01", "holiday", "元旦"]])
    follow_calendar(start)
    db.session.expire_all()
    assert not clock(order).provisional
    assert clock(order).due_at == city("2027-01-07 17:30")


@pytest.mark.parametrize("counting", [Counting(*flags) for flags in product((True, False), repeat=3)], ids=str)
def test_a_calendar_that_says_the_same_moves_nothing_however_days_are_counted(
    session: None, now: datetime, counting: Counting
) -> None:
    document = policies.policy_versions()[0].document
    days = {"clock": "contact", "amount": 3, "unit": "natural_days", "basis": "三天", "evidence": "I"}
    limits = [days, *(row for row in document["limits"] if row["clock"] != "contact")]
    counted = {**asdict(counting), "evidence": "I"}
    adopt_policy({**document, "counting": counted, "limits": limits}, now, now)
    starts = [now + timedelta(hours=hours) for hours in (0, 1, 7, 8, 14, 31, 100)]  # also after work, and at weekends
    orders = [factories.dispatched(start) for start in starts]
    adopt(starts[-1], city=[["2026-12-20", "holiday", "一个周日"]])
    assert follow_calendar(starts[-1]) == []
    assert [differences(order) for order in orders] == [[]] * len(orders)


def test_what_has_ended_stays_as_it_was_judged(session: None, now: datetime) -> None:
    order = factories.replied(now)
    before = clock(order).due_at, clock(order).calendar_id
    adopt(now, city=[["2026-11-18", "holiday", "市庆"]])
    follow_calendar(now)
    db.session.expire_all()
    assert (clock(order).due_at, clock(order).calendar_id) == before
    assert differences(order) == []


def test_extensions_pauses_and_upstream_deadlines_are_kept(session: None, now: datetime) -> None:
    order = factories.handling(now)
    time = {"amount": 2, "unit": "working_days"}
    asks = {"reason": "复杂", "next_step": "会商"}
    act(order, Action.REQUEST_TIME, factories.HANDLER, now, kind="extension", time=time, **asks)
    act(order, Action.GRANT_TIME, SYSTEM, now, kind="extension", time=time)
    assert clock(order).due_at == city("2026-11-26 17:30")
    assert clock(order).original_due_at == city("2026-11-24 17:30")
    asked = now + timedelta(hours=1)
    pause = {"start": asked.isoformat(), "end": city("2026-11-18 11:00").isoformat()}
    act(order, Action.REQUEST_TIME, factories.HANDLER, asked, kind="supplement", time=pause, **asks)
    act(order, Action.GRANT_TIME, SUPERVISOR, asked, kind="supplement", time=pause)
    assert clock(order).due_at == city("2026-11-27 17:30")
    other = factories.handling(now)
    due = city("2026-11-19 12:00")
    act(other, Action.SET_UPSTREAM, factories.DISPATCHER, now, due=due.isoformat(), reason="省平台")
    adopt(now, city=[["2026-11-20", "holiday", "市庆"]])
    follow_calendar(now)
    db.session.expire_all()
    assert clock(order).due_at == city("2026-11-30 17:30")
    assert clock(order).original_due_at == city("2026-11-26 17:30")
    assert clock(other).due_at == clock(other).original_due_at == due
    act(order, Action.RESUME, factories.HANDLER, city("2026-11-18 09:00"), reason="材料已齐")
    db.session.flush()
    assert clock(order).due_at == city("2026-11-30 15:30")
    assert differences(order) == differences(other) == []


def test_a_holiday_withdrawn_and_a_make_up_day_bring_it_nearer(session: None, now: datetime) -> None:
    holiday, made_up = ["2026-11-20", "holiday", "市庆"], ["2026-11-21", "workday", "调休"]
    adopt(now, city=[holiday])
    order = factories.dispatched(now)
    adopt(now, city=[])
    (withdrawn,) = of(order, follow_calendar(now))
    assert (withdrawn.before, withdrawn.after) == (city("2026-11-25 17:30"), city("2026-11-24 17:30"))
    assert withdrawn.why == "2026-11-20改为工作日（市庆）"
    adopt(now, city=[made_up])
    (nearer,) = of(order, follow_calendar(now))
    assert (nearer.before, nearer.after) == (city("2026-11-24 17:30"), city("2026-11-23 17:30"))
    assert nearer.why == "2026-11-21改为工作日（调休）"
    assert moves(clock(order)) == moves_of_order(order) == [withdrawn, nearer]
    assert moves_of(nearer.to_calendar) == [nearer]
    with speaking("en"):
        assert nearer.said == (
            "Moved from 2026-11-24 17:30 (Tue) to 2026-11-23 17:30 (Mon) on 2026-11-17: "
            "2026-11-21 is a working day now (make-up)."
        )


def test_working_hours_move_and_natural_hours_do_not(session: None, now: datetime) -> None:
    order = factories.dispatched(city("2026-11-17 16:30"))
    before = clock(order, Clock.CONTACT).due_at, clock(order, Clock.CONTACT).calendar_id
    adopt(now, city=[["2026-11-18", "holiday", "市庆"]])
    moved = {move.clock: move.after for move in of(order, follow_calendar(now))}
    assert moved == {Clock.SIGN: city("2026-11-19 12:00"), Clock.HANDLE: city("2026-11-25 17:30")}
    assert (clock(order, Clock.CONTACT).due_at, clock(order, Clock.CONTACT).calendar_id) == before
    assert differences(order) == []


def test_a_calendar_published_further_says_so(session: None) -> None:
    start = city("2026-12-30 10:00")
    order = factories.dispatched(start)
    newest = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())).first()
    assert newest is not None
    adopt(start, date(2027, 12, 31), days=[*newest.document["days"], ["2027-01-01", "holiday", "元旦"]])
    (move,) = [one for one in of(order, follow_calendar(start)) if one.clock is Clock.HANDLE]
    with speaking("en"):
        assert move.why == ("2027-01-01 is a day off now (New Year); holidays are published until 2027-12-31 now")


@pytest.fixture
def calendars(app: Flask, committed: None) -> Iterator[None]:
    """For tests that commit calendars: they are gone afterwards."""
    with app.app_context():
        kept = policies.calendar_id()
    yield
    with app.app_context(), unit_of_work():
        db.session.execute(text("SET LOCAL session_replication_role = replica"))
        db.session.execute(text("DELETE FROM deadline_move"))
        db.session.execute(text("DELETE FROM calendar_version WHERE id > :kept"), {"kept": kept})


def follow_elsewhere(app: Flask, now: datetime) -> list[Move]:
    """Another process follows the calendar, and must not wait."""
    with app.app_context(), unit_of_work():
        db.session.execute(text("SET LOCAL lock_timeout = '1s'"))
        return follow_calendar(now)


def holiday_elsewhere(app: Flask, now: datetime) -> None:
    with app.app_context(), unit_of_work():
        adopt(now, city=[["2026-11-20", "holiday", "市庆"]])


def extend(order: Order, now: datetime) -> None:
    time = {"amount": 2, "unit": "working_days"}
    act(order, Action.REQUEST_TIME, factories.HANDLER, now, kind="extension", time=time, reason="难", next_step="会商")
    act(order, Action.GRANT_TIME, SYSTEM, now, kind="extension", time=time)


def test_a_deadline_somebody_is_changing_is_left_for_the_next_run(app: Flask, calendars: None, now: datetime) -> None:
    with app.app_context():
        with unit_of_work():
            order, other = factories.handling(now), factories.handling(now)
        with unit_of_work():
            extend(order, now)
            holiday_elsewhere(app, now)
            assert {move.number for move in follow_elsewhere(app, now)} == {other.number}
        (move,) = follow_elsewhere(app, now)
        assert (move.number, move.before, move.after) == (
            order.number,
            city("2026-11-26 17:30"),
            city("2026-11-27 17:30"),
        )
        assert differences(order) == differences(other) == []


def test_what_was_read_before_the_calendar_changed_is_mended(app: Flask, calendars: None, now: datetime) -> None:
    with app.app_context():
        with unit_of_work():
            order = factories.handling(now)
        with unit_of_work():
            # Read here, by the calendar of then; followed elsewhere before it is changed here.
            assert clock(order).calendar_id == policies.calendar_id()
            holiday_elsewhere(app, now)
            assert len(follow_elsewhere(app, now)) == 1
            extend(order, now)
        assert differences(order) == ["calendar_id"]
        (move,) = follow_elsewhere(app, now)
        assert (move.before, move.after) == (city("2026-11-26 17:30"), city("2026-11-27 17:30"))
        assert differences(order) == []
