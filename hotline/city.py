"""Load a city: its districts, units, categories, routing tables, calendar and policy, from files into the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.files import read_csv
from hotline.knowledge.operations import load_articles
from hotline.people.units import load_districts, load_units
from hotline.policy.days import merged
from hotline.policy.folder import calendar_document, read_city
from hotline.policy.models import CalendarVersion
from hotline.policy.operations import adopt_calendar, adopt_policy, hold_calendar
from hotline.policy.presets import read_policy_file
from hotline.policy.queries import policy_versions
from hotline.transfer.adopt import SUBJECTS, load_model, load_signals
from hotline.transfer.tables import load_catalogue, load_categories, load_keywords, load_places

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def load_city(city: Path, policy_file: Path, now: datetime) -> dict[str, int]:
    """Load or update everything of a city; what is unchanged stays as it is. Returns the rows read by file."""
    counts = {
        "districts": load_districts(read_csv(city / "districts.csv")),
        "units": load_units(read_csv(city / "units.csv"), now),
        "categories": load_categories(read_csv(city / "categories.csv"), now),
        "keywords": load_keywords(read_csv(city / "keywords.csv"), now),
        "places": load_places(read_csv(city / "places.csv"), now),
        "catalogue": load_catalogue(read_csv(city / "catalogue.csv"), now),
        "signals": load_signals(_optional(city / "signals.csv"), now),
        "knowledge": load_articles(_optional(city / "knowledge.csv"), now),
    }
    _load_models(city, now)
    _load_calendar(city, now)
    _load_policy(policy_file, now)
    return counts


def _optional(file: Path) -> Iterable[dict[str, str]]:
    """The rows of a file a city may do without."""
    return read_csv(file) if file.exists() else ()


def _load_models(city: Path, now: datetime) -> None:
    """Put the models the folder has in force, where people have adopted none of their own."""
    for subject in SUBJECTS:
        file = city / f"{subject}_model.json"
        if file.exists():
            load_model(subject, file.read_text(encoding="utf-8"), now)


def _load_calendar(city: Path, now: datetime) -> None:
    """Load the calendar once; later only the national days, where they are published further than in the database."""
    about = read_city(city)
    calendar = about["calendar"]
    document = calendar_document(city)
    hold_calendar()
    newest = db.session.scalar(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(1))
    if newest is not None:
        if newest.published_until >= calendar["published_until"]:
            return
        document = {**newest.document, "days": merged(newest.document["days"], document["days"])}
    adopt_calendar(document, about["zone"], calendar["published_until"], calendar["source"], now)


def _load_policy(policy_file: Path, now: datetime) -> None:
    document = read_policy_file(policy_file)
    newest = next(iter(policy_versions()), None)
    if newest is None:
        # The first policy also covers orders that are imported with their old dates.
        adopt_policy(document, LONG_AGO, now)
    elif newest.name == document["name"] and newest.document != document and newest.effective_from <= now:
        # The file was edited. Another policy is chosen with ``hotline policy adopt``, and a restart leaves it so.
        adopt_policy(document, now, now)
