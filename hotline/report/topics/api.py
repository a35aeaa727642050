"""The API of hot topics."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app
from flask_smorest import Blueprint

from hotline.base.paging import page_of
from hotline.base.rest import answer
from hotline.base.time import utc_now
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.report.topics import schemas
from hotline.report.topics.fields import codes_of, read_fields, volumes
from hotline.report.topics.operations import open_campaign
from hotline.report.topics.queries import effects, get_topic, hot_topics, orders_of, places_of
from hotline.report.topics.schemas import CampaignBody, TopicQuery, TopicsQuery, WindowQuery

api = Blueprint("topics_api", __name__, url_prefix="/api/v1/topics", description="Hot topics")


@api.get("")
@needs(Permission.SEE_CITY_REPORTS)
@api.arguments(TopicsQuery, location="query")
@api.response(200)
def list_topics(query: dict[str, Any]) -> Response:
    """The topics that grow in the last 7 or 30 days, those most above their usual first."""
    codes = codes_of(query["field"], read_fields(current_app.config["SETTINGS"].city_dir))
    found = hot_topics(utc_now(), query["days"], district=query["district"], categories=codes)
    return answer({"days": query["days"], "topics": [schemas.hot(one) for one in found]})


@api.get("/fields")
@needs(Permission.SEE_CITY_REPORTS)
@api.arguments(WindowQuery, location="query")
@api.response(200)
def by_field(query: dict[str, Any]) -> Response:
    """What was told in each field of livelihood in the last 7 or 30 days, and in the window before."""
    found = volumes(read_fields(current_app.config["SETTINGS"].city_dir), utc_now(), query["days"])
    return answer({"days": query["days"], "fields": [schemas.volume(one) for one in found]})


@api.get("/<int:topic_id>")
@needs(Permission.SEE_CITY_REPORTS)
@api.arguments(TopicQuery, location="query")
@api.response(200)
def one(query: dict[str, Any], topic_id: int) -> Response:
    """A topic with its orders, the newest first, its places, and its campaigns with the volume before and after."""
    topic, now = get_topic(topic_id), utc_now()
    page = page_of(orders_of(topic, now, query["first"], query["last"], merged=query["merged"]), query["page"])
    return answer(
        {
            **schemas.brief(topic),
            "places": dict(places_of(topic)),
            "orders": [order.number for order in page.rows],
            "page": page.number,
            "total": page.total,
            "campaigns": [schemas.effect(one) for one in effects(topic, now)],
        }
    )


@api.post("/<int:topic_id>/campaign")
@needs(Permission.SEE_CITY_REPORTS)
@api.arguments(CampaignBody)
@api.response(201)
def campaign(body: dict[str, Any], topic_id: int) -> Response:
    """Take a topic on: a ledger with its open orders. 409 where a campaign on it is open."""
    ledger = open_campaign(get_topic(topic_id), current_actor(), utc_now(), **body)
    return answer({"ledger": ledger.code}, 201)
