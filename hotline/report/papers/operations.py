"""Verbs of reports: ask for one, make it, write its opening words, sign it; and what is made by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import DEFAULT, gettext, speaking
from hotline.base.outbox import Queue, leave, leave_once
from hotline.base.time import Kind, Period, period_of
from hotline.orders.models import Order
from hotline.orders.queries import require_category
from hotline.people.actors import SYSTEM, Actor
from hotline.people.queries import require_district, require_units
from hotline.people.roles import Permission
from hotline.policy import queries as policies
from hotline.policy.reports import Due, Mailed
from hotline.report.about import About
from hotline.report.papers.compose import compose
from hotline.report.papers.models import PeriodicReport, Stage
from hotline.report.papers.paper import as_json
from hotline.report.papers.queries import replaced_by
from hotline.report.papers.seen import Seen
from hotline.report.papers.titles import period_of_report
from hotline.report.queries import period_at

LONGEST = timedelta(days=366)
MOST_MISSED = 10  # reports of a kind made up for after the worker has been away
TELLS = UUID("b2f3d0c4-6a0e-4c38-9a57-3b1f6a1f0c20")  # names the deliveries of reports


@dataclass(frozen=True, slots=True)
class Special:
    """What a special report (专报) is about, and its title."""

    title: str
    unit: str | None = None
    category: str | None = None
    district: str | None = None

    @property
    def scope(self) -> str:
        """What tells it from others of the same days."""
        parts = {"unit": self.unit, "category": self.category, "district": self.district}
        narrowed = [f"{name}:{code}" for name, code in parts.items() if code]
        return ";".join([*narrowed, self.title])[:160]


def ask(kind: Kind, day: date | None, actor: Actor, now: datetime, *, cutoff: datetime | None = None) -> PeriodicReport:
    """Ask for the report of the period a day (or now) lies in, seen as of now or an earlier instant. One being made is not asked for again."""
    if actor is not SYSTEM:
        actor.require(Permission.SIGN_REPORTS)
    if kind is Kind.RANGE:
        raise Invalid.field("kind", gettext("a special report has its own days and a title; ask for it as such"))
    seen = cutoff or now
    return _asked(kind, period_at(seen, kind, day), actor, now, seen)


def ask_special(
    first: date, last: date, about: Special, actor: Actor, now: datetime, *, remarks: str = ""
) -> PeriodicReport:
    """Ask for a special report of any days; raise Invalid."""
    actor.require(Permission.SIGN_REPORTS)
    if not about.title.strip():
        raise Invalid.field("title", gettext("give the report a title"))
    if last < first:
        raise Invalid.field("last", gettext("give a day that is not before the first"))
    if last - first > LONGEST:
        raise Invalid.field("last", gettext("give at most a year"))
    _check_scope(about)
    period = Period(first, last, policies.calendar_now().zone, windows=policies.policy_at(now).windows)
    report = _asked(Kind.RANGE, period, actor, now, now, about)
    report.remarks = remarks
    db.session.flush()
    return report


def _check_scope(about: Special) -> None:
    if about.unit:
        require_units(about.unit)
    if about.district:
        require_district(about.district)
    if about.category:
        require_category(about.category)


def _asked(
    kind: Kind, period: Period, actor: Actor, now: datetime, cutoff: datetime, about: Special | None = None
) -> PeriodicReport:
    """A new edition, or the one being made."""
    if period.start > now:
        raise Invalid.field("day", gettext("this has not begun; give an earlier day"))
    of = {"kind": kind, "first": period.first, "last": period.last, "scope": about.scope if about else ""}
    key = func.hashtextextended("report {kind} {first} {last} {scope}".format(**of), 0)
    db.session.execute(select(func.pg_advisory_xact_lock(key)))  # two who ask at once ask for one edition
    newest = db.session.scalar(select(PeriodicReport).filter_by(**of).order_by(PeriodicReport.edition.desc()).limit(1))
    if newest is not None and newest.stage in {Stage.MAKING, Stage.FAILED}:
        return newest
    report = PeriodicReport(
        **of,
        edition=newest.edition + 1 if newest else 1,
        title=about.title if about else "",
        unit_code=about.unit if about else None,
        category_code=about.category if about else None,
        district_code=about.district if about else None,
        cutoff=cutoff,
        stage=Stage.MAKING,
        asked_at=now,
        asked_by=actor.name,
    )
    db.session.add(report)
    db.session.flush()
    leave("make_report", now, queue=Queue.REPORTS, report_id=report.id)
    return report


# Making


def make_report(report_id: int, now: datetime) -> None:
    """Make a report that was asked for. Twice, or by two workers, it is made once."""
    db.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"making report {report_id}", 0))))
    report = db.session.get_one(PeriodicReport, report_id, populate_existing=True)
    if report.stage not in {Stage.MAKING, Stage.FAILED}:
        return
    try:
        with speaking(DEFAULT):  # names are kept as they are in the city's language
            seen = seen_by(report)
            content = as_json(compose(seen, lambda percent, step: _note(report_id, Stage.MAKING, percent, step)))
    except Exception as failed:
        _note(report_id, Stage.FAILED, 0, "", type(failed).__name__)  # its message may hold what people wrote
        raise
    db.session.refresh(report, ["stage", "progress", "step", "error"])
    report.content, report.policy_id, report.made_at = content, seen.overview.policy_id, now
    report.stage, report.progress, report.step, report.error = Stage.MADE, 100, "", ""
    _mail(report, Mailed.MADE, now)
    db.session.flush()


def seen_by(report: PeriodicReport) -> Seen:
    """What a report is about, as its cut-off saw it."""
    units = frozenset({report.unit_code}) if report.unit_code else None
    return Seen(period_of_report(report), report.cutoff, units, About(report.category_code, report.district_code))


def _note(report_id: int, stage: Stage, progress: int, step: str, error: str = "") -> None:
    """Say how far it is, at once: in a transaction of its own, so that who waits sees it."""
    values: dict[str, Any] = {"stage": stage, "progress": progress, "step": step, "error": error}
    with Session(db.engine, join_transaction_mode="create_savepoint") as own:
        own.execute(update(PeriodicReport).where(PeriodicReport.id == report_id).values(values))
        own.commit()


# Signing


def edit_remarks(report: PeriodicReport, actor: Actor, *, remarks: str) -> None:
    """Write the opening words (编者按). Figures cannot be edited; what is signed is not changed."""
    actor.require(Permission.SIGN_REPORTS)
    _hold(report)
    if report.stage is Stage.SIGNED:
        raise Conflict(gettext("It is signed, and stays as it is; make another edition."))
    report.remarks = remarks
    db.session.flush()


def sign(report: PeriodicReport, actor: Actor, now: datetime) -> None:
    """Sign a report (签发): from now on it does not change, and it is mailed. Raises Conflict."""
    actor.require(Permission.SIGN_REPORTS)
    _hold(report)
    if report.stage is Stage.SIGNED:
        raise Conflict(gettext("It has been signed already."))
    if report.stage is not Stage.MADE:
        raise Conflict(gettext("It is not made yet."))
    if replaced_by(report) is not None:
        raise Conflict(gettext("A later edition has replaced it; sign that one."))
    report.stage, report.signed_at, report.signed_by = Stage.SIGNED, now, actor.name
    _mail(report, Mailed.SIGNED, now)
    db.session.flush()


def _hold(report: PeriodicReport) -> None:
    db.session.refresh(report, with_for_update=True)


def _mail(report: PeriodicReport, when: Mailed, now: datetime) -> None:
    """Leave a report to be sent to who is sent reports, where the policy says that it is now. Once."""
    if policies.policy_at(now).reports.mailed is when:
        delivery = uuid5(TELLS, f"{report.id} {when}")
        leave_once("tell_report", now, Queue.DEFAULT, [(delivery, {"report_id": report.id})])


# By the clock


def plan_reports(now: datetime) -> int:
    """Ask for the reports that are due by the policy in force, those missed earlier too; return how many. Safe to run twice."""
    asked = 0
    for due in policies.policy_at(now).reports.due:
        for period in _due_now(due, now):
            if not _known(due.kind, period):
                ask(due.kind, period.first, SYSTEM, now, cutoff=_due_at(due, period))
                asked += 1
    return asked


def _due_at(due: Due, period: Period) -> datetime:
    day = period.last + timedelta(days=due.days)
    return datetime.combine(day, due.at, period.zone).astimezone(UTC)


def _due_now(due: Due, now: datetime) -> Iterator[Period]:
    """The latest period whose report is due, and those before it that were missed since the last one made."""
    calendar, windows = policies.calendar_now(), policies.policy_at(now).windows
    made = db.session.scalar(select(func.max(PeriodicReport.last)).filter_by(kind=due.kind))
    period = period_of(due.kind, windows.day_of(now, calendar.zone), calendar.zone, windows)
    while _due_at(due, period) > now:
        period = period.before()
    if not db.session.scalar(select(Order.id).where(Order.received_at < period.end).limit(1)):
        return  # a hotline that has not begun has nothing to report
    yield period
    for _ in range(MOST_MISSED):
        period = period.before()
        if made is None or period.last <= made:
            return
        yield period


def _known(kind: Kind, period: Period) -> bool:
    of = {"kind": kind, "first": period.first, "last": period.last}
    return db.session.scalar(select(PeriodicReport.id).filter_by(**of).limit(1)) is not None
