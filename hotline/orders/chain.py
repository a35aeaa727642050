"""The chain of an order's log: each event is hashed with the one before it, so that no change goes unnoticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC

from hotline.orders.models import Event, Order


def chain(previous: str, event: Event) -> str:
    """The hash of an event: over all it says and the hash of the event before it."""
    said = [
        previous,
        event.order_id,
        event.seq,
        event.at.astimezone(UTC).isoformat(),
        event.action,
        event.from_state,
        event.to_state,
        event.actor_role,
        event.actor_id,
        event.actor_name,
        event.reason,
        event.payload,
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def broken_link(order: Order, events: Iterable[Event]) -> int | None:
    """The number of the first event of an order's log that does not follow from the one before; None if all do.

    A log that lacks its last events breaks at the first one missing.
    """
    previous, seq = "", 0
    for seq, event in enumerate(events, start=1):
        if event.seq != seq or event.hash != chain(previous, event):
            return seq
        previous = event.hash
    return None if previous == order.head and seq == order.version else seq + 1
