"""Users and units are administered: who may, what cannot be done, and what ends at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Executable, event, select, update

from config.settings import Settings
from hotline.admin.leaving import retire_category, retire_unit
from hotline.base.changes import Change, Subject, history_of, record_change
from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, Stale
from hotline.base.files import read_csv
from hotline.city import load_city
from hotline.orders.categories import add_category, next_code
from hotline.orders.models import Category
from hotline.people.actors import Actor
from hotline.people.models import ApiKey, Unit, UnitKind, User
from hotline.people.operations import check_password, give_api_key
from hotline.people.roles import GRANTS, STAFF_ROLES, Permission, Role
from hotline.people.units import add_unit, change_unit, load_units
from hotline.people.users import add_user, change_user, make_key, reset_password, switch_user
from hotline.transfer.models import Keyword
from hotline.transfer.tables import load_catalogue
from tests import factories
from tests.conftest import NOW, PASSWORD

SignIn = Callable[[str], FlaskClient]
ActorOf = Callable[[str], Actor]
OPEN_TO = {  # pages somebody besides the administrator has
    "admin.index": Permission.AUDIT_READS,
    "admin.reads": Permission.AUDIT_READS,
    "admin.changed": Permission.AUDIT_READS,
    "admin.keywords": Permission.MANAGE_ROUTING,
}
KNOWN = {"user_id": 1, "key_id": 1, "code": "housing", "category": "060101", "word": "x", "subscription_id": 1}


def login(name: str) -> User:
    return db.session.scalars(select(User).filter_by(login=name)).one()


@pytest.mark.parametrize("role", [role for role in STAFF_ROLES if role is not Role.ADMIN])
def test_nobody_else_reaches_any_of_it(app: Flask, sign_in: SignIn, role: Role) -> None:
    browser = sign_in(role.value)
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("admin.")]
    assert len(rules) > 30
    for rule in rules:
        with app.test_request_context():
            _, path = rule.build({name: KNOWN[name] for name in rule.arguments}) or ("", "")
        answer = browser.get(path) if "GET" in (rule.methods or ()) else browser.post(path, data={})
        opens = next((one for start, one in OPEN_TO.items() if rule.endpoint.startswith(start)), None)
        may = opens is not None and opens in GRANTS[role]
        assert (answer.status_code != 403) is may, rule.endpoint


def test_a_new_user_changes_the_one_time_password_first(sign_in: SignIn, client: FlaskClient) -> None:
    form = {"login": "zhao.li", "name": "赵丽", "role": "handler", "unit": "housing"}
    page = sign_in("admin").post("/admin/users/new", data=form)
    assert page.status_code == 201
    password = re.search(r"<code>(.+?)</code>", page.text)
    assert password
    assert password[1] not in client.get(f"/admin/users/{login('zhao.li').id}").text
    client.post("/sign-out")

    client.post("/sign-in", data={"login": "zhao.li", "password": password[1]})
    assert client.get("/inbox").headers["Location"] == "/password"
    short = client.post("/password", data={"present": password[1], "password": "short", "again": "short"})
    assert (short.status_code, "too short" in short.text) == (422, True)
    unlike = {"present": "guessed", "password": "my own long one", "again": "my own long one"}
    assert "not your present password" in client.post("/password", data=unlike).text
    done = client.post("/password", data={**unlike, "present": password[1]})
    assert done.status_code == 303
    assert client.get("/inbox").status_code == 200
    assert check_password("zhao.li", "my own long one")


def test_no_secret_is_in_the_record(actor: ActorOf) -> None:
    admin = actor("admin")
    made, password = add_user("wang.wu", "王五", Role.AGENT, admin, NOW)
    _, again = reset_password(made.id, admin, NOW)
    key = give_api_key(made, "对接", NOW, admin)
    told = " ".join(f"{one.title} {one.before} {one.after}" for one in db.session.scalars(select(Change)))
    assert not [secret for secret in (password, again, key, made.password_hash) if secret in told]
    with pytest.raises(ValueError, match="password_hash"):
        record_change(admin, Subject.USER, "1", "x", NOW, after={"password_hash": "x"})


def test_whoever_is_deactivated_is_out_at_once_and_stays_out(sign_in: SignIn, actor: ActorOf, app: Flask) -> None:
    agent, admin = login("agent"), actor("admin")
    key = {"Authorization": f"Bearer {give_api_key(agent, 'x', NOW)}"}
    db.session.commit()
    browser = sign_in("agent")
    other = app.test_client()
    assert browser.get("/desk").status_code == 200
    assert other.get("/api/v1/orders", headers=key).status_code == 200
    switch_user(agent.id, admin, NOW, active=False)
    db.session.commit()
    assert browser.get("/desk").headers["Location"].startswith("/sign-in")
    assert other.get("/api/v1/orders", headers=key).status_code == 401
    switch_user(agent.id, admin, NOW, active=True)
    db.session.commit()
    assert browser.get("/desk").headers["Location"].startswith("/sign-in")
    assert other.get("/api/v1/orders", headers=key).status_code == 401


def test_a_reset_password_ends_the_sessions_and_the_keys(sign_in: SignIn, actor: ActorOf, app: Flask) -> None:
    browser = sign_in("agent")
    header = {"Authorization": f"Bearer {make_key(login('agent').id, '接口', actor('admin'), NOW)}"}
    reset_password(login("agent").id, actor("admin"), NOW)
    db.session.commit()
    assert app.test_client().get("/api/v1/orders", headers=header).status_code == 401
    assert browser.get("/desk").headers["Location"].startswith("/sign-in")
    assert check_password("agent", PASSWORD) is None


def test_the_last_administrator_stays_and_nobody_locks_themselves_out(actor: ActorOf) -> None:
    admin, me = actor("admin"), login("admin")
    with pytest.raises(Conflict):
        switch_user(me.id, admin, NOW, active=False)
    with pytest.raises(Conflict):
        change_user(me.id, admin, NOW, name=me.name, role=Role.AGENT)
    with pytest.raises(Conflict):
        reset_password(me.id, admin, NOW)
    second, _ = add_user("second", "第二", Role.ADMIN, admin, NOW)
    switch_user(second.id, admin, NOW, active=False)
    # Somebody acts for an administrator who has gone meanwhile: the one that is left is not touched.
    gone = Actor(Role.ADMIN, second.name, second.id)
    for refused in (
        lambda: switch_user(me.id, gone, NOW, active=False),
        lambda: change_user(me.id, gone, NOW, name=me.name, role=Role.MANAGER),
    ):
        with pytest.raises(Conflict, match="最后一名管理员"):
            refused()
    assert change_user(me.id, admin, NOW, name="新名", role=Role.ADMIN).name == "新名"


def test_a_stale_edit_says_what_changed_and_keeps_what_was_typed(sign_in: SignIn, actor: ActorOf) -> None:
    agent = login("agent")
    change_user(agent.id, actor("admin"), NOW, name="别人改的", role=Role.AGENT)
    db.session.commit()
    form = {"name": "我改的", "role": "agent", "version": "0"}
    page = sign_in("admin").post(f"/admin/users/{agent.id}", data=form)
    assert page.status_code == 409
    assert "别人改的" in page.text
    assert 'value="我改的"' in page.text
    version = re.search(r'name="version" value="(\d+)"', page.text)
    assert version
    saved = sign_in("admin").post(f"/admin/users/{agent.id}", data={**form, "version": version[1]})
    assert saved.status_code == 303
    assert login("agent").name == "我改的"


def test_the_operations_ask_who_acts(actor: ActorOf) -> None:
    supervisor = actor("supervisor")
    for refused in (
        lambda: add_user("x.y", "x", Role.ADMIN, supervisor, NOW),
        lambda: reset_password(login("agent").id, supervisor, NOW),
        lambda: add_unit("x", supervisor, NOW, name="x", name_en="x", kind=UnitKind.BUREAU),
    ):
        with pytest.raises(NotAllowed):
            refused()


def test_a_unit_is_added_changed_and_stands_in_a_tree(actor: ActorOf) -> None:
    admin = actor("admin")
    said = {"name": "数据局", "name_en": "Data", "kind": UnitKind.BUREAU, "parent": "city", "contact": "李工 8001"}
    add_unit("data", admin, NOW, **said)
    for changes, field in (
        ({"parent": "data"}, "parent"),
        ({"name": "云川市人民政府"}, "name"),
        ({"district": "x"}, "district"),
    ):
        with pytest.raises(Invalid) as refused:
            change_unit("data", admin, NOW, **{**said, **changes})
        assert list(refused.value.errors) == [field]
    with pytest.raises(Invalid):
        change_unit("city", admin, NOW, name="市府", name_en="", kind=UnitKind.GOVERNMENT, parent="data")
    change_unit("data", admin, NOW, **{**said, "contact": "王工 8002"})
    newest, first = history_of(Subject.UNIT, "data")
    assert (newest.before, newest.after, newest.by) == ({"contact": "李工 8001"}, {"contact": "王工 8002"}, admin.name)
    assert first.before is None
    with pytest.raises(Stale):
        change_unit("data", admin, NOW, **said, expected=first.id)


def test_powers_are_ticked_and_none_is_made_up(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    said = {"code": "data", "name": "数据局", "kind": "bureau"}
    refused = browser.post("/admin/units/new", data={**said, "powers": ["service", "瞎写"]})
    assert refused.status_code == 422
    assert 'id="new-powers-error"' in refused.text
    assert 'value="service" checked' in refused.text
    given = {**said, "powers": ["territory", "enforcement"]}
    assert browser.post("/admin/units/new", data=given).status_code == 303
    assert db.session.get_one(Unit, "data").powers == "enforcement;territory"
    page = browser.get("/admin/units/data").text
    assert page.count('name="powers"') == page.count('" checked> ') + 1 == 3


def test_the_citys_file_leaves_what_people_keep(actor: ActorOf) -> None:
    change_unit("housing", actor("admin"), NOW, name="住建委", name_en="", kind=UnitKind.BUREAU)
    row = {
        "code": "housing",
        "name": "住建局",
        "name_en": "",
        "kind": "bureau",
        "parent": "",
        "district": "",
        "powers": "",
    }
    load_units([row, {**row, "code": "water", "name": "水务集团"}], NOW)
    db.session.expire_all()
    assert (db.session.get_one(Unit, "housing").name, db.session.get_one(Unit, "water").name) == ("住建委", "水务集团")
    (told,) = history_of(Subject.UNIT, "water")
    assert (told.by, told.user_id, told.at, told.after["name"]) == ("system", None, NOW, "水务集团")
    assert told.before["name"] != "水务集团"
    assert {one.by for one in history_of(Subject.UNIT, "housing")} == {"测试admin"}


def test_what_a_citys_file_changes_is_told_row_by_row(app: Flask, session: None) -> None:
    settings: Settings = app.config["SETTINGS"]
    rows = (Subject.UNIT, Subject.CATEGORY, Subject.KEYWORD, Subject.CATALOGUE, Subject.ARTICLE)
    told = select(Change).where(Change.subject.in_(rows))
    assert db.session.scalars(told).all() == [], "the first load is no change"
    load_city(settings.city_dir, settings.policy_dir / "default.toml", NOW)
    assert db.session.scalars(told).all() == [], "nor is what says the same"
    first, *others = read_csv(settings.city_dir / "catalogue.csv")
    load_catalogue([{**first, "basis": "新的三定规定"}, *others[:-1]], NOW)
    changed, ended = db.session.scalars(told.order_by(Change.after.is_(None))).all()
    assert changed.key == f"{first['category']}:{first['district']}"
    assert changed.after == {"basis": "新的三定规定"}
    assert (ended.key, ended.after) == (f"{others[-1]['category']}:{others[-1]['district']}", None)


def test_a_unit_that_is_named_somewhere_stays_in_use(sign_in: SignIn) -> None:
    factories.dispatched(NOW)
    db.session.commit()
    browser = sign_in("admin")
    refused = browser.post("/admin/units/housing/active", data={"active": "false"})
    assert refused.status_code == 409
    assert "open orders it leads" in refused.text
    assert db.session.get_one(Unit, "housing").active
    form = {"code": "data", "name": "数据局", "kind": "bureau", "parent": "city"}
    assert browser.post("/admin/units/new", data=form).status_code == 303
    assert browser.post("/admin/units/data/active", data={"active": "false"}).status_code == 303
    assert not db.session.get_one(Unit, "data").active


@contextmanager
def before_the_lock(table: str, meanwhile: Executable) -> Iterator[None]:
    """Somebody is quicker: what they do is done just before a row of a table is locked."""
    connection = db.session.connection()
    others = [meanwhile]

    def act(_: Any, cursor: Any, statement: str, *more: Any) -> None:
        if "FOR UPDATE" in statement and f"FROM {table}" in statement and others:
            connection.execute(others.pop())

    event.listen(connection, "before_cursor_execute", act)
    yield


def test_what_comes_to_name_a_unit_before_it_is_held_is_seen(app: Flask, actor: ActorOf) -> None:
    admin = actor("admin")
    add_unit("data", admin, NOW, name="数据局", name_en="", kind=UnitKind.BUREAU, parent="city")
    comes = update(User).where(User.login == "handler").values(unit_code="data")
    with app.test_request_context(), before_the_lock(Unit.__tablename__, comes), pytest.raises(Conflict):
        retire_unit("data", actor=admin, now=NOW, active=False, expected=None)


def test_what_comes_to_name_a_category_before_it_is_held_is_seen(app: Flask, actor: ActorOf) -> None:
    admin, code = actor("admin"), next_code("0601")
    add_category(code, admin, NOW, name="充电设施")
    comes = update(Keyword).where(Keyword.category_code == "060101").values(category_code=code)
    with app.test_request_context(), before_the_lock(Category.__tablename__, comes), pytest.raises(Conflict):
        retire_category(code, actor=admin, now=NOW, active=False, expected=None)


def test_keys_are_made_listed_used_and_revoked(sign_in: SignIn, app: Flask) -> None:
    agent, browser = login("agent"), sign_in("admin")
    page = browser.post(f"/admin/users/{agent.id}/keys", data={"name": "政务平台"})
    found = re.search(r"<code>(.+?)</code>", page.text)
    assert found
    header = {"Authorization": f"Bearer {found[1]}"}
    assert app.test_client().get("/api/v1/orders", headers=header).status_code == 200
    made = db.session.scalars(select(ApiKey).filter_by(name="政务平台")).one()
    assert made.used_at == NOW
    listed = browser.get("/admin/users/keys").text
    assert "政务平台" in listed
    assert found[1] not in listed
    browser.post(f"/admin/users/keys/{made.id}/revoke")
    assert app.test_client().get("/api/v1/orders", headers=header).status_code == 401
