"""Calls as they ring, the extensions of agents, and the telephone system's role

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ROLES = (
    *("agent", "dispatcher", "handler", "unit_head", "callback", "supervisor", "manager", "admin"),
    *("citizen", "system"),
)
# Where a role stands: in the table, by the column.
HOLDERS = {"user_account": "role", "order_event": "actor_role", "subscription": "role"}


def _allow(roles: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{role}'" for role in roles)
    for table, column in HOLDERS.items():
        name = op.f(f"ck_{table}_{column}_known")
        op.drop_constraint(name, table, type_="check")
        op.create_check_constraint(name, table, f"{column} IN ({listed})")


def upgrade() -> None:
    _allow((*ROLES, "telephone"))
    op.add_column("user_account", sa.Column("extension", sa.String(60)))
    op.create_unique_constraint(op.f("uq_user_account_extension"), "user_account", ["extension"])
    op.create_table(
        "live_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("call_id", sa.String(100), nullable=False),
        sa.Column("queue", sa.String(60), server_default=sa.text("''"), nullable=False),
        sa.Column("phone", sa.String(30), server_default=sa.text("''"), nullable=False),
        sa.Column("agent", sa.String(60), server_default=sa.text("''"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), sa.ForeignKey("user_account.id")),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rang_at", sa.DateTime(timezone=True)),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("order_id", sa.BigInteger(), sa.ForeignKey("work_order.id")),
        sa.UniqueConstraint("source", "call_id"),
        sa.CheckConstraint("answered_at >= rang_at", name=op.f("ck_live_call_answered_after_ringing")),
        sa.CheckConstraint("ended_at >= rang_at", name=op.f("ck_live_call_ended_after_ringing")),
        sa.CheckConstraint("order_id IS NULL OR settled_at IS NOT NULL", name=op.f("ck_live_call_an_order_settles_it")),
    )
    op.create_index("ix_live_call_user", "live_call", ["user_id", "queued_at"])
    op.create_index("ix_live_call_queued_at", "live_call", ["queued_at"])


def downgrade() -> None:
    op.drop_table("live_call")
    op.execute("DELETE FROM subscription WHERE role = 'telephone'")
    op.execute("DELETE FROM api_key WHERE user_id IN (SELECT id FROM user_account WHERE role = 'telephone')")
    op.execute("DELETE FROM user_account WHERE role = 'telephone'")
    op.drop_constraint(op.f("uq_user_account_extension"), "user_account")
    op.drop_column("user_account", "extension")
    _allow(ROLES)
