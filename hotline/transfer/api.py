"""The API of transfer: dispatch, returns and their decisions."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.rest import answer, expected_version
from hotline.base.time import utc_now
from hotline.orders.queries import order_for
from hotline.orders.schemas import brief
from hotline.people.signin import current_actor
from hotline.transfer import linking, merging
from hotline.transfer import operations as transfer
from hotline.transfer.schemas import (
    DispatchBody,
    LinkBody,
    MergeBody,
    ReasonBody,
    RedispatchBody,
    ReturnBody,
    UpstreamBody,
)

api = Blueprint("transfer_api", __name__, url_prefix="/api/v1/orders", description="Send orders to units")


@api.post("/<number>/dispatch")
@api.arguments(DispatchBody)
@api.response(200)
def dispatch(body: dict[str, Any], number: str) -> Response:
    """Dispatch an order."""
    actor = current_actor()
    order = order_for(number, actor)
    category, district = body.pop("category") or None, body.pop("district") or None
    transfer.dispatch(
        order,
        body.pop("unit"),
        actor,
        utc_now(),
        version=expected_version(),
        category=category,
        district=district,
        **body,
    )
    return answer(brief(order, actor))


@api.post("/<number>/return")
@api.arguments(ReturnBody)
@api.response(200)
def request_return(body: dict[str, Any], number: str) -> Response:
    """Ask to hand an order back."""
    actor = current_actor()
    order = order_for(number, actor)
    transfer.request_return(
        order,
        actor,
        utc_now(),
        reason=body["reason"],
        proposed_unit=body["proposed_unit"] or None,
        version=expected_version(),
    )
    return answer(brief(order, actor))


@api.post("/<number>/redispatch")
@api.arguments(RedispatchBody)
@api.response(200)
def redispatch(body: dict[str, Any], number: str) -> Response:
    """Agree to a return and dispatch again."""
    actor = current_actor()
    order = order_for(number, actor)
    transfer.redispatch(order, body.pop("unit"), actor, utc_now(), version=expected_version(), **body)
    return answer(brief(order, actor))


@api.post("/<number>/refuse-return")
@api.arguments(ReasonBody)
@api.response(200)
def refuse_return(body: dict[str, Any], number: str) -> Response:
    """Refuse a return: the order stays with its unit."""
    actor = current_actor()
    order = order_for(number, actor)
    transfer.refuse_return(order, actor, utc_now(), version=expected_version(), **body)
    return answer(brief(order, actor))


@api.post("/<number>/merge")
@api.arguments(MergeBody)
@api.response(200)
def merge(body: dict[str, Any], number: str) -> Response:
    """Merge an order into its master."""
    actor = current_actor()
    order = order_for(number, actor)
    merging.merge(order, actor, utc_now(), version=expected_version(), **body)
    return answer(brief(order, actor))


@api.post("/<number>/unmerge")
@api.arguments(ReasonBody)
@api.response(200)
def unmerge(body: dict[str, Any], number: str) -> Response:
    """Take an order out of its master."""
    actor = current_actor()
    order = order_for(number, actor)
    merging.unmerge(order, actor, utc_now(), version=expected_version(), **body)
    return answer(brief(order, actor))


@api.post("/<number>/link")
@api.arguments(LinkBody)
@api.response(200)
def link(body: dict[str, Any], number: str) -> Response:
    """Link an order with another."""
    actor = current_actor()
    order = order_for(number, actor)
    linking.link(order, actor, utc_now(), version=expected_version(), **body)
    return answer(brief(order, actor))


@api.post("/<number>/upstream")
@api.arguments(UpstreamBody)
@api.response(200)
def set_upstream(body: dict[str, Any], number: str) -> Response:
    """Record the deadline an upstream platform has set."""
    actor = current_actor()
    order = order_for(number, actor)
    merging.set_upstream(order, actor, utc_now(), version=expected_version(), **body)
    return answer(brief(order, actor))
