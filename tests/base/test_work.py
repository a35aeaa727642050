"""What a unit of work sees."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select, text

from hotline.base.db import db
from hotline.base.outbox import Delivery, leave
from hotline.base.work import one_picture, unit_of_work
from tests.conftest import NOW


def test_one_picture_does_not_see_what_is_committed_meanwhile(app: Flask, committed: None) -> None:
    waiting = select(func.count(Delivery.id))
    with app.app_context():
        before = db.session.scalar(waiting) or 0
        db.session.rollback()
        with one_picture():
            assert db.session.scalar(waiting) == before
            with app.app_context(), unit_of_work():
                leave("tell", NOW)
            assert db.session.scalar(waiting) == before
        assert db.session.scalar(waiting) == before + 1
        db.session.rollback()


def test_each_statement_is_planned_for_its_values(app: Flask) -> None:
    with app.app_context(), db.engine.connect() as connection:
        assert connection.scalar(text("SHOW plan_cache_mode")) == "force_custom_plan"
