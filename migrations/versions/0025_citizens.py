"""Where the citizen stood; photos of the citizen; what a citizen asks the center

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

ACTIONS = (
    *("register", "amend", "answer", "dispatch", "sign", "contact", "note", "request_return"),
    *("redispatch", "refuse_return", "reply", "attempt", "evaluate", "close", "redo", "request_time"),
    *("grant_time", "refuse_time", "resume", "supervise", "feed_back", "set_upstream", "merge", "follow"),
    *("link", "put_through", "withdraw", "propose_exit", "confirm_exit", "refuse_exit", "unmerge"),
    *("assign", "finish_part", "dispute", "rule", "rule_moves", "submit_reply", "approve_reply"),
    *("reject_reply", "report_progress", "reactivate", "urge", "escalate", "unlist", "appeal"),
    *("review_appeal", "decide_appeal", "entrust"),
)
NEW_ACTIONS = ("ask_center", "answer_citizen")
POSITION = {
    "position_whole": "(latitude IS NULL) = (longitude IS NULL)",
    "position_on_earth": "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
}


def _known(values: tuple[str, ...]) -> None:
    name = op.f("ck_order_event_action_known")
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(name, "order_event")
    op.create_check_constraint(name, "order_event", f"action IN ({listed})")


def upgrade() -> None:
    _known(ACTIONS + NEW_ACTIONS)
    op.add_column("work_order", sa.Column("asked_at", sa.DateTime(timezone=True)))
    for column in ("latitude", "longitude"):
        op.add_column("work_order", sa.Column(column, sa.Float()))
    for name, said in POSITION.items():
        op.create_check_constraint(op.f(f"ck_work_order_{name}"), "work_order", said)
    op.create_index(
        "ix_work_order_asked_at", "work_order", ["asked_at"], postgresql_where=sa.text("asked_at IS NOT NULL")
    )
    op.add_column(
        "attachment", sa.Column("from_citizen", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )


def downgrade() -> None:
    # Refused by the old constraint once a citizen has asked: the log of the order cannot forget it.
    op.drop_column("attachment", "from_citizen")
    op.drop_index("ix_work_order_asked_at", "work_order")
    for name in POSITION:
        op.drop_constraint(op.f(f"ck_work_order_{name}"), "work_order")
    for column in ("longitude", "latitude", "asked_at"):
        op.drop_column("work_order", column)
    _known(ACTIONS)
