"""Who may take which step, asked through the API: every role × every step × an order of one's own unit and of another's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from hotline.base.db import db
from hotline.orders.lifecycle import STEPS, Action
from hotline.orders.models import Order
from hotline.orders.open_steps import open_steps, parts_open
from hotline.orders.queries import visible
from hotline.people.actors import Actor
from hotline.people.models import User
from hotline.people.operations import create_user, give_api_key
from hotline.people.queries import actor_for
from hotline.people.roles import STAFF_ROLES, UNIT_ROLES, USER_ROLES, Role
from tests.orders.stages import BY_ITSELF, STAGES, body_of

Keys = Callable[[str], dict[str, str]]
OWN, OTHER = "d01", "water"  # d01 has streets below it
KNOWN = {"reason", "note"}
SAME_DOOR = {Action.SUBMIT_REPLY: Action.REPLY}  # who replies, and on what, decides which of both it is


def test_every_step_has_its_stage() -> None:
    assert set(STAGES) | BY_ITSELF == set(Action)
    assert {step.action for step in STEPS} == set(Action)


def user_of(role: Role, now: datetime) -> User:
    """A user of the role; of one's own unit where it is a unit's."""
    if role in UNIT_ROLES:
        return create_user(f"{role}-own", f"望江{role}", role, "correct horse battery", now, unit_code=OWN)
    return db.session.query(User).filter_by(login=role.value).one()


def sees(order: Order, actor: Actor) -> bool:
    return db.session.scalar(visible(select(Order.id).where(Order.id == order.id), actor)) is not None


@pytest.mark.parametrize("action", sorted(STAGES))
def test_who_may(action: Action, client: FlaskClient, now: datetime) -> None:
    path, stage, _ = STAGES[action]
    users = {role: user_of(role, now) for role in STAFF_ROLES}
    keys = {role: {"Authorization": f"Bearer {give_api_key(user, 'test', now)}"} for role, user in users.items()}
    actors = {role: actor_for(user) for role, user in users.items()}
    db.session.commit()
    allowed, at = set(), dict[str, str]()
    step = next(step for step in STEPS if step.action is action)
    roles = {role for one in STEPS if one.action in {action, SAME_DOOR.get(action)} for role in one.roles}
    for role in STAFF_ROLES:
        for unit in (OWN, OTHER):
            if unit not in at:  # a refusal leaves it as it was: the next role may try with the same one
                at[unit] = stage(now, unit).number
                db.session.commit()
            order = db.session.query(Order).filter_by(number=at[unit]).one()
            actor, version = actors[role], order.version
            may = bool({action, SAME_DOOR.get(action)} & {step.action for step in open_steps(order, actor, now)})
            parts, lead = parts_open(order), order.lead_unit
            holds = any(actor.handles(one) for one in (parts if step.of_part else [lead]))
            assert may == (role in roles and (role not in UNIT_ROLES or holds))
            expected = 200 if may else 403 if sees(order, actor) else 404
            url, number = f"/api/v1/orders/{order.number}", order.number
            told = body_of(action, order, now)
            db.session.commit()
            body = {name: value for name, value in told.items() if name not in KNOWN or name in _fields(path)}
            answer = client.post(f"{url}/{path}", json=body, headers=keys[role])
            assert answer.status_code == expected, (role, unit, answer.json)
            db.session.expire_all()
            after = db.session.query(Order).filter_by(number=number).one()
            if may:
                allowed.add(role)
                del at[unit]
                assert after.version > version
            else:
                assert answer.json
                assert answer.json["title"], "a refusal says why"
                assert (after.version, after.state) == (version, order.state), "a refusal changes nothing"
    assert allowed == roles & set(STAFF_ROLES)


def _fields(path: str) -> set[str]:
    """Which of reason and note the schema of a call knows."""
    rules = {rule.rule: rule.endpoint for rule in current_app.url_map.iter_rules()}
    spec = current_app.extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()
    assert f"/api/v1/orders/<number>/{path}" in rules
    body = spec["paths"][f"/api/v1/orders/{{number}}/{path}"]["post"]["requestBody"]["content"]["application/json"]
    name = body["schema"]["$ref"].rsplit("/", 1)[1]
    return set(spec["components"]["schemas"][name].get("properties", {}))


def test_citizens_and_the_system_do_not_sign_in() -> None:
    assert set(Role) - set(USER_ROLES) == {Role.CITIZEN, Role.SYSTEM}
    assert set(USER_ROLES) - set(STAFF_ROLES) == {Role.TELEPHONE}
