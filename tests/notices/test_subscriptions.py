"""Who may say who is told outside the app, and what cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from hotline.base.errors import Invalid, NotAllowed
from hotline.notices.models import WARNINGS, Medium
from hotline.notices.subscriptions import TOLD_ROLES, subscribe, switch
from hotline.orders.lifecycle import Action
from hotline.people.actors import Actor
from hotline.people.roles import Role
from tests.conftest import NOW
from tests.notices.deliveries import ADMIN

SUPERVISOR = Actor(Role.SUPERVISOR, "班长")
pytestmark = pytest.mark.usefixtures("nothing_outside")


def test_only_an_administrator_subscribes(session: None) -> None:
    made = subscribe(Medium.SMS, "13800000000", ADMIN, NOW)
    for role in (Role.SUPERVISOR, Role.MANAGER, Role.DISPATCHER, Role.UNIT_HEAD):
        with pytest.raises(NotAllowed):
            subscribe(Medium.SMS, "13800000000", Actor(role, "x"), NOW)
        with pytest.raises(NotAllowed):
            switch(made.id, Actor(role, "x"), NOW, active=False)


@pytest.mark.parametrize(
    ("medium", "target", "whom", "field"),
    [
        (Medium.WEBHOOK, "ftp://example.cn/", {}, "target"),
        (Medium.WEBHOOK, "file:///etc/passwd", {}, "target"),
        (Medium.WEBHOOK, "https://", {}, "target"),
        (Medium.WEBHOOK, "https://user:pass@example.cn/", {}, "target"),
        (Medium.WEBHOOK, "https://example.cn:port/", {}, "target"),
        (Medium.WEBHOOK, "https://example.cn/a b", {}, "target"),
        (Medium.MAIL, "office", {}, "target"),
        (Medium.MAIL, "a@example.cn\nBcc: b@example.cn", {}, "target"),
        (Medium.MAIL, "a@example.cn, b@example.cn", {}, "target"),
        (Medium.SMS, "01088886666", {}, "target"),
        (Medium.SMS, "13800000000", {"unit_code": "nowhere"}, "unit"),
        (Medium.SMS, "13800000000", {"unit_code": "housing", "role": Role.CALLBACK}, "role"),
        (Medium.SMS, "13800000000", {"role": Role.HANDLER}, "role"),
        (Medium.SMS, "13800000000", {"unit_code": "housing", "actions": ["evaluate"]}, "actions"),
        (Medium.SMS, "13800000000", {"role": Role.CALLBACK, "actions": [WARNINGS]}, "actions"),
        (Medium.SMS, "13800000000", {"actions": ["fly"]}, "actions"),
    ],
)
def test_what_cannot_be_told_is_refused(
    session: None, medium: Medium, target: str, whom: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        subscribe(medium, target, ADMIN, NOW, **whom)
    assert list(refused.value.errors) == [field]


def test_whatever_somebody_is_told_of_can_be_subscribed_to(session: None) -> None:
    told: list[tuple[dict[str, Any], Action]] = [
        ({"unit_code": "housing"}, Action.ASSIGN),
        ({"unit_code": "housing"}, Action.URGE),
        ({"role": Role.SUPERVISOR}, Action.SUPERVISE),
        ({"role": Role.SUPERVISOR}, Action.REVIEW_APPEAL),
        ({"role": Role.MANAGER}, Action.ESCALATE),
        ({"role": Role.MANAGER}, Action.REVIEW_APPEAL),
    ]
    for whom, action in told:
        made = subscribe(Medium.SMS, "13800000000", ADMIN, NOW, **whom, actions=[action])
        assert made.actions == [action]
    assert Role.MANAGER in TOLD_ROLES
