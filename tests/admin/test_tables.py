"""Categories, keywords, policy and calendar are changed on pages; the record tells who, and cannot be altered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from hotline.admin.reads import Reader, readers
from hotline.base.changes import Change, Subject, history_of, record_change
from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import speaking
from hotline.orders.categories import add_category, change_category, next_code, switch_category
from hotline.orders.models import Category, DeadlineMove, Order
from hotline.people.actors import Actor
from hotline.people.models import ReadRecord, User
from hotline.people.operations import create_user, record_read
from hotline.people.roles import Role
from hotline.people.users import make_key
from hotline.policy.models import CalendarVersion, PolicyVersion
from hotline.transfer.keywords import add_keyword, end_keyword, weigh_keyword
from hotline.transfer.models import Keyword
from hotline.transfer.suggestion import suggest
from hotline.transfer.tables import load_keywords
from tests import factories
from tests.conftest import NOW, PASSWORD

SignIn = Callable[[str], FlaskClient]
ActorOf = Callable[[str], Actor]
TEXT = "小区门口的充电小屋夜里嗡嗡作响"


def shown(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def test_the_record_is_append_only(actor: ActorOf) -> None:
    add_keyword("060101", "充电小屋", 20, actor("admin"), NOW)
    db.session.flush()
    for statement in (update(Change).values(by="x"), delete(Change), text("TRUNCATE admin_change")):
        with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
            db.session.execute(statement)


def test_the_record_is_narrowed_by_who_kind_words_and_day(sign_in: SignIn, actor: ActorOf) -> None:
    add_keyword("060101", "充电小屋", 20, actor("admin"), NOW)
    add_keyword("060101", "飞线充电桩", 20, actor("supervisor"), NOW - timedelta(days=3))
    db.session.commit()
    browser = sign_in("admin")

    def told(query: str) -> tuple[bool, bool]:
        page = browser.get(f"/admin/changes?{query}").text
        return "充电小屋" in page, "飞线充电桩" in page

    assert told("subject=keyword") == (True, True)
    assert told("by=测试admin") == (True, False)
    assert told("q=飞线") == (False, True)
    assert told("first=2026-11-15&last=2026-11-30") == (True, False)
    assert told("subject=unit") == (False, False)


def test_a_keyword_is_tried_added_weighed_and_ended(sign_in: SignIn) -> None:
    browser, form = sign_in("supervisor"), {"word": "充电小屋", "category": "060101", "weight": "40", "text": TEXT}
    assert suggest("", TEXT).category != "060101"
    tried = browser.post("/admin/keywords/new", data={**form, "try": "1"}).text
    assert "With this change" in tried
    assert "40" in tried
    assert not db.session.scalar(select(Keyword.id).filter_by(keyword="充电小屋"))
    assert browser.post("/admin/keywords/new", data=form).status_code == 303
    assert suggest("", TEXT).category == "060101"
    again = browser.post("/admin/keywords/new", data=form)
    assert (again.status_code, "speaks for this category already" in again.text) == (422, True)

    page = browser.get("/admin/keywords/060101/充电小屋").text
    weigh = {"weight": "2", "version": shown(page, "version")}
    assert browser.post("/admin/keywords/060101/充电小屋", data=weigh).status_code == 303
    assert browser.post("/admin/keywords/060101/充电小屋", data=weigh).status_code == 409
    version = shown(browser.get("/admin/keywords/060101/充电小屋").text, "version")
    assert browser.post("/admin/keywords/060101/充电小屋/end", data={"version": version}).status_code == 303
    rows = db.session.scalars(select(Keyword).filter_by(keyword="充电小屋")).all()
    assert [(row.weight, row.valid_to is None) for row in rows] == [(40, False), (2, False)]
    ended, weighed, added = history_of(Subject.KEYWORD, "060101:充电小屋")
    assert (added.before, weighed.after, ended.after) == (None, {"weight": 2}, None)


def test_the_overview_leads_to_the_keywords_of_categories_out_of_use(sign_in: SignIn, actor: ActorOf) -> None:
    for category, word in (("060101", "留用的词"), ("060102", "失主的词")):
        add_keyword(category, word, 3, actor("supervisor"), NOW)
    db.session.execute(update(Category).filter_by(code="060102").values(active=False))
    db.session.commit()
    browser = sign_in("admin")
    assert 'href="/admin/keywords?out=1"' in browser.get("/admin").text
    page = browser.get("/admin/keywords?out=1").text
    assert "失主的词" in page
    assert "留用的词" not in page


def test_the_citys_file_leaves_keywords_people_changed(actor: ActorOf) -> None:
    admin = actor("admin")
    rows = [
        {"keyword": "充电小屋", "category": "060101", "weight": "5"},
        {"keyword": "旧词", "category": "060101", "weight": "5"},
    ]
    load_keywords(rows, NOW)
    weigh_keyword("060101", "充电小屋", 9, admin, NOW)
    end_keyword("060101", "旧词", admin, NOW)
    add_keyword("060101", "新词", 7, admin, NOW)
    load_keywords(rows, NOW + timedelta(hours=1))
    current = select(Keyword.keyword, Keyword.weight).where(Keyword.valid_to.is_(None))
    assert {(row.keyword, row.weight) for row in db.session.execute(current)} == {("充电小屋", 9), ("新词", 7)}


def test_a_category_is_added_below_another_and_leaves_only_when_nothing_leads_to_it(
    sign_in: SignIn, actor: ActorOf
) -> None:
    admin, code = actor("admin"), next_code("0601")
    for wrong in ("7", "0601x1", "990101", "060101"):
        with pytest.raises(Invalid):
            add_category(wrong, admin, NOW, name="x")
    browser = sign_in("admin")
    form = {"code": code, "name": "充电设施", "default_unit": "nowhere"}
    assert browser.post("/admin/categories/new", data=form).status_code == 422
    assert browser.post("/admin/categories/new", data={**form, "default_unit": "housing"}).status_code == 303
    add_keyword(code, "充电小屋", 40, admin, NOW)
    db.session.commit()
    address = f"/admin/categories/{code}/active"
    refused = browser.post(address, data={"active": "false"})
    assert (refused.status_code, "keywords 1" in refused.text) == (409, True)
    assert suggest("", TEXT).category == code
    end_keyword(code, "充电小屋", admin, NOW)
    db.session.commit()
    assert browser.post(address, data={"active": "false"}).status_code == 303
    assert not db.session.get_one(Category, code).active
    switch_category("0601", admin, NOW, active=False)
    with speaking("en"), pytest.raises(Conflict, match="above it"):
        switch_category("060101", admin, NOW, active=True)
    change_category(code, admin, NOW, name="充电")
    assert len(history_of(Subject.CATEGORY, code)) == 3


def test_what_is_out_of_use_is_not_suggested(actor: ActorOf) -> None:
    add_keyword("060101", "充电小屋", 40, actor("admin"), NOW)
    switch_category("060101", actor("admin"), NOW, active=False)
    assert "060101" not in {row.category for row in suggest("", TEXT).ranked}


def test_the_first_policy_holds_from_the_beginning_wherever_it_is_named(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    for address in ("/admin/changes?subject=policy", "/admin/policies"):
        assert "from the beginning" in browser.get(address).text
    assert "2000-01-01" not in browser.get("/admin/changes?subject=policy").text


def test_the_calendar_speaks_the_readers_language(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    page = browser.get("/admin/calendar?year=2026").text
    assert "<caption>January</caption>" in page
    assert 'title="2026-01-01 New Year"' in page
    assert not {"休", "班", "六"} & set(page)
    assert "<caption>1月</caption>" in browser.get("/admin/calendar?year=2026&lang=zh").text


def test_days_are_compared_put_in_force_and_deadlines_follow(sign_in: SignIn) -> None:
    factories.dispatched(NOW)
    db.session.commit()
    browser = sign_in("admin")
    before = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc())).first()
    assert before

    def upload(content: str) -> str:
        file = {"file": (BytesIO(content.encode()), "days.csv"), "source": "市府办通知"}
        return browser.post("/admin/calendar/upload", data=file).text

    assert "is no kind of day" in upload("date,kind,name\n2026-11-19,off,x\n")
    page = upload("date,kind,name\n2026-11-18,holiday,市运动会\n2026-12-05,workday,市运动会调休\n")
    assert "2026-11-18" in page
    form = {name: shown(page, name) for name in ("packed", "version", "source")}
    done = browser.post("/admin/calendar/upload/apply", data=form)
    assert done.status_code == 303
    assert "市运动会" in browser.get(done.headers["Location"]).text
    assert db.session.scalars(select(DeadlineMove)).first()
    assert browser.post("/admin/calendar/upload/apply", data=form).status_code == 409
    newest = db.session.scalars(select(Change).filter_by(subject=Subject.CALENDAR).order_by(Change.id.desc())).first()
    assert newest
    assert (newest.by, newest.after and newest.after["source"]) == ("测试admin", "市府办通知")


def test_hours_are_refused_beside_their_field(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    refused = browser.post("/admin/calendar/hours", data={"spans": "9 to 5"})
    assert (refused.status_code, 'id="hours-spans-error"' in refused.text) == (422, True)
    done = browser.post("/admin/calendar/hours", data={"spans": "08:30-12:00,14:00-18:00", "since": "2027-05-01"})
    assert done.status_code == 303
    assert "08:30–12:00" in browser.get("/admin/calendar").text


def test_a_policy_is_checked_compared_and_adopted_for_a_day(sign_in: SignIn) -> None:
    browser = sign_in("admin")

    def compare(content: str) -> str:
        return browser.post("/admin/policies/preview", data={"file": (BytesIO(content.encode()), "own.toml")}).text

    assert "is not TOML" in compare("name =")
    assert "is not TOML at line 1, column 8: Expected" in compare("[limits\n")
    assert "there is no such preset" in compare('extends = "nothing"')
    assert "the policy lacks" in compare('name = "own"')
    own = compare('extends = "default"\nname = "own"\nlabel = "本市政策"\n')
    assert "本市政策" in own
    assert "<code>name</code>" in own
    preset = browser.post("/admin/policies/preview", data={"preset": "beijing"})
    assert preset.status_code == 200
    assert "Time limits that differ" in preset.text
    form = {name: shown(preset.text, name) for name in ("packed", "version")}
    past = browser.post("/admin/policies/adopt", data={**form, "starts": "2020-01-01"})
    assert (past.status_code, 'id="adopt-starts-error"' in past.text) == (422, True)
    assert browser.post("/admin/policies/adopt", data={**form, "starts": "2026-12-01"}).status_code == 303
    version = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id.desc())).first()
    assert version
    assert version.effective_from > NOW
    assert history_of(Subject.POLICY, str(version.id))[0].by == "测试admin"


def test_a_policy_compared_with_another_than_the_newest_is_not_adopted(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    page = browser.post("/admin/policies/preview", data={"preset": "beijing"}).text
    form = {**{name: shown(page, name) for name in ("packed", "version")}, "starts": "2026-12-02"}
    other = browser.post("/admin/policies/preview", data={"preset": "shanghai"}).text
    given = {name: shown(other, name) for name in ("packed", "version")}
    assert browser.post("/admin/policies/adopt", data={**given, "starts": "2026-12-01"}).status_code == 303
    newest = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id.desc())).first()
    assert newest
    refused = browser.post("/admin/policies/adopt", data=form)
    assert refused.status_code == 409
    assert f"Version {newest.id} · {newest.name}" in refused.text
    assert 'value="2026-12-02"' in refused.text
    again = {**form, "version": shown(refused.text, "version")}
    assert browser.post("/admin/policies/adopt", data=again).status_code == 303


def test_hours_written_over_another_calendar_are_not_put_in_force(sign_in: SignIn) -> None:
    browser = sign_in("admin")
    form = {"spans": "08:30-12:00,14:00-18:00", "version": shown(browser.get("/admin/calendar").text, "version")}
    assert browser.post("/admin/calendar/hours", data={**form, "since": "2027-05-01"}).status_code == 303
    refused = browser.post("/admin/calendar/hours", data=form)
    assert refused.status_code == 409
    assert "Somebody has changed the calendar" in refused.text
    assert 'value="08:30-12:00,14:00-18:00"' in refused.text
    again = {**form, "version": shown(refused.text, "version")}
    assert browser.post("/admin/calendar/hours", data=again).status_code == 303


def readers_of(order: Order, **read: tuple[int, int]) -> dict[str, Reader]:
    """The readers after some of the callback desk have read: how often each in this week and in the one before."""
    for name, counts in read.items():
        user = db.session.scalar(select(User).filter_by(login=name))
        if user is None:
            user = create_user(name, name, Role.CALLBACK, PASSWORD, NOW)
        for days, count in zip((0, 8), counts, strict=True):
            at = NOW - timedelta(days=days, hours=1)
            db.session.add_all(
                ReadRecord(at=at, user_id=user.id, subject=order.number, purpose="回访") for _ in range(count)
            )
    db.session.flush()
    return {one.user.login: one for one in readers(NOW)}


def test_one_of_two_may_read_unusually_much(session: None) -> None:
    found = readers_of(factories.received(NOW), callback=(30, 9), other=(2, 2))
    assert found["callback"].unusual
    assert not found["other"].unusual


def test_who_reads_alone_in_a_role_is_compared_with_before(session: None) -> None:
    order = factories.received(NOW)
    assert not readers_of(order, callback=(30, 28))["callback"].unusual
    assert readers_of(order, callback=(60, 0))["callback"].unusual


def test_who_reads_nothing_counts_for_what_is_usual(session: None) -> None:
    found = readers_of(factories.received(NOW), callback=(40, 40), a1=(30, 0), a2=(0, 0), a3=(0, 0), a4=(0, 0))
    assert found["callback"].unusual
    assert found["a1"].unusual


def test_the_card_counts_the_reads_of_all(sign_in: SignIn) -> None:
    names = {f"reader-{n}": (2, 0) for n in range(15)}
    readers_of(factories.received(NOW), **names)
    db.session.commit()
    page = sign_in("admin").get("/admin").text
    assert "<strong>30</strong><small>full numbers read" in page
    assert sign_in("supervisor").get("/admin/reads").text.count("reader-") >= 12


def test_reads_are_listed_without_the_number_and_the_unusual_stand_out(sign_in: SignIn, actor: ActorOf) -> None:
    order = factories.received(NOW)
    for _ in range(25):
        record_read(actor("agent"), order.number, "核对地址", NOW)
    record_read(actor("callback"), order.number, "回访", NOW)
    for number in range(3):
        other = User(login=f"a{number}", name="x", role="agent", password_hash="x", created_at=NOW, active=True)
        other.session_number, other.must_change_password = 0, False
        db.session.add(other)
        db.session.flush()
        db.session.add(ReadRecord(at=NOW, user_id=other.id, subject=order.number, purpose="x"))
    db.session.commit()
    first, *others = readers(NOW + timedelta(minutes=1))
    assert (first.user.login, first.unusual) == ("agent", True)
    assert not any(one.unusual for one in others)
    page = sign_in("supervisor").get(f"/admin/reads?order={order.number}").text
    assert "核对地址" in page
    assert order.requester_phone not in page


def test_what_is_read_with_a_key_in_somebodys_name_says_so(sign_in: SignIn, actor: ActorOf, app: Flask) -> None:
    order = factories.received(NOW)
    key = make_key(actor("supervisor").user_id or 0, "大屏接口", actor("admin"), NOW)
    db.session.commit()
    address, said = f"/api/v1/orders/{order.number}/phone", {"purpose": "核对"}
    read = app.test_client().post(address, json=said, headers={"Authorization": f"Bearer {key}"})
    assert read.status_code == 200
    browser = sign_in("supervisor")
    assert "with the API key “大屏接口”" in browser.get(f"/admin/reads?order={order.number}").text
    browser.post(f"/orders/{order.number}/phone", data=said)
    keys = db.session.scalars(select(ReadRecord.key_id).order_by(ReadRecord.id.desc()).limit(2)).all()
    assert keys[0] is None
    assert keys[1] is not None


def test_who_audits_reads_sees_who_was_let_in_and_nothing_else_of_administration(
    sign_in: SignIn, actor: ActorOf
) -> None:
    admin = actor("admin")
    make_key(actor("supervisor").user_id or 0, "大屏接口", admin, NOW)
    record_change(admin, Subject.KEYWORD, "k", "内部关键词", NOW, before={}, after={"word": "x"})
    db.session.commit()
    browser = sign_in("supervisor")
    for query in ("", "?subject=api_key", "?subject=keyword"):
        page = browser.get(f"/admin/changes{query}").text
        assert "大屏接口" in page
        assert "内部关键词" not in page
        assert "/admin/users" not in page


@pytest.mark.parametrize("address", ["/admin", "/admin/roles", "/admin/users?active=never", "/admin/units?out=lonely"])
def test_pages_that_only_read(sign_in: SignIn, address: str) -> None:
    assert sign_in("admin").get(address).status_code == 200
