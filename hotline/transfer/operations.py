"""Verbs of transfer: dispatch, ask for a return, decide it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.i18n import gettext
from hotline.orders.bulk import Refusal, each
from hotline.orders.clocks import parts
from hotline.orders.holding import hold
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order, OrderUnit
from hotline.orders.names import Names
from hotline.orders.operations import act, facts_of, ready
from hotline.orders.queries import require_category
from hotline.orders.suggested import Suggested, read_suggestion
from hotline.orders.vocabulary import Urgency
from hotline.people.actors import SYSTEM, Actor
from hotline.people.queries import require_district, require_units
from hotline.policy import queries as policies
from hotline.policy.clock import city_time
from hotline.policy.counting import add_working
from hotline.policy.limits import Clock, choose
from hotline.transfer.suggestion import Suggestion, why_queued


def dispatch_automatically(order: Order, suggestion: Suggestion, now: datetime) -> Event | None:
    """Dispatch on the suggestion alone where its confidence reaches the policy's; else leave it to a dispatcher.

    Danger words nobody has been asked about, and a suggestion that cannot be used (its unit is no longer active),
    are left to a dispatcher too: no complaint is lost for it.
    """
    threshold = policies.policy(order.policy_id).auto_confidence
    if suggestion.assignment is None or why_queued(order, threshold):
        return None
    assignment = suggestion.assignment
    try:
        with db.session.begin_nested():
            return dispatch(
                order,
                assignment.lead,
                SYSTEM,
                now,
                assist=assignment.assist,
                copy=assignment.copy,
                category=suggestion.category,
                row_id=assignment.row_id,
                confidence=suggestion.confidence,
                threshold=threshold,
            )
    except Invalid:
        return None


def dispatch(
    order: Order,
    unit: str,
    actor: Actor,
    now: datetime,
    *,
    version: int | None = None,
    assist: Iterable[str] = (),
    copy: Iterable[str] = (),
    category: str | None = None,
    district: str | None = None,
    urgency: Urgency | None = None,
    reason: str = "",
    **why: Any,
) -> Event:
    """Send an order to its lead unit (主办), with assisting (协办) and copied (抄送) units. The total clock starts.

    category, district, urgency: correct them with the dispatch. why: what the choice rests on, kept in the event.
    """
    assist, copy = tuple(assist), tuple(copy)
    require_units(unit, *assist, *copy)
    payload = {"unit": unit, "assist": list(assist), "copy": list(copy), **why}
    if category is not None:
        require_category(category)
        payload["category"] = category
    if district is not None:
        require_district(district)
        payload["district"] = district
    if urgency is not None and urgency is not order.urgency:
        payload["urgency"] = urgency
    event = act(order, Action.DISPATCH, actor, now, version=version, reason=reason, **payload)
    set_helpers(order, unit, assist, copy)
    return event


def dispatch_many(picked: Mapping[str, int], actor: Actor, now: datetime, *, unit: str = "") -> list[Refusal]:
    """Dispatch several orders (number → version read), each for itself; return those that could not be.

    unit: where all of them go; without one each goes as suggested.
    """
    if unit:
        require_units(unit)
    names = Names()

    def send(order: Order, version: int) -> Event:
        suggested = read_suggestion(order.suggestion, names)
        if unit:
            category = order.category_code or suggested.category or None
            return dispatch(order, unit, actor, now, version=version, category=category)
        return _dispatch_as(suggested, order, actor, now, version)

    return each(picked, actor, send)


def _dispatch_as(suggested: Suggested, order: Order, actor: Actor, now: datetime, version: int) -> Event:
    ready(order, Action.DISPATCH, actor, now, version=version)
    if not suggested.fits(order):
        raise Conflict(gettext("There is no suggestion to take; choose a unit."))
    return dispatch(
        order,
        suggested.unit,
        actor,
        now,
        version=version,
        assist=suggested.assist,
        copy=suggested.copy,
        category=suggested.category,
    )


def request_return(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    reason: str,
    basis: str = "",
    proposed_unit: str | None = None,
    version: int | None = None,
) -> Event:
    """A unit asks to hand an order back (退单), with its reason and, if it knows, the unit responsible.

    basis: the duty list or rule that says it is not this unit's.
    Raises Conflict once the policy's time to ask is over, or where the center has designated the unit.
    """
    if is_designated(order):
        raise Conflict(gettext("The center has designated this unit (指定承办): it cannot hand the order back."))
    ready(order, Action.REQUEST_RETURN, actor, now, version=version)
    closes = return_window(order)
    if closes is not None and now > closes:
        closed = city_time(closes, policies.calendar_now(), ends=True)
        raise Conflict(gettext("The time to ask for a return was over at %(closed)s.", closed=closed))
    if proposed_unit is not None:
        require_units(proposed_unit)
    said = {"proposed_unit": proposed_unit, "basis": basis.strip() or None}
    return act(order, Action.REQUEST_RETURN, actor, now, version=version, reason=reason, **said)


def is_designated(order: Order, returns: int | None = None) -> bool:
    """Whether the center has designated the unit (指定承办), after so many returns; None: those agreed to so far."""
    agreed = order.returns if returns is None else returns
    return agreed >= policies.policy(order.policy_id).most_returns


def return_window(order: Order) -> datetime | None:
    """Until when the unit that has the order may ask for a return; None where policy sets no limit."""
    policy = policies.policy(order.policy_id)
    limit = choose(policy.limits, Clock.RETURN_REQUEST, facts_of(order))
    sent = select(func.max(Event.at)).where(
        Event.order_id == order.id, Event.action.in_((Action.DISPATCH, Action.REDISPATCH))
    )
    since = db.session.scalar(sent)
    if limit is None or since is None:
        return None
    return add_working(since, limit.amount, limit.unit, policies.calendar_now(), policy.counting).at


def redispatch(
    order: Order,
    unit: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str,
    version: int | None = None,
    assist: Iterable[str] = (),
    copy: Iterable[str] = (),
) -> Event:
    """Agree to a return and send the order to another unit. The total clock goes on.

    With the last return the policy allows, this designates the unit: it cannot hand the order back.
    """
    assist, copy = tuple(assist), tuple(copy)
    require_units(unit, *assist, *copy)
    hold(order)
    if unit == order.lead_unit:
        raise Invalid.field("unit", gettext("is the unit that returned it; choose another, or refuse the return"))
    event = act(
        order,
        Action.REDISPATCH,
        actor,
        now,
        version=version,
        reason=reason,
        unit=unit,
        assist=list(assist),
        copy=list(copy),
        designated=is_designated(order, order.returns + 1) or None,
    )
    set_helpers(order, unit, assist, copy)
    return event


def refuse_return(order: Order, actor: Actor, now: datetime, *, reason: str, version: int | None = None) -> Event:
    """Decide that the order stays with its unit."""
    return act(order, Action.REFUSE_RETURN, actor, now, version=version, reason=reason)


def set_helpers(order: Order, lead: str, assist: Iterable[str], copy: Iterable[str]) -> None:
    """Write down the units beside the lead, in place of those there were."""
    given = parts(assist, copy, lead)
    kept = {helper.unit_code: helper for helper in order.helpers}
    order.helpers = [
        kept.get(code) or OrderUnit(order_id=order.id, unit_code=code, part=part) for code, part in given.items()
    ]
    for helper in order.helpers:
        helper.part = given[helper.unit_code]
