"""The API of handling: the unit's verbs, callback and evaluation."""

from __future__ import annotations

from flask_smorest import Blueprint

from hotline.handle import operations as handle
from hotline.handle import review, supervision, time
from hotline.handle.schemas import (
    CallBody,
    ClosingBody,
    ContactBody,
    EscalateBody,
    GrantBody,
    NoteBody,
    NothingBody,
    ProgressBody,
    RedoBody,
    ReplyBody,
    SuperviseBody,
    TimeBody,
)
from hotline.orders.rest import hang_call
from hotline.orders.urging import urge
from hotline.transfer.schemas import ReasonBody

api = Blueprint("handle_api", __name__, url_prefix="/api/v1/orders", description="Work on orders")


hang_call(api, "sign", NothingBody, handle.sign)
hang_call(api, "contact", ContactBody, handle.record_contact)
hang_call(api, "note", NoteBody, handle.add_note)
hang_call(api, "reply", ReplyBody, handle.reply)
hang_call(api, "approve-reply", GrantBody, handle.sign_reply)
hang_call(api, "reject-reply", ReasonBody, review.reject_reply)
hang_call(api, "progress", ProgressBody, handle.report_progress)
hang_call(api, "attempt", NoteBody, handle.not_reached)
hang_call(api, "evaluate", CallBody, handle.call_back)
hang_call(api, "close", ClosingBody, handle.close)
hang_call(api, "redo", RedoBody, handle.redo)
hang_call(api, "request-time", TimeBody, time.request_time)
hang_call(api, "grant-time", GrantBody, time.grant_time)
hang_call(api, "refuse-time", ReasonBody, time.refuse_time)
hang_call(api, "resume", ReasonBody, time.resume)
hang_call(api, "supervise", SuperviseBody, supervision.supervise)
hang_call(api, "escalate", EscalateBody, supervision.escalate)
hang_call(api, "unlist", ReasonBody, supervision.unlist)
hang_call(api, "urge", NoteBody, urge)
hang_call(api, "feed-back", NoteBody, supervision.feed_back)
