"""Import of complaints from a CSV table: each row through the same schema and the same verb as every other door.

Rows in = orders opened + rows rejected. A row that came in before is a rejected one with a clear reason, so that
a second run over the same file adds nothing. The format and the column map: docs/imports.md.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from itertools import islice, product
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import DataError, IntegrityError

from hotline.base.db import db, take_turns
from hotline.base.errors import Conflict, HotlineError, Invalid
from hotline.base.i18n import gettext
from hotline.base.time import DAY
from hotline.base.work import unit_of_work
from hotline.orders.models import Category, Order
from hotline.orders.operations import Intake
from hotline.orders.vocabulary import Channel
from hotline.people.actors import Actor
from hotline.people.models import District
from hotline.people.roles import Permission
from hotline.policy import queries as policies
from hotline.policy.models import PolicyVersion
from hotline.receive.operations import receive_complaint
from hotline.receive.schemas import IntakeSchema
from hotline.receive.table import RECEIVED_AT, UPSTREAM_DUE, Errors, Rejection, Row
from hotline.transfer.suggestion import why_queued

BATCH = 200
LONGEST_SOURCE = 40
# What Chinese systems write, in the words of the schema.
CHINESE_VALUES = {
    "nature": {
        "咨询": "consultation",
        "求助": "help",
        "投诉": "complaint",
        "举报": "report",
        "建议": "suggestion",
        "表扬": "praise",
        "其他": "other",
    },
    "urgency": {"普通": "normal", "一般": "normal", "紧急": "urgent"},
    "requester": {"个人": "person", "企业": "enterprise"},
    "secret": {"是": "true", "否": "false"},
}
# Besides ISO 8601.
DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日")
TIME_FORMATS = (" %H:%M:%S", " %H:%M", "%H时%M分", " %H时%M分", "%H:%M:%S", "%H:%M")
UNBROKEN = re.compile("[0-9]{14}")


@dataclass(slots=True)
class OrderImport:
    """What an import has done so far: every row read is opened or rejected.

    queued: why orders wait for a dispatcher. already: of the rejected, those that had come in before.
    """

    opened: int = 0
    dispatched: int = 0
    already: int = 0
    queued: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejection] = field(default_factory=list)

    @property
    def read(self) -> int:
        """How many rows were read."""
        return self.opened + len(self.rejected)

    def count(self, order: Order) -> None:
        """Count an order that was opened."""
        self.opened += 1
        if order.dispatched_at is not None:
            self.dispatched += 1
        else:
            threshold = policies.policy(order.policy_id).auto_confidence
            self.queued[why_queued(order, threshold) or ""] += 1

    def add(self, part: OrderImport) -> None:
        """Add what a batch has done."""
        self.opened += part.opened
        self.dispatched += part.dispatched
        self.already += part.already
        self.queued += part.queued
        self.rejected += part.rejected


def import_orders(
    rows: Iterable[Row],
    mapping: Mapping[str, str],
    source: str,
    actor: Actor,
    now: datetime,
    *,
    batch: int = BATCH,
    after_batch: Callable[[OrderImport], None] = lambda _: None,
) -> OrderImport:
    """Open an order for each row that can be read; collect the others with their reasons.

    mapping: field → column. source: the system the rows are from; external ids are unique within it.
    now: when an order without a received_at of its own comes in. Each batch is one unit of work: a crash loses
    at most one, and running again goes on from there. after_batch is told the result so far after each commit.
    """
    actor.require(Permission.PLACE_ORDERS)
    reader = RowReader.prepare(mapping, source, now)
    result = OrderImport()
    remaining = iter(rows)
    while part := list(islice(remaining, batch)):
        with unit_of_work():
            done = _import_batch(part, reader, actor)
        result.add(done)
        after_batch(result)
    return result


def _import_batch(rows: Sequence[Row], reader: RowReader, actor: Actor) -> OrderImport:
    # Imports of one source take turns: with the same ids in another order they would wait for each other for ever.
    take_turns(f"import {reader.source}")
    done = OrderImport()
    read: list[tuple[Row, Intake, datetime]] = []
    for row in rows:
        try:
            read.append((row, *reader.read(row)))
        except Invalid as wrong:
            done.rejected.append(Rejection(row, wrong.errors))
    known = _known(reader.source, [intake.external_id for _, intake, _ in read if intake.external_id])
    for row, intake, at in read:
        number = known.get(intake.external_id or "")
        if number is not None:
            _reject_known(done, row, number)
        else:
            _open(done, row, intake, actor, at)
    done.rejected.sort(key=lambda rejection: rejection.row.number)
    return done


def _open(done: OrderImport, row: Row, intake: Intake, actor: Actor, at: datetime) -> None:
    """Open the order in its own savepoint, so that what is wrong with it touches no other."""
    try:
        with db.session.begin_nested():
            order = receive_complaint(intake, actor, at)
    except Invalid as wrong:
        done.rejected.append(Rejection(row, wrong.errors))
    except (HotlineError, IntegrityError, DataError) as wrong:
        # The id stood twice in the batch, or another import was faster.
        number = _known(intake.source, [intake.external_id or ""]).get(intake.external_id or "")
        if number is not None:
            _reject_known(done, row, number)
        else:
            done.rejected.append(Rejection(row, {"row": [str(getattr(wrong, "orig", wrong)).partition("\n")[0]]}))
    else:
        done.count(order)


def _known(source: str, external_ids: Sequence[str]) -> dict[str, str]:
    """External id → number of the order, for those that have come in before."""
    found = select(Order.external_id, Order.number).where(Order.source == source, Order.external_id.in_(external_ids))
    return {external_id: number for external_id, number in db.session.execute(found) if external_id}


def _reject_known(done: OrderImport, row: Row, number: str) -> None:
    done.already += 1
    text = gettext("already there: it came in before, as order %(number)s", number=number)
    done.rejected.append(Rejection(row, {"external_id": [text]}))


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows as complaints.

    districts, categories: code by code and by name, a name that stands for several left out.
    earliest: from when on a policy is in force; before it there are no time limits to count.
    """

    mapping: Mapping[str, str]
    source: str
    now: datetime
    zone: ZoneInfo
    earliest: datetime
    districts: Mapping[str, str]
    categories: Mapping[str, str]

    @classmethod
    def prepare(cls, mapping: Mapping[str, str], source: str, now: datetime) -> RowReader:
        """Read what the rows are checked against; raise Conflict where no city is loaded."""
        source = source.strip()
        if not 0 < len(source) <= LONGEST_SOURCE:
            raise Invalid.field("source", gettext("give a name of at most %(most)s characters", most=LONGEST_SOURCE))
        zone = policies.calendar_now().zone
        earliest = db.session.scalar(select(func.min(PolicyVersion.effective_from)))
        if earliest is None:
            raise Conflict("No policy is in force; load the city first: hotline load")
        districts = _by_name(db.session.scalars(select(District)))
        categories = _by_name(db.session.scalars(select(Category).filter_by(active=True)))
        return cls(mapping, source, now, zone, earliest, districts, categories)

    def read(self, row: Row) -> tuple[Intake, datetime]:
        """The row as a complaint and the instant it came in; raise Invalid with everything that is wrong."""
        if row.surplus:
            text = gettext("has more cells than the header has columns; put a text with commas in quotes")
            raise Invalid.field("row", text)
        given = {name: text for name, column in self.mapping.items() if (text := row.cells.get(column, "").strip())}
        errors: Errors = {}
        at = _collect(errors, self._received_at, given.pop(RECEIVED_AT, ""))
        for name, codes in (("district", self.districts), ("category", self.categories)):
            if name in given:
                given[name] = _collect(errors, _code, name, given[name], codes) or ""
        if UPSTREAM_DUE in given:
            given[UPSTREAM_DUE] = _collect(errors, self._upstream_due, given[UPSTREAM_DUE])
        for name, words in CHINESE_VALUES.items():
            if name in given:
                given[name] = words.get(given[name], given[name])
        intake = _collect(errors, IntakeSchema().read, {**given, "source": self.source})
        if errors:
            raise Invalid(errors)
        return replace(intake, channel=Channel.IMPORT), at

    def _received_at(self, text: str) -> datetime:
        if not text:
            return self.now
        at = self._instant(RECEIVED_AT, text)
        if at > self.now:
            raise Invalid.field(RECEIVED_AT, gettext("lies in the future"))
        if at < self.earliest:
            raise Invalid.field(RECEIVED_AT, gettext("lies before the first policy; no time limits are known for it"))
        return at

    def _upstream_due(self, text: str) -> str:
        return self._instant(UPSTREAM_DUE, text, ends=True).isoformat()

    def _instant(self, name: str, text: str, *, ends: bool = False) -> datetime:
        try:
            return parse_instant(text, self.zone, ends=ends)
        except ValueError:
            message = gettext("“%(text)s” is not a date; give e.g. 2026-03-02 09:15", text=text[:40])
            raise Invalid.field(name, message) from None


def parse_instant(text: str, zone: ZoneInfo, *, ends: bool = False) -> datetime:
    """An instant from one of the usual ways to write it, in ``zone`` where it has no offset; else ValueError.

    ends: a day alone stands for its end at 24:00, as it does for a deadline, and not for its beginning.
    """
    found = _parsed(text)
    try:
        at = found if isinstance(found, datetime) else datetime.combine(found + DAY * ends, time())
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as wrong:
        raise ValueError(text) from wrong


def _parsed(text: str) -> date:
    """An instant (a ``datetime``), or a day where no time of day is given; else ValueError."""
    for read in (date.fromisoformat, datetime.fromisoformat):
        with suppress(ValueError):
            return read(text)
    # Without signs between its parts only the full form is clear.
    if UNBROKEN.fullmatch(text):
        return datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the caller adds the city's zone
    for form in DAY_FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    for form in map("".join, product(DAY_FORMATS, TIME_FORMATS)):
        with suppress(ValueError):
            return datetime.strptime(text, form)  # noqa: DTZ007 - as above
    raise ValueError(text)


def _by_name(rows: Iterable[District | Category]) -> dict[str, str]:
    listed = list(rows)
    names = Counter(row.name for row in listed)
    by_name = {row.name: row.code for row in listed if names[row.name] == 1}
    return by_name | {row.code: row.code for row in listed}


def _code(name: str, text: str, codes: Mapping[str, str]) -> str:
    if text not in codes:
        raise Invalid.field(name, gettext("“%(text)s” is not known; give a code or a full name", text=text[:40]))
    return codes[text]


def _collect(errors: Errors, read: Callable[..., Any], *arguments: Any) -> Any:
    """Return what ``read`` returns; what it refuses goes to the errors."""
    try:
        return read(*arguments)
    except Invalid as wrong:
        for name, texts in wrong.errors.items():
            errors.setdefault(name, []).extend(texts)
        return None
