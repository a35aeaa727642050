"""Orders of the same matter: place vetoes text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from hotline.base.db import db
from hotline.orders.lifecycle import State
from hotline.orders.models import Order
from hotline.transfer.alike import Alike, alike_orders
from hotline.transfer.duplicates import Where, likeness, matter
from tests import factories
from tests.factories import saved

DOGS = "楼下有人养了三条大狗，每天早上五点开始叫，老人孩子都睡不好"


@pytest.mark.parametrize(
    ("one", "other", "where", "same"),
    [
        (("锦绣花园", DOGS), ("锦绣花园3栋", "早上五点狗就开始叫，老人睡不好，请管一管养狗的人"), Where.SAME, True),
        (("锦绣花园", DOGS), ("江景名苑", DOGS), Where.OTHER, False),
        (("锦绣花园", DOGS), ("解放路", DOGS), Where.UNKNOWN, True),
        (("解放路锦绣花园", DOGS), ("解放路江景名苑", DOGS), Where.OTHER, False),
        (("", DOGS), ("锦绣花园", DOGS), Where.UNKNOWN, True),
        (("锦绣花园", DOGS), ("锦绣花园", "电梯坏了一个星期没有人来修"), Where.SAME, False),
        (("我们小区", DOGS), ("这个小区", DOGS), Where.UNKNOWN, True),
        (("", ""), ("", ""), Where.UNKNOWN, False),
    ],
)
def test_likeness(one: tuple[str, str], other: tuple[str, str], where: Where, *, same: bool) -> None:
    found = likeness(matter("", one[1], one[0]), matter("", other[1], other[0]))
    assert (found.where, found.same) == (where, same)


def test_another_district_is_another_place() -> None:
    found = likeness(matter("", DOGS, "锦绣花园", "d01"), matter("", DOGS, "锦绣花园", "d02"))
    assert (found.where, found.same) == (Where.OTHER, False)


texts = st.text(alphabet="狗叫噪音锦绣花园江景解放路小区楼上，。 ", max_size=60)


@given(texts, texts, texts, texts)
def test_likeness_is_the_same_both_ways(text: str, place: str, text_b: str, place_b: str) -> None:
    one, other = matter("", text, place), matter("", text_b, place_b)
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other).text <= 1


@given(st.text(alphabet="狗叫噪音修路", min_size=2, max_size=60), texts)
def test_a_text_is_like_itself_and_never_at_another_place(text: str, place: str) -> None:
    assert likeness(matter("", text, place), matter("", text, place)).text == 1.0
    assert not likeness(matter("", text, "江景名苑"), matter("", text, "锦绣花园")).same


def look(now: datetime, **changes: object) -> list[Alike]:
    given = {"categories": ["060101"], "district": "d01", "now": now}
    return alike_orders("狗叫", DOGS, "望江区锦绣花园", **{**given, **changes})  # type: ignore[arg-type]  # plain values


def told(now: datetime, **changes: object) -> Order:
    given = {
        "title": "狗叫",
        "text": DOGS,
        "address": "望江区锦绣花园",
        "category_code": "060101",
        "district_code": "d01",
    }
    return factories.received(now, **{**given, **changes})


def test_orders_of_the_same_matter_are_found_and_say_whose_they_are(session: None, now: datetime) -> None:
    order = told(now)
    told(now, address="望江区江景名苑")
    told(now, category_code="050101")
    told(now, text="电梯坏了一个星期没有人来修", title="电梯")
    (found,) = look(now, phone=order.requester_phone)
    assert (found.order.id, found.own, found.citizens, found.takes) == (order.id, True, 1, order.lead_unit is not None)
    assert look(now, phone="13000000000")[0].own is False
    assert look(now, beside=order.id) == []


def test_what_is_long_closed_is_another_matter(session: None, now: datetime) -> None:
    factories.closed(now, text=DOGS, address="望江区锦绣花园", district_code="d01")
    assert len(look(now + timedelta(days=29))) == 1
    assert look(now + timedelta(days=31)) == []


def form(**said: str) -> dict[str, str]:
    given = {"text": DOGS, "address": "望江区锦绣花园", "category": "060101", "district": "d01", "phone": "13700000001"}
    return {**given, "do": "save", **said}


def test_the_desk_shows_them_and_merges_on_saving(sign_in: Callable[[str], FlaskClient], now: datetime) -> None:
    master = saved(factories.handling(now, text=DOGS, address="望江区锦绣花园", district_code="d01"))
    desk = sign_in("agent")
    pane = desk.post("/desk/suggestion", data=form()).get_data(as_text=True)
    assert "Possibly the same matter" in pane
    assert f'data-master="{master.number}"' in pane
    chosen = desk.post("/desk/suggestion", data=form(master=master.number)).get_data(as_text=True)
    assert f"On saving it is merged into {master.number}" in chosen
    answer = desk.post("/desk", data=form(master=master.number, key="0" * 32), headers={"Accept": "application/json"})
    assert answer.status_code == 201
    child = db.session.scalars(select(Order).where(Order.parent_id == master.id)).one()
    assert (child.state, child.requester_phone) == (State.MERGED, "13700000001")
    assert look(now)[0].citizens == 2


def test_a_master_that_cannot_take_it_is_told_and_nothing_is_saved(
    sign_in: Callable[[str], FlaskClient], now: datetime
) -> None:
    desk = sign_in("agent")
    answer = desk.post(
        "/desk", data=form(master="20990101000001", key="1" * 32), headers={"Accept": "application/json"}
    )
    assert answer.status_code == 422
    assert "master" in answer.get_json()["errors"]
    assert db.session.scalar(select(Order.id).where(Order.requester_phone == "13700000001")) is None
