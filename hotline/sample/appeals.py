"""What follows when an order has ended: appeals of units against what counts against them, and audited callbacks."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from hotline.base.db import db
from hotline.base.errors import Conflict, NotAllowed
from hotline.handle.appeals import appeal, decide_appeal, review_appeal
from hotline.handle.audits import audit, audits
from hotline.handle.models import Appeal
from hotline.orders.appealing import counts_against
from hotline.orders.attachments import Upload
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Event, Order
from hotline.people.roles import Role
from hotline.policy.appeals import Ground, Scope
from hotline.policy.counting import TimeUnit, add_working

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from hotline.handle.models import EvaluationAudit
    from hotline.sample.cast import Cast
    from hotline.sample.town import Town

APPEALED = 0.25  # of what counts against a unit
FEWEST = 8
APPEALING = (Action.APPEAL, Action.REVIEW_APPEAL, Action.DECIDE_APPEAL)
WAITING = 5  # one of so many waits for each of the two reviewers, the newest
GROUNDS = {
    Scope.DEADLINE: (Ground.SYSTEM_FAULT, Ground.PROCEDURE, Ground.UNCOOPERATIVE),
    Scope.EVALUATION: (Ground.UNREASONABLE, Ground.UNCOOPERATIVE, Ground.DISPUTED_FACT),
}
AGREED = 0.6  # of reviews
DIFFERING = 0.1  # of audits
AUDITED = 0.7  # of the sample
# One grey point: a picture that is a picture.
PICTURE = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")


class Aftermath:
    """The appeals and audits of a sample, up to now."""

    def __init__(self, town: Town, cast: Cast, rng: Random, now: datetime) -> None:
        self.town, self.cast, self.rng, self.now = town, cast, rng, now

    def run(self) -> None:
        """Appeal, review, decide; then audit."""
        found = self._against_units()
        wanted, made = max(FEWEST, round(len(found) * APPEALED)), 0
        for order, scope in found:
            made += made < wanted and self._appeal(order, scope, reviews=min(made // (wanted // WAITING), 2))
        waiting: list[EvaluationAudit] = list(db.session.scalars(audits(done=False)))
        for row in waiting:
            if self.rng.random() < AUDITED:
                self._audit(row)

    def _against_units(self) -> list[tuple[Order, Scope]]:
        """What counts against units, of the orders closed last first: that they were late, the citizen's last word."""
        closed = select(Order).filter_by(state=State.CLOSED).order_by(Order.closed_at.desc(), Order.id)
        last = ((order, order.round) for order in db.session.scalars(closed))
        return [
            (order, scope)
            for order, turn in last
            for scope, of in counts_against(order)
            if scope is Scope.DEADLINE or of == turn
        ]

    def _appeal(self, order: Order, scope: Scope, *, reviews: int) -> bool:
        """Appeal a while after the closing or the last appeal, if that has come, and let so many reviewers say their word."""
        appealed = select(func.max(Event.at)).where(Event.order_id == order.id, Event.action.in_(APPEALING))
        before = db.session.scalars(appealed).one()
        if order.closed_at is None or (at := self._later(before or order.closed_at)) > self.now:
            return False
        ground = self.rng.choice(GROUNDS[scope])
        reason = self.town.phrases.pick(self.rng, "appeals", ground.value)
        who = self.cast.handler(order.lead_unit or "", self.town.phrases)
        picture = (Upload("情况说明.png", PICTURE),)
        with suppress(Conflict, NotAllowed):  # too late; or it counts for another unit than has the order
            event = appeal(order, who, at, scope=scope, ground=ground, reason=reason, uploads=picture)
            made = db.session.scalars(select(Appeal).filter_by(made_id=event.id)).one()
            self._review(order, made, at, reviews)
            return True
        return False

    def _review(self, order: Order, made: Appeal, at: datetime, reviews: int) -> None:
        for say, role, names in (
            (review_appeal, Role.DISPATCHER, "dispatchers"),
            (decide_appeal, Role.SUPERVISOR, "supervisors"),
        )[:reviews]:
            if made.settled_at is not None:
                return
            at = min(self._later(at), self.now)  # the latest are reviewed at once, so that some stand in every state
            agrees = reviews == 1 or self.rng.random() < AGREED  # one review only: it waits for the second
            reason = self.town.phrases.pick(self.rng, "appeals", "agreed" if agrees else "refused")
            who = self.cast.member(role, self.town.phrases, names)
            say(order, who, at, appeal=made.id, agrees=agrees, reason=reason)

    def _audit(self, row: EvaluationAudit) -> None:
        asked = row.evaluation
        if asked.ended_at is None or (at := self._later(asked.ended_at)) > self.now:
            return
        who = self.cast.member(Role.SUPERVISOR, self.town.phrases, "supervisors")
        if asked.solved and self.rng.random() < DIFFERING:
            note = self.town.phrases.pick(self.rng, "appeals", "audits_differing")
            audit(asked, who, at, agrees=False, solved=False, satisfaction="dissatisfied", note=note)
        else:
            audit(asked, who, at, agrees=True, note=self.town.phrases.pick(self.rng, "appeals", "audits_same"))

    def _later(self, start: datetime) -> datetime:
        """Some working hours on."""
        return add_working(start, self.rng.uniform(2, 14), TimeUnit.WORKING_HOURS, self.town.calendar).at
