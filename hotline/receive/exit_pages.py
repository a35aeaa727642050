"""Forms of the ways out: put through, withdrawn, not accepted; and of the way back in."""

from __future__ import annotations

from flask import Blueprint

from hotline.orders.forms import hang_form
from hotline.orders.lifecycle import Action
from hotline.orders.vocabulary import Exit, Service
from hotline.receive import exits, joining
from hotline.receive.schemas import ConfirmExitBody, ExitBody, PutThroughBody
from hotline.transfer.schemas import ReasonBody

pages = Blueprint("exits", __name__, template_folder="templates")
pages.add_app_template_global(Exit, "exit_kinds")
pages.add_app_template_global(Service, "services")
pages.add_app_template_global(exits.exit_proposed)


@pages.app_template_global()
def exit_routes() -> dict[Exit, str]:
    """The usual words for the citizen, by why an order is not accepted."""
    return exits.ROUTES


hang_form(pages, "put-through", Action.PUT_THROUGH, PutThroughBody, exits.put_through)
hang_form(pages, "withdraw", Action.WITHDRAW, ReasonBody, exits.withdraw)
hang_form(pages, "exit", Action.PROPOSE_EXIT, ExitBody, exits.propose_exit)
hang_form(pages, "exit/confirm", Action.CONFIRM_EXIT, ConfirmExitBody, exits.confirm_exit)
hang_form(pages, "exit/refuse", Action.REFUSE_EXIT, ReasonBody, exits.refuse_exit)
hang_form(pages, "reactivate", Action.REACTIVATE, ReasonBody, joining.reactivate)
