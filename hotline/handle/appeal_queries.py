"""Reads of appeals: what a unit may still appeal against, and the lists of the reviewers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from hotline.base.db import db
from hotline.handle.appeals import unit_against
from hotline.handle.models import Appeal, Appealed
from hotline.orders.appealing import appealable
from hotline.orders.lifecycle import Action, State, find
from hotline.orders.models import Order
from hotline.people.actors import Actor
from hotline.policy.appeals import Scope

TABS = {"first": (Appealed.NEW,), "second": (Appealed.REVIEWED,), "decided": (Appealed.COUNTED, Appealed.NOT_COUNTED)}


@dataclass(frozen=True, slots=True)
class Against:
    """Something a unit may appeal against. ``value`` is how a form names it."""

    scope: Scope
    round: int

    @property
    def value(self) -> str:
        """Scope and round in one word."""
        return f"{self.scope}:{self.round}"


def appealable_by(order: Order, actor: Actor, now: datetime) -> list[Against]:
    """What counts against the actor's units in an order and may still be appealed against."""
    found = (Against(scope, turn) for scope, turn in appealable(order, now))
    return [one for one in found if actor.handles(unit_against(order, one.scope, one.round))]


def appeals_waiting(order: Order, state: str) -> list[Appeal]:
    """The appeals of an order that wait for a review."""
    query = _told(select(Appeal).filter_by(order_id=order.id, state=Appealed(state)))
    return list(db.session.scalars(query.order_by(Appeal.id)))


def appeals_in(states: Iterable[Appealed]) -> Select[tuple[Appeal]]:
    """Appeals with their orders: those that wait the longest first, what is decided the latest first."""
    states = tuple(states)
    with_order = joinedload(Appeal.order).options(joinedload(Order.unit), selectinload(Order.attachments))
    query = _told(select(Appeal).where(Appeal.state.in_(states))).options(with_order)
    return query.order_by(Appeal.id.desc() if Appealed.COUNTED in states else Appeal.id)


def count_appeals(actor: Actor) -> int:
    """How many appeals wait for a review the actor may make."""
    waits = {Appealed.NEW: Action.REVIEW_APPEAL, Appealed.REVIEWED: Action.DECIDE_APPEAL}
    states = [
        state for state, action in waits.items() if (step := find(State.CLOSED, action)) and actor.role in step.roles
    ]
    return db.session.scalars(select(func.count()).select_from(Appeal).where(Appeal.state.in_(states))).one()


def _told(query: Select[Any]) -> Select[Any]:
    return query.options(joinedload(Appeal.made), joinedload(Appeal.review), joinedload(Appeal.decision))
