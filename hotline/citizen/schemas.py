"""The forms of the citizen's pages."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, validate

from hotline.base.i18n import gettext, mark
from hotline.base.i18n import lazy_gettext as _l
from hotline.base.privacy import closed_up
from hotline.base.schemas import Schema, Trimmed, truth, words
from hotline.receive.schemas import IntakeSchema, plain_phone

# What the hotline can call back, without what parts its digits: a mobile, a landline with its area code, one abroad.
# The page's script reads it too, so it says nothing an old phone does not know.
CALLABLE = r"1[0-9]{10}|0[1-9][0-9]{8,10}|400[0-9]{7}|([+]|00)?860?[1-9][0-9]{8,10}|([+]|00)(?!86)[1-9][0-9]{6,14}"
NOT_CALLABLE = mark("give a mobile number of 11 digits, or a landline with its area code, e.g. 010-12345678")


class OwnNumber(Trimmed):
    """A number the hotline can call back, as it is dialled: phones also write digits of full width and odd hyphens."""

    def _deserialize(self, *given: Any, **more: Any) -> str:
        number = plain_phone(closed_up(super()._deserialize(*given, **more)))
        if not re.fullmatch(CALLABLE, number):
            raise ValidationError(gettext(NOT_CALLABLE))
        return number


class CitizenSchema(IntakeSchema):
    """A complaint placed by its citizen, who must be within reach of an answer."""

    text = words(5000, required=True, lacking=_l("write what has happened"))
    phone = OwnNumber(
        required=True,
        error_messages={"required": _l("give your phone number, so that we can answer you")},
    )


class FollowBody(Schema):
    """What a citizen follows their order by."""

    number = fields.String(
        validate=validate.Regexp(r"[0-9]{14}\Z", error=_l("give all 14 digits, e.g. 20261117000001"))
    )
    tail = fields.String(validate=validate.Regexp(r"[0-9]{4}\Z", error=_l("give four digits")))


class AddBody(Schema):
    """What a citizen adds to their order; photos may stand for words."""

    note = words(2000)


class UrgeBody(Schema):
    """What a citizen says when they press for their matter; nothing has to be said."""

    note = words(500)


class AgainBody(Schema):
    """Why a citizen asks to look at it again."""

    note = words(500, required=True, lacking=_l("write what is still not right"))


class WithdrawBody(Schema):
    """Why a citizen withdraws."""

    note = words(500, required=True, lacking=_l("write why you no longer need it"))


class CitizenAnswerBody(Schema):
    """What the center answers a citizen who has asked for something; they read it. anyway as with a reply."""

    public_reply = words(2000, required=True)
    anyway = truth(load_default=False)
