"""Pages of knowledge: the check of a reply while it is written, and the direct answer."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from hotline.base.time import utc_now
from hotline.knowledge.operations import answer_directly
from hotline.knowledge.queries import articles_for, city_day
from hotline.knowledge.replying import reply_hits, why_found
from hotline.knowledge.schemas import AnswerBody, CheckBody
from hotline.orders.forms import SEES_ORDERS, form_data, hang_form
from hotline.orders.lifecycle import Action
from hotline.orders.queries import order_for
from hotline.people.signin import current_actor, needs

pages = Blueprint("knowledge", __name__, template_folder="templates")
# What the forms that answer a citizen need on the order's page, which is made in a room below.
pages.add_app_template_global(reply_hits)
pages.add_app_template_global(why_found)
pages.add_app_template_global(articles_for)
pages.add_app_template_global(city_day)


@pages.post("/orders/<number>/check-reply")
@needs(*SEES_ORDERS)
def check(number: str) -> ResponseReturnValue:
    """What is found in a reply as far as it is written. Nothing is kept."""
    actor = current_actor()
    reply = CheckBody().read(form_data(CheckBody))["public_reply"]
    hits = reply_hits(order_for(number, actor), reply, actor, utc_now())
    return render_template("knowledge/_hits.html", hits=hits, reply=reply)


hang_form(pages, "answer", Action.ANSWER, AnswerBody, answer_directly)
