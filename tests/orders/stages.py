"""For every step of the table: an order it can be taken with, and what is said with it, as the API is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from hotline.base.db import db
from hotline.citizen.operations import ask_center
from hotline.handle import operations as handle
from hotline.handle import time
from hotline.handle.appeals import appeal, review_appeal
from hotline.handle.models import Appeal
from hotline.handle.supervision import supervise
from hotline.orders.attachments import Upload
from hotline.orders.lifecycle import Action
from hotline.orders.models import Attachment, Order
from hotline.orders.vocabulary import Exit, Result, TimeKind
from hotline.people.actors import CITIZEN, Actor
from hotline.people.roles import Role
from hotline.policy.appeals import Ground, Scope
from hotline.policy.triggers import Supervision
from hotline.receive.exits import propose_exit
from hotline.transfer import operations as transfer
from hotline.transfer.disputes import dispute
from hotline.transfer.merging import merge
from tests import factories
from tests.factories import CALLBACK, DISPATCHER

AGENT = Actor(Role.AGENT, "话务员甲")
SUPERVISOR = Actor(Role.SUPERVISOR, "督办员甲")
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(20)
Stage = Callable[[datetime, str], Order]


def of(unit: str) -> Actor:
    """Somebody who works for a unit."""
    return Actor(Role.HANDLER, "某经办", units=frozenset({unit}))


def received(now: datetime, _unit: str) -> Order:
    return factories.received(now)


def dispatched(now: datetime, unit: str) -> Order:
    return factories.dispatched(now, unit=unit)


def handling(now: datetime, unit: str) -> Order:
    order = dispatched(now, unit)
    handle.sign(order, of(unit), now)
    return order


def asked(now: datetime, unit: str) -> Order:
    order = handling(now, unit)
    ask_center(order, CITIZEN, now, note="已经解决了")
    return order


def replied(now: datetime, unit: str) -> Order:
    order = handling(now, unit)
    handle.reply(order, of(unit), now, result=Result.SOLVED, public_reply="已处理完毕。")
    return order


def dissatisfied(now: datetime, unit: str) -> Order:
    order = replied(now, unit)
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    return order


def third_round(now: datetime, unit: str) -> Order:
    order = dissatisfied(now, unit)
    handle.redo(order, CALLBACK, now, reason="没有解决")
    handle.reply(order, of(unit), now, result=Result.SOLVED, public_reply="已再次处理。")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.redo(order, CALLBACK, now, reason="还是没有解决")
    return order


def reviewing(now: datetime, unit: str) -> Order:
    order = third_round(now, unit)
    handle.reply(order, of(unit), now, result=Result.SOLVED, public_reply="第三次处理完毕。")
    return order


def evaluated(now: datetime, unit: str) -> Order:
    order = replied(now, unit)
    handle.evaluate(order, CALLBACK, now, solved=True, satisfaction="satisfied")
    return order


def closed(now: datetime, unit: str) -> Order:
    order = evaluated(now, unit)
    handle.close(order, CALLBACK, now)
    return order


def returning(now: datetime, unit: str) -> Order:
    order = handling(now, unit)
    transfer.request_return(order, of(unit), now, reason="不归我们")
    return order


def asking(now: datetime, unit: str) -> Order:
    order = handling(now, unit)
    until = date(2026, 12, 25)
    time.request_time(order, of(unit), now, kind=TimeKind.PROMISE, until=until, reason="等施工", next_step="下月完工")
    return order


def promised(now: datetime, unit: str) -> Order:
    order = asking(now, unit)
    time.grant_time(order, DISPATCHER, now)
    return order


def disputed(now: datetime, unit: str) -> Order:
    order = handling(now, unit)
    dispute(order, of(unit), now, reason="不归我们", basis="职责清单")
    return order


def supervised(now: datetime, unit: str) -> Order:
    order = handling(now, unit)
    supervise(order, SUPERVISOR, now, reason="超期未办")
    return order


def listed(now: datetime, unit: str) -> Order:
    order = handling(now, unit)
    supervise(order, SUPERVISOR, now, reason="挂牌督办", supervision=Supervision.LISTED)
    return order


def against(now: datetime, unit: str) -> Order:
    """A closed order whose citizen is dissatisfied, with a file to prove otherwise."""
    order = handling(now, unit)
    handle.record_contact(order, of(unit), now, note="通话录音", uploads=(Upload("证明.png", PICTURE),))
    handle.reply(order, of(unit), now, result=Result.SOLVED, public_reply="已处理完毕。")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.close(order, CALLBACK, now)
    return order


def appealed(now: datetime, unit: str) -> Order:
    order = against(now, unit)
    db.session.expire(order, ["attachments"])
    proof = db.session.scalars(select(Attachment.id).filter_by(order_id=order.id)).all()
    appeal(
        order, of(unit), now, scope=Scope.EVALUATION, ground=Ground.UNREASONABLE, reason="诉求不合理", evidence=proof
    )
    return order


def reviewed(now: datetime, unit: str) -> Order:
    order = appealed(now, unit)
    review_appeal(order, SUPERVISOR, now, appeal=appeal_of(order), agrees=True, reason="同意")
    return order


def appeal_of(order: Order) -> int:
    return db.session.scalars(select(Appeal.id).filter_by(order_id=order.id)).one()


def with_part(now: datetime, unit: str) -> Order:
    """An order another unit leads and this one assists with."""
    order = factories.received(now)
    lead = "market" if unit != "market" else "urban"
    transfer.dispatch(order, lead, DISPATCHER, now, category="060101", assist=[unit])
    return order


def merged(now: datetime, unit: str) -> Order:
    order = factories.received(now)
    merge(order, DISPATCHER, now, master=handling(now, unit).number, reason="同一事项")
    return order


def exiting(now: datetime, _unit: str) -> Order:
    order = factories.received(now)
    propose_exit(order, AGENT, now, exit=Exit.LITIGATION, reason="已起诉")
    return order


SAID: dict[str, str] = {"reason": "理由充分", "note": "说明情况"}
SENT = {"unit": "market", "reason": "按职责"}
ANSWER = {"result": "solved", "public_reply": "已到现场处理完毕。", "truth": "so"}
TWO_DAYS = timedelta(days=2)

# What the API is asked for each step: where, with what order, and what is said.
STAGES: dict[Action, tuple[str, Stage, dict[str, Any]]] = {
    Action.AMEND: ("amend", received, {"nature": "help", **SAID}),
    Action.ANSWER: ("answer", received, {"public_reply": "请拨打物业服务电话处理。"}),
    Action.MERGE: ("merge", received, {**SAID}),
    Action.UNMERGE: ("unmerge", merged, {**SAID}),
    Action.SET_UPSTREAM: ("upstream", handling, {"due": "2026-12-25T17:00:00+08:00", **SAID}),
    Action.PUT_THROUGH: ("put-through", received, {"service": "119", "note": "已接入"}),
    Action.WITHDRAW: ("withdraw", received, {**SAID}),
    Action.PROPOSE_EXIT: ("exit", received, {"exit": "litigation", **SAID}),
    Action.CONFIRM_EXIT: ("exit/confirm", exiting, {}),
    Action.REFUSE_EXIT: ("exit/refuse", exiting, {**SAID}),
    Action.LINK: ("link", handling, {**SAID}),
    Action.DISPATCH: ("dispatch", received, {**SENT}),
    Action.REQUEST_RETURN: ("return", handling, {**SAID}),
    Action.REDISPATCH: ("redispatch", returning, {"unit": "urban", **SAID}),
    Action.REFUSE_RETURN: ("refuse-return", returning, {**SAID}),
    Action.ASSIGN: ("part", handling, {"part_unit": "d01-s1", "task": "核查", "due": "2026-11-18T17:00:00+08:00"}),
    Action.FINISH_PART: ("finish-part", with_part, {**SAID}),
    Action.ENTRUST: ("entrust", handling, {"person": "handler-d01"}),
    Action.DISPUTE: ("dispute", handling, {"basis": "职责清单", **SAID}),
    Action.RULE: ("rule", disputed, {"how": "agreed", **SAID}),
    Action.RULE_MOVES: ("rule-moves", disputed, {"how": "agreed", "unit": "urban", **SAID}),
    Action.SIGN: ("sign", dispatched, {}),
    Action.CONTACT: ("contact", handling, {**SAID}),
    Action.NOTE: ("note", handling, {**SAID}),
    Action.REPLY: ("reply", handling, ANSWER),
    Action.SUBMIT_REPLY: ("reply", third_round, ANSWER),
    Action.APPROVE_REPLY: ("approve-reply", reviewing, {}),
    Action.REJECT_REPLY: ("reject-reply", reviewing, {**SAID}),
    Action.REQUEST_TIME: ("request-time", handling, {"kind": "extension", "amount": 2, "next_step": "周五", **SAID}),
    Action.GRANT_TIME: ("grant-time", asking, {}),
    Action.REFUSE_TIME: ("refuse-time", asking, {**SAID}),
    Action.RESUME: ("resume", promised, {**SAID}),
    Action.REPORT_PROGRESS: ("progress", promised, {"public_reply": "设计已完成。"}),
    Action.SUPERVISE: ("supervise", handling, {**SAID}),
    Action.FEED_BACK: ("feed-back", supervised, {**SAID}),
    Action.URGE: ("urge", handling, {**SAID}),
    Action.ESCALATE: ("escalate", supervised, {**SAID}),
    Action.UNLIST: ("unlist", listed, {**SAID}),
    Action.APPEAL: ("appeal", against, {"scope": "evaluation", "ground": "unreasonable", **SAID}),
    Action.REVIEW_APPEAL: ("review-appeal", appealed, {"agrees": True, **SAID}),
    Action.DECIDE_APPEAL: ("decide-appeal", reviewed, {"agrees": True, **SAID}),
    Action.ATTEMPT: ("attempt", replied, {**SAID}),
    Action.EVALUATE: ("evaluate", replied, {"solved": True, "satisfaction": "satisfied"}),
    Action.CLOSE: ("close", evaluated, {**SAID}),
    Action.REDO: ("redo", dissatisfied, {**SAID}),
    Action.REACTIVATE: ("reactivate", closed, {**SAID}),
    Action.ANSWER_CITIZEN: ("answer-citizen", asked, {"public_reply": "已经核实，由原单位继续办理。"}),
}
# Taken by nobody through this door: what makes an order, what follows from other steps, and what citizens ask.
BY_ITSELF = {Action.REGISTER, Action.FOLLOW, Action.ASK_CENTER}


def body_of(action: Action, order: Order, now: datetime) -> dict[str, Any]:
    """What is said with a step of an order."""
    _, _, said = STAGES[action]
    if action is Action.APPEAL:
        return {**said, "evidence": list(db.session.scalars(select(Attachment.id).filter_by(order_id=order.id)))}
    if action in {Action.REVIEW_APPEAL, Action.DECIDE_APPEAL}:
        return {**said, "appeal": appeal_of(order)}
    if action in {Action.MERGE, Action.LINK}:
        other = handling(now, "housing").number
        return {**said, ("master" if action is Action.MERGE else "other"): other}
    return said
