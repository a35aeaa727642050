"""The center's page of what citizens ask: to look at an order again, or to withdraw what a unit works on."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from hotline.base.i18n import label
from hotline.base.paging import page_of
from hotline.citizen.operations import answer_citizen
from hotline.citizen.queries import orders_asked, request_of, requests_of
from hotline.citizen.schemas import CitizenAnswerBody
from hotline.orders.forms import hang_form
from hotline.orders.lifecycle import Action
from hotline.orders.vocabulary import Ask
from hotline.people.roles import Permission
from hotline.people.signin import needs

pages = Blueprint("asked", __name__, template_folder="templates")
pages.add_app_template_global(request_of, "citizen_request")
pages.add_app_template_filter(lambda ask: label(Ask(ask)), "citizen_ask")

hang_form(pages, "answer-citizen", Action.ANSWER_CITIZEN, CitizenAnswerBody, answer_citizen)


@pages.get("/citizens-ask")
@needs(Permission.CALLBACK_QUEUE, Permission.DISPATCH_QUEUE)
def listed() -> ResponseReturnValue:
    """Whose citizens wait for an answer, who has waited longest first."""
    page = page_of(orders_asked(), request.args.get("page", 1, int))
    return render_template("citizen/asked.html", page=page, requests=requests_of(order.id for order in page.rows))
