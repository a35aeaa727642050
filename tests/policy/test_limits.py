"""The most specific limit wins; a policy document that cannot be used says why."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest

from config.settings import HERE
from hotline.policy.calendar import TimeUnit
from hotline.policy.document import BadPolicy, read_policy
from hotline.policy.limits import Clock, Facts, Limit, choose

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
        ("limits.0.color", "red", "not known"),
        ("callback.attempts", None, "attempts"),
    ],
)
def test_a_bad_document_says_why(path: str, value: Any, says: str) -> None:
    with pytest.raises(BadPolicy, match=says):
        read_policy(broken(path, value))
