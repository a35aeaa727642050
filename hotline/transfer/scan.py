"""Finding words in texts: every occurrence of some thousands of words, in many texts at once. Pure.

The texts are laid end to end as one array of character codes. The trie of the words is walked from all positions
together, a character further each time; positions that no word goes through drop out. That is a few array operations
for each length of word, whatever the number of words or texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

_BMP = 0xFFFF  # characters beyond it (rare ideographs, emoji) are in no word
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads keys evenly over the slots
_FULL_WIDTH = 0xFEE0  # from an ASCII character to its full-width form
_ASCII = range(0x21, 0x7F)  # those that have one


def fold(text: str) -> str:
    """A text as words are compared in it: half-width and lower case, character by character."""
    return "".join(_folded(character) for character in text)


def _folded(character: str) -> str:
    code = ord(character)
    if code - _FULL_WIDTH in _ASCII:
        character = chr(code - _FULL_WIDTH)
    lower = character.lower()
    return lower if len(lower) == 1 else character


@dataclass(frozen=True, slots=True)
class Found:
    """Where words stand: the number of the text, of the word, and the position of its first character."""

    text: Ints
    word: Ints
    start: Ints


class Scanner:
    """Finds words; each has the number of its place in the list."""

    def __init__(self, words: Sequence[str], silent: re.Pattern[str] | None = None) -> None:
        """Take different, non-empty words. Width and case of letters make no difference.

        silent: stretches of a text (within one line) in which no word is looked for.
        """
        self._silent = silent
        folded = [fold(word) for word in words]
        alphabet = sorted({character for word in folded for character in word if ord(character) <= _BMP})
        numbers = {character: number for number, character in enumerate(alphabet, 1)}
        self._characters = _character_table(numbers)
        self._letters = len(alphabet) + 1
        self._longest = max(map(len, folded), default=0)
        plain = (
            (place, word) for place, word in enumerate(folded) if all(ord(character) <= _BMP for character in word)
        )
        self._grow((place, [numbers[character] for character in word]) for place, word in plain)

    def _grow(self, spelled: Iterable[tuple[int, list[int]]]) -> None:
        """Build the trie. A word's first character is its first node."""
        steps: dict[int, int] = {}
        ends: dict[int, int] = {}
        inner: set[int] = set()
        count = self._letters
        for place, letters in spelled:
            node = letters[0]
            for letter in letters[1:]:
                inner.add(node)
                key = node * self._letters + letter
                if key not in steps:
                    steps[key] = count
                    count += 1
                node = steps[key]
            ends[node] = place
        self._ends = np.full(count, -1, np.int32)
        self._ends[list(ends)] = list(ends.values())
        self._inner = np.zeros(count, bool)
        self._inner[list(inner)] = True
        self._steps = _Steps(steps)

    def scan(self, texts: Sequence[str]) -> Found:
        """Every occurrence of every word, overlapping ones too, in no order."""
        joined = "\n".join(texts)
        if self._silent is not None:
            joined = self._silent.sub(_blank, joined)
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts)) + 1
        begins = np.cumsum(lengths) - lengths
        position, word = self._walk(self._characters[np.minimum(codes, _BMP)])
        text = np.repeat(np.arange(len(texts)), lengths)[position]
        return Found(text, word, position - begins[text])

    def _walk(self, letters: NDArray[np.int32]) -> tuple[Ints, Ints]:
        padded = np.concatenate((letters, np.zeros(self._longest + 1, np.int32)))
        position: Ints = np.flatnonzero(letters)
        node: NDArray[np.int32] = letters[position]
        positions, words = [], []
        for depth in range(1, self._longest + 1):
            place = self._ends[node]
            ended = np.flatnonzero(place >= 0)
            positions.append(position[ended])
            words.append(place[ended])
            onward = np.flatnonzero(self._inner[node])
            position = position[onward]
            kept, node = self._steps.follow(node[onward].astype(np.int64) * self._letters + padded[position + depth])
            position = position[kept]
        if not positions:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(positions), np.concatenate(words).astype(np.int64)


def _blank(match: re.Match[str]) -> str:
    return "\0" * len(match[0])


def _character_table(numbers: dict[str, int]) -> NDArray[np.int32]:
    """The number of each character's letter, 0 where no word has it."""
    table = np.zeros(_BMP + 1, np.int32)
    for character, number in numbers.items():
        upper = character.upper()
        for form in (character, upper if len(upper) == 1 else character):
            table[ord(form)] = number
            if ord(form) in _ASCII:
                table[ord(form) + _FULL_WIDTH] = number
    return table


class _Steps:
    """A hash table from (node, letter) to the next node, looked up for whole arrays."""

    def __init__(self, steps: dict[int, int]) -> None:
        bits = max(10, (8 * len(steps)).bit_length())
        self._shift = np.uint64(64 - bits)
        keys = np.fromiter(steps, np.int64, len(steps))
        slots = self._slots(keys)
        order = np.argsort(slots, kind="stable")
        slots = slots[order]
        self._probes = int(np.bincount(slots).max()) if len(steps) else 0
        # Past the end stand keys that nothing is equal to, so that a probe need not look where it is.
        self._keys = np.concatenate((keys[order], np.full(self._probes + 1, -1, np.int64)))
        self._nodes = np.fromiter(steps.values(), np.int32, len(steps))[order]
        self._first = np.full(1 << bits, -1, np.int32)
        self._first[slots[::-1]] = np.arange(len(steps) - 1, -1, -1, dtype=np.int32)

    def _slots(self, keys: Ints) -> Ints:
        return ((keys.astype(np.uint64) * _SPREAD) >> self._shift).astype(np.int64)

    def follow(self, keys: Ints) -> tuple[Ints, NDArray[np.int32]]:
        """Which of the keys lead on (their places, in rising order), and to which node each."""
        first = self._first[self._slots(keys)]
        maybe = np.flatnonzero(first >= 0)
        first, keys = first[maybe], keys[maybe]
        found = np.full(len(maybe), -1, np.int32)
        for probe in range(self._probes):
            same = np.flatnonzero(self._keys[first + probe] == keys)
            found[same] = first[same] + probe
        hit = np.flatnonzero(found >= 0)
        return maybe[hit], self._nodes[found[hit]]
