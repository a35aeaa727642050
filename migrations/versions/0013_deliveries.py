"""Deliveries outside the app: queues of the outbox, when it was tried last, and who is told how

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ROLES = (
    *("agent", "dispatcher", "handler", "unit_head", "callback", "supervisor", "manager", "admin"),
    *("citizen", "system"),
)


def upgrade() -> None:
    queue = sa.Column("queue", sa.String(length=20), server_default=sa.text("'default'"), nullable=False)
    op.add_column("outbox", queue)
    op.add_column("outbox", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f("ck_outbox_queue_known"), "outbox", "queue IN ('urgent', 'default', 'reports')")
    _waiting(["queue", "due_at", "id"])
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("medium", sa.String(length=20), nullable=False),
        sa.Column("target", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("unit_code", sa.String(length=40), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("actions", postgresql.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=60), nullable=False),
        sa.CheckConstraint("medium IN ('webhook', 'mail', 'sms')", name=op.f("ck_subscription_medium_known")),
        sa.CheckConstraint(_known("role", ROLES), name=op.f("ck_subscription_role_known")),
        sa.CheckConstraint("unit_code IS NULL OR role IS NULL", name=op.f("ck_subscription_one_audience")),
        sa.CheckConstraint("(medium = 'webhook') = (secret <> '')", name=op.f("ck_subscription_webhook_has_secret")),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_subscription_unit_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
    )


def downgrade() -> None:
    op.drop_table("subscription")
    _waiting(["due_at", "id"])
    op.drop_constraint(op.f("ck_outbox_queue_known"), "outbox")
    op.drop_column("outbox", "tried_at")
    op.drop_column("outbox", "queue")


def _waiting(columns: list[str]) -> None:
    op.drop_index("ix_outbox_waiting", "outbox")
    op.create_index("ix_outbox_waiting", "outbox", columns, postgresql_where=sa.text("done_at IS NULL"))


def _known(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
