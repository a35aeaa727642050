"""The five elements: what counts as said, what is asked for, what is kept; and who stays anonymous."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.orders.lifecycle import Action
from hotline.orders.models import Order
from hotline.orders.names import Names
from hotline.orders.timeline import timeline
from hotline.orders.vocabulary import Element, Nature
from hotline.receive.elements import missing_elements, question
from hotline.transfer.place import Mention
from tests import factories
from tests.factories import DISPATCHER, saved

Signer = Callable[[str], FlaskClient]
WHOLE = "望江小区三栋的电梯从上周起一直停运，老人下不了楼，物业说等配件，希望尽快修好。"


def absent(text: str, **more: object) -> set[Element]:
    return set(missing_elements(text, **{"who": True, **more}))  # type: ignore[arg-type]  # cases give what they need


def test_all_five_are_said() -> None:
    assert absent(WHOLE) == set()


def test_nothing_is_said() -> None:
    assert missing_elements("坏了", who=False) == tuple(Element)


@pytest.mark.parametrize(
    "when",
    [
        *(
            "昨天",
            "今早",
            "上周三",
            "11月3日",
            "晚上十点",
            "半年前",
            "三个月",
            "最近",
            "每天",
            "长期",
            "半夜",
            "刚才",
            "去年",
            "周末",
            "国庆期间",
            "已经两年了",
            "20:30",
        ),
        *("本月5号", "连续四天", "入冬以来", "一直"),
    ],
)
def test_a_time_is_said(when: str) -> None:
    assert Element.WHEN not in absent(f"门口{when}有人堆垃圾")


@pytest.mark.parametrize(
    "text", ["门口有人堆垃圾", "路灯不亮", "电梯坏了没人管", "物业乱收费", "三栋二单元漏水", "楼上装修吵人"]
)
def test_no_time_is_said(text: str) -> None:
    assert Element.WHEN in absent(text)


@pytest.mark.parametrize(
    "text",
    [
        "希望尽快修好",
        "请问怎么办理",
        "要求退款",
        "投诉物业",
        "能不能管一下",
        "想咨询社保",
        "建议加装路灯",
        "请派人查看",
        "有人管吗？",
    ],
)
def test_what_is_wanted_is_said(text: str) -> None:
    assert Element.CAUSE not in absent(text)


@pytest.mark.parametrize("text", ["路灯不亮", "电梯坏了", "门口有人堆垃圾", "楼上在装修"])
def test_nothing_is_wanted(text: str) -> None:
    assert Element.CAUSE in absent(text)


def test_a_place_is_an_address_a_name_or_found() -> None:
    text = "门口的路灯坏了很久"
    assert Element.WHERE in absent(text)
    assert Element.WHERE not in absent(text, address="3栋")
    assert Element.WHERE not in absent("阳光花园门口的路灯坏了")
    assert Element.WHERE not in absent(text, places=[Mention("大桥", "望江大桥", "landmark", ("d01",), "")])
    assert Element.WHERE in absent(text, places=[Mention("望江区", "望江区", "district", ("d01",), "")])


@pytest.mark.parametrize("nature", [Nature.CONSULTATION, Nature.SUGGESTION, Nature.PRAISE])
def test_a_question_needs_no_story(nature: Nature) -> None:
    assert absent("怎么办理居住证", nature=nature) == set()
    assert absent("居住证", nature=nature, who=False) == {Element.WHO, Element.CAUSE}


def test_most_texts_of_the_sample_city_say_what_they_want() -> None:
    """They are written as citizens write: asking for what they have said would annoy."""
    file = Path(__file__).parents[2] / "config" / "sample" / "texts.csv"
    with file.open(encoding="utf-8") as opened:
        told = [absent(row["text"], nature=Nature(row["nature"]), address="x") for row in csv.DictReader(opened)]
    assert sum(Element.CAUSE in one for one in told) < 0.1 * len(told)
    assert sum(Element.COURSE in one for one in told) == 0
    assert sum(Element.WHEN in one for one in told) < 0.3 * len(told)


def test_what_was_not_said_is_kept(session: None, now: datetime) -> None:
    order = saved(factories.received(now, text="电梯坏了", requester_name="", requester_phone=""))
    assert order.events[0].payload["missing"] == ["who", "when", "where", "cause", "course"]
    said = next(one for one in timeline(order, DISPATCHER, Names()) if one.action is Action.REGISTER)
    assert any(line.label in {"Not said", "未说明"} for line in said.lines)
    whole = saved(factories.received(now, text=WHOLE, nature=Nature.COMPLAINT))
    assert "missing" not in whole.events[0].payload


def test_the_desk_asks_for_what_is_missing(sign_in: Signer) -> None:
    client = sign_in("agent")
    page = client.post("/desk/suggestion", data={"text": "电梯坏了，很吵"}).text
    assert page.count("<li><b>") == 5
    assert question(Element.WHEN) in page or "When was it" in page
    assert "<li><b>who" not in client.post("/desk/suggestion", data={"text": "电梯坏了", "anonymous": "true"}).text
    whole = client.post("/desk/suggestion", data={"text": WHOLE, "phone": "13912345678", "nature": "complaint"}).text
    assert 'class="missing"' not in whole
    asked = client.post(
        "/desk/suggestion", data={"text": "怎么办理居住证", "name": "王", "nature": "consultation"}
    ).text
    assert 'class="missing"' not in asked


def test_an_anonymous_caller_leaves_no_trace(sign_in: Signer) -> None:
    client = sign_in("agent")
    form = {"key": "k" * 32, "text": WHOLE, "name": "王女士", "phone": "13912345678", "anonymous": "true"}
    assert client.post("/desk", data=form).status_code == 303
    order = db.session.scalars(select(Order)).one()
    db.session.expire_all()
    assert (order.requester_name, order.requester_phone) == ("", "")
    assert order.events[0].payload["anonymous"] is True
    assert "missing" not in order.events[0].payload
    assert "no callback" in client.get(f"/orders/{order.number}").text


def test_the_api_takes_anonymous_ones_too(client: FlaskClient, api_key: dict[str, str]) -> None:
    body = {"text": WHOLE, "anonymous": True, "phone": "13912345678", "latitude": 30.27, "longitude": 120.15}
    placed = client.post("/api/v1/orders", json=body, headers=api_key)
    assert placed.status_code == 201
    db.session.expire_all()
    order = db.session.scalars(select(Order)).one()
    assert (order.requester_phone, order.events[0].payload["anonymous"]) == ("", True)
    assert (order.latitude, order.longitude) == (None, None)


def test_a_citizen_is_told_what_is_missing_and_may_send_all_the_same(client: FlaskClient, now: datetime) -> None:
    hints = client.post("/citizen/hints", data={"text": "电梯坏了"}).text
    assert "When was it" in hints
    assert "You can also send it as it is." in hints
    assert "number" not in hints
    assert client.post("/citizen/hints", data={"text": WHOLE}).text.strip() == ""
    assert client.post("/citizen/hints", data={}).text.strip() == ""
    assert client.post("/citizen/hints", data={"text": "怎么办理居住证", "nature": "consultation"}).text.strip() == ""
    sent = client.post("/citizen/new", data={"key": "k" * 32, "text": "电梯坏了", "phone": "13912345678"})
    assert sent.status_code == 303


def test_who_cannot_be_called_is_asked_by_link_only(sign_in: Signer, now: datetime) -> None:
    saved(factories.replied(now, requester_name="", requester_phone=""))
    page = sign_in("callback").get("/callbacks").text
    assert "only the link serves" in page
    assert "/rate/" in page
