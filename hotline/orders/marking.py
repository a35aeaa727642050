"""Text with some of its words marked, safe to put on a page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from markupsafe import Markup, escape


def marked(text: str, keywords: Iterable[str]) -> Markup:
    """The text, escaped, with every keyword in it inside <mark>; the longer of two that overlap wins."""
    wanted = sorted({word for word in keywords if word}, key=len, reverse=True)
    if not wanted:
        return escape(text)
    parts = re.split(f"({'|'.join(map(re.escape, wanted))})", text)
    # re.split with one group: what was found stands at the odd places.
    return Markup().join(
        Markup("<mark>{}</mark>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts)
    )
