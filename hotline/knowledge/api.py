"""The API of knowledge: the check of a reply, and the direct answer."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from hotline.base.rest import answer
from hotline.base.time import utc_now
from hotline.knowledge.operations import answer_directly
from hotline.knowledge.replying import hit_in_words, reply_hits
from hotline.knowledge.schemas import AnswerBody, CheckBody
from hotline.orders.queries import order_for
from hotline.orders.rest import hang_call
from hotline.people.signin import current_actor

api = Blueprint("replies_api", __name__, url_prefix="/api/v1/orders", description="Answer citizens")


@api.post("/<number>/check-reply")
@api.arguments(CheckBody)
@api.response(200)
def check_reply(body: dict[str, Any], number: str) -> Response:
    """What is found in a reply: the rule, the words and where they stand. Nothing is kept."""
    actor = current_actor()
    hits = reply_hits(order_for(number, actor), body["public_reply"], actor, utc_now())
    found = [
        {
            "rule": hit.rule,
            "blocks": hit.blocks,
            "words": hit.words,
            "start": hit.start,
            "end": hit.end,
            "why": hit_in_words(hit),
        }
        for hit in hits
    ]
    return answer({"hits": found})


hang_call(api, "answer", AnswerBody, answer_directly)
