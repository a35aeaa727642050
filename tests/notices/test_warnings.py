"""Warnings: at the right instant, once each, as digests, by day, to those whose orders they are about."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update

from hotline.base.db import db
from hotline.base.work import unit_of_work
from hotline.handle import operations as handle
from hotline.handle import supervision
from hotline.handle import time as handle_time
from hotline.notices import queries
from hotline.notices.models import GivenWarning, Notice
from hotline.notices.operations import mark_read
from hotline.notices.queries import Digest, count_unread, in_words, notices_for
from hotline.notices.warnings import is_quiet, sweep
from hotline.orders.models import Deadline, Order
from hotline.orders.recompute import follow_calendar
from hotline.orders.vocabulary import Result, TimeKind, Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.document import WarningKind
from hotline.policy.models import CalendarVersion, PolicyVersion
from hotline.policy.operations import adopt_calendar, adopt_policy
from hotline.transfer import operations as transfer
from hotline.transfer.merging import set_upstream
from tests import factories
from tests.conftest import NOW

SignIn = Callable[[str], FlaskClient]
ActorOf = Callable[[str], Actor]

CITY = ZoneInfo("Asia/Shanghai")
BLINK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
SUPERVISOR = Actor(Role.SUPERVISOR, "督办")
YELLOW, RED, URGE, REPORT = WarningKind
ASKED = {"reason": "需要更多时间", "next_step": "周五现场核实"}


def at(written: str) -> datetime:
    """An instant from city time."""
    return datetime.fromisoformat(written).replace(tzinfo=CITY)


# An order handled from NOW on, Tuesday 2026-11-17 at 10:00, is due in five working days.
DUE = at("2026-11-24 17:30")


def nothing_runs() -> None:
    """No clock runs, and nobody is told anything yet."""
    db.session.execute(update(Deadline).where(Deadline.ended_at.is_(None)).values(ended_at=NOW, outcome="dropped"))
    db.session.execute(delete(GivenWarning))
    db.session.execute(delete(Notice))


@pytest.fixture
def quiet(session: None) -> None:
    nothing_runs()


@pytest.fixture
def often(quiet: None) -> None:
    """A policy without a gap between digests."""
    warnings(gap_hours=0)


def warnings(**changes: Any) -> None:
    """From NOW on the city warns otherwise."""
    first = db.session.get_one(PolicyVersion, policies.policy_id_at(NOW)).document
    adopt_policy({**first, "warnings": {**first["warnings"], **changes}}, NOW, NOW)


def due(upstream: str, **changes: Any) -> Order:
    """An order whose work is due at a city time."""
    return factories.handling(NOW, upstream_due_at=at(upstream), **changes)


def given() -> list[tuple[WarningKind, str]]:
    """Every warning given, with the order's number."""
    query = select(GivenWarning.kind, Order.number).join(Deadline, Deadline.id == GivenWarning.deadline_id).join(Order)
    return [(row.kind, row.number) for row in db.session.execute(query.order_by(GivenWarning.id))]


def kinds() -> set[WarningKind]:
    return {kind for kind, _ in given()}


def digests(reader: Actor) -> list[dict[WarningKind, list[str]]]:
    """The digests somebody sees, the newest first: by kind, the orders' numbers."""
    db.session.expire_all()
    shown = in_words(db.session.scalars(notices_for(reader)), reader)
    return [
        {one.kind: [deadline.order.number for deadline in one.deadlines] for one in digest.kinds}
        for digest in shown
        if isinstance(digest, Digest)
    ]


# When


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        (YELLOW, at("2026-11-23 17:30")),  # one working day of seven hours is left
        (RED, DUE + BLINK),
        (URGE, at("2026-11-25 08:00")),  # the next day, when the night is over
        (REPORT, at("2026-12-01 08:00")),
    ],
)
def test_each_kind_at_its_edge(often: None, kind: WarningKind, first: datetime) -> None:
    factories.handling(NOW)
    sweep(first - BLINK)
    assert kind not in kinds()
    assert sweep(first) == 1
    assert kind in kinds()


def test_the_working_day_left_may_be_a_make_up_saturday(quiet: None) -> None:
    order = factories.handling(at("2026-09-29 10:00"))
    assert {row.due_at for row in order.deadlines if row.clock == "handle"} == {at("2026-10-12 17:30")}
    assert sweep(at("2026-10-10 17:30") - BLINK) == 0
    assert sweep(at("2026-10-10 17:30")) == 1
    assert given() == [(YELLOW, order.number)]


def test_what_falls_due_on_a_make_up_saturday_is_warned_of_on_friday(quiet: None) -> None:
    factories.handling(at("2026-09-28 10:00"))  # 9-29, 9-30, 10-08, 10-09, 10-10
    assert sweep(at("2026-10-09 17:30") - BLINK) == 0
    assert sweep(at("2026-10-09 17:30")) == 1
    assert kinds() == {YELLOW}
    assert sweep(at("2026-10-10 17:30") + BLINK) == 1
    assert kinds() == {YELLOW, RED}


def test_friday_evening_waits_for_monday_morning(quiet: None, actor: ActorOf) -> None:
    order = due("2026-11-20 21:00")
    for silent in ("11-20 21:01", "11-21 07:00", "11-21 10:00", "11-22 15:00", "11-23 07:59"):
        assert sweep(at(f"2026-{silent}")) == 0, silent
    assert sweep(at("2026-11-23 08:00")) == 1
    assert kinds() == {RED, URGE}
    assert digests(actor("handler")) == [{URGE: [order.number]}]


@pytest.mark.parametrize(
    ("upstream", "urged"),
    [
        ("2026-11-20 10:00", "2026-11-23 08:00"),  # a Friday: on Monday
        ("2026-11-21 10:00", "2026-11-23 08:00"),  # a Saturday: on Monday, too
        ("2026-11-25 00:00", "2026-11-25 08:00"),  # 24:00 of Tuesday: on Wednesday
        ("2026-10-09 10:00", "2026-10-10 08:00"),  # the day before a make-up Saturday
        ("2026-09-30 10:00", "2026-10-08 08:00"),  # before the National Day holiday
    ],
)
def test_who_is_late_is_urged_on_the_next_working_day(often: None, upstream: str, urged: str) -> None:
    order = factories.handling(at(upstream) - timedelta(hours=9), upstream_due_at=at(upstream))
    sweep(at(urged) - MINUTE)
    assert URGE not in kinds()
    sweep(at(urged))
    assert (URGE, order.number) in given()


def test_an_urgent_order_late_on_a_day_off_is_not_urged_before_a_working_day(often: None) -> None:
    due("2026-11-21 10:00", urgency=Urgency.URGENT)
    sweep(at("2026-11-22 10:00"))
    assert URGE not in kinds()
    sweep(at("2026-11-23 00:01"))
    assert URGE in kinds()


def test_friday_evening_waits_for_a_make_up_saturday(quiet: None) -> None:
    factories.handling(at("2026-10-08 10:00"), upstream_due_at=at("2026-10-09 21:00"))
    assert sweep(at("2026-10-09 21:01")) == 0
    assert sweep(at("2026-10-10 07:59")) == 0
    assert sweep(at("2026-10-10 08:00")) == 1


def test_a_holiday_is_quiet(quiet: None) -> None:
    factories.handling(at("2026-09-28 10:00"), upstream_due_at=at("2026-09-30 21:00"))
    for day in range(1, 8):
        assert sweep(at(f"2026-10-0{day} 10:00")) == 0, day
    assert sweep(at("2026-10-08 08:00")) == 1


def test_at_night_only_urgent_orders(quiet: None, actor: ActorOf) -> None:
    plain = due("2026-11-18 02:00")
    urgent = due("2026-11-18 02:00", urgency=Urgency.URGENT)
    assert sweep(at("2026-11-18 03:00")) == 1
    assert given() == [(RED, urgent.number)]
    assert sweep(at("2026-11-18 08:00")) == 1
    assert digests(actor("handler")) == [{RED: [plain.number]}, {RED: [urgent.number]}]


def test_an_urgent_order_on_a_day_off(quiet: None) -> None:
    due("2026-11-21 02:00")
    due("2026-11-21 02:00", urgency=Urgency.URGENT)
    assert sweep(at("2026-11-21 12:00")) == 1


@pytest.mark.parametrize(
    ("first", "last", "silent", "heard"),
    [
        (time(20), time(8), ("20:00", "23:59", "00:00", "07:59"), ("08:00", "12:00", "19:59")),
        (time(0), time(6), ("00:00", "05:59"), ("06:00", "23:59")),
        (time(0), time(0), (), ("00:00", "12:00")),
    ],
)
def test_quiet_hours(session: None, first: time, last: time, silent: tuple[str, ...], heard: tuple[str, ...]) -> None:
    rules, calendar = policies.policy_at(NOW).warnings, policies.calendar_now()
    rules = replace(rules, quiet_from=first, quiet_until=last)
    assert all(is_quiet(rules, calendar, at(f"2026-11-17 {hour}")) for hour in silent)
    assert not any(is_quiet(rules, calendar, at(f"2026-11-17 {hour}")) for hour in heard)


def test_the_policy_in_force_decides(quiet: None) -> None:
    row = {"kind": "yellow", "days": -2, "clocks": ["handle"], "to_center": False, "evidence": "I"}
    warnings(rules=[row])
    factories.handling(NOW)
    assert sweep(at("2026-11-20 17:30") - BLINK) == 0
    assert sweep(at("2026-11-20 17:30")) == 1
    assert sweep(at("2027-02-01 10:00")) == 0, "no other rule, no other warning"


def test_a_clock_no_rule_names_and_a_clock_without_a_unit_are_not_warned_of(quiet: None) -> None:
    factories.received(NOW)
    warnings(rules=[{"kind": "red", "days": 0, "clocks": ["dispatch"], "to_center": True, "evidence": "I"}])
    factories.handling(NOW)  # the clock to contact the citizen runs out
    assert sweep(at("2026-12-15 10:00")) == 0


def test_what_has_ended_is_not_warned_of(quiet: None) -> None:
    factories.replied(NOW)
    assert sweep(at("2026-12-15 10:00")) == 0


# Once


def test_once_each(often: None) -> None:
    factories.handling(NOW)
    assert sweep(DUE) == 1
    for later in (timedelta(), MINUTE, timedelta(hours=2)):
        sweep(DUE + BLINK + later)
    assert [kind for kind, _ in given()] == [YELLOW, RED]


def test_a_worker_that_was_down_tells_the_last_stage_only(quiet: None, actor: ActorOf) -> None:
    order = factories.handling(NOW)
    assert sweep(at("2026-11-26 10:00")) == 1
    assert {kind for kind, _ in given()} == {RED, URGE}
    assert digests(actor("handler")) == [{URGE: [order.number]}]
    assert sweep(at("2026-11-26 15:00")) == 0


@pytest.fixture
def twenty(app: Flask, committed: None) -> Iterator[list[int]]:
    """Ids of twenty orders that are committed, and no clock but theirs runs."""
    with app.app_context():
        with unit_of_work():
            nothing_runs()
            ids = [factories.handling(NOW).id for _ in range(20)]
        db.session.remove()
    yield ids
    with app.app_context(), unit_of_work():
        nothing_runs()


def test_two_sweeps_at_the_same_moment_give_each_once(app: Flask, twenty: list[int]) -> None:
    start = threading.Barrier(2)
    results: list[int] = []

    def work(now: datetime) -> None:
        with app.app_context():
            with unit_of_work():
                start.wait(timeout=30)
                results.append(sweep(now))
            db.session.remove()

    threads = [threading.Thread(target=work, args=[DUE + timedelta(seconds=n)]) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [0, len(twenty)]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(GivenWarning)) == len(twenty)
        assert db.session.scalar(select(func.count()).select_from(Notice).where(Notice.event_id.is_(None))) == 1
        db.session.remove()


def test_an_extension_arms_the_warning_anew(quiet: None) -> None:
    order = factories.handling(NOW)
    assert sweep(at("2026-11-23 17:30")) == 1
    asked = at("2026-11-23 18:00")
    handle_time.request_time(order, factories.HANDLER, asked, kind=TimeKind.EXTENSION, amount=3, **ASKED)
    assert sweep(at("2026-11-26 17:30") - BLINK) == 0
    assert sweep(at("2026-11-26 17:30")) == 1
    assert given() == [(YELLOW, order.number)] * 2


def test_a_clock_that_stands_still_is_not_warned_of(quiet: None) -> None:
    order = factories.handling(NOW)
    asked = at("2026-11-24 10:00")
    until = at("2026-12-04 17:30")
    handle_time.request_time(order, factories.HANDLER, asked, kind=TimeKind.SUPPLEMENT, until=until.date(), **ASKED)
    handle_time.grant_time(order, factories.DISPATCHER, asked)
    assert sweep(until - MINUTE * 30) == 0, "six and a half hours are left, but the clock is paused"
    assert sweep(until) == 1
    assert given() == [(YELLOW, order.number)]


def test_a_unit_is_not_told_to_sign_while_its_return_is_reviewed(often: None) -> None:
    order = factories.dispatched(NOW)
    transfer.request_return(order, factories.HANDLER, NOW + timedelta(hours=1), reason="不属于我单位职责")
    assert sweep(at("2026-11-18 10:00")) == 0
    transfer.refuse_return(order, factories.DISPATCHER, at("2026-11-18 11:00"), reason="属于该单位")
    assert sweep(at("2026-11-18 11:01")) == 0  # and a refusal stands for the signature


def test_the_unit_that_takes_an_overdue_order_over_is_warned_too(often: None, actor: ActorOf) -> None:
    order = due("2026-11-19 10:00")
    assert sweep(at("2026-11-19 10:01")) == 1
    transfer.request_return(order, factories.HANDLER, at("2026-11-17 14:00"), reason="不属于我单位职责")
    transfer.redispatch(order, "d01", factories.DISPATCHER, at("2026-11-19 10:02"), reason="同意")
    assert sweep(at("2026-11-19 10:03")) == 1
    assert digests(actor("handler-d01")) == [{RED: [order.number]}]
    assert sweep(at("2026-11-19 10:04")) == 0


def test_a_calendar_that_moves_what_is_overdue_warns_of_nothing_again(often: None) -> None:
    factories.handling(NOW)
    late = at("2026-12-10 10:00")
    assert sweep(late) == 1
    before = given()
    newest = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())).first()
    assert newest is not None
    document = {**newest.document, "city": [["2026-11-20", "holiday", "补记"]]}
    adopt_calendar(document, newest.zone, newest.published_until, "t", late)
    assert sweep(late) == 0, "by the old calendar nothing is warned of"
    assert len(follow_calendar(late)) == 1
    assert sweep(late + MINUTE) == 0
    assert given() == before


def test_a_pause_does_not_silence_a_deadline_set_upstream(quiet: None) -> None:
    order = factories.handling(NOW)
    until = at("2026-12-04 17:30").date()
    handle_time.request_time(order, factories.HANDLER, NOW, kind=TimeKind.SUPPLEMENT, until=until, **ASKED)
    handle_time.grant_time(order, factories.DISPATCHER, NOW)
    set_upstream(order, factories.DISPATCHER, NOW, due=at("2026-11-18 12:00"), reason="上级平台改期")
    assert sweep(at("2026-11-18 12:01")) == 1
    assert kinds() == {RED}


# How many


def test_a_hundred_orders_are_one_notice(quiet: None, actor: ActorOf) -> None:
    numbers = {factories.handling(NOW).number for _ in range(100)}
    assert sweep(DUE + BLINK) == 100
    assert count_unread(actor("handler")) == 1
    (digest,) = digests(actor("handler"))
    assert set(digest) == {RED}
    assert set(digest[RED]) == numbers


def test_a_unit_gets_its_next_digest_after_the_gap(quiet: None, actor: ActorOf) -> None:
    first, second = due("2026-11-17 13:30"), due("2026-11-17 13:31")
    assert sweep(at("2026-11-17 13:30:30")) == 2, "one is yellow"
    assert sweep(at("2026-11-17 13:32")) == 0
    gap_over = at("2026-11-17 17:30:30")
    assert sweep(gap_over - BLINK) == 0
    assert sweep(gap_over) == 1
    assert digests(actor("handler")) == [{RED: [second.number]}, {RED: [first.number], YELLOW: [second.number]}]


def test_the_gap_of_one_unit_is_not_that_of_another(quiet: None) -> None:
    due("2026-11-17 13:30")
    assert sweep(at("2026-11-17 13:31")) == 1
    factories.dispatched(NOW, unit="d01", upstream_due_at=at("2026-11-17 13:31"))
    assert sweep(at("2026-11-17 13:32")) == 1


def test_an_urgent_order_does_not_wait_for_the_gap_and_takes_the_others_along(quiet: None, actor: ActorOf) -> None:
    due("2026-11-17 13:30")
    sweep(at("2026-11-17 13:31"))
    waiting = due("2026-11-17 13:32")
    assert sweep(at("2026-11-17 13:33")) == 0
    urgent = due("2026-11-17 13:34", urgency=Urgency.URGENT)
    assert sweep(at("2026-11-17 13:35")) == 2
    assert digests(actor("handler"))[0] == {RED: [waiting.number, urgent.number]}


# Whom


def test_after_five_days_the_center_hears_of_it(often: None, actor: ActorOf) -> None:
    late, later = factories.handling(NOW), factories.handling(NOW + timedelta(days=1))
    sweep(at("2026-11-26 17:31"))
    assert digests(actor("supervisor")) == []
    assert sweep(at("2026-12-01 17:30")) == 1
    assert digests(actor("supervisor")) == [{REPORT: [late.number]}]
    assert digests(actor("handler"))[0] == {REPORT: [late.number]}
    assert digests(actor("dispatcher")) == digests(actor("handler-d01")) == []
    assert sweep(at("2026-12-02 17:30")) == 1
    assert digests(actor("supervisor"))[0] == {REPORT: [later.number]}
    assert count_unread(actor("supervisor")) == 2


def test_the_center_gets_one_digest_of_all_units(quiet: None, actor: ActorOf) -> None:
    numbers = [factories.handling(NOW).number, factories.dispatched(NOW, unit="d01").number]
    sweep(at("2026-12-01 17:30"))
    assert digests(actor("supervisor")) == [{REPORT: numbers}]
    assert db.session.scalar(select(func.count()).select_from(Notice)) == 3


def test_an_order_that_went_to_another_unit(quiet: None, actor: ActorOf) -> None:
    order, stays = due("2026-11-18 09:30"), due("2026-11-18 10:00")
    sweep(NOW)
    assert digests(actor("handler")) == [{YELLOW: [order.number, stays.number]}]
    transfer.request_return(order, factories.HANDLER, NOW, reason="不属于本单位职责")
    transfer.redispatch(order, "d01", factories.DISPATCHER, NOW, reason="改派")
    assert digests(actor("handler")) == [{YELLOW: [stays.number]}], "no longer theirs to see"
    assert digests(actor("handler-d01")) == []
    sweep(at("2026-11-18 09:31"))
    assert digests(actor("handler-d01"))[0][RED].count(order.number) >= 1
    assert all(order.number not in numbers for digest in digests(actor("handler")) for numbers in digest.values())


def test_a_digest_of_nothing_a_unit_may_see_is_gone(quiet: None, actor: ActorOf) -> None:
    order = due("2026-11-18 09:30")
    sweep(NOW)
    assert count_unread(actor("handler")) == 1
    transfer.request_return(order, factories.HANDLER, NOW, reason="不属于本单位职责")
    transfer.redispatch(order, "d01", factories.DISPATCHER, NOW, reason="改派")
    assert count_unread(actor("handler")) == 0
    assert list(db.session.scalars(notices_for(actor("handler")))) == []


def test_a_supervised_order_is_warned_of_by_each_of_its_clocks(quiet: None, actor: ActorOf) -> None:
    order = factories.handling(NOW)
    supervision.supervise(order, SUPERVISOR, NOW + timedelta(days=2), reason="群众反复反映")  # due 11-24 too
    assert sweep(DUE + BLINK) == 2
    assert digests(actor("handler")) == [{RED: [order.number] * 2}]


def test_no_unit_learns_from_a_warning_that_its_citizen_is_to_be_called(quiet: None, actor: ActorOf) -> None:
    warnings(rules=[{"kind": "red", "days": 0, "clocks": ["callback"], "to_center": True, "evidence": "I"}])
    order = factories.replied(NOW)
    sweep(at("2026-11-19 10:00"))
    assert count_unread(actor("handler")) == 0
    assert digests(actor("handler")) == []
    assert digests(actor("supervisor")) == [{RED: [order.number]}]


# The page


def bell(page: str) -> str:
    found = re.search(r'class="bell".*?class="count">(\S+?)<', page, re.DOTALL)
    return found.group(1) if found else ""


def test_the_page_shows_the_digest_by_kind(sign_in: SignIn, quiet: None) -> None:
    late, soon = due("2026-11-17 09:00", title="锦绣<花园>"), due("2026-11-17 17:00")
    sweep(NOW)
    page = sign_in("handler").get("/notices").text
    assert bell(page) == "1"
    assert "Deadline warnings" in page
    assert page.index("warning-red") < page.index(late.number) < page.index("warning-yellow") < page.index(soon.number)
    assert "Red card: overdue" in page
    assert "Yellow card: due soon" in page
    assert "锦绣&lt;花园&gt;" in page
    assert f'href="/orders/{late.number}?back=' in page
    assert "light-overdue" in page
    assert "light-soon" in page
    assert late.requester_phone not in page
    assert "王女士" not in page
    assert sign_in("handler-d01").get("/notices").text.count("digest") == 0


def test_the_light_of_an_order_in_a_digest_is_todays(sign_in: SignIn, quiet: None) -> None:
    order = due("2026-11-17 09:00")
    sweep(NOW)
    handle.reply(order, factories.HANDLER, NOW, result=Result.SOLVED, public_reply="已经处理完毕。")
    page = sign_in("handler").get("/notices").text
    assert "light-late" in page
    assert "light-overdue" not in page


def test_the_centers_page_names_the_unit(sign_in: SignIn, quiet: None) -> None:
    factories.handling(NOW)
    sweep(at("2026-12-01 17:30"))
    page = sign_in("supervisor").get("/notices").text
    assert "warning-report" in page
    assert "Housing" in page
    assert bell(page) == "1"


def test_a_digest_is_read_like_any_notice(sign_in: SignIn, actor: ActorOf, quiet: None) -> None:
    due("2026-11-17 09:00")
    sweep(NOW)
    page = sign_in("handler").get("/notices").text
    sign_in("handler").post("/notices/read", data={"notice": re.findall(r'name="notice" value="(\d+)"', page)})
    assert bell(sign_in("handler").get("/notices").text) == ""
    due("2026-11-17 09:30")
    sweep(NOW + timedelta(hours=5))
    mark_read([db.session.scalars(select(func.max(Notice.id))).one()], actor("handler-d01"), NOW)
    assert bell(sign_in("handler").get("/notices").text) == "1"


def test_a_long_digest_says_how_many_more(sign_in: SignIn, quiet: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "LISTED_UP_TO", 2)
    orders = [due(f"2026-11-17 09:0{n}") for n in range(5)]
    sweep(NOW)
    page = sign_in("handler").get("/notices").text
    assert [order.number in page for order in orders] == [True, True, False, False, False]
    assert "and 3 more" in page
