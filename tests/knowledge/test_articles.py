"""Articles in revisions: which one counts, who may write, what fits a question, what is kept of looking."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from hotline.base.files import read_csv
from hotline.knowledge.models import Article, Use
from hotline.knowledge.operations import answer_directly, load_articles, record_use, retire, write_article
from hotline.knowledge.queries import (
    article_that_counts,
    due_for_review,
    in_force,
    known_sources,
    misses,
    revisions,
    search_articles,
    times_used,
)
from hotline.orders.lifecycle import Action
from hotline.orders.names import Names
from hotline.orders.reply_check import Asked, check_reply, read_words
from hotline.orders.timeline import timeline
from hotline.people.actors import Actor
from hotline.people.roles import GRANTS, Permission, Role
from tests import factories
from tests.conftest import NOW
from tests.factories import DISPATCHER, saved

KEEPER = Actor(Role.SUPERVISOR, "督办员")
TODAY = date(2026, 11, 17)
FILE = Path(__file__).parents[2] / "config" / "city" / "knowledge.csv"
GOOD: dict[str, Any] = {
    "title": "犬只登记去哪里办",
    "body": "携带身份证和免疫证明，到居住地派出所办理犬只登记。",
    "unit": "police",
    "review_on": date(2027, 1, 1),
    "reason": "新条目",
    "source": "云川市犬只管理条例",
    "source_number": "云政发〔2025〕8号",
}


def write(code: str = "dog-01", actor: Actor = KEEPER, **changes: Any) -> Article:
    return write_article(code, actor, NOW, **{**GOOD, **changes})


def found(text: str, **more: Any) -> list[str]:
    return [fit.article.code for fit in search_articles(text, TODAY, **more)]


def test_a_revision_leaves_the_one_before_it(session: None) -> None:
    first = write(revision=0)
    second = write(body="改在网上办理。", reason="改为网上办", revision=1)
    assert [one.revision for one in revisions("dog-01")] == [2, 1]
    assert (first.body, second.body) == (GOOD["body"], "改在网上办理。")
    assert article_that_counts("dog-01", TODAY) is second
    assert (second.changed_by, second.reason, second.origin) == ("督办员", "改为网上办", "page")


def test_a_planned_revision_counts_from_its_day(session: None) -> None:
    first = write()
    planned = write(valid_from=date(2026, 12, 1))
    assert article_that_counts("dog-01", date(2026, 11, 30)) is first
    assert article_that_counts("dog-01", date(2026, 12, 1)) is planned


def test_an_article_that_has_ended_is_not_replaced_by_an_older_one(session: None) -> None:
    write()
    write(valid_until=date(2026, 11, 20))
    assert article_that_counts("dog-01", date(2026, 11, 20)) is not None
    assert article_that_counts("dog-01", date(2026, 11, 21)) is None
    assert "dog-01" not in {one.code for one in db.session.scalars(in_force(date(2026, 11, 21)))}


def test_retired_is_over_and_can_be_written_again(session: None) -> None:
    write()
    write(valid_from=date(2026, 12, 1))
    retire("dog-01", KEEPER, NOW, reason="条例废止", revision=2)
    assert article_that_counts("dog-01", TODAY) is None
    assert article_that_counts("dog-01", date(2026, 12, 2)) is None
    with pytest.raises(Conflict):
        retire("dog-01", KEEPER, NOW, reason="再来一次")
    assert write().revision == 4
    assert article_that_counts("dog-01", TODAY) is not None


def test_who_keeps_knowledge() -> None:
    keepers = {role for role in Role if Permission.KEEP_KNOWLEDGE in GRANTS[role]}
    assert keepers == {Role.SUPERVISOR, Role.ADMIN}


@pytest.mark.parametrize("role", [Role.AGENT, Role.DISPATCHER, Role.HANDLER, Role.UNIT_HEAD, Role.CALLBACK])
def test_others_may_not_write(session: None, role: Role) -> None:
    other = Actor(role, "别人", units=frozenset({"police"}))
    with pytest.raises(NotAllowed):
        write(actor=other)
    write()
    with pytest.raises(NotAllowed):
        retire("dog-01", other, NOW, reason="不要了")


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("unit", {"unit": "nobody"}),
        ("category", {"category": "999999"}),
        ("valid_until", {"valid_from": date(2026, 12, 1), "valid_until": date(2026, 11, 30)}),
        ("code", {"code": "due"}),
        ("code", {"code": "a/b"}),
        ("code", {"code": "犬"}),
    ],
)
def test_what_is_wrong_is_named(session: None, field: str, changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as wrong:
        write(**changes)
    assert set(wrong.value.errors) == {field}
    assert db.session.scalar(select(Article).filter_by(title=GOOD["title"])) is None


def test_two_who_write_do_not_overwrite_each_other(session: None) -> None:
    write(revision=0)
    with pytest.raises(Stale) as stale:
        write(revision=0)
    assert stale.value.version == 1
    with pytest.raises(Stale):
        retire("dog-01", KEEPER, NOW, reason="旧了", revision=3)
    with pytest.raises(NotFound):
        revisions("dog-02")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("单位拖欠我三个月工资一直不发怎么办", "ldgz-02"),
        ("我在网上买的衣服想七天无理由退货，商家不给退", "xfwq-01"),
        ("想问一下住房公积金租房能不能提取", "gjj-01"),
        ("楼下装修把承重墙拆了", "wygl-01"),
        ("我家孩子今年六岁，怎么入学上小学", "jyrx-01"),
        ("消防通道被车占用了", "xfaq-01"),
        ("夜间施工噪声太大睡不着", "zsgr-01"),
        ("请问申请最低生活保障要找谁", "db-01"),
        ("公司把我辞退了，经济补偿怎么算", "ldht-03"),
        ("办居住证要什么条件", "jzz-01"),
        ("失业保险金怎么领取，需要什么条件", "sybx-01"),
        ("打12345和110有什么区别", "rx-02"),
    ],
)
def test_a_question_finds_its_article(session: None, text: str, code: str) -> None:
    assert found(text)[:1] == [code]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "？！",
        "路灯坏了半个月没人修",
        "公交车司机态度不好",
        "门口的垃圾没人清运",
        "想反映一件事情,请帮忙看看。",
        "自来水有异味",
        "树枝挡住了红绿灯",
        "请问怎么办",
        "a\\'b | !c & ( ' \\",
    ],
)
def test_a_question_nobody_has_written_for_finds_none(session: None, text: str) -> None:
    assert found(text) == []


def test_the_category_decides_between_two(session: None) -> None:
    write("dog-01", category="120503")
    write("dog-02", category="120504")
    assert found("犬只登记去哪里", category="120504") == ["dog-02", "dog-01"]
    assert found("犬只登记去哪里", category="120503") == ["dog-01", "dog-02"]
    assert found("犬只登记去哪里", limit=1) == ["dog-01"]


def test_only_what_is_in_force_is_found(session: None) -> None:
    write(valid_from=date(2026, 12, 1))
    assert found("犬只登记去哪里办") == []
    write()
    assert found("犬只登记去哪里办") == ["dog-01"]
    retire("dog-01", KEEPER, NOW, reason="旧了")
    assert found("犬只登记去哪里办") == []


def test_the_citys_file_is_loaded_once(session: None) -> None:
    before = db.session.query(Article).count()
    rows = list(read_csv(FILE))
    assert len(rows) >= 25
    assert load_articles(read_csv(FILE), NOW) == len(rows)
    assert db.session.query(Article).count() == before == len(rows)


def test_every_article_of_the_city_may_be_sent_as_it_is() -> None:
    words = read_words(tomllib.loads((FILE.parent / "reply_rules.toml").read_text(encoding="utf-8")))
    for row in read_csv(FILE):
        asked = Asked(row["title"], row["title"], "王女士", "13912345678", private=True)
        assert check_reply(row["body"], asked, words) == (), row["code"]


def test_what_people_wrote_stands_until_the_file_changes(session: None) -> None:
    row = next(read_csv(FILE))
    write_article(row["code"], KEEPER, NOW, **{**GOOD, "title": "人写的"})
    load_articles([row], NOW)
    assert revisions(row["code"])[0].title == "人写的"
    load_articles([{**row, "body": "文件改了。"}], NOW)
    newest = revisions(row["code"])[0]
    assert (newest.revision, newest.body, newest.origin) == (3, "文件改了。", "file")


@pytest.mark.parametrize(
    "changes", [{"unit": "nobody"}, {"category": "999999"}, {"review_on": "soon"}, {"valid_from": ""}]
)
def test_a_row_of_the_file_that_is_wrong_is_refused(session: None, changes: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        load_articles([{**next(read_csv(FILE)), "code": "new-01", **changes}], NOW)


def test_what_is_due_for_review(session: None) -> None:
    write("dog-01", review_on=date(2026, 11, 17))
    write("dog-02", review_on=date(2026, 11, 18))
    due = [one.code for one in db.session.scalars(due_for_review(TODAY, TODAY))]
    assert "dog-01" in due
    assert "dog-02" not in due
    retire("dog-01", KEEPER, NOW, reason="旧了")
    assert "dog-01" not in {one.code for one in db.session.scalars(due_for_review(TODAY, TODAY))}


def test_sources_in_force_may_be_cited(session: None, now: datetime) -> None:
    order = factories.received(now)
    reply = "根据云政发〔2025〕8号，犬只须登记。"
    with pytest.raises(Invalid, match="云政发"):
        answer_directly(order, DISPATCHER, now, public_reply=reply)
    write(source="云川市犬只管理条例；云川市养犬须知")
    assert {"云川市犬只管理条例", "云川市养犬须知", "云政发〔2025〕8号"} <= set(known_sources(TODAY))
    assert "stood" not in answer_directly(order, DISPATCHER, now, public_reply=reply).payload


def test_an_answer_from_an_article_is_a_hit(session: None, now: datetime) -> None:
    article = write()
    order = factories.received(now, title="犬只登记去哪里办")
    event = answer_directly(order, DISPATCHER, now, public_reply=article.body, article=article.key)
    assert event.payload["article"] == {"code": "dog-01", "revision": 1}
    used = db.session.scalars(select(Use)).one()
    assert (used.article_id, used.order_id, used.words, used.offered) == (article.id, order.id, order.title, 1)
    assert times_used("dog-01") == 1
    assert misses(NOW - timedelta(days=1)) == []
    said = next(one for one in timeline(saved(order), DISPATCHER, Names()) if one.action is Action.ANSWER)
    assert any("dog-01" in line.text for line in said.lines)


def test_an_answer_without_one_is_a_miss(session: None, now: datetime) -> None:
    for day in range(2):
        order = factories.received(now + timedelta(days=day), title="路灯坏了", text="路灯坏了半个月没人修。")
        answer_directly(order, DISPATCHER, now + timedelta(days=day), public_reply="已转路灯所，今晚修好。")
    record_use("养鸽子要办证吗", KEEPER, now)
    first, second = misses(NOW - timedelta(days=1))
    assert (first.words, first.times, first.number, first.offered) == ("路灯坏了", 2, order.number, 0)
    assert (second.words, second.times, second.number) == ("养鸽子要办证吗", 1, None)
    assert misses(NOW + timedelta(days=3)) == []


@pytest.mark.parametrize("key", ["dog-01:2", "dog-01", "dog-02:1", "dog-01:x"])
def test_an_article_that_does_not_count_is_not_answered_from(session: None, now: datetime, key: str) -> None:
    write()
    with pytest.raises(Invalid) as refused:
        answer_directly(factories.received(now), DISPATCHER, now, public_reply="可以办理。", article=key)
    assert set(refused.value.errors) == {"article"}
    assert db.session.scalar(select(Use)) is None


def test_a_refused_answer_is_no_miss(session: None, now: datetime, actor: Callable[[str], Actor]) -> None:
    with pytest.raises(NotAllowed):
        answer_directly(factories.received(now), actor("handler"), now, public_reply="可以办理。")
    assert db.session.scalar(select(Use)) is None
