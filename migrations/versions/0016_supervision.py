"""Supervision in colours, urging, alarms

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

ACTIONS = (
    *("register", "amend", "answer", "dispatch", "sign", "contact", "note", "request_return", "redispatch"),
    *("refuse_return", "reply", "attempt", "evaluate", "close", "redo", "request_time", "grant_time", "refuse_time"),
    *("resume", "supervise", "feed_back", "set_upstream", "merge", "follow", "link"),
    *("put_through", "withdraw", "propose_exit", "confirm_exit", "refuse_exit", "unmerge"),
    *("assign", "finish_part", "dispute", "rule", "rule_moves", "submit_reply", "approve_reply", "reject_reply"),
    *("report_progress", "reactivate"),
)
NEW_ACTIONS = ("urge", "escalate", "unlist")
RUNGS = "supervision IN ('blue', 'orange', 'red', 'special', 'listed')"
# What was under supervision before there were colours has a blue slip.
BLUE = """
UPDATE work_order SET supervision = 'blue'
WHERE id IN (SELECT order_id FROM deadline WHERE clock = 'supervise' AND ended_at IS NULL)
"""


def _known(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def upgrade() -> None:
    _known("order_event", "action", ACTIONS + NEW_ACTIONS)
    op.add_column("work_order", sa.Column("supervision", sa.String(20)))
    op.add_column("work_order", sa.Column("urges", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_work_order_supervision_known"), "work_order", RUNGS)
    op.execute(BLUE)
    supervised = sa.text("supervision IS NOT NULL")
    op.create_index(
        "ix_work_order_supervision", "work_order", ["supervision", "lead_unit"], postgresql_where=supervised
    )
    op.create_index("ix_work_order_urges", "work_order", ["urges"], postgresql_where=sa.text("urges > 0"))
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule", sa.String(60), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("period", sa.String(20), nullable=False),
        sa.Column("policy_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_code", sa.String(40)),
        sa.Column("order_id", sa.BigInteger()),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", JSONB(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True)),
        sa.Column("handled_by", sa.String(60)),
        sa.Column("note", sa.Text()),
        sa.Column("held_on", sa.Date()),
        sa.Column("whom", sa.String(200)),
        sa.CheckConstraint(
            "(handled_at IS NULL) = (handled_by IS NULL) AND (handled_at IS NULL) = (note IS NULL)",
            name=op.f("ck_alarm_settled_says_what"),
        ),
        sa.CheckConstraint("(held_on IS NULL) = (whom IS NULL)", name=op.f("ck_alarm_held_says_whom")),
        sa.CheckConstraint("held_on IS NULL OR handled_at IS NOT NULL", name=op.f("ck_alarm_held_is_settled")),
        sa.ForeignKeyConstraint(["policy_id"], ["policy_version.id"], name=op.f("fk_alarm_policy_id")),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_alarm_unit_code")),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f("fk_alarm_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint("rule", "subject", "period", name=op.f("uq_alarm_rule_subject_period")),
    )
    still_open = sa.text("handled_at IS NULL")
    op.create_index("ix_alarm_open", "alarm", ["fired_at", "unit_code"], postgresql_where=still_open)
    op.create_index("ix_alarm_fired_at", "alarm", ["fired_at"])
    op.create_index(op.f("ix_alarm_order_id"), "alarm", ["order_id"])


def downgrade() -> None:
    op.drop_table("alarm")
    op.drop_column("work_order", "urges")
    op.drop_column("work_order", "supervision")
    # Refused by the old constraint once an order has been urged: its log cannot forget it.
    _known("order_event", "action", ACTIONS)
