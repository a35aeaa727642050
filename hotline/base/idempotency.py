"""Idempotency keys: a retried request gives the first answer again and changes nothing twice.

The key is claimed in the transaction of the work itself. A second request with the same key waits on the
unique index until the first has committed and then reads its answer: no lock outside the database.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from hotline.base.db import Base, Instant, Json, db
from hotline.base.errors import Conflict, Invalid

LONGEST_KEY = 200


class IdempotencyKey(Base):
    """The first answer given to a key, by whoever used it (``scope``)."""

    __tablename__ = "idempotency_key"

    scope: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[Json | None]
    created_at: Mapped[Instant]


def claim(scope: str, key: str, request: Any, now: datetime) -> dict[str, Any] | None:
    """Claim a key for this transaction.

    Returns None when the key is new, else the answer kept with it. Raises Invalid when the same key
    comes with another request, Conflict when the first use kept no answer.
    """
    fingerprint = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()
    fresh = db.session.execute(
        insert(IdempotencyKey)
        .values(scope=scope, key=key, fingerprint=fingerprint, created_at=now)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).scalar()
    if fresh is not None:
        return None
    kept = db.session.scalars(select(IdempotencyKey).filter_by(scope=scope, key=key)).one()
    if kept.fingerprint != fingerprint:
        raise Invalid.field("Idempotency-Key", "was used for another request; send a new key")
    if kept.answer is None:
        raise Conflict("The first request with this key left no answer; send a new key.")
    return kept.answer


def kept_answer(scope: str, key: str) -> dict[str, Any] | None:
    """The answer kept with a key; None where it was never used."""
    return db.session.scalar(select(IdempotencyKey.answer).filter_by(scope=scope, key=key))


def keep(scope: str, key: str, answer: dict[str, Any]) -> None:
    """Keep the answer a retry will be given."""
    db.session.get_one(IdempotencyKey, (scope, key)).answer = answer
