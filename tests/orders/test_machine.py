"""A city at random: any role tries any step with any order, time goes on, and whatever happens the record holds.

No state but by the table, a log that replays to what is stored, clocks that agree with it, every order in exactly one
bucket, and every refused step says why and leaves nothing behind.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, ClassVar

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from hotline.base.db import db, forget_kept
from hotline.base.errors import HotlineError, Invalid
from hotline.base.time import Period
from hotline.citizen import operations as citizen
from hotline.handle import appeals, entrusting, review, supervision, time
from hotline.handle import operations as handle
from hotline.handle.models import Appeal, Evaluation
from hotline.knowledge.operations import answer_directly
from hotline.orders.attachments import Upload
from hotline.orders.chain import broken_link
from hotline.orders.clocks import is_part
from hotline.orders.lifecycle import ENDED_STATES, Action, State, find, permits
from hotline.orders.models import Deadline, Order
from hotline.orders.open_steps import is_open, parts_open
from hotline.orders.operations import amend
from hotline.orders.urging import urge
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Exit, Nature, Result, Ruling, Service, TimeKind
from hotline.people.actors import CITIZEN, Actor
from hotline.people.roles import Role
from hotline.policy import queries as policies
from hotline.policy.appeals import Ground, Scope
from hotline.policy.limits import Clock
from hotline.policy.triggers import Supervision
from hotline.receive import exits, joining
from hotline.report.measure import Frame
from hotline.report.measures import Fate, fate
from hotline.transfer import disputes, linking, merging, parts
from hotline.transfer import operations as transfer
from tests import factories
from tests.orders.stages import STAGES

log = logging.getLogger(__name__)
UNITS = ("housing", "urban", "d01", "d01-s1")
ACTORS = (
    Actor(Role.AGENT, "话务员"),
    Actor(Role.DISPATCHER, "派单员"),
    Actor(Role.SUPERVISOR, "督办员"),
    Actor(Role.CALLBACK, "回访员"),
    Actor(Role.MANAGER, "管理者"),
    Actor(Role.ADMIN, "管理员"),
    CITIZEN,
    *(
        Actor(role, f"{unit}{role}", units=frozenset(units))
        for unit, units in (
            ("housing", {"housing"}),
            ("urban", {"urban"}),
            ("d01", {"d01", "d01-s1"}),
            ("d01-s1", {"d01-s1"}),
        )
        for role in (Role.HANDLER, Role.UNIT_HEAD)
    ),
)
WHY = {"reason": "理由如下"}
LEVELS = ("satisfied", "basically", "dissatisfied", "dissatisfied")
ASIDE = {
    *(Action.AMEND, Action.NOTE, Action.LINK, Action.ANSWER, Action.WITHDRAW, Action.PUT_THROUGH),
    *(Action.PROPOSE_EXIT, Action.SET_UPSTREAM, Action.URGE, Action.SUPERVISE, Action.CONTACT, Action.DISPUTE),
}
FEW, SOME, HALF, MOST = 0.1, 0.3, 0.5, 4
MINUTES = (1, 1, 1, 30, 180, 600, 1440, 5 * 1440)
PROOF = (Upload("证明.png", b"\x89PNG\r\n\x1a\n" + bytes(20)),)
WALKS = int(os.environ.get("HOTLINE_WALKS", "12"))  # of up to 80 steps each; more when somebody wants to be sure
ENOUGH_KINDS = 30  # of steps taken, of the table's forty-five
Step = Callable[[Order, Actor, datetime, "Drawn"], Any]


class Drawn:
    """What is said with a step, by chance."""

    def __init__(self, rng: Random, others: list[Order]) -> None:
        self.rng, self.others = rng, others

    def unit(self) -> str:
        return self.rng.choice(UNITS)

    def units(self) -> list[str]:
        return self.rng.sample(UNITS, self.rng.randint(0, 2))

    def other(self) -> str:
        return self.rng.choice(self.others).number

    def appeal(self, order: Order) -> int:
        return self.rng.choice([0, *db.session.scalars(select(Appeal.id).filter_by(order_id=order.id))])

    def later(self, now: datetime) -> datetime:
        return now + timedelta(hours=self.rng.randint(-2, 200))


def _time(order: Order, actor: Actor, now: datetime, drawn: Drawn) -> Any:
    kind = drawn.rng.choice(list(TimeKind))
    until = None if kind is TimeKind.EXTENSION else drawn.later(now).date()
    amount = 2 if kind is TimeKind.EXTENSION else None
    return time.request_time(order, actor, now, kind=kind, amount=amount, until=until, next_step="继续", **WHY)


def _reply(order: Order, actor: Actor, now: datetime, drawn: Drawn) -> Any:
    result = drawn.rng.choice(list(Result))
    return handle.reply(order, actor, now, result=result, public_reply="已到现场处理。", unsolved_reason="条件所限")


STEPS: dict[Action, Step] = {
    Action.AMEND: lambda o, a, t, d: amend(o, a, t, nature=Nature.HELP, **WHY),
    Action.ANSWER: lambda o, a, t, d: answer_directly(o, a, t, public_reply="请拨打物业服务电话处理。"),
    Action.MERGE: lambda o, a, t, d: merging.merge(o, a, t, master=d.other(), **WHY),
    Action.UNMERGE: lambda o, a, t, d: merging.unmerge(o, a, t, **WHY),
    Action.SET_UPSTREAM: lambda o, a, t, d: merging.set_upstream(o, a, t, due=d.later(t), **WHY),
    Action.PUT_THROUGH: lambda o, a, t, d: exits.put_through(o, a, t, service=Service.FIRE, note="已接入"),
    Action.WITHDRAW: lambda o, a, t, d: exits.withdraw(o, a, t, **WHY),
    Action.PROPOSE_EXIT: lambda o, a, t, d: exits.propose_exit(o, a, t, exit=Exit.LITIGATION, **WHY),
    Action.CONFIRM_EXIT: lambda o, a, t, d: exits.confirm_exit(o, a, t),
    Action.REFUSE_EXIT: lambda o, a, t, d: exits.refuse_exit(o, a, t, **WHY),
    Action.LINK: lambda o, a, t, d: linking.link(o, a, t, other=d.other(), **WHY),
    Action.DISPATCH: lambda o, a, t, d: transfer.dispatch(o, d.unit(), a, t, assist=d.units(), copy=d.units()),
    Action.REQUEST_RETURN: lambda o, a, t, d: transfer.request_return(o, a, t, **WHY),
    Action.REDISPATCH: lambda o, a, t, d: transfer.redispatch(o, d.unit(), a, t, assist=d.units(), **WHY),
    Action.REFUSE_RETURN: lambda o, a, t, d: transfer.refuse_return(o, a, t, **WHY),
    Action.ASSIGN: lambda o, a, t, d: parts.assign_part(o, a, t, part_unit=d.unit(), task="核查", due=d.later(t)),
    Action.FINISH_PART: lambda o, a, t, d: parts.finish_part(o, a, t, note="已配合", part_unit=d.unit()),
    Action.ENTRUST: lambda o, a, t, d: entrusting.entrust(o, a, t, person="handler"),
    Action.DISPUTE: lambda o, a, t, d: disputes.dispute(o, a, t, basis="职责清单", **WHY),
    Action.RULE: lambda o, a, t, d: disputes.rule(o, a, t, how=Ruling.AGREED, **WHY),
    Action.RULE_MOVES: lambda o, a, t, d: disputes.rule_moves(o, a, t, how=Ruling.DECIDED, unit=d.unit(), **WHY),
    Action.SIGN: lambda o, a, t, d: handle.sign(o, a, t),
    Action.CONTACT: lambda o, a, t, d: handle.record_contact(o, a, t, note="已联系"),
    Action.NOTE: lambda o, a, t, d: handle.add_note(o, a, t, note="进展"),
    Action.REPLY: _reply,
    Action.SUBMIT_REPLY: _reply,
    Action.APPROVE_REPLY: lambda o, a, t, d: handle.sign_reply(o, a, t),
    Action.REJECT_REPLY: lambda o, a, t, d: review.reject_reply(o, a, t, **WHY),
    Action.REQUEST_TIME: _time,
    Action.GRANT_TIME: lambda o, a, t, d: time.grant_time(o, a, t),
    Action.REFUSE_TIME: lambda o, a, t, d: time.refuse_time(o, a, t, **WHY),
    Action.RESUME: lambda o, a, t, d: time.resume(o, a, t, **WHY),
    Action.REPORT_PROGRESS: lambda o, a, t, d: handle.report_progress(o, a, t, public_reply="设计已完成。"),
    Action.SUPERVISE: lambda o, a, t, d: supervision.supervise(
        o, a, t, supervision=d.rng.choice(list(Supervision)), **WHY
    ),
    Action.FEED_BACK: lambda o, a, t, d: supervision.feed_back(o, a, t, note="已安排"),
    Action.ASK_CENTER: lambda o, a, t, d: citizen.ask_center(o, a, t, note="还是没有解决"),
    Action.ANSWER_CITIZEN: lambda o, a, t, d: citizen.answer_citizen(o, a, t, public_reply="已请承办单位再次核实。"),
    Action.URGE: lambda o, a, t, d: urge(o, a, t, note="再催一次"),
    Action.ESCALATE: lambda o, a, t, d: supervision.escalate(o, a, t, **WHY),
    Action.UNLIST: lambda o, a, t, d: supervision.unlist(o, a, t, **WHY),
    Action.APPEAL: lambda o, a, t, d: appeals.appeal(
        o, a, t, scope=d.rng.choice(list(Scope)), ground=d.rng.choice(list(Ground)), uploads=PROOF, **WHY
    ),
    Action.REVIEW_APPEAL: lambda o, a, t, d: appeals.review_appeal(
        o, a, t, appeal=d.appeal(o), agrees=d.rng.random() < HALF, **WHY
    ),
    Action.DECIDE_APPEAL: lambda o, a, t, d: appeals.decide_appeal(
        o, a, t, appeal=d.appeal(o), agrees=d.rng.random() < HALF, **WHY
    ),
    Action.ATTEMPT: lambda o, a, t, d: handle.not_reached(o, a, t, note="无人接听"),
    Action.EVALUATE: lambda o, a, t, d: handle.evaluate(
        o, a, t, solved=d.rng.random() < 0.4, satisfaction=d.rng.choice(LEVELS)
    ),
    Action.CLOSE: lambda o, a, t, d: handle.close(o, a, t),
    Action.REDO: lambda o, a, t, d: handle.redo(o, a, t, **WHY),
    Action.REACTIVATE: lambda o, a, t, d: joining.reactivate(o, a, t, **WHY),
}
# One verb for two steps: who replies, and on what, decides which it is.
DOORS = {Action.REPLY: Action.SUBMIT_REPLY, Action.SUBMIT_REPLY: Action.REPLY}


class City(RuleBasedStateMachine):
    """Some orders, and everybody at once."""

    app: ClassVar[Flask]
    start: ClassVar[datetime]
    taken: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.nested = db.session.begin_nested()
        self.now = self.start
        self.orders: list[int] = []
        self.touched = self.count = 0

    def teardown(self) -> None:
        self.nested.rollback()
        forget_kept()

    def order(self, key: int) -> Order:
        return db.session.get_one(Order, key)

    @rule(draw=st.integers(0, 2**32))
    def something_happens(self, draw: int) -> None:
        """An order comes in, time goes on, and somebody takes a step or tries to."""
        self.count += 1
        rng = Random(f"{draw}, {self.count}")  # the same draw later is another step
        if len(self.orders) < MOST and (not self.orders or rng.random() < FEW):
            self.comes_in(rng)
        self.now += timedelta(minutes=rng.choice(MINUTES))
        order = self.order(rng.choice(self.orders))
        if rng.random() < SOME:
            self.take(order, rng.choice(list(STEPS)), rng.choice(ACTORS), rng)
        else:
            self.go_on(order, rng)

    def comes_in(self, rng: Random) -> None:
        due = self.now + timedelta(days=3) if rng.random() < FEW else None
        if rng.random() < HALF:
            order = factories.received(self.now, upstream_due_at=due, secret=rng.random() < FEW)
        else:  # somewhere on its way already
            _, stage, _ = STAGES[rng.choice(sorted(STAGES))]
            order = stage(self.now, rng.choice(UNITS))
        self.orders.append(order.id)

    def go_on(self, order: Order, rng: Random) -> None:
        """Take a step that is open to somebody, mostly one that moves the order: walks come far."""
        open_now = [
            (action, actor)
            for action in STEPS
            if (step := find(order.state, action)) and (action not in ASIDE or rng.random() < FEW)
            for actor in ACTORS
            if permits(step, actor, order.lead_unit, parts_open(order)) and is_open(action, order, actor, self.now)
        ]
        actions = sorted({action for action, _ in open_now})
        if actions:
            action = rng.choice(actions)
            self.take(order, action, rng.choice([actor for one, actor in open_now if one is action]), rng)

    def take(self, order: Order, action: Action, actor: Actor, rng: Random) -> None:
        self.now += timedelta(seconds=1)
        before = (order.version, order.state, order.head)
        self.touched = order.id
        step = find(order.state, action) or find(order.state, DOORS.get(action, action))
        allowed = step is not None and permits(step, actor, order.lead_unit, parts_open(order))
        others = [self.order(key) for key in self.orders]
        attempt = db.session.begin_nested()
        try:
            STEPS[action](order, actor, self.now, Drawn(rng, others))
        except HotlineError as refusal:
            attempt.rollback()
            db.session.expire_all()
            self.refused[type(refusal).__name__] += 1
            assert refusal.message or (isinstance(refusal, Invalid) and refusal.errors)
            assert before == (order.version, order.state, order.head)
        else:
            attempt.commit()
            self.taken[action] += 1
            assert allowed, (action, actor, before)
            assert order.version > before[0]

    @invariant()
    def the_record_holds(self) -> None:
        """Of the order that was touched last; the others are as they were."""
        if not self.touched:
            return
        db.session.flush()
        order = self.order(self.touched)
        db.session.refresh(order)
        db.session.expire(order, ["events", "deadlines"])
        assert broken_link(order, order.events) is None
        assert clock_differences(order) == []
        running = [row for row in order.deadlines if row.ended_at is None]
        names = [(row.clock, row.unit_code if is_part(row) else None) for row in running]
        assert len(set(names)) == len(names)
        assert all(row.started_at <= (row.ended_at or self.now) for row in order.deadlines)
        assert (order.closed_at is not None) == (order.state is State.CLOSED)
        if order.state in ENDED_STATES:
            assert {row.clock for row in running} <= {Clock.RULING, Clock.SUPERVISE}
        if order.state in {State.DISPATCHED, State.HANDLING, State.RETURNING}:
            assert {Clock.HANDLE, Clock.REDO} & {row.clock for row in running}
        assert (order.state is State.MERGED) == (order.parent_id is not None and order.replied_at is None)
        asked = db.session.scalars(select(Evaluation).filter_by(order_id=order.id)).all()
        assert len({one.round for one in asked}) == len(asked)

    @invariant()
    def the_buckets_add_up(self) -> None:
        of_ours = (Deadline.clock == Clock.HANDLE, Deadline.order_id.in_(self.orders))
        period = Period(self.start.date(), self.now.date() + timedelta(days=1), policies.calendar_now().zone)
        frame = Frame(period, self.now, policies.policy_id_at(self.now), policies.policy_at(self.now))
        found = Counter(db.session.scalars(select(fate(Deadline.due_at, frame)).where(*of_ours)))
        dispatched = db.session.scalar(
            select(func.count()).where(Order.id.in_(self.orders), Order.dispatched_at.is_not(None))
        )
        assert set(found) <= set(Fate)
        assert found.total() == dispatched


def test_every_step_is_tried() -> None:
    assert set(STEPS) == set(Action) - {Action.REGISTER, Action.FOLLOW}


def test_a_city_at_random(app: Flask, session: None, now: datetime) -> None:
    City.app, City.start = app, now
    City.taken.clear()
    City.refused.clear()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        City,
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=80,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    log.info("taken: %s %s", City.taken.total(), dict(City.taken))
    log.info("refused: %s %s", City.refused.total(), dict(City.refused))
    assert len(City.taken) > ENOUGH_KINDS
    assert City.taken.total() + City.refused.total() > 40 * WALKS
