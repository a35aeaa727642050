"""The form of a complaint: what every door accepts, with its limits."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from hotline.base.i18n import gettext
from hotline.base.idempotency import LONGEST_KEY
from hotline.base.schemas import Schema, member, phone, truth, words
from hotline.orders.operations import Intake
from hotline.orders.vocabulary import Channel, Exit, Nature, Service, Urgency
from hotline.policy.limits import Requester
from hotline.policy.schemas import CityInstant

TITLE_FROM_TEXT = 30
PAUSES = re.compile("[，。；！？!?;]|,(?![0-9])")
LATEST_INSTANT = 10**13  # in the year 2286, in milliseconds
NOT_DIALLED = str.maketrans("", "", " \t-()")


def plain_phone(text: str) -> str:
    """A telephone number as it is kept and looked up: without spaces, hyphens and brackets."""
    return text.translate(NOT_DIALLED)


def title_of(title: str, text: str) -> str:
    """The title given, or the beginning of the text in one line: to the last mark within reach, else with “…”."""
    line = " ".join(text.split())
    if title or len(line) <= TITLE_FROM_TEXT:
        return title or line
    marks = [pause.start() for pause in PAUSES.finditer(line, TITLE_FROM_TEXT // 2, TITLE_FROM_TEXT + 1)]
    return line[: marks[-1]] if marks else line[:TITLE_FROM_TEXT] + "…"


class IntakeSchema(Schema):
    """A complaint. Without a title the beginning of the text is the title.

    source: the platform it comes from, if any; upstream_due: the deadline that platform has set. anonymous: the citizen
    wants to give neither name nor number, and none is kept, nor where they stand. latitude, longitude: where the citizen
    stands, in degrees.
    """

    title = words(200)
    text = words(5000, required=True)
    nature = member(Nature, load_default=None)
    urgency = member(Urgency, load_default=Urgency.NORMAL)
    address = words(200)
    district = words(40)
    category = words(40)
    name = words(60)
    phone = phone()
    requester = member(Requester, load_default=Requester.PERSON)
    secret = truth(load_default=False)
    anonymous = truth(load_default=False)
    source = words(40)
    external_id = words(100)
    upstream_due = CityInstant(load_default=None)
    latitude = fields.Float(load_default=None, validate=validate.Range(-90, 90))
    longitude = fields.Float(load_default=None, validate=validate.Range(-180, 180))

    @validates_schema
    def deadline_has_a_platform(self, data: dict[str, Any], **_: Any) -> None:
        """Ask which platform has set the deadline."""
        if data["upstream_due"] and not data["source"]:
            raise ValidationError(gettext("name the platform that has set the upstream deadline"), "source")

    @validates_schema
    def position_is_whole(self, data: dict[str, Any], **_: Any) -> None:
        """Ask for both of its numbers."""
        if (data["latitude"] is None) != (data["longitude"] is None):
            raise ValidationError(gettext("give latitude and longitude together"), "latitude")

    @post_load
    def to_intake(self, data: dict[str, Any], **_: Any) -> Intake:
        """The checked fields as an intake (its channel is set by the door)."""
        return Intake(
            title=title_of(data["title"], data["text"]),
            text=data["text"],
            channel=Channel.API,
            nature=data["nature"],
            urgency=data["urgency"],
            address=data["address"],
            district_code=data["district"] or None,
            category_code=data["category"] or None,
            requester_name="" if data["anonymous"] else data["name"],
            requester_phone="" if data["anonymous"] else plain_phone(data["phone"]),
            secret=data["secret"],
            anonymous=data["anonymous"],
            source=data["source"],
            external_id=data["external_id"] or None,
            requester_kind=data["requester"],
            upstream_due_at=data["upstream_due"],
            latitude=None if data["anonymous"] else data["latitude"],
            longitude=None if data["anonymous"] else data["longitude"],
        )


class PutThroughBody(Schema):
    """Which number the caller was put through to, and who took it there (name, number of their record)."""

    service = member(Service, required=True)
    note = words(500, required=True)


class ExitBody(Schema):
    """Why an order is not accepted; without a public reply the citizen reads the usual words."""

    exit = member(Exit, required=True)
    reason = words(500, required=True)
    public_reply = words(2000)


class ConfirmExitBody(Schema):
    """What the second person has to say."""

    reason = words(500)


class DraftSchema(Schema):
    """A call as far as it is written down: held to the lengths of the form, and to nothing else yet.

    at: when it was changed last, in milliseconds since 1970 as browsers count them.
    """

    key = words(LONGEST_KEY, required=True)
    at = fields.Integer(required=True, validate=validate.Range(0, LATEST_INSTANT))
    phone = words(30)
    name = words(60)
    requester = words(20)
    secret = words(10)
    anonymous = words(10)
    urgency = words(20)
    nature = words(20)
    text = words(5000)
    address = words(200)
    district = words(40)
    category = words(200)
    title = words(200)
    call = words(20)
    same = words(20)
    how = words(10)
    public_reply = words(5000)
    article = words(60)
    anyway = words(10)
    do = words(10)
