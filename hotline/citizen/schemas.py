"""The forms of the citizen's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, validates_schema

from hotline.base.i18n import gettext
from hotline.base.schemas import Schema, truth, words
from hotline.receive.schemas import IntakeSchema


class CitizenSchema(IntakeSchema):
    """A complaint placed by its citizen, who must be within reach of an answer."""

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def within_reach(self, _: dict[str, Any], original: Mapping[str, str], **__: Any) -> None:
        """Ask for a telephone number."""
        if not original.get("phone"):
            raise ValidationError(gettext("give your phone number, so that we can answer you"), "phone")


class AddBody(Schema):
    """What a citizen adds to their order; photos may stand for words."""

    note = words(2000)


class UrgeBody(Schema):
    """What a citizen says when they press for their matter; nothing has to be said."""

    note = words(500)


class WhyBody(Schema):
    """Why a citizen withdraws, or asks again."""

    note = words(500, required=True)


class CitizenAnswerBody(Schema):
    """What the center answers a citizen who has asked for something; they read it. anyway as with a reply."""

    public_reply = words(2000, required=True)
    anyway = truth(load_default=False)
