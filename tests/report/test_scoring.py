"""Composite scores, against the scores Lianyungang published, and the guard for small samples."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.base.i18n import speaking
from hotline.policy.document import BadPolicy
from hotline.policy.limits import Evidence
from hotline.policy.reading import read_policy, require_workable
from hotline.policy.scores import Part, Scheme
from hotline.report.figures import Figure, interval, rounded
from hotline.report.measures import BY_NAME
from hotline.report.ranking.queries import measures_of
from hotline.report.ranking.scoring import Score, Standing, full_marks, marks, mean, score, together
from tests.policy.test_triggers import DEFAULT

ON_TIME = Part("on_time", 25, slope=1)
CALLED_BACK = Part("satisfied", 25, slope=0.5, target=95, floor=12.5)
FROM_ABOVE = Part("satisfied", 25, slope=0.5, target=98, floor=12.5)
TEN_FORTY_FIFTY = (Part("on_time", 10), Part("satisfied", 40), Part("solved", 50))


def scheme(*parts: Part, digits: int | None = None) -> Scheme:
    return Scheme("test", "测试", "测试", Evidence.CHOSEN, parts, digits=digits)


def figure(hits: int, of: int) -> Figure:
    return Figure(hits, of, weighted=Decimal(hits))


def scored(scheme_: Scheme, figures: dict[str, Figure], least: int) -> Score:
    return score(scheme_, figures, {part.measure: least for part in scheme_.parts})


def shown(points: Fraction | None) -> str:
    assert points is not None
    return f"{rounded(points).normalize():f}"


# What Lianyungang published: the rate in percent and the score it gave.
PUBLISHED = [
    (ON_TIME, "89.82", "14.82"),
    (ON_TIME, "80", "5"),
    (ON_TIME, "66.67", "0"),
    (CALLED_BACK, "70.59", "12.8"),
    (CALLED_BACK, "66.67", "12.5"),
    (FROM_ABOVE, "87.5", "19.75"),
    (FROM_ABOVE, "83.33", "17.67"),
    (FROM_ABOVE, "75", "13.5"),
    (FROM_ABOVE, "71.43", "12.5"),
    (FROM_ABOVE, "50", "12.5"),
]


@pytest.mark.parametrize(("part", "rate", "points"), PUBLISHED)
def test_scores_lianyungang_published(part: Part, rate: str, points: str) -> None:
    assert shown(marks(part, Fraction(rate) / 100)) == points


@pytest.mark.parametrize("rate", ["80", "77.27"])
@pytest.mark.parametrize("full", [5, 10, 20])
def test_signing_late_leaves_nothing_whatever_the_full_marks(rate: str, full: int) -> None:
    """及时签收: the full marks are not published; of any up to 20 nothing is left, as was published."""
    assert marks(Part("on_time", full, slope=1), Fraction(rate) / 100) == 0


def test_a_rate_counts_as_it_is_printed_where_the_scheme_says_so() -> None:
    twelve_of_seventeen = {"satisfied": figure(12, 17)}  # 70.588… %, printed 70.59 %
    assert shown(scored(scheme(CALLED_BACK, digits=2), twelve_of_seventeen, 1).points) == "12.8"
    assert shown(scored(scheme(CALLED_BACK), twelve_of_seventeen, 1).points) == "12.79"


def test_one_late_order_of_five_costs_twenty_points_unless_the_sample_is_guarded() -> None:
    five = {"on_time": figure(4, 5)}
    assert scored(scheme(ON_TIME), five, 1).points == 5
    guarded = scored(scheme(ON_TIME), five, 30)
    assert (guarded.points, guarded.standing) == (None, Standing.SMALL)
    assert guarded.figures["on_time"] == figure(4, 5)


def test_in_proportion_by_weights() -> None:
    figures = {"on_time": figure(9, 10), "satisfied": figure(16, 20), "solved": figure(1, 2)}
    found = scored(scheme(*TEN_FORTY_FIFTY), figures, 1)
    assert found.marks == {"on_time": 9, "satisfied": 32, "solved": 25}
    assert (found.points, full_marks(scheme(*TEN_FORTY_FIFTY))) == (66, 100)


def test_weights_of_answers_and_of_a_policy_stay_exact() -> None:
    basically = Figure(3, 3, weighted=Decimal("2.7"))
    assert scored(scheme(Part("satisfied", 0.1)), {"satisfied": basically}, 1).points == Fraction(9, 100)


@pytest.mark.parametrize(
    ("figures", "standing"),
    [
        ({"on_time": figure(30, 30), "satisfied": figure(1, 30)}, Standing.RANKED),
        ({"on_time": figure(30, 30), "satisfied": figure(1, 29)}, Standing.SMALL),
        ({"on_time": figure(30, 30)}, Standing.SMALL),
        ({"on_time": Figure(not_due=9)}, Standing.SILENT),
        ({}, Standing.SILENT),
    ],
)
def test_who_is_ranked(figures: dict[str, Figure], standing: Standing) -> None:
    found = scored(scheme(ON_TIME, CALLED_BACK), figures, 30)
    assert found.standing is standing
    assert (found.points is not None) is (standing is Standing.RANKED)


def test_each_rate_may_need_another_number() -> None:
    figures = {"on_time": figure(5, 5), "satisfied": figure(29, 29)}
    both = scheme(ON_TIME, CALLED_BACK)
    assert score(both, figures, {"on_time": 5, "satisfied": 30}).standing is Standing.SMALL
    assert score(both, figures, {"on_time": 5, "satisfied": 29}).standing is Standing.RANKED


def test_all_together_is_pooled_and_no_mean_of_units() -> None:
    parts = scheme(Part("solved", 100))
    units = [{"solved": figure(90, 100)}, {"solved": figure(5, 10)}, {}]
    assert together(parts, units).points == Fraction(9500, 110)
    assert mean(scored(parts, one, 1) for one in units) == 70
    assert mean(scored(parts, one, 101) for one in units) is None


@given(
    st.builds(
        Part,
        st.just("on_time"),
        st.integers(1, 50),
        slope=st.sampled_from([0, 0.5, 1, 2]),
        target=st.integers(80, 100),
        floor=st.integers(0, 1),
    ),
    st.fractions(0, 1),
    st.fractions(0, 1),
)
def test_more_is_never_worth_less_and_full_marks_are_the_most(part: Part, one: Fraction, other: Fraction) -> None:
    low, high = sorted([one, other])
    assert 0 <= marks(part, low) <= marks(part, high) <= part.points
    assert marks(part, Fraction(1)) == part.points


def test_the_interval_is_wilsons() -> None:
    low, high = interval(figure(81, 263)) or (0, 0)  # Newcombe 1998, table I: 0.2553 to 0.3662
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert interval(Figure(not_due=3)) is None
    low, high = interval(figure(5, 5)) or (0, 0)
    assert 0.5 < low < high == 1


# In a policy

ROW: dict[str, Any] = {
    "name": "x",
    "title": "甲",
    "basis": "乙",
    "evidence": "I",
    "parts": [{"measure": "solved", "points": 100}],
}


def read(*rows: dict[str, Any], **listed: Any) -> Any:
    ranking = {**DEFAULT["ranking"], **({"listed": listed} if listed else {})}
    return read_policy({**DEFAULT, "scores": list(rows), "ranking": ranking}).ranking


def test_every_scheme_of_the_default_goes_by_measures_of_units() -> None:
    ranking = read_policy(DEFAULT).ranking
    assert ranking.schemes
    assert ranking.listed
    for one in ranking.schemes:
        assert all(BY_NAME[part.measure].unit is not None for part in one.parts)
        assert not any(BY_NAME[part.measure].less_is_better for part in one.parts)
        with speaking("en"):
            assert one.label != one.title
            assert one.source != one.basis


def test_a_policy_of_before_there_were_schemes_has_none() -> None:
    ranking = {key: value for key, value in DEFAULT["ranking"].items() if key != "listed"}
    old = {key: value for key, value in DEFAULT.items() if key != "scores"}
    assert read_policy({**old, "ranking": ranking}).ranking.schemes == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"parts": []}, "x: give at least one part"),
        ({"parts": [{"measure": "solved", "points": 50}] * 2}, "each measure once"),
        ({"parts": [{"measure": "solved", "points": 0}]}, "points above 0"),
        ({"parts": [{"measure": "solved", "points": -1}]}, "points: give a number"),
        ({"parts": [{"measure": "solved", "points": 9, "slope": 1, "floor": 10}]}, "a floor of at most those"),
        ({"parts": [{"measure": "solved", "points": 9, "target": 95}]}, "floor and target go with a slope"),
        ({"parts": [{"measure": "solved", "points": 9, "slope": 1, "target": 101}]}, "target: give a number"),
        ({"parts": [{"measure": "solved", "points": 9, "weight": 1}]}, "not known"),
        ({"evidence": "Z"}, "Z"),
        ({"digits": 7}, "digits: give a number"),
        ({"name": ""}, "give a name"),
    ],
)
def test_a_scheme_that_cannot_be_used_is_refused_with_the_mend(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        read({**ROW, **change})


def test_other_entries_that_are_refused() -> None:
    with pytest.raises(BadPolicy, match="twice"):
        read(ROW, ROW)
    for listed in ({"bureau": 0}, {"bureau": 51}, {"bureau": "five"}, {"village": 5}):
        with pytest.raises(BadPolicy, match=r"ranking\.listed"):
            read(ROW, **listed)
    assert read(ROW, bureau=3).listed == {"bureau": 3}


@pytest.mark.parametrize("measure", ["connection", "false_close", "wait", "direct_answer", "nothing"])
def test_a_scheme_goes_by_rates_of_units_of_which_more_is_better(measure: str) -> None:
    row = {**ROW, "parts": [{"measure": measure, "points": 50}]}
    with pytest.raises(BadPolicy, match=f"x: {measure} is no rate of units"):
        require_workable(read_policy({**DEFAULT, "scores": [row]}))


def test_a_scheme_has_a_name_no_measure_has() -> None:
    with pytest.raises(BadPolicy, match="solved: a measure has this name"):
        require_workable(read_policy({**DEFAULT, "scores": [{**ROW, "name": "solved"}]}))


def test_a_scheme_may_go_by_a_measure_of_the_citys_own() -> None:
    own = {"name": "solved_help", "of": "solved", "label": "甲", "source": "乙", "evidence": "I", "minimum_n": 5}
    row = {**ROW, "parts": [{"measure": "solved_help", "points": 50}]}
    policy = read_policy({**DEFAULT, "scores": [row], "measures": [own]})
    require_workable(policy)
    assert measures_of(policy.ranking.schemes[0], policy)["solved_help"].least_n(policy) == 5
