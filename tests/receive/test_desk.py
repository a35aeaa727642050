"""The agent's desk: a call becomes one order, says where it went, and nothing typed is lost."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from hotline.base.db import db
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Order
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.receive.desk import advise, category_code
from hotline.receive.models import Draft
from hotline.receive.schemas import plain_phone
from tests import factories

SignIn = Callable[[str], FlaskClient]
SURE = "望江区锦绣花园小区停水三天了，自来水公司不来"
SCRIPT = {"Accept": "application/json"}


def orders_of(phone: str) -> list[Order]:
    db.session.expire_all()
    return list(db.session.scalars(select(Order).filter_by(requester_phone=phone)))


def count() -> int:
    return db.session.scalars(select(func.count()).select_from(Order)).one()


def call(**changes: str) -> dict[str, str]:
    return {"key": "k1", "phone": "139 0000 1111", "name": "李先生", "text": SURE, "do": "save", **changes}


def test_only_who_takes_calls_has_the_desk(client: FlaskClient, sign_in: SignIn) -> None:
    assert client.get("/desk").headers["Location"].startswith("/sign-in")
    for login in ("handler", "manager", "admin"):
        sign_in(login)
        for answer in (
            client.get("/desk"),
            client.post("/desk", data=call()),
            client.post("/desk/suggestion", data={"text": SURE}),
            client.post("/desk/caller", data={"phone": "13900001111"}),
        ):
            assert answer.status_code == 403
    assert orders_of("13900001111") == []


def test_a_call_is_saved_and_says_where_it_went(sign_in: SignIn) -> None:
    desk = sign_in("agent")
    assert 'name="key"' in desk.get("/desk").text
    answer = desk.post("/desk", data=call(address="锦绣花园 3 幢", urgency="urgent", nature="help", secret="true"))
    assert answer.status_code == 303
    (order,) = orders_of("13900001111")
    assert (order.channel, order.nature, order.urgency) == (Channel.PHONE, Nature.HELP, Urgency.URGENT)
    assert order.secret
    assert order.title == SURE[:30]
    assert order.state is State.DISPATCHED
    page = desk.get(answer.headers["Location"]).text
    assert order.number in page
    assert "Yunchuan Water Supply Group" in page
    assert "13900001111" not in page


def test_by_script_the_page_is_told_what_to_show(sign_in: SignIn) -> None:
    answer = sign_in("agent").post("/desk", data=call(text="说不清的一件事"), headers=SCRIPT)
    assert answer.status_code == 201
    told = answer.json or {}
    (order,) = orders_of("13900001111")
    assert order.state is State.RECEIVED
    assert told["number"] == order.number
    assert order.number in told["bar"]
    assert "no keyword found" in told["bar"]
    assert order.number in told["saved"]


def test_errors_stand_beside_the_fields_and_input_is_kept(sign_in: SignIn) -> None:
    desk, before = sign_in("agent"), count()
    wrong = {"phone": "abc", "text": "", "category": "没有这个类别", "name": "留着的名字", "address": "留着<的>地址"}
    answer = desk.post("/desk", data=call(**wrong))
    assert answer.status_code == 422
    assert "留着的名字" in answer.text
    assert "留着&lt;的&gt;地址" in answer.text
    assert 'value="k1"' in answer.text
    for name in ("phone", "text"):
        place = answer.text.split(f'data-error="{name}">')[1].split("</div>")[0]
        assert place, name
    told = desk.post("/desk", data=call(**wrong), headers=SCRIPT)
    assert told.status_code == 422
    assert set((told.json or {})["errors"]) == {"phone", "text"}
    assert all(len(text) > 1 for texts in (told.json or {})["errors"].values() for text in texts)
    assert set((desk.post("/desk", data=call(category="zz"), headers=SCRIPT).json or {})["errors"]) == {"category"}
    assert set((desk.post("/desk", data=call(district="zz"), headers=SCRIPT).json or {})["errors"]) == {"district"}
    assert count() == before


def test_a_key_refused_once_can_be_used_again(sign_in: SignIn) -> None:
    desk = sign_in("agent")
    assert desk.post("/desk", data=call(category="zz"), headers=SCRIPT).status_code == 422
    assert desk.post("/desk", data=call(), headers=SCRIPT).status_code == 201
    assert desk.post("/desk", data=call(key="x" * 300), headers=SCRIPT).status_code == 422


def test_a_retry_gives_one_order(sign_in: SignIn) -> None:
    desk = sign_in("agent")
    answers = [desk.post("/desk", data=call(), headers=SCRIPT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert len({(answer.json or {})["number"] for answer in answers}) == 1
    assert len(orders_of("13900001111")) == 1


def test_a_retry_with_other_words_names_the_first_order(sign_in: SignIn) -> None:
    desk = sign_in("agent")
    first = desk.post("/desk", data=call(), headers=SCRIPT).json or {}
    changed = desk.post("/desk", data=call(text=SURE + "，请尽快"), headers=SCRIPT)
    assert changed.status_code == 409
    assert first["number"] in (changed.json or {})["bar"]
    page = desk.post("/desk", data=call(text=SURE + "，请尽快"))
    assert page.status_code == 409
    assert first["number"] in page.text
    assert "请尽快" in page.text
    assert len(orders_of("13900001111")) == 1


def test_who_does_not_take_calls_gets_nothing_for_a_key(sign_in: SignIn) -> None:
    sign_in("agent").post("/desk", data=call(), headers=SCRIPT)
    again = sign_in("dispatcher").post("/desk", data=call(), headers=SCRIPT)
    assert again.status_code == 403


def test_what_needs_no_unit_is_answered_at_once(sign_in: SignIn) -> None:
    desk = sign_in("agent")
    missing = desk.post("/desk", data=call(do="answer", public_reply=" "), headers=SCRIPT)
    assert set((missing.json or {})["errors"]) == {"public_reply"}
    assert orders_of("13900001111") == []
    answer = desk.post("/desk", data=call(do="answer", public_reply="带身份证到派出所。"), headers=SCRIPT)
    assert answer.status_code == 201
    (order,) = orders_of("13900001111")
    assert order.state is State.ANSWERED
    assert order.lead_unit is None
    assert [event.action for event in order.events] == [Action.REGISTER, Action.ANSWER]


def test_a_reply_left_in_the_form_is_not_sent_with_a_plain_save(sign_in: SignIn) -> None:
    sign_in("agent").post("/desk", data=call(do="save", public_reply="不答了"), headers=SCRIPT)
    (order,) = orders_of("13900001111")
    assert order.state is State.DISPATCHED


@pytest.mark.parametrize(
    ("typed", "code"),
    [("050101", "050101"), ("050101 停水", "050101"), ("停水", "050101"), (" ", ""), ("不是类别 的", "不是类别 的")],
)
def test_a_category_is_found_by_code_or_name(session: None, typed: str, code: str) -> None:
    assert category_code(typed) == code


def test_suggestions_name_category_unit_place_and_words(sign_in: SignIn) -> None:
    pane = sign_in("agent").post("/desk/suggestion", data={"text": SURE}).text
    for said in ("050101", "Yunchuan Water Supply Group", "Wangjiang", "<mark>停水</mark>", "Alt+1", "<meter"):
        assert said in pane
    assert "style=" not in pane


def test_a_choice_leaves_the_others_to_choose_from(session: None, now: datetime) -> None:
    text = "锦绣花园停水三天，物业不管"
    free, chosen = advise({"text": text}, now), advise({"text": text, "category": "060101"}, now)
    assert free is not None
    assert chosen is not None
    assert free.guesses == chosen.guesses
    assert chosen.chosen == chosen.suggested.category == "060101"
    assert chosen.doubt is None
    assert advise({"text": " "}, now) is None


def test_a_name_of_several_places_gives_districts_to_choose(session: None, sign_in: SignIn, now: datetime) -> None:
    advice = advise({"text": "云川大道路灯不亮"}, now)
    assert advice is not None
    assert len(advice.candidates) > 1
    assert advice.district == ""
    one = next(iter(advice.candidates))
    settled = advise({"text": "云川大道路灯不亮", "district": one}, now)
    assert settled is not None
    assert settled.district == advice.candidates[one]
    assert f'data-district="{one}"' in sign_in("agent").post("/desk/suggestion", data={"text": "云川大道路灯不亮"}).text


def test_a_callers_earlier_orders_are_shown_without_the_number(sign_in: SignIn, now: datetime) -> None:
    order = factories.received(now, title="上个月的一件事", requester_phone="13911112222")
    db.session.commit()
    desk = sign_in("agent")
    for typed in ("13911112222", "139-1111-2222", "139 1111 2222"):
        pane = desk.post("/desk/caller", data={"phone": typed}).text
        assert order.title in pane
        assert "13911112222" not in pane
    assert order.title not in desk.post("/desk/caller", data={"phone": "1391111"}).text
    assert order.title not in desk.post("/desk/caller", data={"phone": ""}).text


def test_the_list_of_today_is_the_agents_own(sign_in: SignIn, actor: Callable[[str], Actor], now: datetime) -> None:
    desk = sign_in("agent")
    other = factories.received(now, title="别人登记的")
    db.session.commit()
    mine = (desk.post("/desk", data=call(title="我登记的"), headers=SCRIPT).json or {})["number"]
    for page in (desk.get("/desk").text, desk.get(f"/desk?saved={other.number}").text):
        assert f"/orders/{mine}" in page
        assert f"/orders/{other.number}" not in page


def test_a_long_text_is_suggested_for_through_the_api(client: FlaskClient, api_key: dict[str, str]) -> None:
    body = {"text": SURE + "。" * 4000}
    answer = client.post("/api/v1/suggestion", json=body, headers=api_key)
    assert (answer.json or {})["categories"][0]["category"] == "050101"


def test_numbers_are_kept_plain() -> None:
    assert plain_phone("(0571) 8888-7777 ") == "057188887777"


def draft(now: datetime, **changes: str) -> dict[str, str]:
    return {"key": "k1", "at": str(int(now.timestamp() * 1000)), "phone": "139 0000", "text": "说到一半", **changes}


def drafted(desk: FlaskClient) -> Any:
    found = re.search(r"data-draft='(.*?)'", desk.get("/desk").text)
    return json.loads(html.unescape(found.group(1))) if found else None


def test_a_draft_is_found_at_any_desk_by_its_agent_alone(client: FlaskClient, sign_in: SignIn, now: datetime) -> None:
    assert client.post("/desk/draft", data=draft(now)).headers["Location"].startswith("/sign-in")
    assert sign_in("handler").post("/desk/draft", data=draft(now)).status_code == 403
    desk = sign_in("agent")
    assert drafted(desk) is None
    said = {"name": "说'的<\"人&", "secret": "true", "do": "answer", "public_reply": "先这样答复"}
    assert desk.post("/desk/draft", data=draft(now, **said)).status_code == 204
    kept = {"phone": "139 0000", "text": "说到一半", **said}
    assert drafted(desk) == {"key": "k1", "values": kept, "at": int(now.timestamp() * 1000)}
    assert db.session.scalars(select(func.count()).select_from(Draft)).one() == 1
    db.session.execute(update(Draft).values(user_id=actor_id("manager")))
    db.session.commit()
    assert drafted(desk) is None


def actor_id(login: str) -> int:
    return db.session.scalars(select(User.id).filter_by(login=login)).one()


def test_the_newer_draft_stays(sign_in: SignIn, now: datetime) -> None:
    desk = sign_in("agent")
    desk.post("/desk/draft", data=draft(now, text="新的", key="k2"))
    assert desk.post("/desk/draft", data=draft(now - timedelta(seconds=1), text="旧的")).status_code == 204
    assert drafted(desk)["values"]["text"] == "新的"
    desk.post("/desk/draft", data=draft(now + timedelta(days=400), text="时钟快的"))
    assert drafted(desk)["at"] == int(now.timestamp() * 1000), "never later than now"
    desk.post("/desk/draft", data=draft(now, text="更新的"))
    assert drafted(desk)["values"]["text"] == "更新的"


def test_a_draft_has_the_lengths_of_the_form(sign_in: SignIn, now: datetime) -> None:
    desk = sign_in("agent")
    for wrong in (
        {"text": "长" * 5001},
        {"phone": "1" * 31},
        {"public_reply": "长" * 5001},
        {"key": ""},
        {"key": "k" * 300},
        {"at": "soon"},
        {"at": "1" + "0" * 20},
        {"other": "x"},
    ):
        assert desk.post("/desk/draft", data=draft(now, **wrong)).status_code == 422, wrong
    assert drafted(desk) is None


def test_a_draft_goes_with_its_order(sign_in: SignIn, now: datetime) -> None:
    desk = sign_in("agent")
    desk.post("/desk/draft", data=draft(now))
    desk.post("/desk", data=call(phone="abc"), headers=SCRIPT)
    assert drafted(desk) is not None, "nothing was saved"
    desk.post("/desk", data=call(key="k2"), headers=SCRIPT)
    assert drafted(desk) is not None, "another call was saved"
    desk.post("/desk", data=call(), headers=SCRIPT)
    assert drafted(desk) is None
    assert db.session.scalars(select(func.count()).select_from(Draft)).one() == 0


def test_a_call_that_was_saved_meanwhile_leaves_no_draft(sign_in: SignIn, now: datetime) -> None:
    desk = sign_in("agent")
    number = (desk.post("/desk", data=call(), headers=SCRIPT).json or {})["number"]
    late = desk.post("/desk/draft", data=draft(now))
    assert late.status_code == 409
    assert number in (late.json or {})["bar"]
    assert drafted(desk) is None
    desk.post("/desk/draft", data=draft(now, key="k2"))
    db.session.execute(update(Draft).values(document={"key": "k1", "values": {"text": "路上的"}}))
    db.session.commit()
    assert drafted(desk) is None


def test_an_emptied_form_drops_its_draft_alone(sign_in: SignIn, now: datetime) -> None:
    desk, empty = sign_in("agent"), {"at": draft(now)["at"]}
    desk.post("/desk/draft", data=draft(now))
    assert desk.post("/desk/draft", data={**empty, "key": "k2"}).status_code == 204
    assert drafted(desk) is not None
    assert desk.post("/desk/draft", data={**empty, "key": "k1"}).status_code == 204
    assert drafted(desk) is None
