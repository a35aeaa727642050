"""The app a worker process works in."""

from __future__ import annotations

from functools import lru_cache

from flask import Flask

from config.settings import Settings
from hotline import create_app
from hotline.base.embedded import with_database


@lru_cache(maxsize=1)
def worker_app() -> Flask:
    """The app of this process, made at first use."""
    return create_app(with_database(Settings.from_env()))
