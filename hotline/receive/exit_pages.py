"""Forms of the ways out: passed on, withdrawn, not accepted."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from hotline.orders.forms import SEES_ORDERS, take_step
from hotline.orders.lifecycle import Action
from hotline.orders.vocabulary import Exit, Service
from hotline.people.signin import needs
from hotline.receive import exits
from hotline.receive.schemas import ConfirmExitBody, ExitBody, PutThroughBody, WhyBody

pages = Blueprint("exits", __name__, template_folder="templates")
pages.add_app_template_global(Exit, "exit_kinds")
pages.add_app_template_global(Service, "services")
pages.add_app_template_global(exits.exit_proposed)


@pages.app_template_global()
def exit_routes() -> dict[Exit, str]:
    """The usual words for the citizen, by why an order is not accepted."""
    return exits.ROUTES


@pages.post("/orders/<number>/put-through")
@needs(*SEES_ORDERS)
def put_through(number: str) -> ResponseReturnValue:
    """Record that the caller was put through at once."""
    return take_step(number, Action.PUT_THROUGH, PutThroughBody, exits.put_through)


@pages.post("/orders/<number>/withdraw")
@needs(*SEES_ORDERS)
def withdraw(number: str) -> ResponseReturnValue:
    """End an order because its citizen wants it so."""
    return take_step(number, Action.WITHDRAW, WhyBody, exits.withdraw)


@pages.post("/orders/<number>/exit")
@needs(*SEES_ORDERS)
def propose_exit(number: str) -> ResponseReturnValue:
    """Propose that an order is not accepted."""
    return take_step(number, Action.PROPOSE_EXIT, ExitBody, exits.propose_exit)


@pages.post("/orders/<number>/exit/confirm")
@needs(*SEES_ORDERS)
def confirm_exit(number: str) -> ResponseReturnValue:
    """Confirm that it is not accepted."""
    return take_step(number, Action.CONFIRM_EXIT, ConfirmExitBody, exits.confirm_exit)


@pages.post("/orders/<number>/exit/refuse")
@needs(*SEES_ORDERS)
def refuse_exit(number: str) -> ResponseReturnValue:
    """Accept it after all."""
    return take_step(number, Action.REFUSE_EXIT, WhyBody, exits.refuse_exit)
