"""Indexes of the week

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_deadline_clock_original_due_at", "deadline", ["clock", "original_due_at"])
    op.create_index("ix_work_order_dispatched_at", "work_order", ["dispatched_at"])
    op.create_index("ix_evaluation_asked_at", "evaluation", ["asked_at"])


def downgrade() -> None:
    op.drop_index("ix_evaluation_asked_at", "evaluation")
    op.drop_index("ix_work_order_dispatched_at", "work_order")
    op.drop_index("ix_deadline_clock_original_due_at", "deadline")
