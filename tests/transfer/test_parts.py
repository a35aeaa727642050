"""Units beside the lead: each with its part, its clock and its say; what is handed down ends no later than the whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed
from hotline.handle import operations as handle
from hotline.orders.lifecycle import Action
from hotline.orders.models import Deadline, Order
from hotline.orders.open_steps import open_steps
from hotline.orders.sheet import steps
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Part, Result
from hotline.people.actors import Actor
from hotline.people.queries import units_under
from hotline.people.roles import Role
from hotline.policy.limits import Clock
from hotline.shell import when
from hotline.transfer import operations as transfer
from hotline.transfer.parts import assign_part, finish_part
from tests import factories
from tests.factories import DISPATCHER, HANDLER, fresh, saved

SignIn = Callable[[str], FlaskClient]
URBAN = Actor(Role.HANDLER, "协办人", units=frozenset({"urban"}))
WATER = Actor(Role.HANDLER, "抄送人", units=frozenset({"water"}))


def with_parts(now: datetime) -> Order:
    order = factories.received(now)
    transfer.dispatch(order, "housing", DISPATCHER, now, category="060101", assist=["urban"], copy=["water", "housing"])
    return order


def parts(order: Order) -> dict[str | None, Deadline]:
    return {row.unit_code: row for row in order.deadlines if row.clock in {Clock.ASSIST, Clock.READ}}


def district() -> tuple[Actor, str]:
    """Somebody of a district, and a unit below it."""
    code = "d01"
    below = sorted(units_under(code) - {code})
    return Actor(Role.HANDLER, "区经办", units=units_under(code)), below[0]


def test_each_unit_beside_the_lead_has_a_clock_of_its_own(session: None, now: datetime) -> None:
    order = with_parts(now)
    clocks = parts(order)
    assert {unit: row.clock for unit, row in clocks.items()} == {"urban": Clock.ASSIST, "water": Clock.READ}
    finish_part(order, URBAN, now + timedelta(hours=2), note="已协助核查")
    assert clocks["urban"].outcome == "met"
    assert clocks["water"].ended_at is None
    handle.sign(order, HANDLER, now)
    handle.reply(order, HANDLER, now + timedelta(hours=3), result=Result.SOLVED, public_reply="已处理完毕。")
    assert clocks["water"].outcome == "dropped"
    assert clock_differences(fresh(order)) == []


def test_a_unit_hands_in_its_own_part_only_and_once(session: None, now: datetime) -> None:
    order = with_parts(now)
    with pytest.raises(NotAllowed):
        finish_part(order, HANDLER, now, note="主办不代办")
    with pytest.raises(Invalid, match="part_unit"):
        finish_part(order, URBAN, now, note="别人的", part_unit="water")
    finish_part(order, URBAN, now, note="已协助核查")
    with pytest.raises(NotAllowed):
        finish_part(order, URBAN, now, note="再来一次")
    assert Action.SIGN not in {step.action for step in open_steps(order, URBAN, now)}
    assert {step.action for step in open_steps(order, WATER, now)} == {Action.FINISH_PART}


def test_another_choice_of_units_ends_the_parts_of_those_left_out(session: None, now: datetime) -> None:
    order = with_parts(now)
    before = parts(order)
    transfer.request_return(order, HANDLER, now, reason="不归我们")
    transfer.redispatch(order, "market", DISPATCHER, now, reason="同意", assist=["urban"], copy=["transport"])
    after = parts(order)
    assert after["urban"] is before["urban"]
    assert before["urban"].ended_at is None
    assert before["water"].outcome == "dropped"
    assert after["transport"].clock is Clock.READ
    assert clock_differences(fresh(order)) == []


def test_what_is_handed_down_stays_in_the_tree_and_within_the_whole(session: None, now: datetime) -> None:
    actor, street = district()
    order = factories.dispatched(now, unit="d01")
    whole = next(row for row in order.deadlines if row.clock is Clock.HANDLE)
    given = {"part_unit": street, "task": "现场核查", "due": whole.due_at}
    refused: list[tuple[str, dict[str, object]]] = [
        ("part_unit", given | {"part_unit": "water"}),
        ("part_unit", given | {"part_unit": "d01"}),
        ("part_unit", given | {"part_unit": "nowhere"}),
        ("due", given | {"due": whole.due_at + timedelta(seconds=1)}),
        ("due", given | {"due": now}),
    ]
    for field, wrong in refused:
        with pytest.raises(Invalid) as said:
            assign_part(order, actor, now, **wrong)  # type: ignore[arg-type]
        assert field in said.value.errors
    assign_part(order, actor, now, **given)  # type: ignore[arg-type]
    row = parts(order)[street]
    assert (row.clock, row.due_at) == (Clock.ASSIST, whole.due_at)
    assert order.helpers[0].part is Part.SUB
    handle.sign(order, actor, now)
    offered = steps(order, open_steps(order, actor, now), actor)
    assert offered.index(Action.REPLY) < offered.index(Action.FINISH_PART)  # the lead's own work comes first
    with pytest.raises(Invalid, match="part_unit"):
        assign_part(order, actor, now, **given)  # type: ignore[arg-type]
    below = Actor(Role.HANDLER, "街道", units=frozenset({street}))
    finish_part(order, below, now, note="已到现场")
    assert row.outcome == "met"
    assert clock_differences(fresh(order)) == []


def test_the_center_adds_any_unit_and_strangers_none(session: None, now: datetime) -> None:
    order = factories.dispatched(now)
    given = {"part_unit": "water", "task": "提供管线资料", "due": now + timedelta(days=1)}
    for stranger in (URBAN, Actor(Role.SUPERVISOR, "督办"), Actor(Role.AGENT, "话务员")):
        with pytest.raises(NotAllowed):
            assign_part(order, stranger, now, **given)  # type: ignore[arg-type]
    assign_part(order, DISPATCHER, now, **given)  # type: ignore[arg-type]
    assert [(one.unit_code, one.part, one.task) for one in order.helpers] == [("water", Part.ASSIST, "提供管线资料")]


def test_the_part_stands_in_its_units_inbox_until_it_is_handed_in(
    sign_in: SignIn, key_of: Callable[[str], dict[str, str]], client: FlaskClient, now: datetime
) -> None:
    order = factories.received(now)
    transfer.dispatch(order, "water", DISPATCHER, now, category="060101", assist=["housing"])
    saved(order)
    page = sign_in("handler").get("/inbox?state=parts").text
    assert f'data-row="{order.number}"' in page
    own = sign_in("handler").get(f"/orders/{order.number}").text
    assert 'data-action="finish_part"' in own
    assert 'data-action="sign"' not in own
    answer = sign_in("handler").post(
        f"/orders/{order.number}/finish-part", data={"version": order.version, "note": "已提供意见"}
    )
    assert answer.status_code == 302
    assert f'data-row="{order.number}"' not in sign_in("handler").get("/inbox?state=parts").text
    refused = client.post(
        f"/api/v1/orders/{order.number}/finish-part", json={"note": "再交一次"}, headers=key_of("handler")
    )
    assert refused.status_code == 403
    assert clock_differences(fresh(order)) == []


def test_the_parts_are_narrowed_and_stand_by_their_own_time(sign_in: SignIn, now: datetime) -> None:
    order = factories.received(now, title="月亮桥边的事", district_code="d02")
    transfer.dispatch(order, "water", DISPATCHER, now, category="060101", assist=["housing"])
    other = factories.received(now, title="另一件事", district_code="d01")
    transfer.dispatch(other, "water", DISPATCHER, now, category="060102", assist=["housing"])
    saved(order)
    inbox = sign_in("handler")
    for query in ("q=月亮", "district=d02", "category=060101"):
        page = inbox.get(f"/inbox?state=parts&{query}").text
        assert re.findall(r'data-row="(\d+)"', page) == [order.number]
    assert re.findall(r'data-row="(\d+)"', inbox.get("/inbox?state=parts&mark=urged").text) == []
    assert re.findall(r'data-row="(\d+)"', inbox.get("/inbox?state=parts&due=overdue").text) == []
    assert re.search(f'class="due"><span[^>]*title="[^"]*{when(parts(order)["housing"].due_at)[-5:]}"', page)
    assert "data-bulk" not in page
    assert "data-all" not in page


def test_a_part_is_no_return_and_no_reply(session: None, now: datetime) -> None:
    order = with_parts(now)
    for step in (
        lambda: transfer.request_return(order, URBAN, now, reason="协办不退"),
        lambda: handle.reply(order, URBAN, now, result=Result.SOLVED, public_reply="代答"),
    ):
        with pytest.raises((NotAllowed, Conflict)):
            step()
    db.session.rollback()
