"""虚假办结: of what was closed, how much was taken up again; counted once nothing more can come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from hotline.base.db import db
from hotline.handle import operations as handle
from hotline.orders.models import Order
from hotline.orders.vocabulary import Result
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.document import BadPolicy
from hotline.policy.models import PolicyVersion
from hotline.policy.reading import read_policy
from hotline.receive.joining import reactivate
from hotline.report import queries
from hotline.report.dimensions import By
from hotline.report.figures import Figure, compared
from hotline.report.lines import OrderLine
from hotline.report.linked import change
from hotline.report.lists import Wanted, listing
from hotline.report.measure import Bucket
from hotline.report.subjects.closings import FALSE_CLOSE
from tests import factories
from tests.factories import CALLBACK, HANDLER
from tests.report.rows import DAY, HOUR, WEEK, at
from tests.report.test_pages import SignIn

AGENT = Actor(Role.AGENT, "话务员")
MANAGER = Actor(Role.MANAGER, "主任")
HEAD = Actor(Role.UNIT_HEAD, "负责人", units=frozenset({"housing"}))
DAYS = timedelta(days=30)  # of the default policy
OVER = WEEK.end + DAYS + HOUR


def closed(when: datetime) -> Order:
    return factories.closed(when - 2 * HOUR)


def again(order: Order, when: datetime) -> Order:
    reactivate(order, AGENT, when, reason="修好两天又坏了")
    return order


def closed_again(order: Order, when: datetime) -> None:
    handle.reply(order, HANDLER, when, result=Result.SOLVED, public_reply="又修好了")
    handle.evaluate(order, CALLBACK, when, solved=True, satisfaction="satisfied")
    handle.close(order, CALLBACK, when)


def figure(seen: datetime = OVER) -> Figure:
    return queries.figures(FALSE_CLOSE, WEEK, seen)[None]


def counted(seen: datetime = OVER) -> tuple[int, int, int]:
    found = figure(seen)
    return found.numerator, found.denominator, found.not_due


def test_the_share_taken_up_again(session: None) -> None:
    for _ in range(3):
        closed(at(10))
    again(closed(at(11)), at(25))
    again(closed(at(3)), at(11))  # closed the week before
    assert counted() == (1, 4, 0)
    assert figure().rate == figure().raw_rate


def test_a_closing_counts_once_its_days_are_over(session: None) -> None:
    soon = closed(at(10))
    again(closed(at(12)), at(13))
    over = at(10) + DAYS
    assert counted(at(14)) == (0, 0, 2), "what shows at once is not counted before the rest can show"
    assert counted(over) == (0, 0, 2)
    assert counted(over + HOUR) == (0, 1, 1)
    again(soon, over)  # at the last moment
    assert counted(over + HOUR) == (1, 1, 1)
    assert counted(OVER) == (2, 2, 0)
    assert counted(OVER + 2 * DAYS) == (2, 2, 0), "a week once whole stays as it is"


def test_an_order_closed_twice_counts_twice(session: None) -> None:
    order = again(closed(at(10)), at(11))
    closed_again(order, at(12))
    assert counted() == (1, 2, 0)
    again(order, at(20))
    assert counted() == (2, 2, 0)


def test_it_counts_for_the_unit_whose_reply_it_was(session: None) -> None:
    order = again(closed(at(10)), at(11))
    order.lead_unit = "urban"
    db.session.flush()
    found = queries.figures(FALSE_CLOSE, WEEK, OVER, by=By.UNIT)
    assert {unit: (one.numerator, one.denominator) for unit, one in found.items()} == {"housing": (1, 1)}


def test_the_list_has_the_rows_and_a_unit_does_not_see_when(session: None) -> None:
    order = again(closed(at(10)), at(11))
    closed(at(10))
    for reader, sees in ((MANAGER, at(10)), (HEAD, None)):
        found = listing(Wanted("false_close", numerator=True), WEEK, OVER, reader)
        (line,) = found.lines
        assert isinstance(line, OrderLine)
        assert (line.number, line.unit, line.bucket, line.ended_at) == (order.number, "housing", Bucket.COUNTED, sees)
    assert len(listing(Wanted("false_close", numerator=False), WEEK, OVER, MANAGER).lines) == 1


def test_less_is_better(session: None) -> None:
    more = compared(Figure(40, 100, weighted=40), Figure(10, 100, weighted=10), 5)  # type: ignore[arg-type]  # whole weights
    assert 'class="change worse"' in change(more, measure=FALSE_CLOSE)
    assert 'class="change better"' in change(more)
    by_chance = compared(Figure(2, 10, weighted=2), Figure(1, 10, weighted=1), 5)  # type: ignore[arg-type]  # as above
    assert 'class="change quiet"' in change(by_chance)


def test_an_index_finds_the_closings(session: None) -> None:
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    db.session.execute(text("DROP INDEX ix_order_event_at"))  # which of the two is taken depends on what they hold
    statement = queries.aggregate(FALSE_CLOSE, queries.frame_of(WEEK, OVER))
    compiled = statement.compile(db.session.connection(), compile_kwargs={"render_postcompile": True})
    plan = db.session.connection().exec_driver_sql(f"EXPLAIN {compiled}", compiled.params).all()
    assert any("ix_order_event_closing" in row[0] for row in plan)


def test_a_policy_gives_a_year_at_most(session: None) -> None:
    document = db.session.query(PolicyVersion).first().document  # type: ignore[union-attr]  # there is one
    with pytest.raises(BadPolicy):
        read_policy({**document, "callback": {**document["callback"], "reactivate_days": 366}})


def test_the_page_shows_it_and_opens_the_rows(sign_in: SignIn, client: FlaskClient) -> None:
    order = again(closed(at(1) - 40 * DAY), at(1) - 30 * DAY)
    db.session.commit()
    day = (at(1) - 40 * DAY).date().isoformat()
    page = sign_in("manager").get(f"/week?day={day}").text
    assert 'data-measure="false_close"' in page
    assert "100.00%" in page
    rows = client.get(f"/week/rows?day={day}&measure=false_close&numerator=true").text
    assert order.number in rows
    assert "taken up again" in rows
