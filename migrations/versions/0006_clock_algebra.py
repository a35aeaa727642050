"""Clock algebra: extensions, pauses, upstream deadlines, the policy row; requester kinds; merged orders

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CLOCKS = ("dispatch", "sign", "contact", "return_review", "handle", "callback", "redo", "supervise")
NEW_CLOCKS = ("return_request", "extension", "promise")
STATES = ("received", "dispatched", "handling", "returning", "callback", "closed", "answered")
NEW_STATES = ("merged",)
ACTIONS = (
    "register",
    "amend",
    "answer",
    "dispatch",
    "sign",
    "contact",
    "note",
    "request_return",
    "redispatch",
    "refuse_return",
    "reply",
    "attempt",
    "evaluate",
    "close",
    "redo",
)
NEW_ACTIONS = (
    "request_time",
    "grant_time",
    "refuse_time",
    "resume",
    "supervise",
    "feed_back",
    "set_upstream",
    "merge",
    "follow",
)

# What a version's document has besides what it had: the sections older ones lack, from the defaults of then.
POLICY_SECTIONS = """
{"title_en": "", "dated": "2026-11",
 "counting": {"start_day_counts": false, "closes_with_work": true, "rolls": true, "evidence": "A"},
 "time_rules": {"extensions": 0, "self_granted": 0, "pauses": 0, "pause_days": 0, "evidence": "I"},
 "warnings": {"gap_hours": 4, "quiet_from": "20:00", "quiet_until": "08:00", "evidence": "I", "rules": []}}
"""


def _known(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def upgrade() -> None:
    _known("deadline", "clock", CLOCKS + NEW_CLOCKS)
    _known("work_order", "state", STATES + NEW_STATES)
    _known("order_event", "action", ACTIONS + NEW_ACTIONS)
    op.add_column(
        "work_order", sa.Column("requester_kind", sa.String(20), nullable=False, server_default=sa.text("'person'"))
    )
    op.create_check_constraint(
        op.f("ck_work_order_requester_kind_known"), "work_order", "requester_kind IN ('person', 'enterprise')"
    )
    op.add_column("work_order", sa.Column("upstream_due_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_work_order_parent", "work_order", ["parent_id"], postgresql_where=sa.text("parent_id IS NOT NULL")
    )
    op.add_column("work_order", sa.Column("time_asked_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_work_order_time_asked_at",
        "work_order",
        ["time_asked_at"],
        postgresql_where=sa.text("time_asked_at IS NOT NULL"),
    )
    op.add_column("deadline", sa.Column("row", sa.String(200), nullable=False, server_default=sa.text("''")))
    op.alter_column("deadline", "row", server_default=None)
    op.add_column("deadline", sa.Column("extended", postgresql.JSONB(), nullable=False, server_default=sa.text("'[]'")))
    op.add_column("deadline", sa.Column("upstream_at", sa.DateTime(timezone=True)))
    op.add_column("deadline", sa.Column("upstream_first_at", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_deadline_by_calendar",
        "deadline",
        ["calendar_id", "id"],
        postgresql_where=sa.text("ended_at IS NULL AND (unit <> 'natural_hours' OR extended <> '[]')"),
    )
    _documents_up()
    _tables_up()


def _tables_up() -> None:
    key = sa.BigInteger(), sa.Identity()
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "deadline_move",
        sa.Column("id", *key, primary_key=True),
        sa.Column("deadline_id", sa.BigInteger(), sa.ForeignKey("deadline.id"), nullable=False),
        sa.Column("from_calendar", sa.BigInteger(), nullable=False),
        sa.Column("to_calendar", sa.BigInteger(), nullable=False),
        sa.Column("before", instant, nullable=False),
        sa.Column("after", instant, nullable=False),
        sa.Column("moved_at", instant, nullable=False),
    )
    op.create_index("ix_deadline_move_to_calendar", "deadline_move", ["to_calendar"])
    op.create_index("ix_deadline_move_deadline", "deadline_move", ["deadline_id"])
    op.create_table(
        "deadline_warning",
        sa.Column("id", *key, primary_key=True),
        sa.Column("deadline_id", sa.BigInteger(), sa.ForeignKey("deadline.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("due_at", instant, nullable=False),
        sa.Column("unit_code", sa.String(40), sa.ForeignKey("unit.code")),
        sa.Column("to_center", sa.Boolean(), nullable=False),
        sa.Column("given_at", instant, nullable=False),
        sa.CheckConstraint("kind IN ('yellow', 'red', 'urge', 'report')", name=op.f("ck_deadline_warning_kind_known")),
        sa.UniqueConstraint("deadline_id", "kind", "due_at", "unit_code"),
    )
    op.create_index("ix_deadline_warning_given_at", "deadline_warning", ["given_at", "unit_code"])
    op.alter_column("notice", "event_id", nullable=True)


def _documents_up() -> None:
    op.execute(
        """
        UPDATE calendar_version SET document = jsonb_build_object(
          'hours', jsonb_build_array(jsonb_build_object('since', '', 'spans', document -> 'hours')),
          'days', document -> 'days', 'city', '[]'::jsonb)
        """
    )
    sections = sa.text("UPDATE policy_version SET document = CAST(:sections AS jsonb) || document")
    op.execute(sections.bindparams(sections=POLICY_SECTIONS))
    for section in ("dispatch", "callback", "connection", "ranking", "satisfaction"):
        op.execute(
            f"UPDATE policy_version SET document = jsonb_set(document, '{{{section},evidence}}', '\"I\"', true)"  # noqa: S608 # our own words
        )
    op.execute(
        """
        UPDATE policy_version SET document = jsonb_set(document, '{limits}',
          coalesce((SELECT jsonb_agg('{"evidence": "I"}'::jsonb || one) FROM jsonb_array_elements(document -> 'limits') AS one),
            '[]'))
        """
    )
    # The row a clock got its limit from has its clock, basis and amount, fits its order, and names the most of it.
    op.execute(
        """
        UPDATE deadline SET row = deadline.clock || coalesce('[' || nullif(concat_ws(',',
            'nature=' || nullif(one ->> 'nature', ''), 'urgency=' || nullif(one ->> 'urgency', ''),
            'category=' || nullif(one ->> 'category', ''), 'requester=' || nullif(one ->> 'requester', '')), '') || ']', '')
        FROM (
          SELECT DISTINCT ON (deadline.id) deadline.id, one
          FROM deadline JOIN work_order ON work_order.id = order_id
            JOIN policy_version ON policy_version.id = work_order.policy_id,
            jsonb_array_elements(policy_version.document -> 'limits') AS one
          WHERE one ->> 'clock' = deadline.clock AND one ->> 'basis' = deadline.basis
            AND (one ->> 'amount')::float = deadline.amount AND one ->> 'unit' = deadline.unit
            AND coalesce(one ->> 'nature', '') IN ('', work_order.nature)
            AND coalesce(one ->> 'urgency', '') IN ('', work_order.urgency)
            AND starts_with(coalesce(category_code, ''), coalesce(one ->> 'category', ''))
          ORDER BY deadline.id, (coalesce(one ->> 'nature', '') <> '')::int + (coalesce(one ->> 'urgency', '') <> '')::int
            + (coalesce(one ->> 'category', '') <> '')::int DESC, (coalesce(one ->> 'urgency', '') <> '') DESC,
            length(coalesce(one ->> 'category', '')) DESC
        ) AS chosen
        WHERE chosen.id = deadline.id
        """
    )


def downgrade() -> None:
    # Refused by the old constraints, whole, once an order has taken one of the new steps: its log cannot forget it.
    op.execute("DELETE FROM notice WHERE event_id IS NULL")
    op.alter_column("notice", "event_id", nullable=False)
    op.drop_table("deadline_warning")
    op.drop_table("deadline_move")
    for section in ("dispatch", "callback", "connection", "ranking", "satisfaction"):
        op.execute(
            f"UPDATE policy_version SET document = document #- '{{{section},evidence}}'"  # noqa: S608 # our own words
        )
    op.execute(
        """
        UPDATE policy_version SET document = (document - '{title_en,dated,counting,time_rules,warnings}'::text[])
          || jsonb_build_object('limits', (SELECT jsonb_agg(one - '{evidence,basis_en,origin,region}'::text[])
               FROM jsonb_array_elements(document -> 'limits') AS one
               WHERE one ->> 'clock' NOT IN ('return_request', 'extension', 'promise')))
        """
    )
    op.execute(
        """
        UPDATE calendar_version SET document = jsonb_build_object(
          'hours', document -> 'hours' -> 0 -> 'spans', 'days', document -> 'days')
        """
    )
    op.drop_index("ix_deadline_by_calendar", "deadline")
    op.drop_column("deadline", "upstream_first_at")
    op.drop_column("deadline", "upstream_at")
    op.drop_column("deadline", "extended")
    op.drop_column("deadline", "row")
    op.drop_index("ix_work_order_parent", "work_order")
    op.drop_index("ix_work_order_time_asked_at", "work_order")
    op.drop_column("work_order", "time_asked_at")
    op.drop_column("work_order", "upstream_due_at")
    op.drop_constraint(op.f("ck_work_order_requester_kind_known"), "work_order")
    op.drop_column("work_order", "requester_kind")
    _known("order_event", "action", ACTIONS)
    _known("work_order", "state", STATES)
    _known("deadline", "clock", CLOCKS)
