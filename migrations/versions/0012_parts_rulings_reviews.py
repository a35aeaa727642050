"""Parts of units beside the lead, rulings on disputes, replies under review, promises told of, orders taken up again

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

STATES = (
    *("received", "dispatched", "handling", "returning", "callback", "closed", "answered", "merged"),
    *("exiting", "declined", "withdrawn", "emergency"),
)
ACTIONS = (
    *("register", "amend", "answer", "dispatch", "sign", "contact", "note", "request_return", "redispatch"),
    *("refuse_return", "reply", "attempt", "evaluate", "close", "redo", "request_time", "grant_time", "refuse_time"),
    *("resume", "supervise", "feed_back", "set_upstream", "merge", "follow", "link"),
    *("put_through", "withdraw", "propose_exit", "confirm_exit", "refuse_exit", "unmerge"),
)
NEW_ACTIONS = (
    *("assign", "finish_part", "dispute", "rule", "rule_moves", "submit_reply", "approve_reply", "reject_reply"),
    *("report_progress", "reactivate"),
)
CLOCKS = (
    *("dispatch", "sign", "contact", "return_request", "return_review", "handle", "extension", "promise"),
    *("callback", "redo", "supervise"),
)
NEW_CLOCKS = ("assist", "read", "review", "ruling", "progress")
RUNNING = "ended_at IS NULL"
PARTS = "ended_at IS NULL AND clock IN ('assist', 'read')"
LEADS = "ended_at IS NULL AND clock NOT IN ('assist', 'read')"


def _known(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    listed = ", ".join(f"'{value}'" for value in values)
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN ({listed})")


def upgrade() -> None:
    _known("work_order", "state", (*STATES, "reviewing"))
    _known("order_event", "action", ACTIONS + NEW_ACTIONS)
    _known("deadline", "clock", CLOCKS + NEW_CLOCKS)
    _known("order_unit", "part", ("assist", "copy", "sub"))
    op.add_column("order_unit", sa.Column("task", sa.Text(), server_default=sa.text("''"), nullable=False))
    for column in ("disputed_at", "ruled_at"):
        op.add_column("work_order", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_work_order_disputed_at",
        "work_order",
        ["disputed_at"],
        postgresql_where=sa.text("disputed_at IS NOT NULL"),
    )
    op.alter_column("order_unit", "part", type_=sa.String(20))
    _routing_index("action IN ('dispatch', 'request_return', 'redispatch', 'rule_moves', 'dispute')")
    op.drop_index("uq_deadline_running", "deadline")
    _unique("uq_deadline_running", ["order_id", "clock"], LEADS)
    _unique("uq_deadline_part", ["order_id", "clock", "unit_code"], PARTS)
    op.create_index("ix_deadline_part", "deadline", ["unit_code", "due_at"], postgresql_where=sa.text(PARTS))


def _routing_index(where: str) -> None:
    op.drop_index("ix_order_event_routing", "order_event")
    columns = ["action", "at", "order_id", "actor_role"]
    op.create_index("ix_order_event_routing", "order_event", columns, postgresql_where=sa.text(where))


def _unique(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "deadline", columns, unique=True, postgresql_where=sa.text(where))


def downgrade() -> None:
    # Refused by the old constraints once an order has gone such a way: its log cannot forget it.
    op.drop_index("ix_deadline_part", "deadline")
    op.drop_index("uq_deadline_part", "deadline")
    op.drop_index("uq_deadline_running", "deadline")
    _unique("uq_deadline_running", ["order_id", "clock"], RUNNING)
    _routing_index("action IN ('dispatch', 'request_return', 'redispatch')")
    op.drop_index("ix_work_order_disputed_at", "work_order")
    op.drop_column("work_order", "ruled_at")
    op.drop_column("work_order", "disputed_at")
    op.drop_column("order_unit", "task")
    op.alter_column("order_unit", "part", type_=sa.String(10))
    _known("order_unit", "part", ("assist", "copy"))
    _known("deadline", "clock", CLOCKS)
    _known("order_event", "action", ACTIONS)
    _known("work_order", "state", STATES)
