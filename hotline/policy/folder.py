"""A city's folder, as far as time is concerned: city.toml and its files of days."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hotline.policy.days import read_days


def read_city(city: Path) -> dict[str, Any]:
    """What city.toml says: name, zone, hotline, calendar."""
    return tomllib.loads((city / "city.toml").read_text(encoding="utf-8"))


def calendar_document(city: Path) -> dict[str, Any]:
    """The calendar of a city's folder: its hours, the national days, and the city's own days where it has any."""
    own = city / "calendar_city.csv"
    return {
        "hours": read_city(city)["calendar"]["hours"],
        "days": read_days(city / "calendar.csv"),
        "city": read_days(own) if own.exists() else [],
    }
