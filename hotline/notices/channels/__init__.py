"""The ways out of the app: each sends one message to one target, and raises Undelivered where it did not arrive."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from config.settings import Settings
from hotline.notices.channels import mail, sms, webhook
from hotline.notices.channels.message import Document, Message, Target
from hotline.notices.models import Medium

__all__ = ["SEND", "Document", "Message", "Target"]

SEND: dict[Medium, Callable[[Message, Target, UUID, datetime, Settings], None]] = {
    Medium.WEBHOOK: webhook.send,
    Medium.MAIL: mail.send,
    Medium.SMS: sms.send,
}
