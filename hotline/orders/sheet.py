"""What the page of an order shows: what it is, where it is, and what its reader can do now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from hotline.base.i18n import gettext, mark
from hotline.orders.attachments import ENDINGS
from hotline.orders.deadlines import going_by
from hotline.orders.lifecycle import ENDED_STATES, Action, State, Step
from hotline.orders.marking import marked
from hotline.orders.models import Deadline, Event, Order
from hotline.orders.names import Names, level_name
from hotline.orders.open_steps import open_steps
from hotline.orders.sight import hides_requester, sees_clock, works_on
from hotline.orders.suggested import read_suggestion
from hotline.orders.timeline import timeline
from hotline.orders.vocabulary import Nature, Result, Ruling, Truth, Urgency
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.policy import queries as policies
from hotline.policy.limits import Clock
from hotline.policy.triggers import Supervision

# The step most likely taken next stands first; which of them are there at all, the lifecycle table says.
LIKELY = (
    Action.SIGN,
    Action.FINISH_PART,
    Action.APPROVE_REPLY,
    Action.REJECT_REPLY,
    Action.GRANT_TIME,
    Action.REFUSE_TIME,
    Action.DISPATCH,
    Action.REDISPATCH,
    Action.REFUSE_RETURN,
    Action.CONFIRM_EXIT,
    Action.REFUSE_EXIT,
    Action.ANSWER_CITIZEN,
    Action.RULE,
    Action.RULE_MOVES,
    Action.REVIEW_APPEAL,
    Action.DECIDE_APPEAL,
    Action.EVALUATE,
    Action.ATTEMPT,
    Action.REPLY,
    Action.SUBMIT_REPLY,
    Action.REPORT_PROGRESS,
    Action.FEED_BACK,
    Action.CONTACT,
    Action.ANSWER,
    Action.AMEND,
    Action.MERGE,
    Action.RESUME,
    Action.REQUEST_TIME,
    Action.ENTRUST,
    Action.ASSIGN,
    Action.REQUEST_RETURN,
    Action.DISPUTE,
    Action.SUPERVISE,
    Action.ESCALATE,
    Action.UNLIST,
    Action.URGE,
    Action.ASK_CENTER,
    Action.SET_UPSTREAM,
    Action.REDO,
    Action.CLOSE,
    Action.REACTIVATE,
    Action.APPEAL,
    Action.NOTE,
    Action.LINK,
    Action.UNMERGE,
    Action.PUT_THROUGH,
    Action.PROPOSE_EXIT,
    Action.WITHDRAW,
)

# What may still wait for somebody when an order has ended.
AFTER = frozenset({Action.ANSWER_CITIZEN, Action.RULE, Action.REVIEW_APPEAL, Action.DECIDE_APPEAL})


def sheet(order: Order, actor: Actor, now: datetime) -> dict[str, Any]:
    """Everything the order's page shows its reader."""
    names = Names()
    suggested = read_suggestion(order.suggestion, names)
    policy = policies.policy(order.policy_id)
    actions = steps(order, open_steps(order, actor, now), actor)
    words = (*suggested.keywords, *suggested.places)
    return {
        "order": order,
        "now": now,
        "names": names,
        "title": marked(order.title, words),
        "words": marked(order.text, words),
        "place": marked(order.address, suggested.places),
        "suggested": suggested,
        "policy": policy,
        "results": list(Result),
        "truths": list(Truth),
        "rulings": list(Ruling),
        "natures": list(Nature),
        "urgencies": list(Urgency),
        "supervisions": list(Supervision),
        "master": order.parent,
        "level_name": level_name,
        "blank": MultiDict(),
        "file_types": ENDINGS,
        "hidden": hides_requester(order, actor),
        "may_reveal": may_reveal(order, actor),
        "clocks": clocks(order, actor),
        "holder": holder(order),
        "over": order.state in ENDED_STATES and not AFTER & set(actions),
        "evaluated": evaluated(order),
        "actions": actions,
        "entries": timeline(order, actor, names),
    }


def may_reveal(order: Order, actor: Actor) -> bool:
    """Whether the actor may ask for the requester's full number."""
    return (
        bool(order.requester_phone)
        and actor.may(Permission.REVEAL_PHONE)
        and works_on(order, actor)
        and not hides_requester(order, actor)
    )


def clocks(order: Order, actor: Actor) -> list[Deadline]:
    """The clocks the actor is to see: those that run first, the next due at the top. A unit sees no callback clock."""
    seen = [one for one in going_by(order) if sees_clock(one, actor)]
    return sorted(seen, key=lambda one: (one.ended_at is not None, one.due_at))


def next_clock(order: Order, actor: Actor, of: Collection[Clock] = tuple(Clock)) -> Deadline | None:
    """The running clock that is due first, of some or of all."""
    return next((one for one in clocks(order, actor) if one.ended_at is None and one.clock in of), None)


AT_CENTER = {
    State.RECEIVED: mark("Hotline center: dispatch"),
    State.EXITING: mark("Hotline center: decides whether it is accepted"),
    State.RETURNING: mark("Hotline center: decides on the return"),
    State.CALLBACK: mark("Hotline center: asks the citizen"),
}


def holder(order: Order) -> str:
    """Who has the order now, in words; nothing where nobody has to do anything any more."""
    if order.state is State.MERGED:
        return holder(order.followed)
    if order.state in {State.DISPATCHED, State.HANDLING, State.REVIEWING}:
        return order.unit.title if order.unit else ""
    return gettext(AT_CENTER[order.state]) if order.state in AT_CENTER else ""


def evaluated(order: Order) -> Event | None:
    """What the citizen said of the latest reply."""
    said = (event for event in reversed(order.events) if event.action is Action.EVALUATE)
    return next((event for event in said if event.payload.get("round") == order.round), None)


def steps(order: Order, allowed: Iterable[Step], actor: Actor) -> list[Action]:
    """The steps allowed, the likeliest first."""
    first: tuple[Action, ...] = ()
    if actor.handles(order.lead_unit):  # what it gave to a unit below it is not the first thing it does itself
        first = (Action.SIGN, Action.REPLY, Action.SUBMIT_REPLY)
    if order.state is State.HANDLING and any(
        one.clock is Clock.CONTACT and not one.ended_at for one in order.deadlines
    ):
        first = (Action.CONTACT, *first)
    if order.state is State.CALLBACK and evaluated(order):
        first = (Action.REDO, Action.CLOSE)
    ranks = [*first, *LIKELY]
    return sorted((step.action for step in allowed), key=ranks.index)
