"""The API of the ways out: put through, withdrawn, not accepted; and of the way back in."""

from __future__ import annotations

from flask_smorest import Blueprint

from hotline.orders.rest import hang_call
from hotline.receive import exits, joining
from hotline.receive.schemas import ConfirmExitBody, ExitBody, PutThroughBody
from hotline.transfer.schemas import ReasonBody

api = Blueprint("exits_api", __name__, url_prefix="/api/v1/orders", description="The ways out of the hotline")

hang_call(api, "put-through", PutThroughBody, exits.put_through)
hang_call(api, "withdraw", ReasonBody, exits.withdraw)
hang_call(api, "exit", ExitBody, exits.propose_exit)
hang_call(api, "exit/confirm", ConfirmExitBody, exits.confirm_exit)
hang_call(api, "exit/refuse", ReasonBody, exits.refuse_exit)
hang_call(api, "reactivate", ReasonBody, joining.reactivate)
