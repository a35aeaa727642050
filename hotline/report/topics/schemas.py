"""What topics are asked and told, by whatever door, and how the API gives them."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from hotline.base.i18n import lazy_gettext as _l
from hotline.base.paging import LAST_PAGE
from hotline.base.schemas import Schema, truth, words
from hotline.report.schemas import a_day
from hotline.report.topics.fields import Volume
from hotline.report.topics.models import Topic
from hotline.report.topics.queries import Counted, Effect, Hot

WINDOWS = (7, 30)


class WindowQuery(Schema):
    """How many days up to now."""

    days = fields.Integer(
        load_default=WINDOWS[0],
        validate=validate.OneOf(WINDOWS, error=_l("choose one of: %(choices)s", choices="7, 30")),
        error_messages={"invalid": _l("give a whole number")},
    )


class TopicsQuery(WindowQuery):
    """Which hot topics. district: a code. field: the name of a field of livelihood."""

    district = words(40)
    field = words(60)


class TopicQuery(Schema):
    """Which orders of a topic: received from the first day to the last. merged: false leaves out those merged."""

    first = a_day(load_default=None)
    last = a_day(load_default=None)
    merged = truth(load_default=True)
    page = fields.Integer(
        load_default=1,
        validate=validate.Range(1, LAST_PAGE, error=_l("give a page number from {min}")),
        error_messages={"invalid": _l("give a page number")},
    )


class CampaignBody(Schema):
    """A campaign to open. owner: the code of the unit that answers for it."""

    title = words(200, required=True)
    measures = words(2000, required=True)
    owner = words(40, required=True)
    due_on = a_day(required=True)


def brief(topic: Topic) -> dict[str, Any]:
    """What a topic is."""
    return {
        "id": topic.id,
        "label": topic.label,
        "place": topic.place,
        "words": topic.words,
        "district": topic.district_code,
        "category": topic.category_code,
        "first_at": topic.first_at,
        "last_at": topic.last_at,
    }


def hot(one: Hot) -> dict[str, Any]:
    """A hot topic. usual: citizens in a window of this length, the mean of those before; null without any."""
    return {
        **brief(one.topic),
        "orders": one.orders,
        "citizens": one.growth.citizens,
        "usual": one.growth.usual,
        "weeks": one.trend,
        "units": dict(one.units),
    }


def effect(one: Effect) -> dict[str, Any]:
    """A campaign with what was told before and after; null while there is no day to compare."""
    return {"ledger": one.link.ledger.code, "before": _counted(one.before), "after": _counted(one.after)}


def _counted(one: Counted | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "first_day": one.period.first.isoformat(),
        "last_day": one.period.last.isoformat(),
        "orders": one.orders,
        "citizens": one.citizens,
    }


def volume(one: Volume) -> dict[str, Any]:
    """A field with what was told in it; field null: in none."""
    return {
        "field": one.field.name if one.field else None,
        "orders": one.orders,
        "citizens": one.citizens,
        "before": one.before,
        "topics": [hot.topic.id for hot in one.topics],
    }
