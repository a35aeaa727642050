"""The most specific limit wins; a policy document that cannot be used says why."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from config.settings import HERE
from hotline.policy.counting import TimeUnit
from hotline.policy.document import BadPolicy
from hotline.policy.limits import Clock, Evidence, Facts, Limit, Requester, choose
from hotline.policy.reading import read_policy, require_workable

DOCUMENT = tomllib.loads((HERE / "policies" / "default.toml").read_text(encoding="utf-8"))


def limit(amount: float, **conditions: str) -> Limit:
    return Limit(Clock.HANDLE, amount, TimeUnit.WORKING_DAYS, "test", **conditions)


@pytest.mark.parametrize(
    ("facts", "amount"),
    [
        (Facts("complaint", "normal", "060101"), 5),
        (Facts("consultation", "normal", "060101"), 2),
        (Facts("consultation", "urgent", "060101"), 1),
        (Facts("complaint", "normal", "050101"), 3),
        (Facts("complaint", "normal", "050201"), 4),
        (Facts("complaint", "normal", "050101", "enterprise"), 7),
    ],
)
def test_the_most_specific_row_wins(facts: Facts, amount: float) -> None:
    rows = [
        limit(5),
        limit(2, nature="consultation"),
        limit(1, urgency="urgent"),
        limit(4, category="05"),
        limit(3, category="0501"),
        limit(7, category="05", requester="enterprise"),
    ]
    for order in (rows, rows[::-1]):
        chosen = choose(order, Clock.HANDLE, facts)
        assert chosen is not None
        assert chosen.amount == amount


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        # Of as many conditions: urgency first, then the longer category, then nature, requester, region.
        ({"urgency": "urgent"}, {"category": "050101"}),
        ({"urgency": "urgent"}, {"requester": "enterprise"}),
        ({"category": "050101"}, {"category": "0501"}),
        ({"category": "05"}, {"nature": "complaint"}),
        ({"nature": "complaint"}, {"requester": "enterprise"}),
        ({"requester": "enterprise"}, {"region": "d01"}),
        ({"region": "d01"}, {}),
        # More conditions go before any one.
        ({"region": "d01", "requester": "enterprise"}, {"urgency": "urgent"}),
        ({"urgency": "urgent", "region": "d01"}, {"category": "050101", "nature": "complaint"}),
    ],
)
def test_ties_are_settled(winner: dict[str, str], loser: dict[str, str]) -> None:
    facts = Facts("complaint", "urgent", "050101", "enterprise", "d01")
    for order in ([limit(1, **winner), limit(2, **loser)], [limit(2, **loser), limit(1, **winner)]):
        chosen = choose(order, Clock.HANDLE, facts)
        assert chosen is not None
        assert chosen.amount == 1


CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "region": st.just("d01"),
        "nature": st.just("complaint"),
        "urgency": st.just("urgent"),
        "category": st.sampled_from(["05", "0501", "050101"]),
        "requester": st.just("enterprise"),
    },
)


@given(CONDITIONS, CONDITIONS)
def test_no_two_rows_tie(one: dict[str, str], two: dict[str, str]) -> None:
    """Both fit the same order, so one of them must win."""
    assume(one != two)
    assert limit(1, **one).weight != limit(1, **two).weight


@pytest.mark.parametrize(
    ("conditions", "other"),
    [
        ({"region": "d01"}, Facts("complaint", "normal", region="d02")),
        ({"nature": "help"}, Facts("complaint", "normal")),
        ({"urgency": "urgent"}, Facts("complaint", "normal")),
        ({"category": "0501"}, Facts("complaint", "normal", "0502")),
        ({"category": "0501"}, Facts("complaint", "normal", "05")),
        ({"requester": "enterprise"}, Facts("complaint", "normal", requester=Requester.PERSON)),
    ],
)
def test_a_row_for_others_does_not_fit(conditions: dict[str, str], other: Facts) -> None:
    assert choose([limit(1, **conditions)], Clock.HANDLE, other) is None


def test_a_row_is_named_by_its_conditions() -> None:
    assert limit(5).key == "handle"
    assert limit(5, requester="enterprise", nature="help", region="d01").key == (
        "handle[region=d01,nature=help,requester=enterprise]"
    )


def test_what_was_found_and_what_is_assumed() -> None:
    assert {evidence.value for evidence in Evidence if not evidence.found} == {"M", "I"}


def test_no_row_no_limit() -> None:
    assert choose([limit(5)], Clock.SIGN, Facts("complaint", "normal")) is None


def test_the_default_policy_reads() -> None:
    policy = read_policy(DOCUMENT)
    assert {row.clock for row in policy.limits} >= set(Clock) - {Clock.SUPERVISE}
    assert policy.weights["dissatisfied"] == 0


def broken(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(DOCUMENT)
    *parents, last = path.split(".")
    part: Any = document
    for name in parents:
        part = part[int(name)] if isinstance(part, list) else part[name]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("dispatch.auto_confidence", 1.2, "auto_confidence"),
        ("dispatch.auto_confidence", 0, "auto_confidence"),
        ("satisfaction.levels", [], "at least one level"),
        ("satisfaction.levels.0.weight", 2, "weight"),
        ("limits.0.clock", "lunch", "lunch"),
        ("limits.0.amount", -1, "above 0"),
        ("limits.0.amount", 1e9, "above 0, at most"),
        ("limits.0.amount", float("nan"), "above 0"),
        ("limits.0.basis", "长" * 201, "too long"),
        ("limits.0.color", "red", "not known"),
        ("callback.attempts", None, "attempts"),
        ("limits.0.evidence", "Z", "evidence"),
        ("limits.0.unit", "weeks", "weeks"),
        ("limits.1.urgency", "", "twice"),
        ("counting.first", True, "not known"),
        ("time_rules.pauses", -1, "not negative"),
        ("time_rules.evidence", "Z", "time_rules"),
        ("warnings.quiet_from", "dusk", "20:00"),
        ("warnings.rules.0.kind", "pink", "pink"),
        ("warnings.rules.0.clocks", ["lunch"], "lunch"),
    ],
)
def test_a_bad_document_says_why(path: str, value: Any, says: str) -> None:
    with pytest.raises(BadPolicy, match=says):
        require_workable(read_policy(broken(path, value)))


def test_days_are_whole_and_a_promise_is_in_days() -> None:
    rows = {row["clock"]: n for n, row in enumerate(DOCUMENT["limits"]) if row["unit"].endswith("_days")}
    with pytest.raises(BadPolicy, match="a whole one of days"):
        require_workable(read_policy(broken(f"limits.{rows['handle']}.amount", 1.5)))
    with pytest.raises(BadPolicy, match="a promise reaches to a day"):
        require_workable(read_policy(broken(f"limits.{rows['promise']}.unit", "natural_hours")))


@pytest.mark.parametrize("clock", ["handle", "redo", "supervise"])
def test_no_order_is_left_without_a_clock_for_its_work(clock: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["limits"] = [row for row in document["limits"] if row["clock"] != clock or row.get("urgency")]
    policy = read_policy(document)  # one that is stored already can still be read
    with pytest.raises(BadPolicy, match=clock):
        require_workable(policy)
    require_workable(read_policy(DOCUMENT))


def test_two_warnings_of_a_kind_about_a_clock_are_refused() -> None:
    document = copy.deepcopy(DOCUMENT)
    rules = document["warnings"]["rules"]
    rules.append({**rules[0], "days": -3, "clocks": ["handle"]})
    with pytest.raises(BadPolicy, match="yellow is there twice for handle"):
        require_workable(read_policy(document))
