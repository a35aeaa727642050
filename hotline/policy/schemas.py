"""Fields that go by the city's clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields

from hotline.base.i18n import lazy_gettext as _l
from hotline.base.time import midnight
from hotline.policy.queries import calendar_now, city_instant

YEARS = range(2000, 2100)  # a year outside is a slip of the keyboard
LONGEST_DAY = len("2026-12-01")


class CityInstant(fields.DateTime):
    """An instant, read as UTC; without an offset it is city time.

    A day alone is refused: whether its beginning or its end is meant, only the sender knows.
    """

    default_error_messages = {  # noqa: RUF012 # how marshmallow declares it
        "required": _l("is required"),
        "null": _l("is required"),
        "invalid": _l("give an instant, e.g. 2026-12-01T17:30"),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        found = super()._deserialize(value, attr, data, **kwargs)
        if found.year not in YEARS or len(str(value).strip()) <= LONGEST_DAY:
            raise self.make_error("invalid", input=value)
        return city_instant(found)


class CityDay(fields.Date):
    """A city day, read as its first instant in UTC."""

    default_error_messages = {"invalid": _l("give a day, e.g. 2026-12-01")}  # noqa: RUF012 # how marshmallow declares it

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        day = super()._deserialize(value, attr, data, **kwargs)
        if day.year not in YEARS:
            raise self.make_error("invalid", input=value)
        return midnight(day, calendar_now().zone)
