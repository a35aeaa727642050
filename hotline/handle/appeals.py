"""Verbs of appeals (考核申诉): a unit says that something should not count in its assessment, and two people decide.

Two have to agree, neither of the unit that appeals nor each other, before it does not count; the first alone may
refuse. The work itself and its clocks stay as they were: only the reports leave it out, and show the rate with it too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed
from hotline.base.i18n import gettext, label
from hotline.handle.models import Appeal, Appealed, Evaluation
from hotline.handle.operations import with_files
from hotline.orders.appealing import appealable, is_content
from hotline.orders.attachments import Upload
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.orders.operations import act, ready
from hotline.people.actors import Actor
from hotline.policy import queries as policies
from hotline.policy.appeals import Ground, Scope
from hotline.policy.limits import Clock


def appeal(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    scope: Scope,
    ground: Ground,
    reason: str,
    round: int | None = None,  # noqa: A002 # what everybody calls it
    evidence: Iterable[int] = (),
    uploads: Sequence[Upload] = (),
    version: int | None = None,
) -> Event:
    """Appeal against what counts against the unit: that it was late, or what the citizen said of one of its replies.

    round: of the citizen's answer, the present one where it is not said. evidence: ids of files the order has
    already, beside those uploaded. Raises Conflict where nothing counts against the unit or it has appealed before.
    """
    ready(order, Action.APPEAL, actor, now, version=version)
    turn = (round or order.round) if scope is Scope.EVALUATION else 1
    unit = unit_against(order, scope, turn)
    if not actor.handles(unit):
        raise NotAllowed(gettext("It counts for another unit; only that one appeals."))
    if db.session.scalar(select(Appeal.id).filter_by(order_id=order.id, scope=scope, round=turn)):
        raise Conflict(gettext("There has been an appeal against this before; it is made once."))
    if (scope, turn) not in appealable(order, now):
        raise Conflict(gettext("The time to appeal against this is over."))
    allowed = policies.policy(order.policy_id).appeals.grounds(scope)
    if ground not in allowed:
        reasons = gettext(", ").join(label(one) for one in allowed)
        raise Invalid.field("ground", gettext("choose one of: %(choices)s", choices=reasons))
    kept = _own_files(order, evidence)
    if not kept and not uploads:
        raise Invalid.field("attachments", gettext("give the evidence: a file, or one the order has"))
    with with_files(order, tuple(uploads), actor, now) as files:
        said = {"scope": scope, "round": turn, "ground": ground, "attachments": [*kept, *files]}
        event = act(order, Action.APPEAL, actor, now, version=version, reason=reason, **said)
    made = Appeal(order_id=order.id, scope=scope, round=turn, unit_code=unit, ground=ground, state=Appealed.NEW)
    made.made_id = event.id
    db.session.add(made)
    db.session.flush()
    return event


def review_appeal(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    appeal: int,
    agrees: bool,
    reason: str,
    version: int | None = None,
) -> Event:
    """Review an appeal first: agree, so that a second person decides, or refuse, and it counts."""
    ready(order, Action.REVIEW_APPEAL, actor, now, version=version)
    found = _waiting(order, appeal, Appealed.NEW)
    _require_apart(actor, found, found.made)
    event = act(order, Action.REVIEW_APPEAL, actor, now, version=version, reason=reason, **_said(found, agrees=agrees))
    found.review_id = event.id
    return _stands(found, Appealed.REVIEWED if agrees else Appealed.COUNTED, event)


def decide_appeal(
    order: Order,
    actor: Actor,
    now: datetime,
    *,
    appeal: int,
    agrees: bool,
    reason: str,
    version: int | None = None,
) -> Event:
    """Decide on an appeal the first reviewer agrees with: it does not count, or it does. Not by the first reviewer."""
    ready(order, Action.DECIDE_APPEAL, actor, now, version=version)
    found = _waiting(order, appeal, Appealed.REVIEWED)
    _require_apart(actor, found, found.made, found.review)
    event = act(order, Action.DECIDE_APPEAL, actor, now, version=version, reason=reason, **_said(found, agrees=agrees))
    found.decision_id = event.id
    return _stands(found, Appealed.NOT_COUNTED if agrees else Appealed.COUNTED, event)


def _stands(found: Appeal, state: Appealed, event: Event) -> Event:
    """Write down where an appeal stands after a reviewer's word, and since when for good."""
    found.state = state
    found.settled_at = None if state is Appealed.REVIEWED else event.at
    db.session.flush()
    return event


def _said(found: Appeal, *, agrees: bool) -> dict[str, object]:
    """What the step of a reviewer says: of which appeal, by which unit, and which way."""
    return {"appeal": found.id, "scope": found.scope, "against": found.unit_code, "agrees": agrees}


def unit_against(order: Order, scope: Scope, turn: int) -> str:
    """The unit something counts against; raise Conflict where nothing does."""
    if scope is Scope.EVALUATION:
        asked = db.session.scalar(select(Evaluation).filter_by(order_id=order.id, round=turn))
        if asked is None or not asked.reached or is_content(order, asked.solved, asked.satisfaction):
            raise Conflict(gettext("The citizen has said nothing that counts against the unit."))
        return asked.unit_code
    for row in order.deadlines:
        if row.clock is Clock.HANDLE and row.ended_late and row.unit_code:
            return row.unit_code
    raise Conflict(gettext("It was handled on time: nothing counts against the unit."))


def _own_files(order: Order, ids: Iterable[int]) -> list[int]:
    wanted, own = list(dict.fromkeys(ids)), {file.id for file in order.attachments}
    if strange := [one for one in wanted if one not in own]:
        raise Invalid.field("evidence", gettext("%(id)s is no file of this order", id=strange[0]))
    return wanted


def _waiting(order: Order, appeal: int, state: Appealed) -> Appeal:
    found = db.session.scalar(select(Appeal).filter_by(id=appeal, order_id=order.id, state=state))
    if found is None:
        raise Conflict(gettext("This appeal does not wait for this review; look again at where it stands."))
    return found


def _require_apart(actor: Actor, found: Appeal, *before: Event | None) -> None:
    """Raise NotAllowed for somebody of the unit, and for whoever has had a part in the appeal already."""
    took_part = {event.actor_id for event in before if event} - {None}
    if actor.user_id in took_part or actor.handles(found.unit_code):
        raise NotAllowed(gettext("Two people review an appeal, and neither is of the unit that appeals."))
