"""Every clock can be replayed from its log, and what was changed behind the log is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from hotline.base.db import db, forget_kept
from hotline.base.work import unit_of_work
from hotline.cli import cli
from hotline.orders.lifecycle import STEPS, Action, Step, permits
from hotline.orders.models import Order
from hotline.orders.open_steps import is_open, parts_open
from hotline.orders.operations import act
from hotline.orders.recompute import follow_calendar
from hotline.orders.verify import chain_differences, clock_differences, every_order
from hotline.orders.vocabulary import Ask, Urgency
from hotline.people.actors import CITIZEN, SYSTEM, Actor
from hotline.people.operations import create_user
from hotline.people.roles import Role
from hotline.policy.counting import TimeUnit
from hotline.policy.limits import Requester
from hotline.policy.models import CalendarVersion, PolicyVersion
from hotline.policy.operations import adopt_calendar, adopt_policy
from tests import factories
from tests.conftest import PASSWORD

UNITS = ("housing", "urban")
ACTORS = (
    *(Actor(role, role.value) for role in (Role.DISPATCHER, Role.SUPERVISOR, Role.AGENT, Role.CALLBACK)),
    Actor(Role.HANDLER, "经办人", units=frozenset(UNITS)),
    SYSTEM,
    CITIZEN,
)
SAID = {
    "reason": "理由",
    "note": "说明",
    "next_step": "会商",
    "public_reply": "答复",
    "result": "solved",
    "solved": True,
    "satisfaction": "satisfied",
    "master": "1",
    "other": "2",
    "service": "120",
    "exit": "litigation",
    "part": "assist",
    "part_unit": "urban",
    "task": "到现场查看",
    "how": "decided",
    "basis": "职责清单",
    "responsible": "housing",
    "supervision": "listed",
    "scope": "deadline",
    "ground": "system_fault",
    "attachments": [1],
    "appeal": 1,
    "agrees": True,
}
# Rows that only fit some orders, so that what a limit depends on matters.
ROWS = (
    {"clock": "dispatch", "amount": 1, "unit": "natural_hours", "requester": "enterprise"},
    {"clock": "sign", "amount": 3, "unit": "working_hours", "region": "d01"},
    {"clock": "handle", "amount": 7, "unit": "natural_days", "category": "06"},
    {"clock": "redo", "amount": 30, "unit": "working_hours", "category": "0601", "region": "d02"},
)


@st.composite
def said(draw: st.DrawFn) -> dict[str, Any]:
    """What may be said with a step, besides what it needs."""
    return {
        "unit": draw(st.sampled_from(UNITS)),
        "kind": draw(st.sampled_from(["extension", "extension", "supplement", "procedure", "promise"])),
        "amount": draw(st.integers(1, 9)),
        "extends": draw(st.sampled_from(list(TimeUnit))),
        "hours": draw(st.integers(1, 400)),
        "category": draw(st.sampled_from([None, "060101", "010101"])),
        "district": draw(st.sampled_from([None, "d01", "d02"])),
    }


def payload(step: Step, drawn: dict[str, Any], now: datetime) -> dict[str, Any]:
    given = {name: SAID[name] for name in step.needs if name in SAID}
    until = now + timedelta(hours=drawn["hours"])
    if "unit" in step.needs:
        given["unit"] = drawn["unit"]
    if step.action in {Action.DISPATCH, Action.AMEND}:
        given |= {name: drawn[name] for name in ("category", "district") if drawn[name]}
    if "kind" in step.needs:
        given["kind"] = drawn["kind"]
        given["time"] = {"start": now.isoformat(), "end": until.isoformat()}
        if drawn["kind"] == "extension":
            given["time"] = {"amount": drawn["amount"], "unit": drawn["extends"]}
    if "due" in step.needs:
        given["due"] = until.isoformat()
    if "person" in step.needs:
        given |= {"person": drawn["person"], "person_name": "王芳"}
    if "ask" in step.needs:
        given["ask"] = Ask.AGAIN.value
    return given


def newest(table: type[CalendarVersion | PolicyVersion]) -> Any:
    return db.session.scalars(select(table).order_by(table.id.desc())).first()


def change_calendar(now: datetime, day: int) -> None:
    calendar = newest(CalendarVersion)
    date = (now + timedelta(days=day)).date().isoformat()
    document = {**calendar.document, "city": [[date, "holiday" if day % 2 else "workday", "市庆"]]}
    adopt_calendar(document, calendar.zone, calendar.published_until, "test", now)
    follow_calendar(now)


@pytest.fixture
def many_rows(session: None, now: datetime) -> None:
    """A policy with rows of every kind."""
    document = newest(PolicyVersion).document
    rows = [{"basis": "试验", "evidence": "I", **row} for row in ROWS]
    adopt_policy({**document, "limits": [*document["limits"], *rows]}, now, now)


def checked(order: Order) -> list[str]:
    db.session.flush()
    db.session.expire_all()
    order = db.session.get_one(Order, order.id)
    return [str(found) for found in (*clock_differences(order), *chain_differences(order))]


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is gone afterwards: a calendar is followed by the orders of one example, not of all."""
    nested = db.session.begin_nested()
    try:
        yield
    finally:
        nested.rollback()
        forget_kept()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    enterprise=st.booleans(),
    urgency=st.sampled_from(Urgency),
    upstream=st.booleans(),
    walk=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 4000), said()), min_size=4, max_size=20),
)
def test_a_random_walk_replays(
    many_rows: None,
    now: datetime,
    walk: list[tuple[int, int, dict[str, Any]]],
    *,
    enterprise: bool,
    urgency: Urgency,
    upstream: bool,
) -> None:
    with undone():
        person = create_user("walker", "王芳", Role.HANDLER, PASSWORD, now, unit_code="housing").id
        order = factories.received(
            now,
            urgency=urgency,
            requester_kind=Requester.ENTERPRISE if enterprise else Requester.PERSON,
            upstream_due_at=now + timedelta(days=3) if upstream else None,
        )
        at = now
        for choice, minutes, drawn in walk:
            at += timedelta(minutes=minutes, microseconds=choice)
            steps = [
                (step, actor)
                for step in STEPS
                if order.state in step.sources
                for actor in ACTORS
                if permits(step, actor, order.lead_unit, parts_open(order)) and is_open(step.action, order, actor, at)
            ]
            if choice == 0 or not steps:
                change_calendar(at, drawn["amount"])
            else:
                step, actor = steps[choice % len(steps)]
                act(order, step.action, actor, at, **payload(step, {**drawn, "person": person}, at))
        change_calendar(at, 1)
        assert checked(order) == []


HANDLE = "UPDATE deadline SET {} WHERE order_id = :id AND clock = 'handle'"
TAMPERED = {
    "due_at": HANDLE.format("due_at = due_at + interval '1 hour'"),
    "original_due_at": HANDLE.format("original_due_at = original_due_at - interval '1 day'"),
    "provisional": HANDLE.format("provisional = NOT provisional"),
    "ended_at outcome": HANDLE.format("ended_at = NULL, outcome = NULL"),
    "outcome": HANDLE.format("outcome = 'dropped'"),
    "paused": HANDLE.format("""paused = '[["2026-11-17T02:00:00+00:00", "2026-11-18T02:00:00+00:00", "promise"]]'"""),
    "extended": HANDLE.format("""extended = '[[2, "working_days", "2026-11-17T02:00:00+00:00"]]'"""),
    "upstream_at": HANDLE.format("upstream_at = due_at"),
    "unit": HANDLE.format("unit = 'natural_days'"),
    "unit_code": HANDLE.format("unit_code = 'water'"),
    "row": HANDLE.format("row = 'handle[urgency=urgent]'"),
    "amount": HANDLE.format("amount = 50"),
    "round": HANDLE.format("round = 2"),
    "started_at": HANDLE.format("started_at = started_at - interval '1 second'"),
    "missing": "DELETE FROM deadline WHERE order_id = :id AND clock = 'contact'",
    "unlogged": """
        INSERT INTO deadline (order_id, clock, round, row, amount, unit, basis, calendar_id, started_at, due_at,
          original_due_at, provisional)
        SELECT order_id, 'redo', round, row, amount, unit, basis, calendar_id, started_at, due_at, original_due_at,
          provisional FROM deadline WHERE order_id = :id AND clock = 'handle'
        """,
    "state": "UPDATE work_order SET state = 'handling' WHERE id = :id",
    "supervision": "UPDATE work_order SET supervision = 'blue' WHERE id = :id",
    "urges": "UPDATE work_order SET urges = 3 WHERE id = :id",
    "version": "UPDATE work_order SET version = version + 1 WHERE id = :id",
}


def differences(order: Order) -> list[str]:
    db.session.flush()
    db.session.expire_all()
    return [found.field for found in clock_differences(db.session.get_one(Order, order.id))]


@pytest.mark.parametrize("fields", TAMPERED)
def test_what_was_changed_behind_the_log_is_named(session: None, now: datetime, fields: str) -> None:
    order = factories.replied(now)
    assert differences(order) == []
    db.session.execute(text(TAMPERED[fields]), {"id": order.id})
    assert sorted(differences(order)) == fields.split()


def test_a_missing_clock_shifts_no_other(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    for unit in ("urban", "housing"):
        act(order, Action.REQUEST_RETURN, ACTORS[4], now, reason="不属于")
        act(order, Action.REDISPATCH, factories.DISPATCHER, now, unit=unit, reason="同意")
    assert differences(order) == []
    db.session.execute(text("DELETE FROM deadline WHERE order_id = :id AND clock = 'dispatch'"), {"id": order.id})
    (found,) = clock_differences(db.session.get_one(Order, order.id, populate_existing=True)) or [None]
    assert found is not None
    assert (found.clock, found.round, found.field) == ("dispatch", 1, "missing")


def test_every_order_is_checked(session: None, now: datetime) -> None:
    made: list[Callable[[datetime], Order]] = [factories.received, factories.closed, factories.replied]
    numbers = {make(now).number for make in made}
    found = {order.number: (clock_differences(order), chain_differences(order)) for order in every_order()}
    assert {number: found[number] for number in numbers} == {number: ([], []) for number in numbers}


def run(app: Flask, what: str) -> Result:
    return CliRunner().invoke(cli, ["verify", what], obj=lambda: app)


def test_the_command_tells_each_difference(app: Flask, committed: None, now: datetime) -> None:
    with app.app_context(), unit_of_work():
        order = factories.closed(now)
        number, key = order.number, {"id": order.id}
    for what in ("clocks", "chain"):
        result = run(app, what)
        assert (result.exit_code, result.stdout) == (0, "1 orders, 5 clocks, 0 differences\n")
    with app.app_context(), unit_of_work():
        db.session.execute(text(TAMPERED["amount"]), key)
        db.session.execute(text("UPDATE work_order SET head = 'x' WHERE id = :id"), key)
    result = run(app, "clocks")
    assert result.exit_code == 1
    assert result.stdout == (
        f"{number} handle (round 1) amount: stored 50.0, by the log 5\n1 orders, 5 clocks, 1 differences\n"
    )
    result = run(app, "chain")
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{number} event: stored 7, by the log an unbroken chain\n")
