"""The ranking of a period: its page, its numbers' lists, its JSON, and who sees what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.people.models import UnitKind
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.report.ranking.queries import Group, Rankings, rankings
from tests.report.rows import HOUR, MONDAY, WEEK, at, clock, evaluation
from tests.report.test_pages import Links

SignIn = Callable[[str], FlaskClient]
SCHEME = {
    "name": "both",
    "title": "两项",
    "title_en": "Both",
    "basis": "测试",
    "evidence": "I",
    "parts": [{"measure": "on_time", "points": 40}, {"measure": "satisfied", "points": 60}],
}


@pytest.fixture
def small(session: None) -> None:
    """A policy that ranks from four counted on, by one scheme of two rates, two bureaus on each list."""
    document = db.session.query(PolicyVersion).one().document
    ranking = {**document["ranking"], "minimum_n": 4, "listed": {"bureau": 2, "district": 5}}
    early = MONDAY - timedelta(days=200)
    adopt_policy({**document, "ranking": ranking, "scores": [SCHEME]}, early, early)


def did(unit: str, on_time: int, satisfied: int, of: int = 10) -> None:
    """What a unit did in the week of the tests: of so many, how many on time, how many citizens satisfied."""
    for n in range(of):
        clock(at(12), at(11) if n < on_time else at(13), unit=unit)
        evaluation(at(11), at(11) + HOUR, "satisfied" if n < satisfied else "dissatisfied", unit=unit)


def some_units() -> None:
    did("housing", 10, 9)  # 40 + 54 = 94
    did("urban", 9, 8)  # 36 + 48 = 84
    did("transport", 9, 8)
    did("education", 5, 5)  # 20 + 30 = 50
    did("health", 3, 3, of=3)  # too few
    did("d01", 8, 8)
    clock(at(29), unit="water")  # not yet due: nothing counts
    db.session.commit()


def group(found: Rankings, kind: UnitKind = UnitKind.BUREAU) -> Group:
    return next(one for one in found.groups if one.kind is kind)


def of_bureaus(**asked: Any) -> Group:
    return group(rankings(WEEK, WEEK.end, **asked))


def test_units_are_ranked_among_their_like(small: None) -> None:
    some_units()
    found = rankings(WEEK, WEEK.end)
    assert {one.kind for one in found.groups} == {UnitKind.BUREAU, UnitKind.DISTRICT}
    bureaus = group(found)
    assert [(place.unit.code, place.rank, place.points) for place in bureaus.ranked] == [
        ("housing", 1, 94),
        ("transport", 2, 84),
        ("urban", 2, 84),
        ("education", 4, 50),
    ]
    assert [entry.code for entry in bureaus.small] == ["health"]
    assert "water" in {entry.code for entry in bureaus.silent}
    assert ([one.unit.code for one in bureaus.lists.red], [one.unit.code for one in bureaus.lists.black]) == (
        ["housing"],
        ["education"],
    )
    (district,) = group(found, UnitKind.DISTRICT).ranked
    assert (district.rank, group(found, UnitKind.DISTRICT).lists.red) == (1, ())


def test_pooled_and_mean_are_two_things(small: None) -> None:
    some_units()
    bureaus = of_bureaus()
    assert bureaus.mean == Fraction(94 + 84 + 84 + 50, 4)
    assert bureaus.pooled is not None
    assert bureaus.pooled.figures["on_time"].denominator == 43, "those with few counted, too"
    assert bureaus.pooled.points == 40 * Fraction(36, 43) + 60 * Fraction(33, 43)


def test_by_a_measure_alone(small: None) -> None:
    some_units()
    bureaus = of_bureaus(name="on_time")
    first, *_ = bureaus.ranked
    assert (first.unit.code, first.points) == ("housing", 100)
    with pytest.raises(Invalid, match="scheme: "):
        rankings(WEEK, WEEK.end, name="unheard")


def test_one_kind_only(small: None) -> None:
    some_units()
    assert [one.kind for one in rankings(WEEK, WEEK.end, kind=UnitKind.DISTRICT).groups] == [UnitKind.DISTRICT]


def test_a_unit_no_longer_used_is_ranked_for_what_it_did(small: None) -> None:
    some_units()
    for code in ("housing", "water"):
        db.session.execute(db.text("UPDATE unit SET active = false WHERE code = :code"), {"code": code})
    bureaus = of_bureaus()
    assert bureaus.ranked[0].unit.code == "housing"
    assert "water" not in {entry.code for entry in bureaus.silent}


def test_units_people_see_their_own_line_and_where_it_stands(small: None) -> None:
    some_units()
    (own,) = rankings(WEEK, WEEK.end, units=frozenset({"education"})).groups
    assert [(place.unit.code, place.rank) for place in own.ranked] == [("education", 4)]
    assert own.of == 4
    assert (own.pooled, own.mean, own.small) == (None, None, [])
    assert [place.unit.code for place in own.lists.black] == ["education"]
    assert not own.lists.red
    assert rankings(WEEK, WEEK.end, units=frozenset({"police"})).groups == []


# The page


def page_of(client: FlaskClient, **query: str) -> str:
    found = client.get("/rankings", query_string={"lang": "en", "day": "2026-11-12", **query})
    assert found.status_code == 200
    return unescape(found.text)


@pytest.mark.parametrize("period", ["week", "month", "quarter", "year"])
def test_every_number_opens_exactly_its_rows(small: None, sign_in: SignIn, period: str) -> None:
    some_units()
    client = sign_in("manager")
    links = Links(page_of(client, period=period)).found
    assert len(links) > 20
    asked = [parse_qs(urlsplit(address).query) for address, _ in links]
    assert {query.get("period", ["week"])[0] for query in asked} == {period}
    for address, count in links:
        answer = client.get(address.replace("/week/rows", "/api/v1/reports/week/rows"))
        assert answer.status_code == 200
        assert answer.json is not None
        assert answer.json["total"] == count, address


def test_any_days_are_ranked_too(small: None, sign_in: SignIn) -> None:
    some_units()
    page = page_of(sign_in("manager"), first="2026-11-11", last="2026-11-15")
    assert 'data-unit="housing"' in page
    assert "first=2026-11-06&last=2026-11-10" in page, "the days before"
    assert re.search(r'href="/rankings\?period=quarter(&lang=en)?"', page)


def test_the_page_says_what_it_shows(small: None, sign_in: SignIn) -> None:
    some_units()
    page = page_of(sign_in("manager"))
    assert "Sun 1 Nov – Mon 30 Nov 2026" in page
    for said in ("Red list", "Black list", "All together, pooled", "Mean of the ranked units", "Small sample", "94.00"):
        assert said in page
    assert "fewer than 4 counted: not ranked" in page
    assert "40 points, in proportion to the rate" in page
    assert "style=" not in page


def test_an_empty_period_says_so(small: None, sign_in: SignIn) -> None:
    assert "Nothing is counted in this period." in page_of(sign_in("manager"), day="2026-02-01")


def test_a_units_head_sees_their_own(small: None, sign_in: SignIn) -> None:
    some_units()
    client = sign_in("unit_head")
    page = page_of(client)
    assert 'data-unit="housing"' in page
    assert 'data-unit="education"' not in page
    assert "All together" not in page
    answer = client.get("/api/v1/reports/rankings?day=2026-11-12").json
    assert answer is not None
    assert answer["units_seen"]
    assert [one["code"] for one in answer["groups"][0]["ranked"]] == ["housing"]


def test_rankings_are_for_those_who_may(small: None, sign_in: SignIn) -> None:
    client = sign_in("agent")
    assert client.get("/rankings").status_code == 403
    assert client.get("/api/v1/reports/rankings").status_code == 403


@pytest.mark.parametrize(
    ("query", "said"),
    [("period=day", "rank a week"), ("kind=village", "choose one of"), ("scheme=nobody", "both"), ("day=x", "date")],
)
def test_what_cannot_be_ranked_is_told(small: None, sign_in: SignIn, query: str, said: str) -> None:
    answer = sign_in("manager").get(f"/api/v1/reports/rankings?{query}&lang=en")
    assert answer.status_code == 422
    assert said in answer.text


def test_the_json_says_the_same(small: None, sign_in: SignIn) -> None:
    some_units()
    answer = sign_in("manager").get("/api/v1/reports/rankings?day=2026-11-12&period=week").json
    assert answer is not None
    bureaus = answer["groups"][0]
    assert (bureaus["kind"], bureaus["red"], bureaus["black"]) == ("bureau", ["housing"], ["education"])
    first = bureaus["ranked"][0]
    assert (first["rank"], first["score"]) == (1, 94)
    assert first["parts"]["on_time"] == {
        "marks": 40,
        "percent": 100,
        "interval": [72.25, 100],
        "numerator": 10,
        "weighted": 10,
        "denominator": 10,
        "not_due": 0,
        "excluded": 0,
    }
    assert answer["scheme"]["full_marks"] == 100
    assert bureaus["mean_of_ranked"] == 78
