"""What a step of transfer is told, by whatever door."""

from __future__ import annotations

from marshmallow import fields

from hotline.base.schemas import Schema, words
from hotline.policy.schemas import CityInstant


class DispatchBody(Schema):
    """Where an order goes."""

    unit = words(40, required=True)
    assist = fields.List(words(40), load_default=list)
    copy = fields.List(words(40), load_default=list)
    category = words(40)
    district = words(40)
    reason = words(500)


class ReturnBody(Schema):
    """Why a unit hands an order back."""

    reason = words(500, required=True)
    proposed_unit = words(40)


class RedispatchBody(Schema):
    """Where a returned order goes, and why."""

    unit = words(40, required=True)
    assist = fields.List(words(40), load_default=list)
    copy = fields.List(words(40), load_default=list)
    reason = words(500, required=True)


class ReasonBody(Schema):
    """Why."""

    reason = words(500, required=True)


class MergeBody(Schema):
    """Which order it is merged into, and why it is the same matter."""

    master = words(20, required=True)
    reason = words(500, required=True)


class LinkBody(Schema):
    """Which order it has to do with, and what."""

    other = words(20, required=True)
    reason = words(500)


class UpstreamBody(Schema):
    """The deadline an upstream platform has set."""

    due = CityInstant(required=True)
    reason = words(500, required=True)
