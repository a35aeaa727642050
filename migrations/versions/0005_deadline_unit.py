"""A clock knows the unit it runs for

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Whoever led the order when the clock ended (by the order's log), or leads it while the clock runs.
LEADS = """
UPDATE deadline SET unit_code = coalesce(
  (SELECT sent.payload ->> 'unit' FROM order_event AS sent
   WHERE sent.order_id = deadline.order_id AND sent.action IN ('dispatch', 'redispatch')
     AND (sent.at < deadline.ended_at OR (sent.at = deadline.ended_at AND sent.action = 'dispatch'))
   ORDER BY sent.seq DESC LIMIT 1),
  work_order.lead_unit)
FROM work_order WHERE work_order.id = deadline.order_id AND deadline.clock <> 'dispatch'
"""


def upgrade() -> None:
    op.add_column("deadline", sa.Column("unit_code", sa.String(40), nullable=True))
    op.execute(LEADS)
    op.create_foreign_key(op.f("fk_deadline_unit_code"), "deadline", "unit", ["unit_code"], ["code"])
    op.create_index(
        "ix_order_event_redispatch",
        "order_event",
        ["at", "order_id"],
        postgresql_where=sa.text("action = 'redispatch'"),
    )


def downgrade() -> None:
    op.drop_index("ix_order_event_redispatch", "order_event")
    op.drop_constraint(op.f("fk_deadline_unit_code"), "deadline")
    op.drop_column("deadline", "unit_code")
