"""Verbs of receiving: a complaint comes in, by whatever door, and becomes one order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.i18n import gettext
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import Intake, act, open_order
from hotline.orders.queries import require_category
from hotline.people.actors import Actor
from hotline.people.queries import require_district
from hotline.transfer.operations import dispatch_automatically
from hotline.transfer.suggestion import suggest


def receive_complaint(intake: Intake, actor: Actor, now: datetime, *, hold: bool = False) -> Order:
    """Take a complaint in: classify it, open its order, and dispatch it where the suggestion is sure enough.

    A category or district the intake names is taken as a person's choice. hold: do not dispatch, because it is
    about to be answered directly. Raises Conflict where the source has sent this external id before.
    """
    if intake.external_id is not None:
        known = db.session.scalar(select(Order.number).filter_by(source=intake.source, external_id=intake.external_id))
        if known is not None:
            raise Conflict(gettext("This complaint has come in before, as order %(number)s.", number=known))
    if intake.category_code is not None:
        require_category(intake.category_code)
    if intake.district_code is not None:
        require_district(intake.district_code)
    suggestion = suggest(
        intake.title,
        intake.text,
        intake.address,
        category=intake.category_code,
        district=intake.district_code,
    )
    filled = replace(
        intake,
        category_code=intake.category_code or suggestion.category,
        district_code=intake.district_code or suggestion.place.district,
    )
    order = open_order(filled, actor, now, suggestion=suggestion.as_json())
    if not hold:
        dispatch_automatically(order, suggestion, now)
    return order


def answer_directly(
    order: Order, actor: Actor, now: datetime, *, public_reply: str, version: int | None = None
) -> Event:
    """Answer at once what needs no unit (直接答复)."""
    return act(order, Action.ANSWER, actor, now, version=version, public_reply=public_reply.strip())
