"""Templates of replies: whose they are, what an order fills in, what is left and not sent, and all they have said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from hotline.base.changes import Change, Subject, history_of
from hotline.base.db import db
from hotline.base.errors import Invalid, NotAllowed, NotFound, Stale
from hotline.base.files import read_csv
from hotline.handle import operations as handle
from hotline.handle.models import ReplyTemplate
from hotline.handle.reply_templates import (
    filled,
    load_templates,
    revisions,
    templates_for,
    templates_seen,
    write_template,
)
from hotline.orders.reply_check import BLANK, Asked, Rule, check_reply, read_words
from hotline.orders.vocabulary import Result
from hotline.people.actors import Actor
from hotline.people.queries import units_under
from hotline.people.roles import Role
from hotline.policy.queries import calendar_now
from hotline.sample.town import FOLDER
from tests import factories
from tests.factories import HANDLER, saved

Signer = Callable[[str], FlaskClient]
HEAD = Actor(Role.UNIT_HEAD, "负责人", units=frozenset({"housing"}))
SUPERVISOR = Actor(Role.SUPERVISOR, "督办员")
BODY = "您好，【单位】于【到场日期】到【地址】处理了“【标题】”（【工单编号】）。"


def test_an_order_fills_what_it_knows_and_leaves_the_rest(session: None, now: datetime) -> None:
    order = factories.handling(now, title="路灯不亮", address="望江小区3栋")
    said = filled(BODY + "【日期】", order, now, calendar_now())
    assert (
        said
        == f"您好，{order.unit.name if order.unit else ''}于【到场日期】到望江小区3栋处理了“路灯不亮”（{order.number}）。2026年11月17日"
    )
    secret = factories.handling(now, address="望江小区3栋501", secret=True)
    assert "【地址】" in filled(BODY, secret, now, calendar_now())
    assert "【地址】" in filled(BODY, factories.handling(now), now, calendar_now())


def test_what_is_left_to_fill_in_is_not_sent(session: None, now: datetime) -> None:
    order = factories.handling(now)
    with pytest.raises(Invalid, match="public_reply") as refused:
        handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="已于【到场日期】修好。", anyway=True)
    assert "【到场日期】" in str(refused.value)
    handle.reply(
        order,
        HANDLER,
        now,
        result=Result.SOLVED,
        public_reply="已于昨日修好，依据国办发【2020】53号办理。",
        anyway=True,
    )


@pytest.mark.parametrize(
    ("text", "found"), [("【】", 1), ("【原因】【措施】", 2), ("【2020】", 0), ("[原因]", 0), ("【\n】", 0)]
)
def test_what_counts_as_left_open(text: str, found: int) -> None:
    assert len(BLANK.findall(text)) == found
    hits = [hit for hit in check_reply(text, Asked(), read_words({})) if hit.rule is Rule.UNFILLED]
    assert len(hits) == found
    assert all(hit.blocks for hit in hits)


def test_who_changed_a_template_is_on_record(session: None, sign_in: Signer, now: datetime) -> None:
    first = write_template(SUPERVISOR, now, title="通用", body=BODY)
    write_template(SUPERVISOR, now, title="通用答复", body=BODY, code=first.code, revision=1)
    written, added = history_of(Subject.TEMPLATE, first.code)
    assert (added.by, added.before) == (SUPERVISOR.name, None)
    assert (written.before or {})["name"] == "通用"
    assert (written.after or {})["name"] == "通用答复"
    load_templates([{"title": "市里的", "body": BODY, "unit": "", "category": ""}], now)  # a file is nobody's change
    assert db.session.query(Change).filter_by(subject=Subject.TEMPLATE).count() == 2
    db.session.commit()
    page = sign_in("admin").get("/admin/changes?subject=template").text
    assert f'href="/reply-templates/{first.code}"' in page


def test_a_reply_begins_with_what_fits_the_order(session: None, now: datetime) -> None:
    common = write_template(SUPERVISOR, now, title="通用", body=BODY)
    own = write_template(HEAD, now, title="本单位", body=BODY, unit="housing")
    matter = write_template(HEAD, now, title="房屋", body=BODY, unit="housing", category="0601")
    write_template(HEAD, now, title="别的事", body=BODY, unit="housing", category="04")
    district = Actor(Role.UNIT_HEAD, "区负责人", units=units_under("d01"))
    theirs = write_template(district, now, title="区里", body=BODY, unit="d01")
    order = factories.handling(now)
    assert [one.code for one in templates_for(order, now)] == [matter.code, own.code, common.code]
    street = min(units_under("d01") - {"d01"})
    below = factories.dispatched(now, unit=street)
    assert [one.code for one in templates_for(below, now)] == [theirs.code, common.code]
    assert {one.title for one in templates_seen(HANDLER)} == {"通用", "本单位", "房屋", "别的事"}


def test_each_keeps_their_own(session: None, now: datetime) -> None:
    common = write_template(SUPERVISOR, now, title="通用", body=BODY)
    for actor, unit in ((HEAD, ""), (HEAD, "water"), (SUPERVISOR, "housing"), (HANDLER, "housing")):
        with pytest.raises(NotAllowed):
            write_template(actor, now, title="不该有", body=BODY, unit=unit)
    with pytest.raises(NotAllowed):
        write_template(HEAD, now, title="改成我的", body=BODY, unit="housing", code=common.code, revision=1)
    own = write_template(HEAD, now, title="本单位", body=BODY, unit="housing")
    with pytest.raises(NotFound):
        revisions(own.code, Actor(Role.HANDLER, "水务", units=frozenset({"water"})))


def test_all_it_has_said_is_kept_and_two_do_not_overwrite_each_other(sign_in: Signer, now: datetime) -> None:
    client = sign_in("unit_head")
    form = {"title": "维修", "body": "已修好【部位】。", "unit": "housing", "revision": "0"}
    assert client.post("/reply-templates/new", data={**form, "body": ""}).status_code == 422
    assert client.post("/reply-templates/new", data=form).status_code == 302
    code = db.session.query(ReplyTemplate.code).scalar()
    address = f"/reply-templates/{code}"
    assert client.post(address, data={**form, "body": "第二版【部位】。", "revision": "1"}).status_code == 302
    stale = client.post(address, data={**form, "body": "我写的第二版。", "revision": "1"})
    assert stale.status_code == 409
    assert "我写的第二版。</textarea>" in stale.text
    page = client.get(address).text
    assert "Revision 1" in page
    assert "已修好【部位】。" in page
    assert client.post(address, data={**form, "revision": "2", "active": "false"}).status_code == 302
    assert "维修" not in client.get("/reply-templates").text
    assert len(revisions(code, HEAD)) == 3
    with pytest.raises(Stale):
        write_template(HEAD, now, code=code, revision=1, title="维修", body="晚了", unit="housing")


def test_it_is_chosen_in_the_form_of_the_reply(sign_in: Signer, now: datetime) -> None:
    write_template(SUPERVISOR, now, title="通用", body=BODY)
    order = saved(factories.handling(now, title="路灯不亮", address="望江小区3栋"))
    page = sign_in("handler").get(f"/orders/{order.number}").text
    assert 'data-body="您好，' in page
    assert "到望江小区3栋处理了“路灯不亮”" in page
    assert sign_in("handler").get("/reply-templates/new").status_code == 403


def test_the_samples_templates_fit_the_city(session: None, now: datetime) -> None:
    rows = list(read_csv(FOLDER / "reply_templates.csv"))
    assert load_templates(rows, now) == len(rows)
    order = factories.handling(now)
    texts = [one.body for one in templates_for(order, now)]
    assert len(texts) >= 5
    assert all(BLANK.search(text) for text in texts)
