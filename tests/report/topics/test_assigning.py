"""New orders find their topics: in whatever portions, once, and with those people have merged."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text

from hotline.base.db import db
from hotline.orders.lifecycle import State
from hotline.report.topics.assigning import LOOKS_BACK, assign_topics
from hotline.report.topics.models import Topic, TopicKey, TopicOrder
from hotline.report.topics.operations import open_campaign
from hotline.report.topics.queries import waiting
from tests.report.topics.making import DAY, HOUR, SUPERVISOR, tell, tell_all, topics_now
from tests.report.topics.texts import HERE, LIFT, OTHERS, STATION, THERE, told_of

POOL = [*told_of(HERE, STATION), *told_of(THERE, STATION), *told_of(HERE, LIFT), *OTHERS]


def test_orders_of_a_matter_at_a_place_become_a_topic(session: None, now: datetime) -> None:
    here = tell_all(now - DAY, told_of(HERE, STATION))
    there = tell_all(now - DAY, told_of(THERE, STATION))
    tell_all(now - DAY, OTHERS)
    assert assign_topics(now) == 12
    assert topics_now() == {frozenset(one.id for one in here), frozenset(one.id for one in there)}
    first, second = db.session.scalars(select(Topic).order_by(Topic.id))
    assert {first.place, second.place} == {"翠湖花园", "金桂名城"}
    assert (first.district_code, first.category_code) == ("d01", "060101")
    assert (first.first_at, first.last_at) == (here[0].received_at, here[-1].received_at)
    assert "搅拌站" in first.words


def test_what_was_looked_at_is_not_looked_at_again(session: None, now: datetime) -> None:
    tell_all(now - DAY, told_of(HERE, STATION)[:3])
    assert assign_topics(now) == 3
    before = topics_now()
    assert assign_topics(now) == 0
    assert topics_now() == before
    late = tell(now - HOUR, told_of(HERE, STATION)[3])
    assert assign_topics(now) == 1
    assert topics_now() == {one | {late.id} for one in before}


def test_an_order_to_come_and_one_long_past_are_left_alone(session: None, now: datetime) -> None:
    tell(now + HOUR, POOL[0])
    tell(now - LOOKS_BACK, POOL[1])
    assert assign_topics(now) == 0


def test_an_order_people_have_merged_goes_with_its_master(session: None, now: datetime) -> None:
    here = tell_all(now - DAY, told_of(HERE, STATION))
    child = tell(now - HOUR, OTHERS[0], parent_id=here[0].id, state=State.MERGED)
    assign_topics(now)
    assert topics_now() == {frozenset({child.id, *(one.id for one in here)})}


def test_an_order_that_fails_does_not_hold_up_the_others(
    session: None, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    here = tell_all(now - DAY, told_of(HERE, STATION))
    bad = here[1]
    db.session.execute(text(REFUSE_KEYS.format(bad.id)))
    assert assign_topics(now) == 4
    assert topics_now() == {frozenset(one.id for one in here if one is not bad)}
    assert [one.getMessage() for one in caplog.records if one.name.startswith("hotline")] == [
        f"order {bad.id} has no topic: InternalError"
    ]
    assert assign_topics(now) == 0


REFUSE_KEYS = """
CREATE FUNCTION refuse_keys() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no' USING ERRCODE = 'XX000'; END $$;
CREATE TRIGGER refuse_keys BEFORE INSERT ON topic_key FOR EACH ROW WHEN (NEW.order_id = {}) EXECUTE FUNCTION refuse_keys()
"""


def test_names_that_begin_alike_and_are_too_long_lead_to_an_order_once(session: None, now: datetime) -> None:
    long = "长" * 62 + "小区"
    tell(now - DAY, ("停水", f"{long}和{long[1:]}停水了"), address=f"{long}、{long[1:]}")
    assert assign_topics(now) == 1


def test_a_portion_is_looked_at_and_the_page_says_how_many_wait(session: None, now: datetime) -> None:
    assert waiting(now) == 0
    tell(now - HOUR, OTHERS[0])
    assert waiting(now) == 1
    assign_topics(now)
    tell(now - HOUR / 2, OTHERS[1])
    tell(now + HOUR, OTHERS[2])
    assert waiting(now) == 1


def test_a_label_quotes_no_word_of_fewer_than_three_citizens_nor_of_a_secret_order(
    session: None, now: datetime
) -> None:
    said = [(f"{title}朱建国", told) for title, told in told_of(HERE, STATION)]
    for changes in ({"requester_phone": "13900000001"}, {"requester_phone": "13900000002"}, {"secret": True}):
        for n in range(2):
            tell(now - DAY + n * HOUR, said[n], **changes)
    assign_topics(now)
    topic = db.session.scalars(select(Topic)).one()
    category = topic.category
    assert category
    assert (topic.words, topic.label) == ([], f"翠湖花园 {category.title}")
    tell(now - HOUR, (STATION[0][0].format(place=HERE), said[0][1]))
    assign_topics(now)
    db.session.refresh(topic)
    assert "搅拌站" in topic.words
    assert not any("朱" in word or "建国" in word for word in topic.words)


@pytest.mark.parametrize("taken_on", [False, True])
def test_a_topic_whose_orders_are_all_merged_into_another_is_gone(
    session: None, now: datetime, *, taken_on: bool
) -> None:
    here = tell_all(now - DAY, told_of(HERE, STATION))
    there = tell_all(now - 2 * DAY, told_of(THERE, LIFT)[:2])
    assign_topics(now)
    emptied = db.session.get_one(TopicOrder, there[0].id).topic_id
    if taken_on:
        due = (now + DAY).date()
        topic = db.session.get_one(Topic, emptied)
        open_campaign(topic, SUPERVISOR, now, title="电梯", measures="检修", owner="housing", due_on=due)
    for order in there:
        order.parent_id, order.state = here[0].id, State.MERGED
    for _ in range(2):
        assign_topics(now)
        assert topics_now() == {frozenset(one.id for one in (*here, *there))}
        assert (emptied in set(db.session.scalars(select(Topic.id)))) is taken_on


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(st.sampled_from(range(len(POOL))), min_size=2, max_size=9),
    portions=st.lists(st.integers(1, 4), min_size=1, max_size=4),
)
def test_the_same_orders_give_the_same_topics_in_whatever_portions(
    session: None, now: datetime, said: list[int], portions: list[int]
) -> None:
    with db.session.begin_nested() as undone:
        start = now - 10 * DAY
        orders = [tell(start + n * timedelta(hours=9), POOL[number]) for n, number in enumerate(said)]
        assign_topics(now)
        at_once = topics_now()
        for table in (TopicOrder, TopicKey, Topic):
            db.session.execute(delete(table))
        done = 0
        for portion in portions:
            done = min(len(orders), done + portion)
            assign_topics(orders[done - 1].received_at)
        assign_topics(now)
        assert topics_now() == at_once
        undone.rollback()
