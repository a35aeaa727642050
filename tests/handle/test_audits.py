"""回访抽查: a sample nobody can foresee, checked by a supervisor; what was recorded stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid, NotAllowed, NotFound
from hotline.handle import operations as handle
from hotline.handle.audits import Found, audit, audits, count_audits, found, lot
from hotline.handle.models import Evaluation, EvaluationAudit
from hotline.orders.models import Order
from hotline.people.actors import CITIZEN, Actor
from hotline.people.roles import Role
from hotline.policy.models import PolicyVersion
from hotline.policy.operations import adopt_policy
from hotline.report import queries
from hotline.report.measures import BY_NAME
from tests import factories
from tests.factories import CALLBACK, saved
from tests.report.rows import WEEK

SignIn = Callable[[str], FlaskClient]
Who = Callable[[str], Actor]
SUPERVISOR = Actor(Role.SUPERVISOR, "督办员")


def share(of: float, now: datetime) -> None:
    """Put a policy in force that audits so much."""
    document = db.session.scalars(select(PolicyVersion.document).order_by(PolicyVersion.id.desc())).first()
    assert document is not None
    adopt_policy({**document, "callback": {**document["callback"], "audit_share": of}}, now, now)


@pytest.fixture
def all_audited(session: None, now: datetime) -> None:
    share(1, now)


def answer(order: Order) -> Evaluation:
    return db.session.scalars(select(Evaluation).filter_by(order_id=order.id)).one()


def sampled() -> set[int]:
    return set(db.session.scalars(select(EvaluationAudit.evaluation_id)))


def test_the_sample_is_the_share_and_knows_nothing_of_the_answer(session: None) -> None:
    lots = [lot(uuid4(), turn) for turn in (1, 2) for _ in range(1000)]
    assert all(0 <= one < 1 for one in lots)
    assert 0.2 < sum(one < 0.25 for one in lots) / len(lots) < 0.3
    token = UUID("12345678123456781234567812345678")
    assert lot(token, 1) == lot(token, 1) != lot(token, 2)


def test_the_sample_needs_the_key(session: None, app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    token = uuid4()  # it stands in the citizen's link, which callback staff see
    before = lot(token, 1)
    monkeypatch.setitem(app.config, "SECRET_KEY", "another")
    assert lot(token, 1) != before


def test_only_what_staff_recorded_of_an_answer_is_drawn(all_audited: None, now: datetime) -> None:
    recorded = factories.closed(now)
    by_link = factories.replied(now)
    handle.rate_by_link(by_link, CITIZEN, now, solved=True, satisfaction="satisfied")
    unreached = factories.replied(now)
    for turn in range(3):
        handle.not_reached(unreached, CALLBACK, now + timedelta(hours=4 * turn), note="无人接听")
    assert sampled() == {answer(recorded).id}
    assert count_audits() == 1


def test_a_policy_without_a_share_audits_nothing(session: None, now: datetime) -> None:
    share(0, now)
    factories.closed(now)
    assert sampled() == set()


def test_an_audit_stands_beside_what_was_recorded(all_audited: None, now: datetime) -> None:
    same, other = answer(factories.closed(now)), answer(factories.closed(now))
    audit(same, SUPERVISOR, now, agrees=True, note="听录音一致")
    made = audit(other, SUPERVISOR, now, agrees=False, solved=False, satisfaction="dissatisfied", note="称未解决")
    assert (made.agrees, made.solved, made.satisfaction, made.audited_by) == (False, False, "dissatisfied", "督办员")
    assert (other.solved, other.satisfaction) == (True, "satisfied"), "what was recorded is not changed"
    assert found() == Found(2, 1)
    assert found().rate == Fraction(1, 2)
    assert count_audits() == 0
    assert {one.evaluation_id for one in db.session.scalars(audits(done=True))} == {same.id, other.id}
    rate = queries.figures(BY_NAME["satisfied"], WEEK.after(), now + timedelta(days=1))[None]
    assert (rate.numerator, rate.denominator) == (2, 2)


def test_who_recorded_it_does_not_audit_it(all_audited: None, actor: Who, now: datetime) -> None:
    order = factories.replied(now)
    caller = actor("callback")
    handle.call_back(order, caller, now, solved=True, satisfaction="satisfied")
    promoted = Actor(Role.SUPERVISOR, caller.name, caller.user_id)
    with pytest.raises(NotAllowed):
        audit(answer(order), promoted, now, agrees=True)
    for wrong in (caller, factories.HANDLER, Actor(Role.MANAGER, "管理")):
        with pytest.raises(NotAllowed):
            audit(answer(order), wrong, now, agrees=True)
    audit(answer(order), actor("supervisor"), now, agrees=True)


def test_what_an_audit_refuses(all_audited: None, now: datetime) -> None:
    asked = answer(factories.closed(now))
    for field, said in {
        "solved": {"satisfaction": "dissatisfied"},
        "satisfaction": {"solved": False, "satisfaction": "great"},
        "agrees": {"solved": True, "satisfaction": "satisfied"},
    }.items():
        with pytest.raises(Invalid) as refused:
            audit(asked, SUPERVISOR, now, agrees=False, **said)  # type: ignore[arg-type]  # of several kinds
        assert field in refused.value.errors
    audit(asked, SUPERVISOR, now, agrees=True)
    with pytest.raises(Conflict):
        audit(asked, SUPERVISOR, now, agrees=True)
    by_link = factories.replied(now)
    handle.rate_by_link(by_link, CITIZEN, now, solved=True, satisfaction="satisfied")
    with pytest.raises(NotFound):
        audit(answer(by_link), SUPERVISOR, now, agrees=True)


@pytest.mark.parametrize("change", [{"agrees": True}, {"solved": True}, {"satisfaction": "satisfied"}])
def test_the_table_knows_what_an_audit_is(all_audited: None, now: datetime, change: dict[str, Any]) -> None:
    asked = answer(factories.closed(now))
    row = db.session.get_one(EvaluationAudit, asked.id)
    for name, value in change.items():
        setattr(row, name, value)
    with pytest.raises(IntegrityError):
        db.session.flush()
    db.session.rollback()


def test_the_supervisor_audits_on_the_page(sign_in: SignIn, now: datetime) -> None:
    share(1, now)
    order = saved(factories.closed(now))
    asked = answer(order).id
    client = sign_in("supervisor")
    assert f'data-row="{order.number}"' in client.get("/audits").text
    wrong = client.post(f"/audits/{asked}", data={"agrees": "false", "note": "称未修好"})
    assert wrong.status_code == 422
    assert "称未修好" in wrong.text
    data = {"agrees": "false", "solved": "false", "satisfaction": "dissatisfied", "note": "称未修好"}
    assert client.post(f"/audits/{asked}", data=data).status_code == 302
    assert client.post(f"/audits/{asked}", data=data).status_code == 409
    assert client.post("/audits/999999", data=data).status_code == 404
    done = client.get("/audits?tab=done").text
    assert "称未修好" in done
    assert "1 audited, 1 differ" in done
    assert f'data-row="{order.number}"' not in client.get("/audits").text


def test_units_and_callers_see_nothing_of_it(sign_in: SignIn, now: datetime) -> None:
    share(1, now)
    order = factories.closed(now)
    audit(answer(order), SUPERVISOR, now, agrees=False, solved=False, satisfaction="dissatisfied", note="秘密抽查")
    saved(order)
    for login in ("handler", "unit_head", "callback"):
        client = sign_in(login)
        assert client.get("/audits").status_code == 403
        assert client.post(f"/audits/{answer(order).id}", data={"agrees": "true"}).status_code == 403
        assert "秘密抽查" not in client.get(f"/orders/{order.number}").text
