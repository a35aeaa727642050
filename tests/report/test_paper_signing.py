"""What of a report is kept: figures from when it is made, all of it from when it is signed."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.exc import DBAPIError

from hotline.base.db import db
from hotline.base.errors import Conflict, NotAllowed
from hotline.base.outbox import Delivery
from hotline.base.time import Kind
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.report.papers.models import Stage
from hotline.report.papers.operations import ask, edit_remarks, make_report, sign
from tests.conftest import NOW
from tests.report.rows import WEEK
from tests.report.test_paper import MANAGER, made


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE periodic_report SET content = '{}'",
        "UPDATE periodic_report SET cutoff = cutoff - interval '1 day'",
        "UPDATE periodic_report SET last = last + 1",
        "UPDATE periodic_report SET scope = 'other'",
        "UPDATE periodic_report SET edition = 2",
        "UPDATE periodic_report SET policy_id = NULL",
        "DELETE FROM periodic_report",
        "TRUNCATE periodic_report",
    ],
)
def test_the_database_keeps_what_was_made(session: None, change: str) -> None:
    report = made()
    report.remarks = "编者按。"
    db.session.flush()
    with pytest.raises(DBAPIError, match="that was made"):
        db.session.execute(sql(change))


def test_the_database_keeps_what_was_signed(session: None) -> None:
    report = made()
    sign(report, MANAGER, NOW, remarks_version=report.remarks_version)
    with pytest.raises(DBAPIError, match="keeps its figures"):
        db.session.execute(sql("UPDATE periodic_report SET remarks = '改'"))


def test_who_signs_and_what_signing_locks(filled: None) -> None:
    report = made()
    for role in (Role.UNIT_HEAD, Role.AGENT, Role.ADMIN):
        with pytest.raises(NotAllowed):
            sign(report, Actor(role, "某人"), NOW, remarks_version=report.remarks_version)
    edit_remarks(report, MANAGER, remarks="本周总体平稳。", remarks_version=report.remarks_version)
    sign(report, MANAGER, NOW, remarks_version=report.remarks_version)
    assert (report.stage, report.signed_by, report.signed_at) == (Stage.SIGNED, "王主任", NOW)
    with pytest.raises(Conflict):
        edit_remarks(report, MANAGER, remarks="改", remarks_version=report.remarks_version)
    with pytest.raises(Conflict):
        sign(report, MANAGER, NOW, remarks_version=report.remarks_version)


def test_only_the_last_edition_made_is_signed(filled: None) -> None:
    first = made()
    waiting = ask(Kind.WEEK, WEEK.first, MANAGER, NOW)
    with pytest.raises(Conflict):
        sign(waiting, MANAGER, NOW, remarks_version=waiting.remarks_version)
    make_report(waiting.id, NOW)
    with pytest.raises(Conflict):
        sign(first, MANAGER, NOW, remarks_version=first.remarks_version)
    sign(waiting, MANAGER, NOW, remarks_version=waiting.remarks_version)


def test_a_signed_report_is_left_to_be_mailed_once(filled: None) -> None:
    report = made()
    told = select(func.count(Delivery.id)).where(Delivery.job == "tell_report")
    assert db.session.scalar(told) == 0
    sign(report, MANAGER, NOW, remarks_version=report.remarks_version)
    assert db.session.scalar(told) == 1
