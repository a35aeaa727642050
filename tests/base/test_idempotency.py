"""A retried request changes nothing twice, also when both come at the same moment."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from hotline.base import idempotency
from hotline.base.db import db
from hotline.base.errors import Conflict, Invalid
from hotline.base.idempotency import IdempotencyKey
from hotline.base.work import unit_of_work
from hotline.orders.models import Order

NOW = datetime(2026, 11, 17, tzinfo=UTC)


def test_the_first_answer_is_given_again(session: None) -> None:
    assert idempotency.claim("test", "k", {"a": 1}, NOW) is None
    idempotency.keep("test", "k", {"number": "1"})
    assert idempotency.claim("test", "k", {"a": 1}, NOW) == {"number": "1"}
    assert idempotency.claim("other", "k", {"a": 1}, NOW) is None


def test_another_request_with_the_same_key_is_refused(session: None) -> None:
    idempotency.claim("test", "k", {"a": 1}, NOW)
    with pytest.raises(Invalid, match="Idempotency-Key"):
        idempotency.claim("test", "k", {"a": 2}, NOW)
    with pytest.raises(Conflict):
        idempotency.claim("test", "k", {"a": 1}, NOW)


def test_two_at_the_same_moment(app: Flask) -> None:
    answers: list[dict[str, str] | None] = []

    def use() -> None:
        with app.app_context():
            with unit_of_work():
                kept = idempotency.claim("race", "k", {"a": 1}, NOW)
                if kept is None:
                    idempotency.keep("race", "k", {"number": "1"})
                answers.append(kept)
            db.session.remove()

    threads = [threading.Thread(target=use) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(None) == 1
    assert answers.count({"number": "1"}) == 5
    with app.app_context(), unit_of_work():
        db.session.execute(delete(IdempotencyKey).filter_by(scope="race"))


def test_a_retried_order_is_one_order(client: FlaskClient, api_key: dict[str, str]) -> None:
    before = db.session.scalar(select(func.count()).select_from(Order))
    headers = {**api_key, "Idempotency-Key": "call-77"}
    body = {"text": "望江区锦绣花园停水三天了", "phone": "13900000001"}
    first = client.post("/api/v1/orders", json=body, headers=headers)
    second = client.post("/api/v1/orders", json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json == second.json
    assert db.session.scalar(select(func.count()).select_from(Order)) == (before or 0) + 1
    other = client.post("/api/v1/orders", json={**body, "text": "另一件事"}, headers=headers)
    assert other.status_code == 422
    assert "Idempotency-Key" in (other.json or {})["errors"]
