"""The API of transfer: dispatch, returns and their decision, merging and linking."""

from __future__ import annotations

from flask_smorest import Blueprint

from hotline.orders.rest import hang_call
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

hang_call(api, "dispatch", DispatchBody, transfer.dispatch)
hang_call(api, "return", ReturnBody, transfer.request_return)
hang_call(api, "redispatch", RedispatchBody, transfer.redispatch)
hang_call(api, "refuse-return", ReasonBody, transfer.refuse_return)
hang_call(api, "merge", MergeBody, merging.merge)
hang_call(api, "unmerge", ReasonBody, merging.unmerge)
hang_call(api, "link", LinkBody, linking.link)
hang_call(api, "upstream", UpstreamBody, merging.set_upstream)
