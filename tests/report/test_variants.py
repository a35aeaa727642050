"""A city's own measures: what a policy may make of a built-in one, and what it is told where it cannot."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import speaking
from hotline.calls.models import CallOutcome
from hotline.orders.vocabulary import Channel, Nature, Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.policy.presets import build_on
from hotline.policy.queries import policy_at
from hotline.report import queries
from hotline.report.figures import Figure, percent
from hotline.report.lists import Wanted, listing
from hotline.report.measure import Bucket, Measure
from hotline.report.measures import BY_NAME, find_measure, measures_at
from hotline.report.overview import overview
from hotline.report.rollup.counting import count
from hotline.report.rollup.rolling import SETTLING, roll_up
from tests.report.rows import DAY, MONDAY, WEEK, at, call_values, calls, clock, evaluation, many, order

BEFORE, LATER = WEEK.start, at(17)
MANAGER = Actor(Role.MANAGER, "主任")


def own(**changes: Any) -> dict[str, Any]:
    """A measure of the city's own."""
    given = {
        "name": "mine",
        "of": "satisfied",
        "label": "本市满意率",
        "label_en": "Ours",
        "source": "本市",
        "evidence": "I",
    }
    return {**given, **changes}


def adopted(*rows: dict[str, Any], effective: Any = BEFORE) -> None:
    first = db.session.scalars(select(PolicyVersion).order_by(PolicyVersion.id)).first()
    assert first is not None
    adopt_policy({**first.document, "measures": list(rows)}, effective, effective)


def mine(name: str = "mine") -> Measure:
    found = find_measure(name, policy_at(LATER))
    assert found is not None
    return found


def figure(name: str = "mine") -> Figure:
    return queries.figures(mine(name), WEEK, LATER)[None]


def answers(**levels: int) -> None:
    for level, n in levels.items():
        for _ in range(n):
            evaluation(at(11), at(12), level)


# The four schemes and their like


@pytest.mark.parametrize(
    ("name", "rate", "counted", "excluded"),
    [
        ("satisfied_binary", Fraction(10, 14), 14, 6),
        ("satisfied_basically", Fraction(15, 20), 20, 0),
        ("satisfied_09", (10 + Fraction(9, 10) * 5) / 19, 19, 1),
        ("satisfied_0806", (10 + Fraction(8, 10) * 5 + Fraction(6, 10)) / 20, 20, 0),
    ],
)
def test_four_schemes_of_satisfaction(session: None, name: str, rate: Fraction, counted: int, excluded: int) -> None:
    answers(satisfied=10, basically=5, neutral=1, dissatisfied=4)
    found = figure(name)
    assert (found.rate, found.denominator, found.excluded) == (rate, counted, excluded)


def test_what_yueyang_published(session: None) -> None:
    many(evaluation(at(11), at(12), "satisfied"), 2617 - 1)
    many(evaluation(at(11), at(12), "dissatisfied"), 2713 - 2617 - 1)
    assert percent(figure("satisfied_basically").rate) == Decimal("96.46")


def test_a_level_without_a_weight_is_left_out_in_the_open(session: None) -> None:
    adopted(own(weights={"satisfied": 1, "basically": 0.5}))
    answers(satisfied=1, basically=1, dissatisfied=3)
    assert figure() == Figure(2, 2, excluded=3, weighted=Decimal("1.5"))


def test_seconds_of_its_own(session: None) -> None:
    adopted(own(of="service_level_3", seconds=20))
    calls([call_values(MONDAY, wait=wait) for wait in (15, 20, 21)])
    assert (figure().numerator, figure("service_level_3").numerator) == (2, 1)
    with speaking("en"):
        assert "within 20 s" in mine().meant(policy_at(LATER))
        assert "within 15 s" in mine("service_level_3").meant(policy_at(LATER))


# Of some orders, and without some


def of_kinds() -> None:
    """Answers about orders of every kind that is told apart."""
    for given in (
        {"nature": Nature.COMPLAINT, "category_code": "060101"},
        {"nature": Nature.REPORT, "category_code": "060201", "channel": Channel.WEB},
        {"nature": Nature.REPORT, "category_code": "070101", "urgency": Urgency.URGENT, "district_code": "d01"},
    ):
        evaluation(at(11), at(12), "satisfied", of=order("housing", at(10), **given))
    evaluation(at(11), at(12), "dissatisfied", of=order("d01", at(10), nature=Nature.HELP), unit="d01")


@pytest.mark.parametrize(
    ("where", "counted"),
    [
        ({"nature": ["report"]}, 2),
        ({"nature": ["report", "help"]}, 3),
        ({"category": ["06"]}, 2),
        ({"category": ["0602", "07"]}, 2),
        ({"channel": ["web"]}, 1),
        ({"urgency": ["urgent"]}, 1),
        ({"district": ["d01"]}, 1),
        ({"unit_kind": ["district"]}, 1),
        ({"unit_kind": ["bureau"], "nature": ["report"], "channel": ["web"]}, 1),
        ({"category": ["%"]}, 0),
    ],
)
def test_it_may_be_of_some_orders(session: None, where: dict[str, list[str]], counted: int) -> None:
    adopted(own(where=where))
    of_kinds()
    found = figure()
    assert (found.denominator, found.excluded) == (counted, 0)
    assert len(list(db.session.scalars(queries.rows_behind(mine(), WEEK, LATER)))) == counted


def test_what_does_not_count_is_shown_both_ways(session: None) -> None:
    adopted(own(exclude={"nature": ["report"], "reason": "执法办案类", "reason_en": "law enforcement"}))
    of_kinds()
    found = figure()
    assert (found.rate, found.raw_rate) == (Fraction(1, 2), Fraction(3, 4))
    assert found.excluded == 2
    with speaking("en"):
        assert mine().because(policy_at(LATER)).endswith("law enforcement")
        assert "Without: Report of wrongdoing." in mine().meant(policy_at(LATER))
        assert mine().title == "Ours"


def test_what_is_not_due_is_not_excluded(session: None) -> None:
    adopted(own(of="on_time", exclude={"nature": ["complaint"], "reason": "类"}))
    clock(at(14), at(12))
    clock(at(15))
    found = queries.figures(mine(), WEEK, at(13))[None]
    assert (found.excluded, found.not_due) == (1, 1)


@pytest.mark.parametrize("name", [name for name, measure in BY_NAME.items() if measure.subject != "calls"])
def test_every_measure_of_orders_can_be_narrowed(session: None, name: str) -> None:
    adopted(own(of=name, where={"nature": ["complaint"]}, exclude={"channel": ["web"], "reason": "网"}))
    assert queries.figures(mine(), WEEK, LATER)[None] == Figure()
    assert list(db.session.scalars(queries.rows_behind(mine(), WEEK, LATER))) == []


def test_it_has_a_least_number_of_its_own(session: None) -> None:
    adopted(own(minimum_n=3))
    policy = policy_at(LATER)
    assert (mine().least_n(policy), mine("satisfied").least_n(policy)) == (3, policy.minimum_n)


# It comes with all a measure has


def test_its_number_opens_its_list(session: None) -> None:
    adopted(own(where={"nature": ["report"]}))
    of_kinds()
    found = listing(Wanted("mine", bucket=Bucket.COUNTED), WEEK, LATER, MANAGER)
    assert len(found.lines) == 2
    assert all(line.bucket is Bucket.COUNTED for line in found.lines)


def test_it_is_rolled_up(session: None) -> None:
    adopted(own(where={"nature": ["report"]}, weights={"satisfied": 0.7, "dissatisfied": 0}))
    of_kinds()
    roll_up(LATER)
    rolled = count([mine()], [WEEK], LATER - SETTLING)[mine(), WEEK]
    assert rolled == {None: Figure(2, 2, weighted=Decimal("1.4"))}


def test_a_week_is_counted_by_the_definition_of_its_time(session: None) -> None:
    adopted(own(weights={"satisfied": 1, "basically": 0.9, "dissatisfied": 0}))
    adopted(own(weights={"satisfied": 1, "basically": 0.5, "dissatisfied": 0}), effective=WEEK.end)
    for day in (12, 16):
        evaluation(at(day - 1), at(day), "basically")
    rates = [queries.figures(mine(), week, at(18))[None].rate for week in (WEEK, WEEK.after())]
    assert rates == [Fraction(9, 10), Fraction(1, 2)]


def test_the_same_row_is_the_same_measure(session: None) -> None:
    assert mine("satisfied_09") is mine("satisfied_09")
    names = [measure.name for measure in measures_at(policy_at(LATER))]
    assert len(set(names)) == len(names)
    assert names.index("satisfied_09") > names.index("satisfied")


def test_the_week_is_as_before(session: None) -> None:
    adopted(own(minimum_n=2))
    answers(satisfied=3)
    assert "mine" not in overview(WEEK, LATER).city


# What cannot be


BAD: list[tuple[dict[str, Any], str]] = [
    ({"of": "charm", "minimum_n": 3}, "there is no measure charm"),
    ({"name": "on_time", "minimum_n": 3}, "built in"),
    ({}, "give what it varies"),
    ({"name": "Mine!", "minimum_n": 3}, "small letters"),
    ({"label": " ", "minimum_n": 3}, "label: give"),
    ({"weights": {"satisfied": 1.5}}, "from 0 to 1"),
    ({"weights": {"satisfyed": 1}}, "satisfyed: use levels"),
    ({"of": "solved", "weights": {"satisfied": 1}}, "solved does not go by them"),
    ({"seconds": 20}, "satisfied does not go by them"),
    ({"of": "service_level_3", "seconds": 0}, "above 0"),
    ({"of": "service_level_3", "seconds": -1}, "above 0"),
    ({"of": "connection", "where": {"nature": ["report"]}}, "calls are no orders"),
    ({"of": "direct_answer", "where": {"unit_kind": ["bureau"]}}, "belongs to no unit"),
    ({"where": {"nature": ["reports"]}}, "reports: use any of consultation"),
    ({"where": {"nature": "report"}}, "write a list"),
    ({"where": {"colour": ["red"]}}, "not known"),
    ({"exclude": {"nature": ["report"]}}, "with their reason"),
    ({"exclude": {"reason": "类"}, "minimum_n": 3}, "with their reason"),
    ({"minimum_n": 0}, "minimum_n: give"),
    ({"minimum_n": -2}, "minimum_n: give"),
    ({"evidence": "Z", "minimum_n": 3}, "Z"),
    ({"colour": "red", "minimum_n": 3}, "not known"),
]


@pytest.mark.parametrize(("changes", "said"), BAD)
def test_what_cannot_be_counted_is_refused_with_the_mend(session: None, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as refused:
        adopted(own(**changes))
    assert said in str(refused.value.errors)


def test_a_name_is_given_once(session: None) -> None:
    with pytest.raises(Invalid, match=r"(?s).*") as refused:
        adopted(own(minimum_n=3), own(minimum_n=4))
    assert "there twice" in str(refused.value.errors)


def test_a_policy_that_builds_on_another_keeps_its_measures() -> None:
    base = {"name": "base", "limits": [], "measures": [own(minimum_n=3), own(name="theirs", minimum_n=4)]}
    whole = build_on({"name": "city", "measures": [own(minimum_n=9)]}, base)
    assert [(row["name"], row["minimum_n"]) for row in whole["measures"]] == [("mine", 9), ("theirs", 4)]


def test_what_it_reads_follows_its_definition(session: None) -> None:
    policy = policy_at(LATER)
    measure = mine("satisfied_09")
    assert measure.reads(policy) == measure.reads(replace(policy, minimum_n=1))
    changed = tuple(replace(one, weights=(("satisfied", 0.8),)) for one in policy.variants)
    assert measure.reads(policy) != measure.reads(replace(policy, variants=changed))


# The words


def test_abandoned_callers_are_no_part_of_what_was_answered(session: None) -> None:
    calls([call_values(MONDAY, CallOutcome.ABANDONED, 60), call_values(MONDAY, wait=4), call_values(MONDAY, wait=8)])
    assert queries.figures(BY_NAME["wait"], WEEK, LATER)[None].rate == 6
    assert queries.figures(BY_NAME["abandoned_wait"], WEEK, LATER + DAY)[None].rate == 60
