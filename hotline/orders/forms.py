"""Steps taken by a form, the same in every room: what is wrong stands beside its field, and what was typed is never lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from hotline.base.i18n import gettext, label
from hotline.base.schemas import Schema
from hotline.base.time import utc_now
from hotline.base.web import own_address, whole_number
from hotline.orders.clocks import WORK_CLOCKS
from hotline.orders.holding import require_as_read
from hotline.orders.lifecycle import Action
from hotline.orders.models import Order
from hotline.orders.names import Names
from hotline.orders.open_steps import open_steps
from hotline.orders.queries import order_for
from hotline.orders.sheet import sheet
from hotline.orders.timeline import changes_since, title_of
from hotline.people.actors import Actor
from hotline.people.queries import unit_names
from hotline.people.roles import Permission
from hotline.people.signin import current_actor, needs
from hotline.policy import queries as policies
from hotline.policy.plain import plain_time

SEES_ORDERS = (Permission.SEE_ALL_ORDERS, Permission.SEE_UNIT_ORDERS)
ASIDE = frozenset(
    {Action.NOTE, Action.LINK, Action.APPEAL}
)  # steps that leave an order where it is: nobody has to take them
PROSE = ("public_reply", "unsolved_reason", "note", "reason", "next_step")


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that did not go through: what was typed, and why it was refused.

    version: the version its sender had read, where somebody has changed the order since.
    """

    action: Action | None
    form: MultiDict[str, str]
    errors: dict[str, list[str]]
    message: str
    version: int | None

    @property
    def typed(self) -> list[str]:
        """What a person has written, to be kept even where the form is no longer there."""
        return typed_in(self.form)


def typed_in(form: MultiDict[str, str]) -> list[str]:
    """What a person has written in a form."""
    return [text for name in PROSE if (text := form.get(name, "").strip())]


def take_step(number: str, action: Action, schema: type[Schema], operation: Callable[..., Any]) -> ResponseReturnValue:
    """Take a step with what a form says, and go on; where it is refused, show the order with the form as typed."""
    actor = current_actor()
    try:
        order = order_for(number, actor)
        with db.session.begin_nested():
            given = read_form(order, schema)
            operation(order=order, actor=actor, now=utc_now(), version=form_version(), **given)
    except (Invalid, Conflict, NotAllowed) as refusal:
        return show_order(number, actor, tried=tried_of(action, refusal)), refusal.status
    except NotFound as gone:
        page = render_template("error.html", title=gone.message, typed=typed_in(request.form))
        return page, gone.status
    flash(step_done(order, action, title_of(action, given)), "done")
    return redirect(onward(order, actor))


def hang_form(pages: Blueprint, path: str, action: Action, schema: type[Schema], operation: Callable[..., Any]) -> None:
    """Hang the form of a step under ``/orders/<number>/<path>``; its endpoint is the path, a slash as a hyphen."""

    def view(number: str) -> ResponseReturnValue:
        return take_step(number, action, schema, operation)

    view.__doc__ = operation.__doc__
    endpoint = path.replace("/", "-")
    pages.add_url_rule(f"/orders/<number>/{path}", endpoint, needs(*SEES_ORDERS)(view), methods=["POST"])


def step_done(order: Order, action: Action, title: str) -> str:
    """What is said after a step. title: what it is called."""
    if action in {Action.DISPATCH, Action.REDISPATCH, Action.RULE_MOVES} and order.lead_unit:
        return gettext(
            "%(action)s: done for %(number)s, which goes to %(unit)s. It is now “%(state)s”.",
            action=title,
            number=order.number,
            unit=unit_names()[order.lead_unit],
            state=label(order.state),
        )
    if action is Action.REQUEST_TIME and order.time_asked_at is None:  # nobody had to be asked
        return gettext(
            "The time is granted at once: %(number)s is now due %(due)s.", number=order.number, due=_due(order)
        )
    return gettext(
        "%(action)s: done for %(number)s. It is now “%(state)s”.",
        action=title,
        number=order.number,
        state=label(order.state),
    )


def _due(order: Order) -> str:
    """By when the whole work is to be done, in words."""
    work = min(one.due_at for one in order.deadlines if one.clock in WORK_CLOCKS and one.ended_at is None)
    return plain_time(work, policies.calendar_now())


def read_form(order: Order, schema: type[Schema]) -> dict[str, Any]:
    """What the form of a step says. Raises Stale before Invalid: whoever mends a field has to know what is new first.

    The order is not held yet: which is held first is for the operation to say, lest two wait for each other.
    """
    require_as_read(order, form_version())
    given: dict[str, Any] = schema().read(form_data(schema))
    return given


def form_data(schema: type[Schema]) -> dict[str, Any]:
    """The fields of a schema from the form; one left empty counts as not given."""
    data: dict[str, Any] = {}
    for name, field in schema().fields.items():
        values = [value for value in request.form.getlist(name) if value.strip()]
        if values:
            data[name] = values if isinstance(field, fields.List) else values[-1]
    return data


def form_version() -> int:
    """The version of the order the form was made from."""
    version = whole_number(request.form.get("version", ""))
    if version is None:
        raise BadRequest
    return version


def picked_orders() -> dict[str, int]:
    """The orders picked in a list: number → version read."""
    picked = (value.partition(":") for value in request.form.getlist("order"))
    return {number: whole_number(version) or 0 for number, _, version in picked}


def onward(order: Order, actor: Actor) -> str:
    """Where to after a step: back to the list it came from, or on with the order where there is more to do with it."""
    back = own_address(request.form.get("back", ""))
    more = any(step.action not in ASIDE for step in open_steps(order, actor, utc_now()))
    if back and not (more and request.form.get("stay")):
        return back
    return url_for("orders.shown", number=order.number, back=back or None)


def show_order(number: str, actor: Actor, *, tried: Tried | None = None, phone: str | None = None) -> Response:
    """The page of an order. phone: the full number, where its reader has just given a reason to see it."""
    order = order_for(number, actor)  # as it stands now, not as it was read before a refusal
    since = changes_since(order, tried.version, actor, Names()) if tried and tried.version is not None else []
    back = own_address(request.values.get("back", ""))
    page = render_template(
        "orders/order.html", **sheet(order, actor, utc_now()), tried=tried, since=since, phone=phone, back=back
    )
    return make_response(page)


def tried_of(action: Action, refusal: Invalid | Conflict | NotAllowed) -> Tried:
    """A step that was refused, with what was typed."""
    errors = refusal.errors if isinstance(refusal, Invalid) else {}
    version = form_version() if isinstance(refusal, Stale) else None
    message = gettext("Some fields need another look.") if errors else refusal.message
    return Tried(action, request.form, errors, message, version)
