"""Mail by SMTP. The Message-ID is made of the delivery id, so that a repeat is recognised as the same mail."""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit
from uuid import UUID

from config.settings import Settings
from hotline.base.i18n import mark
from hotline.base.outbox import Undelivered, Unreachable
from hotline.notices.channels.message import Message, Target

TIMEOUT = 10.0  # seconds to wait for each answer of the server
PORTS = {"smtp": 25, "smtps": 465}


def send(message: Message, target: Target, delivery_id: UUID, now: datetime, settings: Settings) -> None:
    """Send subject, text and document; raise Undelivered."""
    if not (settings.smtp_url and settings.mail_from):
        raise Undelivered(mark("mail is not configured: set HOTLINE_SMTP_URL and HOTLINE_MAIL_FROM"))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.mail_from, target.address, _one_line(message.subject)
    mail["Date"] = now
    mail["Message-ID"] = f"<{delivery_id}@{settings.mail_from.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.document is not None:
        kind, _, subtype = message.document.media_type.partition("/")
        name = _one_line(message.document.name).replace("/", "-")  # a name, not a path
        mail.add_attachment(message.document.content(), maintype=kind, subtype=subtype, filename=name)
    url = urlsplit(settings.smtp_url)
    try:
        with _connect(url) as server:
            _sign_in(server, url)
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        code = next(iter(refused.recipients.values()))[0]
        raise Undelivered(mark("the mail server refused the recipient"), code) from None
    except smtplib.SMTPResponseException as refused:
        raise Undelivered(mark("answered with an error"), refused.smtp_code) from None
    except (OSError, smtplib.SMTPException) as away:
        raise Unreachable(mark("no answer"), type(away).__name__) from None


def _one_line(words: str) -> str:
    """Words as a header takes them, without line breaks."""
    return " ".join(words.split())


def _connect(url: SplitResult) -> smtplib.SMTP:
    host, port = url.hostname or "", url.port or PORTS[url.scheme]
    if url.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    server.ehlo_or_helo_if_needed()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
    return server


def _sign_in(server: smtplib.SMTP, url: SplitResult) -> None:
    """Sign in where the setting names a user; without encryption no password is sent."""
    if not url.username:
        return
    if not isinstance(server.sock, ssl.SSLSocket):
        raise Undelivered(mark("the mail server offers no encryption, so no password is sent to it"))
    server.login(unquote(url.username), unquote(url.password or ""))
