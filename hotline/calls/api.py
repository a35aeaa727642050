"""The API of the phone: the telephone system tells of each call as it rings, is answered and ends."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint
from marshmallow import post_load

from hotline.base.rest import answer
from hotline.base.schemas import Schema, member, words
from hotline.base.time import utc_now
from hotline.calls.live import CallEvent, Told, hear_event
from hotline.calls.operations import LONGEST_SOURCE
from hotline.calls.records import caller_number
from hotline.people.roles import Permission
from hotline.people.signin import needs
from hotline.policy.schemas import CityInstant

api = Blueprint("calls_api", __name__, url_prefix="/api/v1/calls", description="Tell of calls")


class CallEventBody(Schema):
    """One event of a call, to be sent at once; sent again, or late, it does no harm.

    source and call_id: as in the telephone system's own log, whose import then meets the same call. agent: the login or
    extension it rings at; without one it waits in the queue. at: by the telephone system's clock; without it, now.
    """

    call_id = words(100, required=True)
    event = member(CallEvent, required=True)
    source = words(LONGEST_SOURCE, load_default="phone")
    agent = words(60)
    phone = words(30)
    queue = words(60)
    at = CityInstant(load_default=None)

    @post_load
    def to_told(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """The event, and of which telephone system."""
        source = data.pop("source") or "phone"
        told = Told(**{**data, "at": data["at"] or utc_now(), "phone": caller_number(data["phone"])})
        return {"told": told, "source": source}


@api.post("/live")
@needs(Permission.FEED_CALLS)
@api.arguments(CallEventBody)
@api.response(200, description="Where the call stands now; nothing of who calls.")
def tell_event(body: dict[str, Any]) -> Response:
    """Tell of a call that rings, is answered or ends."""
    call = hear_event(body["told"], body["source"], utc_now())
    stands = {"rang_at": call.rang_at, "answered_at": call.answered_at, "ended_at": call.ended_at}
    return answer({"source": call.source, "call_id": call.call_id, **stands})
