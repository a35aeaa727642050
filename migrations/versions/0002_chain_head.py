"""The hash of an order's last event stands with the order

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("work_order", sa.Column("head", sa.String(64), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    op.drop_column("work_order", "head")
