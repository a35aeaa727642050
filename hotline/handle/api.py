"""The API of handling: the unit's verbs, callback and evaluation."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.paging import page_of
from hotline.base.rest import answer
from hotline.handle import appeals, entrusting, review, supervision, time
from hotline.handle import operations as handle
from hotline.handle.appeal_queries import appeals_in
from hotline.handle.schemas import (
    AppealBody,
    AppealsQuery,
    AttemptBody,
    CallBody,
    ClosingBody,
    ContactBody,
    EntrustBody,
    EscalateBody,
    GrantBody,
    NoteBody,
    NothingBody,
    ProgressBody,
    RedoBody,
    ReplyBody,
    ReviewBody,
    SuperviseBody,
    TimeBody,
    told,
)
from hotline.orders.rest import hang_call
from hotline.orders.urging import urge
from hotline.people.roles import Permission
from hotline.people.signin import needs
from hotline.transfer.schemas import ReasonBody

api = Blueprint("handle_api", __name__, url_prefix="/api/v1/orders", description="Work on orders")
appeals_api = Blueprint("appeals_api", __name__, url_prefix="/api/v1/appeals", description="Appeals of units")


@appeals_api.get("")
@needs(Permission.REVIEW_APPEALS)
@appeals_api.arguments(AppealsQuery, location="query")
@appeals_api.response(200)
def list_appeals(query: dict[str, Any]) -> Response:
    """Appeals in one state, with what was said at each step."""
    page = page_of(appeals_in([query["state"]]), query["page"])
    return answer({"appeals": [told(one) for one in page.rows], "page": page.number, "total": page.total})


hang_call(api, "sign", NothingBody, handle.sign)
hang_call(api, "entrust", EntrustBody, entrusting.entrust)
hang_call(api, "contact", ContactBody, handle.record_contact)
hang_call(api, "note", NoteBody, handle.add_note)
hang_call(api, "reply", ReplyBody, handle.reply)
hang_call(api, "approve-reply", GrantBody, handle.sign_reply)
hang_call(api, "reject-reply", ReasonBody, review.reject_reply)
hang_call(api, "progress", ProgressBody, handle.report_progress)
hang_call(api, "attempt", AttemptBody, handle.not_reached)
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
hang_call(api, "appeal", AppealBody, appeals.appeal)
hang_call(api, "review-appeal", ReviewBody, appeals.review_appeal)
hang_call(api, "decide-appeal", ReviewBody, appeals.decide_appeal)
