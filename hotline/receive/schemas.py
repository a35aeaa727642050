"""The form of a complaint: what every door accepts, with its limits."""

from __future__ import annotations

from typing import Any

from marshmallow import post_load

from hotline.base.schemas import Schema, member, phone, truth, words
from hotline.orders.operations import Intake
from hotline.orders.vocabulary import Channel, Nature, Urgency

TITLE_FROM_TEXT = 30


class IntakeSchema(Schema):
    """A complaint. Without a title the beginning of the text is the title."""

    title = words(200)
    text = words(5000, required=True)
    nature = member(Nature, load_default=Nature.COMPLAINT)
    urgency = member(Urgency, load_default=Urgency.NORMAL)
    address = words(200)
    district = words(40)
    category = words(40)
    name = words(60)
    phone = phone()
    secret = truth(load_default=False)
    source = words(40)
    external_id = words(100)

    @post_load
    def to_intake(self, data: dict[str, Any], **_: Any) -> Intake:
        """The checked fields as an intake (its channel is set by the door)."""
        return Intake(
            title=data["title"] or data["text"][:TITLE_FROM_TEXT],
            text=data["text"],
            channel=Channel.API,
            nature=data["nature"],
            urgency=data["urgency"],
            address=data["address"],
            district_code=data["district"] or None,
            category_code=data["category"] or None,
            requester_name=data["name"],
            requester_phone="".join(data["phone"].split()).replace("-", ""),
            secret=data["secret"],
            source=data["source"],
            external_id=data["external_id"] or None,
        )


