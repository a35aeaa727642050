"""What a step of transfer is told, by whatever door."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, post_load

from hotline.base.schemas import Schema, member, truth, words
from hotline.orders.queries import Sure
from hotline.orders.vocabulary import Ruling, Urgency
from hotline.policy.schemas import CityDay, CityInstant
from hotline.transfer.catalogue import ANYWHERE


class DispatchBody(Schema):
    """Where an order goes."""

    unit = words(40, required=True)
    assist = fields.List(words(40), load_default=list)
    copy = fields.List(words(40), load_default=list)
    category = words(40)
    district = words(40)
    urgency = member(Urgency, load_default=None)
    reason = words(500)

    @post_load
    def _unset(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A category or district left empty stays as it is."""
        return {**data, "category": data["category"] or None, "district": data["district"] or None}


class QueueQuery(Schema):
    """What the dispatcher's queue is narrowed to; what it does not know is left alone."""

    tab = words(20)
    district = words(40)
    category = words(40)
    sure = member(Sure, load_default=None)


class BulkBody(Schema):
    """Where several orders go: all to one unit, or, without one, each as suggested."""

    unit = words(40)


class ReturnBody(Schema):
    """Why a unit hands an order back."""

    reason = words(500, required=True)
    basis = words(500)
    proposed_unit = words(40)

    @post_load
    def _unset(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A unit left empty is none."""
        return {**data, "proposed_unit": data["proposed_unit"] or None}


class RedispatchBody(Schema):
    """Where a returned order goes, and why."""

    unit = words(40, required=True)
    assist = fields.List(words(40), load_default=list)
    copy = fields.List(words(40), load_default=list)
    reason = words(500, required=True)


class PartBody(Schema):
    """A part of the work for a unit beside the lead, and by when."""

    part_unit = words(40, required=True)
    task = words(1000, required=True)
    due = CityInstant(required=True)


class FinishBody(Schema):
    """What a unit did for its part."""

    part_unit = words(40)
    note = words(2000, required=True)


class DisputeBody(Schema):
    """Whose an order is, by what duty list or rule, and why."""

    reason = words(500, required=True)
    basis = words(500, required=True)
    proposed_unit = words(40)

    @post_load
    def _unset(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A unit left empty is none."""
        return {**data, "proposed_unit": data["proposed_unit"] or None}


class RuleBody(Schema):
    """How a dispute was settled, and whose such matters are from now on."""

    how = member(Ruling, required=True)
    responsible = words(40)
    reason = words(500, required=True)


class RuleMovesBody(Schema):
    """How a dispute was settled, and where the order goes."""

    how = member(Ruling, required=True)
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


class TermsBody(Schema):
    """Who leads, assists and gets a copy, and what it rests on."""

    lead = words(40, required=True)
    assist = fields.List(words(40), load_default=list)
    copy = fields.List(words(40), load_default=list)
    basis = words(200)
    power = words(40)
    reason = words(500, required=True)


class RevisionBody(TermsBody):
    """What a row of the catalogue is to say, why, and from when on."""

    effective = CityInstant(load_default=None, allow_none=True)


class RevisionForm(TermsBody):
    """The same from a page: from the beginning of a day on."""

    effective = CityDay(load_default=None)


class NewRowForm(RevisionForm):
    """A row for a matter and a district that has none; without a district it is for the whole city."""

    category = words(40, required=True)
    district = words(40, load_default=ANYWHERE)


class EndQuery(Schema):
    """Why a row ends, and from when on."""

    reason = words(500, required=True)
    effective = CityInstant(load_default=None)


class EndForm(Schema):
    """The same from a page: from the beginning of a day on."""

    reason = words(500, required=True)
    effective = CityDay(load_default=None)


class FileForm(Schema):
    """Why the rows of a file are taken over, and from when on. whole: rows the file does not list end."""

    reason = words(500, required=True)
    effective = CityDay(load_default=None)
    whole = truth(load_default=False)


class FileRow(Schema):
    """A row of a file of the catalogue, as its cells are written."""

    category = words(40, required=True)
    district = words(40, required=True)
    lead = words(40, required=True)
    assist = words(1000)
    copy = words(1000)
    basis = words(200)
    power = words(40)


class CatalogueQuery(Schema):
    """What the catalogue may be narrowed by, and the instant it is seen at."""

    matter = words(40)
    district = words(40)
    unit = words(40)
    at = CityInstant(load_default=None)
    page = fields.Integer(load_default=1)


class CatalogueForm(Schema):
    """The same from a page: as it is on a day."""

    matter = words(40)
    district = words(40)
    unit = words(40)
    at = CityDay(load_default=None)
    page = fields.Integer(load_default=1)
