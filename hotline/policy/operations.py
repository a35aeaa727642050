"""Verbs on policy: put a new version of the policy or the calendar in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from hotline.base.db import db, forget_kept
from hotline.base.errors import Invalid
from hotline.policy.document import BadPolicy, read_policy
from hotline.policy.models import CalendarVersion, PolicyVersion
from hotline.policy.queries import read_calendar


def adopt_policy(document: dict[str, Any], effective_from: datetime, now: datetime) -> PolicyVersion:
    """Add a version of the policy; raise Invalid where the document cannot be used."""
    try:
        policy = read_policy(document)
    except BadPolicy as wrong:
        raise Invalid.field("policy", str(wrong)) from wrong
    version = PolicyVersion(name=policy.name, effective_from=effective_from, document=document, created_at=now)
    db.session.add(version)
    db.session.flush()
    forget_kept()
    return version


def adopt_calendar(
    days: Iterable[Mapping[str, str]],
    hours: list[list[str]],
    zone: str,
    published_until: date,
    source: str,
    now: datetime,
) -> CalendarVersion:
    """Add a version of the calendar from rows of date, kind (holiday or workday) and name."""
    document = {"hours": hours, "days": [[row["date"], row["kind"], row["name"]] for row in days]}
    version = CalendarVersion(
        zone=zone, published_until=published_until, document=document, source=source, created_at=now
    )
    try:
        read_calendar(version)
    except (ValueError, KeyError) as wrong:
        raise Invalid.field("calendar", str(wrong)) from wrong
    db.session.add(version)
    db.session.flush()
    forget_kept()
    return version
