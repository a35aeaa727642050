"""Orders of the same matter are found by place, category and citizen; people merge and link, nothing does it alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from hotline.base.db import db
from hotline.base.errors import Invalid, NotAllowed
from hotline.cli import cli
from hotline.handle import operations as handle
from hotline.orders.lifecycle import Action, State
from hotline.orders.vocabulary import Result
from hotline.transfer.duplicates import Place
from hotline.transfer.linking import link, linked
from hotline.transfer.merging import merge
from hotline.transfer.models import OrderLink, OrderPlace
from hotline.transfer.same_matter import PER_NAME, Alike, Offer, candidates, matter_of, same_matter, told
from tests import factories
from tests.factories import DISPATCHER, HANDLER, fresh, saved

NOISE = "翠湖名都小区门口的搅拌站夜里不停工，噪音很大，灰尘满天飞，老人孩子睡不好。"
AGAIN = "我住翠湖名都，旁边搅拌站一到夜里就开工，灰尘和噪音让孩子睡不好觉。"


def asked(now: datetime, text: str = AGAIN, phone: str = "13900000099", **more: str) -> list[Alike]:
    return same_matter(told("搅拌站扰民", text, **{"district": None, "category": None, "caller": phone, **more}), now)


def numbers(found: list[Alike]) -> list[str]:
    return [one.order.number for one in found]


def test_the_same_place_and_matter_is_found_and_says_why(session: None, now: datetime) -> None:
    order = factories.handling(now - timedelta(days=2), title="搅拌站扰民", text=NOISE)
    factories.handling(now, title="搅拌站扰民", text=NOISE.replace("翠湖名都", "银泉雅苑"))
    (one,) = asked(now)
    assert one.order.id == order.id
    assert one.likeness.place is Place.SAME
    assert one.likeness.shared == ("翠湖名都",)
    assert one.citizens == 1
    assert one.offers == (Offer.MERGE, Offer.LINK)
    assert any("搅拌站" in word for word in one.words)
    assert not any("翠湖" in word for word in one.words)


def test_another_district_is_another_matter(session: None, now: datetime) -> None:
    factories.received(now, title="搅拌站扰民", text=NOISE, district_code="d01")
    assert numbers(asked(now, district="d02")) == []
    assert len(asked(now, district="d01")) == 1


def test_an_order_that_waits_can_be_linked_only(session: None, now: datetime) -> None:
    factories.received(now, title="搅拌站扰民", text=NOISE)
    (one,) = asked(now)
    assert one.offers == (Offer.LINK,)


def test_ones_own_open_order_takes_what_is_added(session: None, now: datetime) -> None:
    factories.handling(now, title="搅拌站扰民", text=NOISE, requester_phone="13900000099")
    (one,) = asked(now)
    assert one.likeness.same_caller
    assert one.offers == (Offer.APPEND, Offer.MERGE, Offer.LINK)


def test_where_no_place_is_given_nearly_the_same_words_are_needed_and_it_is_said(session: None, now: datetime) -> None:
    bare = NOISE.replace("翠湖名都小区", "我家")
    order = factories.handling(now, title="搅拌站扰民", text=bare)
    (one,) = asked(now, text=bare.replace("老人孩子", "全家"), category=order.category_code or "")
    assert one.likeness.place is Place.UNKNOWN
    assert one.likeness.shared == ()


@pytest.mark.parametrize(("days", "found"), [(29, 1), (31, 0)])
def test_what_has_ended_is_looked_at_for_the_policys_days(session: None, now: datetime, days: int, found: int) -> None:
    factories.closed(now - timedelta(days=days), title="搅拌站扰民", text=NOISE)
    assert len(asked(now)) == found


def test_what_is_open_is_found_however_old(session: None, now: datetime) -> None:
    factories.handling(now - timedelta(days=90), title="搅拌站扰民", text=NOISE)
    assert len(asked(now)) == 1


def test_a_master_stands_for_those_merged_into_it_and_counts_their_citizens(session: None, now: datetime) -> None:
    master = factories.handling(now, title="工地夜里扰民", text=NOISE)
    for phone in ("13900000001", "13900000002", "13900000002"):
        child = factories.received(now, title="搅拌站扰民", text=AGAIN, requester_phone=phone)
        merge(child, DISPATCHER, now, master=master.number, reason="同一件事")
    (one,) = asked(now)
    assert one.order.id == master.id
    assert one.citizens == 3


def test_a_master_takes_additions_from_its_own_citizen_only(session: None, now: datetime) -> None:
    master = factories.handling(now, title="工地夜里扰民", text=NOISE, requester_phone="13900000001")
    child = factories.received(now, title="搅拌站扰民", text=AGAIN, requester_phone="13900000002")
    merge(child, DISPATCHER, now, master=master.number, reason="同一件事")
    (one,) = asked(now, phone="13900000002")
    assert (one.order.id, one.likeness.same_caller, one.offers) == (master.id, False, (Offer.MERGE, Offer.LINK))
    (one,) = asked(now, phone="13900000001")
    assert (one.likeness.same_caller, one.offers[0]) == (True, Offer.APPEND)


def test_an_answered_master_still_stands_for_its_children(session: None, now: datetime) -> None:
    master = factories.handling(now, title="搅拌站扰民", text=NOISE)
    child = factories.received(now, title="搅拌站扰民", text=AGAIN, requester_phone="13900000002")
    merge(child, DISPATCHER, now, master=master.number, reason="同一件事")
    handle.reply(master, factories.HANDLER, now, result=Result.SOLVED, public_reply="已经处理完毕。")
    assert child.state is State.CALLBACK
    (one,) = asked(now)
    assert (one.order.id, one.citizens) == (master.id, 2)
    with pytest.raises(Invalid, match="已与本工单并单"):
        link(child, DISPATCHER, now, other=master.number)


def test_an_order_is_not_its_own_duplicate(session: None, now: datetime) -> None:
    master = factories.handling(now, title="搅拌站扰民", text=NOISE)
    child = factories.received(now, title="搅拌站扰民", text=AGAIN)
    assert numbers(same_matter(matter_of(child), now, but=child)) == [master.number]
    merge(child, DISPATCHER, now, master=master.number, reason="同一件事")
    assert numbers(same_matter(matter_of(master), now, but=master)) == []


def test_the_newest_orders_of_a_place_are_read_and_no_more(session: None, now: datetime) -> None:
    first = factories.received(now, title="搅拌站扰民", text=NOISE)
    for _ in range(PER_NAME):
        factories.received(now, title="搅拌站扰民", text=NOISE, category_code="060101")
    rows = candidates(told("", AGAIN, district=None, category=None), now)
    assert len(rows) == PER_NAME
    assert first.id not in {row.id for row in rows}


def test_an_order_keeps_the_places_it_speaks_of(session: None, now: datetime) -> None:
    order = factories.received(now, text="锦绣花园3栋和翠湖名都之间", address="和平路12号")
    kept = db.session.scalars(select(OrderPlace.name).where(OrderPlace.order_id == order.id))
    assert set(kept) == {"锦绣花园", "翠湖名都", "和平路"}


def test_orders_of_before_get_their_places_by_a_command(app: Flask, session: None, now: datetime) -> None:
    order, over = factories.received(now, text=NOISE), factories.closed(now - timedelta(days=90), text=NOISE)
    db.session.execute(delete(OrderPlace))
    db.session.commit()
    for read in (1, 0):
        result = CliRunner().invoke(cli, ["places"], obj=lambda: app, catch_exceptions=False)
        assert result.output == f"{read} orders read\n"
    kept = db.session.scalars(select(OrderPlace.order_id).where(OrderPlace.order_id.in_((order.id, over.id))))
    assert set(kept) == {order.id}


def test_a_link_stands_in_both_logs_and_on_both_orders(session: None, now: datetime) -> None:
    one, other = factories.closed(now), factories.received(now)
    link(other, DISPATCHER, now, other=one.number, reason="同一工地")
    one, other = fresh(one), fresh(other)
    assert (one.state, other.state) == (State.CLOSED, State.RECEIVED)
    for here, there in ((one, other), (other, one)):
        event = here.events[-1]
        assert (event.action, event.reason, event.payload) == (Action.LINK, "同一工地", {"other": there.number})
        assert linked(here, DISPATCHER) == [there]


def test_what_cannot_be_linked_is_said(session: None, now: datetime) -> None:
    one, other = factories.received(now), factories.received(now)
    for number in ("", "2026", one.number):
        with pytest.raises(Invalid) as refused:
            link(one, DISPATCHER, now, other=number)
        assert set(refused.value.errors) == {"other"}
    with pytest.raises(NotAllowed):
        link(one, HANDLER, now, other=other.number)
    link(one, DISPATCHER, now, other=other.number)
    for here, there in ((one, other), (other, one)):
        with pytest.raises(Invalid), db.session.begin_nested():
            link(here, DISPATCHER, now, other=there.number)
    assert len(db.session.scalars(select(OrderLink)).all()) == 1


def test_a_dispatcher_merges_and_links_on_the_orders_page(sign_in: Callable[[str], FlaskClient], now: datetime) -> None:
    master = factories.handling(now, title="搅拌站扰民", text=NOISE)
    first = factories.received(now, title="搅拌站扰民", text=AGAIN, requester_phone="13900000077")
    second = saved(factories.received(now, title="搅拌站扰民", text=AGAIN))
    browser = sign_in("dispatcher")
    page = browser.get(f"/orders/{first.number}").text
    assert "Possibly the same matter" in page
    assert f'name="master" value="{master.number}"' in page
    assert f'name="other" value="{second.number}"' in page
    assert "13912345678" not in page
    done = browser.post(
        f"/orders/{first.number}/merge", data={"version": first.version, "master": master.number, "reason": "同一地点"}
    )
    assert done.status_code == 302
    assert fresh(first).parent_id == master.id
    done = browser.post(f"/orders/{second.number}/link", data={"version": second.version, "other": first.number})
    assert done.status_code == 302
    for one, other in ((first, second), (second, first)):
        page = browser.get(f"/orders/{one.number}").text
        assert "Linked with" in page
        assert f'/orders/{other.number}"' in page


def test_a_unit_is_shown_no_duplicates(sign_in: Callable[[str], FlaskClient], now: datetime) -> None:
    order = factories.handling(now, title="搅拌站扰民", text=NOISE)
    saved(factories.received(now, title="搅拌站扰民", text=AGAIN))
    assert "Possibly the same matter" not in sign_in("handler").get(f"/orders/{order.number}").text


def test_the_api_lists_and_links(client: FlaskClient, key_of: Callable[[str], dict[str, str]], now: datetime) -> None:
    order = factories.handling(now, title="搅拌站扰民", text=NOISE, requester_phone="13900000088")
    other = saved(factories.received(now))
    key = key_of("agent")
    body = {"text": AGAIN, "phone": "139 0000 0088"}
    given = client.post("/api/v1/duplicates", json=body, headers=key)
    assert "13900000088" not in given.text
    (one,) = (given.json or {})["orders"]
    assert (one["number"], one["place"], one["places"]) == (order.number, "same", ["翠湖名都"])
    assert one["offers"] == ["append", "merge", "link"]
    done = client.post(f"/api/v1/orders/{other.number}/link", json={"other": order.number}, headers=key)
    assert done.status_code == 200
    assert [event.action for event in fresh(order).events][-1] == Action.LINK
    assert client.post("/api/v1/duplicates", json=body, headers=key_of("handler")).status_code == 403
