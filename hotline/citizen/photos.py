"""Photos a citizen sends: drawn anew, so that nothing but the picture is kept, and not too many.

What a camera writes beside a picture tells where its owner lives, when it was taken and on which device. None of it is
kept, whatever the browser has left in.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from io import BytesIO

import filetype
from PIL import Image, ImageOps
from werkzeug.datastructures import FileStorage

from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.orders.attachments import Upload

PICTURES = {"image/jpeg": ("JPEG", "jpg"), "image/png": ("PNG", "png"), "image/webp": ("WEBP", "webp")}
LONG_SIDE = 2560  # pixels: enough to read a sign by
MOST_PIXELS = 64_000_000  # of the picture sent; more than telephones take, or a trap
MOST_DRAWN = 24_000_000  # of what has to be held in memory: a JPEG is read in small at once
QUALITY = 85
UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, LookupError, ArithmeticError, struct.error)
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def read_photos(files: Iterable[FileStorage], most: int) -> tuple[Upload, ...]:
    """The photos of a form under names of our own; raise Invalid for those that are no picture, or where there are too many."""
    given = [file for file in files if file.filename]
    if len(given) > most:
        raise Invalid.field("photos", gettext("send at most %(most)s photos at a time", most=most))
    photos, wrong = [], []
    for place, file in enumerate(given, start=1):
        try:
            photos.append(_photo(file, place))
        except Invalid as unusable:
            wrong += unusable.errors["photos"]
    if wrong:
        raise Invalid({"photos": wrong})
    return tuple(photos)


def _photo(file: FileStorage, place: int) -> Upload:
    name, content = file.filename or "", file.read()
    kind = filetype.guess(content)
    if kind is None or kind.mime not in PICTURES:
        raise Invalid.field("photos", gettext("%(name)s is not a photo; send a JPEG, PNG or WebP picture", name=name))
    form, ending = PICTURES[kind.mime]
    try:
        return Upload(f"photo-{place}.{ending}", _drawn_anew(content, form))
    except BOMBS as bomb:
        raise Invalid.field(
            "photos", gettext("%(name)s has too many pixels; send a smaller picture", name=name)
        ) from bomb
    except UNREADABLE as broken:
        raise Invalid.field(
            "photos", gettext("%(name)s cannot be read; take the photo once more, or choose another", name=name)
        ) from broken


def _drawn_anew(content: bytes, form: str) -> bytes:
    """The picture alone: upright, not larger than needed, without anything that was written beside it."""
    with Image.open(BytesIO(content), formats=[form]) as picture:
        _require_pixels(picture, MOST_PIXELS)
        picture.draft(None, (LONG_SIDE, LONG_SIDE))
        _require_pixels(picture, MOST_DRAWN)
        drawn = picture.convert("RGBA" if form != "JPEG" and picture.has_transparency_data else "RGB")
    drawn.thumbnail((LONG_SIDE, LONG_SIDE))
    ImageOps.exif_transpose(drawn, in_place=True)
    drawn.info.clear()
    made = BytesIO()
    drawn.save(made, form, quality=QUALITY)
    return made.getvalue()


def _require_pixels(picture: Image.Image, most: int) -> None:
    if picture.width * picture.height > most:
        raise Image.DecompressionBombError
