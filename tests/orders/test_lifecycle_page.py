"""The page of the lifecycle is written from the code, and says what the code says now."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_what_the_table_says() -> None:
    written = runpy.run_path(str(DOCS / "lifecycle.py"))["page"]()
    assert (DOCS / "lifecycle.md").read_text(encoding="utf-8") == written, "run: python docs/lifecycle.py"
