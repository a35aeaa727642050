"""Files of an order: checked by content, limited in size, stored outside the web root under their own hash."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import filetype
from flask import current_app

from hotline.base.db import db
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.orders.models import Attachment, Order
from hotline.people.actors import Actor

ALLOWED = {
    "image/jpeg",
    "image/png",
    "image/webp",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "video/mp4",
    "audio/mpeg",
    "audio/x-wav",
}


# By the end of the name, for the choice of files; what comes is judged by its content.
ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".pdf", ".docx", ".xlsx", ".mp4", ".mp3", ".wav")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came in."""

    name: str
    content: bytes


def attach(
    order: Order, upload: Upload, actor: Actor, now: datetime, *, public: bool, from_citizen: bool = False
) -> Attachment:
    """Note a file with the order; its content is kept with ``store``, once the step it belongs to is taken.

    The type is read from the content, not believed from the name. public: whether the citizen may see it.
    from_citizen: whether they have sent it themselves.
    Raises Invalid for an empty file or a type that is not allowed.
    """
    kind = filetype.guess(upload.content)
    if kind is None or kind.mime not in ALLOWED:
        raise Invalid.field(
            "attachments",
            gettext("%(name)s: send a picture, PDF, Word, Excel, video or sound file", name=upload.name),
        )
    attachment = Attachment(
        order_id=order.id,
        name=Path(upload.name).name[:200] or "file",
        media_type=kind.mime,
        size=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        public=public,
        from_citizen=from_citizen,
        added_at=now,
        added_by=actor.name,
    )
    db.session.add(attachment)
    db.session.flush()
    return attachment


def store(attachment: Attachment, content: bytes) -> None:
    """Keep the content of a file: wholly, or not at all."""
    path = stored_path(attachment.sha256)
    path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as unfinished:
        file = Path(unfinished) / path.name
        file.write_bytes(content)
        file.replace(path)


def stored_path(digest: str) -> Path:
    """Where a file with this hash lies."""
    folder: Path = current_app.config["SETTINGS"].attachments_dir
    return folder / digest[:2] / digest
