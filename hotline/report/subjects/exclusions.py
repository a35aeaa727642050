"""What does not count because two people have agreed with a unit's appeal (剔除), as far as reports show it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from hotline.handle.models import Appeal, Appealed, Evaluation
from hotline.orders.models import Deadline
from hotline.policy.appeals import Scope
from hotline.report.measure import Frame


def is_excluded(order_id: InstrumentedAttribute[int], frame: Frame) -> ColumnElement[bool]:
    """Whether an order's handle clock was excluded at the cut-off."""
    return order_id.in_(select(Appeal.order_id).where(_not_counted(Scope.DEADLINE, frame)))


def is_answer_excluded(frame: Frame) -> ColumnElement[bool]:
    """Whether the citizen's answer of an evaluation was excluded at the cut-off."""
    excluded = select(Appeal.order_id, Appeal.round).where(_not_counted(Scope.EVALUATION, frame))
    return tuple_(Evaluation.order_id, Evaluation.round).in_(excluded)


def deadline_ground(frame: Frame) -> ColumnElement[Any]:
    """For which reason an order's handle clock was excluded; NULL where it was not."""
    return _ground(Scope.DEADLINE, frame, Appeal.order_id == Deadline.order_id)


def answer_ground(frame: Frame) -> ColumnElement[Any]:
    """For which reason a citizen's answer was excluded; NULL where it was not."""
    same = and_(Appeal.order_id == Evaluation.order_id, Appeal.round == Evaluation.round)
    return _ground(Scope.EVALUATION, frame, same)


def _ground(scope: Scope, frame: Frame, of_row: ColumnElement[bool]) -> ColumnElement[Any]:
    return select(Appeal.ground).where(of_row, _not_counted(scope, frame)).scalar_subquery()


def _not_counted(scope: Scope, frame: Frame) -> ColumnElement[bool]:
    return and_(Appeal.scope == scope, Appeal.state == Appealed.NOT_COUNTED, Appeal.settled_at <= frame.cutoff)
