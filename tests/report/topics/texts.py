"""What citizens tell in these tests: some matters, each told in several ways."""

from __future__ import annotations

from collections.abc import Iterable

STATION = (
    (
        "{place}旁边的搅拌站噪音扰民",
        "我是{place}的业主，楼下五十米的混凝土搅拌站每天夜里施工，噪音大、粉尘多，孩子睡不着觉。",
    ),
    (
        "投诉{place}附近搅拌站粉尘污染",
        "{place}西侧建了一座混凝土搅拌站，白天粉尘满天，夜里噪音不断，窗户都不敢开，希望尽快搬走。",
    ),
    ("{place}搅拌站夜间噪音何时停", "搅拌站离{place}太近，夜间噪音和粉尘严重影响居民休息，请环保部门来查。"),
    ("要求搬离{place}旁的混凝土搅拌站", "我们住在{place}，混凝土搅拌站整夜响，粉尘落满阳台，反映多次没有人管。"),
)
LIFT = (
    ("{place}电梯三天两头停运", "{place}二单元电梯这个月停运五次，老人被困在轿厢里半小时，物业一直拖着不修。"),
    ("{place}电梯故障没人维修", "住{place}十五楼，电梯故障停运快一周了，物业说等配件，老人上下楼实在困难。"),
    ("反映{place}电梯停运困人", "{place}的电梯又停运了，昨天困了一个孩子，物业维修拖拖拉拉，请有关部门督促。"),
)
SCHOOL = (("{place}门口放学时段拥堵", "{place}放学的时候家长的车把路口堵死，希望交警来疏导，错开放学时间。"),)
OTHERS = (
    ("公积金提取需要哪些材料", "我想提取公积金还房贷，请问需要准备哪些材料，在哪里办理。"),
    ("工地拖欠工资两个月", "我在工地做木工，老板两个月没有发工资，一直说没有钱。"),
    ("健身房关门不退年卡", "上个月办的年卡，健身房突然关门，电话打不通，钱也不退。"),
    ("医保转移办理进度查询", "我的医保关系从外地转过来，一个月了还没有转好，想查一下进度。"),
)
HERE, THERE = "翠湖花园小区", "金桂名城小区"


def told_of(place: str, matter: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Titles and texts of a matter at a place."""
    return [(title.format(place=place), text.format(place=place)) for title, text in matter]
