"""The pages and the API of supervision: what each role sees, and how an alarm is settled."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.handle import operations as handle
from hotline.handle.alarms import Found, fire
from hotline.handle.models import Alarm
from hotline.handle.narrowing import Due
from hotline.handle.queries import inbox_counts
from hotline.handle.supervision import feed_back, supervise
from hotline.handle.time import grant_time, request_time
from hotline.orders.finding import found_page
from hotline.orders.models import Order
from hotline.orders.queries import Filter
from hotline.orders.vocabulary import TimeKind
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.triggers import Supervision
from hotline.report import wall as walls
from hotline.transfer.operations import redispatch, request_return
from tests import factories
from tests.factories import HANDLER
from tests.ledgers import making

SUPERVISOR = Actor(Role.SUPERVISOR, "督办")
SignIn = Callable[[str], FlaskClient]
KeyOf = Callable[[str], dict[str, str]]
ActorOf = Callable[[str], Actor]


OF_A_MONTH = {"month": "2026-11", "numerator": 1, "denominator": 3, "weighted": 1.0}


def raised(rule: str, now: datetime, order: Order, unit: str | None = "housing", **facts: Any) -> int:
    facts = {**(OF_A_MONTH if unit else {}), **facts}
    found = Found(unit or "d01/0601/锦绣花园", f"{now:%Y-%m}", [order.number], unit, facts=facts)
    fire(policies.policy_at(now).trigger(rule), [found], now)
    alarm = db.session.scalars(select(Alarm).order_by(Alarm.id.desc())).first()
    assert alarm is not None
    db.session.commit()
    return alarm.id


def test_the_list_shows_the_highest_step_first_with_the_time_left(sign_in: SignIn, now: datetime) -> None:
    for title, step in (("蓝", "blue"), ("红", "red"), ("挂", "listed"), ("橙", "orange")):
        order = factories.handling(now, title=f"{title}色的事")
        supervise(order, SUPERVISOR, now, reason="督办", supervision=Supervision(step))
        if step == "listed":
            feed_back(order, HANDLER, now, note="已办")
    db.session.commit()
    page = sign_in("supervisor").get("/supervision/orders").text
    places = [page.index(f"{title}色的事") for title in "挂红橙蓝"]
    assert places == sorted(places)
    assert "reported; still listed" in page
    narrowed = sign_in("supervisor").get("/supervision/orders?step=red").text
    assert "红色的事" in narrowed
    assert "蓝色的事" not in narrowed


def test_a_unit_sees_its_own_slips_and_no_alarms(sign_in: SignIn, now: datetime) -> None:
    for unit in ("housing", "water"):
        order = factories.dispatched(now, unit, title=f"{unit} 的事")
        supervise(order, SUPERVISOR, now, reason="督办")
    db.session.commit()
    page = sign_in("handler").get("/supervision").text
    assert "housing 的事" in page
    assert "water 的事" not in page
    assert "/alarms" not in page
    assert sign_in("handler").get("/alarms").status_code == 403


PAGES = ("/supervision", "/supervision/orders", "/supervision/overdue", "/alarms", "/alarms/1")


@pytest.mark.parametrize("login", ["agent", "dispatcher", "callback"])
def test_other_desks_have_no_supervision(sign_in: SignIn, login: str) -> None:
    client = sign_in(login)
    assert [client.get(path).status_code for path in PAGES] == [403] * len(PAGES)


def test_an_alarm_is_opened_and_settled(sign_in: SignIn, now: datetime) -> None:
    order = factories.handling(now, title="楼道灯不亮")
    alarm_id = raised("unsolved_in_month", now, order)
    client = sign_in("supervisor")
    listed = client.get("/alarms").text
    assert f"/alarms/{alarm_id}" in listed
    assert "2 of 3 not solved" in listed
    assert "No alarm is open" in client.get("/alarms?rule=cluster").text
    page = client.get(f"/alarms/{alarm_id}").text
    assert order.number in page
    assert "Shijiazhuang 2019" in page
    assert "held_on" not in page
    wrong = client.post(f"/alarms/{alarm_id}/settle", data={"note": " "})
    assert wrong.status_code == 422
    assert "is required" in wrong.text
    assert client.post(f"/alarms/{alarm_id}/settle", data={"note": "已督促"}).status_code == 302
    assert "No alarm is open" in client.get("/alarms").text
    assert "已督促" in client.get("/alarms?settled=1").text
    again = client.post(f"/alarms/{alarm_id}/settle", data={"note": "再办"})
    assert again.status_code == 409
    assert "has been settled already" in again.text
    assert "已督促" in again.text


def test_an_interview_is_written_down(sign_in: SignIn, now: datetime) -> None:
    alarm_id = raised("last_twice", now, factories.handling(now))
    client = sign_in("manager")
    assert "33.3 % · 1 / 3" in client.get("/alarms").text
    assert 'name="held_on"' in client.get(f"/alarms/{alarm_id}").text
    half = client.post(f"/alarms/{alarm_id}/settle", data={"note": "已约谈", "held_on": "2026-11-17"})
    assert half.status_code == 422
    assert "with whom" in half.text
    assert 'value="2026-11-17"' in half.text  # what was typed is kept
    given = {"note": "已约谈", "held_on": "2026-11-17", "whom": "主要负责人"}
    assert client.post(f"/alarms/{alarm_id}/settle", data=given).status_code == 302
    assert "2026-11-17 · 主要负责人" in client.get(f"/alarms/{alarm_id}").text


def test_a_unit_head_reads_the_alarms_about_their_unit(sign_in: SignIn, now: datetime) -> None:
    own = raised("unsolved_in_month", now, factories.handling(now))
    theirs = raised("unsolved_in_month", now, factories.dispatched(now, "water"), "water")
    place = raised("cluster", now, factories.handling(now), None, place="锦绣花园", district="d01", category="0601")
    client = sign_in("unit_head")
    page = client.get("/alarms").text
    assert f"/alarms/{own}" in page
    assert f"/alarms/{theirs}" not in page
    assert "2026-11-17" in page  # the day, not the moment its citizen was asked
    assert "10:00" not in client.get(f"/alarms/{own}").text.split("card-plain alarm")[1].split("</section>")[0]
    assert f"/alarms/{own}/settle" not in client.get(f"/alarms/{own}").text
    assert [client.get(f"/alarms/{one}").status_code for one in (theirs, place)] == [404, 404]
    assert client.post(f"/alarms/{own}/settle", data={"note": "我办了"}).status_code == 403


def test_a_unit_head_reads_nothing_of_an_order_that_has_left(
    sign_in: SignIn, client: FlaskClient, key_of: KeyOf, now: datetime
) -> None:
    stays, leaves = (factories.dispatched(now, title=title) for title in ("留下的事", "转走的事"))
    found = [Found(order.number, "1", [order.number], "housing", order.id) for order in (stays, leaves)]
    fire(policies.policy_at(now).trigger("stalled"), found, now)
    request_return(leaves, HANDLER, now, reason="不属于我单位")
    redispatch(leaves, "water", factories.DISPATCHER, now, reason="同意")
    db.session.commit()
    head, supervisor = key_of("unit_head"), key_of("supervisor")
    subjects = {
        who: {row["subject"] for row in client.get("/api/v1/alarms", headers=key).json["alarms"]}
        for who, key in (("head", head), ("supervisor", supervisor))
    }
    assert subjects == {"head": {stays.number, None}, "supervisor": {stays.number, leaves.number}}
    page = sign_in("unit_head").get("/alarms").text
    assert "留下的事" in page
    assert "转走的事" not in page
    left = db.session.scalars(select(Alarm).filter_by(order_id=leaves.id)).one()
    assert leaves.number not in sign_in("unit_head").get(f"/alarms/{left.id}").text
    assert "转走的事" in sign_in("supervisor").get("/alarms").text


def test_an_administrator_reads_and_does_not_settle(sign_in: SignIn, now: datetime) -> None:
    place = raised("cluster", now, factories.handling(now), None, place="锦绣花园", district="d01", category="0601")
    client = sign_in("admin")
    assert "锦绣花园" in client.get(f"/alarms/{place}").text
    assert client.post(f"/alarms/{place}/settle", data={"note": "办了"}).status_code == 403


def test_the_rail_counts_what_waits(sign_in: SignIn, now: datetime) -> None:
    raised("unsolved_in_month", now, factories.handling(now))
    page = sign_in("supervisor").get("/supervision").text
    rail = page.split('href="/supervision"')[1].split("</a>")[0]
    assert ">1<" in rail


def test_the_api_lists_and_settles(client: FlaskClient, key_of: KeyOf, now: datetime) -> None:
    order, other = factories.handling(now), factories.dispatched(now, "water")
    found = Found("housing", "2026-11", [order.number, other.number], "housing", facts=OF_A_MONTH)
    fire(policies.policy_at(now).trigger("unsolved_in_month"), [found], now)
    db.session.commit()
    head, supervisor = key_of("unit_head"), key_of("supervisor")
    (row,) = client.get("/api/v1/alarms", headers=supervisor).json["alarms"]
    assert (row["rule"], row["kind"], row["does"]) == ("unsolved_in_month", "unsolved_in_month", "alarm")
    assert row["fired_at"].startswith("2026-11-17T02:00")
    assert row["facts"]["orders"] == [order.number, other.number]
    (seen,) = client.get("/api/v1/alarms", headers=head).json["alarms"]
    assert (seen["fired_at"], seen["facts"]["orders"]) == ("2026-11-17", [order.number])
    path = f"/api/v1/alarms/{row['id']}/settle"
    assert client.post(path, json={"note": "办"}, headers=head).status_code == 403
    assert client.post(path, json={}, headers=supervisor).status_code == 422
    assert client.post(path, json={"note": "已督促"}, headers=supervisor).json["note"] == "已督促"
    assert client.post(path, json={"note": "再办"}, headers=supervisor).status_code == 409
    assert client.post("/api/v1/alarms/99999999/settle", json={"note": "办"}, headers=supervisor).status_code == 404
    assert client.get("/api/v1/alarms", headers=supervisor).json["total"] == 0
    assert client.get("/api/v1/alarms?settled=true", headers=supervisor).json["total"] == 1
    assert client.get("/api/v1/alarms", headers=key_of("handler")).status_code == 403
    assert client.get("/api/v1/alarms").status_code == 401


def test_the_pages_speak_of_what_is_overdue(sign_in: SignIn, now: datetime) -> None:
    order = factories.handling(now - timedelta(days=30), title="早该办的事")
    supervise(order, SUPERVISOR, now - timedelta(days=20), reason="督办")
    db.session.commit()
    assert "light-overdue" in sign_in("supervisor").get("/supervision").text


def test_the_board_says_what_needs_somebody_today(sign_in: SignIn, now: datetime) -> None:
    late = factories.handling(now - timedelta(days=30), title="早该办的事")
    supervise(late, SUPERVISOR, now - timedelta(days=20), reason="督办")
    supervise(factories.handling(now, title="刚督办的事"), SUPERVISOR, now, reason="督办", supervision=Supervision.RED)
    raised("unsolved_in_month", now, late)
    raised("cluster", now, factories.handling(now), None, place="锦绣花园", district="d01", category="0601")
    book = making.ledger(now - timedelta(days=9), title="常务会议定事项", due_on=(now - timedelta(days=1)).date())
    making.item(book, now - timedelta(days=9), late)
    db.session.commit()
    page = sign_in("supervisor").get("/supervision").text
    needs = page.split('class="needs"')[1].split("</ul>")[0]
    for number, words in ((1, "overdue"), (1, "slips past their deadline"), (2, "alarms not settled")):
        assert re.search(rf"\b{number}</b> {words}", needs), words
    late_slips = sign_in("supervisor").get("/supervision/orders?late=1").text
    assert 'href="/supervision/orders?late=1"' in needs
    assert "早该办的事" in late_slips
    assert "刚督办的事" not in late_slips
    assert "2 of 3 not solved" in page
    slips = page.split('id="of-slips"')[1].split("</section>")[0]
    assert slips.index("早该办的事") < slips.index("刚督办的事")  # whose report is due first
    assert "<b>0</b> / 1" in page
    assert f'href="/ledgers/{book.code}?show=overdue"' in page
    overdue = sign_in("supervisor").get("/supervision/overdue").text
    assert "早该办的事" in overdue
    assert "刚督办的事" not in overdue


def test_a_unit_sees_only_what_is_its_own_on_the_board(sign_in: SignIn, now: datetime) -> None:
    for unit in ("housing", "water"):
        factories.dispatched(now - timedelta(days=30), unit, title=f"{unit} 的事")
    making.ledger(now)
    db.session.commit()
    for login in ("handler", "unit_head"):
        page = sign_in(login).get("/supervision").text
        assert "housing 的事" in page
        assert "water 的事" not in page
        assert "/ledgers/" not in page
        assert ("/alarms" in page) == (login == "unit_head")


def test_what_is_overdue_is_the_same_wherever_it_is_shown(sign_in: SignIn, actor: ActorOf, now: datetime) -> None:
    """The wall and the board count the handle clock; what is redone has words of its own; who waits is nowhere."""
    long_ago, last_day = now - timedelta(days=30), now + timedelta(days=7, hours=5)
    first = factories.handling(long_ago, title="从未答复的事")
    redone = factories.replied(long_ago, title="重办未办的事")
    handle.evaluate(redone, factories.CALLBACK, long_ago + timedelta(days=1), solved=False, satisfaction="dissatisfied")
    handle.redo(redone, factories.CALLBACK, long_ago + timedelta(days=1), reason="未解决")
    paused = factories.handling(now, title="等材料的事")
    why = {"reason": "等待材料", "next_step": "到齐后办理"}
    until = (last_day + timedelta(days=1)).date()
    request_time(paused, HANDLER, last_day, kind=TimeKind.SUPPLEMENT, until=until, **why)
    grant_time(paused, factories.DISPATCHER, last_day)
    handle.record_contact(paused, HANDLER, now, note="已联系")
    db.session.commit()
    then = last_day + timedelta(hours=20)  # the clock of the third would have run out, were it not paused
    walls.forget()
    assert walls.compose(then).overdue == 1
    assert inbox_counts(actor("handler"), then)[Due.OVERDUE] == 2
    late = found_page(actor("supervisor"), Filter(late=True), "", then, 1).rows
    assert {order.number for order in late} == {first.number, redone.number}
    with time_machine.travel(then, tick=False):
        client = sign_in("supervisor")
        needs = client.get("/supervision").text.split('class="needs"')[1].split("</ul>")[0]
        assert re.search(r"\b1</b> overdue<", needs)
        assert re.search(r"\b1</b> overdue, being redone<", needs)
        shown = {again: client.get(f"/supervision/overdue?again={again}").text for again in (0, 1)}
        assert "a step is late <b>2</b>" in sign_in("handler").get("/inbox").text
    for page, (title, other) in zip(shown.values(), ((first, redone), (redone, first)), strict=True):
        assert title.title in page
        assert other.title not in page
        assert paused.title not in page
