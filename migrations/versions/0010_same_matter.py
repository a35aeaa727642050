"""The same matter: the places orders speak of, links between orders, and the way to the newest of a category

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ACTIONS = (
    *("register", "amend", "answer", "dispatch", "sign", "contact", "note", "request_return", "redispatch"),
    *("refuse_return", "reply", "attempt", "evaluate", "close", "redo", "request_time", "grant_time", "refuse_time"),
    *("resume", "supervise", "feed_back", "set_upstream", "merge", "follow"),
)


def _known(actions: tuple[str, ...]) -> None:
    name = op.f("ck_order_event_action_known")
    listed = ", ".join(f"'{action}'" for action in actions)
    op.drop_constraint(name, "order_event")
    op.create_check_constraint(name, "order_event", f"action IN ({listed})")


def upgrade() -> None:
    _known((*ACTIONS, "link"))
    op.create_table(
        "order_place",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("order_id", sa.BigInteger(), sa.ForeignKey("work_order.id"), primary_key=True),
    )
    op.create_table(
        "order_link",
        sa.Column("order_id", sa.BigInteger(), sa.ForeignKey("work_order.id"), primary_key=True),
        sa.Column("other_id", sa.BigInteger(), sa.ForeignKey("work_order.id"), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by", sa.String(60), nullable=False),
        sa.CheckConstraint("order_id < other_id", name=op.f("ck_order_link_earlier_first")),
    )
    op.create_index("ix_order_link_other", "order_link", ["other_id"])
    op.drop_index("ix_work_order_matter", "work_order")
    op.create_index("ix_work_order_matter", "work_order", ["category_code", "district_code", "received_at"])


def downgrade() -> None:
    # Refused by the old constraint once two orders are linked: their logs cannot forget it.
    op.drop_index("ix_work_order_matter", "work_order")
    op.create_index("ix_work_order_matter", "work_order", ["category_code", "received_at"])
    op.drop_table("order_link")
    op.drop_table("order_place")
    _known(ACTIONS)
