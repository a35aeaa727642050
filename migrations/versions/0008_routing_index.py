"""An index of the steps that say where orders were sent, for the figures of dispatching

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROUTING = sa.text("action IN ('dispatch', 'request_return', 'redispatch')")
REDISPATCH = sa.text("action = 'redispatch'")


def upgrade() -> None:
    op.create_index(
        "ix_order_event_routing", "order_event", ["action", "at", "order_id", "actor_role"], postgresql_where=ROUTING
    )
    op.drop_index("ix_order_event_redispatch", "order_event")


def downgrade() -> None:
    op.create_index("ix_order_event_redispatch", "order_event", ["at", "order_id"], postgresql_where=REDISPATCH)
    op.drop_index("ix_order_event_routing", "order_event")
