"""Users, keys and sign-in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from hotline.base.changes import Subject
from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import LABELS
from hotline.cli import cli
from hotline.people.actors import CITIZEN, Actor
from hotline.people.models import ApiKey, User
from hotline.people.operations import check_password, create_user, record_read
from hotline.people.queries import units_under
from hotline.people.roles import GRANTS, Permission, Role
from hotline.people.units import load_units
from tests.conftest import NOW, PASSWORD


def test_every_role_has_its_grants() -> None:
    assert set(GRANTS) == set(Role)
    granted = set().union(*GRANTS.values())
    assert granted == set(Permission)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "short"}, "password"),
        ({"role": Role.HANDLER}, "unit"),
        ({"unit_code": "housing"}, "unit"),
        ({"login": "agent"}, "login"),
    ],
)
def test_a_user_that_cannot_be(session: None, now: datetime, changes: dict[str, object], field: str) -> None:
    given: dict[str, object] = {
        "login": "new",
        "name": "新人",
        "role": Role.AGENT,
        "password": "long enough for us",
        "now": now,
    }
    with pytest.raises(Invalid) as refused:
        create_user(**{**given, **changes})  # type: ignore[arg-type]  # the cases are wrong on purpose
    assert field in refused.value.errors


def test_passwords(session: None) -> None:
    assert check_password("agent", PASSWORD) is not None
    assert check_password("agent", "wrong") is None
    assert check_password("nobody", PASSWORD) is None
    db.session.query(User).filter_by(login="agent").one().active = False
    assert check_password("agent", PASSWORD) is None


def test_units_form_a_tree(session: None) -> None:
    assert units_under("d01") == {"d01", "d01-s1", "d01-s2"}
    assert {"d01-s1", "housing", "traffic-police"} <= units_under("city")


def test_citizens_read_no_numbers(session: None, now: datetime) -> None:
    with pytest.raises(Invalid):
        record_read(CITIZEN, "1", "why", now)
    assert not Actor(Role.HANDLER, "x").handles(None)


@pytest.mark.parametrize(
    ("role", "lands"),
    [
        ("agent", "/desk"),
        ("dispatcher", "/dispatch"),
        ("handler", "/inbox"),
        ("unit_head", "/inbox"),
        ("callback", "/callbacks"),
        ("supervisor", "/supervision"),
        ("admin", "/admin"),
        ("manager", "/week"),
    ],
)
def test_everybody_lands_at_their_desk(sign_in: Callable[[str], FlaskClient], role: str, lands: str) -> None:
    browser = sign_in(role)
    home = browser.get("/")
    assert home.headers["Location"] == lands
    page = browser.get(lands)
    assert page.status_code == 200


def test_citizens_land_at_their_page(client: FlaskClient) -> None:
    assert client.get("/").headers["Location"] == "/citizen"


def test_signing_in_and_out(client: FlaskClient) -> None:
    wrong = client.post("/sign-in", data={"login": "agent", "password": "x"})
    assert wrong.status_code == 401
    assert 'value="agent"' in wrong.text
    away = client.post("/sign-in?next=//evil.example/", data={"login": "agent", "password": PASSWORD})
    assert away.headers["Location"] == "/"
    inside = client.post("/sign-in?next=/orders", data={"login": "agent", "password": PASSWORD})
    assert inside.headers["Location"] == "/orders"
    assert client.get("/desk").status_code == 200
    client.post("/sign-out")
    assert client.get("/desk").headers["Location"].startswith("/sign-in")


def test_a_whole_office_signs_in_from_behind_one_address(limited: FlaskClient) -> None:
    answers = [limited.post("/sign-in", data={"login": "agent", "password": PASSWORD}) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {302}


def test_passwords_are_not_tried_out(limited: FlaskClient) -> None:
    def wrong(login: str, address: str) -> int:
        form = {"login": login, "password": "x"}
        return limited.post("/sign-in", data=form, environ_base={"REMOTE_ADDR": address}).status_code

    assert [wrong(f"nobody-{n}", "10.0.0.1") for n in range(11)] == [401] * 10 + [429]
    assert [wrong("manager", f"10.0.1.{n}") for n in range(11)] == [401] * 10 + [429]
    assert wrong("agent", "10.0.2.1") == 401


@pytest.mark.parametrize(
    "away", ["/%09%5Cevil.com", "/%09/evil.com", "/%5Cevil.com", "/x%0A", "//[", "https://evil.com"]
)
def test_no_way_leads_off_the_site(client: FlaskClient, away: str) -> None:
    answer = client.post(f"/sign-in?next={away}", data={"login": "agent", "password": PASSWORD})
    assert answer.headers["Location"] == "/"


def test_desks_open_by_role(sign_in: Callable[[str], FlaskClient]) -> None:
    browser = sign_in("handler")
    assert browser.get("/desk").status_code == 403
    assert browser.get("/dispatch").status_code == 403


def test_commands(app: Flask, session: None) -> None:
    runner = CliRunner()

    def run(*arguments: str) -> str:
        done = runner.invoke(cli, arguments, obj=lambda: app)
        assert done.exit_code == 0, done.output
        return done.output.strip()

    password = run("user", "add", "newcomer", "--name", "新人", "--role", "agent")
    assert check_password("newcomer", password) is not None
    key = run("user", "key", "newcomer", "--name", "test")
    assert len(key) > 30
    assert db.session.query(ApiKey).filter_by(name="test").count() >= 1
    refused = runner.invoke(cli, ["user", "key", "nobody", "--name", "x"], obj=lambda: app)
    assert refused.exit_code == 1


def unit_row(code: str, parent: str) -> dict[str, str]:
    return {
        "code": code,
        "name": f"单位{code}",
        "name_en": code,
        "kind": "bureau",
        "parent": parent,
        "district": "",
        "powers": "",
    }


def test_a_circle_of_units_ends(session: None) -> None:
    load_units([unit_row("a", ""), unit_row("b", "a")], NOW)
    db.session.execute(text("UPDATE unit SET parent_code = 'b' WHERE code = 'a'"))
    db.session.execute(text("SET LOCAL statement_timeout = '5s'"))
    assert units_under("a") == {"a", "b"}


@pytest.mark.parametrize(
    ("rows", "row_name", "why"),
    [
        ([unit_row("b", "nowhere")], "unit b", "nowhere is not a unit"),
        ([unit_row("b", "c"), unit_row("c", "")], "unit b", "list the parent before it"),
        ([unit_row("a", ""), unit_row("b", "a"), unit_row("a", "b")], "unit a", "stands above itself"),
        ([unit_row("housing", "housing")], "unit housing", "stands above itself"),
    ],
)
def test_units_that_are_no_tree_are_refused(session: None, rows: list[dict[str, str]], row_name: str, why: str) -> None:
    with pytest.raises(Invalid, match=why) as refused:
        load_units(rows, NOW)
    assert list(refused.value.errors) == [row_name]


@pytest.mark.parametrize("member", [*Role, *Permission, *Subject])
def test_the_pages_of_administration_have_a_word_for_it(member: StrEnum) -> None:
    assert LABELS[type(member), member.value]
