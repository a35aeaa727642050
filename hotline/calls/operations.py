"""Verbs of the phone: calls come in from the telephone system's own record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.calls.models import Call
from hotline.calls.records import CallRecord, merge_all, merged

AT_ONCE = 1000
LONGEST_SOURCE = 40
CLOCKS_MAY_DIFFER = timedelta(minutes=10)
NAMES = ("queue", "phone", "agent", "outcome", "queued_at", "answered_at", "ended_at", "wait")


@dataclass(slots=True)
class Recorded:
    """How many calls were new, changed and already known as reported.

    future: ids of calls that say they came in after now; they are not recorded.
    """

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    future: list[str] = field(default_factory=list)


def record_calls(records: Iterable[CallRecord], source: str, now: datetime) -> Recorded:
    """Record calls of one source; a call that is known already learns what is new and loses nothing.

    source: the telephone system; call ids are unique within it.
    """
    if not 0 < len(source) <= LONGEST_SOURCE:
        raise Invalid.field("source", gettext("give a name of at most %(most)s characters", most=LONGEST_SOURCE))
    done = Recorded()
    # In the order of their ids, so that two imports at once wait for each other and never for ever.
    calls = sorted(merge_all(records), key=lambda record: record.call_id)
    done.future = [record.call_id for record in calls if record.queued_at > now + CLOCKS_MAY_DIFFER]
    late = set(done.future)
    past = (record for record in calls if record.call_id not in late)
    for part in _parts(past):
        inserted = _insert(part, source)
        done.new += len(inserted)
        _update([record for record in part if record.call_id not in inserted], source, done)
    return done


def _parts(records: Iterator[CallRecord]) -> Iterator[list[CallRecord]]:
    while part := list(islice(records, AT_ONCE)):
        yield part


def _insert(records: Sequence[CallRecord], source: str) -> set[str]:
    """Insert the calls that are not known; return their ids."""
    values = [{"source": source, "call_id": record.call_id, **_values(record)} for record in records]
    statement = insert(Call).on_conflict_do_nothing(index_elements=["source", "call_id"]).returning(Call.call_id)
    return set(db.session.scalars(statement, values))


def _update(records: Sequence[CallRecord], source: str, done: Recorded) -> None:
    ids = [record.call_id for record in records]
    found = select(Call).where(Call.source == source, Call.call_id.in_(ids)).order_by(Call.call_id)
    rows = db.session.scalars(found.with_for_update().execution_options(populate_existing=True))
    calls = {call.call_id: call for call in rows}
    for record in records:
        call = calls[record.call_id]
        values = _values(merged(_record(call), record))
        changed = {name: value for name, value in values.items() if getattr(call, name) != value}
        for name, value in changed.items():
            setattr(call, name, value)
        done.updated += bool(changed)
        done.unchanged += not changed
    db.session.flush()


def _values(record: CallRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in NAMES}


def _record(call: Call) -> CallRecord:
    return CallRecord(
        call_id=call.call_id,
        queue=call.queue,
        outcome=call.outcome,
        queued_at=call.queued_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        phone=call.phone,
        agent=call.agent,
    )
