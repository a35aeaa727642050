"""The API of orders: lists, one order, the full number of its requester, corrections."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.rest import answer
from hotline.base.time import utc_now
from hotline.orders.finding import filter_of, found_page
from hotline.orders.operations import amend, reveal_phone
from hotline.orders.queries import order_for
from hotline.orders.rest import hang_call
from hotline.orders.schemas import AmendBody, OrderQuery, PurposeBody, brief, whole
from hotline.people.signin import current_actor

api = Blueprint("orders_api", __name__, url_prefix="/api/v1/orders", description="Look at orders")


@api.get("")
@api.arguments(OrderQuery, location="query")
@api.response(200)
def list_orders(query: dict[str, Any]) -> Response:
    """Orders, newest first, as far as you may see them: the newest 1000 that fit.

    Where there are more, go on with ``upto``: the ``received_at`` of the last one you have.
    """
    actor = current_actor()
    page = found_page(actor, filter_of(query), query["q"], utc_now(), query["page"])
    rows = [brief(order, actor) for order in page.rows]
    return answer({"orders": rows, "page": page.number, "total": page.total, "more": page.more_than_counted})


@api.get("/<number>")
@api.response(200)
def one_order(number: str) -> Response:
    """One order: its clocks, its events, and what you may do with it. Its ETag is for If-Match."""
    actor = current_actor()
    return answer(whole(order_for(number, actor), actor, utc_now()))


@api.post("/<number>/phone")
@api.arguments(PurposeBody)
@api.response(200)
def phone_of(body: dict[str, Any], number: str) -> Response:
    """The requester's full number; that you read it, and why, is recorded."""
    actor = current_actor()
    return answer({"phone": reveal_phone(order_for(number, actor), actor, utc_now(), purpose=body["purpose"])})


hang_call(api, "amend", AmendBody, amend)
