"""The parts of a ledger add up to its total, whatever its items are."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hotline.base.time import DAY
from hotline.ledgers.cadence import Cadence, period_of, periods_due
from hotline.ledgers.counting import Line, Standing, line_from, missing, standing, tally
from hotline.orders.lifecycle import ENDED_STATES, State

ZONE = ZoneInfo("Asia/Shanghai")
INSTANTS = some.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=some.just(UTC))
DAYS = some.dates(date(2026, 1, 1), date(2028, 12, 31))
LINES = some.builds(
    Line,
    position=some.integers(1, 500),
    matter=some.text(max_size=5),
    promise=some.text(max_size=5),
    external_id=some.text(max_size=5),
    number=some.none() | some.just("20261117000001"),
    state=some.none() | some.sampled_from(State),
    unit=some.none() | some.just("housing"),
    due_at=some.none() | INSTANTS,
    due_on=some.none() | DAYS,
    overdue=some.booleans(),
    struck_off_at=some.none() | INSTANTS,
    note=some.text(max_size=5),
)


@given(some.lists(LINES))
def test_the_parts_add_up_to_the_total_and_each_item_is_in_one(lines: list[Line]) -> None:
    counted = tally(lines)
    assert counted.total == sum(counted.parts.values()) == len(lines)
    assert list(counted.parts) == list(Standing)
    assert counted.struck_off == sum(line.struck_off_at is not None for line in lines)
    assert counted.parts[Standing.WAITING] == sum(line.state is None and not line.struck_off_at for line in lines)
    assert counted.struck_off + counted.left == counted.total
    assert counted.overdue == sum(line.overdue for line in lines)
    assert missing(counted.total, counted.parts.values()) == 0


@given(some.lists(LINES, min_size=1))
def test_the_rate_is_the_part_struck_off(lines: list[Line]) -> None:
    counted = tally(lines)
    assert counted.rate == Fraction(counted.struck_off, len(lines))
    assert tally([]).rate is None


@given(LINES)
def test_a_line_is_kept_as_it_was(line: Line) -> None:
    assert line_from(line.as_json()) == line


def test_every_state_of_an_order_stands_somewhere() -> None:
    for state in State:
        expected = Standing.ENDED if state in ENDED_STATES else Standing.IN_WORK
        assert standing(state, struck_off=False) is expected
        assert standing(state, struck_off=True) is Standing.STRUCK_OFF
    assert standing(None, struck_off=False) is Standing.WAITING


def test_published_parts_are_held_against_their_total() -> None:
    assert missing(158, (49, 108)) == 1  # published in Binzhou in 2023: 158 matters, of them 49 done and 108 under way
    assert missing(158, (49, 109)) == 0
    assert missing(156, (49, 108)) == -1


@given(some.sampled_from([one for one in Cadence if one is not Cadence.NONE]), DAYS)
def test_every_day_lies_in_one_period_and_periods_follow_one_another(cadence: Cadence, day: date) -> None:
    period = period_of(cadence, day, ZONE)
    assert period.first <= day <= period.last
    assert period_of(cadence, period.first, ZONE) == period_of(cadence, period.last, ZONE) == period
    assert period_of(cadence, period.last + DAY, ZONE).first == period.last + DAY


@pytest.mark.parametrize(
    ("cadence", "day", "first", "last"),
    [
        (Cadence.WEEKLY, date(2026, 11, 17), date(2026, 11, 16), date(2026, 11, 22)),
        (Cadence.HALF_MONTHLY, date(2026, 11, 15), date(2026, 11, 1), date(2026, 11, 15)),
        (Cadence.HALF_MONTHLY, date(2028, 2, 16), date(2028, 2, 16), date(2028, 2, 29)),
        (Cadence.MONTHLY, date(2026, 12, 31), date(2026, 12, 1), date(2026, 12, 31)),
        (Cadence.QUARTERLY, date(2026, 5, 5), date(2026, 4, 1), date(2026, 6, 30)),
        (Cadence.QUARTERLY, date(2026, 12, 1), date(2026, 10, 1), date(2026, 12, 31)),
    ],
)
def test_periods(cadence: Cadence, day: date, first: date, last: date) -> None:
    period = period_of(cadence, day, ZONE)
    assert (period.first, period.last, period.zone) == (first, last, ZONE)


def test_a_period_is_due_once_its_last_day_is_over_in_the_city() -> None:
    over = datetime(2026, 11, 15, 16, tzinfo=UTC)  # midnight in the city
    due = [period.last.day for period in periods_due(Cadence.HALF_MONTHLY, date(2026, 10, 20), over, ZONE)]
    assert due == [31, 15]
    before = list(periods_due(Cadence.HALF_MONTHLY, date(2026, 10, 20), over - datetime.resolution, ZONE))
    assert [period.last.day for period in before] == [31]
    assert list(periods_due(Cadence.NONE, date(2026, 10, 20), over, ZONE)) == []
