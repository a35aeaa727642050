"""Asterisk's queue_log: lines become calls, whatever their order and wherever a file was cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.calls.queue_log import IGNORED, READERS, parse
from hotline.calls.records import CallOutcome, CallRecord

BASE = 1772414100
BEGIN = datetime.fromtimestamp(BASE, UTC)


def line(after: int, event: str, *data: object, call: str = "c1", queue: str = "12345", agent: str = "NONE") -> str:
    return "|".join([str(BASE + after), call, queue, agent, event, *map(str, data)])


def only(lines: list[str]) -> CallRecord:
    parsed = parse(lines)
    assert parsed.problems == []
    (record,) = parsed.records
    return record


ANSWERED = [
    line(0, "ENTERQUEUE", "", "13800000000", 1),
    line(5, "RINGNOANSWER", 5000, agent="PJSIP/800"),
    line(12, "CONNECT", 12, "x.1", 4, agent="PJSIP/801"),
    line(200, "COMPLETECALLER", 12, 188, 1, agent="PJSIP/801"),
]


def test_a_call_that_is_answered() -> None:
    assert only(ANSWERED) == CallRecord(
        "c1",
        "12345",
        CallOutcome.ANSWERED,
        BEGIN,
        BEGIN + timedelta(seconds=12),
        BEGIN + timedelta(seconds=200),
        phone="13800000000",
        agent="PJSIP/801",
    )
    assert only(ANSWERED).wait == 12


def test_the_order_of_lines_does_not_matter() -> None:
    for lines in permutations(ANSWERED):
        assert only(list(lines)) == only(ANSWERED)


@pytest.mark.parametrize(
    ("event", "data", "outcome"),
    [
        ("ABANDON", (1, 1, 40), CallOutcome.ABANDONED),
        ("EXITWITHKEY", ("0", 1, 1, 40), CallOutcome.ABANDONED),
        ("EXITWITHTIMEOUT", (1, 1, 40), CallOutcome.TIMEOUT),
        ("EXITEMPTY", (1, 1, 40), CallOutcome.TIMEOUT),
    ],
)
def test_a_call_that_is_not_answered(event: str, data: tuple[object, ...], outcome: CallOutcome) -> None:
    whole = only([ANSWERED[0], line(40, event, *data)])
    assert (whole.outcome, whole.wait, whole.answered_at) == (outcome, 40, None)
    without_beginning = only([line(40, event, *data)])
    assert (without_beginning.queued_at, without_beginning.wait) == (BEGIN, 40)


@pytest.mark.parametrize(
    ("event", "data"),
    [
        ("COMPLETEAGENT", (12, 188, 1)),
        ("TRANSFER", ("800", "internal", 12, 188, 1)),
        ("BLINDTRANSFER", ("800", "internal", 12, 188, 1)),
        ("ATTENDEDTRANSFER", ("BRIDGE", "b-1", 12, 188, 1)),
        ("ATTENDEDTRANSFER", ("LINK", "chan-1", "chan-2", 12, 188, 1)),
    ],
)
def test_the_end_of_a_talk_alone_tells_the_whole_call(event: str, data: tuple[object, ...]) -> None:
    record = only([line(200, event, *data, agent="801")])
    assert (record.outcome, record.queued_at, record.wait, record.agent) == (CallOutcome.ANSWERED, BEGIN, 12, "801")


def test_reported_instants_replace_reckoned_ones() -> None:
    """Lengths are whole seconds: reckoned instants may be one off."""
    record = only([*ANSWERED[:3], line(200, "COMPLETECALLER", 11, 187, 1, agent="PJSIP/801")])
    assert (record.queued_at, record.answered_at) == (BEGIN, BEGIN + timedelta(seconds=12))


def test_calls_still_going_on() -> None:
    assert only(ANSWERED[:2]).outcome is CallOutcome.QUEUED
    assert only(ANSWERED[:3]).outcome is CallOutcome.TALKING


def test_a_call_cut_by_the_end_of_a_file_is_one_call() -> None:
    for cut in range(1, len(ANSWERED)):
        first, second = ANSWERED[:cut], ANSWERED[cut:]
        assert only([*first, *second]) == only([*second, *first])


def test_a_call_that_moves_to_a_second_queue_is_one_call() -> None:
    record = only(
        [
            line(0, "ENTERQUEUE", "", "13800000000", 1),
            line(60, "EXITWITHTIMEOUT", 1, 1, 60),
            line(60, "ENTERQUEUE", "", "13800000000", 1, queue="overflow"),
            line(70, "CONNECT", 10, "x.1", 4, queue="overflow", agent="801"),
            line(90, "COMPLETEAGENT", 10, 20, 1, queue="overflow", agent="801"),
        ]
    )
    assert (record.outcome, record.queue, record.queued_at, record.wait) == (
        CallOutcome.ANSWERED,
        "overflow",
        BEGIN,
        70,
    )


def test_what_cannot_be_used_is_reported_with_its_line_and_the_rest_is_read() -> None:
    parsed = parse(
        [
            "nonsense",
            "",
            line(0, "QUEUESTART", call="NONE", queue="NONE"),
            line(0, "NEWTHING"),
            "yesterday|c1|12345|NONE|ENTERQUEUE||138|1",
            line(0, "ENTERQUEUE", call="NONE"),
            line(0, "ENTERQUEUE", call="x" * 101),
            line(9, "CONNECT", "soon", "x.1", 4),
            line(9, "COMPLETEAGENT"),
            *ANSWERED,
        ]
    )
    assert [problem.line for problem in parsed.problems] == [1, 4, 5, 6, 7, 8, 9]
    assert all(problem.reason for problem in parsed.problems)
    assert [record.call_id for record in parsed.records] == ["c1"]


def test_unknown_callers_and_empty_fields_at_the_end() -> None:
    assert only([line(0, "ENTERQUEUE", "", "Unknown", 1)]).phone == ""
    assert only([line(40, "ABANDON", 1, 1, 40, "", "")]).wait == 40


EVENTS = st.sampled_from([*sorted(READERS), *sorted(IGNORED)[:3], "NEWTHING"])
NUMBERS = st.one_of(st.integers(-5, 10**20).map(str), st.text(max_size=8))
LINES = st.one_of(
    st.text(),
    st.builds(
        lambda at, call, event, data: "|".join([at, call, "q", "a", event, *data]),
        st.one_of(st.integers(10**8, 10**10 - 1).map(str), NUMBERS),
        st.sampled_from(["c1", "c2", "", "NONE"]),
        EVENTS,
        st.lists(NUMBERS, max_size=6),
    ),
)


@given(st.lists(LINES, max_size=12))
def test_no_line_makes_it_fail(lines: list[str]) -> None:
    parsed = parse(lines)
    assert len({record.call_id for record in parsed.records}) == len(parsed.records)
    for record in parsed.records:
        picked_up = record.outcome in {CallOutcome.ANSWERED, CallOutcome.TALKING}
        assert (record.answered_at is not None) == picked_up
        assert record.wait >= 0
        assert all(char.isprintable() for char in record.call_id + record.phone + record.agent)


GOOD = st.lists(
    st.builds(
        lambda after, kind: line(
            after, kind, *{"ENTERQUEUE": ("", "138", 1), "CONNECT": (3, "x", 1)}.get(kind, (3, 4, 1))
        ),
        st.integers(10, 99),
        st.sampled_from(["ENTERQUEUE", "CONNECT", "COMPLETEAGENT", "ABANDON"]),
    ),
    min_size=1,
    max_size=6,
    unique=True,
)


@given(GOOD, st.randoms(use_true_random=False))
def test_shuffled_lines_give_the_same_instants(lines: list[str], random: object) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = only(lines), only(shuffled)
    assert (first.outcome, first.queued_at, first.answered_at) == (second.outcome, second.queued_at, second.answered_at)
