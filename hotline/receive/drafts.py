"""The agent's draft on the server: kept while a call is written down, dropped with its order or when it is emptied."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from hotline.base.db import db
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.receive.models import Draft
from hotline.receive.once import placed_before


def desk_scope(actor: Actor) -> str:
    """Whose forms a key of the desk is one of."""
    return f"desk:{actor.user_id}"


def keep_draft(said: Mapping[str, Any], actor: Actor, now: datetime) -> Order | None:
    """Keep what DraftSchema has read, unless something newer is kept; drop the draft where nothing is filled in.

    Returns the order where the call has become one already: then nothing is kept.
    """
    key, values = said["key"], {name: text for name, text in said.items() if text and name not in {"key", "at"}}
    if not values:
        drop_draft(actor, key)
        return None
    if order := placed_before(desk_scope(actor), key):
        return order
    at = min(datetime.fromtimestamp(said["at"] / 1000, UTC), now)
    row = insert(Draft).values(user_id=actor.user_id, document={"key": key, "values": values}, updated_at=at)
    changes = {"document": row.excluded.document, "updated_at": row.excluded.updated_at}
    newer = Draft.updated_at <= row.excluded.updated_at
    db.session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=changes, where=newer))
    return None


def drop_draft(actor: Actor, key: str) -> None:
    """Drop the draft of one call; one of another call, begun at another desk, stays."""
    db.session.execute(delete(Draft).where(Draft.user_id == actor.user_id, Draft.document["key"].astext == key))


def draft_of(actor: Actor) -> dict[str, Any] | None:
    """The draft as the page carries it: key, values, and the instant in milliseconds as browsers count it.

    None too where an order has come of it: the draft was on its way while the order was saved.
    """
    draft = db.session.scalar(select(Draft).where(Draft.user_id == actor.user_id))
    if draft is None or placed_before(desk_scope(actor), draft.document["key"]):
        return None
    return {**draft.document, "at": round(draft.updated_at.timestamp() * 1000)}
