"""Reads of policy: the version in force, and any kept version, each parsed once per process."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from hotline.base.db import database_name, db, kept
from hotline.base.errors import Conflict
from hotline.policy.calendar import Calendar, Hours, read_spans
from hotline.policy.document import Policy
from hotline.policy.models import CalendarVersion, PolicyVersion
from hotline.policy.reading import read_policy

# Versions are few and never change: a process keeps each it has read.
_policies: dict[tuple[str, int], Policy] = {}
_calendars: dict[tuple[str, int], Calendar] = {}

_LATEST = (PolicyVersion.effective_from.desc(), PolicyVersion.id.desc())


def policy_id_at(now: datetime) -> int:
    """Id of the policy version in force at an instant; raise Conflict where none is loaded."""
    for version_id, effective_from in policy_starts():
        if effective_from <= now:
            return version_id
    raise Conflict("No policy is in force; load the city first: hotline load")


def policy_starts() -> list[tuple[int, datetime]]:
    """Ids and first instants of the versions, the latest first: every order asks, so without the documents."""
    query = select(PolicyVersion.id, PolicyVersion.effective_from).order_by(*_LATEST)
    return kept("policy starts", lambda: [(row.id, row.effective_from) for row in db.session.execute(query)])


def policy_ids() -> list[int]:
    """Ids of every version of the policy, the latest first."""
    return [version_id for version_id, _ in policy_starts()]


def policy_versions() -> list[PolicyVersion]:
    """Every version of the policy, the latest first."""
    return list(db.session.scalars(select(PolicyVersion).order_by(*_LATEST)))


def calendar_id() -> int:
    """Id of the newest calendar version; raise Conflict where none is loaded."""
    found: int | None = kept("calendar", lambda: db.session.scalar(select(func.max(CalendarVersion.id))))
    if found is None:
        raise Conflict("No calendar is loaded; load the city first: hotline load")
    return found


def policy(version_id: int) -> Policy:
    """A policy version, parsed. A version never changes, so a process reads each once."""
    key = (database_name(), version_id)
    if key not in _policies:
        _policies[key] = read_policy(db.session.get_one(PolicyVersion, version_id).document)
    return _policies[key]


def calendar(version_id: int) -> Calendar:
    """A calendar version, parsed."""
    key = (database_name(), version_id)
    if key not in _calendars:
        _calendars[key] = read_calendar(db.session.get_one(CalendarVersion, version_id))
    return _calendars[key]


def policy_at(now: datetime) -> Policy:
    """The policy in force at an instant."""
    return policy(policy_id_at(now))


def calendar_now() -> Calendar:
    """The calendar in force."""
    return calendar(calendar_id())


def city_instant(instant: datetime) -> datetime:
    """An instant in UTC; one without an offset is city time."""
    zoned = instant if instant.tzinfo else instant.replace(tzinfo=calendar_now().zone)
    return zoned.astimezone(UTC)


def read_calendar(version: CalendarVersion) -> Calendar:
    """Parse a calendar version; raise ValueError or KeyError for what cannot be read."""
    return calendar_from(version.document, ZoneInfo(version.zone), version.published_until)


def calendar_from(document: Mapping[str, Any], zone: ZoneInfo, published_until: date) -> Calendar:
    """A calendar from its document.

    hours: rows of since (a day, or empty for "always") and spans. days: the national rows of date, kind and name;
    city: the city's own, which go before them. Raises ValueError or KeyError for what cannot be read.
    """
    kinds: dict[date, tuple[str, str]] = {}
    for day, kind, name in (*document["days"], *document["city"]):
        if kind not in {"holiday", "workday"}:
            raise ValueError(f"{day}: {kind!r} is no kind of day; write holiday or workday")
        kinds[date.fromisoformat(day)] = kind, name
    hours = tuple(
        Hours(date.fromisoformat(row["since"]) if row["since"] else date.min, read_spans(row["spans"]))
        for row in document["hours"]
    )
    named = {
        wanted: {day: name for day, (kind, name) in kinds.items() if kind == wanted}
        for wanted in ("holiday", "workday")
    }
    return Calendar(zone, hours, named["holiday"], named["workday"], published_until)
