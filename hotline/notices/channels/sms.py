"""Text messages: one POST to the city's gateway, which is asked to send nothing twice under one id.

A gateway with another form of request is put behind a small adapter that takes this one.
"""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from config.settings import Settings
from hotline.base.i18n import mark
from hotline.base.outbox import Undelivered
from hotline.notices.channels.message import Message, Target
from hotline.notices.channels.posting import post


def send(message: Message, target: Target, delivery_id: UUID, _now: datetime, settings: Settings) -> None:
    """Send the text of a message to a telephone number; raise Undelivered."""
    if not settings.sms_url:
        raise Undelivered(mark("text messages are not configured: set HOTLINE_SMS_URL"))
    body = json.dumps({"to": target.address, "text": message.text, "id": str(delivery_id)}, ensure_ascii=False)
    post(settings.sms_url, body.encode(), {"Authorization": f"Bearer {settings.sms_key}"})
