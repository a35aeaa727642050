"""Reads of the reports that were made: the list, one of them, what they are called."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.base.time import Kind
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.report.papers.models import PeriodicReport, Stage
from hotline.report.papers.paper import Paper, from_json


def reports_for(actor: Actor, kind: Kind | None = None) -> Select[tuple[PeriodicReport]]:
    """The reports, the latest first. They are of the whole city: a unit's people do not see them."""
    actor.require(Permission.SEE_CITY_REPORTS)
    query: Select[Any] = select(PeriodicReport)
    if kind is not None:
        query = query.where(PeriodicReport.kind == kind)
    return query.order_by(PeriodicReport.last.desc(), PeriodicReport.id.desc())


def report_for(report_id: int, actor: Actor) -> PeriodicReport:
    """One report; raise NotFound."""
    actor.require(Permission.SEE_CITY_REPORTS)
    report = db.session.get(PeriodicReport, report_id)
    if report is None:
        raise NotFound(gettext("There is no such report."))
    return report


def paper_of(report: PeriodicReport) -> Paper:
    """What a report says; raise NotFound while it is being made."""
    if report.content is None or report.stage not in {Stage.MADE, Stage.SIGNED}:
        raise NotFound(gettext("This report is not made yet."))
    return from_json(report.content)


def replaced_by(report: PeriodicReport) -> int | None:
    """The edition that has taken the place of this one, once it is made."""
    return replacing([report]).get(report.id)


def replacing(reports: Collection[PeriodicReport]) -> dict[int, int]:
    """The editions that have taken the place of some reports, by the reports' ids. One question for a whole list."""
    old, new = PeriodicReport, aliased(PeriodicReport)
    same = (getattr(new, name) == getattr(old, name) for name in ("kind", "first", "last", "scope"))
    query = select(old.id, func.max(new.edition).label("edition")).join(new, and_(*same, new.edition > old.edition))
    made = new.stage.in_([Stage.MADE, Stage.SIGNED])
    query = query.where(old.id.in_([one.id for one in reports]), made).group_by(old.id)
    return {row.id: row.edition for row in db.session.execute(query)}
