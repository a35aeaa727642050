"""What the forms of deliveries say."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load

from hotline.base.i18n import lazy_gettext as _l
from hotline.base.schemas import Schema, member, words
from hotline.notices.models import Medium
from hotline.people.roles import Role


class SubscriptionForm(Schema):
    """A subscription: ``whom`` is empty for the center's own systems, else "unit CODE" or "role NAME"."""

    medium = member(Medium, required=True)
    target = words(500, required=True)
    whom = words(60)
    actions = fields.List(words(20), load_default=list)

    @post_load
    def _split(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        kind, _space, code = data.pop("whom").partition(" ")
        if kind == "unit":
            return {**data, "unit_code": code}
        if kind == "role" and code in list(Role):
            return {**data, "role": Role(code)}
        if kind:
            raise ValidationError(_l("choose one from the list"), "whom")
        return data
