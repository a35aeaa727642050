"""The schema: up from empty, down again, and the same as the models say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text

from config.settings import Settings
from hotline.base import migrate
from hotline.policy.queries import calendar_from
from hotline.policy.reading import read_policy
from hotline.tables import metadata


@pytest.fixture
def empty_url(settings: Settings) -> Iterator[str]:
    """A database of its own beside the test database."""
    url = str(settings.database_url)
    name = "hotline_schema_test"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}"'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
        yield str(admin.url.set(database=name).render_as_string(hide_password=False))
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def test_up_and_down(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = create_engine(empty_url)
    assert "work_order" in inspect(engine).get_table_names()
    migrate.downgrade(empty_url, "base")
    inspector = inspect(engine)
    assert inspector.get_table_names() == ["alembic_version"]
    assert inspector.get_sequence_names() == []
    migrate.upgrade(empty_url)
    engine.dispose()


def test_the_migrations_make_what_the_models_say(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    engine = create_engine(empty_url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()
    assert differences == []


OLD_ROWS = (
    """
    INSERT INTO calendar_version (zone, published_until, document, source, created_at) VALUES ('Asia/Shanghai',
      '2026-12-31', '{"hours": [["09:00", "12:00"]], "days": [["2026-10-01", "holiday", "国庆节"]]}', '通知', now())
    """,
    """
    INSERT INTO policy_version (name, effective_from, document, created_at) VALUES ('default', '2000-01-01', '{
      "name": "default", "title": "默认政策", "source": "默认", "dispatch": {"auto_confidence": 0.8},
      "callback": {"attempts": 3}, "connection": {"short_abandon_seconds": 5}, "ranking": {"minimum_n": 30},
      "satisfaction": {"levels": [{"code": "satisfied", "label": "满意", "label_en": "Satisfied", "weight": 1}]},
      "limits": [
        {"clock": "handle", "amount": 2, "unit": "working_days", "basis": "咨询"},
        {"clock": "handle", "nature": "complaint", "urgency": "urgent", "amount": 2, "unit": "working_days",
         "basis": "咨询"},
        {"clock": "handle", "nature": "consultation", "amount": 3, "unit": "working_days", "basis": "咨询"},
        {"clock": "handle", "nature": "consultation", "urgency": "urgent", "amount": 2, "unit": "working_days",
         "basis": "咨询"}]}', now())
    """,
    """
    INSERT INTO work_order (number, version, head, state, nature, urgency, channel, title, text, policy_id, rating_token,
      received_at, search)
    VALUES ('1', 1, '', 'received', 'consultation', 'urgent', 'phone', '', '', 1, gen_random_uuid(), now(), '')
    """,
    """
    INSERT INTO deadline (order_id, clock, round, amount, unit, basis, calendar_id, started_at, due_at, original_due_at,
      provisional)
    VALUES (1, 'handle', 1, 2, 'working_days', '咨询', 1, now(), now(), now(), false)
    """,
)


def test_0006_makes_what_was_stored_readable(empty_url: str) -> None:
    """Documents get the sections they lack, and a deadline the name of the row it got its limit from."""
    migrate.upgrade(empty_url, "0005")
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        for row in OLD_ROWS:
            connection.exec_driver_sql(row)
    migrate.upgrade(empty_url)
    with engine.connect() as connection:
        policy = read_policy(connection.scalar(text("SELECT document FROM policy_version")))
        document, zone, until = connection.execute(
            text("SELECT document, zone, published_until FROM calendar_version")
        ).one()
        row = connection.scalar(text("SELECT row FROM deadline"))
    limit = policy.row(row)
    assert limit is not None
    assert (limit.key, limit.basis) == ("handle[nature=consultation,urgency=urgent]", "咨询")
    assert policy.time_rules.extensions == 0  # an order keeps what its policy gave it, and that was none
    calendar = calendar_from(document, ZoneInfo(zone), until)
    assert calendar.day_length(date(2026, 11, 17)) == timedelta(hours=3)
    assert not calendar.is_working_day(date(2026, 10, 1))
    migrate.downgrade(empty_url, "0005")
    migrate.upgrade(empty_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT row FROM deadline")) == row
        assert connection.scalar(text("SELECT document FROM calendar_version")) == document
    engine.dispose()


ROW_OF_0006 = """
    INSERT INTO catalogue_row (category_code, district, lead, assist, copy, basis, power, valid_from, valid_to)
    VALUES ('01', '%s', 'housing', '{}', '{}', '', '', '2026-01-01', %s)
    """
LATER_ROW = """
    INSERT INTO catalogue_row (category_code, district, lead, assist, copy, basis, power, valid_from, origin, reason,
      changed_by, changed_at)
    VALUES ('01', '*', 'urban', '{}', '{}', '', '', '9000-01-01', 'page', '调整', '班长', now())
    """


def test_0007_says_where_rows_of_the_catalogue_came_from_and_how_they_ended(empty_url: str) -> None:
    migrate.upgrade(empty_url, "0006")
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO category (code, name, name_en, default_unit) VALUES ('01', '经济', '', '')"
        )
        for district, ended in {"*": "NULL", "d01": "'2026-02-01'"}.items():
            connection.exec_driver_sql(ROW_OF_0006 % (district, ended))
    migrate.upgrade(empty_url)
    rows = text(
        "SELECT district, lead, origin, changed_at = valid_from, valid_to IS NULL FROM catalogue_row ORDER BY district, id"
    )
    with engine.begin() as connection:
        assert connection.execute(rows).all() == [
            ("*", "housing", "file", True, True),
            ("d01", "housing", "file", True, False),
            ("d01", "", "file", True, True),
        ]
        connection.exec_driver_sql("UPDATE catalogue_row SET valid_to = '9000-01-01' WHERE district = '*'")
        connection.exec_driver_sql(LATER_ROW)
    migrate.downgrade(empty_url, "0006")
    with engine.connect() as connection:
        left = text("SELECT district, lead, valid_to IS NULL FROM catalogue_row ORDER BY district")
        assert connection.execute(left).all() == [("*", "housing", True), ("d01", "housing", False)]
    engine.dispose()


RUNNING_SLIP = """
    INSERT INTO deadline (order_id, clock, round, row, amount, unit, basis, calendar_id, started_at, due_at,
      original_due_at, provisional, ended_at, outcome)
    VALUES (1, 'supervise', 1, 'supervise', 3, 'working_days', '督办', 1, now(), now(), now(), false, %s)
    """


@pytest.mark.parametrize(("ended", "supervision"), [("NULL, NULL", "blue"), ("now(), 'met'", None)])
def test_0016_gives_what_was_supervised_a_blue_slip(empty_url: str, ended: str, supervision: str | None) -> None:
    migrate.upgrade(empty_url, "0005")
    engine = create_engine(empty_url)
    with engine.begin() as connection:
        for row in OLD_ROWS:
            connection.exec_driver_sql(row)
    migrate.upgrade(empty_url, "0011")
    with engine.begin() as connection:
        connection.exec_driver_sql(RUNNING_SLIP % ended)
    migrate.upgrade(empty_url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT supervision, urges FROM work_order")).one() == (supervision, 0)
    engine.dispose()
