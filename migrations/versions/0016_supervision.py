"""Supervision in colours, urging, alarms

Revision ID: 0016
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0011"
branch_labels = None
depends_on = None

ACTIONS = (
    *("register", "amend", "answer", "dispatch", "sign", "contact", "note", "request_return", "redispatch"),
    *("refuse_return", "reply", "attempt", "evaluate", "close", "redo", "request_time", "grant_time", "refuse_time"),
    *("resume", "supervise", "feed_back", "set_upstream", "merge", "follow", "link"),
    *("put_through", "withdraw", "propose_exit", "confirm_exit", "refuse_exit", "unmerge"),
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


def downgrade() -> None:
    op.drop_column("work_order", "urges")
    op.drop_column("work_order", "supervision")
    # Refused by the old constraint once an order has been urged: its log cannot forget it.
    _known("order_event", "action", ACTIONS)
