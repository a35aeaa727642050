"""The pages and the API of hot topics: what is hot, who sees it, a campaign with what was told before and after."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.work import unit_of_work
from hotline.ledgers.models import Ledger
from hotline.orders.lifecycle import State
from hotline.report.topics.assigning import assign_topics
from hotline.report.topics.models import Topic
from hotline.report.topics.operations import open_campaign
from hotline.report.topics.queries import bursts, effects, get_topic, growths, hot_topics
from tests.conftest import NOW
from tests.ledgers.test_at_once import AT_ONCE, at_once
from tests.report.rows import ZONE
from tests.report.topics.making import DAY, HOUR, SUPERVISOR, tell, tell_all
from tests.report.topics.texts import HERE, LIFT, OTHERS, STATION, THERE, told_of

Signer = Callable[[str], FlaskClient]


def only_topic() -> Topic:
    return db.session.scalars(select(Topic)).one()


@pytest.fixture
def hot(session: None, now: datetime) -> Topic:
    """Four citizens in this week, one before; the city has records of four weeks before this one."""
    tell(now - 36 * DAY, OTHERS[0])
    tell(now - 34 * DAY, told_of(HERE, STATION)[0])
    tell_all(now - DAY, told_of(HERE, STATION))
    assign_topics(now)
    return only_topic()


def test_a_topic_is_hot_by_its_citizens_against_what_is_usual(hot: Topic, now: datetime) -> None:
    (found,) = hot_topics(now, 7)
    assert (found.topic.id, found.orders, found.growth.citizens) == (hot.id, 4, 4)
    assert found.growth.usual == pytest.approx(1 / 4)
    assert (sum(found.trend), found.trend[-1]) == (5, 4)
    assert found.units == [("housing", 4)]


def test_one_citizen_who_writes_often_is_not_many(session: None, now: datetime) -> None:
    said = [*told_of(HERE, LIFT), *told_of(HERE, LIFT)]
    tell_all(now - DAY, said, requester_phone="13900000001")
    assign_topics(now)
    assert hot_topics(now, 7) == []
    assert growths([only_topic().id], now, 7)[only_topic().id].citizens == 1
    tell_all(now - 2 * HOUR, said[:2], requester_phone="")  # each without a number is one more
    assign_topics(now)
    (found,) = hot_topics(now, 7)
    assert (found.growth.citizens, found.orders) == (3, 8)


def test_what_was_declined_does_not_count_and_a_merged_order_counts_as_a_citizen(session: None, now: datetime) -> None:
    said = told_of(HERE, STATION)
    first = tell(now - DAY, said[0])
    merged = tell(now - DAY, said[1], state=State.MERGED, parent_id=first.id)
    tell(now - DAY, said[2], state=State.DECLINED)
    tell(now - DAY, said[3], state=State.WITHDRAWN)
    assign_topics(now)
    assert hot_topics(now, 7) == []
    third = tell(now - HOUR, said[2])
    assign_topics(now)
    (found,) = hot_topics(now, 7)
    assert (found.growth.citizens, found.orders) == (3, 2)
    assert bursts(3, 7, now) == [(found.topic, sorted(one.number for one in (first, merged, third)), 3)]
    assert bursts(4, 7, now) == []


def test_each_number_opens_the_rows_it_counts(session: None, sign_in: Signer, now: datetime) -> None:
    said = told_of(HERE, STATION)
    midnight = datetime(2026, 11, 11, tzinfo=ZONE)  # six days before today: the first of seven
    first, *_ = [tell(midnight + n * HOUR, said[n]) for n in range(3)]
    tell(midnight - timedelta(microseconds=1), said[3])
    tell(now - HOUR, said[3], state=State.MERGED, parent_id=first.id)
    assign_topics(now)
    db.session.commit()
    (found,) = hot_topics(now, 7)
    assert (found.orders, found.growth.citizens, found.trend[-2:]) == (3, 4, [1, 4])
    client = sign_in("manager")

    def rows(page: str, number: int) -> int:
        link = re.search(rf'href="(/topics/\d+\?first=[^"]+)">(?:<b>)?{number}<', client.get(page).text)
        assert link
        return client.get(link[1].replace("&amp;", "&")).text.count("data-row=")

    assert rows("/topics", 3) == 3
    assert rows(f"/topics/{found.topic.id}", 4) == 4


def test_what_has_no_place_is_not_hot(session: None, now: datetime) -> None:
    vague = [("有件事想反映一下", "有件事想反映一下，请给我回个电话。")] * 4
    orders = tell_all(now - DAY, vague, district_code=None)
    assign_topics(now)
    assert (only_topic().place, only_topic().district_code) == ("", None)
    assert (hot_topics(now, 7), bursts(3, 7, now)) == ([], [])
    orders[0].district_code = orders[1].district_code = "d01"
    tell(now - HOUR, vague[0])
    assign_topics(now)
    assert only_topic().district_code == "d01"
    assert len(hot_topics(now, 7)) == 1


def text_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_list_and_the_topic_show_words_places_units_and_weeks(hot: Topic, sign_in: Signer, now: datetime) -> None:
    db.session.commit()
    client = sign_in("manager")
    page = client.get("/topics").text
    assert "翠湖花园" in page
    assert "<polyline points=" in page
    assert "▲ 3.8 usually 0.2" in text_of(page)
    assert "wait to be looked at" not in page
    for narrow, there in (("days=30", True), ("district=d02", False), ("district=d01", True)):
        assert ("翠湖花园" in client.get(f"/topics?{narrow}").text) is there
    assert "翠湖花园" in client.get("/topics", query_string={"field": "住房物业"}).text
    assert "No topic is hot." in client.get("/topics", query_string={"field": "交通出行"}).text
    whole = client.get(f"/topics/{hot.id}").text
    assert all(word in whole for word in ("搅拌站", "翠湖花园", "Housing"))
    assert whole.count("data-row=") == 5
    (since,) = set(re.findall(rf"/topics/{hot.id}\?first=([-\d]+)&amp;last=[-\d]+\">4</a>", whole))
    assert client.get(f"/topics/{hot.id}?first={since}").text.count("data-row=") == 4
    assert client.get("/topics?days=9").status_code == 422
    assert client.get("/topics?field=none").status_code == 422
    for days in ("last=9999-12-31", "first=0001-01-01", "page=0", "page=99999999999999999999"):
        for door in ("", "/api/v1"):
            assert client.get(f"{door}/topics/{hot.id}?{days}").status_code == 422
    assert client.get(f"/topics/{hot.id}?first=2001-01-01&last=2199-12-31").status_code == 200
    tell(now, OTHERS[1])
    db.session.commit()
    assert "New orders that wait to be looked at: 1." in client.get("/topics").text
    assert client.get(f"/topics/{hot.id + 1}").status_code == 404


@pytest.mark.parametrize("role", ["agent", "dispatcher", "handler", "unit_head", "callback"])
def test_topics_are_for_those_who_see_the_whole_city(hot: Topic, sign_in: Signer, role: str) -> None:
    db.session.commit()
    client = sign_in(role)
    for url in ("/topics", f"/topics/{hot.id}", "/topics/fields", "/api/v1/topics", f"/api/v1/topics/{hot.id}"):
        assert client.get(url).status_code == 403
    body = {"title": "专项", "measures": "查", "owner": "housing", "due_on": "2026-12-31"}
    assert client.post(f"/topics/{hot.id}/campaign", data=body).status_code == 403
    assert 'href="/topics"' not in client.get("/policy").text


def test_the_api_gives_what_the_page_shows(hot: Topic, sign_in: Signer) -> None:
    db.session.commit()
    client = sign_in("supervisor")
    (topic,) = client.get("/api/v1/topics").json["topics"]
    assert (topic["place"], topic["citizens"], topic["orders"], topic["units"]) == ("翠湖花园", 4, 4, {"housing": 4})
    one = client.get(f"/api/v1/topics/{hot.id}").json
    assert (one["total"], len(one["orders"]), one["campaigns"]) == (5, 5, [])
    fields = client.get("/api/v1/topics/fields").json["fields"]
    assert [(row["field"], row["orders"], row["citizens"], row["topics"]) for row in fields if row["orders"]] == [
        ("住房物业", 4, 4, [hot.id])
    ]


def test_the_fields_show_the_change_and_their_topics(hot: Topic, sign_in: Signer, now: datetime) -> None:
    tell(now - 8 * DAY, ("公交改线", "公交改线不方便"), category_code="090101")
    tell(now - HOUR, ("问题", "一个问题"), category_code=None)
    db.session.commit()
    page = text_of(sign_in("admin").get("/topics/fields?days=7").text)
    assert re.search(r"Housing and Property Management 4 4 0 – .*翠湖花园", page)
    assert "Transport 0 0 1 ▼ -100 %" in page
    assert "In no field, or not yet classified 1 1 0" in page


def test_a_campaign_takes_the_open_orders_and_sees_before_and_after(hot: Topic, now: datetime) -> None:
    due = (now + 20 * DAY).date()
    ledger = open_campaign(
        hot, SUPERVISOR, now, title="搅拌站专项", measures="夜间停工，封闭料仓", owner="housing", due_on=due
    )
    assert len(ledger.items) == 5
    assert (ledger.due_on, ledger.note) == (due, "夜间停工，封闭料仓")
    tell(now + 2 * DAY, told_of(HERE, STATION)[1])
    later = now + 3 * DAY
    assign_topics(later)
    (effect,) = effects(get_topic(hot.id), later)
    assert effect.before
    assert effect.after
    assert (effect.link.ledger_id, effect.before.orders, effect.after.orders) == (ledger.id, 4, 1)
    days = [(one.period.last - one.period.first).days + 1 for one in (effect.before, effect.after)]
    assert days == [2, 2], "today is not over"


def take_on(topic: Topic, at: datetime) -> Ledger:
    """A campaign begun at an instant."""
    due = (at + 20 * DAY).date()
    return open_campaign(topic, SUPERVISOR, at, title="搅拌站专项", measures="夜间停工", owner="housing", due_on=due)


def test_a_campaign_is_not_compared_before_a_day_is_over_nor_with_days_nobody_was_heard(
    hot: Topic, now: datetime
) -> None:
    take_on(hot, now - 30 * DAY)  # the city's first order came in six days before
    for later, whole_days in ((-30, 0), (-29, 0), (-28, 1), (0, 6)):
        (effect,) = effects(get_topic(hot.id), now + later * DAY)
        compared = [one for one in (effect.before, effect.after) if one]
        assert [len(one.period.days) for one in compared] == ([whole_days] * 2 if whole_days else [])
    assert effect.before
    assert (effect.before.period.first, effect.before.orders) == ((now - 36 * DAY).date(), 1)


def test_a_second_campaign_is_refused_while_one_is_open(hot: Topic, sign_in: Signer, now: datetime) -> None:
    ledger = take_on(hot, now)
    with pytest.raises(Conflict, match=ledger.code):
        take_on(hot, now)
    db.session.commit()
    client = sign_in("supervisor")
    url, body = f"/topics/{hot.id}", {"title": "专项", "measures": "查", "owner": "housing", "due_on": "2099-12-31"}
    assert "Open a campaign ledger" not in client.get(url).text
    refused = client.post(f"{url}/campaign", data=body)
    assert (refused.status_code, ledger.code in refused.text) == (409, True)
    assert client.post(f"/api/v1{url}/campaign", json=body).status_code == 409
    ledger = db.session.scalars(select(Ledger)).one()
    ledger.ended_at = now
    db.session.commit()
    assert client.post(f"{url}/campaign", data=body).status_code == 303


def test_several_people_at_once_open_one_campaign(app: Flask, committed: None) -> None:
    with app.app_context():
        with unit_of_work():
            tell_all(NOW - DAY, told_of(HERE, STATION))
            assign_topics(NOW)
            topic_id = only_topic().id
        db.session.remove()
    outcomes = at_once(app, lambda _: take_on(get_topic(topic_id), NOW))
    assert outcomes == {"done": 1, "Conflict": AT_ONCE - 1}


def test_a_campaign_is_opened_on_the_page_and_its_numbers_open_their_orders(hot: Topic, sign_in: Signer) -> None:
    db.session.commit()
    client = sign_in("supervisor")
    url = f"/topics/{hot.id}"
    wrong = client.post(f"{url}/campaign", data={"title": "专项", "measures": "", "owner": "nobody", "due_on": ""})
    assert wrong.status_code == 422
    assert wrong.text.count("is required") == 2
    body = {"title": "专项", "measures": "夜间停工", "owner": "nobody", "due_on": "2026-12-31"}
    assert client.post(f"{url}/campaign", data=body).status_code == 422
    assert client.post(f"{url}/campaign", data={**body, "owner": "housing"}).status_code == 303
    ledger = db.session.scalars(select(Ledger)).one()
    assert client.get(url).text.count("<td>not yet</td>") == 2
    ledger.held_on -= 2 * DAY
    db.session.commit()
    page = client.get(url).text
    assert f'href="/ledgers/{ledger.code}"' in page
    after = re.search(r'href="(/topics/\d+\?first=[-\d]+&amp;last=[-\d]+&amp;merged=false)"><b>4</b>', page)
    assert after
    assert client.get(after[1].replace("&amp;", "&")).text.count("data-row=") == 4
    assert f'href="/ledgers/{ledger.code}"' in client.get("/topics").text
    assert client.get(f"/ledgers/{ledger.code}").status_code == 200


def test_an_administrator_sees_topics_and_opens_no_ledger(hot: Topic, sign_in: Signer) -> None:
    db.session.commit()
    client = sign_in("admin")
    assert "Open a campaign ledger" not in client.get(f"/topics/{hot.id}").text
    body = {"title": "专项", "measures": "查", "owner": "housing", "due_on": "2026-12-31"}
    assert client.post(f"/topics/{hot.id}/campaign", data=body).status_code == 403
    assert client.post(f"/api/v1/topics/{hot.id}/campaign", json=body).status_code == 403


def test_two_places_are_two_topics_on_the_page(session: None, sign_in: Signer, now: datetime) -> None:
    tell_all(now - DAY, [*told_of(HERE, STATION), *told_of(THERE, STATION)])
    assign_topics(now)
    db.session.commit()
    assert sign_in("manager").get("/topics").text.count("data-row=") == 2
