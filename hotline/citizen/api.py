"""The API of what citizens ask: the center's answer."""

from __future__ import annotations

from flask_smorest import Blueprint

from hotline.citizen.operations import answer_citizen
from hotline.citizen.schemas import CitizenAnswerBody
from hotline.orders.rest import hang_call

api = Blueprint("asked_api", __name__, url_prefix="/api/v1/orders", description="What citizens ask the center")

hang_call(api, "answer-citizen", CitizenAnswerBody, answer_citizen)
