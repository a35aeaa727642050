"""What the measurements share: a server of their own, the sample city, and orders in bulk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask
from sqlalchemy import text

from config.settings import Settings
from hotline import create_app
from hotline.base import embedded, migrate
from hotline.base.db import db
from hotline.base.time import utc_now
from hotline.base.work import unit_of_work
from hotline.city import load_city
from hotline.people.operations import create_user, give_api_key
from hotline.people.roles import Role


@contextmanager
def bench_city() -> Iterator[tuple[Flask, Settings]]:
    """An app on a new embedded database (or the one BENCH_DATABASE_URL names, emptied) with the sample city."""
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as folder:
        home = Path(folder)
        url = os.environ.get("BENCH_DATABASE_URL") or embedded.start(home / "postgres", "hotline_bench")
        settings = Settings(home=home, secret_key="bench", rate_limits=False).at(url)
        migrate.upgrade(str(settings.database_url))
        app = create_app(settings)
        with app.app_context(), unit_of_work():
            load_city(settings.city_dir, settings.policy_dir / "default.toml", utc_now())
        yield app, settings
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def agent_key(app: Flask) -> str:
    """An API key of a new agent."""
    with app.app_context(), unit_of_work():
        return give_api_key(create_user("bench", "bench", Role.AGENT, "bench password", utc_now()), "bench", utc_now())


@contextmanager
def served(target: str, settings: Settings, port: int, processes: int = 2) -> Iterator[str]:
    """A WSGI target under gunicorn (gthread, 4 threads a process); yields its address."""
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "-w", str(processes), "-k", "gthread"]
    command += ["--threads", "4", "--no-control-socket", "--log-level", "warning", target]
    environment = {
        **os.environ,
        "DATABASE_URL": str(settings.database_url),
        "HOTLINE_HOME": str(settings.home),
        "HOTLINE_RATE_LIMITS": "0",
    }
    server = subprocess.Popen(command, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/sign-in")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urlopen(url, timeout=5).close()
        except (URLError, TimeoutError):  # refused, or too busy with starting to answer
            time.sleep(0.1)
        else:
            return
    raise SystemExit(f"{url} does not answer")


def fill(orders: int, days: int = 90) -> None:
    """Orders in bulk by SQL over some days until now: closed mostly, with their handle clocks, evaluations and calls."""
    parameters = {"n": orders, "days": days}
    with unit_of_work():
        for statement in _FILL:
            db.session.execute(text(statement), parameters)
        db.session.execute(text("TRUNCATE rollup_touch"))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def let_wait(queue: int, callbacks: int, suggestion: Mapping[str, Any]) -> None:
    """Let the newest orders wait for a dispatcher, each with a suggestion, and the newest closed ones for a callback."""
    parameters = {"queue": queue, "callbacks": callbacks, "suggestion": json.dumps(suggestion)}
    with unit_of_work():
        db.session.execute(text("SET LOCAL session_replication_role = replica"))  # logs are cut short, against the rule
        for statement in _WAIT:
            db.session.execute(text(statement), parameters)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


_NEWEST = "SELECT id FROM work_order WHERE state = 'handling' ORDER BY received_at DESC LIMIT :queue"
_LAST_CLOSED = "SELECT id FROM work_order WHERE state = 'closed' ORDER BY received_at DESC LIMIT :callbacks"
_WAIT = (
    f"""
    WITH newest AS ({_NEWEST}), without AS (DELETE FROM deadline WHERE order_id IN (SELECT id FROM newest)),
      cut AS (DELETE FROM order_event WHERE seq > 1 AND order_id IN (SELECT id FROM newest))
    UPDATE work_order SET state = 'received', version = 1, lead_unit = NULL, dispatched_at = NULL,
      suggestion = CAST(:suggestion AS jsonb)
    WHERE id IN (SELECT id FROM newest)
    """,
    f"""
    WITH last AS ({_LAST_CLOSED}), cut AS (
      DELETE FROM order_event WHERE action = 'close' AND order_id IN (SELECT id FROM last)), again AS (
      UPDATE evaluation SET ended_at = NULL, reached = NULL, solved = NULL, satisfaction = NULL, by = NULL
      WHERE order_id IN (SELECT id FROM last))
    UPDATE work_order SET state = 'callback', closed_at = NULL WHERE id IN (SELECT id FROM last)
    """,
    *(
        f"""
        INSERT INTO deadline (order_id, clock, unit_code, round, amount, unit, row, basis, calendar_id, started_at, due_at,
          original_due_at, provisional)
        SELECT id, '{clock}', lead_unit, 1, 1, 'working_days', '{clock}', 'bench', (SELECT max(id) FROM calendar_version),
          started, started + interval '1 day', started + interval '1 day', false
        FROM (SELECT *, {since} AS started FROM work_order WHERE state = '{state}') AS waiting
        """
        for clock, state, since in (("dispatch", "received", "received_at"), ("callback", "callback", "replied_at"))
    ),
)


_MADE = """
  SELECT i, now() - (i % (:days * 24)) * interval '1 hour' - (i % 3600) * interval '1 second' AS received,
    (SELECT array_agg(code ORDER BY code) FROM unit WHERE kind IN ('bureau', 'district', 'utility'))[1 + i % 50] AS unit,
    (SELECT array_agg(code ORDER BY code) FROM category WHERE length(code) = 6)[1 + i % 240] AS category,
    'd' || lpad((1 + i % 12)::text, 2, '0') AS district
  FROM generate_series(1, :n) AS i
"""
_FILL = (
    f"""
    INSERT INTO work_order (number, version, state, nature, urgency, channel, title, text, address, district_code,
      category_code, lead_unit, requester_phone, policy_id, rating_token, received_at, dispatched_at, replied_at,
      closed_at, search)
    SELECT 'B' || i, 6, CASE WHEN received < now() - interval '8 days' THEN 'closed' ELSE 'handling' END,
      'complaint', 'normal', 'phone', 'bench ' || i, 'bench text ' || i, '', district, category, unit,
      '199' || lpad(i::text, 8, '0'), (SELECT max(id) FROM policy_version), gen_random_uuid(), received,
      received + interval '10 minutes',
      CASE WHEN received < now() - interval '8 days' THEN received + interval '4 days' END,
      CASE WHEN received < now() - interval '8 days' THEN received + interval '5 days' END,
      array_to_tsvector(ARRAY['bench', i::text])
    FROM ({_MADE}) AS made
    """,
    """
    INSERT INTO deadline (order_id, clock, unit_code, round, amount, unit, row, basis, calendar_id, started_at, due_at,
      original_due_at, provisional, ended_at, outcome)
    SELECT id, 'handle', lead_unit, 1, 5, 'working_days', 'handle', 'bench', (SELECT max(id) FROM calendar_version), dispatched_at,
      dispatched_at + interval '7 days', dispatched_at + interval '7 days', false,
      CASE WHEN closed_at IS NULL THEN NULL ELSE replied_at + (id % 33 = 0)::int * interval '4 days' END,
      CASE WHEN closed_at IS NULL THEN NULL ELSE 'met' END
    FROM work_order WHERE number LIKE 'B%' AND :n > 0 AND :days > 0
    """,
    """
    INSERT INTO evaluation (order_id, round, unit_code, asked_at, ended_at, reached, solved, satisfaction, by)
    SELECT id, 1, lead_unit, replied_at, closed_at, id % 20 <> 0, CASE WHEN id % 20 <> 0 THEN id % 9 <> 0 END,
      CASE WHEN id % 20 <> 0 THEN (ARRAY['satisfied', 'basically', 'dissatisfied'])[1 + (id % 11 = 0)::int + (id % 13 = 0)::int] END,
      'callback'
    FROM work_order WHERE number LIKE 'B%' AND closed_at IS NOT NULL AND :n > 0 AND :days > 0
    """,
    f"""
    INSERT INTO call (source, call_id, queue, phone, outcome, queued_at, answered_at, ended_at, wait)
    SELECT 'bench', i::text, 'main', '', CASE WHEN i % 40 = 0 THEN 'abandoned' ELSE 'answered' END, received,
      CASE WHEN i % 40 <> 0 THEN received + interval '8 seconds' END, received + interval '3 minutes', 8
    FROM ({_MADE}) AS made
    """,
    # Each order's log as far as reports read it: six steps; one in 30 is returned and sent on, one in five sent by people.
    """
    INSERT INTO order_event (order_id, seq, at, action, from_state, to_state, actor_role, actor_name, reason, payload, hash)
    SELECT id, seq, dispatched_at + after, action, 'received', state,
      CASE WHEN action = 'dispatch' AND id % 5 <> 0 THEN 'system' ELSE 'dispatcher' END, '', '',
      CASE WHEN action IN ('dispatch', 'redispatch') THEN jsonb_build_object('unit', lead_unit, 'assist', '[]'::jsonb,
        'copy', '[]'::jsonb, 'category', category_code, 'confidence', 0.93, 'threshold', 0.8) ELSE '{}' END, ''
    FROM work_order, (VALUES (1, 'register', interval '-10 minutes'), (2, 'dispatch', interval '0'),
      (3, 'request_return', interval '1 hour'), (4, 'redispatch', interval '2 hours'), (5, 'sign', interval '3 hours'),
      (6, 'contact', interval '5 hours'), (7, 'reply', interval '4 days'), (8, 'close', interval '5 days'))
      AS step (seq, action, after)
    WHERE number LIKE 'B%' AND :n > 0 AND :days > 0 AND (id % 30 = 0 OR action NOT IN ('request_return', 'redispatch'))
      AND (closed_at IS NOT NULL OR action NOT IN ('reply', 'close'))
    """,
)
