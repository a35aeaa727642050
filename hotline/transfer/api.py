"""The API of transfer: dispatch, returns and their decision, merging and linking."""

from __future__ import annotations

from flask_smorest import Blueprint

from hotline.orders.rest import hang_call
from hotline.transfer import disputes, linking, merging, parts
from hotline.transfer import operations as transfer
from hotline.transfer.schemas import (
    DispatchBody,
    DisputeBody,
    FinishBody,
    LinkBody,
    MergeBody,
    PartBody,
    ReasonBody,
    RedispatchBody,
    ReturnBody,
    RuleBody,
    RuleMovesBody,
    UpstreamBody,
)

api = Blueprint("transfer_api", __name__, url_prefix="/api/v1/orders", description="Send orders to units")

hang_call(api, "dispatch", DispatchBody, transfer.dispatch)
hang_call(api, "return", ReturnBody, transfer.request_return)
hang_call(api, "redispatch", RedispatchBody, transfer.redispatch)
hang_call(api, "refuse-return", ReasonBody, transfer.refuse_return)
hang_call(api, "merge", MergeBody, merging.merge)
hang_call(api, "unmerge", ReasonBody, merging.unmerge)
hang_call(api, "part", PartBody, parts.assign_part)
hang_call(api, "finish-part", FinishBody, parts.finish_part)
hang_call(api, "dispute", DisputeBody, disputes.dispute)
hang_call(api, "rule", RuleBody, disputes.rule)
hang_call(api, "rule-moves", RuleMovesBody, disputes.rule_moves)
hang_call(api, "link", LinkBody, linking.link)
hang_call(api, "upstream", UpstreamBody, merging.set_upstream)
