"""Days on which abnormally much came in, against the same weekday of the weeks before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from hotline.base.db import db
from hotline.handle.models import Alarm
from hotline.report.jumps import expected
from hotline.report.triggers import sweep_units
from tests.report import rows
from tests.report.rows import DAY, HOUR

WEEK = timedelta(weeks=1)
DAY_AT = rows.at(18)  # a Wednesday, at noon
AFTER = rows.at(19, 1)


def came(day: datetime, count: int, **changes: Any) -> None:
    for n in range(count):
        rows.order(dispatched=day + n * timedelta(seconds=1), **{"category_code": "060101", **changes})


def history(counts: Sequence[int], **changes: Any) -> None:
    """What came in on the weekday in the weeks before, the latest first; and the first order of all, long ago."""
    rows.order(dispatched=DAY_AT - 100 * DAY)
    for n, count in enumerate(counts, 1):
        came(DAY_AT - n * WEEK, count, **changes)


def jumps(now: datetime = AFTER) -> dict[str, Alarm]:
    sweep_units(now)
    assert sweep_units(now) == 0
    return {alarm.subject: alarm for alarm in db.session.query(Alarm).filter_by(rule="jump")}


EIGHT = (8, 10, 9, 11, 9, 8, 10, 7)  # the mean is 9, its root 3: what is above 18 is no chance


def test_at_its_number_and_above_what_is_chance(session: None) -> None:
    history(EIGHT)
    came(DAY_AT, 19)  # above 18, but below the least of 20
    assert jumps() == {}
    came(DAY_AT + HOUR, 1)
    alarm = jumps()["city"]
    assert (alarm.period, alarm.unit_code, alarm.order_id) == ("2026-11-18", None, None)
    assert {name: alarm.facts[name] for name in ("count", "mean", "limit")} == {"count": 20, "mean": 9, "limit": 18}
    assert sorted(alarm.facts["history"].items(), reverse=True) == [
        (f"{(DAY_AT - n * WEEK).date()}", count) for n, count in enumerate(EIGHT, 1)
    ]
    assert len(alarm.facts["orders"]) == 20


def test_many_as_ever_is_no_jump(session: None) -> None:
    history([22] * 8)  # to 22 + 3 × 4.69 = 36.07
    came(DAY_AT, 36)
    assert jumps() == {}
    came(DAY_AT, 1)
    assert set(jumps()) == {"city", "category/0601"}


def test_other_weekdays_and_a_day_that_runs_do_not_count(session: None) -> None:
    history([0] * 8)
    came(DAY_AT - DAY, 30)
    came(DAY_AT, 25)
    assert jumps(rows.at(18, 23.9)).keys() == {"city", "category/0601"}  # Tuesday's; Wednesday is not over
    assert {alarm.period for alarm in jumps(rows.at(18, 23.9)).values()} == {"2026-11-17"}


def test_a_kind_of_matter_and_a_district_jump_by_themselves(session: None) -> None:
    history([40] * 8, category_code="010101")
    for category in ("060101", "060102"):  # one kind of matter
        came(DAY_AT, 10, category_code=category, district_code="d01")
    came(DAY_AT, 25, category_code="010101", district_code=None)
    found = jumps()
    assert set(found) == {"category/0601", "district/d01"}
    assert len(found["district/d01"].facts["orders"]) == 20
    assert found["category/0601"].facts["history"] == {f"{(DAY_AT - n * WEEK).date()}": 0 for n in range(1, 9)}


@pytest.mark.parametrize(("weeks", "history"), [(3, None), (4, 4)])
def test_half_of_the_weeks_must_be_known(session: None, weeks: int, history: int | None) -> None:
    rows.order(dispatched=DAY_AT - weeks * WEEK - DAY)
    came(DAY_AT, 30)
    city = jumps().get("city")
    assert (city and len(city.facts["history"])) == history


def test_the_page_says_what_it_was_held_against(session: None, sign_in: Any) -> None:
    history(EIGHT)
    came(DAY_AT, 20)
    jumps()
    db.session.commit()
    client: FlaskClient = sign_in("manager")
    page = client.get("/alarms?lang=en").text
    assert "The whole city · 2026-11-18" in page
    assert "20 orders; in the weeks before: 7, 10, 8, 9, 11, 9, 10, 8; more than 18.0 is no chance" in page


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=8), st.floats(0.5, 5))
def test_a_count_within_its_own_history_is_chance(counts: list[int], deviations: float) -> None:
    mean, limit = expected(counts, deviations)
    assert limit >= mean
    assert limit >= mean + deviations * mean**0.5 - 1e-6
    assert expected(counts, 2 * deviations)[1] >= limit
    assert max(counts) <= expected(counts, len(counts) ** 0.5)[1] + 1e-6  # no value lies further out than that
