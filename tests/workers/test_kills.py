"""Nothing is lost and nothing told twice, whatever dies: the bench of the same name, in small."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete

from bench.kills import run
from config.settings import Settings
from hotline.base.db import db
from hotline.base.outbox import Delivery
from hotline.base.work import unit_of_work
from tests.servers import REDIS


@pytest.mark.skipif(REDIS is None and not os.environ.get("CI"), reason="redis-server is not installed")
def test_workers_redis_and_postgresql_die_and_every_notice_arrives(
    app: Flask, committed: None, settings: Settings, home: Path
) -> None:
    with app.app_context(), unit_of_work():
        db.session.execute(delete(Delivery))
    ours = None if os.environ.get("DATABASE_URL") else home / "postgres"
    came = run(app, settings, notices=40, kills=4, gap=(1.0, 3.0), lost_after=1, postgres=ours)
    assert came.due == came.delivered == came.in_app == came.in_app_orders == 40
    assert came.open_rows == 0
    assert (came.left_running, came.ended_alone) == (0, 0)
