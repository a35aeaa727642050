"""Reads of policy: the version in force, and any kept version, each parsed once per process."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from hotline.base.db import database_name, db, kept
from hotline.base.errors import Conflict
from hotline.policy.calendar import Calendar
from hotline.policy.document import Policy, read_policy
from hotline.policy.models import CalendarVersion, PolicyVersion

# Versions are few and never change: a process keeps each it has read.
_policies: dict[tuple[str, int], Policy] = {}
_calendars: dict[tuple[str, int], Calendar] = {}


def policy_id_at(now: datetime) -> int:
    """Id of the policy version in force at an instant; raise Conflict where none is loaded."""
    for version_id, effective_from in kept("policy versions", _policy_versions):
        if effective_from <= now:
            return version_id
    raise Conflict("No policy is in force; load the city first: hotline load")


def _policy_versions() -> list[tuple[int, datetime]]:
    """Ids and first instants of the versions, the latest first."""
    query = select(PolicyVersion.id, PolicyVersion.effective_from).order_by(
        PolicyVersion.effective_from.desc(), PolicyVersion.id.desc()
    )
    return [(row.id, row.effective_from) for row in db.session.execute(query)]


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


def read_calendar(version: CalendarVersion) -> Calendar:
    """Parse a calendar version; raise ValueError or KeyError for what cannot be read."""
    days: dict[str, dict[date, str]] = {"holiday": {}, "workday": {}}
    for day, kind, name in version.document["days"]:
        days[kind][date.fromisoformat(day)] = name
    spans = tuple(
        (time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in version.document["hours"]
    )
    return Calendar(ZoneInfo(version.zone), spans, days["holiday"], days["workday"], version.published_until)
