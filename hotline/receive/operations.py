"""Verbs of receiving: a complaint comes in, by whatever door, and becomes one order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hotline.base.db import db
from hotline.base.errors import Conflict
from hotline.base.i18n import gettext
from hotline.orders.models import Order
from hotline.orders.operations import Intake, open_order
from hotline.orders.queries import require_category
from hotline.orders.vocabulary import Element, Nature
from hotline.people.actors import Actor
from hotline.people.queries import require_district
from hotline.receive.elements import missing_elements
from hotline.transfer.operations import dispatch_automatically
from hotline.transfer.same_matter import note_places
from hotline.transfer.suggestion import Suggestion, suggest


def receive_complaint(intake: Intake, actor: Actor, now: datetime, *, hold: bool = False) -> Order:
    """Take a complaint in: classify it, open its order, and dispatch it where the suggestion is sure enough.

    A category or district the intake names is taken as a person's choice. hold: do not dispatch, because it is
    about to be answered directly. Raises Conflict where the source has sent this external id before.
    """
    _refuse_known(intake)
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
        nature=intake.nature or suggestion.nature or Nature.COMPLAINT,
        category_code=intake.category_code or suggestion.category,
        district_code=intake.district_code or suggestion.place.district,
    )
    filled = replace(filled, missing=_missing(filled, suggestion))
    try:
        with db.session.begin_nested():
            order = open_order(filled, actor, now, suggestion=suggestion.as_json())
            note_places(order)
    except IntegrityError:
        _refuse_known(intake)  # the source has sent it twice at the same moment
        raise
    if not hold:
        dispatch_automatically(order, suggestion, now)
    return order


def _missing(intake: Intake, suggestion: Suggestion) -> tuple[Element, ...]:
    return missing_elements(
        intake.text,
        who=intake.anonymous or bool(intake.requester_name or intake.requester_phone),
        places=suggestion.place.places,
        address=intake.address,
        nature=intake.nature,
    )


def _refuse_known(intake: Intake) -> None:
    if intake.external_id is None:
        return
    known = db.session.scalar(select(Order.number).filter_by(source=intake.source, external_id=intake.external_id))
    if known is not None:
        raise Conflict(gettext("This complaint has come in before, as order %(number)s.", number=known))
