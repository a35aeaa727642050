"""What the tests of transfer share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask_babel import force_locale


@pytest.fixture
def in_english(session: None) -> Iterator[None]:
    with force_locale("en"):
        yield
