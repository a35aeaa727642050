"""Photos of citizens: the picture is kept and nothing that was written beside it, whatever the browser has left in."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image
from werkzeug.datastructures import FileStorage

from hotline.base.errors import Invalid
from hotline.base.i18n import speaking
from hotline.citizen.photos import LONG_SIDE, MOST_DRAWN, read_photos
from hotline.orders.attachments import Upload
from tests.pictures import picture


@pytest.fixture(autouse=True)
def _language(app: Flask) -> Iterator[None]:
    with app.test_request_context(), speaking("en"):
        yield


def sent(content: bytes, name: str = "王女士家门口.jpg") -> Upload:
    (photo,) = read_photos([FileStorage(BytesIO(content), name)], 1)
    return photo


@pytest.mark.parametrize(("form", "ending"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_only_the_picture_is_kept_upright_and_under_a_name_of_ours(form: str, ending: str) -> None:
    photo = sent(picture(form))
    assert photo.name == f"photo-1.{ending}"
    assert b"Camera" not in photo.content
    with Image.open(BytesIO(photo.content)) as kept:
        kept.load()
        assert (kept.format, kept.size) == (form, (4, 6))
        assert not kept.getexif()
        assert not {"exif", "comment", "xmp", "icc_profile"} & set(kept.info)


def test_what_can_be_seen_through_stays_so() -> None:
    made = BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(made, "PNG")
    with Image.open(BytesIO(sent(made.getvalue()).content)) as kept:
        assert kept.getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_large_photo_is_drawn_smaller() -> None:
    with Image.open(BytesIO(sent(picture("JPEG", (4000, 3000))).content)) as kept:
        assert kept.size == (LONG_SIDE * 3 // 4, LONG_SIDE)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (picture("JPEG", (400, 300))[:400], "cannot be read"),
        (picture("PNG")[:40], "cannot be read"),
        (picture("PNG", (MOST_DRAWN // 4000 + 1, 4000)), "too many pixels"),
        (picture("JPEG", (13_000, 10_000)), "too many pixels"),
        (b"%PDF-1.7 x", "is not a photo"),
    ],
)
def test_what_cannot_be_drawn_is_refused_beside_its_field(content: bytes, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        sent(content)
    assert said in refused.value.errors["photos"][0]
