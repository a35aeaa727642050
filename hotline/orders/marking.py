"""Text with some of its words marked, safe to put on a page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape

BEFORE, LENGTH = 24, 110  # of a piece of text around its first hit, in characters


def marked(text: str, keywords: Iterable[str]) -> Markup:
    """The text, escaped, with every keyword in it inside <mark>; the longer of two that overlap wins."""
    found = _finder(keywords)
    if found is None:
        return escape(text)
    parts = found.split(text)
    # re.split with one group: what was found stands at the odd places.
    return Markup().join(
        Markup("<mark>{}</mark>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )


def snippet(text: str, keywords: Iterable[str]) -> Markup | None:
    """The piece of a text around its first hit, marked, on one line; None where nothing is hit."""
    keywords = tuple(keywords)
    found = _finder(keywords)
    line = " ".join(text.split())
    hit = found.search(line) if found else None
    if hit is None:
        return None
    start = max(0, hit.start() - BEFORE)
    piece = marked(line[start : start + LENGTH], keywords)
    return Markup("{}{}{}").format("…" if start else "", piece, "…" if start + LENGTH < len(line) else "")


def _finder(keywords: Iterable[str]) -> re.Pattern[str] | None:
    wanted = sorted({word for word in keywords if word}, key=len, reverse=True)
    return re.compile(f"({'|'.join(map(re.escape, wanted))})", re.IGNORECASE) if wanted else None
