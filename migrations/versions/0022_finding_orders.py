"""Indexes for lists of orders by unit, district, nature, channel and the end of a telephone number, and for requests for time

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_work_order_lead_unit_received_at": ("work_order", ["lead_unit", "received_at"], None),
    "ix_work_order_district_received_at": ("work_order", ["district_code", "received_at"], None),
    "ix_work_order_nature": ("work_order", ["nature", "received_at"], None),
    "ix_work_order_urgent": ("work_order", ["received_at"], "urgency = 'urgent'"),
    "ix_work_order_channel": ("work_order", ["channel", "received_at"], "channel <> 'phone'"),
    "ix_work_order_phone_tail": ("work_order", [sa.text("right(requester_phone, 4)"), "received_at"], None),
    "ix_order_unit_unit_code": ("order_unit", ["unit_code", "order_id"], None),
    "ix_order_event_time_asked": (
        "order_event",
        ["action", "at", "order_id"],
        "action IN ('request_time', 'grant_time', 'refuse_time')",
    ),
}


def upgrade() -> None:
    for name, (table, columns, where) in INDEXES.items():
        op.create_index(name, table, columns, postgresql_where=sa.text(where) if where else None)


def downgrade() -> None:
    for name, (table, _, _) in reversed(INDEXES.items()):
        op.drop_index(name, table)
