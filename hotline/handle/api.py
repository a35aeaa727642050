"""The API of handling: the unit's verbs, callback and evaluation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.rest import answer, expected_version
from hotline.base.schemas import Schema
from hotline.base.time import utc_now
from hotline.handle import operations as handle
from hotline.handle import supervision, time
from hotline.handle.schemas import (
    CallBody,
    ClosingBody,
    GrantBody,
    NoteBody,
    NothingBody,
    RedoBody,
    ReplyBody,
    TimeBody,
)
from hotline.orders.models import Event
from hotline.orders.queries import order_for
from hotline.orders.schemas import brief
from hotline.people.signin import current_actor
from hotline.transfer.schemas import ReasonBody

api = Blueprint("handle_api", __name__, url_prefix="/api/v1/orders", description="Work on orders")


def _verb(path: str, schema: type[Schema], operation: Callable[..., Event]) -> None:
    """Hang an operation of this room under /orders/<number>/<path>."""

    def view(body: dict[str, Any], number: str) -> Response:
        actor = current_actor()
        order = order_for(number, actor)
        operation(order, actor, utc_now(), version=expected_version(), **body)
        return answer(brief(order, actor))

    view.__name__ = operation.__name__
    view.__doc__ = operation.__doc__
    api.post(f"/<number>/{path}")(api.arguments(schema)(api.response(200)(view)))


_verb("sign", NothingBody, handle.sign)
_verb("contact", NoteBody, handle.record_contact)
_verb("note", NoteBody, handle.add_note)
_verb("reply", ReplyBody, handle.reply)
_verb("attempt", NoteBody, handle.not_reached)
_verb("evaluate", CallBody, handle.call_back)
_verb("close", ClosingBody, handle.close)
_verb("redo", RedoBody, handle.redo)
_verb("request-time", TimeBody, time.request_time)
_verb("grant-time", GrantBody, time.grant_time)
_verb("refuse-time", ReasonBody, time.refuse_time)
_verb("resume", ReasonBody, time.resume)
_verb("supervise", ReasonBody, supervision.supervise)
_verb("feed-back", NoteBody, supervision.feed_back)
