"""Figures, without a database."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.report.figures import Cell, Figure, compared, percent, pooled, rounded

counts = st.integers(0, 10_000)
figures = st.builds(
    Figure,
    numerator=counts,
    denominator=counts,
    not_due=counts,
    excluded=counts,
    weighted=st.decimals(0, 10_000, places=2),
    weighted_excluded=st.decimals(0, 10_000, places=2),
)


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (16_365, 16_567, "98.78"),  # Binzhou, July 2021: calls answered
        (22_345, 24_932, "89.62"),  # Lianyungang, April 2017: on time of those due
        (23_974, 24_932, "96.16"),  # Lianyungang, April 2017: closed of those due
        (25_783, 29_186, "88.34"),  # Lianyungang, June 2019: closed of those due
        (24_165, 29_186, "82.80"),  # Lianyungang, June 2019: on time of those due
        (8_469, 10_316, "82.10"),  # Guiyang: satisfied
    ],
)
def test_published_rates_come_out(part: int, whole: int, shown: str) -> None:
    assert percent(Figure(part, whole, weighted=Decimal(part)).rate) == Decimal(shown)


def test_nothing_counted_has_no_rate() -> None:
    figure = Figure(not_due=3, excluded=0)
    assert figure.rate is None
    assert figure.raw_rate is None
    assert percent(None) is None


def test_the_raw_rate_counts_the_excluded_too() -> None:
    figure = Figure(9, 10, excluded=2, weighted=Decimal(9))
    assert figure.rate == Fraction(9, 10)
    assert figure.raw_rate == Fraction(9, 12)
    assert Figure(excluded=2).raw_rate == 0


def test_change_is_in_points_and_needs_both_weeks() -> None:
    this, last = Figure(9, 10, weighted=Decimal(9)), Figure(8, 10, weighted=Decimal(8))
    assert Cell(this, last, small=False).change == 10
    assert Cell(last, this, small=False).change == -10
    assert Cell(this, Figure(not_due=1), small=False).change is None
    assert Cell(Figure(), last, small=False).change is None


def test_small_below_the_minimum() -> None:
    assert compared(Figure(denominator=29), Figure(), 30).small
    assert not compared(Figure(denominator=30), Figure(), 30).small


@given(st.lists(figures, max_size=5))
def test_pooling_loses_nothing(parts: list[Figure]) -> None:
    whole = pooled(parts)
    assert whole.total == sum(part.total for part in parts)
    assert whole.weighted == sum(part.weighted for part in parts)
    assert whole.total == whole.denominator + whole.not_due + whole.excluded


@given(st.fractions(-1000, 1000))
def test_rounding_is_to_the_nearest_and_symmetric(value: Fraction) -> None:
    shown = rounded(value)
    assert abs(Fraction(shown) - value) <= Fraction(1, 200)
    assert rounded(-value) == -shown


def test_halves_round_away_from_zero() -> None:
    assert rounded(Fraction(1, 200)) == Decimal("0.01")
    assert rounded(Fraction(-1, 200)) == Decimal("-0.01")
