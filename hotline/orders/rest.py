"""A step of the lifecycle as a call of the API: what every room's API hangs its verbs with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.rest import answer, expected_version
from hotline.base.schemas import Schema
from hotline.base.time import utc_now
from hotline.orders.queries import order_for
from hotline.orders.schemas import brief
from hotline.people.signin import current_actor


def hang_call(api: Blueprint, path: str, schema: type[Schema], operation: Callable[..., Any]) -> None:
    """Hang an operation on an order under ``/<number>/<path>``; it is given what the schema reads from the body."""

    def view(body: dict[str, Any], number: str) -> Response:
        actor = current_actor()
        order = order_for(number, actor)
        operation(order=order, actor=actor, now=utc_now(), version=expected_version(), **body)
        return answer(brief(order, actor))

    view.__name__ = operation.__name__
    view.__doc__ = operation.__doc__
    api.post(f"/<number>/{path}")(api.arguments(schema)(api.response(200)(view)))
