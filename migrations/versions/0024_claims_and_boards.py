"""Whom somebody at the callback desk has before them; what the boards count is found by an index

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "call_claim"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["work_order.id"], name=op.f(f"fk_{TABLE}_order_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f(f"fk_{TABLE}_user_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f(f"pk_{TABLE}")),
    )
    op.create_index(op.f(f"ix_{TABLE}_user_id"), TABLE, ["user_id"])
    op.create_index(
        "ix_work_order_urgent_state", "work_order", ["state"], postgresql_where=sa.text("urgency = 'urgent'")
    )
    ended = sa.text("ended_at IS NOT NULL")
    op.create_index("ix_deadline_clock_ended_at", "deadline", ["clock", "ended_at"], postgresql_where=ended)


def downgrade() -> None:
    op.drop_index("ix_deadline_clock_ended_at", "deadline")
    op.drop_index("ix_work_order_urgent_state", "work_order")
    op.drop_table(TABLE)
