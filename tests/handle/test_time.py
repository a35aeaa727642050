"""Asking for time: what the policy gives, who decides, what becomes of the due time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from hotline.base.db import db
from hotline.base.errors import Conflict, HotlineError, Invalid, NotAllowed, Stale
from hotline.base.i18n import speaking
from hotline.handle import operations as handle
from hotline.handle import supervision, time
from hotline.handle.desk import time_asked, time_desk
from hotline.handle.queries import count_time_requests, inbox_counts, waiting_time
from hotline.orders.chain import broken_link
from hotline.orders.clocks import pauses, reckoning, replay
from hotline.orders.deadlines import Light, countdown
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.open_steps import is_open, open_steps
from hotline.orders.operations import facts_of
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Result, TimeKind
from hotline.people.actors import SYSTEM, Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.transfer import operations as transfer
from hotline.transfer.merging import set_upstream
from tests import factories
from tests.factories import CALLBACK, DISPATCHER, HANDLER, fresh, saved

Signer = Callable[[str], FlaskClient]
Keys = Callable[[str], dict[str, str]]
ActorOf = Callable[[str], Actor]

SUPERVISOR = Actor(Role.SUPERVISOR, "督办")
CITY = ZoneInfo("Asia/Shanghai")
BLINK = timedelta(microseconds=1)
ASKED = {"reason": "需要更多时间", "next_step": "周五现场核实"}
# The orders here are dispatched on Tuesday 2026-11-17 at 10:00, with five working days to handle them.
DUE = "2026-11-24 17:30"


@pytest.fixture(autouse=True)
def english(session: None) -> Iterator[None]:
    with speaking("en"):
        yield


def at(written: str) -> datetime:
    """An instant from city time."""
    return datetime.fromisoformat(written).replace(tzinfo=CITY)


def work(order: Order) -> Deadline:
    """The running clock of the unit's work."""
    return next(row for row in order.deadlines if row.ended_at is None and row.clock in {Clock.HANDLE, Clock.REDO})


def extend(order: Order, now: datetime, amount: int | None = 3, actor: Actor = HANDLER, **more: Any) -> Event:
    return time.request_time(order, actor, now, kind=TimeKind.EXTENSION, amount=amount, **ASKED, **more)


def pause(order: Order, now: datetime, until: str | None, kind: TimeKind = TimeKind.SUPPLEMENT) -> Event:
    return time.request_time(
        order, HANDLER, now, kind=kind, until=date.fromisoformat(until) if until else None, **ASKED
    )


def paused(now: datetime, until: str = "2026-11-19") -> Order:
    """An order whose clock stands still."""
    order = factories.handling(now)
    pause(order, now, until)
    time.grant_time(order, DISPATCHER, now)
    return order


def rules(now: datetime, *, without: tuple[Clock, ...] = (), **changes: int) -> None:
    """From now on orders have other rules of time, and no limit for some clocks."""
    first = db.session.get_one(PolicyVersion, policies.policy_id_at(now)).document
    limits = [row for row in first["limits"] if row["clock"] not in without]
    adopt_policy({**first, "limits": limits, "time_rules": {**first["time_rules"], **changes}}, now, now)


# Extensions


def test_the_first_extension_needs_nobodys_leave(session: None, now: datetime) -> None:
    order = factories.handling(now)
    granted = extend(order, now)
    assert (granted.action, granted.actor_role) == (Action.GRANT_TIME, Role.SYSTEM)
    assert granted.payload["time"] == {"amount": 3, "unit": "working_days"}
    asked = fresh(order).events[-2]
    assert (asked.action, asked.reason, asked.payload["next_step"]) == (Action.REQUEST_TIME, *ASKED.values())
    assert work(order).due_at == at("2026-11-27 17:30")
    assert work(order).original_due_at == at(DUE)
    assert waiting_time(order) is None


def test_the_second_waits_for_the_center_and_there_is_no_third(session: None, now: datetime) -> None:
    order = factories.handling(now)
    extend(order, now)
    assert extend(order, now, 2).action is Action.REQUEST_TIME
    assert work(order).due_at == at("2026-11-27 17:30")
    time.grant_time(order, SUPERVISOR, now)
    assert work(order).due_at == at("2026-12-01 17:30")
    assert work(order).original_due_at == at(DUE)
    with pytest.raises(Conflict, match="extended 2 times at most"):
        extend(order, now, 1)


def test_no_extension_without_leave_where_the_policy_says_so(session: None, now: datetime) -> None:
    rules(now, self_granted=0)
    order = factories.handling(now)
    asked = extend(order, now)
    waiting = waiting_time(order)
    assert waiting is not None
    assert waiting.id == asked.id
    assert work(order).due_at == at(DUE)


@pytest.mark.parametrize("amount", [None, 0, -1, 11])
def test_an_amount_the_policy_does_not_give(session: None, now: datetime, amount: int | None) -> None:
    with pytest.raises(Invalid, match="at most 10 working days are left") as refused:
        extend(factories.handling(now), now, amount)
    assert set(refused.value.errors) == {"amount"}


def test_extensions_add_up_to_the_limit_and_not_beyond(session: None, now: datetime) -> None:
    order = factories.handling(now)
    extend(order, now, 3)
    with pytest.raises(Invalid, match="at most 7 working days are left"):
        extend(order, now, 8)
    extend(order, now, 7)
    time.grant_time(order, DISPATCHER, now)
    assert work(order).due_at == at("2026-12-08 17:30")


def test_nothing_is_left_of_all_extensions(session: None, now: datetime) -> None:
    order = factories.handling(now)
    extend(order, now, 10)
    with pytest.raises(Conflict, match="add 10 working days at most"):
        extend(order, now, 1)


@pytest.mark.parametrize("change", [{"without": (Clock.EXTENSION,)}, {"extensions": 0}])
def test_a_policy_without_extensions(session: None, now: datetime, change: dict[str, Any]) -> None:
    rules(now, **change)
    with pytest.raises(Conflict, match="gives no extension"):
        extend(factories.handling(now), now)


def test_the_redo_clock_is_extended_by_itself(session: None, now: datetime) -> None:
    order = factories.handling(now)
    extend(order, now, 10)
    again(order, now)
    assert work(order).due_at == at("2026-11-20 17:30")
    extend(order, now, 10)  # as much again on the new clock, but no longer without leave
    time.grant_time(order, DISPATCHER, now)
    assert work(order).clock is Clock.REDO
    assert (work(order).due_at, work(order).original_due_at) == (at("2026-12-04 17:30"), at("2026-11-20 17:30"))
    with pytest.raises(Conflict, match="extended 2 times"):
        extend(order, now, 1)


def again(order: Order, now: datetime) -> None:
    """Answer an order, and send it back."""
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已处理")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.redo(order, CALLBACK, now, reason="没有解决")


# When


def test_asked_for_until_the_very_instant_it_is_due(session: None, now: datetime) -> None:
    extend(factories.handling(now), at(DUE))
    late = factories.handling(now)
    with pytest.raises(Conflict, match=r"it was due 2026-11-24 17:30 \(Tue\)"):
        extend(late, at(DUE) + BLINK)


def test_one_request_at_a_time(session: None, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    with pytest.raises(Conflict):
        extend(order, now)
    time.refuse_time(order, DISPATCHER, now, reason="材料已经齐全")
    assert waiting_time(order) is None
    assert work(order).due_at == at(DUE)
    extend(order, now)


def test_nothing_is_asked_for_while_the_clock_stands(session: None, now: datetime) -> None:
    order = paused(now)
    with pytest.raises(Conflict, match=r"stands still until 2026-11-19 17:30"):
        extend(order, at("2026-11-19 17:30") - BLINK)
    extend(order, at("2026-11-19 17:30"))


def test_without_a_clock_there_is_no_time_to_ask_for(session: None, now: datetime) -> None:
    order = factories.handling(now)
    db.session.execute(update(Deadline).where(Deadline.order_id == order.id).values(ended_at=now, outcome="dropped"))
    db.session.expire_all()
    with pytest.raises(Conflict, match="No clock runs"):
        extend(order, now)


def test_promising_again_does_not_promise_longer(session: None, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-12-31", TimeKind.PROMISE)
    time.grant_time(order, DISPATCHER, now)
    later = at("2027-01-04 10:00")
    assert time.offers(order, later)[TimeKind.PROMISE] == "until 2027-08-16 at the latest"  # 270 days from the first
    pause(order, later, "2027-08-16", TimeKind.PROMISE)
    time.grant_time(order, DISPATCHER, later)
    with pytest.raises(Conflict, match="A promise lasts 270 calendar days at most"):
        pause(order, at("2027-08-17 10:00"), "2027-09-01", TimeKind.PROMISE)


def test_the_platforms_first_deadline_stays_the_original(session: None, now: datetime) -> None:
    order = factories.handling(now, upstream_due_at=at("2026-11-20 12:00"))
    set_upstream(order, DISPATCHER, now, due=at("2026-12-20 12:00"), reason="上级平台同意延期")
    assert (work(order).due_at, work(order).original_due_at) == (at("2026-12-20 12:00"), at("2026-11-20 12:00"))
    assert clock_differences(fresh(order)) == []


def test_the_platforms_deadline_for_a_redo_is_the_redos(session: None, now: datetime) -> None:
    order = factories.handling(now)
    again(order, now)
    set_upstream(order, DISPATCHER, now, due=at("2026-11-18 12:00"), reason="上级平台要求重办")
    assert work(order).clock is Clock.REDO
    assert work(order).due_at == at("2026-11-18 12:00")
    assert clock_differences(fresh(order)) == []


def test_of_an_upstream_deadline_the_platform_is_asked(session: None, now: datetime) -> None:
    order = factories.handling(now, upstream_due_at=at("2026-11-20 12:00"))
    with pytest.raises(Conflict, match="platform"):
        extend(order, now)
    again(order, now)
    extend(order, now)  # the redo is the city's own
    assert work(order).due_at == at("2026-11-25 17:30")


def test_what_the_platform_has_overtaken_can_only_be_refused(session: None, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    set_upstream(order, DISPATCHER, now, due=at("2026-11-20 12:00"), reason="上级平台设定")
    asked = time_asked(order, now)
    assert asked is not None
    assert asked.due_then is None
    with pytest.raises(Conflict, match="platform"):
        time.grant_time(order, DISPATCHER, now)
    time.refuse_time(order, DISPATCHER, now, reason="以上级时限为准")
    assert work(order).due_at == at("2026-11-20 12:00")


# Pauses


def test_a_pause_counts_from_when_it_was_asked_for(session: None, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    assert work(order).due_at == at(DUE)
    time.grant_time(order, DISPATCHER, now + timedelta(days=1), note="同意")
    # From Tuesday 10:00 to Thursday 17:30 twenty working hours do not count.
    assert work(order).due_at == work(order).original_due_at == at("2026-11-27 16:30")
    granted = fresh(order).events[-1].payload
    assert granted["time"] == {"start": now.isoformat(), "end": "2026-11-19T09:30:00+00:00"}
    assert granted["note"] == "同意"


def test_a_pause_ends_with_the_work_of_its_day_or_at_midnight(session: None, now: datetime) -> None:
    ends = {}
    for until in ("2026-11-20", "2026-11-21"):  # a Friday, a Saturday
        asked = pause(factories.handling(now), now, until)
        ends[until] = datetime.fromisoformat(asked.payload["time"]["end"])
    assert ends == {"2026-11-20": at("2026-11-20 17:30"), "2026-11-21": at("2026-11-22 00:00")}


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        (TimeKind.SUPPLEMENT, "2026-11-18", "2026-12-29"),
        (TimeKind.PROCEDURE, "2026-11-18", "2026-12-29"),
        (TimeKind.PROMISE, "2026-11-18", "2027-08-16"),  # 270 days end on Saturday the 14th
    ],
)
def test_the_days_a_pause_may_reach(session: None, now: datetime, kind: TimeKind, first: str, last: str) -> None:
    order = factories.handling(now)
    for day in (first, last):
        pause(order, now, day, kind)
        time.refuse_time(order, DISPATCHER, now, reason="再议")
    before, after = (date.fromisoformat(day) + timedelta(days=n) for day, n in ((first, -1), (last, 1)))
    for wrong in (None, before.isoformat(), after.isoformat()):
        with pytest.raises(Invalid, match=f"give a day from {first} to {last}") as refused:
            pause(order, now, wrong, kind)
        assert set(refused.value.errors) == {"until"}


def test_so_many_pauses_and_promises_apart(session: None, now: datetime) -> None:
    order = factories.handling(now)
    for kind in (TimeKind.SUPPLEMENT, TimeKind.PROCEDURE, TimeKind.PROMISE, TimeKind.SUPPLEMENT):
        pause(order, now, "2026-11-19", kind)
        time.grant_time(order, DISPATCHER, now)
        time.resume(order, HANDLER, now, reason="已补充")
    with pytest.raises(Conflict, match="3 times at most"):
        pause(order, now, "2026-11-19")
    pause(order, now, "2026-11-19", TimeKind.PROMISE)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (TimeKind.SUPPLEMENT, {"pauses": 0}),
        (TimeKind.PROCEDURE, {"pause_days": 0}),
        (TimeKind.PROMISE, {"without": (Clock.PROMISE,)}),
    ],
)
def test_a_policy_without_pauses(session: None, now: datetime, kind: TimeKind, change: dict[str, Any]) -> None:
    rules(now, **change)
    with pytest.raises(Conflict, match="The policy"):
        pause(factories.handling(now), now, "2026-11-19", kind)


def test_a_clock_runs_on_when_what_it_waited_for_is_there(session: None, now: datetime) -> None:
    order = paused(now)
    time.resume(order, HANDLER, now + timedelta(hours=1), reason="诉求人已补充")
    assert work(order).due_at == at("2026-11-25 10:00")  # one working hour did not count
    with pytest.raises(Conflict):
        time.resume(order, HANDLER, now + timedelta(hours=1), reason="再来一次")


def test_a_pause_that_has_ended_is_not_ended_again(session: None, now: datetime) -> None:
    order = paused(now)
    with pytest.raises(Conflict):
        time.resume(order, HANDLER, at("2026-11-19 17:30"), reason="迟了")
    time.resume(order, HANDLER, at("2026-11-19 17:30") - BLINK, reason="还来得及")


# Who decides, and what else ends a request


@pytest.mark.parametrize("actor", [HANDLER, CALLBACK, Actor(Role.AGENT, "话务员"), Actor(Role.MANAGER, "管理")])
def test_the_center_decides(session: None, now: datetime, actor: Actor) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    with pytest.raises(NotAllowed):
        time.grant_time(order, actor, now)
    with pytest.raises(NotAllowed):
        time.refuse_time(order, actor, now, reason="不同意")


@pytest.mark.parametrize(
    "actor", [DISPATCHER, SUPERVISOR, CALLBACK, SYSTEM, Actor(Role.HANDLER, "别家", units=frozenset({"water"}))]
)
def test_only_the_unit_that_has_the_order_asks(session: None, now: datetime, actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        extend(factories.handling(now), now, actor=actor)


def test_nobody_decides_on_what_they_asked_for(session: None, now: datetime, actor: ActorOf) -> None:
    rules(now, self_granted=0)
    order = factories.handling(now)
    extend(order, now, actor=actor("handler"))
    moved_on = replace(actor("handler"), role=Role.DISPATCHER)
    with pytest.raises(NotAllowed, match="themselves"):
        time.grant_time(order, moved_on, now)
    with pytest.raises(NotAllowed, match="themselves"):
        time.refuse_time(order, moved_on, now, reason="不同意")
    time.grant_time(order, actor("dispatcher"), now)


def test_two_decide_at_once(session: None, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    read = order.version
    time.refuse_time(order, DISPATCHER, now, reason="不同意", version=read)
    with pytest.raises(Stale):
        time.grant_time(order, SUPERVISOR, now, version=read)
    with pytest.raises(Conflict):
        time.grant_time(order, SUPERVISOR, now)
    assert work(order).due_at == at(DUE)


@pytest.mark.parametrize("missing", ["reason", "next_step"])
def test_why_and_what_next_must_be_said(session: None, now: datetime, missing: str) -> None:
    said = {**ASKED, missing: "  "}
    with pytest.raises(Invalid) as refused:
        time.request_time(factories.handling(now), HANDLER, now, kind=TimeKind.EXTENSION, amount=1, **said)
    assert set(refused.value.errors) == {missing}


def test_a_reply_makes_a_request_pointless(session: None, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    again(order, now)
    assert waiting_time(order) is None
    with pytest.raises(Conflict):
        time.grant_time(order, DISPATCHER, now)


def test_another_unit_asks_for_itself_and_the_same_one_goes_on_waiting(session: None, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    transfer.request_return(order, HANDLER, now, reason="不是我们的")
    transfer.refuse_return(order, DISPATCHER, now, reason="是你们的")
    assert waiting_time(order) is not None
    transfer.request_return(order, HANDLER, now, reason="真不是我们的")
    transfer.redispatch(order, "urban", DISPATCHER, now, reason="同意")
    assert waiting_time(order) is None


def test_a_step_is_offered_where_there_is_something_it_is_for(session: None, now: datetime) -> None:
    def offered(order: Order) -> set[Action]:
        roles = (HANDLER, DISPATCHER, SUPERVISOR)
        return {step.action for actor in roles for step in open_steps(order, actor, now)} & {
            Action.REQUEST_TIME,
            Action.GRANT_TIME,
            Action.REFUSE_TIME,
            Action.RESUME,
            Action.SUPERVISE,
            Action.FEED_BACK,
        }

    order = factories.handling(now)
    assert offered(order) == {Action.REQUEST_TIME, Action.SUPERVISE}
    pause(order, now, "2026-11-19")
    assert offered(order) == {Action.GRANT_TIME, Action.REFUSE_TIME, Action.SUPERVISE}
    time.grant_time(order, DISPATCHER, now)
    assert offered(order) == {Action.REQUEST_TIME, Action.RESUME, Action.SUPERVISE}
    supervision.supervise(order, SUPERVISOR, now, reason="久拖不决")
    assert offered(order) == {Action.REQUEST_TIME, Action.RESUME, Action.FEED_BACK}


# What is shown


def test_the_due_time_foretold_is_the_one_that_comes(session: None, now: datetime) -> None:
    rules(now, self_granted=0)
    order = factories.handling(now)
    later = now + timedelta(hours=5)
    for ask in (lambda: extend(order, now, 4), lambda: pause(order, now, "2026-11-21", TimeKind.PROCEDURE)):
        ask()
        asked = time_asked(order, later)
        assert asked is not None
        time.grant_time(order, DISPATCHER, later)
        assert asked.work is not None
        assert work(order).due_at == asked.due_then


def test_what_may_be_asked_for_is_told(session: None, now: datetime) -> None:
    order = factories.handling(now)
    assert time.offers(order, now) == {
        TimeKind.EXTENSION: "at most 10 working days",
        TimeKind.SUPPLEMENT: "until 2026-12-29 at the latest",
        TimeKind.PROCEDURE: "until 2026-12-29 at the latest",
        TimeKind.PROMISE: "until 2027-08-16 at the latest",
    }
    assert all("it was due" in words for words in time.offers(order, at(DUE) + BLINK).values())


def test_the_requests_that_wait_the_oldest_first(session: None, now: datetime) -> None:
    before = count_time_requests()
    orders = [factories.handling(now - timedelta(hours=n)) for n in (1, 3, 2)]
    for order, hours in zip(orders, (1, 3, 2), strict=True):
        pause(order, now - timedelta(hours=hours) + timedelta(minutes=30), "2026-11-19")
    assert count_time_requests() == before + 3
    shown = [row.order.id for row in time_desk(1, now)["rows"]]
    assert [one for one in shown if one in {order.id for order in orders}] == [orders[n].id for n in (1, 2, 0)]
    transfer.request_return(orders[0], HANDLER, now, reason="不是我们的")  # cannot be decided now
    time.refuse_time(orders[1], DISPATCHER, now, reason="不同意")
    assert count_time_requests() == before + 1


def test_a_request_is_seen_while_it_waits_and_what_is_granted_at_once_is_said(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    client = sign_in("handler")

    def ask(amount: str) -> str:
        given = {"version": fresh(order).version, "kind": "extension", "amount": amount, **ASKED, "stay": "1"}
        return client.post(f"/orders/{order.number}/request-time", data=given, follow_redirects=True).text

    page = ask("1")
    assert "The time is granted at once" in page
    assert "waits for the center" not in page
    assert "time asked for" not in client.get("/inbox").text
    assert "waits for the center since" in ask("1")
    assert "time asked for" in client.get("/inbox").text


def test_the_page_of_requests_is_the_centers(sign_in: Signer, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    saved(order)
    for login in ("agent", "handler", "callback", "manager"):
        client = sign_in(login)
        assert client.get("/time-requests").status_code == 403
        assert 'href="/time-requests"' not in client.get("/notices", follow_redirects=True).text
    for login in ("dispatcher", "supervisor"):
        client = sign_in(login)
        page = client.get("/time-requests").text
        row = next(row for row in page.split("<tr ") if f'data-row="{order.number}"' in row)
        for words in ("the citizen has to supplement", "until Thu 19 Nov 17:30", *ASKED.values(), "27 Nov 16:30"):
            assert words in row
        assert 'href="/time-requests"' in page
        assert "<html" not in client.get("/time-requests?part=rows").text


def test_a_unit_asks_and_the_center_grants_by_form(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    client = sign_in("handler")
    page = client.get(f"/orders/{order.number}").text
    assert "until 2026-12-29 at the latest" in page
    address = f"/orders/{order.number}/request-time"
    wrong = client.post(address, data={"version": 3, "kind": "supplement", "until": "2026-11-17", **ASKED})
    assert wrong.status_code == 422
    assert re.search(r'id="request_time-until-error">give a day from 2026-11-18', wrong.text)
    assert f"{ASKED['next_step']}</textarea>" in wrong.text
    assert client.post(address, data={"version": 3, "kind": "supplement", "until": "no day"}).status_code == 422
    data = {"version": 3, "kind": "supplement", "until": "2026-11-19", "amount": "", **ASKED}
    assert client.post(address, data=data).status_code == 302
    client = sign_in("dispatcher")
    page = client.get(f"/orders/{order.number}").text
    form = re.search(r'data-action="grant_time" open>.*?</form>', page, re.DOTALL)
    assert form
    for words in (*ASKED.values(), "Due Tue 24 Nov 17:30; if granted Fri 27 Nov 16:30"):
        assert words in form.group()
    assert client.post(f"/orders/{order.number}/grant-time", data={"version": 4, "note": "同意"}).status_code == 302
    page = client.get(f"/orders/{order.number}").text
    assert "paused from 2026-11-17 10:00 (Tue) to 2026-11-19 17:30 (Thu)" in page
    assert "paused until 19 Nov" in page
    client = sign_in("handler")
    done = client.post(f"/orders/{order.number}/resume", data={"version": 5, "reason": "已补充"})
    assert done.status_code == 302
    assert work(fresh(order)).due_at == at(DUE)


def test_one_request_with_what_remains_and_what_was_asked_before(sign_in: Signer, now: datetime) -> None:
    order = factories.handling(now)
    pause(order, now, "2026-11-19")
    time.refuse_time(order, DISPATCHER, now, reason="材料不是诉求人的")
    pause(order, now + timedelta(minutes=5), "2026-11-20")
    saved(order)
    client = sign_in("dispatcher")
    row = next(row for row in client.get("/time-requests").text.split("<tr ") if f'data-row="{order.number}"' in row)
    assert "2 asked, 0 granted, 1 refused" in row
    part = client.get(f"/time-requests/{order.number}?part=1").text
    assert "<html" not in part
    for words in ("材料不是诉求人的", "2 asked, 0 granted, 1 refused", *ASKED.values(), "extensions of"):
        assert words in part
    assert f'action="/orders/{order.number}/grant-time"' in part
    assert f'action="/orders/{order.number}/refuse-time"' in part
    assert sign_in("handler").get(f"/time-requests/{order.number}").status_code == 403


def test_several_are_granted_with_one_note_each_for_itself(sign_in: Signer, now: datetime) -> None:
    good, stale = factories.handling(now), factories.handling(now)
    for order in (good, stale):
        pause(order, now, "2026-11-19")
    picked = [f"{order.number}:{order.version}" for order in (good, stale)]
    time.refuse_time(stale, DISPATCHER, now, reason="不同意")
    saved(stale)
    answer = sign_in("supervisor").post("/time-requests", data={"order": picked, "note": "鉴定需要时间"})
    assert answer.status_code == 200
    assert "1 request granted" in answer.text
    assert re.search(rf"<li><a [^>]*>{stale.number}</a>.*?派单员 Refuse", answer.text, re.DOTALL)
    good = fresh(good)
    assert good.time_asked_at is None
    assert good.events[-1].payload["note"] == "鉴定需要时间"


def test_a_deadline_set_upstream_runs_whatever_was_paused(session: None, now: datetime) -> None:
    order = factories.handling(now)
    handle.record_contact(order, HANDLER, now, note="已联系")
    pause(order, now, "2026-12-03")
    time.grant_time(order, DISPATCHER, now)
    before = inbox_counts(HANDLER, at("2026-11-19 10:00"))["overdue"]
    set_upstream(order, DISPATCHER, now, due=at("2026-11-18 12:00"), reason="上级平台改期")
    stand = countdown(work(order), at("2026-11-19 10:00"), policies.calendar_now())
    assert stand.light is Light.OVERDUE
    assert inbox_counts(HANDLER, at("2026-11-19 10:00"))["overdue"] == before + 1
    assert not is_open(Action.RESUME, order, HANDLER, at("2026-11-17 12:00"))


def test_the_form_is_not_there_when_no_time_can_be_asked_for(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now - timedelta(days=14)))
    page = sign_in("handler").get(f"/orders/{order.number}").text
    assert "Time is asked for before the work is due" in page
    assert f"/orders/{order.number}/request-time" not in page


def test_over_http(client: FlaskClient, key_of: Keys, now: datetime) -> None:
    order = saved(factories.handling(now))

    def step(path: str, login: str, status: int = 200, **body: object) -> dict[str, Any]:
        answer = client.post(f"/api/v1/orders/{order.number}/{path}", json=body, headers=key_of(login))
        assert answer.status_code == status, answer.json
        return dict(answer.json or {})

    def actions(login: str) -> list[str]:
        seen = client.get(f"/api/v1/orders/{order.number}", headers=key_of(login)).json or {}
        return list(seen["actions"])

    for amount in (2.5, "two", True, 11, None):
        assert "amount" in step("request-time", "handler", 422, kind="extension", amount=amount, **ASKED)["errors"]
    assert "kind" in step("request-time", "handler", 422, kind="holiday", amount=1, **ASKED)["errors"]
    step("request-time", "dispatcher", 403, kind="extension", amount=1, **ASKED)
    step("request-time", "handler", kind="extension", amount=2, **ASKED)
    assert work(fresh(order)).due_at == at("2026-11-26 17:30")
    assert "grant_time" not in actions("dispatcher")
    step("grant-time", "dispatcher", 409)
    step("request-time", "handler", kind="promise", until="2027-03-31", **ASKED)
    assert {"grant_time", "refuse_time"} <= set(actions("dispatcher"))
    assert "request_time" not in actions("handler")
    step("refuse-time", "dispatcher", 422)
    step("refuse-time", "dispatcher", reason="请先与诉求人商定")
    step("request-time", "handler", kind="promise", until="2027-03-31", **ASKED)
    step("grant-time", "supervisor", note="已告知诉求人")
    assert "resume" in actions("handler")
    step("resume", "handler", reason="提前完成")
    step("resume", "handler", 409, reason="再来一次")
    assert work(fresh(order)).due_at == at("2026-11-26 17:30")


# All of it together

Verb = Callable[[Order, datetime, int], object]


def until(now: datetime, days: int) -> str:
    return (now.astimezone(CITY).date() + timedelta(days=days)).isoformat()


def moved_to(order: Order, now: datetime, n: int) -> None:
    if order.state is State.DISPATCHED:
        handle.sign(order, holder_of(order), now)
    transfer.request_return(order, holder_of(order), now, reason="不是我们的")
    transfer.redispatch(order, "urban" if order.lead_unit == "housing" else "housing", DISPATCHER, now, reason="同意")


def holder_of(order: Order) -> Actor:
    return replace(HANDLER, units=frozenset({order.lead_unit or ""}))


def ask(kind: TimeKind) -> Verb:
    def verb(order: Order, now: datetime, n: int) -> object:
        more = {"amount": n} if kind is TimeKind.EXTENSION else {"until": date.fromisoformat(until(now, n))}
        return time.request_time(order, holder_of(order), now, kind=kind, **ASKED, **more)  # type: ignore[arg-type]

    return verb


VERBS: dict[str, Verb] = {
    **{kind.value: ask(kind) for kind in TimeKind},
    "grant": lambda order, now, n: time.grant_time(order, DISPATCHER, now),
    "refuse": lambda order, now, n: time.refuse_time(order, SUPERVISOR, now, reason="不同意"),
    "resume": lambda order, now, n: time.resume(order, holder_of(order), now, reason="已补充"),
    "redo": lambda order, now, n: again(order, now) if order.lead_unit == "housing" else None,
    "move": moved_to,
    "sign": lambda order, now, n: handle.sign(order, holder_of(order), now),
    "upstream": lambda order, now, n: set_upstream(
        order, DISPATCHER, now, due=now + timedelta(days=n), reason="上级平台设定"
    ),
    "supervise": lambda order, now, n: supervision.supervise(order, SUPERVISOR, now, reason="久拖不决"),
    "feed back": lambda order, now, n: supervision.feed_back(order, holder_of(order), now, note="已到现场"),
}
WALKS = st.lists(
    st.tuples(st.sampled_from(sorted(VERBS)), st.integers(0, 30), st.integers(1, 12)), min_size=3, max_size=20
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WALKS)
def test_every_walk_can_be_replayed(session: None, now: datetime, walk: list[tuple[str, int, int]]) -> None:
    order, instant = factories.handling(now), now
    for verb, hours, n in walk:
        instant += timedelta(hours=hours)
        try:
            with db.session.begin_nested():
                VERBS[verb](order, instant, n)
        except HotlineError as refused:
            assert refused.message
    events = list(db.session.scalars(select(Event).filter_by(order_id=order.id).order_by(Event.seq)))
    rows = list(db.session.scalars(select(Deadline).filter_by(order_id=order.id).order_by(Deadline.id)))
    assert broken_link(order, events) is None
    policy = policies.policy(order.policy_id)
    replayed = replay(events, policy.limits, facts_of(order))
    assert len(replayed) == len(rows)
    for row, said in zip(rows, replayed, strict=True):
        assert all(getattr(row, one.name) == getattr(said, one.name) for one in fields(said))
        due = reckoning(said, policies.calendar(row.calendar_id), policy.counting)
        assert (row.due_at, row.original_due_at) == (due.at, due.original)
        assert all(one.end <= other.start for one, other in pairwise(pauses(row)))
        assert sum(extension[0] for extension in row.extended) <= 10
    assert sum(len(row.extended) for row in rows) <= 2
    decided = {Action.GRANT_TIME, Action.REFUSE_TIME, Action.REPLY, Action.REDISPATCH}
    last = next((event for event in reversed(events) if event.action in decided | {Action.REQUEST_TIME}), None)
    assert order.time_asked_at == (last.at if last and last.action is Action.REQUEST_TIME else None)
