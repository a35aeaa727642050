"""The measures of dispatching: who dispatched, what was overturned, what may still be."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select, text

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import speaking
from hotline.orders.lifecycle import Action
from hotline.orders.models import Order
from hotline.orders.operations import act
from hotline.people.actors import SYSTEM, Actor
from hotline.people.queries import unit_names
from hotline.people.roles import Role
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.report import inflow, queries
from hotline.report.dimensions import By
from hotline.report.figures import Figure
from hotline.report.lines import DispatchLine
from hotline.report.lists import DISPATCHED, Wanted, listing
from hotline.report.measure import Bucket
from hotline.report.measures import BY_NAME
from hotline.report.overview import overview
from hotline.report.routing import routing
from hotline.report.sheet import week_sheet
from hotline.report.subjects.dispatches import DISPATCH_MEASURES, settled_until
from hotline.transfer.operations import dispatch, redispatch, refuse_return, return_window
from tests import factories
from tests.conftest import NOW
from tests.report.rows import HOUR, MONDAY, WEEK, at
from tests.report.test_pages import LAST_WEEK, Links, SignIn, rows_of, shown

UNITS = ("housing", "d01", "commerce")
MANAGER = Actor(Role.MANAGER, "主任")
FINAL = WEEK.end + timedelta(days=7)
FIRST = DISPATCH_MEASURES[:4]  # of first dispatches
SHARE, ALL, AUTO, HAND = (measure.name for measure in FIRST)


def sent(when: datetime, unit: str = "housing", *, by: Actor = SYSTEM) -> Order:
    """An order dispatched by the system (or by somebody), waiting for its unit."""
    order = factories.received(when)
    why = {"confidence": 0.93, "threshold": 0.8} if by is SYSTEM else {}
    dispatch(order, unit, by, when, category="060101", **why)
    return order


def asked(order: Order, when: datetime) -> Order:
    """The unit asks to hand it back. By the table alone: the policy's window is not what is measured here."""
    handler = Actor(Role.HANDLER, "经办人", units=frozenset({str(order.lead_unit)}))
    act(order, Action.REQUEST_RETURN, handler, when, reason="不属于本单位")
    return order


def overturned(order: Order, when: datetime, unit: str = "d02") -> Order:
    """A return asked for and agreed to."""
    redispatch(asked(order, when), unit, factories.DISPATCHER, when + HOUR, reason="同意")
    return order


def figure(name: str, cutoff: datetime = FINAL) -> Figure:
    return queries.figures(BY_NAME[name], WEEK, cutoff)[None]


def counted(name: str, cutoff: datetime = FINAL) -> tuple[int, int, int]:
    found = figure(name, cutoff)
    return found.numerator, found.denominator, found.not_due


def mixed(seed: int) -> None:
    """Dispatches by chance in and around the week, with returns waiting, refused, agreed to, and agreed to twice."""
    dice = Random(seed)
    for _ in range(14):
        start = MONDAY + timedelta(hours=dice.randrange(-30, 9 * 24))
        order = sent(start, dice.choice(UNITS), by=dice.choice([SYSTEM, factories.DISPATCHER]))
        later = start + dice.randrange(1, 60) * HOUR
        match dice.randrange(6):
            case 0:
                asked(order, later)
            case 1:
                refuse_return(asked(order, later), factories.DISPATCHER, later + HOUR, reason="应由你单位办理")
            case 2:
                overturned(order, later)
            case 3:
                overturned(overturned(order, later), later + 5 * HOUR, "d03")
            case _:
                pass
    db.session.flush()


# Who dispatched


def test_the_share_the_system_dispatched(session: None) -> None:
    for by in (SYSTEM, SYSTEM, SYSTEM, factories.DISPATCHER):
        sent(at(11), by=by)
    factories.received(at(11))
    assert figure(SHARE) == Figure(3, 4, weighted=Decimal(3))


def test_a_redispatch_is_no_first_dispatch(session: None) -> None:
    overturned(sent(at(4)), at(11))
    assert figure(SHARE) == figure(ALL) == Figure()


def test_the_week_ends_before_its_end(session: None) -> None:
    for when in (WEEK.start - timedelta(seconds=1), WEEK.start, WEEK.end - timedelta(seconds=1), WEEK.end):
        sent(when)
    assert figure(SHARE).total == figure(ALL).total == 2


# What was overturned


def test_an_agreed_return_makes_a_dispatch_wrong_and_a_refused_one_does_not(session: None) -> None:
    overturned(sent(at(10)), at(10, 15))
    refuse_return(asked(sent(at(10)), at(10, 15)), factories.DISPATCHER, at(10, 16), reason="应由你单位办理")
    sent(at(10), by=factories.DISPATCHER)
    assert counted(ALL) == (2, 3, 0)
    assert counted(AUTO) == (1, 2, 0)
    assert counted(HAND) == (1, 1, 0)


def test_a_dispatch_counts_once_it_can_no_longer_be_returned(session: None) -> None:
    order = sent(at(10))
    closes = return_window(order)
    assert closes is not None
    moment = timedelta(microseconds=1)
    assert counted(ALL, closes) == (0, 0, 1)  # a return may be asked for up to that instant
    assert counted(ALL, closes + moment) == (1, 1, 0)


def test_what_is_overturned_at_once_does_not_count_before_the_rest_of_its_hour(session: None) -> None:
    overturned(sent(at(10)), at(10, 13))
    sent(at(10))
    assert counted(ALL, at(10, 15)) == (0, 0, 2)
    assert counted(ALL) == (1, 2, 0)


def test_a_return_under_review_may_still_overturn(session: None) -> None:
    order = asked(sent(at(10)), at(11))
    assert counted(ALL) == (0, 0, 1)
    redispatch(order, "d01", factories.DISPATCHER, at(18), reason="同意")
    assert counted(ALL, at(18) - HOUR) == (0, 0, 1)
    assert counted(ALL) == (0, 1, 0)


def test_a_second_return_is_another_units(session: None) -> None:
    order = overturned(sent(at(10)), at(10, 15), "d01")
    asked(order, at(11))
    assert counted(ALL) == (0, 0, 1)  # as long as anything of it is open
    redispatch(order, "d02", factories.DISPATCHER, at(11, 15), reason="同意")
    assert counted(ALL) == (0, 1, 0)
    (line,) = listing(Wanted(ALL), WEEK, FINAL, MANAGER).lines
    assert isinstance(line, DispatchLine)
    assert (line.unit, line.moved_to) == ("housing", "d02")


def test_returns_after_the_week_still_count_and_none_is_lost(session: None) -> None:
    order = sent(WEEK.end - 2 * HOUR)
    assert overview(WEEK, WEEK.end).city[ALL].figure == Figure(not_due=1)
    overturned(order, at(16, 10))
    assert overview(WEEK, FINAL).city[ALL].figure == Figure(0, 1)


def test_what_is_overturned_late_counts_from_then(session: None) -> None:
    order = sent(at(12))
    final = overview(WEEK, FINAL).city
    overturned(order, FINAL + HOUR)
    assert overview(WEEK, FINAL).city == final
    assert overview(WEEK, FINAL + 2 * HOUR).city[ALL].figure == Figure(0, 1)


def test_without_a_limit_a_dispatch_counts_at_once(session: None) -> None:
    first = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).first()
    assert first is not None
    limits = [row for row in first.document["limits"] if row["clock"] != "return_request"]
    adopt_policy({**first.document, "limits": limits}, WEEK.start, WEEK.start)
    sent(at(12))
    assert counted(ALL, at(12, 13)) == (1, 1, 0)


@pytest.mark.parametrize("day", range(9, 16))
@pytest.mark.parametrize("hour", [3, 10, 20])
def test_the_time_to_ask_is_that_of_the_operation(session: None, day: int, hour: int) -> None:
    closes = return_window(sent(at(day, hour)))
    assert closes is not None
    assert settled_until(queries.frame_of(WEEK, closes)) < at(day, hour)
    assert settled_until(queries.frame_of(WEEK, closes + HOUR)) >= at(day, hour)


# By hand, and against the lists


BY_HAND = """
WITH first AS (
  SELECT order_id, at, actor_role = 'system' AS auto FROM order_event
  WHERE action = 'dispatch' AND at >= :start AND at < :end AND at <= :cutoff
), judged AS (
  SELECT auto, at <= :settled
      AND coalesce((SELECT action <> 'request_return' FROM order_event AS e WHERE e.order_id = first.order_id
        AND action IN ('request_return', 'redispatch', 'refuse_return') AND e.at <= :cutoff
        ORDER BY seq DESC LIMIT 1), true) AS due,
    EXISTS (SELECT FROM order_event AS e WHERE e.order_id = first.order_id AND action = 'redispatch' AND e.at <= :cutoff)
      AS wrong
  FROM first
)
SELECT count(*) FILTER (WHERE due AND NOT wrong), count(*) FILTER (WHERE due), count(*) FILTER (WHERE NOT due)
FROM judged WHERE auto OR NOT :only_auto
"""


@pytest.mark.parametrize("cutoff", [at(11, 15), at(14), WEEK.end, FINAL])
@pytest.mark.parametrize(("name", "only_auto"), [(ALL, False), (AUTO, True)])
def test_figures_equal_sql_by_hand(session: None, name: str, cutoff: datetime, *, only_auto: bool) -> None:
    mixed(1)
    mixed(2)
    settled = settled_until(queries.frame_of(WEEK, cutoff))
    given: dict[str, Any] = {"start": WEEK.start, "end": WEEK.end, "cutoff": cutoff, "settled": settled}
    hand = db.session.execute(text(BY_HAND), {**given, "only_auto": only_auto}).one()
    assert counted(name, cutoff) == tuple(hand)
    assert figure(name, cutoff).total > 2


@pytest.mark.parametrize("seed", range(4))
def test_counted_and_pending_are_the_first_dispatches(session: None, seed: int) -> None:
    mixed(seed)
    for cutoff in (at(11), at(14, 3), WEEK.end):
        first = inflow.tallied(WEEK, cutoff).dispatched.total
        assert first > 0
        assert figure(SHARE, cutoff).denominator == figure(ALL, cutoff).total == first
        assert figure(AUTO, cutoff) + figure(HAND, cutoff) == figure(ALL, cutoff)
        assert figure(AUTO, cutoff).total == figure(SHARE, cutoff).numerator


@pytest.mark.parametrize("seed", range(4))
def test_lists_have_exactly_the_rows_of_the_numbers(session: None, seed: int) -> None:
    mixed(seed)
    for measure in FIRST:
        cutoff = [at(11), at(14, 3), WEEK.end, FINAL][seed]
        units = queries.figures(measure, WEEK, cutoff, by=By.UNIT)
        assert sum(units.values(), Figure()) == figure(measure.name, cutoff)
        for unit, found in units.items():
            sizes = {Bucket.COUNTED: found.denominator, Bucket.NOT_DUE: found.not_due, None: found.total}
            for bucket, size in sizes.items():
                rows = db.session.scalars(queries.rows_behind(measure, WEEK, cutoff, unit=unit, bucket=bucket)).all()
                assert len({row.order_id for row in rows}) == len(rows) == size
            right = queries.rows_behind(measure, WEEK, cutoff, unit=unit, numerator=True)
            assert len(db.session.scalars(right).all()) == found.numerator


@pytest.mark.parametrize("cutoff", [at(11), at(14, 3), FINAL])
def test_the_same_cutoff_gives_the_same_figures_later(session: None, cutoff: datetime) -> None:
    orders = [sent(at(day, hour), unit) for day in (9, 10, 12) for hour, unit in ((9, "housing"), (15, "d01"))]
    asked(orders[0], at(9, 16))
    overturned(orders[1], at(10, 9))
    before = {measure.name: queries.figures(measure, WEEK, cutoff, by=By.UNIT) for measure in DISPATCH_MEASURES}
    later = FINAL + HOUR
    redispatch(orders[0], "d05", factories.DISPATCHER, later, reason="同意")
    for order in orders[2:]:
        overturned(order, later)
    after = {measure.name: queries.figures(measure, WEEK, cutoff, by=By.UNIT) for measure in DISPATCH_MEASURES}
    assert after == before


@pytest.mark.parametrize("name", [SHARE, ALL])
def test_an_index_finds_the_steps(session: None, name: str) -> None:
    statement = queries.aggregate(BY_NAME[name], queries.frame_of(WEEK, WEEK.end))
    # The plan goes by the pages of the table, and so by what other tests have left in it: it is taken for a new one.
    db.session.execute(text("SET LOCAL session_replication_role = replica"))
    db.session.execute(text("TRUNCATE order_event CASCADE"))
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    db.session.execute(text("DROP INDEX ix_order_event_at"))  # in a nearly empty table it would do as well
    compiled = statement.compile(db.session.connection(), compile_kwargs={"render_postcompile": True})
    plan = "\n".join(
        row[0] for row in db.session.connection().exec_driver_sql(f"EXPLAIN {compiled}", compiled.params).all()
    )
    assert "Seq Scan" not in plan
    assert plan.count("ix_order_event_routing") >= (3 if name == ALL else 1)


# Week by week, and what goes wrong


def test_the_weeks_are_the_measures_own_figures(session: None) -> None:
    for back in (0, 1, 3):
        day = at(11) - timedelta(weeks=back)
        sent(day, by=factories.DISPATCHER)
        overturned(sent(day), day + 2 * HOUR)
    shown_weeks = routing(overview(WEEK, NOW)).weeks
    assert [period.first for period, _ in shown_weeks] == [WEEK.first - timedelta(weeks=back) for back in range(4)]
    for period, found in shown_weeks:
        for measure in FIRST:
            assert found[measure.name] == queries.figures(measure, period, NOW)[None]


def test_the_threshold_says_when_it_changed(session: None) -> None:
    first = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).first()
    assert first is not None
    sent(at(4))
    for share, when in ((0.9, at(5)), (0.9, at(10)), (0.7, at(11))):
        adopt_policy(
            {**first.document, "dispatch": {**first.document["dispatch"], "auto_confidence": share}}, when, when
        )
    found = routing(overview(WEEK, NOW))
    assert found.threshold == 0.7
    assert [(change.at, change.before, change.after) for change in found.changes] == [
        (at(11), 0.9, 0.7),
        (at(5), 0.8, 0.9),
    ]


def test_what_goes_wrong_most_comes_first_and_opens_its_orders(session: None) -> None:
    for _ in range(3):
        overturned(sent(at(10)), at(10, 15), "d01")
    overturned(sent(at(10)), at(10, 15), "d02")
    overturned(sent(at(10), "commerce"), at(10, 15), "d01")
    found = routing(overview(WEEK, FINAL)).wrong
    assert [(row.unit, row.moved_to, row.count) for row in found] == [
        ("housing", "d01", 3),
        ("commerce", "d01", 1),
        ("housing", "d02", 1),
    ]
    for row in found:
        wanted = Wanted(ALL, row.unit, numerator=False, category=row.category, moved_to=row.moved_to)
        assert listing(wanted, WEEK, FINAL, MANAGER).page.total == row.count
    assert [row.unit for row in routing(overview(WEEK, FINAL, frozenset({"commerce"}))).wrong] == ["commerce"]


def test_only_dispatches_are_narrowed_by_where_they_went(session: None) -> None:
    for measure in ("on_time", DISPATCHED):
        with pytest.raises(Invalid):
            listing(Wanted(measure, moved_to="d01"), WEEK, FINAL, MANAGER)


# Pages, the API, the sheet


@pytest.mark.parametrize("login", ["manager", "unit_head"])
def test_every_number_opens_exactly_its_rows(sign_in: SignIn, login: str) -> None:
    for back in (0, 1):
        for hour, unit in ((9, "housing"), (10, "housing"), (11, "d01")):
            when = at(11, hour) - timedelta(weeks=back)
            sent(when, unit, by=factories.DISPATCHER)
            overturned(sent(when, unit), when + HOUR)
    sent(at(15, 20))
    db.session.commit()
    client = sign_in(login)
    page = shown(client, LAST_WEEK)
    links = [(link, number) for link, number in Links(page).found if "dispatch" in link]
    assert {name for name in (SHARE, ALL, AUTO, HAND) if any(f"measure={name}&" in link for link, _ in links)} == {
        SHARE,
        ALL,
        AUTO,
        HAND,
    }
    assert any("moved_to=d02" in link for link, _ in links)
    for link, number in dict(links).items():
        assert rows_of(client, link)[1] == number, link


def test_the_page_says_who_dispatched_how_surely_and_where_it_went(sign_in: SignIn) -> None:
    overturned(sent(at(10)), at(10, 15), "d01")
    db.session.commit()
    client = sign_in("manager")
    assert "The system dispatches alone where it is at least 80% sure" in shown(client, LAST_WEEK)
    rows = shown(client, f"/week/rows?day={WEEK.first}&measure={ALL}&lang=en")
    assert "93% ≥ 80%" in rows
    assert "returned and sent on" in rows
    with speaking("en"):
        assert unit_names()["d01"] in rows


def test_the_api_gives_them_and_their_rows(client: FlaskClient, key_of: Any) -> None:
    overturned(sent(at(10)), at(10, 15), "d01")
    sent(at(10), by=factories.DISPATCHER)
    db.session.commit()
    key = key_of("manager")
    body = client.get(f"/api/v1/reports/week?day={WEEK.first}", headers=key).json
    assert (body["city"][ALL]["percent"], body["city"][SHARE]["percent"]) == (50.0, 50.0)
    assert body["units"][0]["cells"][AUTO]["percent"] == 0.0
    query = {"day": str(WEEK.first), "cutoff": body["cutoff"], "measure": ALL, "numerator": "false"}
    (row,) = client.get("/api/v1/reports/week/rows", query_string=query, headers=key).json["rows"]
    assert (row["automatic"], row["confidence"], row["unit"], row["moved_to"]) == (True, 0.93, "housing", "d01")


def test_the_sheet_has_them_and_their_rows(session: None) -> None:
    overturned(sent(at(10)), at(10, 15), "d01")
    week = overview(WEEK, NOW)
    book = load_workbook(BytesIO(week_sheet(week, MANAGER)))
    sheet = book.worksheets[2 + [measure.name for measure in week.measures].index(AUTO)]
    (row,) = sheet.iter_rows(min_row=2, values_only=True)
    assert (row[5], row[6], row[7], row[8]) == (datetime(2026, 11, 10, 12), "是", 0.93, 0.8)
    assert sheet.max_column == 12
