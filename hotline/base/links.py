"""Addresses of pages as people outside reach them."""

from __future__ import annotations

from typing import Any

from flask import current_app

from config.settings import Settings


def address_outside(endpoint: str, **values: Any) -> str:
    """The address of a page with its host; a worker has no request to read it from."""
    settings: Settings = current_app.config["SETTINGS"]
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    return base + current_app.url_map.bind("").build(endpoint, values)
