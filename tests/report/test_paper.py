"""The periodic report: what it says, how it is kept, made, signed and mailed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hotline.base.time import Kind
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.report.paper_models import PeriodicReport, Stage
from hotline.report.operations import ask, make_report
from tests.conftest import NOW
from tests.report.rows import WEEK
from tests.report.test_pages import some_weeks

MANAGER = Actor(Role.MANAGER, "主任")


def made(kind: Kind = Kind.WEEK, day: date = WEEK.first) -> PeriodicReport:
    report = ask(kind, day, MANAGER, NOW)
    make_report(report.id, NOW)
    return report


def test_look(session, sign_in) -> None:
    some_weeks()
    report = made()
    assert report.stage is Stage.MADE
    client = sign_in("manager")
    for form in ("docx", "xlsx", "csv"):
        answer = client.get(f"/reports/{report.id}.{form}?lang=zh")
        assert answer.status_code == 200
        Path(f"/tmp/paper.{form}").write_bytes(answer.data)
    page = client.get(f"/reports/{report.id}")
    assert page.status_code == 200
    Path("/tmp/paper.html").write_bytes(page.data)
    assert client.get("/reports").status_code == 200
