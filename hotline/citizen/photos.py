"""Photos a citizen sends: pictures by their content, and not too many."""

from __future__ import annotations

from collections.abc import Iterable

import filetype
from werkzeug.datastructures import FileStorage

from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.orders.attachments import Upload

PICTURES = ("image/jpeg", "image/png", "image/webp")


def read_photos(files: Iterable[FileStorage], most: int) -> tuple[Upload, ...]:
    """The photos of a form; raise Invalid where one is no picture, or there are too many."""
    given = [file for file in files if file.filename]
    if len(given) > most:
        raise Invalid.field("photos", gettext("send at most %(most)s photos at a time", most=most))
    return tuple(_photo(file) for file in given)


def _photo(file: FileStorage) -> Upload:
    name, content = file.filename or "", file.read()
    kind = filetype.guess(content)
    if kind is None or kind.mime not in PICTURES:
        raise Invalid.field("photos", gettext("%(name)s is not a photo; send a JPEG, PNG or WebP picture", name=name))
    return Upload(name, content)
