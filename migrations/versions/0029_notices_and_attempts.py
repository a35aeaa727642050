"""The notices of an event, found by it; the calls of an order that asked nothing

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_notice_event", "notice", ["event_id"], postgresql_where=sa.text("event_id IS NOT NULL"))
    tried = sa.text("action = 'attempt'")
    op.create_index("ix_order_event_attempt", "order_event", ["order_id", "at"], postgresql_where=tried)


def downgrade() -> None:
    op.drop_index("ix_order_event_attempt", "order_event")
    op.drop_index("ix_notice_event", "notice")
