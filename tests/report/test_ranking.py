"""Ranks, and the red and black lists."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.report.ranking.order import lists, places


def listed(points: dict[str, int], most: int) -> tuple[str, str]:
    found = lists(places([(unit, Fraction(n)) for unit, n in points.items()]), most)
    return "".join(place.unit for place in found.red), "".join(place.unit for place in found.black)


def test_equal_points_share_a_rank() -> None:
    found = places([(unit, Fraction(n)) for unit, n in {"a": 5, "b": 9, "c": 5, "d": 1}.items()])
    assert [(place.unit, place.rank) for place in found] == [("b", 1), ("a", 2), ("c", 2), ("d", 4)]


@pytest.mark.parametrize(
    ("points", "most", "expected"),
    [
        ({"a": 9, "b": 8, "c": 7, "d": 6, "e": 5}, 2, ("ab", "ed")),
        ({"a": 9, "b": 8, "c": 7, "d": 6, "e": 5}, 5, ("ab", "ed")),  # at most half the group
        ({"a": 9, "b": 8, "c": 7}, 5, ("a", "c")),
        ({"a": 9}, 5, ("", "")),  # nobody to be compared with
        ({}, 5, ("", "")),
        ({"a": 9, "b": 8}, 0, ("", "")),
        ({"a": 9, "b": 9, "c": 5, "d": 4}, 1, ("ab", "d")),  # both have the most
        ({"a": 9, "b": 5, "c": 5, "d": 1}, 2, ("a", "d")),  # the middle would be on both
        ({"a": 5, "b": 5, "c": 5, "d": 5}, 2, ("", "")),
        ({"a": 9, "b": 9, "c": 9, "d": 1}, 2, ("", "d")),
    ],
)
def test_red_and_black(points: dict[str, int], most: int, expected: tuple[str, str]) -> None:
    assert listed(points, most) == expected


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 6), max_size=12), st.integers(0, 6))
def test_nobody_is_on_both_and_every_red_one_is_better_than_every_black_one(points: dict[str, int], most: int) -> None:
    found = lists(places([(unit, Fraction(n)) for unit, n in points.items()]), most)
    red, black = [place.points for place in found.red], [place.points for place in found.black]
    assert not {place.unit for place in found.red} & {place.unit for place in found.black}
    assert not red or not black or min(red) > max(black)
    left = [
        Fraction(n) for unit, n in points.items() if unit not in {place.unit for place in (*found.red, *found.black)}
    ]
    assert not red or all(one <= min(red) for one in left)
    assert not black or all(one >= max(black) for one in left)
    assert red == sorted(red, reverse=True)
    assert black == sorted(black)
