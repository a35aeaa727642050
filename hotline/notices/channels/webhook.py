"""Webhooks: JSON by POST, signed, so that the receiver knows who sent it and that nobody changed it.

A receiver computes HMAC-SHA256 over the timestamp header, a full stop and the body as it came, with the secret it
was given, and compares it with the signature in constant time; it refuses a timestamp minutes away from its own
clock, and does nothing on a delivery id it has seen (docs/notices.md).
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from uuid import UUID

from config.settings import Settings
from hotline.notices.channels.message import Message, Target
from hotline.notices.channels.posting import post


def send(message: Message, target: Target, delivery_id: UUID, now: datetime, _settings: Settings) -> None:
    """Send the facts of a message; raise Undelivered."""
    body = json.dumps({"delivery": str(delivery_id), **message.facts}, ensure_ascii=False).encode()
    timestamp = str(int(now.timestamp()))
    headers = {
        "X-Hotline-Delivery": str(delivery_id),
        "X-Hotline-Timestamp": timestamp,
        "X-Hotline-Signature": f"sha256={signature(target.secret, timestamp, body)}",
    }
    post(target.address, body, headers)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What the signature header holds after ``sha256=``."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
