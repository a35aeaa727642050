"""The page of the measures and its API, and the figures cities have published."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from hotline.base.db import db
from hotline.calls.models import CallOutcome
from hotline.orders.lifecycle import State
from hotline.policy.queries import policy_at
from hotline.report import queries
from hotline.report.dimensions import By
from hotline.report.figures import percent
from hotline.report.measures import BY_NAME, MEASURES, WEEKLY, measures_at
from tests.conftest import NOW
from tests.report.rows import DAY, MONDAY, WEEK, at, call_values, calls, clock, evaluation, many, order

SignIn = Callable[[str], FlaskClient]
LATER = at(17)


def rate(name: str) -> Decimal | None:
    return percent(queries.figures(BY_NAME[name], WEEK, LATER)[None].rate)


def test_what_lianyungang_published(session: None) -> None:
    """April 2017: due 24,932, completed 23,974, on time 22,345."""
    many(clock(at(12), at(11)), 22_345 - 1)
    many(clock(at(12), at(13)), 23_974 - 22_345 - 1)
    many(clock(at(12), LATER + DAY), 24_932 - 23_974 - 1)  # not yet, as of then
    found = {name: queries.figures(BY_NAME[name], WEEK, LATER)[None] for name in ("completion", "on_time", "overdue")}
    assert {name: figure.denominator for name, figure in found.items()} == dict.fromkeys(found, 24_932)
    assert (rate("completion"), rate("on_time")) == (Decimal("96.16"), Decimal("89.62"))
    assert found["on_time"].numerator + found["overdue"].numerator == 24_932


def test_what_jinan_published(session: None) -> None:
    """Week 28 of 2024: 71,184 accepted, 37,527 of them answered directly. A tenth of it."""
    many(order(None, None, received_at=at(11), state=State.ANSWERED), 3753 - 1)  # type: ignore[arg-type]  # never dispatched
    many(order("housing", at(11), state=State.HANDLING), 7118 - 3753 - 1)
    assert rate("direct_answer") == Decimal("52.73")


def test_what_nantong_published(session: None) -> None:
    """4,403 called back, 3,500 of them answered."""
    many(evaluation(at(11), at(12), "satisfied"), 3_500 - 1)
    many(evaluation(at(11), at(12)), 4_403 - 3_500 - 1)
    assert rate("valid_callback") == Decimal("79.49")


def test_the_four_service_levels_differ(session: None) -> None:
    answered, gave_up = CallOutcome.ANSWERED, CallOutcome.ABANDONED
    calls(
        [
            *(call_values(MONDAY, answered, 10) for _ in range(6)),
            *(call_values(MONDAY, answered, 40) for _ in range(2)),
            *(call_values(MONDAY, gave_up, 10) for _ in range(1)),
            *(call_values(MONDAY, gave_up, 40) for _ in range(1)),
        ]
    )
    levels = [rate(f"service_level_{n}") for n in (1, 2, 3, 4)]
    assert levels == [Decimal("70.00"), Decimal("75.00"), Decimal("60.00"), Decimal("66.67")]


# Found by an index, whatever the tables hold

TABLES = {
    "calls": "call",
    "deadlines": "deadline",
    "evaluations": "evaluation",
    "replies": "evaluation",
    "dispatches": "order_event",
    "closings": "order_event",
    "orders": "work_order",
}


@pytest.mark.parametrize("by", [None, By.UNIT])
def test_an_index_finds_the_rows_of_every_measure(session: None, by: By | None) -> None:
    db.session.execute(text("SET LOCAL enable_seqscan = off"))
    for measure in measures_at(policy_at(NOW)):
        statement = queries.aggregate(measure, queries.frame_of(WEEK, WEEK.end), by=by)
        compiled = statement.compile(db.session.connection(), compile_kwargs={"render_postcompile": True})
        lines = db.session.connection().exec_driver_sql(f"EXPLAIN {compiled}", compiled.params).scalars()
        plan = "\n".join(lines)
        assert f"Seq Scan on {TABLES[measure.subject]}" not in plan, measure.name
        assert "Index Cond" in plan, measure.name


# The page


def test_the_page_says_all_of_every_measure(sign_in: SignIn) -> None:
    page = sign_in("manager").get("/measures?lang=en").text
    for measure in measures_at(policy_at(NOW)):
        assert f'<tr id="{measure.name}">' in page
    assert "Satisfaction, 1 / 0.9 / 0" in page
    assert "Only of" not in page
    assert "law enforcement, which follows the law" in page
    assert "within 15 s" in page
    assert "%(" not in page


def test_the_page_speaks_chinese(sign_in: SignIn) -> None:
    page = sign_in("manager").get("/measures?lang=zh").text
    assert "满意率（1／0.9／0）" in page


def test_a_unit_reads_the_definitions_too(sign_in: SignIn) -> None:
    assert sign_in("unit_head").get("/measures").status_code == 200
    assert sign_in("agent").get("/measures").status_code == 403


def test_the_api_gives_the_definitions(sign_in: SignIn) -> None:
    body = sign_in("manager").get("/api/v1/reports/measures").get_json()
    found = {one["name"]: one for one in body["measures"]}
    assert set(found) >= {measure.name for measure in MEASURES}
    assert (found["wait"]["kind"], found["wait"]["unit"], found["wait"]["less_is_better"]) == ("mean", "seconds", True)
    assert (found["satisfied_09"]["of"], found["satisfied_09"]["evidence"]) == ("satisfied", "D")
    assert found["satisfied"]["of"] is None
    assert found["on_time"]["minimum_n"] == 30
    assert body["policy"]["name"] == "default"


def test_the_weeks_measures_are_measures() -> None:
    assert set(WEEKLY) <= set(MEASURES)


@pytest.mark.parametrize("name", [measure.name for measure in MEASURES])
def test_every_list_can_be_shown(sign_in: SignIn, name: str) -> None:
    evaluation(at(11), at(12), "satisfied")
    clock(at(12))
    order(received_at=at(11), dispatched=at(11) + DAY)
    calls([call_values(MONDAY)])
    client = sign_in("manager")
    page = client.get(f"/week/rows?measure={name}&day={WEEK.first}&lang=en")
    assert page.status_code == 200
    rows = client.get(f"/api/v1/reports/week/rows?measure={name}&day={WEEK.first}").get_json()
    assert page.text.count("data-row=") == rows["total"]
