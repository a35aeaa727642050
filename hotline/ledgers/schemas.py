"""What ledgers are told and asked, by whatever door, and how the API gives them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields, validate

from hotline.base.i18n import label
from hotline.base.i18n import lazy_gettext as _l
from hotline.base.schemas import Schema, member, words
from hotline.handle.schemas import Whole
from hotline.ledgers.cadence import Cadence
from hotline.ledgers.counting import Line, Tally, tally
from hotline.ledgers.models import Ledger
from hotline.ledgers.queries import lines_now
from hotline.ledgers.sheets import Progress
from hotline.ledgers.vocabulary import Kind

MOST = 100_000  # of issues, and of matters of a ledger
REQUIRED = _l("is required")


def _day(**more: Any) -> fields.Date:
    said = {"invalid": _l("give a day, e.g. 2026-12-01"), "required": REQUIRED, "null": REQUIRED}
    return fields.Date(error_messages=said, **more)


def _count() -> Whole:
    size = validate.Range(1, MOST, error=_l("give a number from {min} to {max}"))
    return Whole(load_default=None, validate=size, error_messages={"invalid": _l("give a whole number")})


class LedgerBody(Schema):
    """A ledger to open. series and issue come together; announced: how many matters were made public."""

    kind = member(Kind, required=True)
    title = words(200, required=True)
    held_on = _day(required=True)
    host = words(100)
    series = words(60)
    issue = _count()
    due_on = _day(load_default=None)
    announced = _count()
    cadence = member(Cadence, load_default=Cadence.NONE)
    note = words(2000)


class ItemBody(Schema):
    """A matter to write down, or the number of the order it is already."""

    matter = words(200)
    order = words(20)
    promise = words(2000)
    due_on = _day(load_default=None)
    external_id = words(100)


class OrdersBody(Schema):
    """Numbers of orders, with blanks or commas between."""

    numbers = words(5000, required=True)


class GiveOrderBody(Schema):
    """Which order a matter has become; why, where it had another."""

    order = words(20, required=True)
    reason = words(500)


class StrikeOffBody(Schema):
    """What was achieved."""

    note = words(2000, required=True)


class CadenceBody(Schema):
    """How often progress sheets are made."""

    cadence = member(Cadence, required=True)


class LedgerQuery(Schema):
    """What a list of ledgers may be narrowed by. open: "true" or "false"."""

    kind = member(Kind, load_default=None)
    series = words(60)
    open = fields.Boolean(load_default=None, error_messages={"invalid": _l("give true or false")})
    page = fields.Integer(load_default=1)


def brief(ledger: Ledger, now: datetime) -> dict[str, Any]:
    """A ledger as a row of a list."""
    return {
        "code": ledger.code,
        "kind": ledger.kind,
        "kind_label": label(ledger.kind),
        "title": ledger.title,
        "host": ledger.host,
        "series": ledger.series,
        "issue": ledger.issue,
        "held_on": ledger.held_on.isoformat(),
        "due_on": ledger.due_on.isoformat() if ledger.due_on else None,
        "announced": ledger.announced,
        "cadence": ledger.cadence,
        "ended_at": ledger.ended_at,
        "counts": counts(tally(lines_now(ledger, now))),
    }


def whole(ledger: Ledger, now: datetime) -> dict[str, Any]:
    """A ledger with its items as they stand now, its sheets by their last day, and its log."""
    positions = {item.id: item.position for item in ledger.items}
    return {
        **brief(ledger, now),
        "note": ledger.note,
        "items": items(lines_now(ledger, now)),
        "sheets": [sheet.last.isoformat() for sheet in ledger.sheets],
        "log": [
            {
                "at": event.at,
                "deed": event.deed,
                "item": positions[event.item_id] if event.item_id else None,
                "order": event.order.number if event.order else None,
                "by": event.actor_name,
                "note": event.note,
            }
            for event in ledger.events
        ],
    }


def sheet_of(progress: Progress) -> dict[str, Any]:
    """A progress sheet."""
    return {
        "code": progress.ledger.code,
        "first_day": progress.period.first.isoformat(),
        "last_day": progress.period.last.isoformat(),
        "produced_at": progress.produced_at,
        "counts": counts(progress.tally),
        "struck_off": [line.position for line in progress.struck_off],
        "overdue": [line.position for line in progress.overdue],
        "items": items(progress.lines),
    }


def items(lines: list[Line]) -> list[dict[str, Any]]:
    """The items, each as it stands."""
    return [line.as_json() for line in lines]


def counts(counted: Tally) -> dict[str, Any]:
    """How many items stand where; the parts add up to the total."""
    parts = {standing.value: number for standing, number in counted.parts.items()}
    return {"total": counted.total, **parts, "overdue": counted.overdue}
