"""Which topic an order belongs to. Pure.

Orders are taken in the order they came in. Each is compared with those before it that share a name of a place or a
word of their titles. It joins the topic whose likest orders it is most alike, where that is alike enough; a topic
where one of the newest orders is at another place is not joined, however alike the words are. How rare words are is
counted before the month of an order began. Nothing is looked at twice: what a topic is follows from the orders up to
its last, whether they came in one file or day by day.

How alike: the pairs of characters both titles, both texts, and both as a whole have in common, each pair counting the
more the fewer orders use it; and whether they name the same place.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import log, sqrt
from typing import TypeVar

from hotline.orders import search
from hotline.transfer.duplicates import READ, Matter, Place, compare_places, matter, pairs_of
from hotline.transfer.place_names import SPOT_ENDS, PlaceNames

G = TypeVar("G", bound=Hashable)

# Chosen on half of the measured topics, see bench/topics.py.
ALIKE = 0.13  # from here an order joins
BY_PLACE = 0.09  # that two at the same place are of one matter, before a word is read
LIKEST = 5  # orders of a topic that speak for it
NEWEST = 200  # orders of a topic that say where it is and what it is called
WINDOW = timedelta(days=365)  # what is older is another topic; a matter may come back with its season
COMMON, FEW = 0.02, 20  # a word in more than this part of the titles, and in more than so many, leads to no candidate
PER_KEY, COMPARED = 40, 120  # orders followed by one name or word, and in all
COUNTED = 1_000  # orders before the month of an order, by which the rarity of words is counted
TOO_FEW = 500  # with fewer, other texts are counted, too
NAMED = 1 / 3  # of a topic's orders that name its place
SHOWN_WORDS = 5
QUOTED = 3  # citizens who use a word in a title, from which it is nobody's own and can stand in a label

# Districts as some files write them, in a code: A7县. A city's own names are in its gazetteer.
CODED = re.compile(r"[A-Z]\d*[市县区]")
_OF_NAME = re.compile(rf"{CODED.pattern}|\n(小区|社区)")
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Told:
    """An order as topics see it. title, text, whole: their pairs of characters, names of places left out."""

    id: int
    at: datetime
    matter: Matter
    title: frozenset[str]
    text: frozenset[str]
    whole: frozenset[str]
    words: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """What leads to it: the places it names and the words of its title."""
        return (*sorted(self.matter.names.spots), *sorted(self.matter.names.ways), *self.words)


def told(
    order_id: int,
    at: datetime,
    title: str,
    text: str,
    address: str = "",
    *,
    district: str | None = None,
    known: PlaceNames | None = None,
) -> Told:
    """Read an order. known: names a gazetteer has found in it."""
    found = matter(title, text, address, district=district, known=known)
    names = sorted(found.names.spots | found.names.ways | found.names.areas, key=len, reverse=True)
    plain = [_without(names, part) for part in (title, text[:READ])]
    words = tuple(word for word in search.words(plain[0]) if _WORD.fullmatch(word))
    title_pairs, text_pairs = map(pairs_of, plain)
    return Told(order_id, at, found, title_pairs, text_pairs, title_pairs | text_pairs, words)


def _without(names: Sequence[str], text: str) -> str:
    for name in names:
        text = text.replace(name, "\n")
    return _OF_NAME.sub("\n", text)


class _Worth(dict[str, float]):
    """What each pair says; one that nobody has used yet says most."""

    def __init__(self, known: Mapping[str, float], new: float) -> None:
        super().__init__(known)
        self._new = new

    def __missing__(self, pair: str) -> float:
        return self._new


class Vocabulary:
    """How rare words are among some orders."""

    def __init__(self, pool: Iterable[Told]) -> None:
        """Count in how many orders each pair of characters and each word of a title is."""
        self._pairs: Counter[str] = Counter()
        self._words: Counter[str] = Counter()
        self.size = 0
        for one in pool:
            self.size += 1
            self._pairs.update(one.whole)
            self._words.update(one.words)
        worth = {times: (log((1 + self.size) / (1 + times)) + 1) ** 2 for times in {0, *self._pairs.values()}}
        self._worth = _Worth({pair: worth[times] for pair, times in self._pairs.items()}, worth[0])

    def leads(self, word: str) -> bool:
        """Whether a word of a title is rare enough to look for its orders."""
        return self._words[word] <= max(FEW, COMMON * self.size)

    def worth(self, word: str) -> float:
        """What a word of a title says."""
        return log((1 + self.size) / (1 + self._words[word])) + 1

    def weight(self, pairs: Iterable[str]) -> float:
        """What some pairs say together: the sum of the squares of each one's rarity."""
        return sum(map(self._worth.__getitem__, pairs))


class Comparison:
    """Compares orders by one vocabulary; what each says is weighed once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._lengths: dict[int, tuple[float, float, float]] = {}

    def alike(self, one: Told, other: Told) -> float | None:
        """How alike two orders are, from 0 to 1; None where they are at different places."""
        place, _ = compare_places(one.matter, other.matter)
        if place is Place.OTHER:
            return None
        both = one.whole & other.whole
        shared = (both & one.title & other.title, both & one.text & other.text, both)
        lengths = zip(self._length(one), self._length(other), strict=True)
        shares = [
            self.vocabulary.weight(pairs) / sqrt(mine * theirs)
            for pairs, (mine, theirs) in zip(shared, lengths, strict=True)
            if pairs
        ]
        words = sum(shares) / len(shared)
        return 1 - (1 - words) * (1 - BY_PLACE) if place is Place.SAME else words

    def _length(self, one: Told) -> tuple[float, float, float]:
        if one.id not in self._lengths:
            weigh = self.vocabulary.weight
            self._lengths[one.id] = (weigh(one.title), weigh(one.text), weigh(one.whole))
        return self._lengths[one.id]

    def choose(
        self, asked: Told, groups: Mapping[G, Sequence[Told]], newest: Callable[[G], Iterable[Told]]
    ) -> G | None:
        """The topic an order joins: groups of orders it may belong with, by topic. None where it is like none.

        newest: the NEWEST orders of a topic, each of which forbids it by its place.
        """
        scores = ((self._score(asked, orders), -at, topic) for at, (topic, orders) in enumerate(groups.items()))
        # The first of those equally alike: whoever groups them puts the newest orders first.
        for score, _, topic in sorted(scores, reverse=True):
            if score < ALIKE:
                return None
            if all(compare_places(asked.matter, one.matter)[0] is not Place.OTHER for one in newest(topic)):
                return topic
        return None

    def _score(self, asked: Told, orders: Sequence[Told]) -> float:
        likes = [self.alike(asked, order) for order in orders]
        if None in likes:
            return 0.0
        best = sorted((like for like in likes if like is not None), reverse=True)[:LIKEST]
        return sum(best) / len(best)


@dataclass(frozen=True, slots=True)
class Topic:
    """Orders about the same matter at the same place, as a file has them."""

    place: str
    words: tuple[str, ...]
    ids: tuple[int, ...]

    @property
    def label(self) -> str:
        """What it is called."""
        return label_of(self.place, self.words)


def label_of(place: str, words: Sequence[str]) -> str:
    """A topic's place and the words that tell it from others."""
    return " ".join(part for part in (place, "、".join(words[:3])) if part)


def cluster(orders: Iterable[Told], others: Sequence[Told] = (), users: Mapping[int, str] | None = None) -> list[Topic]:
    """The topics of a file, those of most orders first.

    others: texts by which rarity is counted at the beginning. users: who told each order; by default each another.
    """
    orders = sorted(orders, key=lambda one: (one.at, one.id))
    users = users if users is not None else {one.id: str(one.id) for one in orders}
    by_key: dict[str, list[Told]] = defaultdict(list)
    topic_of: dict[int, int] = {}  # by the first order of the topic
    members: dict[int, list[Told]] = defaultdict(list)
    done = 0
    for _, of_month in groupby(orders, key=lambda one: (one.at.year, one.at.month)):
        compared = Comparison(vocabulary_of(orders[max(0, done - COUNTED) : done], others))
        for one in of_month:
            topic = topic_of[one.id] = _join(one, compared, by_key, topic_of, members)
            members[topic].append(one)
            done += 1
    several = sorted((found for found in members.values() if len(found) > 1), key=len, reverse=True)
    vocabulary = Vocabulary(orders)
    return [_topic(found, vocabulary, users) for found in several]


def vocabulary_of(orders: Sequence[Told], others: Sequence[Told]) -> Vocabulary:
    """How rare words are among the orders before a month; where they are too few, among other texts, too."""
    return Vocabulary((*orders, *others) if len(orders) < TOO_FEW else orders)


def _join(
    one: Told,
    compared: Comparison,
    by_key: dict[str, list[Told]],
    topic_of: Mapping[int, int],
    members: Mapping[int, Sequence[Told]],
) -> int:
    """The topic an order joins, or begins; from now on it is found by its keys."""
    keys = [key for key in one.keys if compared.vocabulary.leads(key)]
    groups: dict[int, list[Told]] = defaultdict(list)
    for other in _candidates(one, keys, by_key):
        groups[topic_of[other.id]].append(other)
    for key in keys:
        by_key[key].append(one)
    joined = compared.choose(one, groups, lambda topic: members[topic][-NEWEST:])
    return one.id if joined is None else joined


def _candidates(one: Told, keys: Iterable[str], by_key: Mapping[str, Sequence[Told]]) -> list[Told]:
    """The orders before one that share most names and words with it, the newest of each."""
    shared: Counter[int] = Counter()
    found: dict[int, Told] = {}
    for key in keys:
        for other in by_key.get(key, ())[-PER_KEY:]:
            if one.at - other.at <= WINDOW:
                shared[other.id] += 1
                found[other.id] = other
    best = sorted(found.values(), key=lambda other: (-shared[other.id], -other.at.timestamp(), -other.id))
    return best[:COMPARED]


def _topic(orders: Sequence[Told], vocabulary: Vocabulary, users: Mapping[int, str]) -> Topic:
    place = place_of(orders)
    return Topic(place, words_of(orders, place, vocabulary, users), tuple(one.id for one in orders))


def place_of(orders: Sequence[Told]) -> str:
    """The place most of some orders name: an estate or a school before a road, a road before a district in a code."""
    for names in (
        [one.matter.names.spots for one in orders],
        [one.matter.names.ways for one in orders],
        [frozenset(CODED.findall(one.matter.text)) for one in orders],
    ):
        count = Counter(name for some in names for name in some)
        best = min(count, key=lambda name: (-count[name], -len(name), name), default="")
        if best and count[best] >= max(1, NAMED * len(orders)):
            return best
    return ""


def words_of(orders: Sequence[Told], place: str, vocabulary: Vocabulary, users: Mapping[int, str]) -> tuple[str, ...]:
    """The words of the titles that tell some orders from the rest, the most telling first.

    users: who told each order. One that has nobody here is not quoted, nor is a word of too few: it may be a name.
    """
    quoted = [one for one in orders if one.id in users]
    said = Counter(word for one in quoted for word in one.words if word not in place and word not in SPOT_ENDS)
    by = {word: {users[one.id] for one in quoted if word in one.words} for word in said}
    worth = {word: times * vocabulary.worth(word) for word, times in said.items() if len(by[word]) >= QUOTED}
    # 搅拌站 says more than 搅拌, where most who say the one say the other.
    parts = {
        word
        for word in worth
        for longer in worth
        if word in longer and word != longer and 2 * said[longer] > said[word]
    }
    chosen: list[str] = []
    for word in sorted(worth.keys() - parts, key=lambda word: (-worth[word], word)):
        if not any(word in other or other in word for other in chosen):
            chosen.append(word)
    return tuple(chosen[:SHOWN_WORDS])
