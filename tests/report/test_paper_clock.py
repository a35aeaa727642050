"""Reports made by the clock: which, when, and as of which instant."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.base.time import Kind
from hotline.people.actors import SYSTEM
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.report.papers.models import PeriodicReport, Stage
from hotline.report.papers.operations import ask, make_report, plan_reports
from hotline.report.rollup.models import RolledMeasure
from tests.conftest import NOW
from tests.report.rows import DAY, WEEK, at, order
from tests.report.test_paper import MANAGER


def test_the_clock_makes_each_report_once_as_of_when_it_was_due(session: None) -> None:
    order(dispatched=datetime(2026, 1, 5, tzinfo=NOW.tzinfo))
    assert plan_reports(NOW) == 4
    assert plan_reports(NOW) == 0
    asked = {report.kind: report for report in db.session.scalars(select(PeriodicReport))}
    assert (asked[Kind.WEEK].first, asked[Kind.WEEK].cutoff) == (WEEK.first, at(16, 8))
    assert (asked[Kind.DAY].first, asked[Kind.DAY].cutoff) == (date(2026, 11, 16), at(17, 8))
    assert asked[Kind.MONTH].first == date(2026, 10, 1)
    assert asked[Kind.QUARTER].first == date(2026, 7, 1)
    assert plan_reports(NOW + 3 * DAY) == 3  # the days missed meanwhile
    assert {report.asked_by for report in asked.values()} == {SYSTEM.name}


def with_document(since: datetime, **sections: Any) -> None:
    """A policy in force from an instant that differs in some sections."""
    document = db.session.scalars(select(PolicyVersion.document).order_by(PolicyVersion.id.desc())).first()
    assert document is not None
    changed = {**document, **{name: {**document.get(name, {}), **change} for name, change in sections.items()}}
    adopt_policy(changed, since, since)


def due_weekly(**windows: Any) -> None:
    order(dispatched=datetime(2026, 1, 5, tzinfo=NOW.tzinfo))
    week = {"kind": "week", "days": 1, "at": "08:00"}
    with_document(at(1), reports={"due": [week]}, periods={"evidence": "I", **windows})


def test_a_new_start_of_months_makes_no_report_twice(session: None) -> None:
    order(dispatched=datetime(2026, 1, 5, tzinfo=NOW.tzinfo))
    assert plan_reports(NOW) == 4
    with_document(NOW, periods={"evidence": "I", "month_from": 26})
    assert plan_reports(NOW) == 0  # what ended on 25 October is in the report of October
    later = NOW + 15 * DAY
    plan_reports(later)
    assert plan_reports(later) == 0
    months = db.session.scalars(select(PeriodicReport).filter_by(kind=Kind.MONTH).order_by(PeriodicReport.id))
    assert [(one.last, one.edition) for one in months] == [(date(2026, 10, 31), 1), (date(2026, 11, 25), 1)]


def test_a_report_made_in_mid_period_is_none_of_the_whole_period(session: None) -> None:
    due_weekly()
    early = ask(Kind.WEEK, WEEK.first, MANAGER, at(12))
    make_report(early.id, at(12))
    assert (plan_reports(NOW), plan_reports(NOW)) == (1, 0)
    whole = db.session.scalars(select(PeriodicReport).order_by(PeriodicReport.id.desc())).first()
    assert whole is not None
    assert (whole.first, whole.edition, whole.cutoff) == (WEEK.first, 2, at(16, 8))


def test_no_report_is_seen_before_its_period_has_ended(session: None) -> None:
    due_weekly(day_from=12)
    assert plan_reports(at(16, 9)) == 1  # of the week before: this one lasts till noon
    assert plan_reports(at(16, 13)) == 1
    seen = db.session.scalars(select(PeriodicReport).order_by(PeriodicReport.id.desc())).first()
    assert seen is not None
    assert (seen.first, seen.cutoff) == (WEEK.first, at(16, 12))


def test_a_report_is_seen_as_of_the_rollup_while_it_is_fresh(session: None) -> None:
    due_weekly()
    rolled = RolledMeasure(measure="received", cutoff=at(16, 7))
    db.session.add(rolled)
    db.session.commit()
    assert plan_reports(at(16, 8)) == 1  # stale: it goes by the rows
    db.session.query(PeriodicReport).delete()
    rolled.cutoff = at(16, 8) - timedelta(minutes=2)
    db.session.commit()
    assert plan_reports(at(16, 8)) == 0  # the next rollup is of then
    rolled.cutoff = at(16, 8) + timedelta(minutes=3)
    db.session.commit()
    assert plan_reports(at(16, 8) + timedelta(minutes=5)) == 1
    assert db.session.scalars(select(PeriodicReport.cutoff)).all() == [rolled.cutoff]
    running = ask(Kind.WEEK, None, MANAGER, rolled.cutoff + timedelta(minutes=1))
    assert (running.first, running.cutoff) == (WEEK.after().first, rolled.cutoff)


def test_one_that_failed_is_tried_again_at_once_as_of_now(session: None) -> None:
    report = ask(Kind.WEEK, WEEK.first, MANAGER, at(12))
    report.stage = Stage.FAILED
    waiting = db.session.scalars(select(Delivery).where(Delivery.job == "make_report")).one()
    waiting.due_at = NOW + DAY
    db.session.flush()
    assert ask(Kind.WEEK, WEEK.first, MANAGER, NOW) is report
    db.session.refresh(waiting)
    assert (report.cutoff, waiting.due_at) == (NOW, NOW)


def test_a_hotline_that_has_not_begun_reports_nothing(session: None) -> None:
    assert plan_reports(NOW) == 0
