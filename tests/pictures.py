"""Pictures as telephones send them: with what a camera writes beside them."""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base


def picture(form: str = "PNG", size: tuple[int, int] = (6, 4), color: str = "red") -> bytes:
    """A picture that says where it was taken, by what, and that it is to be turned a quarter."""
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Orientation] = "Camera of somebody", 6
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    made = BytesIO()
    Image.new("RGB", size, color).save(made, form, exif=exif.tobytes(), comment="Camera of somebody")
    return made.getvalue()
