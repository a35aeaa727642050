"""The triggers of a policy are checked where it is read, and each says where it comes from."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from config.settings import HERE
from hotline.policy.document import BadPolicy
from hotline.policy.presets import read_policy_file
from hotline.policy.reading import read_policy
from hotline.policy.triggers import Does, Evidence, Kind, Supervision
from hotline.policy.words import WHEN, triggered_when

DEFAULT = read_policy_file(HERE / "policies" / "default.toml")
ROW = {
    "name": "x",
    "kind": "urged",
    "count": 3,
    "does": "supervise",
    "supervision": "blue",
    "basis": "y",
    "evidence": "I",
}


def read(*rows: dict[str, Any]) -> Any:
    return read_policy({**DEFAULT, "triggers": list(rows)}).triggers


def test_the_default_has_every_kind_with_its_basis_in_both_languages() -> None:
    found = read_policy(DEFAULT).triggers
    assert {trigger.kind for trigger in found} == set(Kind) == set(WHEN)
    assert {trigger.does for trigger in found} == set(Does)
    assert all(trigger.basis and trigger.basis_en for trigger in found)
    assert {trigger.name: trigger.evidence for trigger in found}["unsolved_in_month"] is Evidence.FOUNDING
    assert all("%(" not in triggered_when_in_english(trigger) for trigger in found)


def triggered_when_in_english(trigger: Any) -> str:
    from hotline.base.i18n import speaking

    with speaking("en"):
        return triggered_when(trigger)


def test_a_policy_of_before_there_were_triggers_has_none() -> None:
    assert read_policy({key: part for key, part in DEFAULT.items() if key != "triggers"}).triggers == ()


def test_a_trigger_is_read() -> None:
    (trigger,) = read(ROW)
    assert (trigger.kind, trigger.count, trigger.supervision) == (Kind.URGED, 3, Supervision.BLUE)
    assert trigger.numbers == {"count": 3}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"count": 0}, "count: give it"),
        ({"count": -1}, "whole numbers"),
        ({"count": 2.5}, "whole numbers"),
        ({"count": 1001}, "whole numbers"),
        ({"days": 3}, "days: leave it out"),
        ({"kind": "unheard_of"}, "unheard_of"),
        ({"does": "nothing"}, "nothing"),
        ({"evidence": "Z"}, "Z"),
        ({"supervision": "green"}, "green"),
        ({"supervision": ""}, "supervision: give the step"),
        ({"does": "alarm"}, "supervision: give the step"),
        ({"name": "a" * 61}, "name: give one"),
        ({"kind": "cluster", "days": 7}, "does: only an order"),
        ({"colour": "blue"}, "not known"),
        (
            {"kind": "below", "count": 0, "measure": "connection", "percent": 85, "minimum_n": 30},
            "measure: use one of",
        ),
        ({"kind": "below", "count": 0, "measure": "solved", "percent": 101, "minimum_n": 30}, "percent"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_mend(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        read({**ROW, **change})


def test_a_name_stands_for_one_trigger() -> None:
    with pytest.raises(BadPolicy, match="twice"):
        read(ROW, ROW)


def test_the_ladder_goes_up() -> None:
    assert Supervision.BLUE.above == tuple(Supervision)[1:]
    assert Supervision.LISTED.above == ()


def test_the_page_shows_how_units_are_ranked(sign_in: Any) -> None:
    page = sign_in("handler").get("/policy?lang=en").text
    assert "Response, satisfied, solved 10/40/50" in page
    assert "The red and black lists name at most: Bureau 5, Utility 3, District 5, Street or town 5" in page


def test_the_page_shows_each_trigger_with_its_source(sign_in: Any) -> None:
    client: FlaskClient = sign_in("handler")
    page = client.get("/policy").text
    assert "urged 3 times in one round" in page
    assert "below 85 %" in page
    assert "Put under supervision: Special supervision" in page
    assert "Shijiazhuang 2019" in page


BELOW = {
    **{key: ROW[key] for key in ("name", "basis", "evidence")},
    "kind": "below",
    "does": "alarm",
    "measure": "satisfied",
    "percent": 85,
    "minimum_n": 30,
}


def test_kinds_of_units_and_their_own_least_rates() -> None:
    (trigger,) = read({**BELOW, "kinds": ["bureau", "street"], "percents": {"street": 80}})
    assert (trigger.least("bureau"), trigger.least("street")) == (85, 80)
    assert (trigger.is_about("street"), trigger.is_about("district")) == (True, False)
    said = triggered_when_in_english(trigger)
    assert said.startswith("Bureau, Street or town: a unit's rate “Satisfaction rate”")
    assert said.endswith("; but Street or town 80 %")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({**BELOW, "kinds": ["village"]}, "kinds, percents: use some of"),
        ({**BELOW, "percents": {"village": 80}}, "kinds, percents: use some of"),
        ({**BELOW, "percents": {"street": 0}}, "percent: give a number"),
        ({**BELOW, "percents": {"street": 101}}, "percent: give a number"),
        ({**ROW, "kinds": ["street"]}, "kinds: only a trigger about units"),
        ({**BELOW, "kind": "last_twice", "percent": 0, "percents": {"street": 80}}, "percents: leave it out"),
        ({**BELOW, "weeks": 8}, "weeks: leave it out"),
    ],
)
def test_kinds_that_cannot_be_used_are_refused(row: dict[str, Any], said: str) -> None:
    with pytest.raises(BadPolicy, match=said):
        read(row)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weeks": 53}, "weeks: give at most"),
        ({"deviations": 11}, "deviations: give"),
        ({"count": 0}, "count: give it"),
    ],
)
def test_a_jump_is_checked(change: dict[str, Any], said: str) -> None:
    jump = next(row for row in DEFAULT["triggers"] if row["kind"] == "jump")
    with pytest.raises(BadPolicy, match=said):
        read({**jump, **change})
