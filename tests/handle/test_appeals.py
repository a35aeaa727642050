"""考核申诉: a unit appeals with evidence, two people decide, and the log tells it all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, Stale
from hotline.handle import operations as handle
from hotline.handle.appeals import appeal, decide_appeal, review_appeal
from hotline.handle.models import Appeal, Appealed
from hotline.notices.models import Notice
from hotline.notices.operations import tell
from hotline.orders.attachments import Upload
from hotline.orders.chain import broken_link
from hotline.orders.lifecycle import Action, State
from hotline.orders.models import Event, Order
from hotline.orders.open_steps import open_steps
from hotline.orders.verify import clock_differences
from hotline.orders.vocabulary import Result
from hotline.people.actors import Actor
from hotline.people.roles import Role
from hotline.policy.appeals import Ground, Scope
from hotline.policy.document import BadPolicy
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.policy.reading import read_policy
from hotline.receive.joining import reactivate
from hotline.transfer.operations import redispatch, request_return
from tests import factories
from tests.factories import CALLBACK, HANDLER, fresh, saved

SignIn = Callable[[str], FlaskClient]
Who = Callable[[str], Actor]
DAY = timedelta(days=1)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(20)
FILE = (Upload("截图.png", PICTURE),)
FIRST, SECOND = Actor(Role.DISPATCHER, "初审", user_id=None), Actor(Role.MANAGER, "复审", user_id=None)
AGAINST_ANSWER: dict[str, Any] = {
    "scope": Scope.EVALUATION,
    "ground": Ground.UNREASONABLE,
    "reason": "诉求超出政策规定,已三次解释。",
    "uploads": FILE,
}
AGAINST_DELAY = {**AGAINST_ANSWER, "scope": Scope.DEADLINE, "ground": Ground.SYSTEM_FAULT}


def late(now: datetime, satisfaction: str = "satisfied") -> Order:
    """An order answered late."""
    order = factories.handling(now - 12 * DAY)
    handle.reply(order, HANDLER, now - DAY, result=Result.SOLVED, public_reply="已处理。")
    handle.evaluate(order, CALLBACK, now - DAY, solved=True, satisfaction=satisfaction)
    handle.close(order, CALLBACK, now - DAY)
    return order


def dissatisfied(now: datetime) -> Order:
    return factories.closed(now - timedelta(hours=2), "dissatisfied")


def the_appeal(order: Order) -> Appeal:
    return db.session.scalars(select(Appeal).filter_by(order_id=order.id)).one()


def appealed(order: Order, now: datetime, **changes: Any) -> Appeal:
    appeal(order, HANDLER, now, **{**AGAINST_ANSWER, **changes})
    return the_appeal(order)


def allowed(order: Order, actor: Actor, now: datetime) -> set[Action]:
    return {step.action for step in open_steps(order, actor, now)}


def test_two_people_decide_and_the_log_tells_it(session: None, now: datetime) -> None:
    order = dissatisfied(now)
    found = appealed(order, now)
    assert (found.state, found.unit_code, found.round) == (Appealed.NEW, "housing", 1)
    assert order.state is State.CLOSED
    assert Action.REVIEW_APPEAL in allowed(order, FIRST, now)
    assert Action.DECIDE_APPEAL not in allowed(order, SECOND, now)
    review_appeal(order, FIRST, now + DAY, appeal=found.id, agrees=True, reason="材料齐全")
    assert (found.state, found.settled_at) == (Appealed.REVIEWED, None)
    assert Action.REVIEW_APPEAL not in allowed(order, FIRST, now)
    decide_appeal(order, SECOND, now + 2 * DAY, appeal=found.id, agrees=True, reason="同意不计入考核")
    assert (found.state, found.settled_at) == (Appealed.NOT_COUNTED, now + 2 * DAY)
    assert not allowed(order, SECOND, now) & {Action.REVIEW_APPEAL, Action.DECIDE_APPEAL}
    events = list(fresh(order).events)
    assert [event.action for event in events[-3:]] == [Action.APPEAL, Action.REVIEW_APPEAL, Action.DECIDE_APPEAL]
    assert [event.actor_name for event in events[-3:]] == ["经办人", "初审", "复审"]
    assert events[-3].payload["attachments"] == [file.id for file in order.attachments]
    assert not any(file.public for file in order.attachments)
    assert broken_link(order, events) is None
    assert clock_differences(order) == []


@pytest.mark.parametrize("level", [1, 2])
def test_either_reviewer_can_let_it_count(session: None, now: datetime, level: int) -> None:
    order = dissatisfied(now)
    found = appealed(order, now)
    review_appeal(order, FIRST, now, appeal=found.id, agrees=level == 2, reason="初审意见")
    if level == 2:
        decide_appeal(order, SECOND, now, appeal=found.id, agrees=False, reason="证据不足")
    assert (found.state, found.settled_at) == (Appealed.COUNTED, now)
    assert not allowed(order, SECOND, now) & {Action.REVIEW_APPEAL, Action.DECIDE_APPEAL}
    with pytest.raises(Conflict):
        appeal(order, HANDLER, now, **AGAINST_ANSWER)


def test_the_reviewers_are_two_and_not_of_the_unit(session: None, actor: Who, now: datetime) -> None:
    order = dissatisfied(now)
    supervisor, manager = actor("supervisor"), actor("manager")
    found = appealed(order, now)
    of_unit = Actor(Role.DISPATCHER, "借调", units=frozenset({"housing"}))
    for wrong in (HANDLER, CALLBACK, manager, of_unit):
        with pytest.raises(NotAllowed):
            review_appeal(order, wrong, now, appeal=found.id, agrees=True, reason="同意")
    review_appeal(order, supervisor, now, appeal=found.id, agrees=True, reason="同意")
    with pytest.raises(NotAllowed):
        decide_appeal(order, supervisor, now, appeal=found.id, agrees=True, reason="自己复审自己")
    with pytest.raises(NotAllowed):
        decide_appeal(order, actor("dispatcher"), now, appeal=found.id, agrees=True, reason="同意")
    decide_appeal(order, manager, now, appeal=found.id, agrees=True, reason="同意")
    assert found.state is Appealed.NOT_COUNTED


def test_nobody_reviews_what_they_appealed(session: None, actor: Who, now: datetime) -> None:
    order = dissatisfied(now)
    handler = actor("handler")
    appeal(order, handler, now, **AGAINST_ANSWER)
    moved = Actor(Role.SUPERVISOR, handler.name, handler.user_id)
    with pytest.raises(NotAllowed):
        review_appeal(order, moved, now, appeal=the_appeal(order).id, agrees=True, reason="调岗后审自己")


def test_only_what_counts_against_the_unit_is_appealed(session: None, now: datetime) -> None:
    content = factories.closed(now)
    assert Action.APPEAL not in allowed(content, HANDLER, now + DAY)
    with pytest.raises(Conflict):
        appeal(content, HANDLER, now + DAY, **AGAINST_ANSWER)
    with pytest.raises(Conflict):
        appeal(content, HANDLER, now + DAY, **AGAINST_DELAY)
    waiting = factories.replied(now)
    with pytest.raises(Conflict):
        appeal(waiting, HANDLER, now, **AGAINST_ANSWER)
    with pytest.raises(Conflict):
        appeal(factories.handling(now), HANDLER, now, **AGAINST_DELAY)
    found = late(now)
    appeal(found, HANDLER, now, **AGAINST_DELAY)
    assert the_appeal(found).scope is Scope.DEADLINE


def test_what_an_appeal_needs(session: None, now: datetime) -> None:
    order = dissatisfied(now)
    for field, changes in {
        "attachments": {"uploads": ()},
        "reason": {"reason": "  "},
        "ground": {"ground": Ground.FORCE_MAJEURE},
        "evidence": {"uploads": (), "evidence": [999_999]},
    }.items():
        with pytest.raises(Invalid) as refused:
            appeal(order, HANDLER, now, **{**AGAINST_ANSWER, **changes})
        assert field in refused.value.errors
    with pytest.raises(Stale):
        appeal(order, HANDLER, now, **AGAINST_ANSWER, version=1)
    stranger = Actor(Role.HANDLER, "别家", units=frozenset({"urban"}))
    with pytest.raises(NotAllowed):
        appeal(order, stranger, now, **AGAINST_ANSWER)
    assert db.session.scalars(select(Appeal)).all() == []


def test_a_file_the_order_has_is_evidence_too(session: None, now: datetime) -> None:
    order = factories.handling(now)
    handle.record_contact(order, HANDLER, now, note="通话录音", uploads=FILE)
    handle.reply(order, HANDLER, now, result=Result.EXPLAINED, public_reply="解释", unsolved_reason="无政策依据")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    (file,) = fresh(order).attachments
    event = appeal(order, HANDLER, now, **{**AGAINST_ANSWER, "uploads": (), "evidence": [file.id, file.id]})
    assert event.payload["attachments"] == [file.id]


def test_each_thing_is_appealed_by_itself_and_once(session: None, now: datetime) -> None:
    order = late(now, "dissatisfied")
    appeal(order, HANDLER, now, **AGAINST_DELAY)
    appeal(order, HANDLER, now, **AGAINST_ANSWER)
    assert order.appeals_new == 2
    by_scope = {one.scope: one for one in db.session.scalars(select(Appeal).filter_by(order_id=order.id))}
    review_appeal(order, FIRST, now, appeal=by_scope[Scope.DEADLINE].id, agrees=True, reason="属实")
    assert (order.appeals_new, order.appeals_reviewed) == (1, 1)
    with pytest.raises(Conflict):
        review_appeal(order, FIRST, now, appeal=by_scope[Scope.DEADLINE].id, agrees=True, reason="再审")
    with pytest.raises(Conflict):
        decide_appeal(order, SECOND, now, appeal=by_scope[Scope.EVALUATION].id, agrees=True, reason="越级")
    other = dissatisfied(now)
    appealed(other, now)
    with pytest.raises(Conflict):
        review_appeal(other, FIRST, now, appeal=by_scope[Scope.EVALUATION].id, agrees=True, reason="别的单")
    with pytest.raises(Conflict):
        appeal(order, HANDLER, now, **AGAINST_DELAY)


def test_an_earlier_round_is_appealed_by_its_number(session: None, now: datetime) -> None:
    order = factories.replied(now)
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    handle.redo(order, CALLBACK, now, reason="没有解决")
    with pytest.raises(Conflict):
        appeal(order, HANDLER, now, **AGAINST_ANSWER)  # worked on again: not now
    handle.reply(order, HANDLER, now, result=Result.SOLVED, public_reply="修好了")
    with pytest.raises(Conflict):
        appeal(order, HANDLER, now, **AGAINST_ANSWER)  # the present round is not answered
    appeal(order, HANDLER, now, round=1, **AGAINST_ANSWER)
    assert the_appeal(order).round == 1


def test_an_appeal_is_made_within_the_policys_days(session: None, now: datetime) -> None:
    order = dissatisfied(now)  # closed on Tuesday the 17th
    last = datetime.fromisoformat("2026-11-24T17:30+08:00")
    assert Action.APPEAL in allowed(order, HANDLER, last)
    assert Action.APPEAL not in allowed(order, HANDLER, last + DAY)
    with pytest.raises(Conflict):
        appeal(order, HANDLER, last + DAY, **AGAINST_ANSWER)


def test_a_review_goes_on_after_the_order_is_taken_up_again(session: None, now: datetime) -> None:
    order = dissatisfied(now)
    found = appealed(order, now)
    reactivate(order, Actor(Role.AGENT, "话务员"), now, reason="又来电")
    review_appeal(order, FIRST, now, appeal=found.id, agrees=True, reason="属实")
    decide_appeal(order, SECOND, now, appeal=found.id, agrees=True, reason="同意")
    assert found.state is Appealed.NOT_COUNTED
    assert order.state is State.HANDLING


def test_a_policy_says_for_which_reasons_and_how_long(session: None, now: datetime) -> None:
    document = db.session.scalars(select(PolicyVersion.document).order_by(PolicyVersion.id.desc())).first()
    assert document is not None
    policy = read_policy(document)
    assert Ground.FORCE_MAJEURE in policy.appeals.grounds(Scope.DEADLINE)
    assert Ground.FORCE_MAJEURE not in policy.appeals.grounds(Scope.EVALUATION)
    for wrong in ({"days": -1}, {"days": 5, "deadline": ["mood"]}, {"weeks": 1}):
        with pytest.raises(BadPolicy):
            read_policy({**document, "appeals": wrong})
    silent = {key: value for key, value in document.items() if key != "appeals"}
    adopt_policy(silent, now, now)
    order = factories.closed(now, "dissatisfied")
    assert Action.APPEAL not in allowed(order, HANDLER, now)


def test_the_table_knows_that_two_decide(session: None, now: datetime) -> None:
    found = appealed(dissatisfied(now), now)
    event = found.made_id
    for change in (
        {"state": Appealed.NOT_COUNTED, "settled_at": now, "review_id": event},
        {"state": Appealed.NOT_COUNTED, "settled_at": now, "review_id": event, "decision_id": event},
        {"state": Appealed.COUNTED, "review_id": event},
        {"state": Appealed.REVIEWED},
    ):
        nested = db.session.begin_nested()
        for name, value in change.items():
            setattr(found, name, value)
        with pytest.raises(IntegrityError):
            db.session.flush()
        nested.rollback()


# Doors


def test_the_reviewers_and_the_unit_are_told(session: None, now: datetime) -> None:
    order = dissatisfied(now)
    found = appealed(order, now)
    review_appeal(order, FIRST, now, appeal=found.id, agrees=True, reason="属实")
    decides = {(Role.SUPERVISOR, None), (Role.MANAGER, None)}
    assert told_of(order, now, 2) == [{(Role.DISPATCHER, None)}, {(None, "housing"), *decides}]
    decide_appeal(order, SECOND, now, appeal=found.id, agrees=True, reason="不计入")
    assert told_of(order, now, 1) == [{(None, "housing")}]


def test_of_a_refused_appeal_only_the_unit_is_told_that_made_it(session: None, now: datetime) -> None:
    order = dissatisfied(now)
    found = appealed(order, now)
    reactivate(order, FIRST, now, reason="没有解决")
    request_return(order, HANDLER, now, reason="不属于我单位")
    redispatch(order, "water", FIRST, now, reason="同意")
    review_appeal(order, FIRST, now, appeal=found.id, agrees=False, reason="证据不足")
    assert told_of(order, now, 1) == [{(None, "housing")}]


def told_of(order: Order, now: datetime, count: int) -> list[set[tuple[Role | None, str | None]]]:
    """Whom the last few events are told to."""
    told = []
    last = select(Event).filter_by(order_id=order.id).order_by(Event.seq.desc()).limit(count)
    for event in reversed(db.session.scalars(last).all()):
        tell(event.id, uuid4(), now)
        notices = db.session.scalars(select(Notice).filter_by(event_id=event.id))
        told.append({(one.role, one.unit_code) for one in notices})
    return told


def test_the_policy_page_says_how_long(sign_in: SignIn) -> None:
    page = " ".join(re.sub(r"<[^>]+>", " ", sign_in("handler").get("/policy").text).split())
    assert "may appeal after the closing, within 5 working days" in page
    assert "audited 5 %" in page


def test_a_unit_appeals_on_the_page_and_two_people_decide_there(sign_in: SignIn, now: datetime) -> None:
    order = saved(dissatisfied(now))
    page = sign_in("handler").get(f"/orders/{order.number}").text
    assert 'data-action="appeal"' in page
    assert 'value="evaluation:1"' in page
    assert 'value="deadline:1"' not in page, "it was on time"
    data = {"version": order.version, "against": "evaluation:1", "ground": "unreasonable", "reason": "多次解释"}
    bare = sign_in("handler").post(f"/orders/{order.number}/appeal", data=data)
    assert bare.status_code == 422
    assert "多次解释" in bare.text, "what was typed is kept"
    with_file = {**data, "attachments": (BytesIO(PICTURE), "截图.png")}
    client = sign_in("handler")
    assert client.post(f"/orders/{order.number}/appeal", data=with_file).status_code == 302
    found = the_appeal(fresh(order))
    again = client.get(f"/orders/{order.number}").text
    assert 'value="evaluation:1"' not in again
    assert client.get("/appeals").status_code == 403
    (file,) = order.attachments
    client = sign_in("dispatcher")
    listed = client.get("/appeals").text
    assert f'data-row="{order.number}"' in listed
    assert f"/orders/{order.number}/files/{file.id}" in listed
    review = {"version": order.version, "appeal": found.id, "agrees": "true", "reason": "证据属实"}
    assert client.post(f"/orders/{order.number}/review-appeal", data=review).status_code == 302
    client = sign_in("manager")
    assert "证据属实" in client.get(f"/orders/{order.number}").text
    assert f'data-row="{order.number}"' in client.get("/appeals?tab=second").text
    decision = {"version": fresh(order).version, "appeal": found.id, "agrees": "true", "reason": "不计入"}
    assert client.post(f"/orders/{order.number}/decide-appeal", data=decision).status_code == 302
    assert fresh(order).appeals_reviewed == 0
    assert the_appeal(order).state is Appealed.NOT_COUNTED
    decided = client.get("/appeals?tab=decided").text
    assert f'data-row="{order.number}"' in decided
    assert f'data-row="{order.number}"' not in client.get("/appeals").text


def test_a_refused_review_keeps_what_was_typed_in_its_own_form(sign_in: SignIn, now: datetime) -> None:
    order = dissatisfied(now)
    found = appealed(order, now)
    saved(order)
    data = {"version": order.version, "appeal": found.id, "reason": "忘了选"}
    answer = sign_in("supervisor").post(f"/orders/{order.number}/review-appeal", data=data)
    assert answer.status_code == 422
    assert "忘了选" in answer.text
    assert the_appeal(fresh(order)).state is Appealed.NEW


def test_the_citizen_reads_nothing_of_an_appeal(client: FlaskClient, now: datetime) -> None:
    order = dissatisfied(now)
    appealed(order, now)
    saved(order)
    given = {"number": order.number, "tail": order.requester_phone[-4:]}
    page = client.post("/citizen/follow", data=given, follow_redirects=True).text
    assert order.number in page
    assert AGAINST_ANSWER["reason"] not in page


def test_the_api_appeals_reviews_and_lists(client: FlaskClient, key_of: Callable[[str], Any], now: datetime) -> None:
    order = factories.handling(now)
    handle.record_contact(order, HANDLER, now, note="通话录音", uploads=FILE)
    handle.reply(order, HANDLER, now, result=Result.EXPLAINED, public_reply="解释", unsolved_reason="无政策依据")
    handle.evaluate(order, CALLBACK, now, solved=False, satisfaction="dissatisfied")
    file = fresh(order).attachments[0].id
    saved(order)
    url, said = (
        f"/api/v1/orders/{order.number}",
        {"scope": "evaluation", "ground": "unreasonable", "reason": "多次解释"},
    )
    handler, agent = key_of("handler"), key_of("agent")
    assert client.post(f"{url}/appeal", json=said, headers=handler).status_code == 422
    assert client.post(f"{url}/appeal", json={**said, "evidence": [file]}, headers=agent).status_code == 403
    stale = {**handler, "If-Match": '"1"'}
    assert client.post(f"{url}/appeal", json={**said, "evidence": [file]}, headers=stale).status_code == 409
    assert client.post(f"{url}/appeal", json={**said, "evidence": [file]}, headers=handler).status_code == 200
    for login in ("handler", "agent", "callback"):
        assert client.get("/api/v1/appeals", headers=key_of(login)).status_code == 403
    first = key_of("dispatcher")
    (listed,) = client.get("/api/v1/appeals", headers=first).get_json()["appeals"]
    assert (listed["order"], listed["unit"], listed["evidence"]) == (order.number, "housing", [file])
    body = {"appeal": listed["id"], "agrees": True, "reason": "属实"}
    assert client.post(f"{url}/review-appeal", json=body, headers=first).status_code == 200
    assert client.post(f"{url}/decide-appeal", json=body, headers=first).status_code == 403
    manager = key_of("manager")
    assert client.post(f"{url}/decide-appeal", json=body, headers=manager).status_code == 200
    (decided,) = client.get("/api/v1/appeals?state=not_counted", headers=manager).get_json()["appeals"]
    assert decided["first_review"] == {**decided["first_review"], "reason": "属实", "agrees": True}
    assert decided["second_review"]["by"] == "测试manager"
