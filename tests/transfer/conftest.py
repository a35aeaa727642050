"""What the tests of transfer share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hotline.base.i18n import speaking


@pytest.fixture
def in_english(session: None) -> Iterator[None]:
    with speaking("en"):
        yield
