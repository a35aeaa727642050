"""Orders as the API gives them. Personal data is masked; whom an order is secret from sees neither name nor number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields

from hotline.base.i18n import label
from hotline.base.privacy import mask_name, mask_phone
from hotline.base.schemas import Schema, member, truth, words
from hotline.orders.deadlines import countdown, explanations, going_by
from hotline.orders.lifecycle import State
from hotline.orders.models import Attachment, Deadline, Event, Order
from hotline.orders.open_steps import open_steps
from hotline.orders.sight import hides_requester, sees_asking, sees_clock, sees_event, sees_when, sees_who
from hotline.orders.vocabulary import Channel, Nature, Part, Urgency
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.policy.schemas import CityDay, CityInstant


class OrderQuery(Schema):
    """What a list of orders may be narrowed by.

    since, until: the first and the last city day they were received on; upto: the last instant, to go on with a list.
    """

    q = words(100)
    state = member(State, load_default=None)
    nature = member(Nature, load_default=None)
    unit = words(40)
    district = words(40)
    category = words(40)
    channel = member(Channel, load_default=None)
    since = CityDay(load_default=None)
    until = CityDay(load_default=None)
    upto = CityInstant(load_default=None)
    late = truth(load_default=False)
    urgent = truth(load_default=False)
    supervised = truth(load_default=False)
    page = fields.Integer(load_default=1)


class PurposeBody(Schema):
    """Why a full number is read."""

    purpose = words(200, required=True)


class AmendBody(Schema):
    """What is corrected before dispatch, and why."""

    category = words(40)
    district = words(40)
    nature = member(Nature, load_default=None)
    urgency = member(Urgency, load_default=None)
    reason = words(500, required=True)


def brief(order: Order, reader: Actor) -> dict[str, Any]:
    """An order as a row of a list."""
    return {
        "number": order.number,
        "version": order.version,
        "state": order.state,
        "state_label": label(order.state),
        "nature": order.nature,
        "urgency": order.urgency,
        "channel": order.channel,
        "requester_kind": order.requester_kind,
        "title": order.title,
        "address": order.address,
        "district": order.district_code,
        "category": order.category_code,
        "lead_unit": order.lead_unit,
        "supervision": order.supervision,
        "urges": order.urges,
        "received_at": order.received_at,
        "upstream_due_at": order.upstream_due_at,
        "disputed_at": order.disputed_at,
        "ruled_at": order.ruled_at,
        "closed_at": _closed_at(order, reader),
    }


def whole(order: Order, actor: Actor, now: datetime) -> dict[str, Any]:
    """An order with its clocks, its events and what the actor may do with it."""
    hidden = hides_requester(order, actor)
    return {
        **brief(order, actor),
        "text": order.text,
        "requester": {
            "name": "" if hidden else mask_name(order.requester_name),
            "phone": "" if hidden else mask_phone(order.requester_phone),
            "secret": order.secret,
        },
        "assisting": [helper.unit_code for helper in order.helpers if helper.part is Part.ASSIST],
        "copied": [helper.unit_code for helper in order.helpers if helper.part is Part.COPY],
        "handed_down": [
            {"unit": helper.unit_code, "task": helper.task} for helper in order.helpers if helper.part is Part.SUB
        ],
        "master": order.parent.number if order.parent else None,
        "round": order.round,
        "returns": order.returns,
        "suggestion": order.suggestion,
        "deadlines": [_deadline(one, now) for one in going_by(order) if sees_clock(one, actor)],
        "events": [_event(event, actor) for event in order.events if sees_event(event, actor)],
        "attachments": [attached(file) for file in order.attachments],
        "actions": [step.action for step in open_steps(order, actor, now)],
    }


def _closed_at(order: Order, reader: Actor) -> datetime | str | None:
    """When it was closed; to a unit only the day, because the instant is that of the call to its citizen."""
    if order.closed_at is None or sees_asking(reader):
        return order.closed_at
    return order.closed_at.astimezone(policies.calendar_now().zone).date().isoformat()


def attached(file: Attachment) -> dict[str, Any]:
    """A file of an order."""
    return {"id": file.id, "name": file.name, "media_type": file.media_type, "size": file.size, "public": file.public}


def _deadline(deadline: Deadline, now: datetime) -> dict[str, Any]:
    return {
        "clock": deadline.clock,
        "unit": deadline.unit_code,
        "round": deadline.round,
        "started_at": deadline.started_at,
        "due_at": deadline.due_at,
        "original_due_at": deadline.original_due_at,
        "ended_at": deadline.ended_at,
        "outcome": deadline.outcome,
        "extended": deadline.extended,
        "paused": deadline.paused,
        "upstream_at": deadline.upstream_at,
        "provisional": deadline.provisional,
        "light": countdown(deadline, now, policies.calendar(deadline.calendar_id)).light,
        "row": deadline.row,
        "explanation": explanations(deadline),
    }


def _event(event: Event, reader: Actor) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "at": event.at if sees_when(event, reader) else None,
        "action": event.action,
        "from": event.from_state,
        "to": event.to_state,
        "by": event.actor_name if sees_who(event, reader) else "",
        "role": event.actor_role,
        "reason": event.reason,
        "payload": event.payload,
        "hash": event.hash,
    }
