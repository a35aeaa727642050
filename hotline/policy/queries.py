"""Reads of policy: the version in force, and any kept version, each parsed once per process."""

from __future__ import annotations

from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy import select

from hotline.base.db import database_name, db
from hotline.base.errors import Conflict
from hotline.policy.calendar import Calendar
from hotline.policy.document import Policy, read_policy
from hotline.policy.models import CalendarVersion, PolicyVersion



def policy_id_at(now: datetime) -> int:
    """Id of the policy version in force at an instant; raise Conflict where none is loaded."""
    found = db.session.scalar(
        select(PolicyVersion.id)
        .where(PolicyVersion.effective_from <= now)
        .order_by(PolicyVersion.effective_from.desc(), PolicyVersion.id.desc())
        .limit(1)
    )
    if found is None:
        raise Conflict("No policy is in force; load the city first: hotline load")
    return found


def calendar_id() -> int:
    """Id of the newest calendar version; raise Conflict where none is loaded."""
    found = db.session.scalar(select(CalendarVersion.id).order_by(CalendarVersion.id.desc()).limit(1))
    if found is None:
        raise Conflict("No calendar is loaded; load the city first: hotline load")
    return found


@lru_cache(maxsize=64)
def _parsed_policy(version_id: int, database: str) -> Policy:
    return read_policy(db.session.get_one(PolicyVersion, version_id).document)


@lru_cache(maxsize=64)
def _parsed_calendar(version_id: int, database: str) -> Calendar:
    return read_calendar(db.session.get_one(CalendarVersion, version_id))


def policy(version_id: int) -> Policy:
    """A policy version, parsed. A version never changes, so a process reads each once."""
    return _parsed_policy(version_id, database_name())


def calendar(version_id: int) -> Calendar:
    """A calendar version, parsed."""
    return _parsed_calendar(version_id, database_name())


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
    spans = tuple((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in version.document["hours"])
    return Calendar(ZoneInfo(version.zone), spans, days["holiday"], days["workday"], version.published_until)
