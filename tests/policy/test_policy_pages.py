"""The page of the policy: every limit with its source, any version, for all staff and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient

from config.settings import HERE
from hotline.orders.names import Names
from hotline.orders.policy_pages import conditions
from hotline.people.roles import STAFF_ROLES
from hotline.policy.counting import Counting, TimeUnit
from hotline.policy.limits import Clock, Limit
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.policy.presets import read_policy_file
from hotline.policy.queries import policy, policy_at, policy_id_at
from hotline.policy.words import counting_source, counting_words

DECEMBER = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
SignIn = Callable[[str], FlaskClient]


def adopt(name: str, now: datetime) -> PolicyVersion:
    return adopt_policy(read_policy_file(HERE / "policies" / f"{name}.toml"), DECEMBER, now)


def text(page: str) -> str:
    """What a page says, its marks taken away."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def line(page: str, key: str) -> str:
    """What the row of a limit says."""
    found = re.search(rf'<tr id="{re.escape(key)}">(.*?)</tr>', page, re.DOTALL)
    assert found is not None, key
    return text(found[1])


@pytest.mark.parametrize("role", STAFF_ROLES)
def test_all_staff_read_it(sign_in: SignIn, role: str) -> None:
    answer = sign_in(role).get("/policy")
    assert answer.status_code == 200
    assert 'href="/policy"' in answer.text, "the rail leads to it"


def test_nobody_else_reads_it(client: FlaskClient) -> None:
    answer = client.get("/policy")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


def test_shows_every_limit_with_its_source(sign_in: SignIn, now: datetime) -> None:
    page = sign_in("agent").get("/policy").text
    in_force = policy_at(now)
    assert len(re.findall(r'<tr id="', page)) == len(in_force.limits)
    for limit in in_force.limits:
        said = line(page, limit.key)
        assert limit.basis_en in said
        assert limit.key in said.replace(", ", ",")
        assert "assumed: chosen" in said
    assert "Consultation 2 working days" in line(page, "handle[nature=consultation]")
    assert "All others 5 working days" in line(page, "handle")
    assert "All orders 270 calendar days" in line(page, "promise")


def test_says_the_rules_and_where_they_come_from(sign_in: SignIn) -> None:
    said = text(sign_in("agent").get("/policy").text)
    for words in (
        "working days The first day does not count. The last working day ends when work closes.",
        "Source: Civil Code (民法典), articles 201 and 203. found: official page",
        "Extensions of one order, at most 2",
        "Longest pause for a supplement or a procedure 30 working days",
        "Yellow card: due soon 1 working day before it is due · the unit is told found: press",
        "Red card: overdue as soon as it is overdue",
        "Urged on the working day after it was due",
        "Reported on working day 5 after it was due · the unit and the center are told found: copy",
        "no sooner than 4 hours after the last; none on days off, nor from 20:00 to 08:00",
        "Basically satisfied counts 100 %",
        "Dispatched without a person from a confidence of 80 %",
    ):
        assert words in said


def test_a_version_to_come_stands_beside_the_one_in_force(sign_in: SignIn, now: datetime) -> None:
    running, coming = policy_id_at(now), adopt("shanghai", now)
    browser = sign_in("handler")
    present, later = browser.get("/policy").text, browser.get(f"/policy?version={coming.id}").text
    assert f"Version {running} · from the beginning until" in text(present)
    assert f'href="/policy?version={coming.id}"' in present
    assert "Default policy in force" in text(present)
    assert "Shanghai not yet in force" in text(later)
    assert f"Version {coming.id} · from Tue 1 Dec 00:00" in text(later)
    assert "沪府办〔2018〕62号" in later
    said = line(later, "handle[nature=consultation]")
    assert "1 working day" in said
    assert "found: official page" in said
    assert "Shanghai: consultation, 1 working day" in said
    assert "from the policy" not in said
    assert "from the policy “default”" in line(later, "callback")


def test_one_version_offers_no_choice(sign_in: SignIn) -> None:
    assert 'class="versions"' not in sign_in("agent").get("/policy").text


def test_names_conditions_in_words(sign_in: SignIn, now: datetime) -> None:
    coming = adopt("beijing", now)
    page = sign_in("agent").get(f"/policy?version={coming.id}").text
    assert "Urgent · Public Utilities / Gas Supply / Gas Leaks and Hazards 2 hours" in line(
        page, "handle[urgency=urgent,category=050301]"
    )
    assert "Basically satisfied counts 90 %" in text(page)


def test_reads_in_chinese(sign_in: SignIn, now: datetime) -> None:
    coming = adopt("zhuhai-124", now)
    page = sign_in("agent").get(f"/policy?version={coming.id}&lang=zh").text
    said = line(page, "handle[nature=consultation,requester=enterprise]")
    assert "咨询 · 企业" in said
    assert "2个工作日" in said
    assert "官方公开页面" in said
    assert "珠海“124”：咨询 2 个工作日" in said


@pytest.mark.parametrize("asked", ["999999", "one", "-1", ""])
def test_a_version_there_is_not(sign_in: SignIn, asked: str) -> None:
    assert sign_in("agent").get(f"/policy?version={asked}").status_code == 404


def test_codes_without_a_name_are_shown_as_written(client: FlaskClient) -> None:
    limit = Limit(Clock.SIGN, 1, TimeUnit.WORKING_DAYS, "x", region="d99", nature="riddle", category="99")
    with client.application.test_request_context():
        assert conditions(limit, Names(), [limit]) == "d99 · riddle · 99"
        assert conditions(Limit(Clock.SIGN, 1, TimeUnit.WORKING_DAYS, "x", region="d01"), Names(), []) == "望江区"


def test_another_way_of_counting_is_said(client: FlaskClient) -> None:
    own = Counting(start_day_counts=True, closes_with_work=False, rolls=False)
    with client.application.test_request_context("/?lang=en"):
        words = counting_words(own)
        assert words[TimeUnit.WORKING_DAYS] == "The first day counts. The last working day ends at 24:00."
        assert words[TimeUnit.NATURAL_DAYS] == "The first day counts. The last day ends at 24:00."
        assert "in its own way" in counting_source(own)
        assert "in its own way" not in counting_source(policy(policy_id_at(datetime.now(UTC))).counting)
