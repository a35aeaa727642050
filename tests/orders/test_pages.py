"""The list and the page of an order, as each role sees them."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from hotline.base.db import db
from hotline.handle import operations as handle
from hotline.orders.attachments import Upload, attach, store
from hotline.orders.lifecycle import ENDED_STATES
from hotline.orders.marking import marked
from hotline.orders.models import Order
from hotline.orders.open_steps import open_steps
from hotline.orders.vocabulary import Result
from hotline.people.actors import Actor
from hotline.people.models import District, ReadRecord
from hotline.people.roles import STAFF_ROLES, UNIT_ROLES, Role
from hotline.transfer.operations import redispatch, request_return
from tests import factories
from tests.factories import saved

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
STATES = {
    "received": factories.received,
    "dispatched": factories.dispatched,
    "handling": factories.handling,
    "callback": factories.replied,
    "closed": factories.closed,
}

Signer = Callable[[str], FlaskClient]


def switch(sign_in: Signer, login: str) -> FlaskClient:
    """Sign in as somebody else in the same test."""
    g.pop("actor", None)
    g.pop("_login_user", None)
    return sign_in(login)


def returning(now: datetime) -> Order:
    order = factories.handling(now)
    request_return(order, factories.HANDLER, now, reason="不是我们的", proposed_unit="market")
    return order


@pytest.mark.parametrize("role", STAFF_ROLES)
@pytest.mark.parametrize("state", [*STATES, "returning"])
def test_the_order_page_offers_exactly_the_steps_of_the_table(
    state: str, role: Role, sign_in: Signer, now: datetime, actor: Callable[[str], Actor]
) -> None:
    order = saved(returning(now) if state == "returning" else STATES[state](now))
    client = sign_in(role)
    response = client.get(f"/orders/{order.number}")
    if role in UNIT_ROLES and order.lead_unit is None:
        assert response.status_code == 404
        return
    page = response.text
    allowed = {step.action.value for step in open_steps(order, actor(role), now)}
    assert set(re.findall(r'data-action="(\w+)"', page)) == allowed
    bodies = re.findall(
        r'<div class="body">(.*?)</div>\s*</details>\s*(?=<details name="do"|</section>)', page, re.DOTALL
    )
    assert len(bodies) == len(allowed)
    assert all("<form" in body for body in bodies)
    assert page.count('<details name="do"') == len(allowed)
    assert page.count(" open>") >= bool(allowed and order.state not in ENDED_STATES)


def test_a_stale_step_says_what_changed_and_keeps_what_was_typed(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    read = order.version
    handle.add_note(order, factories.HANDLER, now, note="已到现场查看")
    saved(order)
    client = sign_in("handler")
    response = client.post(
        f"/orders/{order.number}/reply",
        data={"version": read, "result": "solved", "public_reply": "已经修好<b>了</b>。"},
    )
    assert response.status_code == 409
    assert "Changed since you opened it" in response.text
    assert "已到现场查看" in response.text
    assert "已经修好&lt;b&gt;了&lt;/b&gt;。</textarea>" in response.text
    assert 'name="version" value="4"' in response.text
    assert db.session.get_one(Order, order.id).state == "handling"


def test_what_changed_is_told_before_a_field_that_is_wrong(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    read = order.version
    handle.add_note(order, factories.HANDLER, now, note="别人刚写的一句")
    saved(order)
    wrong = {"version": read, "public_reply": "灯已修好。"}  # and no result
    page = sign_in("handler").post(f"/orders/{order.number}/reply", data=wrong)
    assert page.status_code == 409
    assert "Somebody has changed" in page.text
    refused = page.text.split('class="sheet"')[0]
    assert "别人刚写的一句" in refused
    assert "灯已修好。</textarea>" in page.text


def test_a_stale_step_that_is_gone_shows_the_text_to_copy(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    read = order.version
    request_return(order, factories.HANDLER, now, reason="不是我们的")
    saved(order)
    response = sign_in("handler").post(f"/orders/{order.number}/contact", data={"version": read, "note": "约好明天见"})
    assert response.status_code == 409
    assert "cannot be taken any more" in response.text
    assert "约好明天见</textarea>" in response.text


def test_what_was_typed_is_kept_where_the_order_is_another_units_now(sign_in: Signer, now: datetime) -> None:
    order = saved(returning(now))
    redispatch(order, "market", factories.DISPATCHER, now, reason="归市场监管")
    saved(order)
    typed = {"version": 3, "note": "约好<明天>见"}
    gone = sign_in("handler").post(f"/orders/{order.number}/contact", data=typed)
    assert gone.status_code == 404
    assert "约好&lt;明天&gt;见</textarea>" in gone.text


def test_what_was_typed_is_kept_where_the_unit_only_assists_now(sign_in: Signer, now: datetime) -> None:
    order = saved(returning(now))
    redispatch(order, "market", factories.DISPATCHER, now, reason="归市场监管", assist=["housing"])
    saved(order)
    typed = {"version": order.version, "note": "约好明天见"}
    refused = sign_in("handler").post(f"/orders/{order.number}/note", data=typed)
    assert refused.status_code == 403
    assert "约好明天见</textarea>" in refused.text


def test_a_form_without_its_version_is_refused(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    client = sign_in("handler")
    for version in ("", "²", "9" * 5000):
        assert client.post(f"/orders/{order.number}/sign", data={"version": version}).status_code == 400


def test_an_error_stands_beside_its_field_and_the_input_stays(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now))
    client = sign_in("dispatcher")
    answer = client.post(f"/orders/{order.number}/amend", data={"version": 1, "reason": "电话里说错了"})
    assert answer.status_code == 422
    assert 'id="amend-category-error"' in answer.text
    assert "电话里说错了</textarea>" in answer.text


def test_a_dispatcher_corrects_and_answers_at_once(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now))
    client = sign_in("dispatcher")
    data = {
        "version": 1,
        "reason": "地点说错了",
        "district": "d02",
        "category": "060101",
        "stay": "1",
        "back": "/dispatch",
    }
    amended = client.post(f"/orders/{order.number}/amend", data=data)
    assert amended.status_code == 302
    assert amended.location.startswith(f"/orders/{order.number}")
    assert (order.district_code, order.category_code) == ("d02", "060101")
    data = {"version": 2, "public_reply": "窗口周一至周五办公。", "stay": "1", "back": "/dispatch"}
    answered = client.post(f"/orders/{order.number}/answer", data=data)
    assert answered.location == "/dispatch"
    db.session.expire_all()
    assert "窗口周一至周五办公。" in client.get(f"/orders/{order.number}").text


def test_after_a_step_nobody_is_sent_to_another_site(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    done = sign_in("handler").post(f"/orders/{order.number}/sign", data={"version": 2, "back": "//evil.example"})
    assert done.location.startswith(f"/orders/{order.number}")


def test_a_unit_sees_its_own_orders_only(sign_in: Signer, now: datetime) -> None:
    theirs = saved(factories.dispatched(now, title="住建局的事"))
    client = sign_in("handler-d01")
    assert client.get(f"/orders/{theirs.number}").status_code == 404
    assert "住建局的事" not in client.get("/orders").text
    assert client.post(f"/orders/{theirs.number}/sign", data={"version": 2}).status_code == 404
    client = switch(sign_in, "handler")
    assert client.get(f"/orders/{theirs.number}").status_code == 200
    assert "住建局的事" in client.get("/orders").text


def test_without_sign_in_there_is_only_the_way_to_it(client: FlaskClient, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    assert client.get("/orders").status_code == 302
    assert client.post(f"/orders/{order.number}/sign", data={"version": 2}).location.startswith("/sign-in")


def test_a_secret_requester_stays_hidden_from_units(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now, secret=True))
    client = sign_in("handler")
    page = client.get(f"/orders/{order.number}").text
    assert "王" not in page
    assert "5678" not in page
    assert "Show number" not in page
    assert client.post(f"/orders/{order.number}/phone", data={"purpose": "看看"}).status_code == 403
    assert "139********" in switch(sign_in, "dispatcher").get(f"/orders/{order.number}").text


def test_where_a_secret_requester_stood_is_kept_from_units(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now, secret=True, latitude=30.274085, longitude=120.15507))
    client = sign_in("handler")
    for page in (f"/orders/{order.number}", f"/orders/{order.number}/print"):
        assert "30.274" not in client.get(page).text
    assert "30.27408, 120.15507" in switch(sign_in, "dispatcher").get(f"/orders/{order.number}").text


def test_a_number_is_shown_for_a_purpose_and_recorded(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    client = sign_in("handler")
    page = client.get(f"/orders/{order.number}").text
    assert "139********" in page
    assert "13912345678" not in page
    refused = client.post(f"/orders/{order.number}/phone", data={"purpose": " "})
    assert refused.status_code == 422
    assert "13912345678" not in refused.text
    shown = client.post(f"/orders/{order.number}/phone", data={"purpose": "约上门时间"})
    assert 'href="tel:13912345678"' in shown.text
    record = db.session.query(ReadRecord).filter_by(subject=order.number).one()
    assert record.purpose == "约上门时间"


def test_a_place_is_said_once_and_only_where_it_is_known(sign_in: Signer, now: datetime) -> None:
    district = db.session.get_one(District, "d01").name_en
    whole = factories.dispatched(now, address=f"{district} 锦绣路12号", district_code="d01")
    part = factories.dispatched(now, address="锦绣路12号", district_code="d01")
    nowhere = saved(factories.dispatched(now))
    client = sign_in("handler")
    assert f"锦绣路12号 · {district}" not in client.get(f"/orders/{whole.number}").text
    page = client.get(f"/orders/{part.number}").text
    assert f"锦绣路12号 · {district}" in page
    assert re.search(r'class="to-do".*<small>and \d+ more steps</small>', page)
    assert f"<small>{nowhere.number}</small>" in client.get("/inbox").text


def test_an_administrator_cannot_ask_for_numbers(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.dispatched(now))
    client = sign_in("admin")
    assert "Show number" not in client.get(f"/orders/{order.number}").text
    assert client.post(f"/orders/{order.number}/phone", data={"purpose": "看看"}).status_code == 403


def test_a_unit_does_not_learn_who_calls_back_and_when(sign_in: Signer, now: datetime) -> None:
    order = factories.replied(now)
    handle.record_attempt(order, factories.CALLBACK, now + timedelta(hours=2), note="无人接听")
    handle.call_back(
        order,
        factories.CALLBACK,
        now + timedelta(hours=3),
        solved=False,
        satisfaction="dissatisfied",
        again=True,
        reason="没修好",
    )
    saved(order)
    unit = sign_in("handler").get(f"/orders/{order.number}").text
    assert "回访员" not in unit
    assert "无人接听" not in unit
    assert "没修好" in unit
    assert "Call back" not in unit
    center = switch(sign_in, "callback").get(f"/orders/{order.number}").text
    assert "回访员" in center
    assert "无人接听" in center


def test_words_of_citizens_are_marked_and_never_run() -> None:
    shown = marked("<script>停水</script> 停水三天", ["停水", "停水三天", ""])
    assert shown == "&lt;script&gt;<mark>停水</mark>&lt;/script&gt; <mark>停水三天</mark>"
    assert marked("a<b", []) == "a&lt;b"


def test_the_order_page_marks_keywords_and_tells_the_suggestion(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.received(now, title="小区停水", text="<i>停水</i>三天了，自来水公司不来"))
    page = sign_in("dispatcher").get(f"/orders/{order.number}").text
    assert "<mark>停水</mark>" in page
    assert "&lt;i&gt;" in page
    assert "Suggestion" in page
    assert "Basis: " in page


def test_public_and_internal_words_stand_on_different_ground(sign_in: Signer, now: datetime) -> None:
    order = factories.handling(now)
    handle.reply(
        order,
        factories.HANDLER,
        now,
        result=Result.PROMISED,
        public_reply="月底前修好。",
        unsolved_reason="等材料",
        note="内部说明",
    )
    saved(order)
    page = sign_in("callback").get(f"/orders/{order.number}").text
    public = re.search(r'<div class="ground-public said">.*?月底前修好。', page, re.DOTALL)
    assert public
    assert "The citizen reads this" in public.group()
    internal = re.search(r'<div class="ground-internal said">(?:(?!ground-public).)*?内部说明', page, re.DOTALL)
    assert internal


def test_every_clock_explains_itself(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    page = sign_in("manager").get(f"/orders/{order.number}").text
    assert "limit 5 working days" in page
    assert "row handle" in page
    assert "Ended clocks (2)" in page
    assert "Nothing for you to do here now." in page


def test_a_file_is_a_download_for_whoever_sees_the_order(app: Flask, sign_in: Signer, now: datetime) -> None:
    order = factories.handling(now)
    file = attach(order, Upload("现场.png", PNG), factories.HANDLER, now, public=True)
    store(file, PNG)
    saved(order)
    address = f"/orders/{order.number}/files/{file.id}"
    client = sign_in("handler")
    with client.get(address) as answer:
        assert answer.data == PNG
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.mimetype == "image/png"
    assert "现场.png" in client.get(f"/orders/{order.number}").text
    assert client.get(f"/orders/{order.number}/files/{file.id + 1}").status_code == 404
    assert switch(sign_in, "handler-d01").get(address).status_code == 404


def test_a_reply_brings_files_checked_by_their_content(sign_in: Signer, now: datetime) -> None:
    order = saved(factories.handling(now))
    client = sign_in("handler")
    address = f"/orders/{order.number}/reply"
    text = {"version": 3, "result": "solved", "public_reply": "修好了。"}
    bad = client.post(address, data={**text, "attachments": (io.BytesIO(b"<script>alert(1)</script>"), "照片.png")})
    assert bad.status_code == 422
    assert "照片.png" in bad.text
    assert "修好了。</textarea>" in bad.text
    assert 'id="reply-attachments-error"' in bad.text
    files = [(io.BytesIO(PNG), "前.png"), (io.BytesIO(PNG), "后.png")]
    good = client.post(address, data={**text, "attachments": files, "back": "/inbox"})
    assert good.location == "/inbox"
    db.session.expire_all()
    order = db.session.get_one(Order, order.id)
    assert [file.name for file in order.attachments] == ["前.png", "后.png"]
    assert order.state == "callback"


def test_the_list_is_narrowed_by_its_address(sign_in: Signer, now: datetime) -> None:
    first = factories.dispatched(now, title="月亮桥边的事", district_code="d01")
    second = saved(factories.received(now, title="另一件事", district_code="d02"))
    client = sign_in("manager")

    def numbers(query: str) -> set[str]:
        return set(re.findall(r'data-row="(\d+)"', client.get(f"/orders?{query}").text)) & {first.number, second.number}

    assert numbers("") == {first.number, second.number}
    assert numbers("state=received") == {second.number}
    assert numbers("unit=housing") == {first.number}
    assert numbers("district=d02") == {second.number}
    assert numbers("category=0601") == {first.number}
    assert numbers("q=月亮") == {first.number}
    assert numbers(f"q={second.number}&lang=en") == {second.number}
    assert "No order fits" in client.get("/orders?q=没有这样的事情").text
    assert client.get("/orders?state=nowhere").status_code == 422


def test_the_list_shows_what_is_due_next(sign_in: Signer, now: datetime) -> None:
    saved(factories.dispatched(now, title="看灯"))
    row = re.search(r"看灯.*?</tr>", sign_in("manager").get("/orders").text, re.DOTALL)
    assert row
    assert "light-" in row.group()
    assert "Sign" in row.group()


def test_an_error_is_said_once(sign_in: Signer) -> None:
    page = sign_in("manager").get("/orders?state=nowhere")
    assert page.status_code == 422
    assert page.text.count("choose one of") == 1


@pytest.mark.parametrize("address", ["/orders", "/inbox", "/dispatch"])
@pytest.mark.parametrize("page", ["99999999999999999999", "0", "-1"])
def test_no_page_is_too_far(address: str, page: str, sign_in: Signer) -> None:
    login = {"/orders": "manager", "/inbox": "handler", "/dispatch": "dispatcher"}[address]
    assert sign_in(login).get(f"{address}?page={page}").status_code == 200


def test_a_page_that_is_no_number(sign_in: Signer) -> None:
    assert sign_in("handler").get("/inbox?page=²").status_code == 200
    assert sign_in("handler").post("/inbox/sign", data={"order": "1:²"}).status_code == 200


def found(client: FlaskClient, words: str, *, post: bool = False, **more: str) -> set[str]:
    asked = {"q": words, **more}
    answer = client.post("/orders/find", data=asked) if post else client.get("/orders", query_string=asked)
    assert answer.status_code == 200
    return set(re.findall(r'data-row="(\d+)"', answer.text))


def test_a_unit_cannot_find_out_whose_a_secret_order_is(sign_in: Signer, now: datetime) -> None:
    secret = factories.dispatched(now, secret=True, requester_phone="13900001234")
    plain = saved(factories.dispatched(now, requester_phone="13900001234"))
    client = sign_in("handler")
    assert found(client, "13900001234") == {plain.number}
    assert found(client, "13900001234", post=True) == {plain.number}
    assert not found(client, "1234") & {secret.number, plain.number}
    assert found(client, secret.number) == {secret.number}
    assert found(switch(sign_in, "manager"), "1234") >= {secret.number, plain.number}


def test_a_phone_number_is_searched_without_standing_in_an_address(sign_in: Signer, now: datetime) -> None:
    first = factories.dispatched(now, requester_phone="13900004321")
    second = saved(factories.received(now, requester_phone="13900004321"))
    client = sign_in("manager")
    home = client.get("/orders").text
    assert 'method="post" action="/orders/find"' in home
    for words in ("13900004321", "139 0000-4321", "１３９．００００．４３２１", "139–0000–4321"):
        assert found(client, words, post=True) == {first.number, second.number}
    assert found(client, "13900004321", post=True, state="received") == {second.number}
    page = client.post("/orders/find", data={"q": "13900004321"}).text
    assert not re.search(r'(href|action)="[^"]*13900004321', page)
    for words in ("王女士 13900004321", "电话:139 0000 4321 月亮"):
        posted = client.post("/orders/find", data={"q": words})
        assert posted.status_code == 200
        assert not re.search(r'(href|action)="[^"]*4321', posted.text)
    for words in ("月亮", "4321"):
        answer = client.post("/orders/find", data={"q": words})
        assert answer.status_code == 303
        assert parse_qs(urlsplit(answer.location).query) == {"q": [words]}
    assert client.get("/orders/find").location == "/orders"


def test_a_long_list_of_one_number_has_pages_without_it(
    sign_in: Signer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        order = factories.received(now, requester_phone="13900005555")
    saved(order)
    monkeypatch.setattr("hotline.orders.finding.PAGE_SIZE", 2)
    client = sign_in("manager")
    assert 'form="narrow" name="page" value="2"' in client.post("/orders/find", data={"q": "13900005555"}).text
    assert len(found(client, "13900005555", post=True, page="2")) == 1
