"""Danger words: what in a text means that 110, 119, 120 or 122 is to be called now, or that it is urgent. Pure.

A signal asks a person, it decides nothing: precision before completeness. ``A+B`` wants all its words near each
other in one sentence, in any order; a word that cancels a signal (演练, 去年, 请问) cancels it in its sentence only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations

EVERY = "*"  # the row whose cancelling words count for all signals
NEAR = 12  # characters between the words of ``A+B``
READ = 200  # what is happening now is said first; further down a letter tells of the past
SENTENCE = re.compile(r"[^。！？!?；;\n]+")


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal: whom to call (``110``, ``119``, ``120``, ``122`` or ``urgent``), its name, its words, what cancels it."""

    call: str
    name: str
    name_en: str
    words: tuple[str, ...]
    unless: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal found: whom to call, its names, and what was written where (``title`` or ``text``)."""

    call: str
    name: str
    name_en: str
    written: str
    field: str
    start: int


class Signals:
    """Finds the signals of a city."""

    def __init__(self, rows: Iterable[SignalRow]) -> None:
        """Take the rows in the order they are to be named in."""
        rows = list(rows)
        always = tuple(word for row in rows if row.call == EVERY for word in row.unless)
        self._rows = [
            (row, _pattern(row.words), re.compile("|".join(map(re.escape, (*always, *row.unless))) or "(?!)"))
            for row in rows
            if row.call != EVERY and row.words
        ]

    def find(self, title: str, text: str) -> tuple[Signal, ...]:
        """What is found, each signal once, in the title if it is there."""
        found = (
            self._first(row, pattern, unless, (("title", title), ("text", text[:READ])))
            for row, pattern, unless in self._rows
        )
        return tuple(signal for signal in found if signal)

    def _first(
        self, row: SignalRow, pattern: re.Pattern[str], unless: re.Pattern[str], pieces: Iterable[tuple[str, str]]
    ) -> Signal | None:
        for field, piece in pieces:
            if not pattern.search(piece):
                continue
            for sentence in SENTENCE.finditer(piece):
                hit = pattern.search(sentence[0])
                if hit and not unless.search(sentence[0]):
                    return Signal(row.call, row.name, row.name_en, hit[0], field, sentence.start() + hit.start())
        return None


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(filter(None, map(_together, words))))


def _together(words: str) -> str:
    """Any order of the words, near each other."""
    parts = [re.escape(part) for part in words.split("+")]
    gap = rf"[^。！？!?；;\n]{{0,{NEAR}}}?"
    return "|".join(gap.join(order) for order in permutations(parts))
