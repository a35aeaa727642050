"""Names of places by their form (…小区, …路, …学校), whether or not the gazetteer has them. Pure.

No gazetteer has every estate, school and village people speak of; but what a place is called mostly says what kind
of place it is. Numbers of buildings are no names: two houses of one estate are one place here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hotline.transfer.place import Mention

# A spot is one place: an estate, a school, a village. A way is long, and passes many spots.
SPOT_ENDS = (
    *("花园", "家园", "嘉园", "佳园", "雅园", "庄园", "公寓", "新村", "新城", "国际城", "名城", "之城", "华府", "学府"),
    *("公馆", "山庄", "帝景", "名都", "豪庭", "华庭", "雅居", "湾畔", "广场", "大厦", "商城", "学校", "小学", "中学"),
    *("幼儿园", "大学", "学院", "医院", "公园", "市场", "体育场", "体育馆", "汽车站", "火车站", "产业园", "科技园"),
    *("工业园", "时代", "世家", "御府", "悦府", "名府", "首府", "尚城", "华城", "小区", "社区", "苑", "郡", "村"),
)
WAY_ENDS = ("大道", "高速", "路", "街", "巷")
# What no name holds: words that stand before one (我是, 位于, 购买 …), and the ends of greater places.
_OUTSIDE = "的了在是于我你他您们这那个住位从至往向对将被把让由及与或且但也都就还又请问有无没不要给去来说到距离靠近隔壁购买诉报映求省市区县镇乡为什么"
_STEM = re.compile(rf"[^\W\d_a-zA-Z{_OUTSIDE}]{{2,}}\Z")
_SPOT = re.compile(rf"({'|'.join(SPOT_ENDS)})(?![区民委])")
_WAY = re.compile(rf"({'|'.join(WAY_ENDS)})(?![道灯面程线段人由费况坊])")
_LINE = re.compile(r"(?<!\d)(\d{2,4})(?=路)|[国省]道([GS]?\d{3})|[GS]?(\d{3})[国省]道")
_BEFORE = re.compile(
    r".*[路街巷道号栋期]|.*[和走](?=..)"
)  # of a stem: another name, or a word, that stands before this one
# A stem that says what kind of place it is, or where from here, and not which.
_VAGUE = re.compile(
    r"附近|周边|旁|整|全部|本|某|各|该|多|老旧|农贸|农产|菜|地产|公共|人行|开发|中心|公立|民办|私立|人民|业主|居民|住宅|商品"
    r"|我们|门口|建|楼|几|高档|很|所有|家长|孩子|培训|公办|导致|影响|造成|破坏|占用|维护|投诉|生活|目前|大型|安置"
    r"|配套|因|严重|违|实验$|政府|快速|公交|断头|水泥|一条|两|城中|普惠|物业|治安|封闭|回复|附属|线路|以"
    r"|[今去明前]年|娘家|婆家|外村|一名|进行|未经|发现|作为|进入|步入|走进|形成|变成|堵塞|引导|加快|开通|统一|迁入|后续|督办|管理|自己"
)
_KIND = re.compile(r"(?<=..)(职业|技术|职业技术|实验|国际)$")  # of a stem: goes with the kind of place
LONGEST = 8  # characters before the end of a name
SHORTEST = 2  # characters: 望江 may be a district, a river or an estate
ALONE = ("estate", "landmark", "road")  # kinds of the gazetteer that are a place by themselves
_KEPT = 3  # the last characters of a stem; what stands before may be no part of the name


@dataclass(frozen=True, slots=True)
class PlaceNames:
    """The places a text names, each short: 长房云时代 and 购买长房云时代 are one. areas: what they lie in, as written."""

    spots: frozenset[str] = frozenset()
    ways: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


def place_names(*texts: str) -> PlaceNames:
    """The names in some texts."""
    joined = "\n".join(texts)
    spots = {_short(stem, "" if end in {"小区", "社区"} else end) for stem, end in _ending(_SPOT, joined)}
    ways = {_short(stem, end) for stem, end in _ending(_WAY, joined)}
    lines = {next(filter(None, found)) + "路" for found in _LINE.findall(joined)}
    return PlaceNames(frozenset(spots - {""}), frozenset((ways | lines) - {""}))


def _ending(ends: re.Pattern[str], text: str) -> Iterable[tuple[str, str]]:
    """What stands before each end of a name, back to the name before it."""
    last = 0
    for end in ends.finditer(text):
        if stem := _STEM.search(text, max(last, end.start() - LONGEST), end.start()):
            yield stem[0], end[0]
            last = end.end()


def _short(stem: str, end: str) -> str:
    """A name without what stands before it; empty where it names nothing."""
    stem = _KIND.sub("", _BEFORE.sub("", stem))
    return stem[-_KEPT:] + end if len(stem) > 1 and not _VAGUE.search(stem) else ""


def named(mentions: Iterable[Mention]) -> PlaceNames:
    """Places a gazetteer has found, as those found by their form; districts and streets (街道) are areas."""
    mentions = tuple(mentions)
    short = {(one.kind, one.name.removesuffix("小区").removesuffix("社区")) for one in mentions}
    names = {kind: {name for of, name in short if of == kind and len(name) > SHORTEST} for kind in ALONE}
    areas = frozenset(one.written for one in mentions if one.kind not in ALONE)
    return PlaceNames(frozenset(names["estate"] | names["landmark"]), frozenset(names["road"]), areas)
