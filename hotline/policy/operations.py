"""Verbs on policy: put a new version of the policy or the calendar in force."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from hotline.base.changes import CONSOLE, Author, Subject, record_change
from hotline.base.db import db, forget_kept, take_turns
from hotline.base.errors import Invalid, Stale
from hotline.base.i18n import gettext
from hotline.policy.clock import city_time
from hotline.policy.document import BadPolicy
from hotline.policy.models import CalendarVersion, PolicyVersion
from hotline.policy.queries import calendar_now, policy_versions, read_calendar
from hotline.policy.reading import read_policy, require_workable


def adopt_policy(
    document: dict[str, Any],
    effective_from: datetime,
    now: datetime,
    by: Author = CONSOLE,
    *,
    expected: int | None = None,
) -> PolicyVersion:
    """Add a version of the policy, in force from an instant on. Orders keep the version they were accepted under.

    Raises Invalid where the document cannot be used, and where the version would change what has been: it starts
    neither in the past nor before the newest one (the first version may).

    expected: the newest version when the document was compared; raises Stale where another was added since.
    """
    take_turns("policy")
    try:
        policy = read_policy(document)
        require_workable(policy)
    except BadPolicy as wrong:
        raise Invalid.field("policy", str(wrong)) from wrong
    if earlier := policy_versions():
        _require_newest(earlier, expected)
        _require_later(effective_from, earlier[0], now)
    version = PolicyVersion(name=policy.name, effective_from=effective_from, document=document, created_at=now)
    db.session.add(version)
    db.session.flush()
    forget_kept()
    said = {"version": version.id, "name": policy.name, "effective": effective_from.isoformat()}
    record_change(by, Subject.POLICY, str(version.id), policy.label, now, after=said)
    return version


def _require_newest(versions: Iterable[PolicyVersion], expected: int | None) -> None:
    newest = max(one.id for one in versions)
    if expected is not None and expected != newest:
        raise Stale(gettext("Somebody has added a version of the policy since you opened this page."), newest)


def _require_later(effective_from: datetime, newest: PolicyVersion, now: datetime) -> None:
    if effective_from < newest.effective_from:
        starts = city_time(newest.effective_from, calendar_now())
        raise Invalid.field(
            "from", gettext("version %(id)s starts on %(starts)s; give a later time", id=newest.id, starts=starts)
        )
    if effective_from < now:
        raise Invalid.field("from", gettext("a policy does not start in the past; give a later day, or now"))


def hold_calendar() -> None:
    """Let nobody else change the calendar until the transaction ends: each version is built on the one before."""
    take_turns("calendar")


def adopt_calendar(
    document: dict[str, Any], zone: str, published_until: date, source: str, now: datetime, by: Author = CONSOLE
) -> CalendarVersion:
    """Add a version of the calendar (see ``calendar_from`` for its document).

    Open deadlines follow it when ``orders.recompute.follow_calendar`` is called.
    """
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
    said = {"version": version.id, "published_until": published_until.isoformat(), "source": source}
    record_change(by, Subject.CALENDAR, str(version.id), str(version.id), now, after=said)
    return version
