"""The API of receiving: place an order, ask for a suggestion while typing, look up a caller."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from flask import Response, json, request
from flask_smorest import Blueprint

from hotline.base import idempotency
from hotline.base.errors import Invalid
from hotline.base.i18n import gettext
from hotline.base.rest import answer
from hotline.base.schemas import Schema, phone, words
from hotline.base.time import utc_now
from hotline.orders.operations import Intake
from hotline.orders.queries import orders_of_phone, require_category
from hotline.orders.schemas import brief
from hotline.orders.vocabulary import Channel
from hotline.people.actors import Actor
from hotline.people.queries import require_district
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.receive.operations import receive_complaint
from hotline.receive.schemas import IntakeSchema, plain_phone, title_of
from hotline.transfer.same_matter import Alike, because, same_matter, told
from hotline.transfer.suggestion import suggest

api = Blueprint("receive_api", __name__, url_prefix="/api/v1", description="Receive complaints")


class SuggestBody(Schema):
    """A text as far as it is typed."""

    title = words(200)
    text = words(5000)
    address = words(200)
    category = words(40)
    district = words(40)


class DuplicatesBody(SuggestBody):
    """A text as far as it is typed, and whose it is: the number finds the citizen's own orders, and is not given back."""

    phone = phone()


class CallerBody(Schema):
    """Whose orders are asked for."""

    phone = phone(required=True)


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
    placed = answer({**brief(order, actor), "suggestion": order.suggestion}, 201)
    if key:
        idempotency.keep(scope, key, json.loads(placed.data))
    return placed


def _channel(intake: Intake) -> Channel:
    return Channel.PHONE if current_actor().may(Permission.TAKE_CALLS) and not intake.source else Channel.API


@api.post("/suggestion")
@needs(Permission.PLACE_ORDERS)
@api.arguments(SuggestBody)
@api.response(200)
def suggestion(body: dict[str, Any]) -> Response:
    """What transfer would do with a text: categories, unit, and why. Nothing is kept."""
    category, district = body["category"] or None, body["district"] or None
    _require_codes(category, district)
    found = suggest(body["title"], body["text"], body["address"], category=category, district=district)
    return answer(found.as_json())


@api.post("/duplicates")
@needs(Permission.PLACE_ORDERS)
@api.arguments(DuplicatesBody)
@api.response(200)
def duplicates(body: dict[str, Any]) -> Response:
    """Open and recent orders that may be of the same matter as a text, best first. Nothing is kept."""
    actor = current_actor()
    title, category, district = (
        title_of(body["title"], body["text"]),
        body["category"] or None,
        body["district"] or None,
    )
    _require_codes(category, district)
    found = suggest(title, body["text"], body["address"], category=category, district=district)
    asked = told(
        title,
        body["text"],
        body["address"],
        district=found.place.district,
        category=found.category,
        caller=plain_phone(body["phone"]),
    )
    return answer({"orders": [_alike(one, actor) for one in same_matter(asked, utc_now())]})


def _require_codes(category: str | None, district: str | None) -> None:
    if category:
        require_category(category)
    if district:
        require_district(district)


def _alike(one: Alike, actor: Actor) -> dict[str, Any]:
    return {
        **brief(one.order, actor),
        "score": one.likeness.score,
        "place": one.likeness.place,
        "places": one.likeness.shared,
        "because": because(one.likeness),
        "words": one.words,
        "citizens": one.citizens,
        "offers": one.offers,
    }


@api.post("/callers")
@needs(Permission.TAKE_CALLS)
@api.arguments(CallerBody)
@api.response(200)
def caller(body: dict[str, Any]) -> Response:
    """Earlier orders of a caller. Posted, so that no number stands in an address or a log of addresses."""
    actor = current_actor()
    return answer({"orders": [brief(order, actor) for order in orders_of_phone(plain_phone(body["phone"]))]})
