"""The pages and the API of the reports that were made, the command, and the page of any period."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.time import Kind
from hotline.report.papers.models import PeriodicReport, Stage
from hotline.report.papers.operations import Special, ask, ask_special, edit_remarks, make_report
from tests.conftest import NOW
from tests.report.rows import WEEK, at, clock
from tests.report.test_pages import Links
from tests.report.test_paper import MANAGER, made

SignIn = Callable[[str], FlaskClient]
Key = Callable[[str], dict[str, str]]


def latest() -> PeriodicReport:
    return db.session.scalars(select(PeriodicReport).order_by(PeriodicReport.id.desc()).limit(1)).one()


def test_the_page_opens_the_list_behind_each_figure(filled: None, sign_in: SignIn) -> None:
    client, report = sign_in("manager"), made()
    page = client.get(f"/reports/{report.id}?lang=en").text
    for heading in ("What came in", "From call to satisfaction", "Units", "The worst overdue"):
        assert f"<h2>{heading}</h2>" in page
    assert page.count('class="bar is-small"') > 3  # intervals drawn, grey where the sample is small
    links = [(address, number) for address, number in Counts(page).found if "/week/rows" in address]
    assert len(links) > 30
    for address, number in links[::9]:
        rows = client.get(address).text
        assert f"{number} " in rows or str(number) in rows.partition("</h1>")[0]


class Counts(Links):
    """The linked whole numbers of a page."""

    def handle_data(self, data: str) -> None:
        """Leave out what is no count."""
        if data.replace(",", "").isdigit():
            super().handle_data(data)
        else:
            self._address = ""


def test_while_it_is_made_the_page_says_how_far_it_is(session: None, sign_in: SignIn) -> None:
    client = sign_in("supervisor")
    answer = client.post("/reports", data={"kind": "week", "day": WEEK.first.isoformat()})
    report = latest()
    assert answer.location == f"/reports/{report.id}"
    report.progress, report.step = 37, "Units"
    page = client.get(answer.location).text
    assert 'value="37"' in page
    assert client.get(f"/reports/{report.id}/progress").json["state"] == "making"
    assert client.get(f"/reports/{report.id}.docx").status_code == 404


def read(client: FlaskClient, report: PeriodicReport) -> dict[str, str]:
    """What the forms of a report's page say of the words that stand there."""
    found = re.search(r'name="remarks_version" value="(\w+)"', client.get(f"/reports/{report.id}").text)
    assert found is not None
    return {"remarks_version": found[1]}


def test_nobody_signs_or_writes_over_words_they_have_not_read(filled: None, sign_in: SignIn) -> None:
    client, report = sign_in("manager"), made()
    before = read(client, report)
    edit_remarks(report, MANAGER, remarks="别人的话。", **before)
    db.session.commit()
    written = client.post(f"/reports/{report.id}/remarks", data={"remarks": "我的话。", **before})
    assert written.status_code == 409
    assert "我的话。</textarea>" in written.text
    assert client.post(f"/reports/{report.id}/sign", data=before).status_code == 409
    assert client.post(f"/reports/{report.id}/sign").status_code == 422
    db.session.refresh(report)
    assert (report.stage, report.remarks) == (Stage.MADE, "别人的话。")


def test_signing_on_the_page(filled: None, sign_in: SignIn) -> None:
    client, report = sign_in("manager"), made()
    client.post(f"/reports/{report.id}/remarks", data={"remarks": "编者按。", **read(client, report)})
    client.post(f"/reports/{report.id}/sign", data=read(client, report))
    db.session.refresh(report)
    assert (report.stage, report.remarks) == (Stage.SIGNED, "编者按。")
    again = client.post(f"/reports/{report.id}/sign", data={"remarks_version": report.remarks_version})
    assert again.status_code == 409
    client.post(f"/reports/{report.id}/again")
    second = latest()
    assert (second.edition, second.stage) == (2, Stage.MAKING)
    make_report(second.id, NOW)
    assert "replaced" in client.get(f"/reports/{report.id}?lang=en").text
    assert "replaced by edition 2" in client.get("/reports?lang=en").text


def test_a_special_report_is_asked_for_on_the_page(session: None, sign_in: SignIn) -> None:
    client = sign_in("manager")
    given = {"kind": "range", "title": "供暖\r\n专报", "first": "2026-11-01", "last": "2026-11-10", "district": "d01"}
    refused = client.post("/reports?lang=en", data={**given, "title": "", "last": "2026-10-01"})
    assert refused.status_code == 422
    assert "give the report a title" in refused.text
    client.post("/reports", data=given)
    assert (latest().title, latest().district_code, latest().last) == ("供暖 专报", "d01", date(2026, 11, 10))


@pytest.mark.parametrize("login", ["unit_head", "agent", "handler"])
def test_a_units_people_do_not_see_the_citys_reports(session: None, sign_in: SignIn, login: str) -> None:
    client, report = sign_in(login), ask(Kind.WEEK, WEEK.first, MANAGER, NOW)
    for address in (
        "/reports",
        f"/reports/{report.id}",
        f"/reports/{report.id}.docx",
        f"/reports/{report.id}/progress",
    ):
        assert client.get(address).status_code == 403


def test_an_administrator_reads_but_does_not_sign(filled: None, sign_in: SignIn) -> None:
    client, report = sign_in("admin"), made()
    assert client.get(f"/reports/{report.id}").status_code == 200
    assert client.post(f"/reports/{report.id}/sign").status_code == 403
    assert client.post("/reports", data={"kind": "week", "day": "2026-11-10"}).status_code == 403


def test_the_api(filled: None, client: FlaskClient, key_of: Key) -> None:
    key = key_of("manager")
    asked = client.post("/api/v1/reports", json={"kind": "week", "day": WEEK.first.isoformat()}, headers=key)
    assert asked.status_code == 202
    number = asked.json["id"]
    make_report(number, NOW)
    listed = client.get("/api/v1/reports?kind=week", headers=key).json
    assert [one["id"] for one in listed["reports"]] == [number]
    report = client.get(f"/api/v1/reports/{number}", headers=key).json
    assert report["state"] == "made"
    first = report["sections"][0]["blocks"][0]["numbers"][0]
    rows = client.get(first["rows"], headers=key).json
    assert rows["total"] == first["value"]
    for form in ("docx", "xlsx", "csv"):
        assert client.get(f"/api/v1/reports/{number}.{form}", headers=key).status_code == 200
    assert client.post(
        f"/api/v1/reports/{number}/sign", json={"remarks_version": report["remarks_version"]}, headers=key
    ).json["signed_by"]
    wrong = client.post("/api/v1/reports", json={"kind": "range"}, headers=key)
    assert wrong.status_code == 422


def test_the_command_makes_a_report_and_writes_its_files(app: Flask, session: None, tmp_path: Any, now: object) -> None:
    from hotline.cli import cli

    arguments = ["report", "make", "--kind", "month", "--day", "2026-10-05", "--to", str(tmp_path)]
    result = CliRunner().invoke(cli, arguments, obj=lambda: app, catch_exceptions=False)
    assert result.exit_code == 0
    assert {file.suffix for file in tmp_path.iterdir()} == {".docx", ".xlsx", ".csv"}
    shown = CliRunner().invoke(cli, ["report", "list"], obj=lambda: app, catch_exceptions=False)
    assert "2026年10月" in shown.output


def test_the_lists_of_a_special_report_are_narrowed(filled: None, sign_in: SignIn) -> None:
    report = ask_special(WEEK.first, WEEK.last, Special("停水专报", category="0101"), MANAGER, NOW)
    make_report(report.id, NOW)
    client = sign_in("manager")
    links = Counts(client.get(f"/reports/{report.id}").text).found
    received = [(address, number) for address, number in links if "measure=received" in address]
    assert len(received) > 5
    for address, number in received:
        assert "matter=0101" in address
        assert client.get(address).text.count("data-row=") == number


# The page of any period


@pytest.mark.parametrize(
    ("address", "first", "last"),
    [
        ("period=day&day=2026-11-11", "11 Nov", "11 Nov"),
        ("period=month&day=2026-11-11", "1 Nov", "30 Nov"),
        ("period=quarter&day=2026-11-11", "1 Oct", "31 Dec"),
        ("first=2026-11-03&last=2026-11-12", "3 Nov", "12 Nov"),
    ],
)
def test_a_page_of_any_period_and_its_lists(sign_in: SignIn, address: str, first: str, last: str) -> None:
    clock(at(11), at(11))
    clock(at(11), at(12))
    client = sign_in("manager")
    page = client.get(f"/week?{address}&lang=en").text
    heading = page.partition("<h1>")[2].partition("</h1>")[0]
    assert first in heading
    assert last in heading
    links = dict(Links(page).found)
    counted = next(one for one in links if "measure=on_time&bucket=counted" in one)
    assert links[counted] == 2
    assert client.get(counted).text.count("data-row=") == 2


@pytest.mark.parametrize(
    "address",
    ["first=2026-11-03", "last=2026-11-03", "first=2026-11-03&last=2026-11-02", "first=2020-01-01&last=2026-01-01"],
)
def test_days_that_make_no_period_are_refused(sign_in: SignIn, address: str) -> None:
    assert sign_in("manager").get(f"/week?{address}").status_code == 422
