"""The notices of an event, found by it

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


def downgrade() -> None:
    op.drop_index("ix_notice_event", "notice")
