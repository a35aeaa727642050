"""Progress sheets (调度表、通报): a ledger as it stood at the end of each of its periods, made once and kept."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db
from hotline.base.errors import NotFound
from hotline.base.i18n import gettext
from hotline.base.time import DAY, Period
from hotline.ledgers.cadence import Cadence, periods_due
from hotline.ledgers.counting import Line, Tally, line_from, tally
from hotline.ledgers.models import Ledger, LedgerSheet
from hotline.ledgers.queries import get_ledger, lines_at
from hotline.policy import queries as policies

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """A progress sheet, read: the period it reports and every item as it stood at its end."""

    ledger: Ledger
    period: Period
    produced_at: datetime
    lines: list[Line]

    @property
    def tally(self) -> Tally:
        """How many items stood where."""
        return tally(self.lines)

    @property
    def struck_off(self) -> list[Line]:
        """What was struck off within the period."""
        return [line for line in self.lines if line.struck_off_at and line.struck_off_at >= self.period.start]

    @property
    def overdue(self) -> list[Line]:
        """What was overdue at its end."""
        return [line for line in self.lines if line.overdue]


def produce_sheets(now: datetime) -> None:
    """Make the progress sheets that are due of every ledger, those missed earlier too; safe to run twice.

    Each for itself: one whose orders cannot be read stops no other, and is tried again.
    """
    last = func.max(LedgerSheet.last)
    query = select(Ledger.code, Ledger.ended_at, last).outerjoin(LedgerSheet).where(Ledger.cadence != Cadence.NONE)
    for code, ended_at, reported in db.session.execute(query.group_by(Ledger.id).order_by(Ledger.id)).all():
        if ended_at and reported and policies.calendar_now().city_day(ended_at) <= reported:
            continue  # its last sheet is made
        try:
            with db.session.begin_nested():
                produce_sheets_of(get_ledger(code), now)
        except Exception as failed:  # noqa: BLE001 # whatever is wrong with one ledger
            log.warning("no progress sheet of ledger %s: %s", code, type(failed).__name__)


def produce_sheets_of(ledger: Ledger, now: datetime) -> None:
    """Make a ledger's sheets for the periods that are over, from its last sheet or the setting of its cadence on.

    The period in which it ended is the last.
    """
    calendar = policies.calendar_now()
    start = calendar.city_day(ledger.cadence_since)
    last = db.session.scalar(select(func.max(LedgerSheet.last)).where(LedgerSheet.ledger_id == ledger.id))
    if last is not None:
        start = max(start, last + DAY)
    for period in periods_due(ledger.cadence, start, now, calendar.zone):
        if ledger.ended_at is not None and ledger.ended_at < period.start:
            break
        _keep(ledger, period, now)


def _keep(ledger: Ledger, period: Period, now: datetime) -> None:
    lines = [line.as_json() for line in lines_at(ledger, period.end - datetime.resolution)]
    sheet = {"ledger_id": ledger.id, "first": period.first, "last": period.last, "lines": lines, "produced_at": now}
    db.session.execute(insert(LedgerSheet).values(sheet).on_conflict_do_nothing())


def progress(ledger: Ledger, last: str) -> Progress:
    """The sheet of a ledger by the last day it reports, ISO; raise NotFound."""
    sheet = next((sheet for sheet in ledger.sheets if sheet.last.isoformat() == last), None)
    if sheet is None:
        raise NotFound(gettext("There is no such progress sheet."))
    period = Period(sheet.first, sheet.last, policies.calendar_now().zone)
    return Progress(ledger, period, sheet.produced_at, [line_from(kept) for kept in sheet.lines])
