"""Words for full-text search: jieba cuts Chinese text into the words PostgreSQL indexes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, cast, false, func
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, TSVECTOR
from sqlalchemy.types import Text

WORD = re.compile(r"\w")


@lru_cache(maxsize=1)
def _cutter() -> Any:
    # Loaded at first use: its dictionary takes a second and 140 MB.
    import jieba

    jieba.setLogLevel(logging.WARNING)
    jieba.initialize()
    return jieba


def words(*texts: str) -> list[str]:
    """The distinct words of some texts, short ones of longer ones included."""
    cut = _cutter().cut_for_search
    return sorted({word.lower() for text in texts for word in cut(text) if WORD.search(word)})


def vector(*texts: str) -> ColumnElement[Any]:
    """The texts as a search vector."""
    return func.array_to_tsvector(cast(words(*texts), ARRAY(Text)), type_=TSVECTOR)


def added(column: Any, *texts: str) -> ColumnElement[Any]:
    """A search vector with the words of more texts."""
    return func.coalesce(column, func.array_to_tsvector(cast([], ARRAY(Text)))).op("||", return_type=TSVECTOR())(
        vector(*texts)
    )


def matches(column: Any, text: str) -> ColumnElement[bool]:
    """Whether a search vector holds every word of a text."""
    wanted = words(text)
    return column.op("@@")(_query(wanted, " & ")) if wanted else false()


def any_of(wanted: Iterable[str]) -> ColumnElement[Any]:
    """A query for any of some words, for ``@@`` and for ranking."""
    return _query(wanted, " | ")


def _query(wanted: Iterable[str], joined: str) -> ColumnElement[Any]:
    return cast(joined.join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in wanted), TSQUERY)
