"""The API of the ways out: passed on, withdrawn, not accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.rest import answer, expected_version
from hotline.base.time import utc_now
from hotline.orders.models import Event
from hotline.orders.queries import order_for
from hotline.orders.schemas import brief
from hotline.people.signin import current_actor
from hotline.receive import exits
from hotline.receive.schemas import ConfirmExitBody, ExitBody, PutThroughBody, WhyBody

api = Blueprint("exits_api", __name__, url_prefix="/api/v1/orders", description="The ways out of the hotline")


def _take(number: str, operation: Callable[..., Event], body: dict[str, Any]) -> Response:
    actor = current_actor()
    order = order_for(number, actor)
    operation(order, actor, utc_now(), version=expected_version(), **body)
    return answer(brief(order, actor))


@api.post("/<number>/put-through")
@api.arguments(PutThroughBody)
@api.response(200)
def put_through(body: dict[str, Any], number: str) -> Response:
    """Record that the caller was put through to 110, 119, 120 or 122, and who took it there."""
    return _take(number, exits.put_through, body)


@api.post("/<number>/withdraw")
@api.arguments(WhyBody)
@api.response(200)
def withdraw(body: dict[str, Any], number: str) -> Response:
    """End an order because its citizen wants it so."""
    return _take(number, exits.withdraw, body)


@api.post("/<number>/exit")
@api.arguments(ExitBody)
@api.response(200)
def propose_exit(body: dict[str, Any], number: str) -> Response:
    """Propose that an order is not accepted."""
    return _take(number, exits.propose_exit, body)


@api.post("/<number>/exit/confirm")
@api.arguments(ConfirmExitBody)
@api.response(200)
def confirm_exit(body: dict[str, Any], number: str) -> Response:
    """Confirm that an order is not accepted; somebody else than who proposed it."""
    return _take(number, exits.confirm_exit, body)


@api.post("/<number>/exit/refuse")
@api.arguments(WhyBody)
@api.response(200)
def refuse_exit(body: dict[str, Any], number: str) -> Response:
    """Accept an order after all."""
    return _take(number, exits.refuse_exit, body)
