"""The one door for change: every step of every order goes through ``act``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, select
from sqlalchemy.orm.attributes import flag_modified, set_committed_value

from hotline.base import outbox
from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound
from hotline.base.i18n import gettext, label
from hotline.orders import search
from hotline.orders.chain import chain
from hotline.orders.clocks import AGAIN, SENDS, Heard, Start, move, reckoning, starting
from hotline.orders.holding import hold, require_as_read
from hotline.orders.lifecycle import Action, State, Step, find, permits
from hotline.orders.models import Deadline, Event, Order, order_numbers
from hotline.orders.open_steps import is_open, parts_open
from hotline.orders.queries import require_category
from hotline.orders.sight import works_on
from hotline.orders.vocabulary import Channel, Element, Nature, Urgency
from hotline.orders.watched import Watched, watched
from hotline.people.actors import Actor
from hotline.people.operations import record_read
from hotline.people.queries import require_district
from hotline.people.roles import UNIT_ROLES, Permission
from hotline.policy import queries as policies
from hotline.policy.limits import Facts, Requester

NUMBERS_A_DAY = 1_000_000


@dataclass(frozen=True, slots=True)
class Intake:
    """A complaint as a door hands it in, checked for form but not yet an order. missing: elements that are not said."""

    title: str
    text: str
    channel: Channel
    nature: Nature | None = None
    urgency: Urgency = Urgency.NORMAL
    address: str = ""
    district_code: str | None = None
    category_code: str | None = None
    requester_name: str = ""
    requester_phone: str = ""
    secret: bool = False
    anonymous: bool = False
    missing: tuple[Element, ...] = ()
    source: str = ""
    external_id: str | None = None
    requester_kind: Requester = Requester.PERSON
    upstream_due_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None


def open_order(intake: Intake, actor: Actor, now: datetime, *, suggestion: Mapping[str, Any] | None = None) -> Order:
    """Write a new order with its first event and its dispatch clock.

    suggestion: what the classifier said, kept with the order so that the reasons can be shown later.
    """
    order = _new_order(intake, now, suggestion)
    db.session.add(order)
    db.session.flush()
    # A new order has none of these: nothing to load.
    for name in ("events", "deadlines", "helpers", "attachments"):
        set_committed_value(order, name, [])
    _record(order, None, _row(None, Action.REGISTER), actor, now, "", _registered(intake, order))
    return order


def _new_order(intake: Intake, now: datetime, suggestion: Mapping[str, Any] | None) -> Order:
    calendar = policies.calendar_now()
    return Order(
        number=_next_number(now, calendar.zone),
        version=1,
        head="",
        state=State.RECEIVED,
        nature=intake.nature or Nature.COMPLAINT,
        urgency=intake.urgency,
        channel=intake.channel,
        source=intake.source,
        external_id=intake.external_id,
        title=intake.title,
        text=intake.text,
        address=intake.address,
        latitude=intake.latitude,
        longitude=intake.longitude,
        district_code=intake.district_code,
        category_code=intake.category_code,
        requester_name=intake.requester_name,
        requester_phone=intake.requester_phone,
        requester_kind=intake.requester_kind,
        upstream_due_at=intake.upstream_due_at,
        secret=intake.secret,
        round=1,
        returns=0,
        attempts=0,
        urges=0,
        appeals_new=0,
        appeals_reviewed=0,
        policy_id=policies.policy_id_at(now),
        suggestion=dict(suggestion) if suggestion else None,
        received_at=now,
        search=search.vector(intake.title, intake.text, intake.address),
    )


def _registered(intake: Intake, order: Order) -> dict[str, Any]:
    """What the first event keeps of an order that comes in."""
    said: dict[str, Any] = {
        "channel": intake.channel,
        "facts": asdict(facts_of(order)),
        "missing": list(intake.missing),
        "anonymous": intake.anonymous,
        "upstream_due": intake.upstream_due_at and intake.upstream_due_at.isoformat(),
    }
    return {key: value for key, value in said.items() if value}


def facts_of(order: Order) -> Facts:
    """What the limits of an order depend on."""
    return Facts(
        order.nature, order.urgency, order.category_code or "", order.requester_kind, order.district_code or ""
    )


def get_order(number: str) -> Order:
    """The order with this number; raise NotFound."""
    order = db.session.scalar(select(Order).filter_by(number=number))
    if order is None:
        raise NotFound(gettext("There is no order with this number."))
    return order


def act(
    order: Order,
    action: Action,
    actor: Actor,
    now: datetime,
    *,
    version: int | None = None,
    reason: str = "",
    **payload: Any,
) -> Event:
    """Take one step of the lifecycle table.

    version: the version the actor has read; where it is not the present one, Stale is raised.
    Raises Conflict where the table has no such step from this state, NotAllowed where the actor may not
    take it, Invalid where something it needs is missing.
    """
    step = ready(order, action, actor, now, version=version)
    _require(step, reason, payload)
    before = order.state
    order.version += 1
    if step.target is not None:
        order.state = step.target
    _apply(order, action, now, payload)
    return _record(order, before, step, actor, now, reason, payload)


def ready(order: Order, action: Action, actor: Actor, now: datetime, *, version: int | None = None) -> Step:
    """Hold the order and find the step; raise Stale, Conflict or NotAllowed where the actor cannot take it now."""
    hold(order)
    require_as_read(order, version)
    step = _row(order.state, action)
    if not permits(step, actor, order.lead_unit, parts_open(order)):
        raise NotAllowed(gettext("You may not do this with this order: %(action)s.", action=label(action)))
    if not is_open(action, order, actor, now):
        raise Conflict(gettext("There is nothing this step could be for now: %(action)s.", action=label(action)))
    return step


def _row(state: State | None, action: Action) -> Step:
    step = find(state, action)
    if step is None:
        raise Conflict(
            gettext(
                "An order that is “%(state)s” cannot take the step “%(action)s”.",
                state=label(state),
                action=label(action),
            )
        )
    return step


def _require(step: Step, reason: str, payload: Mapping[str, Any]) -> None:
    given = {**payload, "reason": reason.strip()}
    missing = [name for name in step.needs if given.get(name) is None or given.get(name) == ""]
    if missing:
        raise Invalid({name: [gettext("is required for this step")] for name in missing})


# A request for time waits from its asking to its decision, or until a reply or another unit makes it pointless.
TIME_ASKED = frozenset(
    {
        *(Action.REQUEST_TIME, Action.GRANT_TIME, Action.REFUSE_TIME),
        *(Action.REPLY, Action.SUBMIT_REPLY, Action.REDISPATCH, Action.RULE_MOVES),
    }
)


# What a citizen has asked the center waits for its word, or until what is done with the order makes it pointless.
ASKED = frozenset(
    {
        *(Action.ASK_CENTER, Action.ANSWER_CITIZEN, Action.REACTIVATE, Action.REDO),
        *(Action.REPLY, Action.APPROVE_REPLY, Action.CLOSE, Action.WITHDRAW),
    }
)


def _apply(order: Order, action: Action, now: datetime, payload: Mapping[str, Any]) -> None:
    """Columns of the order that follow from the step."""
    order.category_code = payload.get("category") or order.category_code
    order.district_code = payload.get("district") or order.district_code
    order.nature = Nature(payload.get("nature") or order.nature)
    order.urgency = Urgency(payload.get("urgency") or order.urgency)
    order.supervision, order.urges = watched(Watched(order.supervision, order.urges), action, payload)
    if action in TIME_ASKED:
        order.time_asked_at = now if action is Action.REQUEST_TIME else None
    if answer := payload.get("public_reply"):
        order.search = search.added(Order.search, answer)
    if action in ASKED:
        order.asked_at = now if action is Action.ASK_CENTER else None
    if action in AGAIN:
        order.round += 1
        order.attempts = 0
        order.closed_at = order.ruled_at = None  # what was ruled on was the work of the round before
    if action in SENDS:
        order.lead_unit = payload["unit"]
        order.handler_id = None
    if action in CHANGES:
        for column, value in CHANGES[action](order, now, payload).items():
            setattr(order, column, value)


# Columns that follow from one step alone.
CHANGES: dict[Action, Callable[[Order, datetime, Mapping[str, Any]], dict[str, Any]]] = {
    Action.DISPATCH: lambda _order, now, _said: {"dispatched_at": now},
    Action.REDISPATCH: lambda order, _now, _said: {"returns": order.returns + 1},
    Action.ENTRUST: lambda _order, _now, said: {"handler_id": said["person"]},
    Action.DISPUTE: lambda _order, now, _said: {"disputed_at": now},
    Action.RULE: lambda _order, now, _said: {"disputed_at": None, "ruled_at": now},
    Action.RULE_MOVES: lambda _order, now, _said: {"disputed_at": None, "ruled_at": now},
    Action.REPLY: lambda _order, now, _said: {"replied_at": now},
    Action.APPROVE_REPLY: lambda _order, now, _said: {"replied_at": now},
    Action.FOLLOW: lambda _order, now, _said: {"replied_at": now},
    Action.SET_UPSTREAM: lambda _order, _now, said: {"upstream_due_at": datetime.fromisoformat(said["due"])},
    # Who answers and asks to be called at another time has been reached: it does not bring the order nearer its end.
    Action.ATTEMPT: lambda order, _now, said: {"attempts": order.attempts + (not said.get("later"))},
    Action.CLOSE: lambda _order, now, _said: {"closed_at": now},
    Action.APPEAL: lambda order, _now, _said: {"appeals_new": order.appeals_new + 1},
    Action.REVIEW_APPEAL: lambda order, _now, said: {
        "appeals_new": order.appeals_new - 1,
        "appeals_reviewed": order.appeals_reviewed + bool(said["agrees"]),
    },
    Action.DECIDE_APPEAL: lambda order, _now, _said: {"appeals_reviewed": order.appeals_reviewed - 1},
}


def _record(
    order: Order, before: State | None, step: Step, actor: Actor, now: datetime, reason: str, payload: Mapping[str, Any]
) -> Event:
    event = Event(
        order_id=order.id,
        seq=order.version,
        at=now,
        action=step.action,
        from_state=before,
        to_state=order.state,
        actor_role=actor.role,
        actor_id=actor.user_id,
        actor_name=actor.name,
        reason=reason.strip(),
        payload=dict(payload),
    )
    event.hash = order.head = chain(order.head, event)
    db.session.add(event)
    _move_clocks(order, event, step)
    db.session.flush()
    queue = outbox.Queue.URGENT if order.urgency is Urgency.URGENT else outbox.Queue.DEFAULT
    outbox.leave("tell", now, queue=queue, event_id=event.id)
    return event


def _move_clocks(order: Order, event: Event, step: Step) -> None:
    heard = Heard(
        event.action, event.at, event.payload, order.lead_unit, order.round, facts_of(order), order.upstream_due_at
    )
    for deadline in move(order.deadlines, step, heard):
        set_due(deadline, order.policy_id)
    starts = starting(step, heard, policies.policy(order.policy_id).limits, order.deadlines)
    if starts:
        db.session.flush()  # an ended clock must be written before the same one starts again
        for start in starts:
            deadline = _deadline(start, heard)
            set_due(deadline, order.policy_id)
            order.deadlines.append(deadline)


def set_due(deadline: Deadline, policy_id: int) -> None:
    """Write when a clock is due, by the calendar in force.

    All of it is written, even what has not changed since it was read: meanwhile another calendar may have been
    followed, and these belong together.
    """
    calendar_id = policies.calendar_id()
    due = reckoning(deadline, policies.calendar(calendar_id), policies.policy(policy_id).counting)
    deadline.calendar_id = calendar_id
    deadline.due_at, deadline.original_due_at, deadline.provisional = due.at, due.original, due.provisional
    for name in ("calendar_id", "due_at", "original_due_at", "provisional"):
        flag_modified(deadline, name)


def _deadline(start: Start, heard: Heard) -> Deadline:
    limit = start.limit
    return Deadline(
        clock=start.clock,
        unit_code=start.unit,
        round=heard.round,
        row=limit.key,
        amount=limit.amount,
        unit=limit.unit,
        basis=limit.basis,
        started_at=heard.at,
        extended=[],
        paused=[],
        upstream_at=start.set_due,
        upstream_first_at=start.set_due,
    )


def _next_number(now: datetime, zone: ZoneInfo) -> str:
    # Day, then a number from a sequence: unique without a lock that would make orders wait for one another. Only
    # once the sequence has gone round may a number of an old day be taken; then the next one serves.
    for _ in range(NUMBERS_A_DAY):
        serial = db.session.execute(select(func.nextval(order_numbers.name))).scalar_one() % NUMBERS_A_DAY
        number = f"{now.astimezone(zone):%Y%m%d}{serial:06d}"
        if not db.session.scalar(select(exists().where(Order.number == number))):
            return number
    raise Conflict("Every number of this day is taken.")


def amend(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    reason: str,
    category: str = "",
    district: str = "",
    nature: Nature | None = None,
    urgency: Urgency | None = None,
    version: int | None = None,
) -> Event:
    """Correct how an order is filed before dispatch; raise Invalid where nothing is corrected."""
    given = {"category": category, "district": district, "nature": nature, "urgency": urgency}
    corrected = {name: value for name, value in given.items() if value}
    if not corrected:
        raise Invalid.field("category", gettext("choose what is to be corrected"))
    if category:
        require_category(category)
    if district:
        require_district(district)
    return act(order, Action.AMEND, actor, now, version=version, reason=reason, **corrected)


def reveal_phone(order: Order, actor: Actor, now: datetime, *, purpose: str) -> str:
    """The requester's full number, for a role that may read it and with the read recorded.

    Raises NotAllowed for other roles, and for units where the order is secret.
    """
    actor.require(Permission.REVEAL_PHONE)
    if order.secret and actor.role in UNIT_ROLES:
        raise NotAllowed(gettext("This order is secret: ask the hotline center to pass on your question."))
    if not works_on(order, actor):
        raise NotAllowed(gettext("Only units that work on the order may see the number."))
    record_read(actor, order.number, purpose, now)
    return order.requester_phone
