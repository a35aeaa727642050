"""What is asked of reports: which list, which one is to be made, its opening words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from hotline.base.i18n import gettext
from hotline.base.i18n import lazy_gettext as _l
from hotline.base.paging import LAST_PAGE
from hotline.base.schemas import Schema, member, words
from hotline.base.time import Kind
from hotline.report.papers.models import VERSION_LENGTH
from hotline.report.papers.operations import Special
from hotline.report.schemas import a_day


class ReportsQuery(Schema):
    """Which reports: of a kind, or all."""

    kind = member(Kind, load_default=None)
    page = fields.Integer(
        load_default=1,
        validate=validate.Range(1, LAST_PAGE, error=_l("give a page number from {min}")),
        error_messages={"invalid": _l("give a page number")},
    )


class AskBody(Schema):
    """A report to be made: of the period a day lies in; a special one of any days, narrowed or not, with a title."""

    kind = member(Kind, required=True)
    day = a_day(load_default=None)
    first = a_day(load_default=None)
    last = a_day(load_default=None)
    title = words(60)
    remarks = words(2000)
    unit = words(40, load_default=None)
    category = words(40, load_default=None)
    district = words(40, load_default=None)

    @validates_schema
    def which_days(self, data: dict[str, Any], **_: Any) -> None:
        """Raise ValidationError where the days are missing."""
        wanted = ("first", "last") if data.get("kind") is Kind.RANGE else ("day",)
        for name in wanted:
            if data.get(name) is None:
                raise ValidationError(gettext("is required"), name)


class SignBody(Schema):
    """A signature. remarks_version: that of the opening words that were read."""

    remarks_version = words(VERSION_LENGTH, required=True)


class RemarksBody(SignBody):
    """The opening words of a report, written over those that were read."""

    remarks = words(2000)


def special_from(given: Mapping[str, Any]) -> Special:
    """What a special report is about. Its title is one line."""
    return Special(" ".join(given["title"].split()), given["unit"], given["category"], given["district"])
