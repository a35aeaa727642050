"""The API of receiving: place an order, ask for a suggestion while typing, look up a caller."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from hotline.base import idempotency
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.base.rest import answer, expected_version
from hotline.base.schemas import Schema, words
from hotline.base.time import utc_now
from hotline.orders.operations import Intake
from hotline.orders.queries import order_for, orders_of_phone
from hotline.orders.schemas import brief
from hotline.orders.vocabulary import Channel
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.receive.operations import answer_directly, receive_complaint
from hotline.receive.schemas import IntakeSchema, plain_phone
from hotline.transfer.suggestion import suggest

api = Blueprint("receive_api", __name__, url_prefix="/api/v1", description="Receive complaints")


class SuggestQuery(Schema):
    """A text as far as it is typed."""

    title = words(200)
    text = words(5000)
    address = words(200)
    category = words(40)
    district = words(40)


class AnswerBody(Schema):
    """An answer given at once."""

    public_reply = words(5000, required=True)


@api.post("/orders")
@needs(Permission.PLACE_ORDERS)
@api.arguments(IntakeSchema)
@api.doc(parameters=[{"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 200}}])
@api.response(201, description="The order; a repeated Idempotency-Key gives the first answer again.")
def place_order(intake: Intake) -> Response:
    """Place a complaint."""
    actor, now = current_actor(), utc_now()
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > idempotency.LONGEST_KEY:
        raise Invalid.field("Idempotency-Key", gettext("is too long; at most 200 characters"))
    scope = f"orders:{actor.user_id}"
    if key and (kept := idempotency.claim(scope, key, asdict(intake), now)) is not None:
        return answer(kept, 201)
    order = receive_complaint(replace(intake, channel=_channel(intake)), actor, now)
    body = {**brief(order), "received_at": order.received_at.isoformat(), "suggestion": order.suggestion}
    if key:
        idempotency.keep(scope, key, body)
    return answer(body, 201)


def _channel(intake: Intake) -> Channel:
    return Channel.PHONE if current_actor().may(Permission.TAKE_CALLS) and not intake.source else Channel.API


@api.get("/suggestion")
@needs(Permission.PLACE_ORDERS)
@api.arguments(SuggestQuery, location="query")
@api.response(200)
def suggestion(query: dict[str, Any]) -> Response:
    """What transfer would do with a text: categories, unit, and why."""
    return _suggested(query)


@api.post("/suggestion")
@needs(Permission.PLACE_ORDERS)
@api.arguments(SuggestQuery)
@api.response(200)
def suggestion_for_long_text(query: dict[str, Any]) -> Response:
    """The same for a text too long for an address."""
    return _suggested(query)


def _suggested(query: dict[str, Any]) -> Response:
    found = suggest(
        query["title"],
        query["text"],
        query["address"],
        category=query["category"] or None,
        district=query["district"] or None,
    )
    return answer(found.as_json())


@api.get("/callers/<phone>/orders")
@needs(Permission.TAKE_CALLS)
@api.response(200)
def caller(phone: str) -> Response:
    """Earlier orders of a caller."""
    return answer({"orders": [brief(order) for order in orders_of_phone(plain_phone(phone))]})


@api.post("/orders/<number>/answer")
@needs(Permission.PLACE_ORDERS)
@api.arguments(AnswerBody)
@api.response(200)
def answer_order(body: dict[str, Any], number: str) -> Response:
    """Answer an order directly, without a unit."""
    actor = current_actor()
    order = order_for(number, actor)
    answer_directly(order, actor, utc_now(), version=expected_version(), **body)
    return answer(brief(order))
