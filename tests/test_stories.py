"""Three long stories, told through the API by those who would live them; each is read back from the order's log."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.handle.supervision import escalate_overdue
from hotline.handle.triggers import sweep_orders
from hotline.orders.models import Order
from hotline.orders.verify import chain_differences, clock_differences
from hotline.people.operations import create_user, give_api_key
from hotline.people.roles import Role
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from tests.conftest import PASSWORD
from tests.factories import fresh

log = logging.getLogger(__name__)
Told = dict[str, Any]
PEOPLE = {
    "agent": (Role.AGENT, None),
    "dispatcher": (Role.DISPATCHER, None),
    "supervisor": (Role.SUPERVISOR, None),
    "manager": (Role.MANAGER, None),
    "callback": (Role.CALLBACK, None),
    **{f"{unit}": (Role.HANDLER, unit) for unit in ("housing", "urban", "market", "water", "d01")},
    "housing-head": (Role.UNIT_HEAD, "housing"),
}


class Teller:
    """Takes one step after another, each by the API and some hours after the one before."""

    def __init__(self, client: FlaskClient, now: datetime) -> None:
        self.client, self.now = client, now
        self.keys = {}
        for name, (role, unit) in PEOPLE.items():
            user = create_user(f"story-{name}", f"{name}", role, PASSWORD, now, unit_code=unit)
            self.keys[name] = {"Authorization": f"Bearer {give_api_key(user, 'story', now)}"}
        db.session.commit()

    def say(self, who: str, path: str, expected: int = 200, /, **body: Any) -> Told:
        """Post something as somebody; the answer."""
        with time_machine.travel(self.now, tick=False):
            answer = self.client.post(f"/api/v1/{path}", json=body, headers=self.keys[who])
        assert answer.status_code == expected, (path, answer.json)
        return answer.json or {}

    def step(self, who: str, number: str, path: str, expected: int = 200, /, **body: Any) -> Told:
        return self.say(who, f"orders/{number}/{path}", expected, **body)

    def waits(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    def comes_in(self, title: str, text: str, unit: str) -> str:
        placed = self.say("agent", "orders", 201, title=title, text=text, name="王女士", phone="13912345678")
        number = str(placed["number"])
        if placed["state"] == "received":
            self.step("dispatcher", number, "dispatch", unit=unit, category="060101")
        return number

    def order(self, number: str) -> Told:
        answer = self.client.get(f"/api/v1/orders/{number}", headers=self.keys["supervisor"])
        return answer.json or {}

    def log_of(self, number: str) -> list[Told]:
        """The order's log, told to whoever reads the test's output."""
        events = list(self.order(number)["events"])
        for event in events:
            moved = f"{event['from']} → {event['to']}" if event["from"] != event["to"] else f"{event['to']}"
            log.info(
                "%s %2d %s %s (%s) %s %s",
                number,
                event["seq"],
                event["at"],
                event["action"],
                event["role"],
                moved,
                event["reason"],
            )
        return events


@pytest.fixture
def teller(client: FlaskClient, now: datetime) -> Teller:
    return Teller(client, now)


def in_order(events: Iterable[Told]) -> list[str]:
    return [event["action"] for event in events]


def holds(number: str) -> None:
    """The record of an order is whole."""
    order = fresh(db.session.query(Order).filter_by(number=number).one())
    assert chain_differences(order) == []
    assert clock_differences(order) == []


def thrice_then_designated(now: datetime) -> None:
    """A city whose center designates after three returns."""
    newest = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id.desc())).first()
    assert newest
    dispatching = {**newest.document["dispatch"], "most_returns": 3}
    adopt_policy({**newest.document, "dispatch": dispatching}, now, now)
    db.session.commit()


def test_a_disputed_order_returned_three_times_designated_and_ruled(teller: Teller) -> None:
    thrice_then_designated(teller.now)
    number = teller.comes_in("小区门口道路破损", "小区门口的路面塌了一块,夜里有人摔倒,一直没有单位来修。", "housing")
    due = {row["clock"]: row["due_at"] for row in teller.order(number)["deadlines"]}["handle"]
    for unit, other in (("housing", "urban"), ("urban", "water"), ("water", "market")):
        teller.waits(1)
        teller.step(unit, number, "return", reason="不属于我单位职责", basis="权责清单", proposed_unit=other)
        teller.waits(1)
        teller.step("dispatcher", number, "redispatch", unit=other, reason="同意改派")
    teller.waits(1)
    refused = teller.step("market", number, "return", 409, reason="第四次退单")
    assert "designated" in refused["title"] or "指定" in refused["title"]
    teller.step("market", number, "sign")
    teller.step(
        "market", number, "dispute", reason="路面产权属建设单位", basis="会议纪要第 3 条", proposed_unit="urban"
    )
    teller.step("market", number, "dispute", 409, reason="再争议一次", basis="同上")
    teller.waits(3)
    teller.step("market", number, "contact", note="已联系诉求人,先行设置围挡")
    teller.step("market", number, "rule", 403, how="decided", reason="自己裁定")
    teller.step("supervisor", number, "rule-moves", how="meeting", unit="urban", reason="联席会议裁定")
    order = teller.order(number)
    assert (order["lead_unit"], order["state"], order["returns"]) == ("urban", "dispatched", 3)
    assert {row["clock"]: row["due_at"] for row in order["deadlines"]}["handle"] == due, "the total clock has gone on"
    teller.step("urban", number, "return", 409, reason="裁定后再退")
    teller.waits(1)
    teller.step("urban", number, "sign")
    teller.waits(4)
    teller.step("urban", number, "reply", result="solved", public_reply="破损路面已经修复,今日恢复通行。", truth="so")
    teller.waits(2)
    teller.step("callback", number, "evaluate", solved=True, satisfaction="satisfied")
    assert in_order(teller.log_of(number)) == [
        *("register", "dispatch"),
        *("request_return", "redispatch", "request_return", "redispatch", "request_return", "redispatch"),
        *("sign", "dispute", "contact", "rule_moves", "sign", "reply", "evaluate", "close"),
    ]
    holds(number)


def test_a_redo_that_ends_in_supervision(teller: Teller) -> None:
    number = teller.comes_in("楼道灯不亮", "我们这栋楼的楼道灯坏了半个月,老人上下楼很危险,物业不管。", "housing")
    teller.waits(1)
    teller.step("housing", number, "sign")
    for _ in range(2):
        teller.waits(20)
        teller.step("housing", number, "reply", result="solved", public_reply="楼道灯已更换,请查看。", truth="so")
        teller.waits(20)
        said = {"solved": False, "satisfaction": "dissatisfied", "again": True, "reason": "灯还是不亮"}
        teller.step("callback", number, "evaluate", **said)
    with time_machine.travel(teller.now, tick=False):
        sweep_orders(teller.now)
        db.session.commit()
    assert teller.order(number)["supervision"] == "orange", "dissatisfied again: a slip by rule"
    teller.waits(24 * 10)
    with time_machine.travel(teller.now, tick=False):
        escalate_overdue(teller.now)
        db.session.commit()
    assert teller.order(number)["supervision"] == "red", "not answered in time: it goes up"
    teller.step("housing", number, "feed-back", note="负责人已到现场,线路老化,今日更换")
    handed_in = teller.step(
        "housing", number, "reply", result="solved", public_reply="整栋楼线路已更换,灯已亮。", truth="so"
    )
    assert handed_in["state"] == "reviewing"
    teller.waits(1)
    teller.step("housing", number, "approve-reply", 403)
    teller.step("housing-head", number, "reject-reply", reason="请附上完工时间")
    again = "整栋楼线路已于今日更换完毕,灯已亮。"
    teller.step("housing", number, "reply", result="solved", public_reply=again, truth="so")
    teller.step("housing-head", number, "approve-reply")
    teller.waits(2)
    teller.step("callback", number, "evaluate", solved=True, satisfaction="satisfied")
    assert in_order(teller.log_of(number)) == [
        *("register", "dispatch", "sign", "reply", "evaluate", "redo", "reply", "evaluate", "redo"),
        *("supervise", "escalate", "feed_back", "submit_reply", "reject_reply", "submit_reply", "approve_reply"),
        *("evaluate", "close"),
    ]
    holds(number)


def test_a_leaders_session_of_twelve_orders_to_its_last_item(teller: Teller) -> None:
    opened = {"kind": "leader_session", "title": "副市长接听 12345 热线", "held_on": "2026-11-17", "host": "某副市长"}
    code = str(teller.say("manager", "ledgers", 201, **opened)["code"])
    units = ("housing", "urban", "market", "water")
    numbers = []
    for n in range(12):
        unit = units[n % len(units)]
        number = teller.comes_in(f"接听反映的第 {n + 1} 件事", "当面向领导反映的一件事情,请尽快办理。", unit)
        teller.say("manager", f"ledgers/{code}/items", order=number, promise="一周内答复", due_on="2026-11-24")
        numbers.append((number, unit))
    teller.say("manager", f"ledgers/{code}/end", 409)
    for position, (number, unit) in enumerate(numbers, start=1):
        teller.step(unit, number, "sign")
        teller.say("manager", f"ledgers/{code}/items/{position}/strike-off", 409, note="还没有办结")
        teller.waits(1)
        teller.step(unit, number, "reply", result="solved", public_reply="已到现场处理完毕。", truth="so")
        teller.step("callback", number, "evaluate", solved=True, satisfaction="satisfied")
        told = teller.say("manager", f"ledgers/{code}/items/{position}/strike-off", note="诉求人确认已解决")
        counts = {name: count for name, count in told["counts"].items() if name not in {"total", "overdue"}}
        assert sum(counts.values()) == told["counts"]["total"] == 12
        assert counts["struck_off"] == position
    teller.say("manager", f"ledgers/{code}/end")
    ledger = teller.client.get(f"/api/v1/ledgers/{code}", headers=teller.keys["manager"]).json or {}
    assert ledger["ended_at"]
    for entry in ledger["log"]:
        log.info("%s %s %s", code, entry["at"], entry["deed"])
    for number, _ in numbers:
        assert in_order(teller.log_of(number)) == ["register", "dispatch", "sign", "reply", "evaluate", "close"]
        holds(number)
