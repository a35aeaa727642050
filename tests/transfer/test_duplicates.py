"""What makes two texts one matter: the place first, then what they share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hotline.transfer.duplicates import SAME_MATTER, Matter, Place, likeness, matter, rarity, shared_words
from hotline.transfer.place import Mention
from hotline.transfer.place_names import PlaceNames, named, place_names

PIECES = (
    "锦绣花园",
    "阳光小区",
    "和平路",
    "长江大道",
    "第三小学",
    "停水三天了",
    "半夜施工",
    "没有人管",
    "路灯不亮",
    "，",
    "3栋",
)
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
MATTERS = st.builds(
    matter,
    TEXTS,
    TEXTS,
    st.sampled_from(("", "锦绣花园3栋", "和平路12号")),
    district=st.sampled_from((None, "d01", "d02")),
    category=st.sampled_from((None, "050101", "060101")),
    caller=st.sampled_from(("", "13900000001", "13900000002")),
)


@given(MATTERS, MATTERS)
def test_likeness_has_no_direction_and_stays_between_0_and_1(one: Matter, other: Matter) -> None:
    weights = rarity([one, other])
    there, back = likeness(one, other, weights), likeness(other, one, weights)
    assert (there.score, there.place, there.shared) == (back.score, back.place, back.shared)
    assert 0 <= there.score <= 1


@given(MATTERS)
def test_a_text_is_wholly_like_itself(one: Matter) -> None:
    assert likeness(one, one).score == likeness(one, one, rarity([one])).score == 1


@given(MATTERS, MATTERS)
def test_another_place_wins_over_everything(one: Matter, other: Matter) -> None:
    elsewhere = replace(one, district="d09", caller="13900000009", category="050101")
    same_words = replace(elsewhere, district="d08")
    assert likeness(elsewhere, same_words).score == 0
    like = likeness(one, other)
    assert (like.place is Place.OTHER) <= (like.score == 0)


@given(MATTERS, MATTERS)
def test_the_same_citizen_or_category_never_speaks_against_it(one: Matter, other: Matter) -> None:
    assume(one.caller != other.caller or not one.caller)
    apart = likeness(one, other)
    assert likeness(replace(one, caller="1"), replace(other, caller="1")).score >= apart.score
    assert likeness(replace(one, category="x"), replace(other, category="x")).score >= apart.score


SAID = "小区门口的搅拌站夜里不停工，噪音很大，灰尘满天飞，老人孩子都睡不好，请有关部门来管一管。"


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ("锦绣花园" + SAID, "在锦绣花园住，" + SAID, Place.SAME),
        ("丽景新城小区" + SAID, "丽景新城旁边" + SAID, Place.SAME),  # told by its form in one of them only
        ("锦绣花园3栋" + SAID, "锦绣花园18栋" + SAID, Place.SAME),  # a building is no place of its own
        ("锦绣花园" + SAID, "阳光家园" + SAID, Place.OTHER),
        ("和平路上" + SAID, "长江大道上" + SAID, Place.OTHER),
        ("和平路锦绣花园" + SAID, "和平路阳光家园" + SAID, Place.OTHER),  # one road, two estates
        ("805路公交车" + SAID, "806路公交车" + SAID, Place.OTHER),
        ("锦绣花园" + SAID, SAID, Place.UNKNOWN),
        ("锦绣花园" + SAID, "和平路上" + SAID, Place.UNKNOWN),  # an estate may lie on a road
    ],
)
def test_places(one: str, other: str, place: Place) -> None:
    like = likeness(matter("扰民", one), matter("扰民", other))
    assert like.place is place
    assert (like.score == 0) == (place is Place.OTHER)


def test_where_no_place_is_given_only_nearly_the_same_words_are_enough() -> None:
    told = matter("搅拌站扰民", SAID)
    again = matter("搅拌站扰民", SAID.replace("老人孩子", "全家人"))
    alike = matter("装修扰民", "楼上每天装修到很晚，噪音很大，灰尘也不清理，物业说管不了，希望能规定一个时间。")
    weights = rarity([told, again, alike])
    assert likeness(told, again, weights).score >= SAME_MATTER > likeness(told, alike, weights).score
    here = PlaceNames(frozenset({"锦绣花园"}))
    placed = likeness(replace(told, names=here), replace(alike, names=here), weights)
    assert placed.score >= SAME_MATTER


def test_what_everybody_says_counts_less() -> None:
    one, other = matter("", "噪音扰民，搅拌站"), matter("", "噪音扰民，烧烤摊")
    crowd = [matter("", f"噪音扰民，{what}") for what in ("广场舞", "卡拉店", "装修队", "发电机", "鸣笛声")]
    assert likeness(one, other, rarity([one, other, *crowd])).score < likeness(one, other).score
    rare = matter("", "搅拌站的灰尘")
    weights = rarity([one, other, rare, *crowd])
    assert shared_words(one, rare, weights) == ("搅拌站",)


@pytest.mark.parametrize(
    ("text", "spots", "ways"),
    [
        ("我是望江区锦绣花园的业主", {"锦绣花园"}, set()),
        ("位于和平路与中山大道交叉口", set(), {"和平路", "中山大道"}),
        ("搭乘107国道边的18路公交", set(), {"107路", "18路"}),
        ("购买长江新城小区的房子", {"长江新城"}, set()),
        ("导致小区居民、附近学校和农贸市场受影响", set(), set()),
        ("小区门口的路灯坏了，走路看不见", set(), set()),
        ("补偿款说是先交给村里再发", set(), set()),
    ],
)
def test_names_by_their_form(text: str, spots: set[str], ways: set[str]) -> None:
    found = place_names(text)
    assert (found.spots, found.ways) == (spots, ways)


def test_an_estate_is_not_the_road_of_its_name() -> None:
    estate, road = matter("", "望江小区停水，三天没有水"), matter("", "望江路停水，三天没有水")
    assert likeness(estate, road).place is not Place.SAME


def test_areas_of_a_gazetteer_are_no_places() -> None:
    kinds = {"望江": "estate", "望江区": "district", "柳河镇": "street", "瓦窑里小区": "estate", "和平路": "road"}
    known = named(Mention(name, name, kind, (), "") for name, kind in kinds.items())
    areas = frozenset({"望江区", "柳河镇"})
    assert known == PlaceNames(frozenset({"瓦窑里"}), frozenset({"和平路"}), areas)
