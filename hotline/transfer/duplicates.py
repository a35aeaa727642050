"""Duplicates (重复诉求): whether two texts tell of the same matter. Pure.

The same words about another place are another matter: place vetoes text. Places are compared kind by kind, because
one citizen names the estate and another the road beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hotline.base.i18n import mark, name_members
from hotline.transfer.classifier import SILENT

ALIKE = 0.12  # the share of common word pairs from which two texts at the same place tell of the same matter
ALIKE_SOMEWHERE = 0.45  # the same where one of them does not say where it is

KINDS = {  # what says best where it is comes first
    "estate": "小区|花园|家园|公寓|新村|新城|山庄|别墅|苑|府|城|里|湾|庭",
    "landmark": "医院|中学|小学|大学|学院|学校|幼儿园|广场|大厦|市场|商场|超市|公园|车站|工厂|公司|厂",
    "village": "村|屯|寨|镇|乡|街道|社区",
    "road": "大道|公路|路|街|巷|桥|隧道",
}
# Two characters before what it is: 锦绣花园 in 我住在锦绣花园, whatever stands before it.
NAMED = re.compile(rf"([\u4e00-\u9fff]{{2}})({'|'.join(KINDS.values())})")
KIND_OF = {ending: kind for kind, endings in KINDS.items() for ending in endings.split("|")}
# What stands there without being a name.
NOT_NAMES = re.compile(
    r"[我你他它这那本该此某各每全整有个的在到是了们家住个里外旁边附近对面门口条]|小区|业主|居民|楼下|马路|公交|高速|铁|一"
)
WORDS = re.compile(r"[\w\u4e00-\u9fff]+")


class Where(StrEnum):
    """How the places of two texts stand to each other."""

    SAME = "same"
    OTHER = "other"
    UNKNOWN = "unknown"


name_members(
    {
        Where.SAME: mark("the same place"),
        Where.OTHER: mark("another place"),
        Where.UNKNOWN: mark("place not given"),
    }
)

Places = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Matter:
    """What a text tells, prepared for comparing: its word pairs, and the places it names, by kind."""

    pairs: frozenset[str]
    places: Places
    district: str | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two matters are: the share of common word pairs (0 to 1), and how their places stand."""

    text: float
    where: Where

    @property
    def same(self) -> bool:
        """Whether it is the same matter, as far as texts can tell."""
        if self.where is Where.OTHER:
            return False
        return self.text >= (ALIKE if self.where is Where.SAME else ALIKE_SOMEWHERE)


def matter(title: str, text: str, address: str = "", district: str | None = None) -> Matter:
    """Prepare a text for comparing."""
    said = f"{title}\n{text}".casefold()  # whether a letter is wide or narrow matters little here, and time does
    return Matter(_pairs(SILENT.sub("\n", said)), _places(f"{address}\n{said}"), district)


def likeness(one: Matter, other: Matter) -> Likeness:
    """Compare two matters; in which order does not matter."""
    size = min(len(one.pairs), len(other.pairs))
    larger = max(len(one.pairs), len(other.pairs))
    common = len(one.pairs & other.pairs)
    # Between the share of the shorter text and that of both: a note of ten words is not the letter that contains them.
    share = common / (size * larger) ** 0.5 if size else 0.0
    return Likeness(round(min(share, 1.0), 4), _where(one, other))


def _pairs(text: str) -> frozenset[str]:
    """Every two characters that stand side by side in a word."""
    return frozenset(word[at : at + 2] for word in WORDS.findall(text) for at in range(len(word) - 1))


def _places(text: str) -> Places:
    found: dict[str, set[str]] = {}
    for name, ending in NAMED.findall(text):
        if not NOT_NAMES.search(name):
            found.setdefault(KIND_OF[ending], set()).add(name + ending)
    return {kind: frozenset(names) for kind, names in found.items()}


def _where(one: Matter, other: Matter) -> Where:
    if one.district and other.district and one.district != other.district:
        return Where.OTHER
    for kind in KINDS:  # neighbours of two estates name the same road
        here, there = one.places.get(kind), other.places.get(kind)
        if here and there:
            return Where.SAME if here & there else Where.OTHER
    return Where.UNKNOWN
