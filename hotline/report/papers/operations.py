"""Verbs of reports: ask for one, make it, write its opening words, sign it; and what is made by the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import DEFAULT, gettext, speaking
from hotline.base.outbox import Delivery, Queue, leave, leave_once
from hotline.base.time import Kind, Period, period_of
from hotline.base.work import one_picture
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
from hotline.report.queries import fresh, period_at
from hotline.report.schemas import LONGEST

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


def ask(kind: Kind, day: date | None, actor: Actor, now: datetime) -> PeriodicReport:
    """Ask for the report of the period a day (or now) lies in. One being made is not asked for again."""
    if actor is not SYSTEM:
        actor.require(Permission.SIGN_REPORTS)
    if kind is Kind.RANGE:
        raise Invalid.field("kind", gettext("a special report has its own days and a title; ask for it as such"))
    period = period_at(now, kind, day)
    return _asked(kind, period, actor, now, _seen_at(period, now))


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
    report = _asked(Kind.RANGE, period, actor, now, _seen_at(period, now), about)
    if remarks and report.asked_by == actor.name:  # the one being made may be somebody else's
        report.remarks = remarks
    db.session.flush()
    return report


def _seen_at(period: Period, now: datetime) -> datetime:
    """What a report asked for now is seen as of: the rollup, which answers at once, unless the period ended since."""
    rolled = fresh(now) or now
    return now if rolled <= period.start or rolled < period.end <= now else rolled


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
    of: dict[str, Any] = {
        "kind": kind,
        "first": period.first,
        "last": period.last,
        "scope": about.scope if about else "",
    }
    _hold_editions(**of)  # two who ask at once ask for one edition
    newest = db.session.scalar(select(PeriodicReport).filter_by(**of).order_by(PeriodicReport.edition.desc()).limit(1))
    if newest is not None and newest.stage in {Stage.MAKING, Stage.FAILED}:
        _renew(newest, now, cutoff)
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


def _hold_editions(kind: Kind, first: date, last: date, scope: str) -> None:
    """Let nobody else add, finish or sign an edition of these days until the transaction ends."""
    key = func.hashtextextended(f"report {kind} {first} {last} {scope}", 0)
    db.session.execute(select(func.pg_advisory_xact_lock(key)))


def _hold_editions_of(report: PeriodicReport) -> None:
    _hold_editions(report.kind, report.first, report.last, report.scope)


def _renew(report: PeriodicReport, now: datetime, cutoff: datetime) -> None:
    """Try one that failed again at once, as the records stand now; leave one that somebody is just making."""
    free = db.session.scalar(select(func.pg_try_advisory_xact_lock(_making(report.id))))
    db.session.refresh(report, ["stage"])
    if not free or report.stage is not Stage.FAILED:
        return
    report.cutoff = cutoff
    of = Delivery.job == "make_report", Delivery.arguments["report_id"].as_integer() == report.id
    db.session.execute(update(Delivery).where(*of, Delivery.done_at.is_(None)).values(due_at=now))
    db.session.flush()


def _making(report_id: int) -> Any:
    """The key of the lock whoever makes a report holds."""
    return func.hashtextextended(f"making report {report_id}", 0)


# Making


def make_report(report_id: int, now: datetime) -> None:
    """Make a report that was asked for. Twice, or by two workers, it is made once."""
    db.session.execute(select(func.pg_advisory_xact_lock(_making(report_id))))
    report = db.session.get_one(PeriodicReport, report_id, populate_existing=True)
    if report.stage not in {Stage.MAKING, Stage.FAILED}:
        return
    try:
        content, policy_id = _composed(seen_by(report), report_id)
    except Exception as failed:
        _note(report_id, Stage.FAILED, 0, "", type(failed).__name__)  # its message may hold what people wrote
        raise
    _hold_editions_of(report)
    db.session.refresh(report, ["stage", "progress", "step", "error"])
    report.content, report.policy_id, report.made_at = content, policy_id, now
    report.stage, report.progress, report.step, report.error = Stage.MADE, 100, "", ""
    _mail(report, Mailed.MADE, now)
    db.session.flush()


def _composed(seen: Seen, report_id: int) -> tuple[dict[str, Any], int]:
    """What a report says, and by which policy: every section from one picture, in the city's language."""
    with one_picture(), speaking(DEFAULT):
        content = as_json(compose(seen, lambda percent, step: _note(report_id, Stage.MAKING, percent, step)))
        return content, seen.overview.policy_id


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


def edit_remarks(report: PeriodicReport, actor: Actor, *, remarks: str, remarks_version: str) -> None:
    """Write the opening words (编者按). Figures cannot be edited; what is signed is not changed.

    remarks_version: that of the words the actor has read. Raises Conflict.
    """
    actor.require(Permission.SIGN_REPORTS)
    _hold(report)
    if report.stage is Stage.SIGNED:
        raise Conflict(gettext("It is signed, and stays as it is; make another edition."))
    _check_read(report, remarks_version)
    report.remarks = remarks
    db.session.flush()


def sign(report: PeriodicReport, actor: Actor, now: datetime, *, remarks_version: str) -> None:
    """Sign a report (签发) with the opening words the actor has read: from now on it does not change, and it is mailed.

    Raises Conflict.
    """
    actor.require(Permission.SIGN_REPORTS)
    _hold_editions_of(report)  # one that replaces it is finished before, or waits
    _hold(report)
    if report.stage is Stage.SIGNED:
        raise Conflict(gettext("It has been signed already."))
    if report.stage is not Stage.MADE:
        raise Conflict(gettext("It is not made yet."))
    if replaced_by(report) is not None:
        raise Conflict(gettext("A later edition has replaced it; sign that one."))
    _check_read(report, remarks_version)
    report.stage, report.signed_at, report.signed_by = Stage.SIGNED, now, actor.name
    _mail(report, Mailed.SIGNED, now)
    db.session.flush()


def _check_read(report: PeriodicReport, remarks_version: str) -> None:
    if report.remarks_version != remarks_version:
        raise Conflict(gettext("Somebody has changed the opening words meanwhile. Read them, then save or sign again."))


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
        for period in _missing(due, now):
            cutoff = _cutoff(_due_at(due, period), now)
            if cutoff is not None:
                _asked(due.kind, period, SYSTEM, now, cutoff)
                asked += 1
    return asked


def _due_at(due: Due, period: Period) -> datetime:
    """When a period's report is due: at the time the policy gives, but never before the period's last day has ended."""
    day = period.last + timedelta(days=due.days)
    return max(datetime.combine(day, due.at, period.zone).astimezone(UTC), period.end)


def _cutoff(due_at: datetime, now: datetime) -> datetime | None:
    """What a report that is due is seen as of: the first rollup since, which answers at once; None while it is awaited.

    Where no rollup is kept fresh, it is the due instant, counted by rows.
    """
    rolled = fresh(now)
    if rolled is None:
        return due_at
    return rolled if rolled >= due_at else None


def _missing(due: Due, now: datetime) -> list[Period]:
    """The latest period whose report is due and not there, and those before it back to the last one reported."""
    calendar, windows = policies.calendar_now(), policies.policy_at(now).windows
    period = period_of(due.kind, windows.day_of(now, calendar.zone), calendar.zone, windows)
    while _due_at(due, period) > now:
        period = period.before()
    if not db.session.scalar(select(Order.id).where(Order.received_at < period.end).limit(1)):
        return []  # a hotline that has not begun has nothing to report
    missing: list[Period] = []
    while len(missing) <= MOST_MISSED:
        if _reported(due, period):
            return missing
        missing.append(period)
        period = period.before()
    ever = select(PeriodicReport.id).where(PeriodicReport.kind == due.kind, PeriodicReport.last <= period.last)
    return missing if db.session.scalar(ever.limit(1)) else missing[:1]


def _reported(due: Due, period: Period) -> bool:
    """Whether a report covers a period's last day, seen when it was due or later: one made in mid-period is not of all of it.

    By the day, not by the days: where a policy moves the start of months, what was reported is not reported again.
    """
    covers = PeriodicReport.first <= period.last, PeriodicReport.last >= period.last
    seen = PeriodicReport.cutoff >= _due_at(due, period)
    return (
        db.session.scalar(select(PeriodicReport.id).where(PeriodicReport.kind == due.kind, *covers, seen)) is not None
    )
