"""Audits of callbacks: of the answers callback staff record, a sample is checked by a supervisor (回访抽查).

So is one of the answers given with nothing but an order's number and phone, which its unit may know too.

Which ones is drawn as they are recorded, by a keyed hash of the order and the round: nobody who records an answer can
know, and what the answer says has no part in it. The recorded answer is never changed; what the citizen really says
stands beside it. Units see nothing of it.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound
from hotline.base.i18n import gettext
from hotline.handle.models import Evaluation, EvaluationAudit
from hotline.orders.lifecycle import Action
from hotline.orders.models import Event, Order
from hotline.people.actors import Actor
from hotline.people.roles import Permission
from hotline.policy import queries as policies

HASHED = 8  # bytes of the hash a number is read from
MOST = 1 << 8 * HASHED


def draw(order: Order, asked: Evaluation, *, doubtful: bool) -> None:
    """Put an answer somebody else may have given into the sample, if its number is below the policy's share."""
    policy = policies.policy(order.policy_id)
    if doubtful and asked.reached and lot(order.rating_token, asked.round) < policy.audit_share:
        db.session.add(EvaluationAudit(evaluation_id=asked.id))
        db.session.flush()


def lot(token: UUID, turn: int) -> float:
    """The number from 0 to 1 that decides whether an answer is audited."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    digest = hmac.digest(key, f"audit {token} {turn}".encode(), "sha256")
    return int.from_bytes(digest[:HASHED]) / MOST


def audit(
    evaluation: Evaluation,
    actor: Actor,
    now: datetime,
    *,
    agrees: bool,
    solved: bool | None = None,
    satisfaction: str = "",
    note: str = "",
) -> EvaluationAudit:
    """Record what a check of an answer found: the citizen says the same, or what they really say.

    Raises NotFound where the answer is not in the sample, Conflict where it has been audited, NotAllowed for whoever
    recorded it, Invalid where what the citizen says differs and is not told, or does not differ.
    """
    actor.require(Permission.AUDIT_CALLBACKS)
    found = db.session.scalar(
        select(EvaluationAudit)
        .filter_by(evaluation_id=evaluation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound(gettext("This answer is not in the sample."))
    if found.audited_at is not None:
        raise Conflict(gettext("This answer has been audited already."))
    recorded = recordings([evaluation]).get(evaluation.id)
    if recorded and recorded.actor_id is not None and recorded.actor_id == actor.user_id:
        raise NotAllowed(gettext("Nobody audits what they recorded themselves."))
    if not agrees:
        _require_other(evaluation, solved=solved, satisfaction=satisfaction)
        found.solved, found.satisfaction = solved, satisfaction
    found.audited_at, found.audited_by, found.agrees, found.note = now, actor.name, agrees, note.strip()
    db.session.flush()
    return found


def _require_other(evaluation: Evaluation, *, solved: bool | None, satisfaction: str) -> None:
    levels = policies.policy(evaluation.order.policy_id).weights
    if solved is None:
        raise Invalid.field("solved", gettext("say what the citizen says"))
    if satisfaction not in levels:
        raise Invalid.field("satisfaction", gettext("choose one of: %(levels)s", levels=", ".join(levels)))
    if (solved, satisfaction) == (evaluation.solved, evaluation.satisfaction):
        raise Invalid.field("agrees", gettext("this is what was recorded: say that it is the same"))


# Reads


def audits(*, done: bool) -> Select[tuple[EvaluationAudit]]:
    """The sample: what waits, the oldest first, or what has been audited, the latest first."""
    query: Select[Any] = select(EvaluationAudit)
    with_order = joinedload(EvaluationAudit.evaluation).joinedload(Evaluation.order).joinedload(Order.unit)
    if done:
        query = query.where(EvaluationAudit.audited_at.is_not(None)).order_by(EvaluationAudit.audited_at.desc())
    else:
        query = query.where(EvaluationAudit.audited_at.is_(None))
    return query.order_by(EvaluationAudit.evaluation_id).options(with_order)


def count_audits() -> int:
    """How many answers wait for their audit."""
    waiting = select(func.count()).select_from(EvaluationAudit).where(EvaluationAudit.audited_at.is_(None))
    return db.session.scalars(waiting).one()


@dataclass(frozen=True, slots=True)
class Found:
    """What audits have found so far: how many answers were checked, and how many differ from what was recorded."""

    audited: int
    differing: int

    @property
    def rate(self) -> Fraction | None:
        """The share that differs; None where nothing has been audited."""
        return Fraction(self.differing, self.audited) if self.audited else None


def found() -> Found:
    """What all audits have found."""
    differing = func.count().filter(EvaluationAudit.agrees.is_(False))
    query = select(func.count(), differing).where(EvaluationAudit.audited_at.is_not(None))
    return Found(*db.session.execute(query).one())


def recordings(evaluations: Iterable[Evaluation]) -> dict[int, Event]:
    """The steps that recorded answers, by the evaluation's id."""
    wanted = {(one.order_id, one.round): one.id for one in evaluations}
    query = select(Event).where(
        Event.order_id.in_({order_id for order_id, _ in wanted}), Event.action == Action.EVALUATE
    )
    keyed = (
        (wanted.get((event.order_id, event.payload.get("round", 0))), event) for event in db.session.scalars(query)
    )
    return {evaluation: event for evaluation, event in keyed if evaluation is not None}
