"""Published tables against their own numbers. The tables are those of hotlines' monthly reports and press conferences."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from hotline.report.figures import percent
from hotline.report.published.commands import report_command
from hotline.report.published.document import read_table
from hotline.report.published.reconcile import Count, Range, Reconciliation, Term, denominators, digits_of, reconcile

LIANYUNGANG_2017_04 = """
title = "连云港 2017-04"
[counts]
received = 26898
due = 24932
closed = 23974
on_time = 22345
[rates]
closed = "96.16"
on_time = "89.62"
"""

LIANYUNGANG_2019_06 = """
title = "连云港 2019-06"
[counts]
received = 63458
new = 55978
carried_over = 5844
due = 29186
closed = 25783
on_time = 24165
[rates]
closed = "88.34"
on_time = "82.80"
"""

GUIYANG = """
title = "贵阳融媒问政 2019-12 至 2020-12"
[counts]
dispatched = 12934
closed = 10316
satisfied = 8469
[rates]
closed = "90.4"
satisfied = "82.1"
"""

BINZHOU_CALLS = """
title = "滨州 2021-07"
[counts]
calls = 16567
answered = 16365
[rates]
answered = "98.78"
[[changes]]
of = "calls"
days = 5
before = "2135.36"
printed = "55.17"
"""

BINZHOU_PROJECTS = """
title = "滨州民生实事 2023"
[[sums]]
label = "民生实事"
total = 158
parts = { "已完成" = 49, "高效推进" = 108 }
"""

JINAN = """
title = "济南 2024 第 28 周"
[counts]
received = 71184
direct = 37527
dispatched = 33657
[rates]
direct = "52.7"
dispatched = "47.3"
[[sums]]
label = "诉求性质"
total = "received"
parts = { "咨询" = 33523, "求助" = 21570, "建议" = 10497, "投诉举报" = 3783, "感谢" = 228, "其他" = 1583 }
shares = { "咨询" = "47.1", "求助" = "30.3" }
"""

YICHUN = """
title = "宜春 2023-05"
[counts]
received = 38447
direct = 20334
dispatched = 18113
[[sums]]
label = "转派去向"
total = "dispatched"
parts = { "县市区" = 15390, "市直单位" = 2013, "流转中" = 710 }
shares = { "县市区" = "84.97", "市直单位" = "11.11" }
"""

# The count of 咨询 is not printed: it is the one the printed 63.72 % gives of the types' sum.
TANGSHAN = """
title = "唐山 2024-11"
[counts]
received = 284406
[[sums]]
label = "诉求类型"
total = "received"
parts = { "咨询" = 124593, "其他类型" = 70939 }
shares = { "咨询" = "63.72" }
"""


def of(text: str) -> Reconciliation:
    return reconcile(read_table(text))


def rates(found: Reconciliation) -> dict[tuple[str, str], str]:
    return {(str(rate.part.name), str(rate.whole.name)): str(percent(rate.share)) for rate in found.rates}


def run(path: Path, text: str, *options: str) -> Result:
    file = path / "table.toml"
    file.write_text(text, encoding="utf-8")
    return CliRunner().invoke(report_command, ["reconcile", str(file), *options], catch_exceptions=False)


@pytest.mark.parametrize("text", [LIANYUNGANG_2017_04, BINZHOU_CALLS, JINAN, YICHUN])
def test_tables_that_fit(text: str, tmp_path: Path) -> None:
    found = of(text)
    assert found.failures == 0
    assert found.printed
    assert all(one.holds for one in (*found.identities, *found.printed, *found.table.changes))
    assert run(tmp_path, text).exit_code == 0


def test_both_rates_are_divided_by_what_was_due() -> None:
    found = of(LIANYUNGANG_2017_04)
    assert rates(found)["closed", "due"] == "96.16"
    assert rates(found)["on_time", "due"] == "89.62"
    assert [one.explained_by for one in found.printed] == [(Term(Count.DUE, 24932),)] * 2


def test_the_sum_with_what_was_carried_over_fails(tmp_path: Path) -> None:
    found = of(LIANYUNGANG_2019_06)
    assert (rates(found)["closed", "due"], rates(found)["on_time", "due"]) == ("88.34", "82.80")
    assert all(one.holds for one in found.printed)
    (wrong,) = (one for one in found.identities if not one.holds)
    assert [part.value for part in wrong.parts] == [55978, 5844]
    assert (wrong.total, wrong.difference) == (Term(Count.RECEIVED, 63458), -1636)
    said = run(tmp_path, LIANYUNGANG_2019_06)
    assert said.exit_code == 1
    assert "✗ New in the period 55,978 + Carried over 5,844 ≠ Orders received 63,458: difference -1,636" in said.output


def test_a_printed_rate_that_needs_another_denominator(tmp_path: Path) -> None:
    found = of(GUIYANG)
    closed, satisfied = found.printed
    assert rates(found)["closed", "dispatched"] == "79.76"
    assert not closed.holds
    assert closed.needs == Range(11406, 11417)
    assert closed.explained_by == ()
    assert satisfied.holds
    assert satisfied.explained_by == (Term(Count.CLOSED, 10316),)
    said = run(tmp_path, GUIYANG)
    assert said.exit_code == 1
    assert "from 11,406 to 11,417, that is Orders dispatched 12,934 less 1,517 to 1,528" in said.output


def test_a_count_in_the_range_explains_the_rate() -> None:
    found = of(GUIYANG.replace("[counts]", "[counts]\ndirect = 11410\nreceived = 24344"))
    assert not found.printed[0].holds
    assert found.printed[0].explained_by == (Term(Count.DIRECT, 11410),)


def test_a_status_sum_that_is_not_the_total(tmp_path: Path) -> None:
    (wrong,) = of(BINZHOU_PROJECTS).identities
    assert (wrong.difference, wrong.holds) == (-1, False)
    assert run(tmp_path, BINZHOU_PROJECTS).exit_code == 1


def test_a_share_of_another_total_than_the_printed_one(tmp_path: Path) -> None:
    found = of(TANGSHAN)
    (types,), (share,) = found.identities, found.printed
    assert types.difference == 195532 - 284406
    assert not share.holds
    assert [term.value for term in share.explained_by] == [195532]
    said = run(tmp_path, TANGSHAN)
    assert said.exit_code == 1
    assert "✗ 63.72 %  咨询 124,593 / Σ 诉求类型 195,532: not divided by Orders received 284,406" in said.output


def test_parts_that_exceed_their_whole_and_finer_sums() -> None:
    found = of("""
        [counts]
        received = 100
        direct = 60
        dispatched = 30
        due = 20
        closed = 21
        [[sums]]
        label = "去向"
        total = "received"
        parts = { "直接答复" = "direct", "转办" = "dispatched", "不予受理" = 10 }
    """)
    (wrong,) = (one for one in found.identities if not one.holds)
    assert (wrong.total, wrong.parts, wrong.difference) == (Term(Count.DUE, 20), (Term(Count.CLOSED, 21),), 1)


def test_the_law_of_the_buckets() -> None:
    counts = "[counts]\ndispatched = 100\nnot_due = 10\nexcluded = 5\ndue = 85\non_time = 70\nlate = 9\noverdue = 6\n"
    assert of(counts).failures == 0
    assert len(of(counts).identities) == 2
    assert of(counts.replace("overdue = 6", "overdue = 5")).failures == 1


def test_growth_that_does_not_follow() -> None:
    assert of(BINZHOU_CALLS.replace('"55.17"', '"55.18"')).failures == 1
    shrunk = of('[counts]\ncalls = 50\n[[changes]]\nof = "calls"\nbefore = "80"\nprinted = "-37.5"\n')
    assert shrunk.failures == 0


def test_as_json(tmp_path: Path) -> None:
    said: dict[str, Any] = json.loads(run(tmp_path, GUIYANG, "--json").output)
    assert (said["consistent"], said["failures"]) == (False, 1)
    assert said["printed"][0]["denominators"] == {"first": 11406, "last": 11417}
    assert said["printed"][1]["explained_by"] == [{"name": "closed", "label": "Orders closed", "value": 10316}]
    assert said["rates"][0]["percent"] == "79.76"


BAD = [
    ("counts = 5", "counts: is not a table"),
    ("[counts", "file: is not TOML"),
    ("[[sums]]\ntotal = 1\nparts = { 电话 = 1 }", "file: is not TOML"),
    ("", "counts: is missing"),
    ("[counts]\nopen = 3", "counts.open: is no count"),
    ("[counts]\nclosed = 3.5", "counts.closed: 3.5 is not a whole number"),
    ("[counts]\nclosed = -1", "counts.closed: -1 is not a whole number"),
    ("[counts]\nclosed = 3\n[rates]\nclosed = '96'", "rates.closed: lacks a denominator; add due or dispatched"),
    ("[counts]\ndue = 3\n[rates]\nclosed = '96'", "rates.closed: lacks its numerator"),
    ("[counts]\ndue = 3\nclosed = 3\n[rates]\nclosed = 96.5", "rates.closed: 96.5 is not a printed number; write it in quotes"),
    ("[counts]\ndue = 3\n[rates]\ndue = '9'", "rates.due: no rate is formed of it"),
    ("[[sums]]\nparts = { a = 1 }", "sums.1.total: is missing"),
    ("[[sums]]\ntotal = 3", "sums.1.parts: is missing"),
    ("[[sums]]\ntotal = 'due'\nparts = { a = 1 }", "sums.1.total: names due, which is not in [counts]"),
    ("[[sums]]\ntotal = 1\nparts = { a = 1 }\nshares = { b = '100' }", "sums.1.shares.b: is not one of the parts"),
    ("[counts]\ncalls = 3\n[[changes]]\nof = 'calls'\nbefore = '0'\nprinted = '1'", "changes.1.before: is 0"),
    ("[counts]\ncalls = 3\n[[changes]]\nof = 'calls'\nprinted = '1'", "changes.1.before: is missing"),
    ("note = 1\n[counts]\ncalls = 3", "file.note: is not known here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_bad_file_names_the_field_and_the_mend(text: str, message: str, tmp_path: Path) -> None:
    said = run(tmp_path, text)
    assert said.exit_code == 2
    assert message in said.output


# Rates as printed, from 0 to 150 %, with up to two digits.
PRINTED = st.integers(0, 2).flatmap(
    lambda digits: st.integers(0, 150 * 10**digits).map(lambda n: str(Decimal(n).scaleb(-digits)))
)
MOST = 1_500


@given(numerator=st.integers(0, 600), denominator=st.integers(1, MOST), digits=st.integers(0, 2), other=PRINTED)
def test_the_range_is_every_denominator_that_prints_the_rate(
    numerator: int, denominator: int, digits: int, other: str
) -> None:
    for printed in (str(percent(Fraction(numerator, denominator), digits)), other):
        found = denominators(numerator, printed)
        expected = {d for d in range(1, MOST) if str(percent(Fraction(numerator, d), digits_of(printed))) == printed}
        assert {d for d in range(1, MOST) if d in found} == expected
    assert denominator in denominators(numerator, str(percent(Fraction(numerator, denominator), digits)))


def test_a_range_without_end_and_an_empty_one() -> None:
    assert denominators(3, "0.0") == Range(6001, None)
    assert denominators(0, "0") == Range(1, None)
    assert denominators(0, "5").empty
    assert denominators(1, "150").empty


def test_in_chinese(tmp_path: Path) -> None:
    assert "Orders dispatched" in run(tmp_path, GUIYANG).output
    assert "已派工单 12,934" in run(tmp_path, GUIYANG, "--lang", "zh").output


def test_what_else_is_said_of_a_wrong_rate(tmp_path: Path) -> None:
    said = run(tmp_path, GUIYANG.replace('"90.4"', '"70.0"')).output
    assert "from 14,727 to 14,747, that is Orders dispatched 12,934 and 1,793 to 1,813 more" in said
    assert "at least 2,063,201" in run(tmp_path, GUIYANG.replace('"90.4"', '"0"')).output
    few = "[counts]\ndue = 3\nclosed = 1\n[rates]\nclosed = '90'\n"
    assert "no denominator gives this rate" in run(tmp_path, few).output


def test_the_documented_file_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "reconcile.md").read_text(encoding="utf-8")
    found = of(page.partition("```toml\n")[2].partition("```")[0])
    assert [one.holds for one in (*found.printed, *found.table.changes)] == [True] * 4
