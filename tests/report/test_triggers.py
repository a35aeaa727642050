"""Triggers about units and topics: at their number and not one below, once a month or within their days."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.i18n import LABELS
from hotline.handle.models import Alarm
from hotline.orders.models import Order
from hotline.people.models import UnitKind
from hotline.policy import queries as policies
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.policy.triggers import MEASURES, OF_ORDERS, UNIT_KINDS, Kind
from hotline.policy.words import HELD_TO, UNITS
from hotline.report.measures import BY_NAME
from hotline.report.topics.assigning import assign_topics
from hotline.report.triggers import FINDERS, sweep_units
from tests.report import rows
from tests.report.rows import HOUR
from tests.report.test_exclusion import appeal
from tests.report.topics.making import tell, tell_all
from tests.report.topics.texts import HERE, STATION, THERE, told_of


def at(day: int, hour: float = 12) -> datetime:
    """An instant in city time; days are counted on from 1 November 2026."""
    return rows.at(1, hour) + timedelta(days=day - 1)


DECEMBER, JANUARY = at(31), at(62)  # the first of each, at noon


def october(day: int) -> datetime:
    return at(day - 31)


@pytest.fixture
def small(session: None) -> None:
    """The default policy, with four counted enough for a ranking."""
    document = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).one().document
    triggers = [{**row, "minimum_n": 4} if row.get("minimum_n") else row for row in document["triggers"]]
    adopt_policy({**document, "triggers": triggers}, october(1), october(1))


def fired(rule: str, now: datetime) -> list[Alarm]:
    """The alarms of a rule after a sweep; a second sweep must find nothing."""
    sweep_units(now)
    found = list(db.session.scalars(select(Alarm).filter_by(rule=rule).order_by(Alarm.id)))
    assert sweep_units(now) == 0
    return found


def rated(unit: str, satisfied: int, of: int, day: datetime) -> None:
    for n in range(of):
        level = "satisfied" if n < satisfied else "dissatisfied"
        rows.evaluation(day, day + HOUR, level, unit=unit, solved=True)


# Units


def test_two_not_solved_in_a_month(session: None) -> None:
    first = rows.evaluation(at(2), at(2) + HOUR, "satisfied", solved=False)
    rows.evaluation(at(3), at(3) + HOUR, "dissatisfied", solved=True)  # another question
    rows.evaluation(at(3), at(3) + HOUR)  # nobody reached: unknown
    rows.evaluation(at(3), at(3) + HOUR, "dissatisfied", solved=False, unit="water")
    rows.evaluation(october(30), october(30) + HOUR, "dissatisfied", solved=False)
    assert fired("unsolved_in_month", at(4)) == []
    second = rows.evaluation(at(5), at(5) + HOUR, "dissatisfied", solved=False)
    assert fired("unsolved_in_month", at(5)) == []  # not ended yet then
    (alarm,) = fired("unsolved_in_month", at(6))
    assert (alarm.subject, alarm.period, alarm.unit_code, alarm.order_id) == ("housing", "2026-11", "housing", None)
    assert set(alarm.facts["orders"]) == {first.order.number, second.order.number}
    assert (alarm.facts["numerator"], alarm.facts["denominator"]) == (1, 3)
    for _ in range(2):
        rows.evaluation(at(7), at(7) + HOUR, "dissatisfied", solved=False)
    assert len(fired("unsolved_in_month", at(8))) == 1  # once a month
    for _ in range(2):
        rows.evaluation(DECEMBER, DECEMBER + HOUR, "dissatisfied", solved=False)
    assert [one.period for one in fired("unsolved_in_month", DECEMBER + 2 * HOUR)] == ["2026-11", "2026-12"]


def test_what_ended_in_the_last_hours_of_a_month_is_counted_after_it(session: None) -> None:
    for _ in range(2):
        rows.evaluation(at(30, 20), at(30, 23.9), "dissatisfied", solved=False)
    (alarm,) = fired("unsolved_in_month", at(31, 0.5))
    assert alarm.period == "2026-11"


def test_a_rate_below_the_least(small: None) -> None:
    rated("housing", 16, 20, at(10))  # 80 %
    rated("water", 17, 20, at(10))  # 85 %: not below
    rated("urban", 0, 3, at(10))  # too few
    assert fired("satisfied_below", at(30, 23.9)) == []  # the month is not over
    (alarm,) = fired("satisfied_below", DECEMBER)
    assert (alarm.subject, alarm.period) == ("housing", "2026-11")
    assert (alarm.facts["numerator"], alarm.facts["denominator"], len(alarm.facts["orders"])) == (16, 20, 4)
    rated("housing", 0, 4, DECEMBER)
    assert len(fired("satisfied_below", DECEMBER + timedelta(days=20))) == 1
    assert [one.period for one in fired("satisfied_below", JANUARY)] == ["2026-11", "2026-12"]


def test_what_is_left_out_on_appeal_after_the_month_does_not_count_against_a_unit(small: None) -> None:
    said = {
        unit: [rows.evaluation(at(10), at(10) + HOUR, "dissatisfied", unit=unit, solved=True) for _ in range(4)]
        for unit in ("housing", "water")
    }
    rated("housing", 16, 16, at(10))
    rated("water", 4, 4, at(10))
    for one in (*said["housing"][:2], *said["water"][:2]):
        appeal(one, settled=DECEMBER - HOUR)
    (alarm,) = fired("satisfied_below", DECEMBER)  # housing: 16 of 18; water: 4 of 6
    assert (alarm.subject, alarm.facts["numerator"], alarm.facts["denominator"]) == ("water", 4, 6)
    assert set(alarm.facts["orders"]) == {one.order.number for one in said["water"][2:]}


def test_late_orders_below_the_least(small: None) -> None:
    for n in range(10):
        rows.clock(at(10), at(9) if n else at(11))  # 9 of 10: 90 %
    for _ in range(10):
        rows.clock(at(10), at(9), unit="water")
    assert [alarm.subject for alarm in fired("on_time_below", DECEMBER)] == ["housing"]


def test_last_place_two_months_running(small: None) -> None:
    for month, housing in ((october(10), 1), (at(10), 2)):
        rated("housing", housing, 10, month)
        rated("water", 8, 10, month)
        rated("urban", 0, 3, month)  # too few to be ranked
        rated("d01", 0, 4, month)  # the only one of its kind
    assert fired("last_twice", at(20)) == []  # the second month is not over
    (alarm,) = fired("last_twice", DECEMBER)
    assert (alarm.subject, alarm.period, alarm.unit_code) == ("housing", "2026-11", "housing")
    assert len(alarm.facts["orders"]) == 8
    rated("housing", 2, 10, DECEMBER)
    rated("water", 8, 10, DECEMBER)
    assert [one.period for one in fired("last_twice", JANUARY)] == ["2026-11", "2026-12"]


@pytest.mark.parametrize(
    ("before", "then"),
    [
        ({"housing": 1, "water": 8}, {"housing": 8, "water": 1}),  # another one each time
        ({"housing": 1, "water": 8}, {"housing": 5, "water": 5}),  # equal: nobody is last
        ({"water": 8}, {"housing": 1, "water": 8}),  # not ranked the first time
    ],
)
def test_nobody_was_last_twice(small: None, before: dict[str, int], then: dict[str, int]) -> None:
    for month, satisfied in ((october(10), before), (at(10), then)):
        for unit, count in satisfied.items():
            rated(unit, count, 10, month)
    assert fired("last_twice", DECEMBER) == []


def changed(rule: str, **changes: Any) -> None:
    """The policy in force with one trigger changed."""
    stored = db.session.get_one(PolicyVersion, policies.policy_id_at(october(2))).document
    triggers = [{**row, **changes} if row["name"] == rule else row for row in stored["triggers"]]
    adopt_policy({**stored, "triggers": triggers}, october(2), october(2))


def test_each_kind_of_unit_has_a_least_rate_of_its_own(small: None) -> None:
    changed("satisfied_below", percents={"district": 70, "utility": 95})
    for unit in ("housing", "d01"):  # a bureau, a district
        rated(unit, 16, 20, at(10))  # 80 %
    rated("d02", 13, 20, at(10))  # 65 %
    rated("water-supply", 18, 20, at(10))  # a utility: 90 %
    assert {alarm.subject for alarm in fired("satisfied_below", DECEMBER)} == {"housing", "d02", "water-supply"}


def test_a_trigger_may_be_about_some_kinds_of_units_only(small: None) -> None:
    changed("satisfied_below", kinds=["district"])
    changed("unsolved_in_month", kinds=["utility", "district"])
    changed("last_twice", kinds=["district"])
    for month in (october(10), at(10)):
        for unit, satisfied in {"housing": 1, "urban": 9, "d01": 8, "d02": 9}.items():
            rated(unit, satisfied, 10, month)
    for unit in ("housing", "d02"):
        for _ in range(2):
            rows.evaluation(DECEMBER, DECEMBER + HOUR, "satisfied", unit=unit, solved=False)
    assert [alarm.subject for alarm in fired("satisfied_below", DECEMBER)] == ["d01"]
    assert [alarm.subject for alarm in fired("last_twice", DECEMBER)] == ["d01"]
    assert [alarm.subject for alarm in fired("unsolved_in_month", DECEMBER + 2 * HOUR)] == ["d02"]


# Topics

SAID = told_of(HERE, STATION)


def told(now: datetime, *numbers: int, **changes: Any) -> list[Order]:
    """Orders of one topic, each of another citizen."""
    made = [tell(now, SAID[n], **changes) for n in numbers]
    assign_topics(now)
    return made


def test_three_citizens_of_one_topic_in_a_week(session: None, now: datetime) -> None:
    told(now - timedelta(days=7), 0)  # just out of the window
    orders = told(now - timedelta(days=6), 1)
    told(now, 1, 2, requester_phone=orders[0].requester_phone)  # the same citizen again
    tell_all(now, told_of(THERE, STATION)[:2])
    assert fired("cluster", now) == []
    last = told(now, 3)
    told(now, 0, state="withdrawn")
    assert fired("cluster", now) == []
    last += told(now, 2)
    (alarm,) = fired("cluster", now)
    assert {order.number for order in (*orders, *last)} < set(alarm.facts["orders"])
    assert len(alarm.facts["orders"]) == 5
    assert (alarm.unit_code, alarm.order_id, alarm.facts["count"]) == (None, None, 3)
    assert (alarm.facts["place"].split()[0], alarm.facts["category"]) == ("翠湖花园", "0601")
    told(now + timedelta(days=2), 0, 1, 2)
    assert len(fired("cluster", now + timedelta(days=2))) == 1  # once in a week
    assert len(fired("cluster", now + timedelta(days=8))) == 2


# Sweeps


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 70),
            st.sampled_from(["housing", "water", "d01"]),
            st.sampled_from([None, "satisfied", "dissatisfied"]),
            st.booleans(),
        ),
        max_size=25,
    )
)
def test_a_sweep_twice_is_a_sweep_once(small: None, said: list[tuple[int, str, str | None, bool]]) -> None:
    with db.session.begin_nested() as undone:
        for day, unit, level, solved in said:
            asked = october(1) + timedelta(days=day)
            rows.evaluation(asked, asked + HOUR, level, unit=unit, solved=solved)
        for day in (10, 35, 62, 80):
            now = october(1) + timedelta(days=day)
            sweep_units(now)
            before = db.session.scalar(select(func.count()).select_from(Alarm))
            assert sweep_units(now) == 0
            assert db.session.scalar(select(func.count()).select_from(Alarm)) == before
        undone.rollback()


def test_every_kind_is_looked_for_once() -> None:
    assert set(FINDERS) == set(Kind) - set(OF_ORDERS)


def test_what_units_are_held_to_are_measures_of_units() -> None:
    assert set(MEASURES) == set(HELD_TO)
    assert {name: BY_NAME[name].label for name in MEASURES} == HELD_TO
    assert all(BY_NAME[name].unit is not None for name in MEASURES)
    assert list(UNIT_KINDS) == list(UNITS) == list(UnitKind)
    assert {kind: LABELS[UnitKind, kind] for kind in UnitKind} == UNITS
